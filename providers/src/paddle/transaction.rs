//! Transactions: whatever event brings one, its `status` says whether it is paid.
//!
//! It must never count a draft, an issued invoice or a failed attempt as money.
//! <https://developer.paddle.com/api-reference/transactions/overview>

use super::amounts::Money;
use super::objects::{Attempt, Details, Item, Price, Totals, Transaction};
use super::parties;
use crate::delivery::Reading;
use crate::fact::{
    Alias, Billing, Bought, Fact, Identity, Lead, Payment, PaymentState, Rank, Reversal,
    ReversalKind, ReversalState, Strength, Version,
};
use crate::lenient::Raw;
use crate::name::Name;
use crate::settings::Settings;
use crate::time::Micros;

/// `transaction.*`: who it belongs to in every state, and its money once it is paid or completed.
pub(super) fn reading(data: Raw<'_>, at: Micros, settings: &Settings) -> Reading {
    let Some(object) = data.object::<Transaction<'_>>() else {
        return Reading::unreadable("data is not a transaction");
    };
    let Some(name) = object.id.text().and_then(|id| Name::payment(&id)) else {
        return Reading::unreadable("the transaction has no id");
    };
    let Some(status) = object.status.text() else {
        return Reading::unreadable("the transaction has no status");
    };
    let version = Version {
        at,
        step: step(&status, object.revised_at.is_present()),
    };
    let identity = identity(&object, name, version, settings);
    if !matches!(status.as_str(), "paid" | "completed") {
        return unpaid(&identity, &status);
    }
    let Some(money) = Money::of(&object) else {
        return Reading::unreadable("the transaction's totals cannot be read");
    };
    let changes_method =
        object.origin.text().as_deref() == Some("subscription_payment_method_change");
    if changes_method && money.cash == 0 {
        return Reading::ignored("a change of the payment method is no sale");
    }
    paid(&object, identity, &money)
}

/// Not money (yet), but a checkout's click id is known from its first draft.
fn unpaid(identity: &Identity, status: &str) -> Reading {
    let known = matches!(
        status,
        "draft" | "ready" | "billed" | "past_due" | "canceled"
    );
    let reading = if identity.says_something() {
        let mut facts = vec![Fact::Identity(identity.clone())];
        facts.extend(parties::joined(identity));
        Reading::facts(facts).with_note("not paid")
    } else {
        Reading::ignored("not paid, and nothing to remember")
    };
    if known {
        reading
    } else {
        reading.with_unknown("status", status)
    }
}

fn paid(object: &Transaction<'_>, identity: Identity, money: &Money) -> Reading {
    let prices = prices(object);
    let occurred_at = paid_at(object).unwrap_or(identity.version.at);
    let mut facts = vec![Fact::Payment(Payment {
        object: identity.subject.clone(),
        rank: Rank::Canonical,
        version: identity.version,
        state: PaymentState::Paid,
        amounts: money.amounts,
        currency: money.currency,
        presentment: None,
        occurred_at,
        billing: billing(object, &prices),
        twin_window_seconds: None,
        products: products(object, &prices),
        bought: things(object),
        remark: money.remark.clone(),
    })];
    facts.extend(left_out(&identity, money, occurred_at));
    facts.extend(printed(object, &identity.subject));
    let is_trial = money.total == 0
        && is_checkout(object)
        && prices.iter().any(|price| price.trial_period.is_present());
    if is_trial {
        facts.push(Fact::Lead(Lead {
            id: format!("paddle/trial/{}", identity.subject.value()),
            event_name: "Started trial".to_owned(),
            customers: identity.customers.clone(),
            clicks: identity.clicks.clone(),
            occurred_at,
        }));
    }
    facts.extend(parties::joined(&identity));
    if identity.says_something() {
        facts.push(Fact::Identity(identity));
    }
    let reading = Reading::facts(facts);
    match (money.total, money.cash) {
        (..0, _) => reading.with_note("a negative total is a credit, not a sale"),
        (0, _) => reading.with_note("nothing was charged: no sale, but its attribution counts"),
        (_, 0) => reading.with_note("all of it came from credit, which was paid before: no sale"),
        _ => reading,
    }
}

/// What the amounts leave out, so that the credit of an unpaid invoice, which is told by itself as well,
/// is not taken off once more.
fn left_out(identity: &Identity, money: &Money, at: Micros) -> Option<Fact> {
    Some(Fact::Reversal(Reversal {
        id: format!("paddle/left-out/{}", identity.subject.value()),
        of: vec![identity.subject.clone()],
        kind: ReversalKind::CreditReturn,
        state: ReversalState::Final,
        extent: money.left_out()?,
        currency: money.currency,
        version: identity.version,
        occurred_at: at,
        reason: None,
        things: Vec::new(),
        gift_cards: 0,
    }))
}

/// The number on the invoice, by which merchants report sales. Another account may use the same one, so it is
/// a hint and no more.
fn printed(object: &Transaction<'_>, name: &Name) -> Option<Fact> {
    Some(Fact::Alias(Alias {
        a: name.clone(),
        b: Name::printed(&object.invoice_number.text()?)?,
        strength: Strength::Hint,
    }))
}

fn identity(
    object: &Transaction<'_>,
    name: Name,
    version: Version,
    settings: &Settings,
) -> Identity {
    let by_api = object.origin.text().as_deref() == Some("api");
    let place = if by_api {
        &parties::OF_API
    } else {
        &parties::OF_CHECKOUT
    };
    let mut identity = parties::identity(
        name,
        version,
        object.customer_id,
        (object.custom_data, place),
        settings,
    );
    identity.subscription = object
        .subscription_id
        .text()
        .and_then(|id| Name::subscription(&id));
    identity
        .codes
        .extend(parties::code_label(object.discount_id));
    identity
}

/// When the money was taken; a later revision must not move it. An invoice is issued before it is paid.
fn paid_at(object: &Transaction<'_>) -> Option<Micros> {
    let is_invoice = object.collection_mode.text().as_deref() == Some("manual");
    object
        .payments
        .objects::<Attempt<'_>>()
        .iter()
        .filter(|attempt| attempt.status.text().as_deref() == Some("captured"))
        .filter_map(|attempt| attempt.captured_at.rfc3339())
        .min()
        .or_else(|| object.billed_at.rfc3339().filter(|_| !is_invoice))
}

/// Items or lines, those that are paid for first: where a plan is changed, one with a quantity below zero gives
/// credit for what is left of the old one, and the new one is what was bought.
/// <https://developer.paddle.com/changelog/2024/proration-improvements>
fn bought(list: Raw<'_>) -> Vec<Item<'_>> {
    let mut items = list.objects::<Item<'_>>();
    items.sort_by_key(|item| item.quantity.int().is_some_and(|quantity| quantity < 0));
    items
}

fn prices<'a>(object: &Transaction<'a>) -> Vec<Price<'a>> {
    let items = bought(object.items).into_iter();
    items.filter_map(|item| item.price.object()).collect()
}

/// What was bought, for rules: every price, then every product, since a rule for a price says more.
fn products(object: &Transaction<'_>, prices: &[Price<'_>]) -> Vec<String> {
    let details = object.details.object::<Details<'_>>();
    let lines = details.map_or_else(Vec::new, |details| bought(details.line_items));
    let items = bought(object.items);
    let of_prices = prices.iter().map(|price| price.id);
    let of_lines = items.iter().chain(&lines).map(|item| item.price_id);
    let products = prices.iter().map(|price| price.product_id);
    let of_products = products.chain(lines.iter().map(|line| line.product));
    let mut ids = Vec::new();
    for id in of_prices.chain(of_lines).chain(of_products) {
        ids.extend(id.id().filter(|id| !ids.contains(id)));
    }
    ids
}

/// How much of the goods each thing is, without discount and tax; nothing where not every line says it.
fn things(object: &Transaction<'_>) -> Vec<Bought> {
    let details = object.details.object::<Details<'_>>();
    let lines = details.map_or_else(Vec::new, |details| bought(details.line_items));
    let told = lines.iter().map(|line| {
        let totals = line.totals.object::<Totals<'_>>()?;
        let discount = totals.discount.int().unwrap_or(0);
        let amount = totals.subtotal.int()?.saturating_sub(discount);
        let ids = [line.price_id, line.product];
        let ids = ids.into_iter().filter_map(Raw::id).collect();
        Some((ids, line.id.id(), amount))
    });
    Bought::of_lines(told.collect::<Option<Vec<_>>>().unwrap_or_default())
}

/// Whether the buyer (or the seller for the buyer) began it, rather than a running subscription.
fn is_checkout(object: &Transaction<'_>) -> bool {
    matches!(object.origin.text().as_deref(), Some("web" | "api"))
}

fn billing(object: &Transaction<'_>, prices: &[Price<'_>]) -> Billing {
    if is_checkout(object) {
        let recurs = object.subscription_id.is_present()
            || prices.iter().any(|price| price.billing_cycle.is_present());
        return if recurs {
            Billing::SubscriptionFirst
        } else {
            Billing::OneTime
        };
    }
    match object.origin.text().as_deref() {
        Some("subscription_recurring") => Billing::SubscriptionRenewal,
        Some("subscription_update" | "subscription_charge") => Billing::SubscriptionUpdate,
        _ => Billing::Unknown,
    }
}

/// The order of a transaction's life, for events of one instant.
fn step(status: &str, is_revised: bool) -> i64 {
    match status {
        "draft" => 0,
        "ready" => 1,
        "billed" => 2,
        "past_due" => 3,
        "canceled" => 4,
        "paid" => 5,
        "completed" if is_revised => 7,
        "completed" => 6,
        _ => -1,
    }
}
