//! Of several tellings of one thing, which one stays: each rule of the join, once.

use providers::fact::{Claim, ClaimKind, Identity, Label, Rank, Version};
use providers::{Fact, Micros, Name};
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

/// Who buys can change his own address at the processor.
#[test]
fn every_address_that_was_ever_told_of_somebody_stays_known_in_whichever_order() {
    let subject = Name::customer("cus_1").unwrap();
    let told = |seconds: i64, email: Option<&str>| {
        let at = NOW.plus_seconds(seconds);
        let identity = Identity::of(subject.clone(), Version { at, step: 0 });
        Fact::Identity(Identity {
            email: email.map(str::to_owned),
            ..identity
        })
    };
    let facts = [
        told(0, Some("a@example.com")),
        told(1, Some("b@example.com")),
        told(2, None),
        told(3, Some("c@example.com")),
        told(4, Some("b@example.com")),
    ];
    let set = set_of(&facts);
    let former: Vec<&String> = set.former_addresses(&subject).collect();
    assert_eq!(former, ["a@example.com", "c@example.com"]);
    assert_eq!(the_one(&set), &facts[4]);
    let mut backwards = FactSet::new();
    for fact in facts.iter().rev() {
        let kept = super::support::told(fact.clone());
        let takes = backwards.takes(fact);
        assert_eq!(backwards.absorb(kept), takes);
        assert!(!backwards.takes(fact));
    }
    assert_eq!(backwards, set);
    assert!(!facts.iter().any(|fact| set.takes(fact)));
    // What is told again is no former one.
    let back = [0, 1, 2].map(|at| facts[at].clone());
    let again = [&back[..], &[told(5, Some("a@example.com"))]].concat();
    let former: Vec<String> = set_of(&again).former_addresses(&subject).cloned().collect();
    assert_eq!(former, ["b@example.com"]);
}

#[test]
fn absorbing_says_whether_anything_has_changed() {
    let mut set = FactSet::new();
    let fact = payment(Rank::Canonical, 500, NOW);
    assert!(set.absorb(told(fact.clone())));
    assert!(!set.absorb(told(fact)));
    assert!(!set.absorb(told(payment(Rank::Canonical, 900, NOW.plus_seconds(-1)))));
}
