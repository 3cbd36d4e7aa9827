//! How a partner is paid, and what a statement to it needs: bank, addresses, tax. Stored sealed; what is missing is known without opening it.

use std::collections::BTreeMap;

use providers::Micros;
use serde::{Deserialize, Serialize};

use super::{file::sepa, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::payouts::{self, SealedDetails};
use crate::books::statements::ledger::LOCK;
use crate::catalog::{CatalogError, check, due};
use crate::changes::{self, Change, Details as Edits, What};
use crate::ledger::mailbox;
use crate::seal::{Seal, SealError};
use crate::store::{StoreError, Transaction};

/// Ways to pay a partner.
pub const METHODS: &[&str] = &["paypal", "wise", "sepa", "stripe", "other"];

/// Those that a partner can choose by itself: what they need it can tell.
pub const CHOICES: &[&str] = &["paypal", "wise", "sepa"];

/// How a partner is paid, as it is told and kept. What is absent is not known.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Details {
    /// `paypal`, `wise`, `sepa`, `stripe` or `other`.
    pub method: Option<String>,
    /// Where `PayPal` or Wise find the partner.
    pub email: Option<String>,
    /// Whose account it is.
    pub account_holder: Option<String>,
    /// The account.
    pub iban: Option<String>,
    /// The bank, where it is needed.
    pub bic: Option<String>,
    /// The connected account at Stripe.
    pub stripe_account: Option<String>,
    /// The name on statements.
    pub legal_name: Option<String>,
    /// The address on statements.
    pub address: Option<String>,
    /// Two letters.
    pub country: Option<String>,
    /// `person` or `company`.
    pub kind: Option<String>,
    /// For value-added tax.
    pub vat_id: Option<String>,
    /// For other taxes.
    pub tax_id: Option<String>,
    /// Whether the partner has agreed that the merchant writes the invoices.
    pub self_billing: Option<bool>,
}

/// Why details cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum DetailsError {
    /// One member is wrong.
    #[error(transparent)]
    Invalid(#[from] CatalogError),
    /// What is stored cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<StoreError> for DetailsError {
    fn from(error: StoreError) -> Self {
        Self::Invalid(error.into())
    }
}

/// Details that were opened.
#[derive(Clone)]
pub struct Opened {
    /// The details.
    pub details: Details,
    /// What is missing.
    pub missing: Vec<String>,
    /// When they were last written.
    pub updated_at: Micros,
}

impl Details {
    /// What there is, cleaned and checked.
    ///
    /// # Errors
    /// The member that cannot be.
    pub fn checked(mut self) -> Result<Self, CatalogError> {
        let method = check::required("method", self.method.as_deref())?;
        one_of("method", method, METHODS)?;
        for (field, value) in [
            ("accountHolder", &mut self.account_holder),
            ("stripeAccount", &mut self.stripe_account),
            ("legalName", &mut self.legal_name),
            ("address", &mut self.address),
            ("vatId", &mut self.vat_id),
            ("taxId", &mut self.tax_id),
        ] {
            if let Some(given) = value {
                *given = check::text(field, given)?;
            }
        }
        if let Some(email) = &mut self.email {
            *email = check::email("email", email)?;
        }
        if let Some(iban) = &mut self.iban {
            *iban = sepa::iban(iban)
                .ok_or_else(|| CatalogError::invalid("iban", "is no IBAN: check its digits"))?;
        }
        if let Some(bic) = &mut self.bic {
            *bic = sepa::bic(bic).ok_or_else(|| {
                CatalogError::invalid(
                    "bic",
                    "is no BIC: 8 or 11 letters and digits, the fifth and sixth are the country",
                )
            })?;
        }
        if let Some(country) = &mut self.country {
            *country = country.trim().to_ascii_uppercase();
            if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(CatalogError::invalid(
                    "country",
                    "must have two letters, for example DE",
                ));
            }
        }
        if let Some(kind) = &self.kind {
            one_of("kind", kind, &["person", "company"])?;
        }
        let account = self.stripe_account.as_deref();
        if account.is_some_and(|account| !account.starts_with("acct_")) {
            let message = "must be the id of a connected account, acct_…";
            return Err(CatalogError::invalid("stripeAccount", message));
        }
        Ok(self)
    }

    /// What is needed to pay, and for a statement, and is not there.
    pub fn missing(&self) -> Vec<&'static str> {
        let account = [
            ("email", &self.email),
            ("iban", &self.iban),
            ("stripeAccount", &self.stripe_account),
            ("accountHolder", &self.account_holder),
        ];
        let needed: &[&str] = match self.method.as_deref() {
            Some("paypal") => &["email"],
            Some("wise") => &["email", "accountHolder"],
            Some("sepa") => &["iban", "accountHolder"],
            Some("stripe") => &["stripeAccount"],
            _ => &[],
        };
        let tax = [
            ("legalName", &self.legal_name),
            ("address", &self.address),
            ("country", &self.country),
        ];
        let account = account.iter().filter(|(name, _)| needed.contains(name));
        let all = account.chain(&tax).filter(|(_, value)| value.is_none());
        all.map(|(name, _)| *name).collect()
    }

    /// The same with what nobody needs to read again covered.
    #[must_use]
    pub fn masked(mut self) -> Self {
        let secrets = [&mut self.iban, &mut self.tax_id];
        for text in secrets.into_iter().flatten() {
            *text = end_of(text);
        }
        self
    }

    /// What a form holds again that was refused and showed `shown`: what was typed into it, but of accounts and tax ids only what was shown before.
    #[must_use]
    pub fn typed(fields: impl Fn(&str) -> Option<String>, shown: Self) -> Self {
        Self {
            iban: shown.iban.clone(),
            tax_id: shown.tax_id.clone(),
            ..Self::sent(fields, shown.clone(), shown)
        }
    }

    /// What a form brought that showed `shown`, which may be covered: what came back as it was shown stays as it was `before`.
    #[must_use]
    pub fn sent(fields: impl Fn(&str) -> Option<String>, before: Self, shown: Self) -> Self {
        let kept = |name: &str, before: Option<String>, shown: Option<String>| {
            let new = fields(name);
            if new.is_some() && new == shown {
                before
            } else {
                new
            }
        };
        Self {
            method: fields("method"),
            email: kept("email", before.email, shown.email),
            account_holder: fields("accountHolder"),
            iban: kept("iban", before.iban, shown.iban),
            bic: fields("bic"),
            stripe_account: fields("stripeAccount"),
            legal_name: fields("legalName"),
            address: fields("address"),
            country: fields("country"),
            kind: fields("kind"),
            vat_id: fields("vatId"),
            tax_id: kept("taxId", before.tax_id, shown.tax_id),
            self_billing: Some(fields("selfBilling").is_some()),
        }
    }

    /// What stands on files and statements as the partner's name.
    pub fn name(&self) -> Option<&str> {
        self.account_holder
            .as_deref()
            .or(self.legal_name.as_deref())
    }
}

fn end_of(text: &str) -> String {
    let skip = text.chars().count().saturating_sub(4);
    let end: String = text.chars().skip(skip).collect();
    format!("•••{end}")
}

fn one_of(field: &str, given: &str, words: &[&str]) -> Result<(), CatalogError> {
    if words.contains(&given) {
        return Ok(());
    }
    let message = format!("must be one of {}", words.join(", "));
    Err(CatalogError::invalid(field, &message))
}

/// What sealed details are bound to.
pub(crate) fn about(org: &str, partner_id: &str) -> String {
    format!("payout details of {org} {partner_id}")
}

/// Writes a partner's details, in place of what there was. The partner is known.
pub async fn put(
    scope: &WriteScope<'_>,
    seal: &Seal,
    partner_id: &str,
    details: Details,
) -> Result<(), DetailsError> {
    let details = details.checked()?;
    let plain = serde_json::to_vec(&details).unwrap_or_default();
    let sealed = seal.seal(&plain, &about(scope.org, partner_id), scope.ids)?;
    let method = details.method.clone().unwrap_or_default();
    let missing = details.missing().join(",");
    let args = args![
        scope.org,
        partner_id,
        method.as_str(),
        missing.as_str(),
        sealed,
        scope.now.0
    ];
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![scope.org]).await?;
    transaction.run(&sql::PUT_DETAILS, args).await?;
    if let Some(email) = &details.email {
        know(transaction.as_mut(), (scope.org, partner_id), email).await?;
    }
    let edits = Edits::default()
        .set("method", method)
        .set("missing", details.missing());
    let change = Change::of(What::PayoutDetailsSet, partner_id).with(edits);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(())
}

/// Remembers a mailbox that a partner is paid at: who buys from it is the partner. For good, or a partner could say something
/// else here to be paid for what is held for review.
async fn know(
    transaction: &mut dyn Transaction,
    (org, partner_id): (&str, &str),
    email: &str,
) -> Result<(), StoreError> {
    let args = args![org, partner_id, mailbox::digest(org, email)];
    if transaction.run(&sql::KNOW_MAILBOX, args).await?.is_empty() {
        return Ok(());
    }
    due::of_partner(transaction, org, partner_id).await
}

/// The details of some partners, by partner.
pub async fn of_partners(
    scope: &crate::books::Scope<'_>,
    seal: &Seal,
    partners: impl IntoIterator<Item = &str>,
) -> Result<BTreeMap<String, Opened>, DetailsError> {
    let rows = payouts::details(scope, partners).await?;
    opened(seal, scope.org, rows)
}

/// The same within a transaction.
pub(super) async fn of_partners_within(
    transaction: &mut dyn Transaction,
    (org, seal): (&str, &Seal),
    partners: impl IntoIterator<Item = &str>,
) -> Result<BTreeMap<String, Opened>, DetailsError> {
    let rows = payouts::details_within(transaction, org, partners).await?;
    opened(seal, org, rows)
}

fn opened(
    seal: &Seal,
    org: &str,
    rows: Vec<SealedDetails>,
) -> Result<BTreeMap<String, Opened>, DetailsError> {
    let mut all = BTreeMap::new();
    for row in rows {
        all.insert(row.partner_id.clone(), open(seal, org, row)?);
    }
    Ok(all)
}

/// Opens a partner's details.
pub fn open(seal: &Seal, org: &str, row: SealedDetails) -> Result<Opened, SealError> {
    let plain = seal.open(&row.sealed, &about(org, &row.partner_id))?;
    let details = serde_json::from_slice(&plain).map_err(|_damaged| SealError::Damaged)?;
    Ok(Opened {
        details,
        missing: row.missing,
        updated_at: row.updated_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details(json: &str) -> Result<Details, CatalogError> {
        serde_json::from_str::<Details>(json).unwrap().checked()
    }

    #[test]
    fn what_is_missing_depends_on_the_way_to_pay() {
        let missing = |json| details(json).unwrap().missing();
        let tax = ["legalName", "address", "country"];
        assert_eq!(missing(r#"{"method":"other"}"#), tax);
        assert_eq!(missing(r#"{"method":"paypal"}"#)[..1], ["email"]);
        assert_eq!(
            missing(r#"{"method":"sepa"}"#)[..2],
            ["iban", "accountHolder"]
        );
        let whole = r#"{"method":"sepa","iban":"de89 3704 0044 0532 0130 00","accountHolder":"A","legalName":"A","address":"B","country":"de"}"#;
        let whole = details(whole).unwrap();
        assert!(whole.missing().is_empty());
        assert_eq!(whole.iban.as_deref(), Some("DE89370400440532013000"));
        assert_eq!(whole.country.as_deref(), Some("DE"));
        assert_eq!(whole.masked().iban.as_deref(), Some("•••3000"));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for wrong in [
            r#"{}"#,
            r#"{"method":"cash"}"#,
            r#"{"method":"sepa","iban":"DE89370400440532013001"}"#,
            r#"{"method":"sepa","bic":"X"}"#,
            r#"{"method":"paypal","email":"x"}"#,
            r#"{"method":"stripe","stripeAccount":"cus_1"}"#,
            r#"{"method":"other","country":"Germany"}"#,
            r#"{"method":"other","kind":"dog"}"#,
        ] {
            assert!(details(wrong).is_err(), "{wrong}");
        }
    }
}
