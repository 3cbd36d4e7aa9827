//! Who a payment, subscription or customer belongs to, as its processor says. It never says who is paid.

use serde::{Deserialize, Serialize};

use super::{Label, Version};
use crate::Name;

/// Who a payment, subscription or customer belongs to. Everything in it may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What is spoken of.
    pub subject: Name,
    /// The customer's names: the processor's and the merchant's.
    pub customers: Vec<Name>,
    /// The subscription that the subject belongs to.
    pub subscription: Option<Name>,
    /// Click ids found, best place first. Each is a claim until the click is known.
    pub clicks: Vec<Label>,
    /// Discount codes found.
    pub codes: Vec<Label>,
    /// The customer's e-mail address as written.
    pub email: Option<String>,
    /// The customer's name.
    pub name: Option<String>,
    /// The address of the customer's picture.
    pub avatar: Option<String>,
    /// Which snapshot.
    pub version: Version,
}

impl Identity {
    /// Says nothing yet about `subject`.
    pub fn of(subject: Name, version: Version) -> Self {
        Self {
            subject,
            customers: Vec::new(),
            subscription: None,
            clicks: Vec::new(),
            codes: Vec::new(),
            email: None,
            name: None,
            avatar: None,
            version,
        }
    }

    /// Whether anything is said about the subject.
    pub fn says_something(&self) -> bool {
        !self.customers.is_empty()
            || self.subscription.is_some()
            || !self.clicks.is_empty()
            || !self.codes.is_empty()
            || self.email.is_some()
            || self.name.is_some()
            || self.avatar.is_some()
    }
}
