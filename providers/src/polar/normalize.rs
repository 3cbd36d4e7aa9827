//! What a Polar event says, as facts.
//!
//! Every `order.*` event, whatever its name, carries the whole order with cumulative figures, so each is
//! a snapshot that replaces an older one; its version is the event's own time with microseconds, in which
//! the events of one transaction differ. Refund events are never counted: the order's next snapshot has
//! their sum. Nothing is made up where Polar sends nothing: a lost chargeback is told by no
//! event, only by its API (see `history`).

use crate::Currency;
use crate::delivery::{Reading, Verified};
use crate::fact::{
    Alias, Amounts, Billing, Bought, Fact, Lead, Payment, PaymentState, Rank, Refunded, Reversal,
    ReversalKind, ReversalState, Strength, Version,
};
use crate::lenient::{self, Raw};
use crate::name::Name;
use crate::settings::Settings;
use crate::time::Micros;

use super::objects::{Checkout, Customer, Dispute, Event, Item, Order, Refund, Subscription};
use super::{amounts, labels};

/// What the event says.
pub(super) fn normalize(verified: &Verified, settings: &Settings) -> Reading {
    let Some(event) = lenient::document::<Event<'_>>(verified.body()) else {
        return Reading::unreadable("the body is not a JSON object");
    };
    let Some(kind) = event.kind.text() else {
        return Reading::unreadable("the event has no type");
    };
    let family = kind.split_once('.').map_or("", |(family, _)| family);
    match family {
        "order" => order(&event, settings),
        "refund" => refund(&event),
        "dispute" => dispute(&event),
        "subscription" => subscription(&event, settings),
        "checkout" => checkout(&event, settings),
        "customer" if kind == "customer.deleted" => {
            Reading::ignored("customer deleted at Polar: the sales stay as they are")
        }
        "customer" => customer(&event, settings),
        _ => Reading::ignored("event type says nothing about money or customers"),
    }
}

fn order(event: &Event<'_>, settings: &Settings) -> Reading {
    let Some(order) = event.data.object::<Order<'_>>() else {
        return Reading::unreadable("the event has no order");
    };
    let Some(object) = order.id.id().and_then(|id| Name::payment(&id)) else {
        return Reading::unreadable("the order has no id");
    };
    let Some(currency) = order.currency.text().and_then(|c| Currency::parse(&c)) else {
        return Reading::unreadable("the order has no currency");
    };
    let Some(amounts) = amounts::of_order(&order, currency) else {
        return Reading::unreadable("the order has no usable net_amount");
    };
    let Some(version) = version(event, &[order.modified_at, order.created_at], step(&order)) else {
        return Reading::unreadable("the event has no time");
    };
    let payment = payment(&order, object, amounts, currency, version);
    let is_doubtful = !is_known(&order) && amounts.gross > 0;
    let reading = Reading::facts(order_facts(&order, payment, settings));
    if is_doubtful {
        let status = order.status.text().unwrap_or_default();
        return reading.with_unknown("status", &status);
    }
    reading
}

/// Whether the order's status is one that this adapter was written for.
fn is_known(order: &Order<'_>) -> bool {
    let status = order.status.text();
    matches!(
        status.as_deref(),
        Some("draft" | "pending" | "paid" | "refunded" | "partially_refunded" | "void")
    )
}

fn order_facts(order: &Order<'_>, payment: Payment, settings: &Settings) -> Vec<Fact> {
    let (object, version) = (payment.object.clone(), payment.version);
    let subscription: Subscription<'_> = order.subscription.object().unwrap_or_default();
    let identity = labels::of_order(order, object.clone(), version, settings);

    let mut facts = Vec::new();
    facts.extend(refunded(order, &payment).map(Fact::Refunded));
    facts.extend(checkout_of(order, &payment).map(Fact::Alias));
    facts.extend(printed(order.invoice_number, &object).map(Fact::Alias));
    if is_trial(order, &subscription, &payment) {
        facts.push(Fact::Lead(Lead {
            id: format!("polar/trial/{}", object.value()),
            event_name: "Started trial".to_owned(),
            customers: identity.customers.clone(),
            clicks: identity.clicks.clone(),
            occurred_at: payment.occurred_at,
        }));
    }
    if let (true, Some(subject)) = (
        order.subscription.is_present(),
        labels::subscription_name(order, &subscription),
    ) {
        let customer = (order.customer_id, order.customer);
        let of = labels::of_subscription(subject, &subscription, customer, version, settings);
        facts.push(Fact::Identity(of));
    }
    let customer: Customer<'_> = order.customer.object().unwrap_or_default();
    facts.extend(labels::of_customer(&customer, version, settings).map(Fact::Identity));
    facts.push(Fact::Identity(identity));
    facts.push(Fact::Payment(payment));
    facts
}

fn payment(
    order: &Order<'_>,
    object: Name,
    amounts: Amounts,
    currency: Currency,
    version: Version,
) -> Payment {
    let applied = order.applied_balance_amount.int().unwrap_or(0);
    let remark = if currency.is_known() {
        (applied != 0).then_some("balance_applied")
    } else {
        Some("unknown_currency")
    };
    Payment {
        object,
        rank: Rank::Canonical,
        version,
        state: state(order),
        amounts,
        currency,
        presentment: None,
        // Polar names no time of payment; that of creation stays the same in every snapshot.
        occurred_at: order.created_at.rfc3339().unwrap_or(version.at),
        billing: billing(order),
        twin_window_seconds: None,
        products: products(order),
        bought: bought(order, currency),
        remark: remark.map(str::to_owned),
    }
}

/// How much of the order each price is, before discounts and tax: what was charged beside a plan (seats, usage) has a
/// price of its own, and credit for what is left of an old plan is no thing.
/// <https://polar.sh/docs/api-reference/orders/get>
fn bought(order: &Order<'_>, currency: Currency) -> Vec<Bought> {
    let items = order.items.objects::<Item<'_>>();
    Bought::of(items.iter().filter_map(|item| {
        let ids = [item.product_price_id, order.product_id];
        let ids = ids.into_iter().filter_map(Raw::id).collect();
        let amount = amounts::to_iso(currency, item.amount.int()?)?;
        Some((ids, amount))
    }))
}

/// What was bought, for rules: the prices, then the product, since a rule for a price says more. Items that are
/// paid for come first: where a plan is changed, one item gives credit for what is left of the old one
/// (<https://polar.sh/docs/features/subscriptions/proration>), and the new one is what was bought.
fn products(order: &Order<'_>) -> Vec<String> {
    let mut items = order.items.objects::<Item<'_>>();
    items.sort_by_key(|item| item.amount.int().is_some_and(|amount| amount <= 0));
    let of_items = items.iter().map(|item| item.product_price_id);
    let others = [order.product_price_id, order.product_id];
    let mut ids = Vec::new();
    for id in of_items.chain(others) {
        ids.extend(id.id().filter(|id| !ids.contains(id)));
    }
    ids
}

/// Where an order stands. `paid` is true for refunded orders too.
fn state(order: &Order<'_>) -> PaymentState {
    match order.status.text().as_deref() {
        Some("void") => PaymentState::Void,
        Some("paid" | "refunded" | "partially_refunded") => PaymentState::Paid,
        Some("pending" | "draft") => PaymentState::Pending,
        _ if order.paid.bool() == Some(true) => PaymentState::Paid,
        _ => PaymentState::Pending,
    }
}

/// The order of life among snapshots of one microsecond.
fn step(order: &Order<'_>) -> i64 {
    match order.status.text().as_deref() {
        Some("pending") => 1,
        Some("paid") => 2,
        Some("partially_refunded") => 3,
        Some("refunded") => 4,
        Some("void") => 5,
        _ => 0,
    }
}

fn billing(order: &Order<'_>) -> Billing {
    match order.billing_reason.text().as_deref() {
        Some("purchase") => Billing::OneTime,
        Some("subscription_create") => Billing::SubscriptionFirst,
        Some("subscription_cycle" | "subscription_meter_cycle") => Billing::SubscriptionRenewal,
        Some("subscription_update") => Billing::SubscriptionUpdate,
        _ => Billing::Unknown,
    }
}

/// The order's cumulative refunds, told with every paid snapshot, also when they are zero: after a
/// refund was taken back by the bank the newer, smaller figure counts.
fn refunded(order: &Order<'_>, payment: &Payment) -> Option<Refunded> {
    if payment.state != PaymentState::Paid || payment.amounts.net == 0 {
        return None;
    }
    Some(Refunded {
        object: payment.object.clone(),
        extent: amounts::refunded(order, payment.currency)?,
        currency: payment.currency,
        version: payment.version,
        occurred_at: payment.version.at,
        let_go: 0,
    })
}

/// The checkout that an order came from. A checkout leads to one order; the later ones of its
/// subscription do not name it, and would not be it.
fn checkout_of(order: &Order<'_>, payment: &Payment) -> Option<Alias> {
    if payment.billing == Billing::SubscriptionRenewal {
        return None;
    }
    Some(Alias {
        a: payment.object.clone(),
        b: Name::payment(&order.checkout_id.id()?)?,
        strength: Strength::Proven,
    })
}

/// The number on the order's invoice, by which merchants report sales. Another organization may use the same
/// one, so it is a hint and no more.
fn printed(number: Raw<'_>, order: &Name) -> Option<Alias> {
    Some(Alias {
        a: order.clone(),
        b: Name::printed(&number.text()?)?,
        strength: Strength::Hint,
    })
}

/// A subscription's first order over nothing, which neither a discount nor a free plan explains.
fn is_trial(order: &Order<'_>, subscription: &Subscription<'_>, payment: &Payment) -> bool {
    payment.state == PaymentState::Paid
        && payment.billing == Billing::SubscriptionFirst
        && order.total_amount.int() == Some(0)
        && order.discount_amount.int().unwrap_or(0) == 0
        && subscription.amount.int() != Some(0)
}

/// A refund by itself moves nothing here: `order.updated` and `order.refunded` carry the order's sum,
/// and a second statement of the same money could only be counted twice.
fn refund(event: &Event<'_>) -> Reading {
    let Some(refund) = event.data.object::<Refund<'_>>() else {
        return Reading::unreadable("the event has no refund");
    };
    let prevented = refund.reason.text().as_deref() == Some("dispute_prevention");
    Reading::ignored(match refund.status.text().as_deref() {
        Some("pending") => "refund pending: it counts when the order says so",
        Some("failed" | "canceled") => "refund failed or canceled: the order's own events say so",
        _ if prevented => "refund that prevented a dispute: counted by the order's own events",
        _ => "refund: counted by the order's own events",
    })
}

/// A dispute that was lost takes the money, and no event of the order says so. One that was won, or prevented by a refund, does not; an open one is
/// not shown to sellers.
fn dispute(event: &Event<'_>) -> Reading {
    let Some(dispute) = event.data.object::<Dispute<'_>>() else {
        return Reading::unreadable("the event has no dispute");
    };
    let order = dispute.order_id.id().and_then(|id| Name::payment(&id));
    let currency = dispute.currency.text().and_then(|c| Currency::parse(&c));
    let (Some(id), Some(order), Some(currency)) = (dispute.id.id(), order, currency) else {
        return Reading::unreadable("the dispute has no id, order or currency");
    };
    let (Some(extent), Some(version)) = (
        amounts::of_dispute(&dispute, currency),
        version(event, &[dispute.created_at], 0),
    ) else {
        return Reading::unreadable("the dispute has no amount or the event no time");
    };
    let state = match dispute.status.text().as_deref() {
        Some("lost") => ReversalState::Final,
        _ => ReversalState::Released,
    };
    Reading::facts(vec![Fact::Reversal(Reversal {
        id: format!("polar/dispute/{id}"),
        of: vec![order],
        kind: ReversalKind::Dispute,
        state,
        extent,
        currency,
        version,
        occurred_at: dispute.created_at.rfc3339().unwrap_or(version.at),
        reason: None,
        things: Vec::new(),
        gift_cards: 0,
    })])
}

fn subscription(event: &Event<'_>, settings: &Settings) -> Reading {
    let Some(object) = event.data.object::<Subscription<'_>>() else {
        return Reading::unreadable("the event has no subscription");
    };
    let subject = object.id.id().and_then(|id| Name::subscription(&id));
    let (Some(subject), Some(version)) = (subject, version(event, &[], 0)) else {
        return Reading::unreadable("the subscription has no id or the event no time");
    };
    let buyer = (object.customer_id, object.customer);
    let identity = labels::of_subscription(subject, &object, buyer, version, settings);
    let customer: Customer<'_> = object.customer.object().unwrap_or_default();
    let mut facts = vec![Fact::Identity(identity)];
    facts.extend(labels::of_customer(&customer, version, settings).map(Fact::Identity));
    Reading::facts(facts)
}

fn checkout(event: &Event<'_>, settings: &Settings) -> Reading {
    let Some(checkout) = event.data.object::<Checkout<'_>>() else {
        return Reading::unreadable("the event has no checkout");
    };
    let object = checkout.id.id().and_then(|id| Name::payment(&id));
    let (Some(object), Some(version)) = (object, version(event, &[], 0)) else {
        return Reading::unreadable("the checkout has no id or the event no time");
    };
    let identity = labels::of_checkout(&checkout, object, version, settings);
    if !identity.says_something() {
        return Reading::ignored("a checkout that names nobody yet");
    }
    Reading::facts(vec![Fact::Identity(identity)])
}

fn customer(event: &Event<'_>, settings: &Settings) -> Reading {
    let customer = event.data.object::<Customer<'_>>();
    let identity = customer
        .and_then(|customer| labels::of_customer(&customer, version(event, &[], 0)?, settings));
    match identity {
        Some(identity) => Reading::facts(vec![Fact::Identity(identity)]),
        None => Reading::unreadable("the customer has no id or the event no time"),
    }
}

/// The event's time to the microsecond, else the first of the object's own.
fn version(event: &Event<'_>, others: &[Raw<'_>], step: i64) -> Option<Version> {
    let at: Micros = event
        .timestamp
        .rfc3339()
        .or_else(|| others.iter().find_map(|raw| raw.rfc3339()))?;
    Some(Version { at, step })
}
