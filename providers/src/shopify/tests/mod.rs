//! What Shopify's adapter makes of deliveries, case by case.

mod envelope;
mod signature;

use super::Shopify;
use crate::delivery::{Delivery, Headers, Rejection, Verified};
use crate::{Adapter, Micros, Secret, Settings};

/// The key of the known answer.
const KEY: &str = "test_secret_key";

fn secrets(texts: &[&str]) -> Vec<Secret> {
    texts.iter().map(|t| Secret::new(t).unwrap()).collect()
}

fn settings(json: &str) -> Settings {
    Settings::from_json(json).unwrap()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(n, v): &(&str, &str)| ((*n).to_owned(), (*v).to_owned());
    pairs.iter().map(own).collect()
}

fn verify(
    headers: Vec<(String, String)>,
    body: &[u8],
    keys: &[Secret],
    settings: &Settings,
) -> Result<Verified, Rejection> {
    let headers = Headers::new(headers.into_iter().map(|(n, v)| (n, v.into_bytes())));
    let headers = &headers;
    Shopify.verify(Delivery { headers, body }, keys, settings, Micros(0))
}

/// A delivery of `acme.myshopify.com`, signed and verified.
fn delivered(topic: &str, body: &str) -> Verified {
    let headers = owned(&[
        ("x-shopify-topic", topic),
        ("x-shopify-shop-domain", "acme.myshopify.com"),
        (
            "x-shopify-webhook-id",
            "6a1f7c2e-1111-4222-8333-444455556666",
        ),
    ]);
    let (secret, settings) = (Secret::new(KEY).unwrap(), Settings::default());
    let signed = Shopify
        .sign(body.as_bytes(), &headers, &secret, &settings, Micros(0))
        .unwrap();
    verify(signed.headers, &signed.body, &[secret], &settings).unwrap()
}
