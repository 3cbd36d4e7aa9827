//! From a verified delivery to facts: one place that says which topic is read as what.
//!
//! Never fails, and never makes a fact of a topic that it does not know.

use serde::Deserialize;

use super::held::Held;
use super::objects::{Customer, Order, Refund, Transaction, Unreadable, order_name};
use super::shipping::Cost;
use super::unknown::{self, Unknown};
use super::verify::{TEST, TOPIC};
use super::{dispute, notices, order, people, refund};
use crate::Settings;
use crate::delivery::{Reading, Verified};
use crate::fact::NoticeKind;
use crate::lenient;

/// What the delivery says.
pub fn normalize(verified: &Verified, settings: &Settings) -> Reading {
    let Some(topic) = verified.header(TOPIC) else {
        return Reading::unreadable("the delivery names no topic");
    };
    let is_test = |value: &str| value.eq_ignore_ascii_case("true");
    if verified.header(TEST).is_some_and(is_test) {
        return Reading::ignored("a test notification from the shop's admin");
    }
    read(topic, verified, settings)
        .unwrap_or_else(|unreadable| Reading::unreadable(unreadable.note()))
}

fn read(topic: &str, verified: &Verified, settings: &Settings) -> Result<Reading, Unreadable> {
    match topic {
        "orders/create"
        | "orders/paid"
        | "orders/updated"
        | "orders/cancelled"
        | "orders/fulfilled"
        | "orders/partially_fulfilled" => order::read(&body::<Order<'_>>(verified)?, settings),
        "orders/edited" => Ok(Reading::ignored(
            "an edit tells no amounts: waits for orders/updated",
        )),
        "orders/delete" => Ok(Reading::ignored(
            "the order was deleted in the shop: what was sold stays",
        )),
        "refunds/create" => refund_of(&body(verified)?, settings),
        "order_transactions/create" => transaction(&body(verified)?),
        "customers/create" | "customers/update" => {
            people::customer(&body::<Customer<'_>>(verified)?)
        }
        "customers/merge" => people::merge(&body(verified)?),
        "subscription_contracts/create" => people::contract(&body(verified)?),
        "subscription_billing_attempts/success" => people::billing_attempt(&body(verified)?),
        "disputes/create" | "disputes/update" => dispute::read(&body(verified)?),
        "app/uninstalled" => notice(NoticeKind::CloseSource, verified),
        "customers/data_request" => notice(NoticeKind::ExportCustomer, verified),
        "customers/redact" => notice(NoticeKind::EraseCustomer, verified),
        "shop/redact" => notice(NoticeKind::EraseSource, verified),
        _ if topic.starts_with("draft_orders/") => Ok(Reading::ignored("a draft is no sale")),
        _ => Ok(Reading::ignored("this topic is not counted")),
    }
}

fn body<'a, T: Deserialize<'a>>(verified: &'a Verified) -> Result<T, Unreadable> {
    lenient::document(verified.body()).ok_or(Unreadable::Json)
}

fn notice(kind: NoticeKind, verified: &Verified) -> Result<Reading, Unreadable> {
    Ok(notices::read(&body(verified)?, kind, verified))
}

fn refund_of(refund: &Refund<'_>, settings: &Settings) -> Result<Reading, Unreadable> {
    let order = order_name(refund.order_id).ok_or(Unreadable::Id)?;
    let mut alone = refund::Reading {
        removed: Cost::default(),
        currency: None,
        tax_inside: None,
        with_shipping: settings.flag("includeShipping", false),
        held: Held::default(),
        bought: Vec::new(),
    };
    let facts = refund::of_refund(refund, &order, &mut alone)?;
    let reading = if facts.is_empty() {
        Reading::ignored(
            "no money went back: goods returned to stock, exchanged or edited out; the order tells what it holds now",
        )
    } else {
        Reading::facts(facts)
    };
    Ok(remarked(reading, unknown::in_refund(refund)))
}

/// The reading, with what it does not know.
fn remarked(reading: Reading, unknown: Option<Unknown>) -> Reading {
    match unknown {
        Some((what, value)) => reading.with_unknown(what, &value),
        None => reading,
    }
}

fn transaction(transaction: &Transaction<'_>) -> Result<Reading, Unreadable> {
    let order = order_name(transaction.order_id).ok_or(Unreadable::Id)?;
    let reading = match refund::of_transaction(transaction, &order)? {
        Some(fact) => Reading::facts(vec![fact]),
        None => Reading::ignored("no refund: the order's own topics tell what was paid"),
    };
    Ok(remarked(reading, unknown::in_transaction(transaction)))
}
