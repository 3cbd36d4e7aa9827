//! What the Paddle adapter promises, case by case.

mod credits;
mod money;
mod parties;
mod reversals;
mod signatures;
mod transactions;

use crate::adapter::Adapter;
use crate::delivery::{Reading, Verified};
use crate::fact::{Fact, Identity, Payment, Reversal};
use crate::paddle::Paddle;
use crate::{Envelope, Settings};

/// A notification around `data`, made at `at`.
fn event(event_type: &str, at: &str, data: &str) -> Verified {
    let body = format!(
        r#"{{"event_id":"evt_01kaunit","event_type":"{event_type}","occurred_at":"{at}","notification_id":"ntf_01kaunit","data":{data}}}"#
    );
    Verified::from_inbox(body.into_bytes(), Vec::new())
}

fn read_with(settings: &str, event_type: &str, at: &str, data: &str) -> Reading {
    let settings = Settings::from_json(settings).unwrap();
    Paddle.normalize(&event(event_type, at, data), &settings)
}

fn read(event_type: &str, at: &str, data: &str) -> Reading {
    read_with("{}", event_type, at, data)
}

fn envelope(body: &str) -> Envelope {
    Paddle.envelope(&Verified::from_inbox(body.as_bytes().to_vec(), Vec::new()))
}

fn payment(reading: &Reading) -> Option<&Payment> {
    reading.facts.iter().find_map(|fact| match fact {
        Fact::Payment(payment) => Some(payment),
        _ => None,
    })
}

fn reversal(reading: &Reading) -> &Reversal {
    let found = reading.facts.iter().find_map(|fact| match fact {
        Fact::Reversal(reversal) => Some(reversal),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no reversal in {reading:?}"))
}

fn identity<'a>(reading: &'a Reading, subject: &str) -> &'a Identity {
    let found = reading.facts.iter().find_map(|fact| match fact {
        Fact::Identity(identity) if identity.subject.as_str() == subject => Some(identity),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no identity of {subject} in {reading:?}"))
}
