//! Who is let in.

use serde::Deserialize;

use super::*;
use crate::delivery::{Delivery, Headers, Rejection};
use crate::signature::hmac_sha256;
use crate::{Micros, Secret};

#[derive(Deserialize)]
struct Vectors {
    source: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    origin: String,
    secrets: Vec<String>,
    settings: Settings,
    headers: Vec<(String, String)>,
    body: String,
    now_seconds: i64,
    expect: String,
}

fn headers(pairs: &[(String, String)]) -> Headers {
    Headers::new(
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes())),
    )
}

fn secret(text: &str) -> Secret {
    Secret::new(text).unwrap()
}

#[test]
fn every_vector_is_answered_as_it_says() {
    let all: Vectors = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert!(!all.source.is_empty());
    for vector in all.vectors {
        assert!(!vector.origin.is_empty(), "{}", vector.name);
        let secrets: Vec<Secret> = vector.secrets.iter().map(|text| secret(text)).collect();
        let headers = headers(&vector.headers);
        let delivery = Delivery {
            headers: &headers,
            body: vector.body.as_bytes(),
        };
        let now = Micros::from_seconds(vector.now_seconds);
        let answer = match RevenueCat.verify(delivery, &secrets, &vector.settings, now) {
            Ok(verified) => {
                assert_eq!(verified.body(), vector.body.as_bytes(), "{}", vector.name);
                "ok"
            }
            Err(rejection) => rejection.code(),
        };
        assert_eq!(answer, vector.expect, "{}", vector.name);
    }
}

#[test]
fn neither_credential_is_kept_with_the_body() {
    let pairs = [("Authorization".to_owned(), "canary_value".to_owned())];
    let headers = headers(&pairs);
    let delivery = Delivery {
        headers: &headers,
        body: b"{}",
    };
    let verified = RevenueCat
        .verify(
            delivery,
            &[secret("auth:canary_value")],
            &Settings::default(),
            Micros(0),
        )
        .unwrap();
    assert!(verified.headers().is_empty());
}

#[test]
fn what_is_signed_with_a_secret_is_verified_by_it_and_by_no_other() {
    let now = Micros::from_seconds(1_789_000_000);
    let settings = Settings::default();
    let body = event("RENEWAL", json!({}));
    let all = [
        "auth:the_first_value",
        "auth:Bearer the_second_value",
        "the_third_value",
        "hmac:the_first_value",
        "hmac:the_second_key",
    ];
    for signing in all {
        let sent = [("authorization".to_owned(), "stale".to_owned())];
        let signed = RevenueCat
            .sign(&body, &sent, &secret(signing), &settings, now)
            .unwrap();
        let headers = headers(&signed.headers);
        for verifying in all {
            let delivery = Delivery {
                headers: &headers,
                body: &signed.body,
            };
            let answer = RevenueCat.verify(delivery, &[secret(verifying)], &settings, now);
            assert_eq!(
                answer.is_ok(),
                signing == verifying,
                "{signing} {verifying}"
            );
        }
    }
}

#[test]
fn a_retry_is_the_same_event_with_the_same_facts() {
    let body = event("RENEWAL", json!({}));
    let settings = Settings::default();
    let key = secret("hmac:rc_signing_secret_for_tests");
    let deliver = |seconds: i64| {
        let now = Micros::from_seconds(seconds);
        let signed = RevenueCat.sign(&body, &[], &key, &settings, now).unwrap();
        let headers = headers(&signed.headers);
        let delivery = Delivery {
            headers: &headers,
            body: &signed.body,
        };
        let secrets = std::slice::from_ref(&key);
        RevenueCat
            .verify(delivery, secrets, &settings, now)
            .unwrap()
    };
    let (first, retry) = (deliver(1_789_000_005), deliver(1_789_004_805));
    assert_eq!(
        RevenueCat.envelope(&first).event_id,
        RevenueCat.envelope(&retry).event_id
    );
    assert_eq!(
        RevenueCat.normalize(&first, &settings),
        RevenueCat.normalize(&retry, &settings)
    );
}

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
    let bearer = "Bearer the_first_value";
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
    assert_eq!(
        answer(&["the_first_value"], "{}", &[("authorization", bearer)]),
        Ok(())
    );
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
