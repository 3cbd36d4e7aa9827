//! Each way in which something can be wrong, and that nothing is said where nothing is.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Disk, KeyState, Schema, Server, SourceFacts, StoppedJobs};
use super::*;
use crate::books::audits::Audited;
use crate::books::health::{Open, Seen};
use crate::books::refusals::Refused;
use crate::reconcile::{Access, Missing};
use providers::Micros;

const NOW: Micros = Micros(1_795_348_800_000_000);

fn ago(seconds: i64) -> Micros {
    NOW.plus_seconds(-seconds)
}

fn well() -> Facts {
    let seen = |event_type: &str| Seen {
        event_type: event_type.to_owned(),
        last_at: ago(300),
    };
    let source = SourceFacts {
        id: "src_1".to_owned(),
        processor: "stripe".to_owned(),
        title: "Stripe",
        livemode: true,
        status: "active".to_owned(),
        added_at: ago(90 * 86_400),
        odd_secrets: Vec::new(),
        needed: vec!["invoice.paid", "charge.refunded"],
        seen: vec![seen("invoice.paid"), seen("charge.refunded")],
        cut: 0,
        arrivals: (1..50).map(|n| ago(n * 300)).collect(),
        refused: Vec::new(),
        refused_since_verified: BTreeMap::new(),
        received: None,
        parked: None,
        failed: None,
        access: Access::Open,
    };
    Facts {
        now: NOW,
        server: Server {
            schema: Schema {
                found: Some(1),
                expected: 1,
            },
            database_clock: Some(NOW),
            unsafe_settings: Vec::new(),
            database_bytes: Some(1),
            disk: Some(Disk {
                free: 1 << 40,
                total: 1 << 41,
            }),
            master_key: KeyState::Fits,
            public_url: "https://pay.example.com".to_owned(),
            stopped_jobs: Vec::new(),
            audited: None,
        },
        sources: vec![source],
    }
}

fn refused(reason: &str, last_at: Micros) -> Refused {
    Refused {
        source_id: "src_1".to_owned(),
        reason: reason.to_owned(),
        refused: 3,
        in_last_day: 3,
        first_hour: ago(86_400),
        last_at,
        seconds: None,
    }
}

fn open(seconds: i64) -> Open {
    Open {
        events: 2,
        oldest_at: ago(seconds),
    }
}

/// The codes with their levels after a change to what is well.
fn found(change: impl FnOnce(&mut Facts)) -> Vec<(&'static str, &'static str)> {
    let mut facts = well();
    change(&mut facts);
    let findings = judge(&facts);
    for finding in &findings {
        assert!(
            !finding.then.is_empty() && !finding.what.is_empty(),
            "{finding:?}"
        );
    }
    let codes = findings.iter();
    codes.map(|one| (one.code, one.level.word())).collect()
}

fn of_source(change: impl FnOnce(&mut SourceFacts)) -> Vec<(&'static str, &'static str)> {
    found(|facts| change(&mut facts.sources[0]))
}

#[test]
fn nothing_is_said_where_nothing_is_wrong() {
    assert_eq!(judge(&well()), []);
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each case")]
fn what_is_wrong_with_the_installation_is_named() {
    type Case = (fn(&mut Server), &'static str, &'static str);
    let cases: &[Case] = &[
        (|server| server.schema.found = None, "schema", "wrong"),
        (|server| server.schema.found = Some(0), "schema", "wrong"),
        (|server| server.schema.found = Some(2), "schema", "wrong"),
        (
            |server| server.unsafe_settings = vec!["fsync".to_owned()],
            "not_durable",
            "wrong",
        ),
        (
            |server| {
                server.disk = Some(Disk {
                    free: 1 << 20,
                    total: 1 << 40,
                });
            },
            "disk_full",
            "wrong",
        ),
        (
            |server| {
                server.disk = Some(Disk {
                    free: 1 << 30,
                    total: 1 << 40,
                });
            },
            "disk_scarce",
            "look",
        ),
        (
            |server| server.master_key = KeyState::Absent,
            "no_master_key",
            "note",
        ),
        (
            |server| server.master_key = KeyState::Missing,
            "master_key_missing",
            "wrong",
        ),
        (
            |server| server.master_key = KeyState::Wrong,
            "master_key_wrong",
            "wrong",
        ),
        (
            |server| server.database_clock = Some(ago(30)),
            "clock",
            "look",
        ),
        (
            |server| server.database_clock = Some(ago(-600)),
            "clock",
            "wrong",
        ),
        (
            |server| server.public_url = "http://127.0.0.1:8080".to_owned(),
            "local_address",
            "look",
        ),
        (
            |server| {
                let (kind, jobs, last_error) = ("fold".to_owned(), 1, None);
                server.stopped_jobs = vec![StoppedJobs {
                    kind,
                    jobs,
                    last_error,
                }];
            },
            "jobs_stopped",
            "wrong",
        ),
        (
            |server| {
                server.audited = Some(Audited {
                    begun_at: ago(-600),
                    ended_at: ago(-500),
                    sales: 7,
                    left_out: 0,
                    differences: 2,
                    kinds: [("sale".to_owned(), 2)].into(),
                });
            },
            "books_differ",
            "wrong",
        ),
    ];
    for (change, code, level) in cases {
        assert_eq!(found(|facts| change(&mut facts.server)), [(*code, *level)]);
    }
}

#[test]
fn what_is_wrong_with_a_source_is_named() {
    type Case = (fn(&mut SourceFacts), &'static str, &'static str);
    let cases: &[Case] = &[
        (
            |source| source.received = Some(open(120)),
            "backlog",
            "look",
        ),
        (
            |source| source.received = Some(open(3_600)),
            "backlog",
            "wrong",
        ),
        (|source| source.failed = Some(open(1)), "failed", "wrong"),
        (|source| source.parked = Some(open(60)), "parked", "note"),
        (
            |source| source.parked = Some(open(3 * 86_400)),
            "parked",
            "look",
        ),
        (
            |source| source.status = "closed".to_owned(),
            "closed",
            "wrong",
        ),
        (
            |source| source.odd_secrets = vec!["This is an address.".to_owned()],
            "odd_secret",
            "look",
        ),
        (
            |source| source.needed.push("charge.dispute.closed"),
            "types_never_seen",
            "look",
        ),
        (
            |source| {
                source.needed.push("charge.dispute.closed");
                source.added_at = ago(86_400);
            },
            "types_never_seen",
            "note",
        ),
    ];
    for (change, code, level) in cases {
        assert_eq!(of_source(change), [(*code, *level)]);
    }
    assert_eq!(of_source(|source| source.received = Some(open(10))), []);
}

#[test]
fn each_way_of_refusing_has_a_code_and_its_words() {
    let cases = [
        ("mismatch", "refused_secret"),
        ("other_form", "refused_secret_form"),
        ("other_source", "refused_other_source"),
        ("other_processor", "refused_other_source"),
        ("test_secret", "refused_test_and_live"),
        ("says_live", "refused_test_and_live"),
        ("reformatted", "refused_body_changed"),
        ("compressed", "refused_body_changed"),
        ("stale", "refused_clock"),
        ("future", "refused_clock"),
        ("wrong_account", "refused_account"),
        ("no_secret", "refused"),
    ];
    for (reason, code) in cases {
        let one = refused(reason, ago(60));
        assert_eq!(
            of_source(|source| source.refused = vec![one]),
            [(code, "wrong")]
        );
    }
}

#[test]
fn a_refusal_is_wrong_until_something_is_verified_and_forgotten_a_day_later() {
    let of = |last_at| of_source(|source| source.refused = vec![refused("mismatch", last_at)]);
    assert_eq!(of(ago(60)), [("refused_secret", "wrong")]);
    assert_eq!(of(ago(3_600)), [("refused_secret", "look")]);
    assert_eq!(of(ago(2 * 86_400)), []);
    let never_verified = of_source(|source| {
        (source.seen, source.arrivals) = (Vec::new(), Vec::new());
        source.refused = vec![refused("mismatch", ago(2 * 86_400))];
    });
    assert_eq!(never_verified, [("refused_secret", "look")]);
}

#[test]
fn how_to_replace_an_odd_secret_works_as_it_is_printed() {
    let advice = |processor: &str| {
        let mut facts = well();
        facts.sources[0].processor = processor.to_owned();
        facts.sources[0].odd_secrets = vec!["It is covered or cut off.".to_owned()];
        let found = judge(&facts);
        found
            .iter()
            .find(|one| one.code == "odd_secret")
            .unwrap()
            .then
            .clone()
    };
    assert!(advice("stripe").contains("`tributary sources rotate src_1 --secret - --drop-old`"));
    assert!(advice("revenuecat").contains("`tributary sources rotate src_1 --secret -`"));
}

#[test]
fn nonsense_from_strangers_is_no_alarm_where_the_processor_is_heard() {
    let one = refused("missing", ago(1));
    assert_eq!(
        of_source(|source| source.refused = vec![one]),
        [("refused", "note")]
    );
}

#[test]
fn unsigned_deliveries_in_a_row_are_wrong_until_one_is_verified() {
    for reason in ["missing", "malformed", "empty_body"] {
        let of = |last_at, since| {
            of_source(|source| {
                source.refused = vec![refused(reason, last_at)];
                source.refused_since_verified = [(reason.to_owned(), since)].into();
            })
        };
        assert_eq!(of(ago(60), 2), [("refused", "note")]);
        assert_eq!(of(ago(60), 3), [("refused", "wrong")]);
        // The newest verified delivery is 300 seconds old: these came before it.
        assert_eq!(of(ago(400), 3), [("refused", "note")]);
    }
}

#[test]
fn a_source_that_was_never_heard_is_told_and_a_new_one_mildly() {
    let never = |added_at| {
        of_source(|source| {
            (source.seen, source.arrivals, source.added_at) = (Vec::new(), Vec::new(), added_at);
        })
    };
    assert_eq!(never(ago(3 * 86_400)), [("never_heard", "look")]);
    assert_eq!(never(ago(60)), [("never_heard", "note")]);
}

#[test]
fn silence_and_gaps_of_a_source_are_told() {
    let silent = of_source(|source| {
        source
            .seen
            .iter_mut()
            .for_each(|seen| seen.last_at = ago(3 * 86_400));
        source.arrivals = (0..50).map(|n| ago(3 * 86_400 + n * 300)).collect();
    });
    assert_eq!(silent, [("silent", "look")]);
    let gap = of_source(|source| {
        let before = (0..50).map(|n| ago(3 * 86_400 + n * 300));
        source.arrivals.extend(before);
    });
    assert_eq!(gap, [("gap", "look")]);
}

#[test]
fn a_paused_source_is_told_only_while_deliveries_arrive_for_it() {
    let paused = |source: &mut SourceFacts| {
        source.status = "disabled".to_owned();
        source.needed.push("charge.dispute.closed");
    };
    assert_eq!(of_source(paused), []);
    let arriving = of_source(|source| {
        paused(source);
        source.refused = vec![refused("paused", ago(60))];
    });
    assert_eq!(arriving, [("paused", "wrong")]);
}

#[test]
fn who_has_no_source_is_told_how_to_add_one() {
    assert_eq!(
        found(|facts| facts.sources.clear()),
        [("no_source", "look")]
    );
}

fn reason() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "mismatch",
        "missing",
        "stale",
        "future",
        "other_source",
        "test_secret",
        "reformatted",
        "paused",
        "anything",
    ])
}

fn some_open() -> impl Strategy<Value = Option<Open>> {
    prop::option::of(
        (1_i64..1_000, 0_i64..10_000_000).prop_map(|(events, seconds)| Open {
            events,
            oldest_at: ago(seconds),
        }),
    )
}

proptest! {
    #[test]
    fn findings_are_sorted_and_worse_facts_never_make_fewer_wrongs(
        refusals in prop::collection::vec((reason(), 0_i64..5_000_000), 0..6),
        (received, parked, failed) in (some_open(), some_open(), some_open()),
        status in prop::sample::select(vec!["active", "closed", "disabled"]),
    ) {
        let mut facts = well();
        let source = &mut facts.sources[0];
        source.status = status.to_owned();
        source.refused = refusals.iter().map(|(reason, seconds)| refused(reason, ago(*seconds))).collect();
        (source.received, source.parked) = (received, parked);
        let wrongs = |facts: &Facts| judge(facts).iter().filter(|one| one.level == Level::Wrong).count();
        let before = wrongs(&facts);
        prop_assert!(judge(&facts).is_sorted_by_key(|one| one.level));
        prop_assert!(judge(&facts).iter().all(|one| !one.what.contains("  ") && one.then.ends_with(['.', '!'])));
        facts.sources[0].failed = failed;
        facts.server.unsafe_settings = vec!["fsync".to_owned()];
        prop_assert_eq!(wrongs(&facts), before + 1 + usize::from(failed.is_some()));
    }
}

#[test]
fn what_is_wrong_with_the_key_to_an_api_is_named_and_a_right_that_is_not_needed_only_noted() {
    let missing = |right: &str, needed| Missing {
        right: right.to_owned(),
        needed,
        wherefore: None,
    };
    let cases = [
        (Access::None, vec![]),
        (
            Access::Away("it answered 503".to_owned()),
            vec![("api", "look")],
        ),
        (
            Access::Refused("it answered 401".to_owned()),
            vec![("api_key", "look")],
        ),
        (
            Access::Lacking(vec![
                missing("/v1/disputes", true),
                missing("read_all_orders", false),
            ]),
            vec![("api_rights", "look"), ("api_rights", "note")],
        ),
    ];
    for (access, codes) in cases {
        assert_eq!(of_source(|source| source.access = access.clone()), codes);
    }
}

#[test]
fn deliveries_that_leave_lines_out_are_told_where_nobody_asks_for_the_others() {
    let cut = |access: Access| {
        of_source(|source| {
            source.cut = 3;
            source.access = access;
        })
    };
    assert_eq!(cut(Access::None), [("cut_short", "look")]);
    assert_eq!(cut(Access::Open), []);
}

#[test]
fn of_a_gap_it_says_how_to_ask_for_what_was_sold_then() {
    let told = |processor: &str, access: Access| {
        let mut facts = well();
        let source = &mut facts.sources[0];
        source.processor = processor.to_owned();
        source.access = access;
        source.arrivals = (1..25).map(|n| ago(n * 300)).collect();
        source
            .arrivals
            .extend((1..25).map(|n| ago(5 * 86_400 + n * 300)));
        let findings = judge(&facts);
        let gap = findings.iter().find(|one| one.code == "gap");
        gap.expect("a gap of five days").then.clone()
    };
    let with_key = told("stripe", Access::Open);
    assert!(
        with_key.contains("`tributary reconcile src_1 --since 2026-11-"),
        "{with_key}"
    );
    assert!(!with_key.contains("credential set"), "{with_key}");
    assert!(told("stripe", Access::None).contains("credential set src_1"));
    assert!(told("revenuecat", Access::None).contains("--file EXPORT"));
    assert!(told("paddle-classic", Access::None).contains("once more"));
}
