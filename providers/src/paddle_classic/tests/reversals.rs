//! Refunds and disputes: what is taken back, and how it finds its order.

use super::{RENEWAL, read};
use crate::delivery::Reading;
use crate::fact::{Extent, Fact, Reversal, ReversalKind, ReversalState};

const REFUND: &[(&str, &str)] = &[
    ("alert_name", "payment_refunded"),
    ("alert_id", "9003"),
    ("gross_refund", "5.00"),
    ("tax_refund", "1.00"),
    ("refund_type", "partial"),
];

fn reversal(reading: &Reading) -> &Reversal {
    match reading.facts.as_slice() {
        [Fact::Reversal(reversal)] => reversal,
        _ => panic!("not one reversal in {reading:?}"),
    }
}

#[test]
fn classic_cases_7_and_8_a_refund_is_told_net_and_one_of_vat_takes_nothing() {
    let partial = read(&[REFUND]);
    assert_eq!(
        reversal(&partial).extent,
        Extent::Net {
            cash: 500,
            net: 400
        }
    );
    assert_eq!(reversal(&partial).state, ReversalState::Final);
    let vat = read(&[
        REFUND,
        &[
            ("refund_type", "vat"),
            ("gross_refund", "9.50"),
            ("tax_refund", "9.50"),
        ],
    ]);
    assert_eq!(reversal(&vat).extent, Extent::Net { cash: 950, net: 0 });
    let bare = read(&[REFUND, &[("refund_type", "full"), ("gross_refund", "")]]);
    assert_eq!(reversal(&bare).extent, Extent::All);
    assert!(read(&[REFUND, &[("gross_refund", "five")]]).unreadable);
}

#[test]
fn classic_cases_9_to_11_a_refund_is_keyed_by_its_alert_and_found_by_either_name() {
    let first = read(&[REFUND]);
    let second = read(&[REFUND, &[("alert_id", "9004")]]);
    assert_ne!(first.facts[0].key(), second.facts[0].key());
    let over = [
        ("alert_name", "subscription_payment_refunded"),
        ("subscription_payment_id", "77001"),
    ];
    let refund = read(&[REFUND, &over]);
    let of: Vec<_> = reversal(&refund)
        .of
        .iter()
        .map(crate::Name::as_str)
        .collect();
    assert_eq!(of, ["p:418211-33019", "p:classic/77001"]);
    let sale = read(&[RENEWAL]);
    assert!(
        sale.facts.iter().any(
            |fact| matches!(fact, Fact::Alias(alias) if alias.b.as_str() == "p:classic/77001")
        )
    );
    assert!(read(&[REFUND, &[("order_id", "")]]).unreadable);
}

#[test]
fn classic_cases_12_to_14_a_dispute_holds_the_sale_and_a_won_one_releases_it() {
    let created = read(&[&[
        ("alert_name", "payment_dispute_created"),
        ("alert_id", "9005"),
        ("amount", "35.00"),
        ("status", "needs_response"),
    ]]);
    let dispute = reversal(&created);
    assert_eq!(
        (dispute.kind, dispute.state),
        (ReversalKind::Dispute, ReversalState::Held)
    );
    assert_eq!(dispute.extent, Extent::All);
    // Closed within the same second: the step decides.
    let closed = read(&[&[
        ("alert_name", "payment_dispute_closed"),
        ("alert_id", "9006"),
    ]]);
    assert_eq!(reversal(&closed).state, ReversalState::Released);
    assert_eq!(created.facts[0].key(), closed.facts[0].key());
    assert!(closed.facts[0].version() > created.facts[0].version());
    assert_ne!(created.facts[0].key(), read(&[REFUND]).facts[0].key());
}
