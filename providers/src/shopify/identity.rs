//! Who an order belongs to: customer, click and code, looked for where a shop can carry them.
//!
//! All but Shopify's own id of the customer can be written by the buyer or by any app of the shop: it is a
//! label of this order, and never joins customers.
//! All of it may be absent: Shopify withholds personal data from apps without the permission for it.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use super::objects::{Customer, Line, Order, clean, customer_name};
use crate::fact::{Identity, Label, Version};
use crate::lenient::Raw;
use crate::{Fact, Holds, Name, Place, Settings, Writer};

/// What the cart carries along.
const NOTE_ATTRIBUTES: Place = Place::new("note_attributes", Holds::Labels, Writer::Buyer);

/// What a line of the cart carries along.
const PROPERTIES: Place = Place::new("line_items.properties", Holds::Clicks, Writer::Buyer);

/// The address of the page that the visit began with.
const LANDING_SITE: Place = Place::new("landing_site", Holds::Clicks, Writer::Buyer);

/// Where an order carries labels. All that comes with the cart is in the buyer's hands: attributes and
/// properties are written in the browser, the landing page's address is typed by anybody.
pub const PLACES: &[Place] = &[
    NOTE_ATTRIBUTES,
    PROPERTIES,
    LANDING_SITE,
    Place::new("discount_codes", Holds::Codes, Writer::Buyer),
    Place::new("customer", Holds::Customers, Writer::Processor),
];

#[derive(Deserialize)]
struct Pair<'a> {
    #[serde(borrow, default)]
    name: Raw<'a>,
    #[serde(borrow, default)]
    value: Raw<'a>,
}

#[derive(Deserialize)]
struct DiscountCode<'a> {
    #[serde(borrow, default)]
    code: Raw<'a>,
}

/// What an order says about its buyer, as up to three facts.
///
/// Clicks and codes also stand under the order's second name, in a fact of their own that is made only
/// where there are some: apps rewrite note attributes, and a later snapshot without the click must not
/// take away what an earlier one said.
pub fn of_order(
    order: &Order<'_>,
    name: &Name,
    gid: &Name,
    version: Version,
    settings: &Settings,
) -> Vec<Fact> {
    let customer = order.customer.object::<Customer<'_>>();
    let mut identity = Identity::of(name.clone(), version);
    let attributes = pairs(order.note_attributes);
    identity.clicks = clicks(order, &attributes, settings);
    identity.codes = codes(order);
    let known = customer.as_ref().and_then(|c| customer_name(c.id));
    identity.customers.extend(known.clone());
    for key in settings.customer_keys() {
        if let Some(value) = value_of(&attributes, key) {
            identity.own_customer(&value, &NOTE_ATTRIBUTES, key, settings);
        }
    }
    identity.email = clean(order.email)
        .or_else(|| clean(order.contact_email))
        .or_else(|| customer.as_ref().and_then(|c| clean(c.email)));
    identity.name = customer.as_ref().and_then(full_name);

    let mut facts = Vec::new();
    if !identity.clicks.is_empty() || !identity.codes.is_empty() {
        let mut labels = Identity::of(gid.clone(), version);
        labels.clicks.clone_from(&identity.clicks);
        labels.codes.clone_from(&identity.codes);
        facts.push(Fact::Identity(labels));
    }
    if let (Some(known), Some(customer)) = (known, &customer) {
        facts.extend(of_customer(customer, known, version));
    }
    if identity.says_something() {
        facts.push(Fact::Identity(identity));
    }
    facts
}

/// What is known of a customer by himself; `None` when it is no more than the id.
pub fn of_customer(customer: &Customer<'_>, name: Name, version: Version) -> Option<Fact> {
    let mut identity = Identity::of(name, version);
    identity.email = clean(customer.email);
    identity.name = full_name(customer);
    identity.says_something().then(|| {
        identity.customers.push(identity.subject.clone());
        Fact::Identity(identity)
    })
}

fn full_name(customer: &Customer<'_>) -> Option<String> {
    let parts = [clean(customer.first_name), clean(customer.last_name)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Click ids, best place first: cart attributes, line item properties, the landing page's query.
fn clicks(order: &Order<'_>, attributes: &[(String, String)], settings: &Settings) -> Vec<Label> {
    let properties: Vec<(String, String)> = order
        .line_items
        .objects::<Line<'_>>()
        .iter()
        .flat_map(|line| pairs(line.properties))
        .collect();
    let landing = order.landing_site.string().unwrap_or_default();
    let query = query(&landing);
    let places = [
        (NOTE_ATTRIBUTES, attributes),
        (PROPERTIES, properties.as_slice()),
        (LANDING_SITE, query.as_slice()),
    ];
    let mut labels: Vec<Label> = Vec::new();
    for (place, values) in places {
        for key in settings.click_keys() {
            let found = value_of(values, key);
            let named = format!("{}.{key}", place.name);
            if let Some(label) = found.and_then(|value| Label::new(&value, named)) {
                label.standing_in(&place, settings).add_to(&mut labels);
            }
        }
    }
    labels
}

fn codes(order: &Order<'_>) -> Vec<Label> {
    let codes = order.discount_codes.objects::<DiscountCode<'_>>();
    let label = |code: &DiscountCode<'_>| Label::new(&clean(code.code)?, "discount_codes");
    codes.iter().filter_map(label).collect()
}

/// A list of `{name, value}`, in order.
fn pairs(list: Raw<'_>) -> Vec<(String, String)> {
    let pair = |pair: &Pair<'_>| Some((clean(pair.name)?, clean(pair.value)?));
    list.objects::<Pair<'_>>().iter().filter_map(pair).collect()
}

/// The last value under a key, or under the key with `_` before it, which hides a line item's property
/// from the buyer.
fn value_of(pairs: &[(String, String)], key: &str) -> Option<String> {
    let fits = |name: &str| name == key || name.strip_prefix('_') == Some(key);
    let (_, value) = pairs.iter().rev().find(|(name, _)| fits(name))?;
    Some(value.clone())
}

/// The query of an address or path, decoded.
fn query(address: &str) -> Vec<(String, String)> {
    let before_fragment = address.split('#').next().unwrap_or_default();
    let Some((_, query)) = before_fragment.split_once('?') else {
        return Vec::new();
    };
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let decoded: Cow<'_, str> = percent_decode_str(&spaced).decode_utf8_lossy();
    let printable: String = decoded.chars().filter(|c| !c.is_control()).collect();
    printable.trim().to_owned()
}
