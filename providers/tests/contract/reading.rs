//! Whatever a body holds, it is read without a panic, and never as a negative amount.

use std::collections::BTreeSet;
use std::rc::Rc;

use proptest::prelude::*;
use proptest::sample::Index;
use providers::fact::Extent;
use providers::{Adapter, Fact, Reading, Settings, Verified, adapters};
use serde_json::{Value, json};

use crate::samples::{Sample, kept, samples};

/// What must hold for whatever an adapter makes of a body.
fn check(adapter: &dyn Adapter, verified: &Verified, settings: &Settings) -> Reading {
    let id = adapter.about().id;
    let envelope = adapter.envelope(verified);
    assert!(
        !envelope.event_id.is_empty() && !envelope.event_type.is_empty(),
        "{id}"
    );
    let reading = adapter.normalize(verified, settings);
    assert!(
        !reading.unreadable || reading.facts.is_empty(),
        "{id}: unreadable, with facts"
    );
    for fact in &reading.facts {
        let stored = serde_json::to_string(fact).unwrap();
        assert_eq!(
            &serde_json::from_str::<Fact>(&stored).unwrap(),
            fact,
            "{id}"
        );
        assert!(least_amount(fact) >= 0, "{id}: {stored}");
    }
    reading
}

fn least_amount(fact: &Fact) -> i64 {
    let of_extent = |extent: &Extent| match *extent {
        Extent::All => 0,
        Extent::Gross { cash, counted } => cash.min(counted),
        Extent::Net { cash, net } => cash.min(net),
        Extent::Both { cash, counted, net } => cash.min(counted).min(net),
    };
    match fact {
        Fact::Payment(payment) => {
            let amounts = payment.amounts;
            let view = payment
                .presentment
                .map_or(0, |view| view.gross.min(view.reversible));
            amounts
                .gross
                .min(amounts.net)
                .min(amounts.reversible)
                .min(view)
        }
        Fact::Reversal(reversal) => of_extent(&reversal.extent),
        Fact::Refunded(refunded) => of_extent(&refunded.extent),
        Fact::Allocation(allocation) => allocation.amount,
        _ => 0,
    }
}

/// Values that stand where nobody expects them.
fn hostile() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(-0.5),
        json!(""),
        json!("-5.00"),
        json!("99999999999999999999999"),
        json!("\u{0}"),
        json!("x".repeat(3000)),
        json!([]),
        json!({}),
        json!([[{"id": -1}]]),
        json!({"id": {"id": []}}),
        json!("1e9"),
    ]
}

/// All places in a document, by pointer, whole objects and lists included.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// The body with one value replaced; as it is when it is no JSON.
fn disturbed(body: &str, place: Index, other: Index) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(body) else {
        return body.to_owned();
    };
    let mut found = Vec::new();
    pointers(&document, "", &mut found);
    if let Some(value) = document.pointer_mut(place.get(found.as_slice()).as_str()) {
        *value = other.get(&hostile()).clone();
    }
    document.to_string()
}

#[test]
fn every_fixture_is_read_without_a_negative_amount() {
    for adapter in adapters() {
        let mut facts = 0;
        for sample in samples(adapter.about().id) {
            let verified =
                Verified::from_inbox(sample.body.clone().into_bytes(), kept(*adapter, &sample));
            facts += check(*adapter, &verified, &sample.settings).facts.len();
        }
        assert!(facts > 0, "{}", adapter.about().id);
    }
}

/// One sample of each event type in each shape.
fn one_of_each(adapter: &dyn Adapter) -> Vec<Sample> {
    let mut seen = BTreeSet::new();
    let mut each = samples(adapter.about().id);
    each.retain(|sample| {
        let body = sample.body.clone().into_bytes();
        let envelope = adapter.envelope(&Verified::from_inbox(body, kept(adapter, sample)));
        seen.insert((envelope.event_type, envelope.api_version))
    });
    each
}

/// Whether a value can stand for an amount: a number, or a text that reads as one.
fn is_numeric(value: &Value) -> bool {
    value.is_number()
        || value
            .as_str()
            .is_some_and(|text| text.parse::<f64>().is_ok())
}

#[test]
fn no_number_of_any_event_can_be_turned_into_a_negative_amount() {
    for adapter in adapters() {
        for sample in one_of_each(*adapter) {
            let Ok(document) = serde_json::from_str::<Value>(&sample.body) else {
                continue;
            };
            let mut found = Vec::new();
            pointers(&document, "", &mut found);
            found.retain(|at| document.pointer(at).is_some_and(is_numeric));
            for at in &found {
                for hostile in [json!(-7), json!("-7.00"), json!(i64::MIN), json!(i64::MAX)] {
                    let mut changed = document.clone();
                    if let Some(value) = changed.pointer_mut(at) {
                        *value = hostile;
                    }
                    let body = changed.to_string().into_bytes();
                    let verified = Verified::from_inbox(body, kept(*adapter, &sample));
                    check(*adapter, &verified, &sample.settings);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for adapter in adapters() {
            check(*adapter, &Verified::from_inbox(body.clone(), Vec::new()), &Settings::default());
        }
    }

    #[test]
    fn a_document_with_values_out_of_place_never_yields_a_negative_amount(
        which in any::<Index>(), places in [any::<Index>(), any::<Index>()], others in [any::<Index>(), any::<Index>()],
    ) {
        for (adapter, samples) in SAMPLES.with(Clone::clone).iter() {
            let sample = which.get(samples);
            let once = disturbed(&sample.body, places[0], others[0]);
            let twice = disturbed(&once, places[1], others[1]);
            for body in [once, twice] {
                let verified = Verified::from_inbox(body.into_bytes(), kept(*adapter, sample));
                check(*adapter, &verified, &sample.settings);
            }
        }
    }
}

thread_local! {
    static SAMPLES: Rc<Vec<(&'static dyn Adapter, Vec<Sample>)>> = Rc::new(
        adapters().iter().map(|adapter| (*adapter, samples(adapter.about().id))).collect(),
    );
}
