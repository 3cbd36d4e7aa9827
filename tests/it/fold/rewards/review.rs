//! Partners who buy by their own links.

use providers::{Fact, Micros, Name};
use tributary::ledger::decision::{Decided, Decision};
use tributary::ledger::rule::Rule;

use super::{bought, earning, with_rule};
use crate::fold::support::{outcome, payment_name};

#[test]
fn a_partner_who_buys_by_their_own_link_is_held_for_review() {
    let mut context = with_rule(Rule::ten_percent());
    let emails = &mut context.terms.emails;
    emails.insert("alice".to_owned(), "alice@example.com".to_owned());
    let mut facts = bought(&[(0, 1_000)]);
    let Fact::Identity(who) = &mut facts[1] else {
        panic!("the identity")
    };
    who.email = Some(" Alice@Example.com".to_owned());
    let held = outcome(&facts, &context);
    assert!(earning(&held).review.is_some());
    assert_eq!((earning(&held).left, earning(&held).free), (100, 0));

    let mut decide = |decision| {
        let decided = Decided {
            at: Micros(0),
            decision,
        };
        let name = payment_name("in_0").as_str().to_owned();
        context.terms.decided.insert(name, decided);
        outcome(&facts, &context)
    };
    for (decision, left, free) in [
        (Decision::Cleared, 100, 100),
        (Decision::Approved, 100, 100),
        (Decision::Held, 100, 0),
        (Decision::Reinstated, 100, 0),
        (Decision::Fraud, 0, 0),
        (Decision::Void, 0, 0),
    ] {
        let outcome = decide(decision);
        let earning = earning(&outcome);
        assert_eq!((earning.left, earning.free), (left, free), "{decision:?}");
        assert_eq!(earning.review.is_some(), earning.left > earning.free);
        let approved = earning.approved_at().is_some();
        assert_eq!(approved, decision == Decision::Approved);
    }
}

#[test]
fn a_partner_is_known_by_the_merchants_id_too() {
    let mut context = with_rule(Rule::ten_percent());
    let tenants = &mut context.terms.tenants;
    tenants.insert("alice".to_owned(), "user_1".to_owned());
    let mut facts = bought(&[(0, 1_000)]);
    let Fact::Identity(who) = &mut facts[1] else {
        panic!("the identity")
    };
    who.customers.extend(Name::external("user_1"));
    assert!(earning(&outcome(&facts, &context)).review.is_some());
}
