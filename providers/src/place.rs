//! The places of a delivery in which labels stand, and who can write in them.
//!
//! What a buyer can write is a label of that one payment: it may name a click or a code that must exist
//! here, and it never joins customers, inherits a partner or speaks for a person. A place is never more
//! than the least of those who can write in it.

use crate::settings::Settings;

/// Who decides what stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// The processor: its own ids.
    Processor,
    /// The merchant's server or staff, with a secret key or in the processor's dashboard.
    Merchant,
    /// The buyer, or anybody with a browser: an address's query, a cart, a public key.
    Buyer,
}

impl Writer {
    /// The word for it in documents.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Processor => "processor",
            Self::Merchant => "merchant",
            Self::Buyer => "buyer",
        }
    }
}

/// What can be found in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Ids of the customer.
    Customers,
    /// Click ids.
    Clicks,
    /// Click ids and the merchant's own customer ids, under the keys of contract 4.
    Labels,
    /// Discount codes.
    Codes,
}

impl Holds {
    /// The words for it in documents.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Customers => "customer ids",
            Self::Clicks => "click ids",
            Self::Labels => "click ids, customer ids",
            Self::Codes => "discount codes",
        }
    }
}

/// A place that an adapter reads labels from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its name, as it stands before the key in [`Label::place`](crate::fact::Label::place) and in the
    /// setting `trustedPlaces`.
    pub name: &'static str,
    /// What is looked for in it.
    pub holds: Holds,
    /// Who can write in it.
    pub writer: Writer,
}

impl Place {
    /// A place.
    pub const fn new(name: &'static str, holds: Holds, writer: Writer) -> Self {
        Self {
            name,
            holds,
            writer,
        }
    }

    /// Whether a customer id found here may join customers: always where no buyer can write, else where
    /// the owner has said so by name.
    pub fn is_trusted(&self, settings: &Settings) -> bool {
        self.writer != Writer::Buyer || settings.trusts(self.name)
    }
}
