//! Orders and the subscriptions they belong to.
//!
//! No amount may ever come from `passthrough` or `custom_data`: the buyer can edit both. They are read for
//! a click id and the merchant's customer id, and may be anything.
//! <https://developer.paddle.com/webhook-reference/one-off-purchase-alerts/payment-succeeded>

use super::normalize::Alert;
use crate::Currency;
use crate::delivery::Reading;
use crate::fact::{
    Alias, Amounts, Billing, Fact, Identity, Label, Lead, Payment, PaymentState, Rank, Strength,
    Version,
};
use crate::lenient::Raw;
use crate::name::{Name, NameKind};
use crate::place::{Holds, Place, Writer};
use crate::settings::Settings;

/// `payment_succeeded` and `subscription_payment_succeeded`.
pub(super) fn paid(alert: &Alert, settings: &Settings) -> Reading {
    let Some(order) = alert.order() else {
        return Reading::unreadable("order_id is missing");
    };
    let Some(currency) = alert.currency() else {
        return Reading::unreadable("currency is missing or no currency");
    };
    let Some(amounts) = amounts(alert, currency) else {
        return Reading::unreadable("sale_gross or payment_tax cannot be read");
    };
    let version = version(alert);
    // A plan is a product's price: a rule for it says more.
    let bought = ["subscription_plan_id", "product_id"].map(|field| alert.text(field));
    let mut facts = vec![Fact::Payment(Payment {
        object: order.clone(),
        rank: Rank::Canonical,
        version,
        state: PaymentState::Paid,
        amounts,
        currency,
        presentment: None,
        occurred_at: alert.at,
        billing: billing(alert),
        twin_window_seconds: None,
        products: bought.into_iter().flatten().map(str::to_owned).collect(),
        bought: Vec::new(),
        remark: (!currency.is_known()).then(|| "unknown_currency".to_owned()),
    })];
    if let Some(number) = subscription_payment(alert) {
        facts.push(Fact::Alias(Alias {
            a: order.clone(),
            b: number,
            strength: Strength::Proven,
        }));
    }
    let mut identity = identity(alert, order, settings);
    identity.subscription = subscription(alert);
    if identity.says_something() {
        facts.push(Fact::Identity(identity));
    }
    let reading = Reading::facts(facts);
    if amounts.gross == 0 {
        return reading.with_note("nothing was charged: no sale, but its attribution counts");
    }
    reading
}

/// `subscription_created`: no money, but who it belongs to, and a lead where it begins with a trial.
pub(super) fn subscribed(alert: &Alert, settings: &Settings) -> Reading {
    let Some(subject) = subscription(alert) else {
        return Reading::unreadable("subscription_id is missing");
    };
    let trial = Alert::prefixed(&format!("trial/{}", subject.value()));
    let identity = identity(alert, subject, settings);
    let mut facts = Vec::new();
    if alert.text("status") == Some("trialing") {
        facts.push(Fact::Lead(Lead {
            id: trial,
            event_name: "Started trial".to_owned(),
            customers: identity.customers.clone(),
            clicks: identity.clicks.clone(),
            occurred_at: alert.at,
        }));
    }
    if identity.says_something() {
        facts.push(Fact::Identity(identity));
    }
    Reading::facts(facts)
}

/// The number of a subscription's payment, by which a refund finds its order as well.
pub(super) fn subscription_payment(alert: &Alert) -> Option<Name> {
    alert.numbered(NameKind::Payment, "subscription_payment_id")
}

/// The alert's own snapshot.
pub(super) fn version(alert: &Alert) -> Version {
    Version {
        at: alert.at,
        step: 0,
    }
}

fn subscription(alert: &Alert) -> Option<Name> {
    alert.numbered(NameKind::Subscription, "subscription_id")
}

/// `sale_gross` with `payment_tax` in it, both in `currency`. A free order has no amounts.
fn amounts(alert: &Alert, currency: Currency) -> Option<Amounts> {
    let gross = alert.amount("sale_gross", currency)?;
    let tax = match alert.text("payment_tax") {
        Some(_) => alert.amount("payment_tax", currency)?,
        None => 0,
    };
    if gross <= 0 {
        return Some(Amounts::default());
    }
    let net = gross.checked_sub(tax)?.clamp(0, gross);
    Some(Amounts {
        subtotal: net,
        discount: 0,
        tax,
        shipping: 0,
        gross,
        net,
        reversible: gross,
        gift_cards: 0,
        fee: alert.amount("fee", currency),
    })
}

/// `initial_payment` is 1 or 0, and `true` or `false` from Paddle's simulator.
fn billing(alert: &Alert) -> Billing {
    match (alert.text("subscription_id"), alert.text("initial_payment")) {
        (None, _) => Billing::OneTime,
        (Some(_), Some("1" | "true")) => Billing::SubscriptionFirst,
        (Some(_), Some("0" | "false")) => Billing::SubscriptionRenewal,
        (Some(_), _) => Billing::Unknown,
    }
}

fn identity(alert: &Alert, subject: Name, settings: &Settings) -> Identity {
    let mut identity = Identity::of(subject, version(alert));
    identity
        .customers
        .extend(alert.numbered(NameKind::Customer, "user_id"));
    for place in [&PASSTHROUGH, &CUSTOM_DATA] {
        read_labels(alert, place, settings, &mut identity);
    }
    identity
        .codes
        .extend((alert.text("coupon")).and_then(|code| Label::new(code, "coupon")));
    identity.email = alert.text("email").map(str::to_owned);
    identity.name = alert.text("customer_name").map(str::to_owned);
    identity
}

/// Whether a text has the form of a click id of Tributary's own making. Many pass an id of their own through,
/// which would never be found.
fn is_click_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    text.starts_with("clk_") && text.bytes().all(is_plain)
}

/// What the page that opens the checkout passes through it.
const PASSTHROUGH: Place = Place::new("passthrough", Holds::Labels, Writer::Buyer);

/// The newer form of it.
const CUSTOM_DATA: Place = Place::new("custom_data", Holds::Labels, Writer::Buyer);

/// Where alerts carry labels.
pub(super) const PLACES: &[Place] = &[
    PASSTHROUGH,
    CUSTOM_DATA,
    Place::new("coupon", Holds::Codes, Writer::Buyer),
    Place::new("user_id", Holds::Customers, Writer::Processor),
];

/// Reads a field that holds JSON as text, or a click id by itself; anything else says nothing.
fn read_labels(alert: &Alert, place: &Place, settings: &Settings, identity: &mut Identity) {
    let Some(text) = alert.text(place.name) else {
        return;
    };
    let labels = serde_json::from_str::<Raw<'_>>(text)
        .unwrap_or_default()
        .texts();
    if labels.is_empty() && is_click_id(text) {
        let label = Label::new(text, place.name);
        let label = label.map(|label| label.standing_in(place, settings));
        identity.clicks.extend(label);
    }
    for key in settings.click_keys() {
        let Some(value) = labels.get(key) else {
            continue;
        };
        if let Some(label) = Label::new(value, format!("{}.{key}", place.name)) {
            let label = label.standing_in(place, settings);
            label.add_to(&mut identity.clicks);
        }
    }
    let mut keys = settings.customer_keys();
    if let Some((key, id)) = keys.find_map(|key| Some((key, labels.get(key)?))) {
        identity.own_customer(id, place, key, settings);
    }
}
