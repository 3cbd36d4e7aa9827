//! Partners who buy by their own links.

use providers::{Fact, Name};
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

    context.terms.reviewed.insert(payment_name("in_0"), true);
    assert_eq!(earning(&outcome(&facts, &context)).free, 100);
    context.terms.reviewed.insert(payment_name("in_0"), false);
    let rejected = outcome(&facts, &context);
    assert_eq!((earning(&rejected).left, earning(&rejected).free), (0, 0));
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
