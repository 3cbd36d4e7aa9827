//! What an owner sets for one webhook source: a small JSON object, read without surprises.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::nearest::hint;
use crate::place::{Place, Writer};

/// The setting that names the systems whose keys the shop still sends.
const MIGRATED_FROM: &str = "migratedFrom";

/// What other systems have shops put into metadata: the system, keys of clicks or referrals, keys of the merchant's customer id.
const VENDORS: &[(&str, &[&str], &[&str])] = &[
    ("affonso", &["affonso_referral"], &[]),
    (
        "dub",
        &["dubClickId", "dub_id"],
        &["dubCustomerExternalId", "dubCustomerId"],
    ),
    ("numok", &["numok_tracking_code"], &[]),
    ("partnerstack", &["partner_key"], &["customer_key"]),
    ("refearnapp", &["refearnapp_affiliate_code"], &[]),
    ("refgrow", &["referral_code"], &[]),
    ("rewardful", &["referral"], &[]),
    ("tolt", &["tolt_referral", "cf_tolt_referral"], &[]),
];

/// The setting that trusts places which buyers can write.
const TRUSTED_PLACES: &str = "trustedPlaces";

/// Settings of one source. Every adapter names its own in its README and checks them in
/// [`crate::Adapter::check_settings`]; four are common to all: `clickKeys` and `customerKeys`, lists of
/// further metadata keys that carry a click id or the merchant's customer id; `migratedFrom`, a list of systems
/// whose keys the shop still sends; and `trustedPlaces`, a list of
/// [places](crate::place) that buyers can write and whose customer ids join customers all the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub Map<String, Value>);

/// A setting that cannot be used, with its name, for the owner to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting {name}: {problem}")]
pub struct SettingError {
    /// The setting's name.
    pub name: String,
    /// What must change.
    pub problem: Cow<'static, str>,
}

impl SettingError {
    /// What must change about a setting.
    pub(crate) fn new(name: &str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Keys under which a click id is looked for, in this order (contract 4).
pub const CLICK_KEYS: &[&str] = &["refportClickId", "refp_id", "clickId", "click_id"];

/// Keys under which the merchant's customer id is looked for, in this order (contract 4).
pub const CUSTOMER_KEYS: &[&str] = &[
    "refportExternalCustomerId",
    "refportCustomerExternalId",
    "customerExternalId",
];

impl Settings {
    /// Reads settings from JSON text; `None` unless it is an object.
    pub fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// A text setting, trimmed; `None` when absent, empty or of another type.
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// A yes/no setting; `default` when absent or of another type.
    pub fn flag(&self, name: &str, default: bool) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    /// A list of texts; `None` when absent or not a list.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.0.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// All keys under which this source's metadata may carry a click id: the owner's own first.
    pub fn click_keys(&self) -> impl Iterator<Item = &str> {
        let own = self.list("clickKeys").unwrap_or_default();
        let of_vendors = self.vendors().flat_map(|(_, clicks, _)| clicks.iter());
        own.into_iter()
            .chain(CLICK_KEYS.iter().copied())
            .chain(of_vendors.copied())
    }

    /// All keys under which this source's metadata may carry the merchant's customer id.
    pub fn customer_keys(&self) -> impl Iterator<Item = &str> {
        let own = self.list("customerKeys").unwrap_or_default();
        let of_vendors = self
            .vendors()
            .flat_map(|(_, _, customers)| customers.iter());
        own.into_iter()
            .chain(CUSTOMER_KEYS.iter().copied())
            .chain(of_vendors.copied())
    }

    /// The systems whose keys the shop still sends.
    fn vendors(
        &self,
    ) -> impl Iterator<
        Item = &'static (
            &'static str,
            &'static [&'static str],
            &'static [&'static str],
        ),
    > {
        let named = self.list(MIGRATED_FROM).unwrap_or_default();
        VENDORS
            .iter()
            .filter(move |(name, ..)| named.contains(name))
    }

    /// The setting `migratedFrom` where it names a system that is not known, as an error.
    fn reject_unknown_vendors(&self) -> Result<(), SettingError> {
        let Some(value) = self.0.get(MIGRATED_FROM) else {
            return Ok(());
        };
        let is_known = |name: &Value| {
            VENDORS
                .iter()
                .any(|(known, ..)| name.as_str() == Some(known))
        };
        if value.as_array().is_some_and(|all| all.iter().all(is_known)) {
            return Ok(());
        }
        let known: Vec<&str> = VENDORS.iter().map(|(name, ..)| *name).collect();
        let problem = format!("must be a list of some of {}", known.join(", "));
        Err(SettingError::new(MIGRATED_FROM, problem))
    }

    /// Whether the owner lets customer ids in a place that buyers can write join customers.
    pub fn trusts(&self, place: &str) -> bool {
        self.list(TRUSTED_PLACES)
            .is_some_and(|trusted| trusted.contains(&place))
    }

    /// The setting `trustedPlaces` where it names something else than places of this processor that buyers
    /// can write, as an error.
    fn reject_unknown_places(&self, places: &[Place]) -> Result<(), SettingError> {
        let Some(value) = self.0.get(TRUSTED_PLACES) else {
            return Ok(());
        };
        let is_place = |name: &Value| {
            let of_buyer = |place: &&Place| place.writer == Writer::Buyer;
            let mut of_buyers = places.iter().filter(of_buyer);
            name.as_str()
                .is_some_and(|name| of_buyers.any(|place| place.name == name))
        };
        if value.as_array().is_some_and(|all| all.iter().all(is_place)) {
            return Ok(());
        }
        Err(SettingError::new(
            TRUSTED_PLACES,
            "must be a list of places that buyers can write, as docs/processors.md names them",
        ))
    }

    /// The first setting that is in neither `known` nor the common ones, or trusts no place of `places`
    /// that buyers can write, as an error: a misspelt setting must not silently do nothing.
    pub fn reject_unknown(&self, known: &[&str], places: &[Place]) -> Result<(), SettingError> {
        let common = ["clickKeys", "customerKeys", MIGRATED_FROM, TRUSTED_PLACES];
        let strange =
            |name: &&String| !known.contains(&name.as_str()) && !common.contains(&name.as_str());
        if let Some(name) = self.0.keys().find(strange) {
            let all = [known, &common].concat();
            let problem = format!("is not a setting of this processor{}", hint(name, &all));
            return Err(SettingError::new(name, problem));
        }
        self.reject_unknown_vendors()?;
        self.reject_unknown_places(places)
    }

    /// The first yes/no setting that is something else, as an error: [`Self::flag`] would pass it over.
    pub fn reject_unclear(&self, flags: &[&str]) -> Result<(), SettingError> {
        let unclear = |name: &str| self.0.get(name).is_some_and(|value| !value.is_boolean());
        match flags.iter().find(|name| unclear(name)) {
            Some(name) => Err(SettingError::new(name, "must be true or false")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::Holds;

    #[test]
    fn own_keys_come_before_the_common_ones() {
        let settings = Settings::from_json(r#"{"clickKeys":["aff"]}"#).unwrap();
        assert_eq!(settings.click_keys().next(), Some("aff"));
        assert!(settings.click_keys().any(|key| key == "refp_id"));
        let tolt = Settings::from_json(r#"{"migratedFrom":["tolt","dub"]}"#).unwrap();
        assert_eq!(tolt.click_keys().last(), Some("cf_tolt_referral"));
        assert!(
            tolt.customer_keys()
                .any(|key| key == "dubCustomerExternalId")
        );
        assert!(tolt.reject_unknown(&[], &[]).is_ok());
        let unknown = Settings::from_json(r#"{"migratedFrom":["tollt"]}"#).unwrap();
        assert!(unknown.reject_unknown(&[], &[]).is_err());
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let settings = Settings::from_json(r#"{"clickKey":["aff"]}"#).unwrap();
        assert_eq!(
            settings.reject_unknown(&[], &[]).unwrap_err().to_string(),
            "setting clickKey: is not a setting of this processor; did you mean `clickKeys`?"
        );
    }

    #[test]
    fn only_a_place_that_buyers_can_write_can_be_trusted_by_name() {
        let cart = Place::new("note_attributes", Holds::Labels, Writer::Buyer);
        let own = Place::new("customer", Holds::Customers, Writer::Processor);
        let check = |json: &str| {
            let settings = Settings::from_json(json).unwrap();
            let trusted = cart.is_trusted(&settings);
            (settings.reject_unknown(&[], &[cart, own]).is_ok(), trusted)
        };
        assert_eq!(check(r#"{}"#), (true, false));
        assert_eq!(
            check(r#"{"trustedPlaces":["note_attributes"]}"#),
            (true, true)
        );
        assert_eq!(
            check(r#"{"trustedPlaces":["note_attribute"]}"#),
            (false, false)
        );
        assert!(!check(r#"{"trustedPlaces":["customer"]}"#).0);
        assert!(!check(r#"{"trustedPlaces":"note_attributes"}"#).0);
    }
}
