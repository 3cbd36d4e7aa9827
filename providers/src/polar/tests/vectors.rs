//! Drives `vectors.json`, and the rules about signatures that have no vector.

use serde::Deserialize;

use super::{Polar, SECRET, delivered, headers, settings};
use crate::delivery::{Delivery, Rejection};
use crate::polar::verify::signed_parts;
use crate::signature::{encode_base64, hmac_sha256};
use crate::{Adapter, Micros, Secret, Settings};

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    secrets: Vec<String>,
    headers: Vec<(String, String)>,
    body: String,
    now_seconds: i64,
    expect: String,
}

impl Vector {
    fn outcome(&self) -> &'static str {
        let secrets: Result<Vec<Secret>, _> =
            self.secrets.iter().map(|text| Secret::new(text)).collect();
        let Ok(secrets) = secrets else {
            return "unusable_secret";
        };
        let headers = headers(&self.headers);
        let delivery = Delivery {
            headers: &headers,
            body: self.body.as_bytes(),
        };
        let now = Micros::from_seconds(self.now_seconds);
        match Polar.verify(delivery, &secrets, &Settings::default(), now) {
            Ok(verified) => {
                assert_eq!(verified.body(), self.body.as_bytes());
                "ok"
            }
            Err(rejection) => rejection.code(),
        }
    }
}

#[test]
fn every_vector_has_its_outcome() {
    let all: Vectors = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    assert!(all.vectors.len() > 50);
    for vector in &all.vectors {
        assert_eq!(vector.outcome(), vector.expect, "{}", vector.name);
    }
}

/// Polar case 1.
#[test]
fn one_secret_verifies_under_both_schemes_without_a_setting() {
    let all: Vectors = serde_json::from_str(include_str!("../vectors.json")).unwrap();
    let frozen: Vec<_> = all.vectors.iter().take(4).map(Vector::outcome).collect();
    assert_eq!(frozen, ["ok"; 4]);
}

#[test]
fn what_is_signed_here_verifies_here_with_secrets_of_every_age() {
    let now = Micros::from_seconds(1_790_000_000);
    for text in [
        SECRET,
        "whsec_qTz81nVbX0cKdPwE5rYuI7oLmAsGhJ2fD4gHkL9zXcV",
        "polar_whs_qTz81nVbX0cKdPwE5rYuI7oLmAsGhJ2fD4gHkL9zXcV",
        "a custom secret of more than 32 characters",
    ] {
        let secret = Secret::new(text).unwrap();
        let given = [
            ("webhook-id".to_owned(), "an-id".to_owned()),
            ("Webhook-Signature".to_owned(), "v1,stale".to_owned()),
            ("user-agent".to_owned(), "polar.sh webhooks".to_owned()),
        ];
        let signed = Polar
            .sign(b"{}", &given, &secret, &Settings::default(), now)
            .unwrap();
        assert_eq!(signed.headers.len(), 4);
        let headers = headers(&signed.headers);
        let delivery = Delivery {
            headers: &headers,
            body: &signed.body,
        };
        let verified = Polar
            .verify(delivery, &[secret], &Settings::default(), now)
            .unwrap();
        assert_eq!(Polar.envelope(&verified).event_id, "an-id");
    }
}

/// Polar case 2.
#[test]
fn a_retry_signs_anew_and_an_old_attempt_is_refused() {
    let secret = [Secret::new(SECRET).unwrap()];
    let none = Settings::default();
    let made = Micros::from_seconds(1_790_000_000);
    let id = [("webhook-id".to_owned(), "same-id".to_owned())];
    let signed = Polar.sign(b"{}", &id, &secret[0], &none, made).unwrap();
    let headers = headers(&signed.headers);
    let delivery = Delivery {
        headers: &headers,
        body: &signed.body,
    };
    let at = |seconds| Polar.verify(delivery, &secret, &none, made.plus_seconds(seconds));
    assert!(at(300).is_ok());
    assert_eq!(at(301).unwrap_err(), Rejection::Stale);
    assert_eq!(at(-301).unwrap_err(), Rejection::Future);
}

/// Polar case 20: one custom secret for the sandbox and for production.
#[test]
fn a_delivery_of_another_organization_is_refused_where_the_source_is_pinned() {
    let pinned = settings(r#"{"organizationId":"3B8E0C52-7F7E-4B0D-9C57-0C9A5D2B1E01"}"#);
    let own = "3b8e0c52-7f7e-4b0d-9c57-0c9a5d2b1e01";
    let other = "9d1c2b3a-0000-4000-8000-0c9a5d2b1e02";
    let bodies = |id: &str| {
        [
            format!(
                r#"{{"type":"order.paid","data":{{"customer":{{"organization_id":"{id}"}}}}}}"#
            ),
            format!(r#"{{"type":"refund.created","data":{{"organization_id":"{id}"}}}}"#),
            format!(
                r#"{{"type":"x","data":{{"customer":null,"product":{{"organization_id":"{id}"}}}}}}"#
            ),
        ]
    };
    for body in bodies(own) {
        assert!(delivered(&body, &pinned).is_ok(), "{body}");
    }
    for body in bodies(other) {
        let refused = delivered(&body, &pinned).unwrap_err();
        assert_eq!(refused, Rejection::WrongAccount, "{body}");
        assert!(delivered(&body, &Settings::default()).is_ok(), "{body}");
    }
    assert!(delivered(r#"{"type":"benefit.updated","data":{}}"#, &pinned).is_ok());
}

#[test]
fn a_setting_that_cannot_work_is_named() {
    let problem = |json| Polar.check_settings(&settings(json)).map_err(|e| e.name);
    assert_eq!(problem(r#"{"organizationId":"3b8e0c52"}"#), Ok(()));
    assert_eq!(problem(r#"{"clickKeys":["aff"]}"#), Ok(()));
    assert_eq!(
        problem(r#"{"organizationId":""}"#),
        Err("organizationId".to_owned())
    );
    assert_eq!(
        problem(r#"{"organizationId":7}"#),
        Err("organizationId".to_owned())
    );
    assert_eq!(
        problem(r#"{"organization":"x"}"#),
        Err("organization".to_owned())
    );
}

fn answer_to(signature: &str) -> Result<(), Rejection> {
    let secret = [Secret::new(SECRET).unwrap()];
    let pairs = [
        ("webhook-id".to_owned(), "evt-1".to_owned()),
        ("webhook-timestamp".to_owned(), "1790000000".to_owned()),
        ("webhook-signature".to_owned(), signature.to_owned()),
    ];
    let headers = headers(&pairs);
    let delivery = Delivery {
        headers: &headers,
        body: b"{}",
    };
    let now = Micros::from_seconds(1_790_000_000);
    let verified = Polar.verify(delivery, &secret, &Settings::default(), now);
    verified.map(|_| ())
}

fn good_signature() -> String {
    let parts = signed_parts("evt-1", "1790000000", b"{}");
    format!(
        "v1,{}",
        encode_base64(&hmac_sha256(SECRET.as_bytes(), &parts))
    )
}

#[test]
fn a_signature_header_is_read_up_to_its_longest_length_and_no_byte_more() {
    let good = format!("{} v2,", good_signature());
    let of_length = |length: usize| answer_to(&format!("{good:0<length$}"));
    assert_eq!(of_length(4_096), Ok(()));
    assert_eq!(of_length(4_097), Err(Rejection::Malformed));
}

#[test]
fn the_sixteenth_signature_is_the_last_that_counts() {
    let decoy = format!("v1,{} ", encode_base64(&[0; 32]));
    let behind = |others| answer_to(&format!("{}{}", decoy.repeat(others), good_signature()));
    assert_eq!(behind(15), Ok(()));
    assert_eq!(behind(16), Err(Rejection::Mismatch));
}
