//! Transactions: whatever event brings one, its `status` says whether it is paid.
//!
//! It must never count a draft, an issued invoice or a failed attempt as money, and never add up
//! `payments[]`: failed attempts stand there with the full amount.
//! <https://developer.paddle.com/api-reference/transactions/overview>

use super::objects::{Attempt, Details, Item, Price, Totals, Transaction};
use super::parties;
use crate::currency::Currency;
use crate::delivery::Reading;
use crate::fact::{Amounts, Billing, Fact, Identity, Lead, Payment, PaymentState, Rank, Version};
use crate::lenient::Raw;
use crate::name::Name;
use crate::settings::Settings;
use crate::time::Micros;

/// A transaction's totals in the smallest unit, and what is to be said about them.
struct Money {
    amounts: Amounts,
    currency: Currency,
    total: i64,
    remark: Option<String>,
}

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
    if object.origin.text().as_deref() == Some("subscription_payment_method_change") {
        return Reading::ignored("a change of the payment method is no sale");
    }
    let version = Version {
        at,
        step: step(&status),
    };
    let identity = identity(&object, name, version, settings);
    if !matches!(status.as_str(), "paid" | "completed") {
        return unpaid(identity);
    }
    let Some(money) = money(&object) else {
        return Reading::unreadable("the transaction's totals cannot be read");
    };
    paid(&object, identity, money)
}

/// Not money (yet), but a checkout's click id is known from its first draft.
fn unpaid(identity: Identity) -> Reading {
    if identity.says_something() {
        return Reading::facts(vec![Fact::Identity(identity)]).with_note("not paid");
    }
    Reading::ignored("not paid, and nothing to remember")
}

fn paid(object: &Transaction<'_>, identity: Identity, money: Money) -> Reading {
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
        products: products(&prices),
        remark: money.remark,
    })];
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
    if identity.says_something() {
        facts.push(Fact::Identity(identity));
    }
    let reading = Reading::facts(facts);
    match money.total {
        ..0 => reading.with_note("a negative total is a credit, not a sale"),
        0 => reading.with_note("nothing was charged: no sale, but its attribution counts"),
        _ => reading,
    }
}

fn identity(
    object: &Transaction<'_>,
    name: Name,
    version: Version,
    settings: &Settings,
) -> Identity {
    let mut identity = parties::identity(
        name,
        version,
        object.customer_id,
        object.custom_data,
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

/// Gross is `total`: what the buyer owed, be it paid in cash or from an earlier credit. Net is without tax.
fn money(object: &Transaction<'_>) -> Option<Money> {
    let details = object.details.object::<Details<'_>>()?;
    let totals = details.totals.object::<Totals<'_>>()?;
    let code = totals.currency_code.text();
    let currency = Currency::parse(&code.or_else(|| object.currency_code.text())?)?;
    let total = totals.total.int()?;
    let tax = totals.tax.int().unwrap_or(0);
    let net = total.checked_sub(tax)?.clamp(0, total.max(0));
    let amounts = if total > 0 {
        Amounts {
            subtotal: totals.subtotal.int().unwrap_or(net),
            discount: totals.discount.int().unwrap_or(0),
            tax,
            shipping: 0,
            gross: total,
            net,
            reversible: total,
            // Null until the transaction is completed.
            fee: totals.fee.int(),
        }
    } else {
        Amounts::default()
    };
    let credit = totals.credit.int().unwrap_or(0);
    let remark = if !currency.is_known() {
        Some("unknown_currency".to_owned())
    } else if credit > 0 && total > 0 {
        Some(format!("paid_from_credit {credit} of {total}"))
    } else {
        None
    };
    Some(Money {
        amounts,
        currency,
        total,
        remark,
    })
}

/// When the money was taken; a later revision must not move it.
fn paid_at(object: &Transaction<'_>) -> Option<Micros> {
    object
        .payments
        .objects::<Attempt<'_>>()
        .iter()
        .filter(|attempt| attempt.status.text().as_deref() == Some("captured"))
        .filter_map(|attempt| attempt.captured_at.rfc3339())
        .min()
        .or_else(|| object.billed_at.rfc3339())
}

fn prices<'a>(object: &Transaction<'a>) -> Vec<Price<'a>> {
    object
        .items
        .objects::<Item<'a>>()
        .into_iter()
        .filter_map(|item| item.price.object())
        .collect()
}

fn products(prices: &[Price<'_>]) -> Vec<String> {
    let mut products = Vec::new();
    for id in prices.iter().filter_map(|price| price.product_id.text()) {
        if !products.contains(&id) {
            products.push(id);
        }
    }
    products
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
fn step(status: &str) -> i64 {
    match status {
        "draft" => 0,
        "ready" => 1,
        "billed" => 2,
        "past_due" => 3,
        "canceled" => 4,
        "paid" => 5,
        "completed" => 6,
        _ => -1,
    }
}
