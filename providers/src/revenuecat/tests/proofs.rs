//! The limits of both proofs: how much of a header is read, and which secrets prove anything.

use super::verify::{headers, secret};
use super::*;
use crate::delivery::{Delivery, Headers, Rejection};
use crate::signature::hmac_sha256;
use crate::{Micros, Secret};

/// What a source with these secrets answers to these headers around `{}`, as of the vectors' time.
fn answer(secrets: &[&str], settings: &str, sent: &[(&str, &str)]) -> Result<(), Rejection> {
    let secrets: Vec<Secret> = secrets.iter().map(|text| secret(text)).collect();
    let pairs: Vec<(String, String)> = sent
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let headers = headers(&pairs);
    let delivery = Delivery {
        headers: &headers,
        body: b"{}",
    };
    let settings = Settings::from_json(settings).unwrap();
    let now = Micros::from_seconds(1_789_000_000);
    let verified = RevenueCat.verify(delivery, &secrets, &settings, now);
    verified.map(|_| ())
}

fn good_signature(key: &str) -> String {
    let digest = hmac_sha256(key.as_bytes(), &[b"1789000000", b".", b"{}"]);
    format!("v1={}", hex::encode(digest))
}

const KEY: &str = "rc_signing_secret_for_tests";

#[test]
fn the_headers_are_read_up_to_their_longest_length_and_no_byte_more() {
    let good = format!("t=1789000000,{},v2=", good_signature(KEY));
    for (own, name, long, even) in [
        (
            format!("hmac:{KEY}"),
            "x-revenuecat-webhook-signature",
            format!("{good:0<4097}"),
            format!("{good:0<4096}"),
        ),
        (
            format!("auth:{:0<4089}", "the_first_value"),
            "authorization",
            format!("Bearer  {:0<4089}", "the_first_value"),
            format!("Bearer {:0<4089}", "the_first_value"),
        ),
    ] {
        assert_eq!(answer(&[&own], "{}", &[(name, &even)]), Ok(()), "{name}");
        assert_eq!(
            answer(&[&own], "{}", &[(name, &long)]),
            Err(Rejection::Malformed),
            "{name}"
        );
    }
}

#[test]
fn the_sixteenth_signature_is_the_last_that_counts() {
    let own = format!("hmac:{KEY}");
    let behind = |others: usize| {
        let decoys = format!("v1={},", "0".repeat(64)).repeat(others);
        let sent = format!("t=1789000000,{decoys}{}", good_signature(KEY));
        answer(&[&own], "{}", &[("x-revenuecat-webhook-signature", &sent)])
    };
    assert_eq!(behind(15), Ok(()));
    assert_eq!(behind(16), Err(Rejection::Mismatch));
}

#[test]
fn blanks_around_a_secret_and_after_bearer_do_not_count() {
    let authorization = |own: &str, sent: &str| answer(&[own], "{}", &[("authorization", sent)]);
    assert_eq!(
        authorization("auth: the_first_value", "the_first_value"),
        Ok(())
    );
    assert_eq!(
        authorization("the_first_value", "Bearer   the_first_value"),
        Ok(())
    );
    let sent = format!("t=1789000000,{}", good_signature(KEY));
    let own = format!("hmac: {KEY}");
    assert_eq!(
        answer(&[&own], "{}", &[("x-revenuecat-webhook-signature", &sent)]),
        Ok(())
    );
}

#[test]
fn one_value_kept_twice_still_lets_its_delivery_in() {
    let own = ["auth:the_first_value", "Bearer the_first_value"];
    assert_eq!(
        answer(&own, "{}", &[("authorization", "the_first_value")]),
        Ok(())
    );
}

#[test]
fn a_source_without_a_secret_says_so_before_it_looks_at_the_body() {
    let headers = Headers::default();
    let delivery = Delivery {
        headers: &headers,
        body: b"",
    };
    for settings in ["{}", r#"{"require":"both"}"#] {
        let settings = Settings::from_json(settings).unwrap();
        let refused = RevenueCat
            .verify(delivery, &[], &settings, Micros(0))
            .unwrap_err();
        assert_eq!(refused, Rejection::NoSecret);
    }
}

#[test]
fn a_delivery_signed_here_keeps_all_headers_but_the_old_proofs() {
    let sent = [
        ("Authorization".to_owned(), "stale".to_owned()),
        (
            "X-RevenueCat-Webhook-Signature".to_owned(),
            "stale".to_owned(),
        ),
        ("user-agent".to_owned(), "RevenueCat".to_owned()),
    ];
    let settings = Settings::default();
    let signed = RevenueCat
        .sign(
            b"{}",
            &sent,
            &secret("the_first_value"),
            &settings,
            Micros(0),
        )
        .unwrap();
    let names: Vec<&str> = signed
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["user-agent", "authorization"]);
    let short = secret("hmac:abc");
    assert!(
        RevenueCat
            .sign(b"{}", &sent, &short, &settings, Micros(0))
            .is_none()
    );
}

#[test]
fn a_proof_that_the_setting_asks_for_is_missed_where_it_has_no_secret() {
    let signed = format!("t=1789000000,{}", good_signature(KEY));
    let signature = [("x-revenuecat-webhook-signature", signed.as_str())];
    let own = format!("hmac:{KEY}");
    for (require, expected) in [
        ("hmac", Ok(())),
        ("authorization", Err(Rejection::NoSecret)),
        ("both", Err(Rejection::NoSecret)),
    ] {
        let settings = json!({ "require": require }).to_string();
        assert_eq!(
            answer(&[&own], &settings, &signature),
            expected,
            "{require}"
        );
    }
}
