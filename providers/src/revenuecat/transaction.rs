//! The store's transaction that an event is about: whether it counts, and how it is named.
//!
//! Sandbox, granted and shared purchases, and those of stores that another source reports, do not count.
//! It must never pass over a store that it does not know without a word.

use crate::Micros;
use crate::delivery::Reading;
use crate::fact::{Alias, Fact, Rank, Strength, Version};
use crate::name::Name;
use crate::settings::Settings;

use super::names;
use super::objects::Event;
use super::options::{Standing, records_sandbox};

/// A transaction that counts: made in production, in a store of the source, by the buyer.
pub(super) struct Transaction {
    pub(super) name: Name,
    pub(super) made_at: Micros,
    pub(super) paid_at: Micros,
    /// How the processor of a web store names the payment and the subscription.
    of_processor: [Option<Name>; 2],
    unknown_store: Option<String>,
}

impl Transaction {
    /// Reads the event's transaction.
    ///
    /// # Errors
    /// The reading of an event that has none, or one that does not count.
    pub(super) fn of(event: &Event<'_>, settings: &Settings) -> Result<Self, Reading> {
        check_environment(event, settings)?;
        let Some(store) = event.store.text() else {
            return Err(Reading::unreadable("the store is not named"));
        };
        let standing = Standing::of(settings, &store);
        if let Standing::Ignored(why) = standing {
            return Err(Reading::ignored(why));
        }
        if event.is_period("PROMOTIONAL") {
            return Err(Reading::ignored("a grant or test: nobody paid"));
        }
        if event.is_family_share.bool() == Some(true) {
            return Err(Reading::ignored(
                "shared in the family: another member paid",
            ));
        }
        if standing == Standing::IgnoredUnknown {
            return Err(Reading::ignored("not counted").with_unknown("store", &store));
        }
        let (Some(made_at), Some(paid_at)) = (event.made_at(), event.paid_at()) else {
            return Err(Reading::unreadable("the event has no time"));
        };
        match names::payment(event, &store) {
            Some(name) => Ok(Self {
                name,
                made_at,
                paid_at,
                of_processor: names::of_processor(event, &store),
                unknown_store: (standing == Standing::CountsUnknown).then_some(store),
            }),
            None => Err(Reading::unreadable("the transaction is not named")),
        }
    }

    /// The event's place among those about the transaction.
    pub(super) fn version(&self, step: i64) -> Version {
        Version {
            at: self.made_at,
            step,
        }
    }

    /// That what RevenueCat and the web store's processor tell is one.
    pub(super) fn aliases(&self, subscription: Option<&Name>) -> Vec<Fact> {
        let [payment, other] = &self.of_processor;
        let pairs = [(Some(&self.name), payment), (subscription, other)];
        let alias = |(own, other): (Option<&Name>, &Option<Name>)| {
            Some(Fact::Alias(Alias {
                a: own?.clone(),
                b: other.clone()?,
                strength: Strength::Proven,
            }))
        };
        pairs.into_iter().filter_map(alias).collect()
    }

    /// Its processor knows the amounts of a payment better, where it names the payment.
    pub(super) fn rank(&self) -> Rank {
        if self.of_processor[0].is_some() {
            Rank::Checkout
        } else {
            Rank::Canonical
        }
    }

    /// The reading with what the owner should know of the store.
    pub(super) fn with_remarks(&self, reading: Reading) -> Reading {
        match &self.unknown_store {
            Some(store) => reading.with_unknown("store", store),
            None => reading,
        }
    }
}

/// That the purchase was made in production, or in a sandbox that goes to the test ledger.
///
/// # Errors
/// The reading of an event that was not.
pub(super) fn check_environment(event: &Event<'_>, settings: &Settings) -> Result<(), Reading> {
    match event.environment.string().as_deref() {
        Some("PRODUCTION") => Ok(()),
        Some("SANDBOX") if records_sandbox(settings) => Ok(()),
        Some("SANDBOX") => Err(Reading::ignored("from the stores' sandbox: nobody paid")),
        _ => Err(Reading::unreadable("the environment is not known")),
    }
}
