//! What Shopify's adapter makes of deliveries, case by case.

mod envelope;
mod fixtures;
mod identity;
mod lines;
mod money;
mod orders;
mod people;
mod refunds;
mod signature;

use super::Shopify;
use crate::delivery::{Delivery, Headers, Rejection, Verified};
use crate::fact::{Identity, Payment, Reversal};
use crate::{Adapter, Fact, Micros, Reading, Secret, Settings};

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

/// What a delivery of `acme.myshopify.com` says.
fn reading(topic: &str, body: &str, settings: &Settings) -> Reading {
    Shopify.normalize(&delivered(topic, body), settings)
}

/// The facts of a delivery, with default settings.
fn facts(topic: &str, body: &str) -> Vec<Fact> {
    reading(topic, body, &Settings::default()).facts
}

fn payment(facts: &[Fact]) -> &Payment {
    let found = facts.iter().find_map(|fact| match fact {
        Fact::Payment(payment) => Some(payment),
        _ => None,
    });
    found.unwrap()
}

fn reversals(facts: &[Fact]) -> Vec<&Reversal> {
    let mut found = Vec::new();
    for fact in facts {
        if let Fact::Reversal(reversal) = fact {
            found.push(reversal);
        }
    }
    found
}

fn identity<'f>(facts: &'f [Fact], subject: &str) -> Option<&'f Identity> {
    facts.iter().find_map(|fact| match fact {
        Fact::Identity(identity) if identity.subject.as_str() == subject => Some(identity),
        _ => None,
    })
}

/// An order with these members beside its id, currency and times.
fn order(members: &str) -> String {
    format!(
        r#"{{"id":5500000000001,"admin_graphql_api_id":"gid://shopify/Order/5500000000001","currency":"USD","created_at":"2026-09-01T10:00:00Z","processed_at":"2026-09-01T10:00:00Z","updated_at":"2026-09-01T10:00:05Z",{members}}}"#
    )
}
