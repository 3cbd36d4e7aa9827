//! RevenueCat's events as facts: purchases, refunds, and users who turn out to be one.
//!
//! An event's type alone never moves money: sandbox, test, granted and shared purchases, and those of
//! stores that another source reports, say nothing here. An amount that is not told is never guessed.
//! Source: <https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields>.

use crate::Currency;
use crate::delivery::{Reading, Verified};
use crate::fact::{Alias, Billing, Fact, Lead, Payment, PaymentState, Strength};
use crate::lenient::{self, Raw};
use crate::settings::Settings;

use super::amounts::{self, Price, Sum};
use super::identity::Customer;
use super::names;
use super::objects::{Document, Event, plain};
use super::options::Basis;
use super::refunds::{EXPORTED, cancellation, exported, refund_reversed};
use super::transaction::{Transaction, check_environment};
use super::unpaid::never_paid;

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
        "BILLING_ISSUE" => never_paid(&event, settings).ok_or_else(|| ignored(&kind, &event)),
        "CANCELLATION" => cancellation(&event, settings),
        EXPORTED => exported(&event, settings),
        "REFUND_REVERSED" => refund_reversed(&event, settings),
        "TRANSFER" => one_customer(
            &event,
            settings,
            &[event.transferred_from, event.transferred_to],
        ),
        "PURCHASE_REDEEMED" => {
            let users = [event.redeemed_from, event.redeemed_by];
            one_customer(&event, settings, &users)
        }
        "SUBSCRIBER_ALIAS" => one_customer(
            &event,
            settings,
            &[event.app_user_id, event.original_app_user_id, event.aliases],
        ),
        other => Err(ignored(other, &event)),
    };
    reading.unwrap_or_else(|instead| instead)
}

/// An event of a type that moves nothing. One of a type that is not known and tells a price is shown to
/// the owner.
fn ignored(kind: &str, event: &Event<'_>) -> Reading {
    let tells_money = !matches!(amounts::refunded(event), Ok(None));
    match why_ignored(kind) {
        Some(why) => Reading::ignored(why),
        None if tells_money => Reading::ignored("not counted").with_unknown("type", kind),
        None => Reading::ignored("an event type that says nothing about money or customers"),
    }
}

/// Why an event of a known type moves nothing.
fn why_ignored(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "TEST" => "a test from the dashboard: the connection works",
        "PRODUCT_CHANGE" => "a change of product: its charge comes as a purchase or renewal",
        "INVOICE_ISSUANCE" => "an invoice that is not paid yet",
        "TEMPORARY_ENTITLEMENT_GRANT" => "access while the store is away: its charge comes later",
        "VIRTUAL_CURRENCY_TRANSACTION"
        | "EXPERIMENT_ENROLLMENT"
        | "PRICE_INCREASE_CONSENT_REQUIRED"
        | "PRICE_INCREASE_CONSENT_UPDATED" => "says nothing about money or customers",
        "UNCANCELLATION"
        | "BILLING_ISSUE"
        | "SUBSCRIPTION_PAUSED"
        | "SUBSCRIPTION_EXTENDED"
        | "EXPIRATION" => "a change of a subscription's status: no money moved",
        _ => return None,
    })
}

fn renewal(event: &Event<'_>) -> Billing {
    if event.is_trial_conversion.bool() == Some(true) {
        Billing::SubscriptionFirst
    } else {
        Billing::SubscriptionRenewal
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
    let mut facts = transaction.aliases(subscription.as_ref());
    facts.extend(customer.facts(&transaction.name, subscription, version));
    if trial {
        facts.push(trial_start(&transaction, &customer));
    }
    let charged = price.filter(|price| !trial && price.money.minor > 0);
    let currency = price.map_or(Currency::USD, |price| price.money.currency);
    let sum = charged.map_or_else(Sum::default, |price| {
        Sum::of(price, event, Basis::of(settings))
    });
    facts.push(Fact::Payment(Payment {
        object: transaction.name.clone(),
        rank: transaction.rank(),
        version,
        state: PaymentState::Paid,
        amounts: sum.amounts,
        currency,
        presentment: charged.and_then(|price| amounts::presentment(price, event)),
        occurred_at: transaction.paid_at,
        billing,
        twin_window_seconds: None,
        products: products(event),
        bought: Vec::new(),
        remark: sum.remark(),
    }));
    let told_free = price.is_none_or(|price| price.money.minor == 0);
    let reading = Reading::facts(facts);
    let reading = match (trial, charged) {
        (true, _) if told_free => reading.with_note("a trial: nothing is charged yet"),
        (true, _) => reading.with_note("a trial that tells a price: it is not counted yet"),
        (false, Some(_)) if !event.has_known_period() => {
            let period = event.period_type.text().unwrap_or_default();
            reading.with_unknown("period_type", &period)
        }
        (false, None) => reading.with_note("nothing was charged"),
        (
            false,
            Some(Price {
                estimated: true, ..
            }),
        ) => reading.with_note("the charged amount is not told: RevenueCat's dollars were taken"),
        (false, Some(_)) => reading,
    };
    Ok(transaction.with_remarks(reading))
}

/// What was bought, for rules: Google Play's subscription and base plan together
/// (`pro:monthly`, <https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields>), then the
/// subscription, since a rule for a plan says more.
fn products(event: &Event<'_>) -> Vec<String> {
    let Some(id) = plain(event.product_id) else {
        return Vec::new();
    };
    let of_plan = id.split_once(':').map(|(product, _)| product.to_owned());
    let product = of_plan.filter(|product| !product.is_empty());
    std::iter::once(id).chain(product).collect()
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

/// All users named in the fields are one customer: a purchase moved between them, or RevenueCat says so.
fn one_customer(
    event: &Event<'_>,
    settings: &Settings,
    fields: &[Raw<'_>],
) -> Result<Reading, Reading> {
    if event.environment.is_present() {
        check_environment(event, settings)?;
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
