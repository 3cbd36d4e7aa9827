//! Gives every adapter's `envelope` and `normalize` any body at all. They must never panic, say the same
//! twice, and say only what can be stored and read back.
//!
//! The input is the body itself, so that a fixture's body is a seed as it is. Its first bytes serve as
//! the value of every header that an adapter keeps.
#![no_main]

use libfuzzer_sys::fuzz_target;
use providers::{Adapter, Fact, Name, Settings, Verified, adapters};

fuzz_target!(|body: &[u8]| {
    for adapter in adapters() {
        read(*adapter, body);
    }
});

fn read(adapter: &dyn Adapter, body: &[u8]) {
    let id = adapter.about().id;
    let value = String::from_utf8_lossy(body.get(..24).unwrap_or(body)).into_owned();
    let kept = adapter.about().kept_headers;
    let headers = kept.iter().map(|name| ((*name).to_owned(), value.clone()));
    let verified = Verified::from_inbox(body.to_vec(), headers.collect());
    let settings = Settings::default();

    let envelope = adapter.envelope(&verified);
    assert_eq!(envelope, adapter.envelope(&verified), "{id}");
    let reading = adapter.normalize(&verified, &settings);
    assert_eq!(reading, adapter.normalize(&verified, &settings), "{id}");
    for fact in &reading.facts {
        check(id, fact);
    }
}

fn check(id: &str, fact: &Fact) {
    let stored = serde_json::to_string(fact).expect("a fact can be stored");
    let back: Fact = serde_json::from_str(&stored).expect("a stored fact can be read");
    assert_eq!(&back, fact, "{id}");
    assert!(!fact.key().is_empty(), "{id}");
    for name in fact.names() {
        assert_eq!(
            Name::from_stored(name.as_str()).as_ref(),
            Some(name),
            "{id}"
        );
    }
    if let Fact::Payment(payment) = fact {
        assert!(payment.amounts.net >= 0, "{id}: a negative net amount");
    }
}
