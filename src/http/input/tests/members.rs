//! The members of track calls one by one.

use proptest::prelude::*;

use super::*;

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
    let nul = refused(sale("customerExternalId", r#""a\u0000b""#)).1;
    assert!(
        nul.ends_with("must not contain the character U+0000"),
        "{nul}"
    );
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

#[test]
fn an_invoice_id_that_could_not_be_kept_or_is_a_word_for_none_is_refused() {
    for word in [
        "undefined",
        "NULL",
        "None",
        "[object Object]",
        "{{invoice.id}}",
        "0",
    ] {
        let json = serde_json::to_string(word).unwrap();
        let (field, message) = refused(sale("invoiceId", &json));
        assert_eq!(field, "invoiceId", "{word}");
        assert!(message.contains("word for no invoice"), "{message}");
    }
    for odd in [
        "ABC\t1",
        "ABC\r1",
        "A\u{1b}1",
        "A\u{7f}1",
        "A\u{85}1",
        &"票".repeat(171),
    ] {
        let json = serde_json::to_string(odd).unwrap();
        let (field, message) = refused(sale("invoiceId", &json));
        assert_eq!(field, "invoiceId", "{odd}");
        assert!(message.contains("at most 512 bytes"), "{message}");
    }
    let longest = format!("\"{}\"", "票".repeat(170));
    assert!(sale("invoiceId", &longest).unwrap().invoice_id.is_some());
}

#[test]
fn metadata_hold_nothing_that_no_reader_of_them_can_read() {
    for json in [
        r#"{"a":1e400}"#.to_owned(),
        r#"{"a":[{"b":-1e999}]}"#.to_owned(),
        format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200)),
    ] {
        assert_eq!(refused(sale("metadata", &json)).0, "metadata", "{json}");
    }
    let exact = r#"{"a":12345678901234567890123,"b":0.1}"#;
    assert_eq!(
        sale("metadata", exact).unwrap().metadata.as_deref(),
        Some(exact)
    );
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

proptest! {
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
