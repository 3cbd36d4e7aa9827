//! Bodies that no one expects.

use proptest::prelude::*;

use super::*;

#[test]
fn a_body_that_cannot_be_read_has_an_envelope_and_is_held() {
    for body in [
        &b"not json"[..],
        b"[]",
        b"{}",
        b"\xff\xfe",
        br#"{"event":null}"#,
        br#"{"event":[]}"#,
    ] {
        assert_eq!(envelope(body).event_type, "unreadable");
        assert!(envelope(body).event_id.starts_with("sha256:"));
        assert!(is_held(&read(body)));
    }
    assert!(is_held(&read(br#"{"event":{"id":"1"}}"#)));
}

#[test]
fn an_amount_told_twice_is_no_amount() {
    let body = String::from_utf8(event("RENEWAL", json!({}))).unwrap();
    let twice = body.replace("\"price\":9.99", "\"price\":9.99,\"price\":0.99");
    assert_ne!(body, twice);
    assert!(is_held(&read(twice.as_bytes())));
}

#[test]
fn control_characters_reach_no_fact() {
    let body = event(
        "RENEWAL",
        json!({
            "app_user_id": "user\u{0}77",
            "offer_code": "A\u{0}",
            "product_id": "p\u{1}",
            "metadata": {"refp_id": "clk\u{0}"},
            "subscriber_attributes": {"$email": {"value": "a\u{0}@example.com"}}
        }),
    );
    let facts = serde_json::to_string(&read(&body).facts).unwrap();
    assert!(!facts.contains("\\u000"), "{facts}");
}

fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!([])),
        Just(json!({"value": {"x": 1}})),
        Just(json!(["a", 1, null])),
        any::<i64>().prop_map(|n| json!(n)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<f64>().prop_map(|f| json!(f)),
        ".{0,20}".prop_map(|s| json!(s)),
    ]
}

proptest! {
    #[test]
    fn any_value_in_any_field_is_answered_without_a_panic_and_never_with_a_negative_amount(
        kind in prop_oneof![Just("RENEWAL"), Just("CANCELLATION"), Just("REFUND_REVERSED"), Just("TRANSFER")],
        field in prop_oneof![
            Just("price"), Just("price_in_purchased_currency"), Just("currency"), Just("tax_percentage"),
            Just("commission_percentage"), Just("purchased_at_ms"), Just("event_timestamp_ms"), Just("aliases"),
            Just("subscriber_attributes"), Just("metadata"), Just("transferred_from"), Just("store"),
            Just("transaction_id"), Just("renewal_number"), Just("period_type"), Just("app_user_id")
        ],
        value in odd(),
    ) {
        let body = event(kind, json!({field: value}));
        for settings in ["{}", r#"{"basis":"proceeds","stores":["STRIPE","APP_STORE"]}"#] {
            let reading = read_with(&body, settings);
            prop_assert!(!reading.facts.is_empty() || reading.note.is_some());
            for fact in &reading.facts {
                if let Fact::Payment(payment) = fact {
                    let a = payment.amounts;
                    prop_assert!(a.net >= 0 && a.tax >= 0 && a.net <= a.gross && a.subtotal + a.tax == a.gross);
                }
            }
        }
        let _ = envelope(&body);
    }

    #[test]
    fn any_bytes_are_answered_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (envelope(&body), read(&body));
    }
}
