//! Who buys: subscriptions, customers, imports, discounts, and what `custom_data` says.
//!
//! `custom_data` of a checkout is written by the page in the buyer's browser, and copied to the
//! subscription and its renewals: it is a label, never proof. That of a transaction made through the API,
//! and of a customer, is the merchant's server's. No amount may ever come from any of it.
//! <https://developer.paddle.com/build/transactions/custom-data>

use super::objects::{Customer, Discount, ImportMeta, Subscription};
use crate::delivery::Reading;
use crate::fact::{Alias, Code, Fact, Identity, Label, Strength, Version};
use crate::lenient::Raw;
use crate::name::{Name, NameKind};
use crate::place::{Holds, Place, Writer};
use crate::settings::Settings;
use crate::time::Micros;

/// The prefix of Paddle Classic's numeric ids, as its own adapter writes them.
const CLASSIC: &str = "classic/";

/// `custom_data` of a checkout, and of what it was copied to.
pub(super) const OF_CHECKOUT: Place = Place::new("custom_data", Holds::Labels, Writer::Buyer);

/// `custom_data` of a transaction that the merchant's server made.
pub(super) const OF_API: Place =
    Place::new("custom_data, origin api", Holds::Labels, Writer::Merchant);

/// `custom_data` of a customer.
const OF_CUSTOMER: Place = Place::new("customer.custom_data", Holds::Labels, Writer::Merchant);

/// Where Paddle's objects carry labels.
pub(super) const PLACES: &[Place] = &[
    OF_CHECKOUT,
    OF_API,
    OF_CUSTOMER,
    Place::new("discount_id", Holds::Codes, Writer::Buyer),
    Place::new("customer_id", Holds::Customers, Writer::Processor),
];

/// What `custom_data` and a customer's id say about `subject`.
pub(super) fn identity(
    subject: Name,
    version: Version,
    customer_id: Raw<'_>,
    (custom_data, place): (Raw<'_>, &Place),
    settings: &Settings,
) -> Identity {
    let custom = custom_data.texts();
    let mut identity = Identity::of(subject, version);
    identity.customers = customer_id
        .text()
        .and_then(|id| Name::customer(&id))
        .into_iter()
        .collect();
    let mut keys = settings.customer_keys();
    if let Some((key, id)) = keys.find_map(|key| Some((key, custom.get(key)?))) {
        identity.own_customer(id, place, key, settings);
    }
    let shown = match place.name {
        name if name == OF_API.name => OF_CHECKOUT.name,
        name => name,
    };
    for key in settings.click_keys() {
        let Some(value) = custom.get(key) else {
            continue;
        };
        if let Some(label) = Label::new(value, format!("{shown}.{key}")) {
            let label = label.standing_in(place, settings);
            label.add_to(&mut identity.clicks);
        }
    }
    identity
}

/// That Paddle's customer and the merchant's are one, where the merchant's server says so of a payment. Its
/// subscription does not repeat it: the copy may be the buyer's.
pub(super) fn joined(identity: &Identity) -> Option<Fact> {
    let of = |kind| {
        let mut names = identity.customers.iter();
        names.find(|name| name.kind() == kind).cloned()
    };
    Some(Fact::Alias(Alias {
        a: of(NameKind::Customer)?,
        b: of(NameKind::External)?,
        strength: Strength::Proven,
    }))
}

/// A discount on a payment is known by its id alone; see [`discount`] for its code.
pub(super) fn code_label(discount_id: Raw<'_>) -> Option<Label> {
    Label::new(&discount_id.text()?, "discount_id")
}

/// `subscription.*`: no money, but the customer, the click that every renewal inherits, and for
/// `subscription.created` the transaction that began it.
pub(super) fn subscription(data: Raw<'_>, at: Micros, settings: &Settings) -> Reading {
    let Some(object) = data.object::<Subscription<'_>>() else {
        return Reading::unreadable("data is not a subscription");
    };
    let Some(name) = object.id.text().and_then(|id| Name::subscription(&id)) else {
        return Reading::unreadable("the subscription has no id");
    };
    let version = Version { at, step: 0 };
    let about = |subject| {
        let mut identity = identity(
            subject,
            version,
            object.customer_id,
            (object.custom_data, &OF_CHECKOUT),
            settings,
        );
        identity.codes.extend(code_label(discount_of(&object)));
        identity.paid_since = object.first_billed_at.rfc3339();
        identity
    };
    let mut facts = vec![Fact::Identity(about(name.clone()))];
    if let Some(first) = object
        .transaction_id
        .text()
        .and_then(|id| Name::payment(&id))
    {
        // Paddle copies custom_data from the transaction, so this says no less than the transaction did.
        let mut link = about(first);
        link.subscription = Some(name.clone());
        facts.push(Fact::Identity(link));
    }
    facts.extend(imported(object.import_meta, &name));
    Reading::facts(facts)
}

/// The id of the subscription's discount.
fn discount_of<'a>(object: &Subscription<'a>) -> Raw<'a> {
    object
        .discount
        .object::<Discount<'_>>()
        .map(|discount| discount.id)
        .unwrap_or_default()
}

/// `customer.*`: the only events with an e-mail address.
pub(super) fn customer(data: Raw<'_>, at: Micros, settings: &Settings) -> Reading {
    let Some(object) = data.object::<Customer<'_>>() else {
        return Reading::unreadable("data is not a customer");
    };
    let Some(name) = object.id.text().and_then(|id| Name::customer(&id)) else {
        return Reading::unreadable("the customer has no id");
    };
    let version = Version { at, step: 0 };
    let mut identity = identity(
        name.clone(),
        version,
        Raw::default(),
        (object.custom_data, &OF_CUSTOMER),
        settings,
    );
    identity.email = object.email.text();
    identity.name = object.name.text();
    let mut facts = Vec::new();
    if identity.says_something() {
        facts.push(Fact::Identity(identity));
    }
    facts.extend(imported(object.import_meta, &name));
    Reading::facts(facts)
}

/// `discount.*`: which code a `dsc_…` is. A discount without a code is given by the seller, not typed.
pub(super) fn discount(data: Raw<'_>, at: Micros) -> Reading {
    let Some(object) = data.object::<Discount<'_>>() else {
        return Reading::unreadable("data is not a discount");
    };
    let Some(id) = object.id.text() else {
        return Reading::unreadable("the discount has no id");
    };
    let kept = |text: &str| Label::new(text, "discount_id").is_some();
    match object.code.text() {
        Some(code) if !kept(&id) || !kept(&code) => {
            Reading::ignored("a discount whose code nobody could type")
        }
        Some(code) => Reading::facts(vec![Fact::Code(Code {
            id,
            code,
            version: Version { at, step: 0 },
        })]),
        None => Reading::ignored("a discount without a code"),
    }
}

/// The name under which something imported was known before. Numbers are Paddle Classic's ids.
fn imported(import_meta: Raw<'_>, now: &Name) -> Option<Fact> {
    let meta = import_meta.object::<ImportMeta<'_>>()?;
    let id = meta.external_id.scalar()?;
    let from_classic = meta.imported_from.text().as_deref() == Some("paddle_classic")
        || id.bytes().all(|b| b.is_ascii_digit());
    let before = if from_classic {
        format!("{CLASSIC}{id}")
    } else {
        id
    };
    let kind = match now.kind() {
        NameKind::Subscription => NameKind::Subscription,
        _ => NameKind::Customer,
    };
    Some(Fact::Alias(Alias {
        a: Name::new(kind, &before)?,
        b: now.clone(),
        strength: Strength::Proven,
    }))
}
