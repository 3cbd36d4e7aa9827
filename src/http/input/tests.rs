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
fn whole_amounts_are_read_in_every_spelling_of_json() {
    for (json, amount) in [
        ("0", 0),
        ("-0", 0),
        ("4900", 4_900),
        ("4900.0", 4_900),
        ("4.9e3", 4_900),
        ("49E2", 4_900),
        ("490000e-2", 4_900),
        ("9007199254740991", AMOUNT_MAX),
        ("9007199254740991.0", AMOUNT_MAX),
    ] {
        assert_eq!(sale("amount", json).unwrap().amount, amount, "{json}");
    }
}

#[test]
fn a_wrong_amount_is_refused_with_what_to_change() {
    let whole = "amount must be a whole number of the smallest currency unit";
    let large = "amount must be at most 9007199254740991";
    let negative = "amount must not be negative: refunds come from the processor";
    let quotes =
        "amount must be a number without quotes: the whole number of the smallest currency unit";
    for (json, message) in [
        ("null", "amount is required"),
        (r#""4900""#, quotes),
        (r#""""#, quotes),
        ("49.5", whole),
        ("4900.001", whole),
        ("1e-1", whole),
        ("true", whole),
        ("[4900]", whole),
        (r#"{"value":4900}"#, whole),
        ("-1", negative),
        ("-4900.0", negative),
        ("-1e400", negative),
        ("9007199254740992", large),
        ("9223372036854775807", large),
        ("18446744073709551616", large),
        ("1e400", large),
    ] {
        let expected = ("amount".to_owned(), message.to_owned());
        assert_eq!(refused(sale("amount", json)), expected, "{json}");
    }
    let missing = sale_call_knowing(&sale_with("amount", None), PROCESSORS);
    assert_eq!(refused(missing).1, "amount is required");
}

#[test]
fn an_amount_that_is_no_json_is_refused_by_name() {
    for json in ["NaN", "Infinity", "04900", "+1", "0x10", "4,900"] {
        let (field, message) = refused(sale("amount", json));
        assert!(message.contains("not valid JSON"), "{json}: {message}");
        // The others end as a number, so the mistake is found after it.
        if !["0x10", "4,900"].contains(&json) {
            assert_eq!(field, "amount", "{json}");
        }
    }
}

#[test]
fn a_required_text_is_a_string_that_says_something() {
    for field in ["clickId", "customerExternalId"] {
        for (json, end) in [
            ("null", "is required"),
            (r#""""#, "is required"),
            (r#"" \t\n""#, "is required"),
            ("1", "must be a string"),
            ("true", "must be a string"),
            ("[]", "must be a string"),
            ("{}", "must be a string"),
            (r#""a\u0000b""#, "must not contain the character U+0000"),
        ] {
            let expected = (field.to_owned(), format!("{field} {end}"));
            assert_eq!(refused(sale(field, json)), expected, "{json}");
        }
        let missing = sale_call_knowing(&sale_with(field, None), PROCESSORS);
        assert_eq!(refused(missing).1, format!("{field} is required"));
        let long = format!("\"{}\"", "é".repeat(TEXT_MAX_CHARS + 1));
        assert_eq!(refused(sale(field, &long)).0, field);
        let longest = format!("\"{}\"", "é".repeat(TEXT_MAX_CHARS));
        sale(field, &longest).unwrap();
    }
}

#[test]
fn a_currency_is_known_in_any_case_and_never_guessed() {
    for json in [r#""usd""#, r#""USD""#, r#"" Usd ""#, "null"] {
        assert_eq!(sale("currency", json).unwrap().currency, Currency::USD);
    }
    assert_eq!(sale("currency", r#""JPY""#).unwrap().currency.exponent(), 0);
    for json in [
        r#""""#,
        r#""zzz""#,
        r#""xxx""#,
        r#""dollar""#,
        r#""us""#,
        r#""$""#,
        "840",
        "{}",
    ] {
        let (field, message) = refused(sale("currency", json));
        assert_eq!(field, "currency", "{json}");
        assert_eq!(
            message,
            "currency must be a code of ISO 4217, for example usd"
        );
    }
}

#[test]
fn an_absent_event_name_is_purchase_and_a_wrong_one_is_refused() {
    for json in ["null", r#""""#, r#""  ""#] {
        assert_eq!(sale("eventName", json).unwrap().event_name, "Purchase");
    }
    assert_eq!(
        refused(sale("eventName", "7")).1,
        "eventName must be a string"
    );
}

#[test]
fn an_absent_invoice_is_none_and_a_wrong_one_is_refused_since_it_deduplicates() {
    for json in ["null", r#""""#, r#""  ""#] {
        assert_eq!(sale("invoiceId", json).unwrap().invoice_id, None);
    }
    for json in ["12345", "false", "[]"] {
        assert_eq!(
            refused(sale("invoiceId", json)).1,
            "invoiceId must be a string"
        );
    }
}

#[test]
fn a_payment_processor_is_one_of_the_list() {
    for name in PROCESSORS.iter().chain(&["custom"]) {
        let read = sale("paymentProcessor", &format!("\"{name}\"")).unwrap();
        assert_eq!(read.payment_processor, *name);
    }
    assert_eq!(
        sale("paymentProcessor", "null").unwrap().payment_processor,
        "custom"
    );
    for json in [r#""paypal""#, r#""Stripe""#, r#""""#, "1", "{}"] {
        let (field, message) = refused(sale("paymentProcessor", json));
        assert_eq!(field, "paymentProcessor");
        let list =
            "paymentProcessor must be one of stripe, shopify, paddle, polar, revenuecat, custom";
        assert_eq!(message, list);
    }
}

#[test]
fn odd_optional_customer_fields_count_as_absent() {
    for field in ["customerEmail", "customerName", "customerAvatar"] {
        for json in [
            "null",
            r#""""#,
            r#""  ""#,
            "1",
            "[]",
            "{}",
            "true",
            r#""\u0000""#,
        ] {
            let customer = sale(field, json).unwrap().customer;
            assert_eq!(
                (customer.email, customer.name, customer.avatar),
                (None, None, None)
            );
        }
    }
    let long = format!("\"{}\"", "a".repeat(OPTIONAL_MAX_CHARS + 1));
    assert_eq!(sale("customerAvatar", &long).unwrap().customer.avatar, None);
    let odd = sale("customerAvatar", r#""not a url""#).unwrap();
    assert_eq!(odd.customer.avatar.as_deref(), Some("not a url"));
}

fn metadata_of(bytes: usize) -> String {
    format!(r#"{{"k":"{}"}}"#, "x".repeat(bytes - 8))
}

#[test]
fn metadata_of_a_sale_is_an_object_of_at_most_10_kb() {
    assert_eq!(sale("metadata", "null").unwrap().metadata, None);
    assert_eq!(
        sale("metadata", "{}").unwrap().metadata.as_deref(),
        Some("{}")
    );
    let largest = metadata_of(METADATA_MAX_BYTES);
    assert_eq!(sale("metadata", &largest).unwrap().metadata, Some(largest));
    for json in ["[]", "1", r#""x""#, "true"] {
        let expected = (
            "metadata".to_owned(),
            "metadata must be an object".to_owned(),
        );
        assert_eq!(refused(sale("metadata", json)), expected);
    }
    let (field, message) = refused(sale("metadata", &metadata_of(METADATA_MAX_BYTES + 1)));
    assert_eq!(
        (field.as_str(), message.as_str()),
        ("metadata", "metadata must have at most 10 kB")
    );
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

    #[test]
    fn every_amount_in_range_is_read_exactly_and_every_other_refused(amount: i64) {
        let read = sale("amount", &amount.to_string()).map(|sale| sale.amount);
        prop_assert_eq!(read.ok(), (0..=AMOUNT_MAX).contains(&amount).then_some(amount));
    }

    #[test]
    fn every_fraction_is_refused(whole in 0_i64..1_000_000, fraction in 1_u32..1_000) {
        let result = sale("amount", &format!("{whole}.{fraction:03}"));
        prop_assert_eq!(refused(result).0, "amount");
    }
}
