//! What a rule may be, and how a wrong one is refused.

use serde_json::json;

use super::*;

fn refused(value: &Value) -> (String, String) {
    match parse(value) {
        Err(CatalogError::Invalid { field, message }) => (field, message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rule_is_stored_as_it_was_read() {
    let value = json!({
        "type": "percent", "basisPoints": 1_250,
        "recurring": {"type": "flat", "amount": 500, "currency": "eur"},
        "lead": {"type": "flat", "amount": 100, "currency": "usd"},
        "products": {"price_1": {"type": "percent", "basisPoints": 0}},
        "duration": {"type": "months", "months": 12},
        "base": "netOfFee",
        "cap": {"amount": 10_000, "currency": "usd", "period": "month"},
        "minimumAmount": 300,
    });
    let rule = parse(&value).unwrap();
    assert_eq!(serde_json::to_value(&rule).unwrap(), value);
}

#[test]
fn every_mistake_is_named() {
    for (value, field) in [
        (json!(7), "commission"),
        (json!({}), "commission.type"),
        (json!({"type": "share"}), "commission.type"),
        (json!({"type": "percent"}), "commission.basisPoints"),
        (
            json!({"type": "percent", "basisPoints": 10.5}),
            "commission.basisPoints",
        ),
        (
            json!({"type": "percent", "basisPoints": 10_001}),
            "commission",
        ),
        (json!({"type": "flat", "amount": 5}), "commission.currency"),
        (
            json!({"type": "flat", "amount": 5, "currency": "zzz"}),
            "commission.currency",
        ),
        (
            json!({"type": "flat", "amount": -5, "currency": "usd"}),
            "commission",
        ),
        (
            json!({"type": "percent", "basisPoints": 1, "duration": "ever"}),
            "commission.duration",
        ),
        (
            json!({"type": "percent", "basisPoints": 1, "duration": {"type": "months", "months": 0}}),
            "commission.duration",
        ),
        (
            json!({"type": "percent", "basisPoints": 1, "base": "fee"}),
            "commission.base",
        ),
        (
            json!({"type": "percent", "basisPoints": 1, "lead": {"type": "percent", "basisPoints": 1}}),
            "commission.lead",
        ),
        (
            json!({"type": "percent", "basisPoints": 1, "cap": {"amount": 1}}),
            "commission.cap",
        ),
    ] {
        let (named, message) = refused(&value);
        assert_eq!(named, field, "{value}");
        assert!(message.starts_with(field), "{message}");
    }
}

/// A rule of 10 % with further members.
fn percent(further: &str) -> Value {
    let value = format!(r#"{{"type": "percent", "basisPoints": 1000, {further}}}"#);
    serde_json::from_str(&value).unwrap()
}

#[track_caller]
fn assert_unknown(value: &Value, field: &str, hint: &str) {
    let (named, message) = refused(value);
    assert_eq!(named, field, "{value}");
    assert_eq!(message, format!("unknown member `{field}`; {hint}"));
}

#[test]
fn a_misspelt_member_is_refused_with_the_name_that_was_meant() {
    let short = json!({"type": "percent", "basisPoint": 1});
    assert_unknown(
        &short,
        "commission.basisPoint",
        "did you mean `basisPoints`?",
    );
    let typ = json!({"typ": "percent", "basisPoints": 1});
    assert_unknown(&typ, "commission.typ", "did you mean `type`?");
    for (further, field, meant) in [
        (r#""minimum_amount": 5"#, "minimum_amount", "minimumAmount"),
        (r#""recuring": null"#, "recuring", "recurring"),
        (
            r#""lead": {"type": "flat", "amount": 1, "curency": "usd"}"#,
            "lead.curency",
            "currency",
        ),
        (
            r#""products": {"p_1": {"type": "percent", "basispoints": 1}}"#,
            "products.p_1.basispoints",
            "basisPoints",
        ),
        (
            r#""duration": {"type": "months", "month": 12}"#,
            "duration.month",
            "months",
        ),
        (
            r#""cap": {"amount": 1, "currency": "usd", "perod": "month"}"#,
            "cap.perod",
            "period",
        ),
    ] {
        let field = format!("commission.{field}");
        assert_unknown(
            &percent(further),
            &field,
            &format!("did you mean `{meant}`?"),
        );
    }
}

#[test]
fn a_member_of_something_else_is_refused_with_all_that_there_are() {
    for (further, field, all) in [
        (
            r#""recurring": {"type": "percent", "basisPoints": 1, "base": "net"}"#,
            "recurring.base",
            "type, basisPoints",
        ),
        (
            r#""duration": {"type": "lifetime", "months": 12}"#,
            "duration.months",
            "type",
        ),
    ] {
        let field = format!("commission.{field}");
        assert_unknown(&percent(further), &field, &format!("there are {all}"));
    }
    let (field, message) = refused(&percent(r#""currency": "usd""#));
    assert_eq!(field, "commission.currency");
    assert!(
        message.contains("; there are type, basisPoints, recurring"),
        "{message}"
    );
}
