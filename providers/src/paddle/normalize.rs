//! From a verified notification to its envelope and its facts: who reads which event.
//!
//! It must never record an event of the simulator, whatever source it was aimed at, and never order
//! anything by arrival: versions come from `occurred_at`.
//! <https://developer.paddle.com/webhooks/overview>

use super::objects::Message;
use super::{adjustment, parties, transaction};
use crate::delivery::{Envelope, Reading};
use crate::settings::Settings;
use crate::signature;

/// Beginnings of ids that Paddle's webhook simulator gives.
/// <https://developer.paddle.com/webhooks/test-webhooks>
const SIMULATED_EVENT: &str = "ntfsimevt_";
const SIMULATED_NOTIFICATION: &str = "ntfsimntf_";

/// The outside of an event. Paddle names neither account nor mode: both follow from the source, except
/// that the simulator's events are never live.
pub(super) fn envelope(event: &Message<'_>, body: &[u8]) -> Envelope {
    Envelope {
        event_id: event
            .event_id
            .text()
            .unwrap_or_else(|| signature::digest_id(body)),
        event_type: event
            .event_type
            .text()
            .unwrap_or_else(|| "unreadable".to_owned()),
        api_version: None,
        account: None,
        livemode: is_simulated(event).then_some(false),
        occurred_at: event.occurred_at.rfc3339(),
    }
}

/// What an event says.
pub(super) fn reading(event: &Message<'_>, settings: &Settings) -> Reading {
    if is_simulated(event) {
        return Reading::ignored("an event of Paddle's simulator: never recorded");
    }
    let Some(event_type) = event.event_type.text() else {
        return Reading::unreadable("event_type is missing");
    };
    let Some(at) = event.occurred_at.rfc3339() else {
        return Reading::unreadable("occurred_at is missing or no time");
    };
    let object = event_type.split('.').next().unwrap_or_default();
    match object {
        "transaction" => transaction::reading(event.data, at, settings),
        "adjustment" => adjustment::reading(event.data, at, settings),
        "subscription" => parties::subscription(event.data, at, settings),
        "customer" => parties::customer(event.data, at, settings),
        "discount" => parties::discount(event.data, at),
        _ => Reading::ignored("not about money or customers"),
    }
}

fn is_simulated(event: &Message<'_>) -> bool {
    let begins = |id: Option<String>, with| id.is_some_and(|id| id.starts_with(with));
    begins(event.event_id.text(), SIMULATED_EVENT)
        || begins(event.notification_id.text(), SIMULATED_NOTIFICATION)
}
