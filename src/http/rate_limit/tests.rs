use providers::Micros;

use super::*;
use crate::clock::TestClock;

fn limit(per_second: u32) -> (Arc<TestClock>, RateLimit<String>) {
    let clock = Arc::new(TestClock::at(Micros::from_seconds(1_795_341_600)));
    let per_second = NonZeroU32::new(per_second).unwrap();
    (Arc::clone(&clock), RateLimit::new(per_second, clock))
}

fn passed(limit: &RateLimit<String>, key: &str, calls: usize) -> usize {
    (0..calls)
        .filter(|_| limit.check(&key.to_owned()).is_ok())
        .count()
}

#[test]
fn a_burst_of_twice_the_rate_passes_and_then_the_rate() {
    let (clock, limit) = limit(10);
    assert_eq!(passed(&limit, "a", 100), 20);
    clock.advance(Duration::from_secs(1));
    assert_eq!(passed(&limit, "a", 100), 10);
    clock.advance(Duration::from_mins(1));
    assert_eq!(passed(&limit, "a", 100), 20);
}

#[test]
fn keys_do_not_use_up_each_others_calls() {
    let (_, limit) = limit(1);
    assert_eq!(passed(&limit, "a", 5), 2);
    assert_eq!(passed(&limit, "b", 5), 2);
}

#[test]
fn a_refusal_says_after_how_many_whole_seconds_a_call_passes() {
    let (clock, limit) = limit(1);
    assert_eq!(passed(&limit, "a", 3), 2);
    let refused = limit.check(&"a".to_owned()).unwrap_err();
    assert_eq!(refused.retry_after_seconds, 1);
    clock.advance(Duration::from_secs(refused.retry_after_seconds));
    assert_eq!(limit.check(&"a".to_owned()), Ok(()));
    assert_eq!(ApiError::from(refused).status().as_u16(), 429);
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let (clock, limit) = limit(10);
    assert_eq!(passed(&limit, "a", 100), 20);
    clock.set(Micros::from_seconds(0));
    assert_eq!(passed(&limit, "a", 100), 0);
    clock.advance(Duration::from_secs(1));
    assert_eq!(passed(&limit, "a", 100), 10);
}

#[test]
fn keys_that_have_not_called_lately_are_forgotten() {
    let (clock, limit) = limit(10);
    for key in 0..KEYS_BEFORE_TIDYING {
        limit.check(&key.to_string()).unwrap();
    }
    assert_eq!(limit.len(), KEYS_BEFORE_TIDYING);
    clock.advance(Duration::from_mins(1));
    limit.check(&"new".to_owned()).unwrap();
    assert_eq!(limit.len(), 1);
    assert!(!limit.is_empty());
}

#[test]
fn a_source_under_attack_is_limited_and_another_is_not() {
    let unverified = UnverifiedLimit::new(Arc::new(TestClock::default()));
    let passed = (0..1_000)
        .filter(|_| unverified.check("src_a", None).is_ok())
        .count();
    assert_eq!(passed, 100);
    assert_eq!(unverified.check("src_b", None), Ok(()));
}

#[test]
fn an_address_that_tries_many_sources_is_limited_and_another_is_not() {
    let unverified = UnverifiedLimit::new(Arc::new(TestClock::default()));
    let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|octets| Some(IpAddr::from(octets)));
    let passed = (0..1_000)
        .filter(|n| unverified.check(&format!("src_{n}"), one).is_ok())
        .count();
    assert_eq!(passed, 200);
    assert_eq!(unverified.check("src_other", other), Ok(()));
}

#[test]
fn all_sources_together_are_limited_too() {
    let unverified = UnverifiedLimit::new(Arc::new(TestClock::default()));
    let passed = (0..5_000)
        .filter(|n| unverified.check(&format!("src_{n}"), None).is_ok())
        .count();
    assert_eq!(passed, 1_000);
}

#[test]
fn waits_are_rounded_up_to_whole_seconds() {
    assert_eq!(whole_seconds(Duration::ZERO), 1);
    assert_eq!(whole_seconds(Duration::from_millis(1_001)), 2);
    assert_eq!(whole_seconds(Duration::from_secs(2)), 2);
}
