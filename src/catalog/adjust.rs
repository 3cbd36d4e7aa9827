//! Bonuses and corrections: an entry of its own for what no sale or lead explains. It is booked at once and due at once, and is taken back by another one;
//! nothing here changes an entry.

use providers::Currency;
use serde::{Deserialize, Serialize};

use super::consequences::Consequences;
use super::{Catalog, CatalogError, check};
use crate::args;
use crate::books::adjustments::{self, Kind};
use crate::books::consequences::{self as books, Written};
use crate::books::statements::ledger::INSERT_ENTRIES;
use crate::changes::{Change, Details, What};
use crate::id;
use crate::ledger::figures::{Account, Booked};
use crate::ledger::writer::figures::Figures;
use crate::outbox;
use crate::store::{Rows, StoreError, Transaction};

/// An adjustment as it is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewAdjustment {
    /// `bonus` or `correction`.
    pub kind: Option<String>,
    /// In the smallest unit of the currency; a correction may be negative.
    pub amount: Option<i64>,
    /// The currency.
    pub currency: Option<String>,
    /// The program that pays; else the partner's only one, or the organization's oldest.
    pub program_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The caller's key: the same under the same key is one.
    pub idempotency_key: Option<String>,
}

/// An adjustment that is booked, and what that does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjusted {
    /// Its id.
    pub id: String,
    /// `bonus` or `correction`.
    pub kind: &'static str,
    /// Whose it is.
    pub partner_id: String,
    /// The program that pays.
    pub program_id: String,
    /// In the smallest unit of the currency.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    /// Why.
    pub reason: String,
    /// The caller's key.
    pub idempotency_key: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// When it was booked.
    pub created_at: String,
    /// What it does; for the owner to look at before.
    #[serde(skip)]
    pub consequences: Consequences,
}

impl Catalog<'_> {
    /// Books a bonus or a correction in a ledger. With `preview` nothing of it lasts.
    pub async fn adjust(
        &self,
        partner_id: &str,
        (new, livemode): (&NewAdjustment, bool),
        preview: bool,
    ) -> Result<Adjusted, CatalogError> {
        let partner = self.partner(partner_id).await?;
        let wanted = self.checked(new, (&partner.id, livemode)).await?;
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let ledger = (self.org, livemode);
        if let Some(known) = adjustments::of_key(work, ledger, &wanted.key).await? {
            let same = adjustments::Adjustment {
                id: known.id.clone(),
                created_at: known.created_at,
                ..wanted
            };
            if same == known {
                return Ok(Adjusted::of(known, Consequences::default()));
            }
            return Err(CatalogError::Conflict {
                field: "idempotencyKey",
                message:
                    "another adjustment has been booked under this idempotencyKey: use a new one"
                        .to_owned(),
            });
        }
        let enrolment = (wanted.program_id.as_str(), partner.id.as_str());
        if !adjustments::is_enrolled(work, self.org, enrolment).await? {
            return Err(CatalogError::invalid(
                "programId",
                "is none that the partner is enrolled in",
            ));
        }
        adjustments::add(work, self.org, &wanted).await?;
        let written = self.book(work, &wanted).await?;
        let balances = books::balances(work, ledger, std::slice::from_ref(&written)).await?;
        let consequences = books::Consequences {
            balances,
            entries: vec![written],
            ..books::Consequences::default()
        };
        if !preview {
            let details = Details::default()
                .set("kind", wanted.kind.word())
                .set("partnerId", &wanted.partner_id)
                .set("programId", &wanted.program_id)
                .set("amount", wanted.amount)
                .set("currency", wanted.currency.code())
                .set("livemode", livemode);
            let change = Change::of(What::AdjustmentCreated, &wanted.id).with(details);
            let change = change.because(Some(&wanted.reason));
            self.record(work, change).await?;
            let told = (outbox::Kind::AdjustmentCreated, livemode);
            outbox::tell(work, &self.scope, told, &wanted.id).await?;
            transaction.commit().await?;
        }
        Ok(Adjusted::of(
            wanted,
            Consequences::of(livemode, consequences),
        ))
    }

    async fn checked(
        &self,
        new: &NewAdjustment,
        (partner_id, livemode): (&str, bool),
    ) -> Result<adjustments::Adjustment, CatalogError> {
        let kind = check::required("kind", new.kind.as_deref())?;
        let mut kinds = Kind::ALL.iter().copied();
        let kind = kinds
            .find(|one| one.word() == kind)
            .ok_or_else(|| CatalogError::invalid("kind", "must be bonus or correction"))?;
        let required = || CatalogError::invalid("amount", "is required");
        let amount = new.amount.ok_or_else(required)?;
        let least = match kind {
            Kind::Bonus => 1,
            Kind::Correction => -check::AMOUNT_MAX,
        };
        let amount = check::within("amount", amount, least, check::AMOUNT_MAX)?;
        if amount == 0 {
            return Err(CatalogError::invalid("amount", "must not be 0"));
        }
        let currency = check::required("currency", new.currency.as_deref())?;
        let currency = check::currency("currency", currency)?;
        let reason = check::reason(new.reason.as_deref())?;
        let key = check::required("idempotencyKey", new.idempotency_key.as_deref())?;
        let key = check::text("idempotencyKey", key)?;
        let program_id = self.paying(new.program_id.as_deref(), partner_id).await?;
        self.is_paid_in(&program_id, currency).await?;
        Ok(adjustments::Adjustment {
            id: self.ids.make(id::ADJUSTMENT),
            livemode,
            program_id,
            partner_id: partner_id.to_owned(),
            kind,
            amount,
            currency,
            reason,
            key,
            created_at: self.now,
        })
    }

    /// The program that is named, else the partner's only one, else the organization's oldest.
    async fn paying(&self, given: Option<&str>, partner_id: &str) -> Result<String, CatalogError> {
        let own = match given {
            Some(_) => Vec::new(),
            None => self.programs_of(partner_id).await?,
        };
        match own.as_slice() {
            [only] => Ok(only.clone()),
            _ => self.program_id(given).await,
        }
    }

    /// A program with a currency of its own pays in no other.
    async fn is_paid_in(&self, program_id: &str, currency: Currency) -> Result<(), CatalogError> {
        let own = self.program(program_id).await?.currency;
        match own.as_deref().and_then(Currency::parse) {
            Some(own) if own != currency => {
                let message = format!("must be {own}, in which the program pays");
                Err(CatalogError::invalid("currency", &message))
            }
            _ => Ok(()),
        }
    }

    /// Adds the entry.
    async fn book(
        &self,
        transaction: &mut dyn Transaction,
        new: &adjustments::Adjustment,
    ) -> Result<Written, StoreError> {
        let mut rows = Rows::new(11);
        rows.push([
            self.ids.make(id::LEDGER_ENTRY).into(),
            new.livemode.into(),
            new.id.as_str().into(),
            new.program_id.as_str().into(),
            new.partner_id.as_str().into(),
            new.kind.word().into(),
            new.amount.into(),
            new.currency.code().into(),
            new.reason.as_str().into(),
            new.created_at.0.into(),
            new.created_at.0.into(),
        ]);
        let args = args![self.org, self.now.0; rows];
        transaction.run(&INSERT_ENTRIES, args).await?;
        let account = Account {
            partner_id: new.partner_id.clone(),
            currency: new.currency.to_string(),
            livemode: new.livemode,
            program_id: new.program_id.clone(),
        };
        let mut figures = Figures::default();
        let by_no_link = (&account, "");
        figures.earned_beside_sales(by_no_link, new.kind.word(), new.created_at, new.amount);
        figures.entry(account, Booked::Earning, new.amount, new.created_at);
        figures.write(transaction, self.org, self.now).await?;
        Ok(Written {
            subject_id: new.id.clone(),
            partner_id: new.partner_id.clone(),
            kind: new.kind.word().to_owned(),
            amount: new.amount,
            currency: new.currency,
            reason: new.reason.clone(),
            available_at: new.created_at,
        })
    }
}

impl Adjusted {
    /// As it is shown.
    pub(crate) fn of(one: adjustments::Adjustment, consequences: Consequences) -> Self {
        Self {
            id: one.id,
            kind: one.kind.word(),
            partner_id: one.partner_id,
            program_id: one.program_id,
            amount: one.amount,
            currency: one.currency.to_string(),
            reason: one.reason,
            idempotency_key: one.key,
            livemode: one.livemode,
            created_at: one.created_at.to_string(),
            consequences,
        }
    }
}
