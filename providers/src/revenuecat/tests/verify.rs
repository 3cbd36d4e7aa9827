//! Who is let in.

use serde::Deserialize;

use super::*;
use crate::delivery::{Delivery, Headers};
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

pub(super) fn headers(pairs: &[(String, String)]) -> Headers {
    Headers::new(
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes())),
    )
}

pub(super) fn secret(text: &str) -> Secret {
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
