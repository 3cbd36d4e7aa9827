//! Partners who buy by their own links.

use providers::fact::{Identity, Lead};
use providers::{Fact, Micros, Name};
use tributary::ledger::decision::{Decided, Decision};
use tributary::ledger::mailbox::mailbox;
use tributary::ledger::rule::Rule;

use super::{bought, day, earning, flat, with_rule};
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

/// `AffiliateWP` 519: a partner whose other address was not compared bought by the own link. The same mailbox has more
/// addresses than one.
#[test]
fn reported_another_address_of_the_partners_mailbox_is_noticed() {
    let mut context = with_rule(Rule::ten_percent());
    let held = |partner: &str, buyer: &str, context: &mut tributary::ledger::fold::Context| {
        let emails = &mut context.terms.emails;
        emails.insert("alice".to_owned(), mailbox(partner));
        let mut facts = bought(&[(0, 1_000)]);
        let Fact::Identity(who) = &mut facts[1] else {
            panic!("the identity")
        };
        who.email = Some(buyer.to_owned());
        earning(&outcome(&facts, context)).review.is_some()
    };
    for (partner, buyer, same) in [
        ("alice@example.com", "Alice+shop@example.com", true),
        ("a.lice@gmail.com", "alice+2@googlemail.com", true),
        ("a.lice@example.com", "alice@example.com", false),
        ("alice@example.com", "alice@example.org", false),
    ] {
        assert_eq!(held(partner, buyer, &mut context), same, "{buyer}");
    }
}

/// dubinc/dub 3956: a partner who signs up by the own link was paid for the lead.
#[test]
fn reported_a_partners_own_sign_up_is_held_for_review() {
    let mut rule = Rule::ten_percent();
    rule.lead = Some(flat(300, "usd"));
    let mut context = with_rule(rule);
    let emails = &mut context.terms.emails;
    emails.insert("alice".to_owned(), "alice@example.com".to_owned());
    let signed_up = |email: &str| {
        let Fact::Identity(who) = bought(&[(0, 1)]).swap_remove(1) else {
            panic!("the identity")
        };
        let lead = Fact::Lead(Lead {
            id: "lead".to_owned(),
            event_name: "Sign Up".to_owned(),
            customers: who.customers.clone(),
            clicks: who.clicks.clone(),
            occurred_at: day(0),
        });
        let told = Identity {
            email: Some(email.to_owned()),
            ..Identity::of(who.customers[0].clone(), who.version)
        };
        let told = outcome(&[lead, Fact::Identity(told)], &context);
        let earning = told.leads[0].earning.as_ref().unwrap();
        (earning.left, earning.free, earning.review.is_some())
    };
    assert_eq!(signed_up("alice@example.com"), (300, 0, true));
    assert_eq!(signed_up("bob@example.com"), (300, 300, false));
}

/// As wpsharks/s2member 508 for sales: who has been buying for long and follows a partner's link is no new lead.
#[test]
fn who_had_bought_before_following_the_link_is_no_lead() {
    let mut rule = Rule::ten_percent();
    rule.lead = Some(flat(300, "usd"));
    let context = with_rule(rule);
    // The click is of the day before the first.
    for (sold, earned) in [(-30, None), (0, Some(300))] {
        let mut facts = bought(&[(sold, 1_000)]);
        let Fact::Identity(who) = &facts[1] else {
            panic!("the identity")
        };
        let lead = Lead {
            id: "lead".to_owned(),
            event_name: "Sign Up".to_owned(),
            customers: who.customers.clone(),
            clicks: who.clicks.clone(),
            occurred_at: day(5),
        };
        facts.push(Fact::Lead(lead));
        let told = outcome(&facts, &context);
        let earning = told.leads[0].earning.as_ref();
        assert_eq!(
            earning.map(|earning| earning.free),
            earned,
            "sold on {sold}"
        );
    }
}
