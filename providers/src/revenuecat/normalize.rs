//! RevenueCat's events as facts: purchases, refunds, and users who turn out to be one.
//!
//! An event's type alone never moves money: sandbox, test, granted and shared purchases, and those of
//! stores that another source reports, say nothing here. An amount that is not told is never guessed.
//! Source: <https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields>.

use crate::Currency;
use crate::delivery::{Reading, Verified};
use crate::fact::{
    Alias, Billing, Fact, Lead, Payment, PaymentState, Rank, Reversal, ReversalKind, ReversalState,
    Strength, Version,
};
use crate::lenient::{self, Raw};
use crate::name::Name;
use crate::settings::Settings;
use crate::time::Micros;

use super::amounts::{self, Price, Sum};
use super::identity::Customer;
use super::names;
use super::objects::{Document, Event, plain};
use super::options::{Basis, UNPAID_STORES, counts_store};

/// What the event says.
pub(super) fn normalize(verified: &Verified, settings: &Settings) -> Reading {
    let Some(document) = lenient::document::<Document<'_>>(verified.body()) else {
        return Reading::unreadable("the body is not a JSON object");
    };
    let Some(event) = document.event.object::<Event<'_>>() else {
        return Reading::unreadable("the body has no event");
    };
    let Some(kind) = event.kind.text() else {
        return Reading::unreadable("the event has no type");
    };
    let reading = match kind.as_str() {
        "INITIAL_PURCHASE" => purchase(&event, settings, Billing::SubscriptionFirst),
        "RENEWAL" => purchase(&event, settings, renewal(&event)),
        "NON_RENEWING_PURCHASE" => purchase(&event, settings, Billing::OneTime),
        "CANCELLATION" => cancellation(&event, settings),
        "REFUND_REVERSED" => refund_reversed(&event, settings),
        "TRANSFER" => one_customer(&event, &[event.transferred_from, event.transferred_to]),
        "PURCHASE_REDEEMED" => one_customer(&event, &[event.redeemed_from, event.redeemed_by]),
        "SUBSCRIBER_ALIAS" => one_customer(
            &event,
            &[event.app_user_id, event.original_app_user_id, event.aliases],
        ),
        other => Err(Reading::ignored(why_ignored(other))),
    };
    reading.unwrap_or_else(|instead| instead)
}

/// Why an event of a type that moves nothing moves nothing.
fn why_ignored(kind: &str) -> &'static str {
    match kind {
        "TEST" => "a test from the dashboard: the connection works",
        "PRODUCT_CHANGE" => "a change of product: its charge comes as a purchase or renewal",
        "INVOICE_ISSUANCE" => "an invoice that is not paid yet",
        "TEMPORARY_ENTITLEMENT_GRANT" => "access while the store is away: its charge comes later",
        "UNCANCELLATION"
        | "BILLING_ISSUE"
        | "SUBSCRIPTION_PAUSED"
        | "SUBSCRIPTION_EXTENDED"
        | "EXPIRATION" => "a change of a subscription's status: no money moved",
        _ => "an event type that says nothing about money or customers",
    }
}

fn renewal(event: &Event<'_>) -> Billing {
    if event.is_trial_conversion.bool() == Some(true) {
        Billing::SubscriptionFirst
    } else {
        Billing::SubscriptionRenewal
    }
}

/// A transaction that counts: made in production, in a store of the source, by the buyer.
struct Transaction {
    name: Name,
    made_at: Micros,
    paid_at: Micros,
}

impl Transaction {
    /// Reads the event's transaction.
    ///
    /// # Errors
    /// The reading of an event that has none, or one that does not count.
    fn of(event: &Event<'_>, settings: &Settings) -> Result<Self, Reading> {
        check_production(event)?;
        let Some(store) = event.store.text() else {
            return Err(Reading::unreadable("the store is not named"));
        };
        if UNPAID_STORES.contains(&store.as_str()) || event.is_period("PROMOTIONAL") {
            return Err(Reading::ignored("a grant or test: nobody paid"));
        }
        if event.is_family_share.bool() == Some(true) {
            return Err(Reading::ignored(
                "shared in the family: another member paid",
            ));
        }
        if !counts_store(settings, &store) {
            return Err(Reading::ignored(
                "of a store that is not in the setting `stores`",
            ));
        }
        let (Some(made_at), Some(paid_at)) = (event.made_at(), event.paid_at()) else {
            return Err(Reading::unreadable("the event has no time"));
        };
        match names::payment(event, &store) {
            Some(name) => Ok(Self {
                name,
                made_at,
                paid_at,
            }),
            None => Err(Reading::unreadable("the transaction is not named")),
        }
    }

    fn version(&self, step: i64) -> Version {
        Version {
            at: self.made_at,
            step,
        }
    }
}

fn check_production(event: &Event<'_>) -> Result<(), Reading> {
    match event.environment.string().as_deref() {
        Some("PRODUCTION") => Ok(()),
        Some("SANDBOX") => Err(Reading::ignored("from the stores' sandbox: nobody paid")),
        _ => Err(Reading::unreadable("the environment is not known")),
    }
}

/// A purchase or renewal as a payment; one that costs nothing keeps its customer and click for later ones.
fn purchase(event: &Event<'_>, settings: &Settings, billing: Billing) -> Result<Reading, Reading> {
    let transaction = Transaction::of(event, settings)?;
    let trial = event.is_period("TRIAL");
    let price = match amounts::price(event) {
        Ok(Some(price)) if price.money.minor >= 0 => Some(price),
        Ok(Some(_)) => return Err(Reading::unreadable("a purchase with a negative price")),
        Err(_) => return Err(Reading::unreadable("the price is not an amount")),
        Ok(None) if trial => None,
        Ok(None) => {
            return Err(Reading::unreadable(
                "the amount is unknown: no price is told",
            ));
        }
    };
    let customer = Customer::of(event, settings, transaction.paid_at);
    let subscription = (billing != Billing::OneTime)
        .then(|| names::subscription(event))
        .flatten();
    let version = transaction.version(0);
    let mut facts = customer.facts(&transaction.name, subscription, version);
    if trial {
        facts.push(trial_start(&transaction, &customer));
    }
    let charged = price.filter(|price| !trial && price.money.minor > 0);
    let currency = price.map_or(Currency::USD, |price| price.money.currency);
    let sum = charged.map_or_else(Sum::default, |price| {
        Sum::of(price, event, Basis::of(settings))
    });
    facts.push(Fact::Payment(Payment {
        object: transaction.name,
        rank: Rank::Canonical,
        version,
        state: PaymentState::Paid,
        amounts: sum.amounts,
        currency,
        presentment: charged.and_then(|price| amounts::presentment(price, event)),
        occurred_at: transaction.paid_at,
        billing,
        twin_window_seconds: None,
        products: plain(event.product_id).into_iter().collect(),
        remark: sum.remark(),
    }));
    let reading = Reading::facts(facts);
    Ok(match (trial, charged) {
        (true, _) => reading.with_note("a trial: nothing is charged yet"),
        (false, None) => reading.with_note("nothing was charged"),
        (
            false,
            Some(Price {
                estimated: true, ..
            }),
        ) => reading.with_note("the charged amount is not told: RevenueCat's dollars were taken"),
        (false, Some(_)) => reading,
    })
}

/// The start of a trial, told once for each trial however often it is delivered.
fn trial_start(transaction: &Transaction, customer: &Customer) -> Fact {
    Fact::Lead(Lead {
        id: format!("rc/trial/{}", transaction.name.value()),
        event_name: "Started trial".to_owned(),
        customers: customer.names.clone(),
        clicks: customer.clicks.clone(),
        occurred_at: transaction.paid_at,
    })
}

/// A cancellation is a refund when it has a negative price or came through the store's support; any other
/// only ends the renewals.
fn cancellation(event: &Event<'_>, settings: &Settings) -> Result<Reading, Reading> {
    let Ok(refunded) = amounts::refunded(event) else {
        return Err(Reading::unreadable("the price is not an amount"));
    };
    let negative = refunded.is_some_and(|money| money.minor < 0);
    let by_support = event.cancel_reason.string().as_deref() == Some("CUSTOMER_SUPPORT");
    if !negative && !by_support {
        return Err(Reading::ignored(
            "cancelled without a refund: no money moved",
        ));
    }
    let transaction = Transaction::of(event, settings)?;
    if refunded.is_none() && event.is_period("TRIAL") {
        return Err(Reading::ignored("a cancelled trial: no money moved"));
    }
    let (step, state) = (i64::from(refunded.is_some()), ReversalState::Final);
    let mut reversal = reversal(event, &transaction, step, state);
    reversal.extent = amounts::extent(refunded);
    reversal.currency = refunded.map_or(reversal.currency, |money| money.currency);
    let reading = Reading::facts(vec![Fact::Reversal(reversal)]);
    Ok(match refunded {
        Some(_) => reading,
        None => reading.with_note("a refund without an amount: all that was left is taken back"),
    })
}

/// The App Store takes a refund back: the transaction's refund counts no longer.
fn refund_reversed(event: &Event<'_>, settings: &Settings) -> Result<Reading, Reading> {
    let transaction = Transaction::of(event, settings)?;
    let released = reversal(event, &transaction, 2, ReversalState::Released);
    Ok(Reading::facts(vec![Fact::Reversal(released)]))
}

/// The refund of a transaction. It has no id of its own, so there is one for each transaction, and the
/// newest event about it holds.
fn reversal(
    event: &Event<'_>,
    transaction: &Transaction,
    step: i64,
    state: ReversalState,
) -> Reversal {
    let told = event.currency.string();
    Reversal {
        id: format!("rc/refund/{}", transaction.name.value()),
        of: vec![transaction.name.clone()],
        kind: ReversalKind::Refund,
        state,
        extent: amounts::extent(None),
        currency: told
            .as_deref()
            .and_then(Currency::parse)
            .unwrap_or(Currency::USD),
        version: transaction.version(step),
        occurred_at: transaction.made_at,
        reason: plain(event.cancel_reason),
    }
}

/// All users named in the fields are one customer: a purchase moved between them, or RevenueCat says so.
fn one_customer(event: &Event<'_>, fields: &[Raw<'_>]) -> Result<Reading, Reading> {
    if event.environment.is_present() {
        check_production(event)?;
    }
    let customers = names::customers(fields);
    let Some((first, others)) = customers.split_first() else {
        return Err(Reading::ignored("names no users"));
    };
    if others.is_empty() {
        return Err(Reading::ignored("names one user only: nothing to join"));
    }
    let aliases = others.iter().map(|other| {
        Fact::Alias(Alias {
            a: first.clone(),
            b: other.clone(),
            strength: Strength::Proven,
        })
    });
    Ok(Reading::facts(aliases.collect()))
}
