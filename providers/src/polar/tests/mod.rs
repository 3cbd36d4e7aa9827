//! Tests of the Polar adapter: signatures against recorded vectors, and what orders become.

mod vectors;

use crate::delivery::{Delivery, Headers, Rejection, Verified};
use crate::settings::Settings;
use crate::{Adapter, Micros, Secret};

use super::Polar;

/// Made for these tests: base64 of 32 bytes after the prefix, as Polar makes them today.
const SECRET: &str = "whsec_dHJpYnV0YXJ5LXRlc3Qtc2VjcmV0LW9mLTMyLWJ5dGU=";

fn settings(json: &str) -> Settings {
    Settings::from_json(json).unwrap()
}

fn headers(pairs: &[(String, String)]) -> Headers {
    Headers::new(
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into_bytes())),
    )
}

/// Signs a body as Polar would and verifies it.
fn delivered(body: &str, settings: &Settings) -> Result<Verified, Rejection> {
    let now = Micros::from_seconds(1_790_000_000);
    let secret = Secret::new(SECRET).unwrap();
    let id = [("webhook-id".to_owned(), "evt-1".to_owned())];
    let signed = Polar
        .sign(body.as_bytes(), &id, &secret, settings, now)
        .unwrap();
    let headers = headers(&signed.headers);
    let delivery = Delivery {
        headers: &headers,
        body: &signed.body,
    };
    Polar.verify(delivery, &[secret], settings, now)
}
