//! What the outside of an event says.

use super::{Shopify, delivered};
use crate::{Adapter, Envelope, Micros, Verified};

fn restored(headers: &[(&str, &str)], body: &str) -> Envelope {
    Shopify.envelope(&Verified::from_inbox(body.into(), super::owned(headers)))
}

#[test]
fn id_topic_shop_and_time_come_from_the_headers() {
    let seen = restored(
        &[
            ("x-shopify-topic", "orders/paid"),
            ("x-shopify-shop-domain", "Acme.myshopify.com"),
            ("x-shopify-api-version", "2026-04"),
            ("x-shopify-webhook-id", "w-1"),
            ("x-shopify-triggered-at", "2026-09-01T10:00:01.123456789Z"),
        ],
        r#"{"id":1,"test":false,"updated_at":"2026-09-01T10:00:00Z"}"#,
    );
    assert_eq!(seen.event_id, "w-1");
    assert_eq!(seen.event_type, "orders/paid");
    assert_eq!(seen.account.as_deref(), Some("acme.myshopify.com"));
    assert_eq!(seen.api_version.as_deref(), Some("2026-04"));
    assert_eq!(seen.livemode, None);
    assert_eq!(
        seen.occurred_at,
        Micros::parse_rfc3339("2026-09-01T10:00:01.123456Z")
    );
}

#[test]
fn without_a_webhook_id_the_id_is_made_from_topic_and_body() {
    let id = |topic, body| restored(&[("x-shopify-topic", topic)], body).event_id;
    assert_eq!(id("orders/paid", "{}"), id("orders/paid", "{}"));
    assert_ne!(id("orders/paid", "{}"), id("orders/create", "{}"));
    assert_ne!(id("orders/paid", "{}"), id("orders/paid", "{ }"));
}

#[test]
fn a_test_order_and_the_refund_of_one_are_not_live() {
    for body in [
        r#"{"id":1,"test":true}"#,
        r#"{"id":1,"transactions":[{"test":true}]}"#,
    ] {
        let verified = delivered("products/update", body);
        assert_eq!(Shopify.envelope(&verified).livemode, Some(false), "{body}");
    }
}

#[test]
fn a_body_that_is_no_json_still_has_an_id_and_a_shop() {
    let seen = Shopify.envelope(&delivered("orders/paid", "not json"));
    assert_eq!(seen.event_type, "unreadable");
    assert!(seen.event_id.starts_with("sha256:"));
    assert_eq!(seen.account.as_deref(), Some("acme.myshopify.com"));
}
