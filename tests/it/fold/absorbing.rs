//! Of several tellings of one thing, which one stays: each rule of the join, once.

use providers::fact::{Claim, ClaimKind, Label, Rank, Version};
use providers::{Fact, Micros};
use tributary::ledger::facts::FactSet;

use super::support::{NOW, paid, payment_name, set_of, told};

fn payment(rank: Rank, gross: i64, at: Micros) -> Fact {
    Fact::Payment(paid("in_1", rank, gross, at))
}

fn the_one(set: &FactSet) -> &Fact {
    assert_eq!(set.len(), 1);
    set.facts().next().unwrap()
}

#[test]
fn the_newest_snapshot_stays_whichever_comes_first() {
    let old = payment(Rank::Canonical, 500, NOW);
    let new = payment(Rank::Canonical, 300, NOW.plus_seconds(1));
    for facts in [[old.clone(), new.clone()], [new.clone(), old]] {
        assert_eq!(the_one(&set_of(&facts)), &new);
    }
}

#[test]
fn of_two_snapshots_of_one_instant_the_later_step_stays() {
    let with_step = |step, gross| {
        let mut payment = paid("in_1", Rank::Canonical, gross, NOW);
        payment.version.step = step;
        Fact::Payment(payment)
    };
    let facts = [with_step(2, 100), with_step(1, 900)];
    assert_eq!(the_one(&set_of(&facts)), &facts[0]);
}

#[test]
fn of_two_reports_of_a_merchant_the_first_stays() {
    let first = payment(Rank::Manual, 500, NOW);
    let second = payment(Rank::Manual, 300, NOW.plus_seconds(1));
    for facts in [[first.clone(), second.clone()], [second, first.clone()]] {
        assert_eq!(the_one(&set_of(&facts)), &first);
    }
}

#[test]
fn of_two_tellings_of_a_claim_the_first_stays() {
    let claim = |at| {
        Fact::Claim(Claim {
            subject: payment_name("in_1"),
            kind: ClaimKind::Click,
            label: Label::new("clk", "metadata").unwrap(),
            order: 0,
            version: Version { at, step: 0 },
        })
    };
    let facts = [claim(NOW.plus_seconds(1)), claim(NOW)];
    assert_eq!(the_one(&set_of(&facts)), &facts[1]);
}

#[test]
fn absorbing_says_whether_anything_has_changed() {
    let mut set = FactSet::new();
    let fact = payment(Rank::Canonical, 500, NOW);
    assert!(set.absorb(told(fact.clone())));
    assert!(!set.absorb(told(fact)));
    assert!(!set.absorb(told(payment(Rank::Canonical, 900, NOW.plus_seconds(-1)))));
}
