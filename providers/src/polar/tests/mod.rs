//! Tests of the Polar adapter: signatures against recorded vectors, and what orders become.

mod amounts;
mod balances;
mod fixtures;
mod identities;
mod orders;
mod vectors;

use serde_json::{Value, json};

use crate::delivery::{Delivery, Headers, Reading, Rejection, Verified};
use crate::fact::{Extent, Fact, Identity, Payment};
use crate::settings::Settings;
use crate::{Adapter, Micros, NameKind, Secret};

use super::Polar;

/// Made for these tests: base64 of 32 bytes after the prefix, as Polar makes them today.
const SECRET: &str = "whsec_dHJpYnV0YXJ5LXRlc3Qtc2VjcmV0LW9mLTMyLWJ5dGU=";

fn settings(json: &str) -> Settings {
    Settings::from_json(json).unwrap()
}

fn headers(pairs: &[(String, String)]) -> Headers {
    Headers::new(
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes())),
    )
}

/// Signs a body as Polar would and verifies it.
fn delivered(body: &str, settings: &Settings) -> Result<Verified, Rejection> {
    let now = Micros::from_seconds(1_790_000_000);
    let secret = Secret::new(SECRET).unwrap();
    let id = [("webhook-id".to_owned(), "evt-1".to_owned())];
    let signed = Polar
        .sign(body.as_bytes(), &id, &secret, settings, now)
        .unwrap();
    let headers = headers(&signed.headers);
    let delivery = Delivery {
        headers: &headers,
        body: &signed.body,
    };
    Polar.verify(delivery, &[secret], settings, now)
}

/// What a body says to a source with these settings.
fn read_with(body: &Value, settings: &Settings) -> Reading {
    let verified = delivered(&body.to_string(), settings).unwrap();
    Polar.normalize(&verified, settings)
}

/// What a body says.
fn read(body: &Value) -> Reading {
    read_with(body, &Settings::default())
}

/// An event about an order that was bought once for 10.00 and is paid, with `changes` to it.
fn order(kind: &str, changes: Value) -> Value {
    let mut data = json!({
        "id": "0f1e2d3c-1111-4aaa-8bbb-000000000001", "created_at": "2026-09-01T10:00:00.000001Z",
        "modified_at": "2026-09-01T10:00:01Z", "status": "paid", "paid": true,
        "subtotal_amount": 1000, "discount_amount": 0, "net_amount": 1000, "tax_amount": 190,
        "total_amount": 1190, "applied_balance_amount": 0, "due_amount": 1190,
        "refunded_amount": 0, "refunded_tax_amount": 0, "currency": "usd",
        "billing_reason": "purchase", "customer_id": "c-1", "product_id": "prod-1",
        "subscription_id": null, "checkout_id": null, "metadata": {}, "custom_field_data": {},
        "platform_fee_amount": 0, "platform_fee_currency": "usd",
        "customer": { "id": "c-1", "external_id": "user-1", "email": "ada@example.com", "name": "Ada", "metadata": {} },
        "discount": null, "subscription": null
    });
    let (Some(data), Value::Object(changes)) = (data.as_object_mut(), changes) else {
        panic!("changes are an object");
    };
    let is_told = changes.contains_key("due_amount");
    data.extend(changes);
    let figure = |name: &str| data.get(name).and_then(Value::as_i64).unwrap_or(0);
    let left = figure("total_amount").saturating_add(figure("applied_balance_amount"));
    if !is_told {
        data.insert("due_amount".to_owned(), json!(left.max(0)));
    }
    json!({ "type": kind, "timestamp": "2026-09-01T10:00:02.000003Z", "api_version": "2026-10", "data": data })
}

fn payment_of(reading: &Reading) -> &Payment {
    let payment = reading.facts.iter().find_map(|fact| match fact {
        Fact::Payment(payment) => Some(payment),
        _ => None,
    });
    payment.unwrap()
}

fn refunded_of(reading: &Reading) -> Option<Extent> {
    reading.facts.iter().find_map(|fact| match fact {
        Fact::Refunded(refunded) => Some(refunded.extent),
        _ => None,
    })
}

fn identity_of(reading: &Reading, kind: NameKind) -> Option<&Identity> {
    reading.facts.iter().find_map(|fact| match fact {
        Fact::Identity(identity) if identity.subject.kind() == kind => Some(identity),
        _ => None,
    })
}
