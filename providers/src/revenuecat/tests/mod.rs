//! What the adapter promises, case by case.

mod amounts;
mod fixtures;
mod hostile;
mod identity;
mod normalize;
mod proofs;
mod refunds;
mod settings;
mod stores;
mod verify;

use serde_json::{Value, json};

use crate::delivery::{Envelope, Reading, Verified};
use crate::fact::{Fact, Identity, Payment, Reversal};
use crate::{Adapter, Settings};

use super::RevenueCat;

/// 2026-09-10T00:26:40Z, when the event below was made; it was paid for five seconds earlier.
const MADE_AT_MS: i64 = 1_789_000_000_000;

/// A monthly App Store purchase of 9.99 USD; `changes` are laid over its fields.
fn event(kind: &str, changes: Value) -> Vec<u8> {
    let event = json!({
        "id": "8E7C1F6A-0D5B-4B0E-9C37-51A4C2D90B11",
        "type": kind,
        "event_timestamp_ms": MADE_AT_MS,
        "app_id": "app5f2c81d0a7",
        "app_user_id": "user_77",
        "original_app_user_id": "$RCAnonymousID:3c5e8a1f",
        "aliases": ["$RCAnonymousID:3c5e8a1f", "user_77"],
        "subscriber_attributes": {},
        "product_id": "com.example.pro.monthly",
        "period_type": "NORMAL",
        "purchased_at_ms": MADE_AT_MS - 5_000,
        "environment": "PRODUCTION",
        "store": "APP_STORE",
        "is_family_share": false,
        "transaction_id": "350001234567891",
        "original_transaction_id": "350001234567890",
        "currency": "USD",
        "price": 9.99,
        "price_in_purchased_currency": 9.99,
        "tax_percentage": null,
        "commission_percentage": null,
        "offer_code": null,
        "metadata": null
    });
    json!({"api_version": "1.0", "event": with(event, changes)})
        .to_string()
        .into_bytes()
}

/// The fields of `base` with those of `changes` laid over them.
fn with(mut base: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else {
        panic!("changes are an object");
    };
    for (name, value) in changes {
        base[name] = value;
    }
    base
}

/// The body of an event whose price stands there as written, digit by digit.
fn priced(kind: &str, currency: &str, price: &str) -> Vec<u8> {
    let body = event(
        kind,
        json!({"currency": currency, "price_in_purchased_currency": "PRICE"}),
    );
    let body = String::from_utf8(body).unwrap();
    body.replace("\"PRICE\"", price).into_bytes()
}

fn read_with(body: &[u8], settings: &str) -> Reading {
    let verified = Verified::from_inbox(body.to_vec(), Vec::new());
    RevenueCat.normalize(&verified, &Settings::from_json(settings).unwrap())
}

fn read(body: &[u8]) -> Reading {
    read_with(body, "{}")
}

fn envelope(body: &[u8]) -> Envelope {
    RevenueCat.envelope(&Verified::from_inbox(body.to_vec(), Vec::new()))
}

/// The reading's only payment.
fn payment(reading: &Reading) -> Payment {
    let mut payments = reading.facts.iter().filter_map(|fact| match fact {
        Fact::Payment(payment) => Some(payment.clone()),
        _ => None,
    });
    let first = payments.next().expect("a payment");
    assert!(payments.next().is_none(), "one payment only");
    first
}

/// The reading's only fact, a reversal.
fn reversal(reading: &Reading) -> Reversal {
    match reading.facts.as_slice() {
        [Fact::Reversal(reversal)] => reversal.clone(),
        other => panic!("one reversal expected, not {other:?}"),
    }
}

/// The identity of the payment.
fn identity(reading: &Reading) -> Identity {
    let object = payment(reading).object;
    let of_payment = reading.facts.iter().find_map(|fact| match fact {
        Fact::Identity(identity) if identity.subject == object => Some(identity.clone()),
        _ => None,
    });
    of_payment.expect("an identity of the payment")
}

fn is_ignored(reading: &Reading) -> bool {
    reading.facts.is_empty() && reading.note.is_some() && !reading.unreadable
}

fn is_held(reading: &Reading) -> bool {
    reading.facts.is_empty() && reading.note.is_some() && reading.unreadable
}
