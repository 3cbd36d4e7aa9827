//! Every row of the signature table, and the settings of a source.

use proptest::prelude::*;
use serde::Deserialize;

use super::{KEY, Shopify, owned, secrets, settings, verify};
use crate::shopify::shape::contradicts;
use crate::shopify::verify::is_shop;
use crate::signature::{encode_base64, hmac_sha256};
use crate::{Adapter, Micros, Rejection, Secret, Settings};

#[derive(Deserialize)]
struct Table {
    source: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    origin: String,
    secrets: Vec<String>,
    #[serde(default)]
    settings: Settings,
    headers: Vec<(String, String)>,
    body: String,
    expect: String,
}

#[test]
fn every_row_of_the_signature_table_has_its_outcome() {
    let table: Table = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert!(!table.source.is_empty() && table.cases.len() > 40);
    for case in table.cases {
        let keys: Vec<&str> = case.secrets.iter().map(String::as_str).collect();
        let body = case.body.as_bytes();
        let outcome = verify(case.headers, body, &secrets(&keys), &case.settings);
        let code = outcome.map_or_else(Rejection::code, |_| "ok");
        assert_eq!(code, case.expect, "{} ({})", case.name, case.origin);
    }
}

#[test]
fn case_20_a_good_digest_does_not_make_another_shop_or_another_topic_true() {
    let own = settings(r#"{"shop":"acme.myshopify.com"}"#);
    let outcome = |topic: &str, shop: &str| {
        let body = super::order(r#""financial_status":"paid""#);
        let digest = encode_base64(&hmac_sha256(KEY.as_bytes(), &[body.as_bytes()]));
        let headers = owned(&[
            ("x-shopify-hmac-sha256", &digest),
            ("x-shopify-topic", topic),
            ("x-shopify-shop-domain", shop),
        ]);
        verify(headers, body.as_bytes(), &secrets(&[KEY]), &own).map(|_| ())
    };
    let (ours, other) = ("acme.myshopify.com", "other.myshopify.com");
    assert_eq!(outcome("orders/paid", ours), Ok(()));
    assert_eq!(outcome("orders/paid", other), Err(Rejection::WrongAccount));
    assert_eq!(
        outcome("refunds/create", ours),
        Err(Rejection::Contradiction)
    );
}

#[test]
fn what_we_sign_verifies_and_no_signature_survives_from_the_input() {
    let given = owned(&[
        ("X-Shopify-Hmac-SHA256", "stale"),
        ("x-shopify-topic", "products/update"),
    ]);
    let own = settings(r#"{"shop":"acme.myshopify.com"}"#);
    let secret = Secret::new(KEY).unwrap();
    let signed = Shopify
        .sign(b"{}", &given, &secret, &own, Micros(0))
        .unwrap();
    assert!(!signed.headers.iter().any(|(_, value)| value == "stale"));
    assert!(verify(signed.headers, &signed.body, &[secret], &own).is_ok());
}

#[test]
fn the_signature_is_not_kept_with_the_event() {
    let verified = super::delivered("products/update", "{}");
    assert!(
        verified
            .headers()
            .iter()
            .all(|(name, _)| !name.contains("hmac"))
    );
    assert_eq!(verified.header("x-shopify-topic"), Some("products/update"));
}

#[test]
fn settings_that_cannot_work_are_named() {
    for (json, name) in [
        (r#"{"shop":"acme.example.com"}"#, "shop"),
        (r#"{"shop":7}"#, "shop"),
        (r#"{"includeShipping":"yes"}"#, "includeShipping"),
        (r#"{"includePOS":false}"#, "includePOS"),
    ] {
        let error = Shopify.check_settings(&settings(json)).unwrap_err();
        assert_eq!(error.name, name);
    }
    let good = r#"{"shop":"acme.myshopify.com","includePos":false,"clickKeys":["aff"]}"#;
    assert_eq!(Shopify.check_settings(&settings(good)), Ok(()));
}

#[test]
fn a_shops_domain_is_one_label_before_myshopify_com() {
    assert!(is_shop("acme-2.MyShopify.com"));
    for text in [
        ".myshopify.com",
        "-acme.myshopify.com",
        "a.b.myshopify.com",
        "acme.myshopify.com.example.com",
        "acme",
    ] {
        assert!(!is_shop(text), "{text}");
    }
}

#[test]
fn signing_fills_in_the_shop_only_where_none_is_named() {
    let own = settings(r#"{"shop":"acme.myshopify.com"}"#);
    let secret = Secret::new(KEY).unwrap();
    let shops = |given: &[(&str, &str)]| {
        let signed = Shopify
            .sign(b"{}", &owned(given), &secret, &own, Micros(0))
            .unwrap();
        let mut shops = signed.headers;
        shops.retain(|(name, _)| name.eq_ignore_ascii_case("x-shopify-shop-domain"));
        shops
    };
    let topic = ("x-shopify-topic", "orders/paid");
    assert_eq!(shops(&[topic]).len(), 1);
    let named = ("X-Shopify-Shop-Domain", "other.myshopify.com");
    assert_eq!(shops(&[topic, named]), owned(&[named]));
}

/// Each topic with a body of its own kind, told by its `gid` or, where there is none, by its fields.
const BODIES: &[(&str, &str)] = &[
    (
        "orders/create",
        r#"{"admin_graphql_api_id":"gid://shopify/Order/1"}"#,
    ),
    ("orders/edited", r#"{"order_edit":{"id":1}}"#),
    (
        "refunds/create",
        r#"{"admin_graphql_api_id":"gid://shopify/Refund/1"}"#,
    ),
    (
        "order_transactions/create",
        r#"{"admin_graphql_api_id":"gid://shopify/OrderTransaction/1"}"#,
    ),
    (
        "customers/update",
        r#"{"admin_graphql_api_id":"gid://shopify/Customer/1"}"#,
    ),
    (
        "customers/merge",
        r#"{"admin_graphql_api_customer_kept_id":"gid://shopify/Customer/1"}"#,
    ),
    (
        "disputes/create",
        r#"{"admin_graphql_api_id":"gid://shopify/ShopifyPaymentsDispute/1"}"#,
    ),
    (
        "subscription_contracts/create",
        r#"{"admin_graphql_api_id":"gid://shopify/SubscriptionContract/1"}"#,
    ),
    (
        "subscription_billing_attempts/success",
        r#"{"admin_graphql_api_id":"gid://shopify/SubscriptionBillingAttempt/1"}"#,
    ),
    (
        "app/uninstalled",
        r#"{"admin_graphql_api_id":"gid://shopify/Shop/1"}"#,
    ),
    ("customers/data_request", r#"{"data_request":{"id":1}}"#),
    ("customers/redact", r#"{"orders_to_redact":[1]}"#),
    ("shop/redact", r#"{"shop_domain":"acme.myshopify.com"}"#),
];

#[test]
fn a_topic_takes_bodies_of_its_own_kind_and_of_no_other() {
    for (topic, _) in BODIES {
        for (of, body) in BODIES {
            let refused = contradicts(body.as_bytes(), topic, "acme.myshopify.com");
            assert_eq!(refused, topic != of, "{topic} {body}");
        }
    }
    let foreign = br#"{"admin_graphql_api_id":"gid://shopify/Product/1"}"#;
    let refused = |topic| contradicts(foreign, topic, "acme.myshopify.com");
    assert!(!refused("products/update"));
    assert!(refused("disputes/create"));
}

#[test]
fn only_the_topics_of_privacy_law_refuse_a_body_of_no_known_kind() {
    for (topic, _) in BODIES {
        let strict = matches!(
            *topic,
            "customers/data_request" | "customers/redact" | "shop/redact"
        );
        assert_eq!(
            contradicts(b"{}", topic, "acme.myshopify.com"),
            strict,
            "{topic}"
        );
    }
}

#[test]
fn a_transaction_without_a_gid_is_known_by_its_order_and_its_parent() {
    let both = br#"{"order_id":1,"parent_id":2}"#;
    assert!(!contradicts(
        both,
        "order_transactions/create",
        "acme.myshopify.com"
    ));
    assert!(contradicts(both, "orders/paid", "acme.myshopify.com"));
    for one in [r#"{"order_id":1}"#, r#"{"parent_id":2}"#] {
        assert!(!contradicts(
            one.as_bytes(),
            "orders/paid",
            "acme.myshopify.com"
        ));
    }
}

proptest! {
    #[test]
    fn no_other_body_passes_with_a_given_signature(body in prop::collection::vec(any::<u8>(), 1..64), at in 0_usize..64, flip in 1_u8..) {
        let digest = encode_base64(&hmac_sha256(KEY.as_bytes(), &[&body]));
        let headers = || owned(&[
            ("x-shopify-hmac-sha256", &digest),
            ("x-shopify-topic", "products/update"),
            ("x-shopify-shop-domain", "acme.myshopify.com"),
        ]);
        let (keys, plain) = (secrets(&[KEY]), Settings::default());
        prop_assert!(verify(headers(), &body, &keys, &plain).is_ok());
        let mut other = body.clone();
        let at = at % other.len();
        other[at] ^= flip;
        prop_assert_eq!(verify(headers(), &other, &keys, &plain).err(), Some(Rejection::Mismatch));
    }

    #[test]
    fn any_headers_and_bytes_are_answered_without_a_panic(value in ".{0,80}", topic in ".{0,20}", shop in ".{0,30}", body in prop::collection::vec(any::<u8>(), 0..200)) {
        let headers = owned(&[("x-shopify-hmac-sha256", &value), ("x-shopify-topic", &topic), ("x-shopify-shop-domain", &shop)]);
        let _ = verify(headers, &body, &secrets(&[KEY]), &Settings::default());
    }
}
