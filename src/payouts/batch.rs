//! Batches: payouts that are sent together. Making one sends its payouts and keeps its file in the same transaction: no payout can be in two files, and
//! who asks again for a file gets the same bytes. So nothing is paid twice, whoever repeats what and wherever it breaks off.

use std::collections::BTreeSet;

use providers::{Currency, Micros};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::details::{self, DetailsError};
use super::file::{self, Batch};
use super::steps::{self, Sending};
use super::{settings, sql, stripe};
use crate::actor::WriteScope;
use crate::args;
use crate::books;
use crate::books::statements::ledger::LOCK;
use crate::id;
use crate::jobs;
use crate::seal::{Seal, SealError};
use crate::store::{Row, StoreError, Transaction};

/// The most payouts of a batch: what the most careful of those who pay take.
pub const PAYOUTS_MAX: usize = 1_000;

/// How a batch is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `PayPal`'s mass payments.
    Paypal,
    /// Wise's batch by e-mail.
    Wise,
    /// SEPA credit transfers.
    Sepa,
    /// Transfers to accounts connected at Stripe, which the server makes.
    Stripe,
    /// A plain file, for all other partners' ways.
    Plain,
}

impl Method {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Paypal,
        Self::Wise,
        Self::Sepa,
        Self::Stripe,
        Self::Plain,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paypal => "paypal",
            Self::Wise => "wise",
            Self::Sepa => "sepa",
            Self::Stripe => "stripe",
            Self::Plain => "plain",
        }
    }

    /// Whether a partner with this way to be paid belongs into it.
    fn takes(self, method: Option<&str>) -> bool {
        match self {
            Self::Plain => method.is_none_or(|method| method == "other"),
            named => method == Some(named.word()),
        }
    }

    /// What its file ends with, and what it is.
    pub const fn form(self) -> (&'static str, &'static str) {
        match self {
            Self::Sepa => ("xml", "application/xml"),
            _ => ("csv", "text/csv; charset=utf-8"),
        }
    }
}

/// Why no batch was made.
#[derive(Debug, Error)]
pub enum BatchError {
    /// No payout waits to be sent this way.
    #[error(
        "no approved payout in {currency} is to be sent by {method}: see GET /api/payouts?status=approved and the partners' payout details"
    )]
    Nothing {
        /// The way.
        method: &'static str,
        /// The currency.
        currency: String,
    },
    /// A payout that was named cannot be sent so.
    #[error("{0} is not an approved payout in this currency whose partner is paid this way")]
    NotThis(String),
    /// Partners' details are not whole.
    #[error("payout details are missing: {0}")]
    Missing(String),
    /// Who pays has not said from where.
    #[error("{0}")]
    Settings(&'static str),
    /// An amount that the one who pays does not take.
    #[error("the amount of {0} cannot be sent this way")]
    Amount(String),
    /// Details or settings cannot be read.
    #[error(transparent)]
    Details(#[from] DetailsError),
    /// The file cannot be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a batch of what is approved, the oldest first, and answers its id.
pub async fn make(
    scope: &WriteScope<'_>,
    seal: &Seal,
    (method, currency): (Method, Currency),
    only: &[String],
) -> Result<String, BatchError> {
    if method == Method::Sepa && currency.code() != "eur" {
        return Err(BatchError::Settings("SEPA files are in eur alone"));
    }
    let settings = settings::get(&scope.books(), seal).await?;
    check_settings(method, &settings)?;
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![scope.org]).await?;
    let chosen = chosen(transaction.as_mut(), scope, (method, currency), only).await?;
    let payouts = found(transaction.as_mut(), scope, &chosen).await?;
    let rows = rows(transaction.as_mut(), (scope.org, seal), method, &payouts).await?;
    let id = scope.ids.make(id::BATCH);
    let batch = Batch {
        id: &id,
        currency,
        at: scope.now,
        settings: &settings,
        rows: &rows,
    };
    let total = batch
        .total()
        .ok_or_else(|| BatchError::Amount(id.clone()))?;
    let bytes = bytes(method, &batch);
    let digest = bytes
        .as_ref()
        .map(|bytes| hex::encode(Sha256::digest(bytes)));
    let sealed = match &bytes {
        Some(bytes) => Some(seal.seal(bytes, &about(scope.org, &id), scope.ids)?),
        None => None,
    };
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let args = args![
        scope.org,
        id.as_str(),
        method.word(),
        currency.code(),
        count,
        total,
        sealed,
        digest,
        scope.now.0,
        scope.actor.name()
    ];
    transaction.run(&sql::INSERT_BATCH, args).await?;
    let mut transfers = Vec::new();
    for payout in &payouts {
        let sending = Sending {
            method: method.word(),
            batch_id: Some(&id),
            reference: None,
        };
        steps::send_within(transaction.as_mut(), scope, payout, sending).await?;
        if method == Method::Stripe {
            transfers.push(stripe::job(payout.text("id")?, scope.now));
        }
    }
    jobs::add(transaction.as_mut(), scope.org, scope.now, &transfers).await?;
    transaction.commit().await?;
    Ok(id)
}

fn check_settings(method: Method, settings: &settings::Settings) -> Result<(), BatchError> {
    let missing = match method {
        Method::Sepa if settings.iban.is_none() || settings.company_name.is_none() => {
            "companyName and iban of the payout settings say who pays and from where: set them first"
        }
        Method::Stripe if settings.stripe_key.is_none() => {
            "stripeKey of the payout settings is not set"
        }
        _ => return Ok(()),
    };
    Err(BatchError::Settings(missing))
}

/// The ids of the payouts that it is made of.
async fn chosen(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    (method, currency): (Method, Currency),
    only: &[String],
) -> Result<Vec<String>, BatchError> {
    let mut chosen = Vec::new();
    let mut missing = Vec::new();
    let wanted: BTreeSet<&String> = only.iter().collect();
    let args = args![scope.org, currency.code()];
    for row in transaction.run(&sql::APPROVED, args).await? {
        let id = row.text("id")?.to_owned();
        if !method.takes(row.opt_text("method")?) {
            continue;
        }
        if !wanted.is_empty() && !wanted.contains(&id) {
            continue;
        }
        let lacks = lacks(method, row.opt_text("missing")?.unwrap_or_default());
        if !lacks.is_empty() {
            missing.push(format!(
                "{} of {}",
                lacks.join(", "),
                row.text("partner_id")?
            ));
        }
        chosen.push(id);
    }
    if let Some(strange) = only.iter().find(|id| !chosen.contains(id)) {
        return Err(BatchError::NotThis(strange.clone()));
    }
    if !missing.is_empty() {
        missing.truncate(5);
        return Err(BatchError::Missing(missing.join("; ")));
    }
    if chosen.is_empty() {
        return Err(BatchError::Nothing {
            method: method.word(),
            currency: currency.to_string(),
        });
    }
    chosen.truncate(PAYOUTS_MAX);
    Ok(chosen)
}

/// What is missing to pay. What only a statement lacks holds nothing up.
fn lacks(method: Method, missing: &str) -> Vec<&str> {
    if method == Method::Plain {
        return Vec::new();
    }
    let to_pay = ["email", "iban", "stripeAccount", "accountHolder"];
    missing
        .split(',')
        .filter(|name| to_pay.contains(name))
        .collect()
}

async fn found(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    ids: &[String],
) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        let found = transaction
            .run(&sql::FIND, args![scope.org, id.as_str()])
            .await?;
        rows.extend(found);
    }
    Ok(rows)
}

async fn rows(
    transaction: &mut dyn Transaction,
    (org, seal): (&str, &Seal),
    method: Method,
    payouts: &[Row],
) -> Result<Vec<file::Row>, BatchError> {
    let mut partners = Vec::new();
    for payout in payouts {
        partners.push(payout.text("partner_id")?);
    }
    let of = partners.iter().copied();
    let known = details::of_partners_within(transaction, (org, seal), of.clone()).await?;
    let names = books::partners::of_ids_within(transaction, org, of).await?;
    let mut rows = Vec::new();
    for payout in payouts {
        let partner_id = payout.text("partner_id")?;
        let details = known.get(partner_id).map(|opened| opened.details.clone());
        let partner = names.get(partner_id).map(|partner| {
            let (name, email) = (partner.name.expose(), partner.email.expose());
            (name.to_owned(), email.to_owned())
        });
        let (id, amount) = (payout.text("id")?, payout.int("amount")?);
        let currency = payout.text("currency")?;
        if method == Method::Stripe && stripe::amount(currency, amount).is_none() {
            return Err(BatchError::Amount(id.to_owned()));
        }
        rows.push(file::Row {
            id: id.to_owned(),
            partner_id: partner_id.to_owned(),
            partner: partner.unwrap_or_default(),
            amount,
            details: details.unwrap_or_default(),
        });
    }
    Ok(rows)
}

/// The file; none where the server itself sends.
fn bytes(method: Method, batch: &Batch<'_>) -> Option<Vec<u8>> {
    match method {
        Method::Paypal => Some(file::csv::paypal(batch)),
        Method::Wise => Some(file::csv::wise(batch)),
        Method::Sepa => Some(file::sepa::pain001(batch)),
        Method::Plain => Some(file::csv::plain(batch)),
        Method::Stripe => None,
    }
}

pub(crate) fn about(org: &str, id: &str) -> String {
    format!("payout file of {org} {id}")
}

/// The file of a batch, as it was made; `None` where it has none.
pub async fn file(
    scope: &books::Scope<'_>,
    seal: &Seal,
    id: &str,
) -> Result<Option<Vec<u8>>, BatchError> {
    let Some(sealed) = books::payouts::file(scope, id).await? else {
        return Ok(None);
    };
    Ok(Some(seal.open(&sealed, &about(scope.org, id))?))
}

/// Confirms that all of a batch that has been sent has arrived. Answers how many.
pub async fn confirm(scope: &WriteScope<'_>, id: &str) -> Result<usize, StoreError> {
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![scope.org]).await?;
    let rows = transaction
        .run(&sql::IN_BATCH, args![scope.org, id])
        .await?;
    for row in &rows {
        let payout = (row.text("id")?, None);
        steps::confirm_within(transaction.as_mut(), scope, payout).await?;
    }
    transaction.commit().await?;
    Ok(rows.len())
}

/// When it was made, as files are called.
pub fn file_name(method: &str, id: &str, at: Micros) -> String {
    let day = at.to_string();
    let form = Method::ALL.iter().find(|one| one.word() == method);
    let (end, _) = form.map_or(("csv", ""), |form| form.form());
    format!("{}-{method}-{id}.{end}", day.get(..10).unwrap_or_default())
}
