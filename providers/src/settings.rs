//! What an owner sets for one webhook source: a small JSON object, read without surprises.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Settings of one source. Every adapter names its own in its README and checks them in
/// [`crate::Adapter::check_settings`]; two are common to all: `clickKeys` and `customerKeys`, lists of
/// further metadata keys that carry a click id or the merchant's customer id.
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
    pub problem: &'static str,
}

impl SettingError {
    /// What must change about a setting.
    pub(crate) fn new(name: &str, problem: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            problem,
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
        own.into_iter().chain(CLICK_KEYS.iter().copied())
    }

    /// All keys under which this source's metadata may carry the merchant's customer id.
    pub fn customer_keys(&self) -> impl Iterator<Item = &str> {
        let own = self.list("customerKeys").unwrap_or_default();
        own.into_iter().chain(CUSTOMER_KEYS.iter().copied())
    }

    /// The first setting that is in neither `known` nor the common ones, as an error: a misspelt
    /// setting must not silently do nothing.
    pub fn reject_unknown(&self, known: &[&str]) -> Result<(), SettingError> {
        let common = ["clickKeys", "customerKeys"];
        match self
            .0
            .keys()
            .find(|name| !known.contains(&name.as_str()) && !common.contains(&name.as_str()))
        {
            Some(name) => Err(SettingError::new(
                name,
                "is not a setting of this processor",
            )),
            None => Ok(()),
        }
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

    #[test]
    fn own_keys_come_before_the_common_ones() {
        let settings = Settings::from_json(r#"{"clickKeys":["aff"]}"#).unwrap();
        assert_eq!(settings.click_keys().next(), Some("aff"));
        assert!(settings.click_keys().any(|key| key == "refp_id"));
    }

    #[test]
    fn a_misspelt_setting_is_named() {
        let settings = Settings::from_json(r#"{"clickKey":["aff"]}"#).unwrap();
        assert_eq!(settings.reject_unknown(&[]).unwrap_err().name, "clickKey");
    }
}
