//! Who a payment, subscription or customer belongs to, as its processor says. It never says who is paid.

use serde::{Deserialize, Serialize};

use super::{Label, Version};
use crate::time::Micros;
use crate::{Name, Place, Settings};

/// Who a payment, subscription or customer belongs to. Everything in it may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What is spoken of.
    pub subject: Name,
    /// The customer's names, as the processor or the merchant's server wrote them: they join customers.
    /// See [`Identity::own_customer`].
    pub customers: Vec<Name>,
    /// Customer ids that the buyer can have written: shown with this one payment, and never joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Label>,
    /// The subscription that the subject belongs to.
    pub subscription: Option<Name>,
    /// Since when, at the latest, the subscription has been paid for, as far as the processor tells. A trial is no payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_since: Option<Micros>,
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
            said: Vec::new(),
            subscription: None,
            paid_since: None,
            clicks: Vec::new(),
            codes: Vec::new(),
            email: None,
            name: None,
            avatar: None,
            version,
        }
    }

    /// Takes the merchant's own customer id that stands under `key` in `place`: as a name where its writer is
    /// to be trusted, else as what the buyer says. A word that means nobody is passed over.
    pub fn own_customer(&mut self, value: &str, place: &Place, key: &str, settings: &Settings) {
        let Some(name) = Name::external(value) else {
            return;
        };
        if place.is_trusted(settings) {
            if !self.customers.contains(&name) {
                self.customers.push(name);
            }
        } else if let Some(label) = Label::new(value, format!("{}.{key}", place.name))
            && self.said.iter().all(|said| said.value() != label.value())
        {
            self.said.push(label);
        }
    }

    /// Whether anything is said about the subject.
    pub fn says_something(&self) -> bool {
        !self.customers.is_empty()
            || !self.said.is_empty()
            || self.subscription.is_some()
            || !self.clicks.is_empty()
            || !self.codes.is_empty()
            || self.email.is_some()
            || self.name.is_some()
            || self.avatar.is_some()
    }
}
