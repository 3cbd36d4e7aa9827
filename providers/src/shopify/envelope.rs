//! The outside of an event: id, topic, shop, version, mode and time.
//!
//! Never fails and never looks at amounts.

use serde::Deserialize;

use super::verify::{API_VERSION, SHOP, TOPIC, TRIGGERED_AT, WEBHOOK_ID};
use crate::delivery::{Envelope, Verified};
use crate::lenient::{self, Raw};
use crate::{Micros, signature};

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    test: Raw<'a>,
    #[serde(borrow, default)]
    transactions: Raw<'a>,
    #[serde(borrow, default)]
    updated_at: Raw<'a>,
    #[serde(borrow, default)]
    processed_at: Raw<'a>,
    #[serde(borrow, default)]
    created_at: Raw<'a>,
}

#[derive(Deserialize)]
struct Transaction<'a> {
    #[serde(borrow, default)]
    test: Raw<'a>,
}

impl Body<'_> {
    /// A bogus gateway or a provider's test mode. A refund says so in its transactions only.
    fn is_test(&self) -> bool {
        let says_test = |raw: Raw<'_>| raw.bool() == Some(true);
        says_test(self.test)
            || (self.transactions.objects::<Transaction<'_>>().iter()).any(|t| says_test(t.test))
    }
}

/// The id is the delivery's, which Shopify names as the key against duplicates, else made from topic
/// and bytes.
pub fn envelope(verified: &Verified) -> Envelope {
    let account = verified.header(SHOP).map(str::to_ascii_lowercase);
    let api_version = verified.header(API_VERSION).map(str::to_owned);
    let topic = verified.header(TOPIC);
    let (Some(topic), Some(body)) = (topic, lenient::document::<Body<'_>>(verified.body())) else {
        return Envelope {
            api_version,
            account,
            ..Envelope::unreadable(verified.body())
        };
    };
    Envelope {
        event_id: event_id(verified, topic),
        event_type: topic.to_owned(),
        api_version,
        account,
        livemode: body.is_test().then_some(false),
        occurred_at: triggered_at(verified)
            .or_else(|| body.updated_at.rfc3339())
            .or_else(|| body.processed_at.rfc3339())
            .or_else(|| body.created_at.rfc3339()),
    }
}

/// The delivery's id, else one made from topic and body: one body can stand under two topics.
pub fn event_id(verified: &Verified, topic: &str) -> String {
    match verified.header(WEBHOOK_ID).filter(|id| !id.is_empty()) {
        Some(id) => id.to_owned(),
        None => signature::digest_id(&[topic.as_bytes(), b"\n", verified.body()].concat()),
    }
}

/// When the event fired, as its header says: good for showing, never for deciding what is newest.
pub fn triggered_at(verified: &Verified) -> Option<Micros> {
    Micros::parse_rfc3339(verified.header(TRIGGERED_AT)?)
}
