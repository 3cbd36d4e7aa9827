//! What Stripe's events become.

mod aliases;
mod amounts;
mod documents;
mod envelope;
mod fixtures;
mod history;
mod money;
mod people;
mod reversals;
mod states;
mod verify;

use serde_json::{Value, json};

use crate::fact::{Alias, Identity, Lead, Payment, Refunded, Reversal, Strength};
use crate::stripe::Stripe;
use crate::{Adapter, Fact, Name, Reading, Settings, Verified};

/// 2026-10-05 09:30:00 UTC.
const AT: i64 = 1_791_192_600;

fn event(event_type: &str, object: &Value) -> Value {
    json!({"id": "evt_1", "object": "event", "created": AT, "type": event_type, "data": {"object": object}})
}

fn verified(body: &Value) -> Verified {
    Verified::from_inbox(body.to_string().into_bytes(), Vec::new())
}

fn read_with(settings: &str, body: &Value) -> Reading {
    Stripe.normalize(&verified(body), &Settings::from_json(settings).unwrap())
}

/// The facts of one event about `object`.
fn facts_of(event_type: &str, object: &Value) -> Vec<Fact> {
    facts_with("{}", event_type, object)
}

fn facts_with(settings: &str, event_type: &str, object: &Value) -> Vec<Fact> {
    let reading = read_with(settings, &event(event_type, object));
    assert!(!reading.unreadable, "{:?}", reading.note);
    reading.facts
}

fn payments(facts: &[Fact]) -> Vec<&Payment> {
    let picked = facts.iter().filter_map(|fact| match fact {
        Fact::Payment(it) => Some(it),
        _ => None,
    });
    picked.collect()
}

fn identities(facts: &[Fact]) -> Vec<&Identity> {
    let picked = facts.iter().filter_map(|fact| match fact {
        Fact::Identity(it) => Some(it),
        _ => None,
    });
    picked.collect()
}

fn reversals(facts: &[Fact]) -> Vec<&Reversal> {
    let picked = facts.iter().filter_map(|fact| match fact {
        Fact::Reversal(it) => Some(it),
        _ => None,
    });
    picked.collect()
}

fn refundeds(facts: &[Fact]) -> Vec<&Refunded> {
    let picked = facts.iter().filter_map(|fact| match fact {
        Fact::Refunded(it) => Some(it),
        _ => None,
    });
    picked.collect()
}

fn leads(facts: &[Fact]) -> Vec<&Lead> {
    let picked = facts.iter().filter_map(|fact| match fact {
        Fact::Lead(it) => Some(it),
        _ => None,
    });
    picked.collect()
}

fn aliases(facts: &[Fact]) -> Vec<&Alias> {
    let picked = facts.iter().filter_map(|fact| match fact {
        Fact::Alias(it) => Some(it),
        _ => None,
    });
    picked.collect()
}

/// Whether the facts join these two payment names with this strength.
fn joins(facts: &[Fact], a: &str, b: &str, strength: Strength) -> bool {
    let (a, b) = (Name::payment(a).unwrap(), Name::payment(b).unwrap());
    aliases(facts).iter().any(|alias| {
        alias.strength == strength
            && ((alias.a == a && alias.b == b) || (alias.a == b && alias.b == a))
    })
}

/// `base` with the members of `change` put over it.
fn with(base: &Value, change: impl Into<Value>) -> Value {
    let change = change.into();
    let mut object = base.as_object().unwrap().clone();
    object.extend(change.as_object().unwrap().clone());
    Value::Object(object)
}
