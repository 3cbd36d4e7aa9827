use std::time::Duration;

use proptest::prelude::*;
use providers::Micros;

use super::*;
use crate::clock::TestClock;

fn source(at: &str) -> (Arc<TestClock>, IdSource) {
    let clock = Arc::new(TestClock::at(Micros::parse_rfc3339(at).unwrap()));
    (Arc::clone(&clock), IdSource::seeded(clock, 7))
}

#[test]
fn an_id_is_its_prefix_and_26_small_letters_and_digits() {
    let (_, ids) = source("2026-11-22T10:00:00Z");
    let id = ids.make(SALE);
    let rest = id.strip_prefix("sale_01").unwrap();
    assert_eq!(rest.len(), 24);
    assert!(
        rest.bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    );
}

#[test]
fn the_text_of_known_numbers_is_fixed() {
    assert_eq!(text(0), "0".repeat(26));
    assert_eq!(text(u128::MAX), format!("7{}", "z".repeat(25)));
    assert_eq!(text(32), format!("{}10", "0".repeat(24)));
}

#[test]
fn an_id_is_a_uuid_of_version_7_that_carries_its_time() {
    let uuid = uuid::Uuid::from_u128(uuid_v7(1_795_341_600_123, RANDOM_MASK));
    assert_eq!(uuid.get_version_num(), 7);
    assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    assert_eq!(
        uuid.get_timestamp().unwrap().to_unix(),
        (1_795_341_600, 123_000_000)
    );
}

#[test]
fn an_id_tells_when_it_was_made() {
    let (clock, ids) = source("2026-11-22T10:00:00.123Z");
    assert_eq!(made_at(&ids.make(EVENT)), Some(clock.now()));
    for odd in [
        "",
        "evt",
        "evt_1",
        "evt_01K9XXXXXXXXXXXXXXXXXXXXXX",
        &"é".repeat(13),
    ] {
        assert_eq!(made_at(odd), None, "{odd}");
    }
}

#[test]
fn ids_increase_while_the_clock_stands_still_and_when_it_steps_back() {
    let (clock, ids) = source("2026-11-22T10:00:00Z");
    let mut made: Vec<String> = (0..1_000).map(|_| ids.make(EVENT)).collect();
    clock.set(Micros::parse_rfc3339("2020-01-01T00:00:00Z").unwrap());
    made.push(ids.make(EVENT));
    clock.set(Micros::parse_rfc3339("2026-11-22T10:00:01Z").unwrap());
    made.push(ids.make(EVENT));
    assert!(made.is_sorted_by(|a, b| a < b));
}

#[test]
fn the_same_seed_repeats_its_ids_and_another_does_not() {
    let (_, one) = source("2026-11-22T10:00:00Z");
    let (clock, same) = source("2026-11-22T10:00:00Z");
    let other = IdSource::seeded(clock, 8);
    let id = one.make(CLICK);
    assert_eq!(id, same.make(CLICK));
    assert_ne!(id, other.make(CLICK));
}

#[test]
fn an_unseeded_source_never_repeats_a_key() {
    let ids = IdSource::new(Arc::new(TestClock::default()));
    let other = IdSource::new(Arc::new(TestClock::default()));
    assert_ne!(ids.api_key(true), ids.api_key(true));
    assert_ne!(ids.api_key(true), other.api_key(true));
}

#[test]
fn a_key_names_its_mode_and_has_43_random_characters() {
    let (_, ids) = source("2026-11-22T10:00:00Z");
    for (livemode, prefix) in [(true, "trib_live_"), (false, "trib_test_")] {
        let key = ids.api_key(livemode);
        let random = key.expose().strip_prefix(prefix).unwrap();
        assert_eq!(random.len(), 43);
        assert!(
            random
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        );
    }
}

#[test]
fn a_key_cannot_be_printed_and_its_digest_is_sha_256() {
    let key = ApiKey("abc".to_owned());
    assert_eq!(format!("{key:?}"), "ApiKey(…)");
    assert_eq!(
        hex::encode(key.digest()),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

proptest! {
    #[test]
    fn the_order_of_texts_is_the_order_of_numbers(a: u128, b: u128) {
        prop_assert_eq!(text(a).cmp(&text(b)), a.cmp(&b));
    }

    #[test]
    fn ids_sort_by_time_whatever_the_clock_shows(steps in prop::collection::vec(-5_000_i64..5_000, 1..50)) {
        let clock = Arc::new(TestClock::at(Micros::from_seconds(1_795_341_600)));
        let ids = IdSource::seeded(Arc::<TestClock>::clone(&clock), 1);
        let mut last = ids.make(SALE);
        for step in steps {
            clock.set(Micros(clock.now().0 + step));
            clock.advance(Duration::from_micros(1));
            let next = ids.make(SALE);
            prop_assert!(next > last);
            last = next;
        }
    }
}
