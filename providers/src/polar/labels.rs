//! Whom an order, a checkout, a subscription or a customer belongs to: click ids, codes and names.
//!
//! One subject is described by several kinds of event and the newest description stays, so each is made
//! from the same fields wherever they come from. A click id is a claim here, never proof.

use std::iter;

use crate::fact::{Identity, Label, Version};
use crate::lenient::Raw;
use crate::name::Name;
use crate::place::{Holds, Place, Writer};
use crate::settings::Settings;
use crate::time::Micros;

use super::objects::{Checkout, Customer, Discount, Order, Subscription};

/// The one key for an id of one's own that Polar's checkout links pass on from their query
/// (<https://polar.sh/docs/features/checkout/links>).
const REFERENCE_ID: &str = "reference_id";

/// The other keys that they pass on.
const UTM: &str = "utm_";

/// Metadata that a token wrote.
const METADATA: Place = Place::new("metadata", Holds::Labels, Writer::Merchant);

/// Metadata that a checkout link took from its address, where the buyer can write it. The key alone tells
/// the two apart: what the API writes under it looks the same, and is trusted no more.
const QUERY: Place = Place::new("metadata.reference_id", Holds::Labels, Writer::Buyer);

/// Metadata of a subscription.
const OF_SUBSCRIPTION: Place = Place::new("subscription.metadata", Holds::Labels, Writer::Merchant);

/// Metadata of a customer, which a checkout overwrites with its own.
const OF_CUSTOMER: Place = Place::new("customer.metadata", Holds::Clicks, Writer::Merchant);

/// What the buyer fills in.
const FIELDS: Place = Place::new("custom_field_data", Holds::Clicks, Writer::Buyer);

/// Where Polar's objects carry labels. `metadata` is set with a token, except for what a checkout link takes
/// from its address.
pub(super) const PLACES: &[Place] = &[
    METADATA,
    QUERY,
    OF_SUBSCRIPTION,
    OF_CUSTOMER,
    FIELDS,
    Place::new("discount", Holds::Codes, Writer::Buyer),
    Place::new("customer", Holds::Customers, Writer::Processor),
    Place::new("customer.external_id", Holds::Customers, Writer::Merchant),
];

/// Whom an order belongs to. A click id in the customer's metadata is no part of it: every checkout
/// overwrites that, so it says nothing about this order.
pub(super) fn of_order(
    order: &Order<'_>,
    object: Name,
    version: Version,
    settings: &Settings,
) -> Identity {
    let customer: Customer<'_> = order.customer.object().unwrap_or_default();
    let subscription: Subscription<'_> = order.subscription.object().unwrap_or_default();
    let mut identity = Identity::of(object, version);
    let labels = (order.metadata, settings);
    name_customer(&mut identity, order.customer_id, &customer, labels);
    identity.subscription = subscription_name(order, &subscription);
    identity.paid_since = paid_since(&subscription);
    identity.clicks = clicks(
        &[
            (METADATA, order.metadata),
            (FIELDS, order.custom_field_data),
            (OF_SUBSCRIPTION, subscription.metadata),
        ],
        settings,
    );
    identity.codes = codes(order.discount);
    describe(&mut identity, &customer);
    identity
}

/// Since when a subscription has been paid for at the latest; `None` for one that has not begun.
fn paid_since(subscription: &Subscription<'_>) -> Option<Micros> {
    let started_at = subscription.started_at.rfc3339()?;
    Some(match subscription.trial_end.rfc3339() {
        Some(trial_end) => started_at.max(trial_end),
        None => started_at,
    })
}

/// The subscription that an order belongs to.
pub(super) fn subscription_name(
    order: &Order<'_>,
    subscription: &Subscription<'_>,
) -> Option<Name> {
    let id = order
        .subscription_id
        .id()
        .or_else(|| subscription.id.id())?;
    Name::subscription(&id)
}

/// Whom a subscription belongs to.
pub(super) fn of_subscription(
    subject: Name,
    subscription: &Subscription<'_>,
    customer: (Raw<'_>, Raw<'_>),
    version: Version,
    settings: &Settings,
) -> Identity {
    let (id, object) = customer;
    let customer: Customer<'_> = object.object().unwrap_or_default();
    let mut identity = Identity::of(subject, version);
    let labels = (subscription.metadata, settings);
    identity.paid_since = paid_since(subscription);
    name_customer(&mut identity, id, &customer, labels);
    identity.clicks = clicks(&[(OF_SUBSCRIPTION, subscription.metadata)], settings);
    describe(&mut identity, &customer);
    identity
}

/// What is known of a customer. `None` when the object names nobody.
pub(super) fn of_customer(
    customer: &Customer<'_>,
    version: Version,
    settings: &Settings,
) -> Option<Identity> {
    let mut identity = Identity::of(Name::customer(&customer.id.id()?)?, version);
    identity.customers = customer
        .external_id
        .scalar()
        .and_then(|id| Name::external(&id))
        .into_iter()
        .collect();
    identity.clicks = clicks(&[(OF_CUSTOMER, customer.metadata)], settings);
    describe(&mut identity, customer);
    Some(identity)
}

/// Whom a checkout belongs to. Its external customer id is left out: Polar drops it when the typed e-mail
/// address is that of another customer, and only the order says which customer it became.
pub(super) fn of_checkout(
    checkout: &Checkout<'_>,
    object: Name,
    version: Version,
    settings: &Settings,
) -> Identity {
    let mut identity = Identity::of(object, version);
    identity.customers = checkout
        .customer_id
        .id()
        .and_then(|id| Name::customer(&id))
        .into_iter()
        .collect();
    identity.clicks = clicks(
        &[
            (METADATA, checkout.metadata),
            (FIELDS, checkout.custom_field_data),
        ],
        settings,
    );
    identity.codes = codes(checkout.discount);
    identity.email = checkout.customer_email.text();
    identity.name = checkout.customer_name.text();
    identity
}

fn describe(identity: &mut Identity, customer: &Customer<'_>) {
    identity.email = customer.email.text();
    identity.name = customer.name.text();
    identity.avatar = customer.avatar_url.text();
}

/// Adds the customer's names: Polar's, the merchant's, and those that stand in the metadata.
fn name_customer(
    identity: &mut Identity,
    id: Raw<'_>,
    customer: &Customer<'_>,
    (metadata, settings): (Raw<'_>, &Settings),
) {
    let own = id.id().or_else(|| customer.id.id());
    let external = customer.external_id.scalar();
    let names = [
        own.and_then(|id| Name::customer(&id)),
        external.and_then(|id| Name::external(&id)),
    ];
    identity.customers = names.into_iter().flatten().collect();
    let texts = metadata.texts();
    for key in settings.customer_keys() {
        let Some(value) = texts.get(key) else {
            continue;
        };
        let place = if is_from_query(key) {
            &QUERY
        } else {
            &METADATA
        };
        identity.own_customer(value, place, key, settings);
    }
}

/// Whether what stands under a key of metadata can have come from a checkout link's address.
fn is_from_query(key: &str) -> bool {
    key == REFERENCE_ID || key.starts_with(UTM)
}

/// Click ids in the given places, best place first, each value once. Numbers and booleans count as
/// their text, since Polar's metadata may hold them.
fn clicks(places: &[(Place, Raw<'_>)], settings: &Settings) -> Vec<Label> {
    let mut found: Vec<Label> = Vec::new();
    for (place, metadata) in places {
        let texts = metadata.texts();
        for key in settings.click_keys().chain(iter::once(REFERENCE_ID)) {
            let value = texts.get(key);
            let named = format!("{}.{key}", place.name);
            if let Some(label) = value.and_then(|text| Label::new(text, named)) {
                let place = if is_from_query(key) { &QUERY } else { place };
                label.standing_in(place, settings).add_to(&mut found);
            }
        }
    }
    found
}

fn codes(discount: Raw<'_>) -> Vec<Label> {
    discount
        .object::<Discount<'_>>()
        .and_then(|discount| discount.code.text())
        .and_then(|code| Label::new(&code, "discount.code"))
        .into_iter()
        .collect()
}
