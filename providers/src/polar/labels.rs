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

use super::objects::{Checkout, Customer, Discount, Order, Subscription};

/// The one key for an id of one's own that Polar's checkout links pass on from their query
/// (<https://polar.sh/docs/features/checkout/links>).
const REFERENCE_ID: &str = "reference_id";

/// Where Polar's objects carry labels. `metadata` is set with a token, except for what a checkout link takes
/// from its address.
pub(super) const PLACES: &[Place] = &[
    Place::new("metadata", Holds::Labels, Writer::Merchant),
    Place::new("metadata.reference_id", Holds::Clicks, Writer::Buyer),
    Place::new("custom_field_data", Holds::Clicks, Writer::Buyer),
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
    identity.customers = customers(order.customer_id, &customer, order.metadata, settings);
    identity.subscription = subscription_name(order, &subscription);
    identity.clicks = clicks(
        &[
            ("metadata", order.metadata),
            ("custom_field_data", order.custom_field_data),
            ("subscription.metadata", subscription.metadata),
        ],
        settings,
    );
    identity.codes = codes(order.discount);
    describe(&mut identity, &customer);
    identity
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
    identity.customers = customers(id, &customer, subscription.metadata, settings);
    identity.clicks = clicks(
        &[("subscription.metadata", subscription.metadata)],
        settings,
    );
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
    identity.clicks = clicks(&[("customer.metadata", customer.metadata)], settings);
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
            ("metadata", checkout.metadata),
            ("custom_field_data", checkout.custom_field_data),
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

/// The customer's names: Polar's, the merchant's, and those the merchant put into the metadata.
fn customers(
    id: Raw<'_>,
    customer: &Customer<'_>,
    metadata: Raw<'_>,
    settings: &Settings,
) -> Vec<Name> {
    let texts = metadata.texts();
    let own = id.id().or_else(|| customer.id.id());
    let external = customer.external_id.scalar();
    let labelled = settings.customer_keys().filter_map(|key| texts.get(key));
    let mut names: Vec<Name> = own.and_then(|id| Name::customer(&id)).into_iter().collect();
    for value in external.iter().chain(labelled) {
        if let Some(name) = Name::external(value).filter(|name| !names.contains(name)) {
            names.push(name);
        }
    }
    names
}

/// Click ids in the given places, best place first, each value once. Numbers and booleans count as
/// their text, since Polar's metadata may hold them.
fn clicks(places: &[(&str, Raw<'_>)], settings: &Settings) -> Vec<Label> {
    let mut found: Vec<Label> = Vec::new();
    for (place, metadata) in places {
        let texts = metadata.texts();
        for key in settings.click_keys().chain(iter::once(REFERENCE_ID)) {
            let value = texts.get(key);
            let label = value.and_then(|text| Label::new(text, format!("{place}.{key}")));
            if let Some(label) = label
                && found.iter().all(|known| known.value() != label.value())
            {
                found.push(label);
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
