//! Drives `vectors.json`, and tries to break the verifier with bytes nobody would send.

use proptest::prelude::*;
use serde::Deserialize;

use crate::adapter::Adapter;
use crate::delivery::{Delivery, Headers, Rejection};
use crate::paddle::Paddle;
use crate::paddle::verify::header_value;
use crate::signature::hmac_sha256;
use crate::{Micros, Secret, Settings};

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    about: String,
    secrets: Vec<String>,
    header: Option<String>,
    body: String,
    now_seconds: i64,
    expect: String,
}

const SECRET: &str = "pdl_ntfset_01jqv5w0c7n2xk8m4rtb9dzehy_u3J/Qm8+ZkW1pYc5Ls7RtXv2Hn4Bd6Fg";

fn headers<'a>(values: impl IntoIterator<Item = &'a str>) -> Headers {
    Headers::new(
        values
            .into_iter()
            .map(|value| ("Paddle-Signature".to_owned(), value.as_bytes().to_vec())),
    )
}

fn check(headers: &Headers, body: &[u8], secrets: &[Secret], now: Micros) -> Result<(), Rejection> {
    let delivery = Delivery { headers, body };
    let verified = Paddle.verify(delivery, secrets, &Settings::default(), now)?;
    assert_eq!(verified.body(), body);
    Ok(())
}

#[test]
fn every_signature_vector_is_judged_as_it_says() {
    let vectors: Vectors = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert!(vectors.vectors.len() > 40);
    for vector in vectors.vectors {
        let secrets: Vec<Secret> = vector
            .secrets
            .iter()
            .map(|text| Secret::new(text).unwrap())
            .collect();
        let found = check(
            &headers(vector.header.as_deref()),
            vector.body.as_bytes(),
            &secrets,
            Micros::from_seconds(vector.now_seconds),
        );
        let code = found.map_or_else(Rejection::code, |()| "ok");
        assert_eq!(code, vector.expect, "{}", vector.about);
    }
}

#[test]
fn a_second_signature_header_is_never_chosen_from() {
    let now = Micros::from_seconds(1_795_253_400);
    let secret = Secret::new(SECRET).unwrap();
    let signed = Paddle
        .sign(b"{}", &[], &secret, &Settings::default(), now)
        .unwrap();
    let good = signed.headers[0].1.as_str();
    let two = headers([good, good]);
    assert_eq!(
        check(&two, b"{}", &[secret], now),
        Err(Rejection::Malformed)
    );
}

#[test]
fn signing_replaces_an_old_signature_and_keeps_other_headers() {
    let secret = Secret::new(SECRET).unwrap();
    let now = Micros::from_seconds(1_795_253_400);
    let given = [
        ("user-agent".to_owned(), "Paddle".to_owned()),
        ("Paddle-Signature".to_owned(), "ts=1;h1=0".to_owned()),
    ];
    let signed = Paddle
        .sign(b"{}", &given, &secret, &Settings::default(), now)
        .unwrap();
    assert_eq!(signed.headers.len(), 2);
    assert_eq!(signed.headers[0].0, "user-agent");
    let sent = headers([signed.headers[1].1.as_str()]);
    assert_eq!(check(&sent, &signed.body, &[secret], now), Ok(()));
}

#[test]
fn a_header_is_read_up_to_its_longest_length_and_no_byte_more() {
    let secret = Secret::new(SECRET).unwrap();
    let now = Micros::from_seconds(1_795_253_400);
    let good = format!("{};h2=", header_value(b"{}", &secret, now));
    let answer = |length: usize| {
        let sent = format!("{good:0<length$}");
        check(
            &headers([sent.as_str()]),
            b"{}",
            std::slice::from_ref(&secret),
            now,
        )
    };
    assert_eq!(answer(4_096), Ok(()));
    assert_eq!(answer(4_097), Err(Rejection::Malformed));
}

#[test]
fn the_sixteenth_signature_is_the_last_that_counts() {
    let secret = Secret::new(SECRET).unwrap();
    let now = Micros::from_seconds(1_795_253_400);
    let good = header_value(b"{}", &secret, now);
    let behind = |others: usize| {
        let decoys = format!("h1={};", "0".repeat(64)).repeat(others);
        let sent = format!("{decoys}{good}");
        check(
            &headers([sent.as_str()]),
            b"{}",
            std::slice::from_ref(&secret),
            now,
        )
    };
    assert_eq!(behind(15), Ok(()));
    assert_eq!(behind(16), Err(Rejection::Mismatch));
}

#[test]
fn a_rightly_signed_time_of_ten_digits_may_not_begin_with_a_zero() {
    let secret = Secret::new(SECRET).unwrap();
    let time = "0995253400";
    let digest = hmac_sha256(secret.bytes(), &[time.as_bytes(), b":", b"{}"]);
    let sent = format!("ts={time};h1={}", hex::encode(digest));
    let now = Micros::from_seconds(995_253_400);
    assert_eq!(
        check(&headers([sent.as_str()]), b"{}", &[secret], now),
        Err(Rejection::Malformed)
    );
}

proptest! {
    #[test]
    fn whatever_is_signed_verifies_and_no_other_body_does(body in prop::collection::vec(any::<u8>(), 1..200), at in 1_000_000_000_i64..9_999_999_999, flip in any::<prop::sample::Index>()) {
        let secret = Secret::new(SECRET).unwrap();
        let now = Micros::from_seconds(at);
        let signed = Paddle.sign(&body, &[], &secret, &Settings::default(), now).unwrap();
        let sent = headers([signed.headers[0].1.as_str()]);
        prop_assert_eq!(check(&sent, &body, std::slice::from_ref(&secret), now), Ok(()));
        let mut other = body;
        let place = flip.index(other.len());
        other[place] ^= 1;
        prop_assert_eq!(check(&sent, &other, &[secret], now), Err(Rejection::Mismatch));
    }

    #[test]
    fn no_header_and_no_body_make_the_verifier_panic_or_accept(header in ".{0,80}", shaped in "(ts=[0-9]{8,12};?)?(h1=[0-9a-fA-F]{60,66};?){0,3}", body in prop::collection::vec(any::<u8>(), 0..50)) {
        let secrets = [Secret::new(SECRET).unwrap()];
        for text in [header, shaped] {
            prop_assert!(check(&headers([text.as_str()]), &body, &secrets, Micros(0)).is_err());
        }
    }
}
