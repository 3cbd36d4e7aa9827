//! The names under which processors and merchants speak of one payment, customer or subscription.
//!
//! A payment's name is the text its processor writes (`in_1…`, `txn_01…`, an order id). Those are unique
//! across processors, so that a manual call with `invoiceId` `in_1` and Stripe's webhook meet; an adapter
//! whose ids are not unique by themselves puts its own prefix before them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::nobody::means_nobody;

/// What a [`Name`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameKind {
    /// A payment: invoice, session, payment intent, charge, order, transaction, or a merchant's invoice id.
    Payment,
    /// A customer as one processor calls it (`cus_…`, `ctm_…`).
    Customer,
    /// A customer as the merchant calls it (`customerExternalId`, `app_user_id`), shared by all processors.
    External,
    /// A subscription or contract.
    Subscription,
    /// A place where hints meet (a cut-off id): brings facts together, never proves that they are one.
    Hint,
}

impl NameKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Payment => "p:",
            Self::Customer => "c:",
            Self::External => "x:",
            Self::Subscription => "s:",
            Self::Hint => "h:",
        }
    }
}

/// One name; at most [`Name::MAX_LENGTH`] bytes, never empty, no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The longest name kept, in bytes. Longer ones are no id of any processor and are refused.
    pub const MAX_LENGTH: usize = 512;

    /// A name of the given kind; `None` when the text is empty, too long or has control characters
    /// (which PostgreSQL could not store and no processor sends).
    pub fn new(kind: NameKind, text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty()
            && text.len() <= Self::MAX_LENGTH
            && !text.chars().any(char::is_control);
        fits.then(|| Self(format!("{}{text}", kind.prefix())))
    }

    /// A payment's name.
    pub fn payment(text: &str) -> Option<Self> {
        Self::new(NameKind::Payment, text)
    }

    /// A processor's name of a customer.
    pub fn customer(text: &str) -> Option<Self> {
        Self::new(NameKind::Customer, text)
    }

    /// The merchant's own name of a customer; `None` also for a word that means nobody.
    pub fn external(text: &str) -> Option<Self> {
        if means_nobody(text) {
            return None;
        }
        Self::new(NameKind::External, text)
    }

    /// A payment by the number that stands on its invoice: a prefix and a running number, in capitals and
    /// digits. Others may count in the same way, so it is good for hints alone.
    pub fn printed(number: &str) -> Option<Self> {
        let (prefix, running) = number.rsplit_once('-')?;
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        let fits = prefix.len() >= 2
            && prefix.chars().all(plain)
            && running.len() >= 4
            && running.bytes().all(|digit| digit.is_ascii_digit());
        Self::payment(number).filter(|_| fits)
    }

    /// A subscription's name.
    pub fn subscription(text: &str) -> Option<Self> {
        Self::new(NameKind::Subscription, text)
    }

    /// A meeting place of hints.
    pub fn hint(text: &str) -> Option<Self> {
        Self::new(NameKind::Hint, text)
    }

    /// What it names.
    pub fn kind(&self) -> NameKind {
        match self.0.as_bytes().first() {
            Some(b'p') => NameKind::Payment,
            Some(b'c') => NameKind::Customer,
            Some(b'x') => NameKind::External,
            Some(b's') => NameKind::Subscription,
            _ => NameKind::Hint,
        }
    }

    /// The name as its processor or merchant writes it.
    pub fn value(&self) -> &str {
        self.0.get(2..).unwrap_or_default()
    }

    /// Kind and value as one text, the form in which names are stored: `p:in_1`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the stored form.
    pub fn from_stored(text: &str) -> Option<Self> {
        let kind = match text.get(..2)? {
            "p:" => NameKind::Payment,
            "c:" => NameKind::Customer,
            "x:" => NameKind::External,
            "s:" => NameKind::Subscription,
            "h:" => NameKind::Hint,
            _ => return None,
        };
        Self::new(kind, text.get(2..)?)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value())
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_stored(&text).ok_or_else(|| serde::de::Error::custom("not a stored name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_kind_and_its_exact_value() {
        let name = Name::payment("820982911946154508").unwrap();
        assert_eq!(name.as_str(), "p:820982911946154508");
        assert_eq!(name.value(), "820982911946154508");
        assert_eq!(name.kind(), NameKind::Payment);
        assert_eq!(Name::from_stored(name.as_str()), Some(name));
    }

    #[test]
    fn an_empty_a_long_and_a_control_character_name_are_refused() {
        assert_eq!(Name::customer("  "), None);
        assert_eq!(Name::customer(&"x".repeat(Name::MAX_LENGTH + 1)), None);
        assert_eq!(Name::customer("a\u{0}b"), None);
    }
}
