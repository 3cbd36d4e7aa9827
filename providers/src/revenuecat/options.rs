//! The settings of a RevenueCat source: which proofs it asks for, which stores count, and what part of a
//! price the commission is computed on.
//!
//! Settings are checked when a source is made; whatever is wrong all the same is read in the way that
//! trusts and counts less.

use crate::settings::{SettingError, Settings};

const REQUIRE: &str = "require";
const STORES: &str = "stores";
const BASIS: &str = "basis";
const SANDBOX: &str = "sandbox";

/// The stores whose payments nobody else reports. They count unless the owner says otherwise.
pub(super) const APP_STORES: &[&str] =
    &["APP_STORE", "MAC_APP_STORE", "PLAY_STORE", "AMAZON", "ROKU"];

/// The web stores. Most who use them connect them directly too, and RevenueCat's copy of their payments
/// mostly bears unrelated ids, so they are off unless asked for.
const WEB_STORES: &[&str] = &["STRIPE", "PADDLE", "RC_BILLING"];

/// What RevenueCat grants by itself.
const GRANTS: &str = "PROMOTIONAL";

/// The store of tests.
const TEST_STORE: &str = "TEST_STORE";

/// Stores in which nobody pays.
const UNPAID_STORES: &[&str] = &[GRANTS, TEST_STORE];

/// The proofs that a source asks for even while it has no secret for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Require {
    /// Those for which there are secrets.
    Configured,
    /// The `Authorization` header.
    Authorization,
    /// The signature header.
    Hmac,
    /// Both.
    Both,
}

impl Require {
    /// The setting `require`; unusable values ask for both.
    pub(super) fn of(settings: &Settings) -> Self {
        match settings.0.get(REQUIRE) {
            None => Self::Configured,
            Some(value) => value.as_str().and_then(Self::parse).unwrap_or(Self::Both),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "authorization" => Some(Self::Authorization),
            "hmac" => Some(Self::Hmac),
            "both" => Some(Self::Both),
            _ => None,
        }
    }

    /// Whether the `Authorization` header is asked for in any case.
    pub(super) fn authorization(self) -> bool {
        matches!(self, Self::Authorization | Self::Both)
    }

    /// Whether the signature is asked for in any case.
    pub(super) fn signature(self) -> bool {
        matches!(self, Self::Hmac | Self::Both)
    }
}

/// What part of the price the commission is computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// The price as the buyer paid it.
    Gross,
    /// Less RevenueCat's estimate of the tax in it.
    NetOfTax,
    /// Less its estimates of tax and of the store's commission.
    Proceeds,
}

impl Basis {
    /// The setting `basis`; the price itself when it says nothing.
    pub(super) fn of(settings: &Settings) -> Self {
        settings
            .text(BASIS)
            .and_then(Self::parse)
            .unwrap_or(Self::Gross)
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "gross" => Some(Self::Gross),
            "net_of_tax" => Some(Self::NetOfTax),
            "proceeds" => Some(Self::Proceeds),
            _ => None,
        }
    }
}

/// Whether purchases of a store count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// They do.
    Counts,
    /// They do, and the owner should hear of the store: nothing is known of it.
    CountsUnknown,
    /// They do not, and this says why.
    Ignored(&'static str),
    /// They do not, and the owner should hear of the store: nothing is known of it.
    IgnoredUnknown,
}

impl Standing {
    /// The standing of a store. One that comes tomorrow counts, for real money is paid in it, unless the
    /// owner has named those that do.
    pub(super) fn of(settings: &Settings, store: &str) -> Self {
        let is_known = [APP_STORES, WEB_STORES, UNPAID_STORES]
            .iter()
            .any(|stores| stores.contains(&store));
        if store == GRANTS || (store == TEST_STORE && !records_sandbox(settings)) {
            return Self::Ignored("a grant or test: nobody paid");
        }
        if store == TEST_STORE {
            return Self::Counts;
        }
        match settings.list(STORES) {
            Some(stores) if stores.contains(&store) => Self::Counts,
            Some(_) if is_known => Self::Ignored("of a store that is not in the setting `stores`"),
            Some(_) => Self::IgnoredUnknown,
            None if WEB_STORES.contains(&store) => Self::Ignored(
                "of a web store, which its processor reports too: it counts only where the setting `stores` names it",
            ),
            None if is_known => Self::Counts,
            None => Self::CountsUnknown,
        }
    }
}

/// Whether purchases of sandboxes and of the test store go to the test ledger, instead of nowhere.
pub(super) fn records_sandbox(settings: &Settings) -> bool {
    settings.flag(SANDBOX, false)
}

/// The first setting that cannot be used.
pub(super) fn check(settings: &Settings) -> Result<(), SettingError> {
    settings.reject_unknown(&[REQUIRE, STORES, BASIS, SANDBOX], super::identity::PLACES)?;
    settings.reject_unclear(&[SANDBOX])?;
    let wrong = |name, problem| Err(SettingError::new(name, problem));
    if is_unlike(settings, REQUIRE, |text| Require::parse(text).is_some()) {
        return wrong(REQUIRE, "must be \"authorization\", \"hmac\" or \"both\"");
    }
    if is_unlike(settings, BASIS, |text| Basis::parse(text).is_some()) {
        return wrong(BASIS, "must be \"gross\", \"net_of_tax\" or \"proceeds\"");
    }
    match settings.0.get(STORES).map(serde_json::Value::as_array) {
        None => Ok(()),
        Some(Some(stores)) if !stores.is_empty() => {
            if stores
                .iter()
                .all(|store| store.as_str().is_some_and(is_store))
            {
                return Ok(());
            }
            wrong(
                STORES,
                "must name stores as RevenueCat writes them, such as \"APP_STORE\"; nobody pays in PROMOTIONAL and TEST_STORE",
            )
        }
        Some(_) => wrong(STORES, "must be a list of at least one store"),
    }
}

/// Whether a setting is there and is not a text that `fits`.
fn is_unlike(settings: &Settings, name: &str, fits: impl Fn(&str) -> bool) -> bool {
    let value = settings.0.get(name);
    value.is_some_and(|value| !value.as_str().is_some_and(fits))
}

/// Whether a text looks like RevenueCat's name of a store, also of one that comes tomorrow.
fn is_store(text: &str) -> bool {
    let shaped = text.len() >= 3
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    shaped && !UNPAID_STORES.contains(&text)
}
