//! Whole bodies of track calls: what they become, and which wrong member is named.

mod members;

use proptest::prelude::*;
use providers::Currency;

use super::*;

// Two adapters, Paddle and Paddle Classic, have one name here.
const PROCESSORS: &[&str] = &[
    "stripe",
    "shopify",
    "paddle",
    "polar",
    "revenuecat",
    "paddle",
];

/// A good sale with one member set to a JSON text, or left out.
fn sale_with(field: &str, json: Option<&str>) -> Vec<u8> {
    let mut members = vec![
        ("clickId", r#""clk_1""#),
        ("customerExternalId", r#""user_1""#),
        ("amount", "4900"),
    ];
    members.retain(|(name, _)| *name != field);
    if let Some(json) = json {
        members.push((field, json));
    }
    let members: Vec<String> = members
        .iter()
        .map(|(name, json)| format!(r#""{name}":{json}"#))
        .collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn sale(field: &str, json: &str) -> Result<SaleCall, ApiError> {
    sale_call_knowing(&sale_with(field, Some(json)), PROCESSORS)
}

fn refused<T: std::fmt::Debug>(result: Result<T, ApiError>) -> (String, String) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), "VALIDATION_ERROR");
    assert_eq!(error.status().as_u16(), 400);
    (
        error.field().unwrap_or_default().to_owned(),
        error.message().to_owned(),
    )
}

fn metadata_of(bytes: usize) -> String {
    format!(r#"{{"k":"{}"}}"#, "x".repeat(bytes - 8))
}

#[test]
fn the_least_a_sale_needs_takes_the_defaults() {
    let sale = sale_call_knowing(&sale_with("", None), PROCESSORS).unwrap();
    let expected = SaleCall {
        click_id: "clk_1".to_owned(),
        customer: Person {
            external_id: "user_1".to_owned(),
            email: None,
            name: None,
            avatar: None,
        },
        amount: 4_900,
        currency: Currency::USD,
        event_name: "Purchase".to_owned(),
        invoice_id: None,
        payment_processor: "custom".to_owned(),
        metadata: None,
        occurred_at: None,
        imported: false,
    };
    assert_eq!(sale, expected);
}

#[test]
fn a_full_sale_is_read_trimmed() {
    let body = r#"{"clickId":" clk_1 ","customerExternalId":"user_1\n","amount":4900,"currency":"EUR",
        "eventName":"Upgrade","invoiceId":" inv_1","paymentProcessor":"stripe","customerEmail":"alice@example.com",
        "customerName":"Alice","customerAvatar":"https://example.com/a.png","metadata":{"plan":"pro"},"later":[1]}"#;
    let sale = sale_call_knowing(body.as_bytes(), PROCESSORS).unwrap();
    assert_eq!(sale.click_id, "clk_1");
    assert_eq!(sale.customer.external_id, "user_1");
    assert_eq!(sale.customer.email.as_deref(), Some("alice@example.com"));
    assert_eq!(sale.customer.name.as_deref(), Some("Alice"));
    assert!(sale.customer.avatar.is_some());
    assert_eq!(sale.currency.code(), "eur");
    assert_eq!(sale.event_name, "Upgrade");
    assert_eq!(sale.invoice_id.as_deref(), Some("inv_1"));
    assert_eq!(sale.payment_processor, "stripe");
    assert_eq!(sale.metadata.as_deref(), Some(r#"{"plan":"pro"}"#));
}

#[test]
fn the_first_wrong_field_of_the_table_is_the_one_named() {
    let wrong = [
        ("clickId", "1"),
        ("customerExternalId", "1"),
        ("amount", "\"1\""),
        ("currency", "\"zzz\""),
        ("eventName", "1"),
        ("invoiceId", "1"),
        ("paymentProcessor", "\"x\""),
        ("metadata", "[]"),
    ];
    let good = [
        "\"c\"",
        "\"u\"",
        "1",
        "\"usd\"",
        "\"e\"",
        "\"i\"",
        "\"stripe\"",
        "{}",
    ];
    for first in 0..wrong.len() {
        let members: Vec<String> = wrong
            .iter()
            .zip(good)
            .enumerate()
            .rev()
            .map(|(n, ((name, bad), good))| {
                format!(r#""{name}":{}"#, if n < first { good } else { bad })
            })
            .collect();
        let body = format!("{{{}}}", members.join(","));
        let (field, _) = refused(sale_call_knowing(body.as_bytes(), PROCESSORS));
        assert_eq!(field, wrong[first].0);
    }
}

#[test]
fn a_field_that_is_given_twice_is_refused() {
    let body = br#"{"clickId":"c","customerExternalId":"u","amount":1,"amount":1000000}"#;
    let (field, message) = refused(sale_call(body));
    assert_eq!(
        (field.as_str(), message.as_str()),
        ("amount", "amount is given twice")
    );
}

#[test]
fn a_body_that_is_no_json_object_is_refused_by_all_three() {
    for body in [
        &b""[..],
        b"null",
        b"[]",
        b"\"x\"",
        b"{",
        b"clickId=1",
        b"\xff\xfe",
    ] {
        let (field, message) = refused(sale_call(body));
        assert_eq!(field, "");
        assert!(message.starts_with("the body "), "{message}");
        assert_eq!(refused(lead_call(body)), refused(TrackClick::parse(body)));
    }
}

#[test]
fn a_lead_needs_its_three_fields_in_order() {
    for (body, field) in [
        (r#"{}"#, "clickId"),
        (r#"{"clickId":"c"}"#, "eventName"),
        (r#"{"clickId":"c","eventName":""}"#, "eventName"),
        (
            r#"{"clickId":"c","eventName":"Sign Up"}"#,
            "customerExternalId",
        ),
        (
            r#"{"clickId":"c","eventName":"Sign Up","customerExternalId":5}"#,
            "customerExternalId",
        ),
    ] {
        assert_eq!(refused(lead_call(body.as_bytes())).0, field, "{body}");
    }
}

#[test]
fn odd_optional_values_never_lose_a_lead() {
    let large = metadata_of(METADATA_MAX_BYTES + 1);
    for odd in [
        "null",
        r#""""#,
        "1",
        "[]",
        r#""\ud800""#,
        "true",
        large.as_str(),
    ] {
        let body = format!(
            r#"{{"clickId":"c","eventName":"Sign Up","customerExternalId":"u","customerEmail":{odd},
                "customerName":{odd},"customerAvatar":{odd},"metadata":{odd},"amount":"x","currency":{odd}}}"#
        );
        let lead = lead_call(body.as_bytes()).unwrap();
        assert_eq!(lead.event_name, "Sign Up");
        assert_eq!(lead.customer.email, None);
        assert_eq!(lead.metadata, None);
    }
}

#[test]
fn a_click_needs_only_its_key() {
    let click = TrackClick::parse(
        br#"{"key":" alice ","domain":"","url":7,"referrer":"https://example.com"}"#,
    )
    .unwrap();
    assert_eq!(click.key, "alice");
    assert_eq!((click.domain, click.url), (None, None));
    assert_eq!(click.referrer.as_deref(), Some("https://example.com"));
    assert_eq!(
        refused(TrackClick::parse(b"{}")),
        ("key".to_owned(), "key is required".to_owned())
    );
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = sale_call(&bytes);
        let _ = lead_call(&bytes);
        let _ = TrackClick::parse(&bytes);
    }

    #[test]
    fn no_text_in_the_place_of_a_value_makes_a_parser_panic(text in "\\PC{0,40}", field in "clickId|amount|currency|metadata|invoiceId") {
        let _ = sale(&field, &text);
    }
}
