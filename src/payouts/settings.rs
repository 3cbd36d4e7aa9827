//! Who pays partners, and from where: the company on statements, the account of SEPA files, the key of Stripe. Stored sealed.

use serde::{Deserialize, Serialize};

use super::details::DetailsError;
use super::{file::sepa, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::{Scope, payouts};
use crate::catalog::{CatalogError, check};
use crate::changes::{self, Change, Details as Edits, What};
use crate::seal::{Seal, SealError};

/// Who pays. What is absent is not known.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// The name on statements and files.
    pub company_name: Option<String>,
    /// The address on statements.
    pub company_address: Option<String>,
    /// Two letters.
    pub company_country: Option<String>,
    /// For value-added tax.
    pub company_vat_id: Option<String>,
    /// The account that SEPA files pay from.
    pub iban: Option<String>,
    /// Its bank.
    pub bic: Option<String>,
    /// The secret key of a Stripe account with Connect.
    pub stripe_key: Option<String>,
}

impl Settings {
    fn checked(mut self) -> Result<Self, CatalogError> {
        for (field, value) in [
            ("companyName", &mut self.company_name),
            ("companyAddress", &mut self.company_address),
            ("companyVatId", &mut self.company_vat_id),
            ("stripeKey", &mut self.stripe_key),
        ] {
            if let Some(given) = value {
                *given = check::text(field, given)?;
            }
        }
        if let Some(country) = &mut self.company_country {
            *country = country.trim().to_ascii_uppercase();
            if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(CatalogError::invalid(
                    "companyCountry",
                    "must have two letters, for example DE",
                ));
            }
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
        let key = self.stripe_key.as_deref();
        let is_key = |key: &str| ["sk_", "rk_"].iter().any(|begin| key.starts_with(begin));
        if key.is_some_and(|key| !is_key(key) || !key.bytes().all(|b| b.is_ascii_graphic())) {
            let message = "must be a secret or restricted key, sk_… or rk_…";
            return Err(CatalogError::invalid("stripeKey", message));
        }
        Ok(self)
    }

    /// The same with what must not be read again covered.
    #[must_use]
    pub fn masked(mut self) -> Self {
        let secrets = [&mut self.iban, &mut self.stripe_key];
        for text in secrets.into_iter().flatten() {
            let skip = text.chars().count().saturating_sub(4);
            let end: String = text.chars().skip(skip).collect();
            *text = format!("•••{end}");
        }
        self
    }

    /// With what is not given, or given back covered as it was shown, from before.
    fn over(mut self, before: &Self) -> Self {
        let shown = before.clone().masked();
        let pairs = [
            (&mut self.company_name, &before.company_name, &None),
            (&mut self.company_address, &before.company_address, &None),
            (&mut self.company_country, &before.company_country, &None),
            (&mut self.company_vat_id, &before.company_vat_id, &None),
            (&mut self.iban, &before.iban, &shown.iban),
            (&mut self.bic, &before.bic, &None),
            (&mut self.stripe_key, &before.stripe_key, &shown.stripe_key),
        ];
        for (new, old, shown) in pairs {
            if new.is_none() || (shown.is_some() && new == shown) {
                new.clone_from(old);
            }
        }
        self
    }
}

pub(crate) fn about(org: &str) -> String {
    format!("payout settings of {org}")
}

/// The settings; nothing where nobody has written any.
pub async fn get(scope: &Scope<'_>, seal: &Seal) -> Result<Settings, DetailsError> {
    let Some(sealed) = payouts::settings(scope).await? else {
        return Ok(Settings::default());
    };
    Ok(open(seal, scope.org, &sealed)?)
}

/// Opens what is stored.
pub fn open(seal: &Seal, org: &str, sealed: &[u8]) -> Result<Settings, SealError> {
    let plain = seal.open(sealed, &about(org))?;
    serde_json::from_slice(&plain).map_err(|_damaged| SealError::Damaged)
}

/// Changes the settings: what is absent stays.
pub async fn change(
    scope: &WriteScope<'_>,
    seal: &Seal,
    new: Settings,
) -> Result<Settings, DetailsError> {
    let before = get(&scope.books(), seal).await?;
    let after = new.over(&before).checked()?;
    let plain = serde_json::to_vec(&after).unwrap_or_default();
    let sealed = seal.seal(&plain, &about(scope.org), scope.ids)?;
    let mut transaction = scope.store.begin().await?;
    let args = args![scope.org, sealed, scope.now.0];
    transaction.run(&sql::PUT_SETTINGS, args).await?;
    let edits = Edits::default()
        .edit("companyName", &before.company_name, &after.company_name)
        .covered("iban", &before.iban, &after.iban)
        .covered("stripeKey", &before.stripe_key, &after.stripe_key);
    let change = Change::of(What::PayoutSettingsSet, scope.org).with(edits);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(after)
}
