//! Who bought, and which click brought them, as a RevenueCat event says it.
//!
//! Subscriber attributes can be written with the app's public key and change all the time. Their click ids
//! are claims, never proof, and one that was written after the purchase says nothing about it. Sources:
//! <https://www.revenuecat.com/docs/customers/customer-attributes>,
//! <https://www.revenuecat.com/docs/customers/user-ids>.

use std::collections::BTreeMap;

use crate::fact::{Fact, Identity, Label, Version};
use crate::lenient::Raw;
use crate::name::Name;
use crate::place::{Holds, Place, Writer};
use crate::settings::Settings;
use crate::time::Micros;

use super::names;
use super::objects::{Attribute, Event, plain};

/// The attribute that RevenueCat's guides use for a click id, looked for after all other keys.
const CLICK_ATTRIBUTE: &str = "affiliate_click_id";

/// How much later than the purchase an attribute may have been written, in seconds: a device's clock and
/// a store's clock differ.
const ATTRIBUTE_SKEW_SECONDS: i64 = 300;

/// A week.
const WEEK_MICROS: i64 = 7 * 24 * 3_600 * 1_000_000;

/// What a page passes along with a purchase on the web.
const METADATA: Place = Place::new("metadata", Holds::Labels, Writer::Buyer);

/// What an app says of its user.
const ATTRIBUTES: Place = Place::new("subscriber_attributes", Holds::Labels, Writer::Buyer);

/// Where events carry labels. Attributes are written with the app's public key.
pub(super) const PLACES: &[Place] = &[
    METADATA,
    ATTRIBUTES,
    Place::new("offer_code", Holds::Codes, Writer::Buyer),
    Place::new("app_user_id", Holds::Customers, Writer::Processor),
];

/// What an event says about its customer.
#[derive(Debug)]
pub(super) struct Customer {
    /// All names, the one last seen first.
    pub(super) names: Vec<Name>,
    /// What a buyer can have written as the merchant's id.
    said: Vec<Label>,
    /// Since when the subscription has been paid for at the latest.
    paid_since: Option<Micros>,
    /// Click ids, those of the purchase before those of the customer.
    pub(super) clicks: Vec<Label>,
    codes: Vec<Label>,
    email: Option<String>,
    name: Option<String>,
}

impl Customer {
    /// Reads the customer of a purchase made at `paid_at`.
    pub(super) fn of(event: &Event<'_>, settings: &Settings, paid_at: Micros) -> Self {
        let attributes = Attributes::of(event, paid_at);
        let metadata = event.metadata.members();
        let users = [event.app_user_id, event.original_app_user_id, event.aliases];
        let mut found = names::customers(&users);
        let mut said: Vec<Label> = Vec::new();
        for key in settings.customer_keys() {
            let of_purchase = metadata.get(key).copied().and_then(plain);
            let told = [
                (of_purchase, &METADATA),
                (attributes.text(key), &ATTRIBUTES),
            ];
            for (id, place) in told {
                let Some(id) = id else { continue };
                let Some(name) = names::customer(&id) else {
                    continue;
                };
                if place.is_trusted(settings) {
                    found.push(name);
                } else {
                    said.extend(Label::new(&id, format!("{}.{key}", place.name)));
                }
            }
        }
        let keys = || {
            settings
                .click_keys()
                .chain(std::iter::once(CLICK_ATTRIBUTE))
        };
        let of_purchase = keys().filter_map(|key| {
            let value = metadata.get(key).copied().and_then(plain)?;
            let label = Label::new(&value, format!("metadata.{key}"))?;
            Some(label.standing_in(&METADATA, settings))
        });
        // An attribute is the customer's own, whoever has written it, and not of one purchase.
        let of_customer = keys().filter_map(|key| {
            let value = attributes.timely_text(key)?;
            Label::new(&value, format!("subscriber_attributes.{key}"))
        });
        let code = plain(event.offer_code).and_then(|code| Label::new(&code, "offer_code"));
        Self {
            names: found,
            said: once_each(said.into_iter()),
            paid_since: paid_since(event, paid_at),
            clicks: once_each(of_purchase.chain(of_customer)),
            codes: code.into_iter().collect(),
            email: attributes.text("$email"),
            name: attributes.text("$displayName"),
        }
    }

    /// Says who a payment belongs to, and the same of the customer, for what they buy elsewhere.
    pub(super) fn facts(
        &self,
        payment: &Name,
        subscription: Option<Name>,
        version: Version,
    ) -> Vec<Fact> {
        let of_payment = Identity {
            subscription,
            paid_since: self.paid_since,
            said: self.said.clone(),
            codes: self.codes.clone(),
            ..self.identity(payment.clone(), version)
        };
        let named = names::record(&self.names);
        let of_customer = named.map(|subject| self.identity(subject, version));
        std::iter::once(of_payment)
            .chain(of_customer)
            .filter(Identity::says_something)
            .map(Fact::Identity)
            .collect()
    }

    fn identity(&self, subject: Name, version: Version) -> Identity {
        let others = self.names.iter().filter(|name| **name != subject);
        Identity {
            customers: others.cloned().collect(),
            clicks: self.clicks.clone(),
            email: self.email.clone(),
            name: self.name.clone(),
            ..Identity::of(subject, version)
        }
    }
}

/// The subscriber attributes of an event.
struct Attributes<'a> {
    members: BTreeMap<String, Raw<'a>>,
    latest: Micros,
}

impl<'a> Attributes<'a> {
    fn of(event: &Event<'a>, paid_at: Micros) -> Self {
        Self {
            members: event.subscriber_attributes.members(),
            latest: paid_at.plus_seconds(ATTRIBUTE_SKEW_SECONDS),
        }
    }

    fn get(&self, key: &str) -> Option<Attribute<'a>> {
        self.members.get(key)?.object()
    }

    /// The attribute as it is now.
    fn text(&self, key: &str) -> Option<String> {
        plain(self.get(key)?.value)
    }

    /// The attribute as it was when the purchase was made. One without a time is taken for old.
    fn timely_text(&self, key: &str) -> Option<String> {
        let attribute = self.get(key)?;
        let written_at = attribute.updated_at_ms.unix_millis();
        if written_at.is_some_and(|at| at > self.latest) {
            return None;
        }
        plain(attribute.value)
    }
}

/// Since when, at the latest, the subscription of a payment has been paid for: as the store's number of the payment says,
/// of which the first may have been a trial. Periods that are not told were a week or more, the shortest that stores sell.
fn paid_since(event: &Event<'_>, paid_at: Micros) -> Option<Micros> {
    let earlier = event
        .renewal_number
        .int()?
        .checked_sub(2)
        .filter(|n| *n > 0)?;
    let ends_at = event.expiration_at_ms.unix_millis()?;
    let period = ends_at
        .0
        .checked_sub(event.purchased_at_ms.unix_millis()?.0)?;
    let period = period.clamp(0, WEEK_MICROS);
    Some(Micros(paid_at.0.checked_sub(period.checked_mul(earlier)?)?))
}

/// Each value once, in its best place.
fn once_each(labels: impl Iterator<Item = Label>) -> Vec<Label> {
    let mut kept: Vec<Label> = Vec::new();
    for label in labels {
        label.add_to(&mut kept);
    }
    kept
}
