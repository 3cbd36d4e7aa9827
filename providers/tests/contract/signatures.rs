//! Only what was signed with the source's secret, lately, is let in.

use std::collections::BTreeSet;
use std::rc::Rc;

use proptest::prelude::*;
use providers::{Delivery, Headers, Micros, Rejection, Secret};

use crate::agreement;
use crate::samples::{NOW, Signed, signed};

/// Up to `count` places spread over `length`, the first and the last among them.
fn places(length: usize, count: usize) -> BTreeSet<usize> {
    (0..count)
        .map(|at| at * length.saturating_sub(1) / (count - 1).max(1))
        .collect()
}

#[test]
fn nothing_is_let_in_without_a_secret() {
    for (id, signed) in signed() {
        let headers = Headers::new(signed.header_bytes());
        let delivery = Delivery {
            headers: &headers,
            body: &signed.body,
        };
        let refused = signed
            .adapter
            .verify(delivery, &[], &signed.settings, NOW)
            .unwrap_err();
        assert!(
            matches!(refused, Rejection::NoSecret | Rejection::Missing),
            "{id}: {refused}"
        );
    }
}

#[test]
fn nothing_is_let_in_without_a_signature() {
    for (id, signed) in signed() {
        let bytes = |(name, value): &(String, String)| (name.clone(), value.clone().into_bytes());
        let given: Vec<_> = signed.given.iter().map(bytes).collect();
        for headers in [given, Vec::new()] {
            for body in [&b"{\"id\":\"contract\"}"[..], b"contract=1", b""] {
                assert!(signed.verify_at(&headers, body, NOW).is_err(), "{id}");
            }
        }
    }
}

#[test]
fn what_an_adapter_signs_it_verifies_and_with_that_secret_only() {
    for (id, mut signed) in signed() {
        let headers = signed.header_bytes();
        let verified = signed.verify_at(&headers, &signed.body, NOW).unwrap();
        assert_eq!(verified.body(), signed.body, "{id}");
        if id != "paddle-classic" {
            let other = agreement(id)
                .secret
                .replace("contract2", "contract9")
                .replace("Y29udHJhY3Qy", "Y29udHJhY3Q5");
            signed.secret = Secret::new(&other).unwrap();
            let refused = signed.verify_at(&headers, &signed.body, NOW).unwrap_err();
            assert_eq!(refused, Rejection::Mismatch, "{id}");
        }
    }
}

#[test]
fn any_flipped_bit_of_the_body_is_noticed() {
    for (id, signed) in signed() {
        let headers = signed.header_bytes();
        for at in places(signed.body.len(), 40) {
            for bit in [0x01, 0x20, 0x80] {
                let mut body = signed.body.clone();
                body[at] ^= bit;
                // Percent signs are followed by hexadecimal digits of either case.
                let same_form = id == "paddle-classic" && body.eq_ignore_ascii_case(&signed.body);
                assert!(
                    same_form || signed.verify_at(&headers, &body, NOW).is_err(),
                    "{id}: byte {at}"
                );
            }
        }
        assert!(
            signed.verify_at(&headers, &signed.body[1..], NOW).is_err(),
            "{id}"
        );
    }
}

#[test]
fn any_flipped_bit_of_a_signature_header_is_noticed() {
    for (id, signed) in signed() {
        let headers = signed.header_bytes();
        let own = headers.iter().enumerate().filter(|(_, (name, value))| {
            let as_given =
                |(n, v): &(String, String)| n == name && v.as_bytes() == value.as_slice();
            !signed.given.iter().any(as_given)
        });
        for (which, (name, value)) in own {
            for (at, bit) in
                (0..value.len()).flat_map(|at| (0..8).map(move |bit| (at, 1_u8 << bit)))
            {
                let mut changed = headers.clone();
                changed[which].1[at] ^= bit;
                // Hexadecimal digits mean the same in either case.
                let same = changed[which].1.eq_ignore_ascii_case(value);
                assert!(
                    same || signed.verify_at(&changed, &signed.body, NOW).is_err(),
                    "{id}: {name} byte {at}"
                );
            }
        }
    }
}

#[test]
fn an_old_delivery_is_refused_where_the_processor_signs_a_time() {
    for (id, signed) in signed() {
        let headers = signed.header_bytes();
        assert!(
            signed
                .verify_at(&headers, &signed.body, NOW.plus_seconds(300))
                .is_ok(),
            "{id}"
        );
        for (seconds, refusal) in [(301, Rejection::Stale), (-301, Rejection::Future)] {
            let answer = signed
                .verify_at(&headers, &signed.body, NOW.plus_seconds(seconds))
                .err();
            match agreement(id).signs_time {
                Some(true) => assert_eq!(answer, Some(refusal), "{id}"),
                Some(false) => assert_eq!(answer, None, "{id}"),
                None => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_header_is_answered_without_a_panic(value in proptest::collection::vec(any::<u8>(), 0..200), at in any::<i64>()) {
        for (_, signed) in SIGNED.with(Clone::clone).iter() {
            let mut headers = signed.header_bytes();
            if let Some(last) = headers.last_mut() {
                last.1.clone_from(&value);
            }
            let _ = signed.verify_at(&headers, &signed.body, Micros(at));
        }
    }
}

thread_local! {
    static SIGNED: Rc<Vec<(&'static str, Signed)>> = Rc::new(signed().collect());
}
