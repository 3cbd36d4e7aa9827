//! Runs `vectors.json`: every case of the signature table, with signatures made elsewhere.

use serde::Deserialize;

use crate::delivery::{Delivery, Headers, Rejection};
use crate::secret::Secret;
use crate::stripe::Stripe;
use crate::{Adapter, Micros, Settings};

#[derive(Deserialize)]
struct Vectors {
    now: i64,
    secret: String,
    body: String,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    case: String,
    headers: Vec<String>,
    expect: String,
    secrets: Option<Vec<String>>,
    body: Option<String>,
    body_hex: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../vectors.json")).unwrap()
}

fn outcome(vectors: &Vectors, row: &Row) -> String {
    let own = vec![vectors.secret.clone()];
    let secrets: Vec<Secret> = row
        .secrets
        .as_ref()
        .unwrap_or(&own)
        .iter()
        .map(|text| Secret::new(text).unwrap())
        .collect();
    let body = match &row.body_hex {
        Some(text) => hex::decode(text).unwrap(),
        None => row
            .body
            .clone()
            .unwrap_or(vectors.body.clone())
            .into_bytes(),
    };
    let headers = Headers::new(
        row.headers
            .iter()
            .map(|value| ("Stripe-Signature".to_owned(), value.clone().into_bytes())),
    );
    let delivery = Delivery {
        headers: &headers,
        body: &body,
    };
    let now = Micros::from_seconds(vectors.now);
    match Stripe.verify(delivery, &secrets, &Settings::default(), now) {
        Ok(verified) => {
            assert_eq!(verified.body(), body, "{}", row.case);
            "accept".to_owned()
        }
        Err(rejection) => rejection.code().to_owned(),
    }
}

#[test]
fn every_case_of_the_signature_table_is_answered_as_it_says() {
    let vectors = vectors();
    assert!(vectors.rows.len() >= 60);
    for row in &vectors.rows {
        assert_eq!(outcome(&vectors, row), row.expect, "{}", row.case);
    }
}

#[test]
fn the_table_shows_every_way_to_be_rejected() {
    let vectors = vectors();
    for rejection in [
        Rejection::NoSecret,
        Rejection::Missing,
        Rejection::Malformed,
        Rejection::NoSignature,
        Rejection::Mismatch,
        Rejection::Stale,
        Rejection::Future,
        Rejection::EmptyBody,
    ] {
        let shown = vectors
            .rows
            .iter()
            .any(|row| row.expect == rejection.code());
        assert!(shown, "{rejection:?}");
    }
}

#[test]
fn a_delivery_signed_here_has_one_signature_and_is_the_one_of_the_table() {
    let vectors = vectors();
    let secret = Secret::new(&vectors.secret).unwrap();
    let now = Micros::from_seconds(vectors.now);
    let given = [
        ("stripe-signature".to_owned(), "t=1,v1=old".to_owned()),
        ("user-agent".to_owned(), "Stripe/1.0".to_owned()),
    ];
    let signed = Stripe
        .sign(
            vectors.body.as_bytes(),
            &given,
            &secret,
            &Settings::default(),
            now,
        )
        .unwrap();
    let normal = vectors
        .rows
        .iter()
        .find(|row| row.case == "normal")
        .unwrap();
    assert_eq!(signed.headers.len(), 2);
    assert_eq!(signed.headers[0].0, "user-agent");
    assert_eq!(signed.headers[1].1, normal.headers[0]);
}

#[test]
fn a_header_is_read_up_to_its_longest_length_and_no_byte_more() {
    let vectors = vectors();
    let secrets = [Secret::new(&vectors.secret).unwrap()];
    let now = Micros::from_seconds(vectors.now);
    let good = format!("{},v0=", vectors.rows[0].headers[0]);
    let answer = |length: usize| {
        let value = format!("{good:0<length$}");
        let headers = Headers::new([("stripe-signature".to_owned(), value.into_bytes())]);
        let delivery = Delivery {
            headers: &headers,
            body: vectors.body.as_bytes(),
        };
        let verified = Stripe.verify(delivery, &secrets, &Settings::default(), now);
        verified.map(|_| ())
    };
    assert_eq!(answer(4_096), Ok(()));
    assert_eq!(answer(4_097), Err(Rejection::Malformed));
}
