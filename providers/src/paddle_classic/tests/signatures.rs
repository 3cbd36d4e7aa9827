//! Drives `vectors.json`, and tries to break the verifier with bytes nobody would send.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use crate::adapter::Adapter;
use crate::delivery::{Delivery, Headers, Rejection};
use crate::paddle_classic::PaddleClassic;
use crate::paddle_classic::form::Form;
use crate::{Micros, Secret, Settings};

/// The key of the fixtures, known to everybody.
const TEST_KEY: &str = include_str!("../../../../fixtures/paddle-classic/test-key.pem");

#[derive(Deserialize)]
struct Vectors {
    secrets: BTreeMap<String, String>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    about: String,
    secrets: Vec<String>,
    body: String,
    expect: String,
}

fn check(body: &[u8], secrets: &[Secret]) -> Result<(), Rejection> {
    let headers = Headers::default();
    let delivery = Delivery {
        headers: &headers,
        body,
    };
    let settings = Settings::default();
    let verified = PaddleClassic.verify(delivery, secrets, &settings, Micros(0))?;
    assert_eq!(verified.body(), body);
    Ok(())
}

fn sign(body: &[u8], secret: &Secret) -> Option<Vec<u8>> {
    let settings = Settings::default();
    let signed = PaddleClassic.sign(body, &[], secret, &settings, Micros(0))?;
    Some(signed.body)
}

#[test]
fn every_signature_vector_is_judged_as_it_says() {
    let vectors: Vectors = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert!(vectors.vectors.len() > 25);
    for vector in vectors.vectors {
        let secrets: Vec<Secret> = vector
            .secrets
            .iter()
            .map(|name| Secret::new(&vectors.secrets[name]).unwrap())
            .collect();
        let found = check(vector.body.as_bytes(), &secrets);
        let code = found.map_or_else(Rejection::code, |()| "ok");
        assert_eq!(code, vector.expect, "{}", vector.about);
    }
}

#[test]
fn the_test_key_signs_and_verifies_and_replaces_an_old_signature() {
    let secret = Secret::new(TEST_KEY).unwrap();
    let body =
        b"alert_name=payment_succeeded&customer_name=Zo%C3%AB+Example&coupon=&p_signature=old";
    let signed = sign(body, &secret).unwrap();
    assert_eq!(check(&signed, std::slice::from_ref(&secret)), Ok(()));
    assert_eq!(sign(&signed, &secret), Some(signed));
}

#[test]
fn a_public_key_cannot_sign() {
    let vectors: Vectors = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let public = Secret::new(&vectors.secrets["seller"]).unwrap();
    assert_eq!(sign(b"alert_name=x", &public), None);
}

#[test]
fn php_serialization_sorts_by_bytes_and_counts_bytes() {
    let form = Form::parse("b=zo%C3%AB%40x.io&B=&a=1+2&&c".as_bytes()).unwrap();
    let text = String::from_utf8(form.php_serialized()).unwrap();
    assert_eq!(
        text,
        r#"a:4:{s:1:"B";s:0:"";s:1:"a";s:3:"1 2";s:1:"b";s:9:"zoë@x.io";s:1:"c";s:0:"";}"#
    );
}

#[test]
fn a_source_without_a_secret_says_so_whatever_arrives() {
    for body in ["", "alert_name=x", "alert_name=x&alert_name=y"] {
        assert_eq!(check(body.as_bytes(), &[]), Err(Rejection::NoSecret));
    }
}

#[test]
fn a_field_keeps_its_later_equals_signs_and_says_nothing_when_it_is_blank() {
    let form = Form::parse(b"custom_data=a=b==&coupon=+SAVE10+&email=++").unwrap();
    assert_eq!(form.text("custom_data"), Some("a=b=="));
    assert_eq!(form.text("coupon"), Some("SAVE10"));
    assert_eq!(form.text("email"), None);
}

proptest! {
    #[test]
    fn no_bytes_make_the_form_panic(body in prop::collection::vec(any::<u8>(), 0..300), shaped in "([a-z%&=+]{0,20}(%[0-9a-f]{0,2})?){0,5}") {
        for bytes in [body, shaped.into_bytes()] {
            if let Some(form) = Form::parse(&bytes) {
                let again = Form::parse(&form.encoded_with("x"));
                if let Some(mut again) = again {
                    prop_assert_eq!(again.take_signature(), Some(b"x".to_vec()));
                    prop_assert_eq!(again.php_serialized(), form.php_serialized());
                }
            }
        }
    }
}
