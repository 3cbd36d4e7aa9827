//! Partners who buy by their own links.

use providers::fact::{Identity, Lead, Version};
use providers::{Fact, Micros, Name};
use tributary::attribution::CodeOwner;
use tributary::ledger::decision::{Decided, Decision, name_of_lead};
use tributary::ledger::fold::{Context, Outcome};
use tributary::ledger::mailbox::{PaidAt, digest, mailbox};
use tributary::ledger::rule::Rule;

use super::{bought, day, earning, flat, with_rule};
use crate::fold::support::{PROGRAM, outcome, payment_name};

/// What is held after a commission that was marked as fraud, and why.
const AFTER_FRAUD: Option<&str> =
    Some("held for review: an earlier commission of this customer was marked as fraud");

/// Has the owner decide about what stands under a name.
fn decide(context: &mut Context, name: &str, decision: Decision) {
    let decided = Decided {
        at: day(40),
        decision,
    };
    context.terms.decided.insert(name.to_owned(), decided);
}

/// Of each sale what is left, what of that is free, and why it is held.
fn reviewed(outcome: &Outcome) -> Vec<(i64, i64, Option<&str>)> {
    let earnings = outcome
        .sales
        .iter()
        .filter_map(|sale| sale.earning.as_ref());
    earnings
        .map(|earning| (earning.left, earning.free, earning.review))
        .collect()
}

#[test]
fn what_follows_a_fraud_of_the_same_customer_is_held_and_what_came_before_is_not() {
    let mut context = with_rule(Rule::ten_percent());
    let facts = bought(&[(0, 1_000), (10, 2_000), (20, 3_000), (30, 4_000)]);
    let in_1 = payment_name("in_1");
    let in_2 = payment_name("in_2");
    decide(&mut context, in_1.as_str(), Decision::Fraud);
    let told = outcome(&facts, &context);
    let held = [
        (100, 100, None),
        (0, 0, None),
        (300, 0, AFTER_FRAUD),
        (400, 0, AFTER_FRAUD),
    ];
    assert_eq!(reviewed(&told), held);
    let backwards: Vec<Fact> = facts.iter().rev().cloned().collect();
    assert_eq!(outcome(&backwards, &context), told);
    // One that the owner has looked at is paid, and makes the next no better.
    decide(&mut context, in_2.as_str(), Decision::Cleared);
    let cleared = outcome(&facts, &context);
    assert_eq!(reviewed(&cleared)[2..], [(300, 300, None), held[3]]);
    decide(&mut context, in_2.as_str(), Decision::Reinstated);
    assert_eq!(reviewed(&outcome(&facts, &context)), held);
    // A void says nothing about who bought, and what is no fraud any more holds nothing.
    for (decision, own) in [
        (Decision::Void, (0, 0, None)),
        (Decision::Cleared, (200, 200, None)),
        (Decision::Reinstated, (200, 200, None)),
    ] {
        decide(&mut context, in_1.as_str(), decision);
        let told = outcome(&facts, &context);
        let expected = [(100, 100, None), own, (300, 300, None), (400, 400, None)];
        assert_eq!(reviewed(&told), expected, "{decision:?}");
    }
}

#[test]
fn a_fraud_holds_nothing_of_other_partners_and_nothing_of_other_customers() {
    let mut context = with_rule(Rule::ten_percent());
    let mut facts = bought(&[(0, 1_000), (10, 2_000), (20, 3_000)]);
    let Fact::Identity(who) = &mut facts[5] else {
        panic!("the third sale's identity")
    };
    who.customers = Name::customer("cus_other").into_iter().collect();
    let bob = CodeOwner {
        partner_id: "bob".to_owned(),
        program_id: PROGRAM.to_owned(),
    };
    let assignments = &mut context.directory.assignments;
    assignments.insert(payment_name("in_1"), Some(bob));
    decide(&mut context, payment_name("in_0").as_str(), Decision::Fraud);
    let others = [(0, 0, None), (200, 200, None), (300, 300, None)];
    assert_eq!(reviewed(&outcome(&facts, &context)), others);
}

#[test]
fn a_fraud_is_known_by_its_subscription_where_nobody_knows_the_customer() {
    let mut context = with_rule(Rule::ten_percent());
    let mut facts = bought(&[(0, 1_000), (10, 2_000), (20, 3_000)]);
    for fact in &mut facts[..4] {
        if let Fact::Identity(who) = fact {
            who.customers.clear();
            who.subscription = Name::subscription("sub_1");
        }
    }
    decide(&mut context, payment_name("in_0").as_str(), Decision::Fraud);
    let held = [(0, 0, None), (200, 0, AFTER_FRAUD), (300, 300, None)];
    assert_eq!(reviewed(&outcome(&facts, &context)), held);
}

#[test]
fn a_lead_that_was_fraud_holds_the_sales_after_it() {
    let mut rule = Rule::ten_percent();
    rule.lead = Some(flat(300, "usd"));
    let mut context = with_rule(rule);
    let mut facts = bought(&[(10, 1_000)]);
    let Fact::Identity(who) = &facts[1] else {
        panic!("the identity")
    };
    facts.push(Fact::Lead(Lead {
        id: "lead".to_owned(),
        event_name: "Sign Up".to_owned(),
        customers: who.customers.clone(),
        clicks: who.clicks.clone(),
        occurred_at: day(0),
    }));
    assert_eq!(reviewed(&outcome(&facts, &context)), [(100, 100, None)]);
    decide(&mut context, &name_of_lead("lead"), Decision::Fraud);
    let told = outcome(&facts, &context);
    assert_eq!(told.leads[0].earning.as_ref().unwrap().left, 0);
    assert_eq!(reviewed(&told), [(100, 0, AFTER_FRAUD)]);
}

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
    let held = |partner: &str, buyer: &str, context: &mut Context| {
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

/// A customer's page at the processor lets him change his address, and the hold was gone without anybody's word.
#[test]
fn who_changes_the_address_after_buying_is_held_as_before() {
    let mut context = with_rule(Rule::ten_percent());
    let emails = &mut context.terms.emails;
    emails.insert("alice".to_owned(), "alice@example.com".to_owned());
    let told = |subject: Name, on: i64, email: Option<&str>| {
        let version = Version {
            at: day(on),
            step: 0,
        };
        Fact::Identity(Identity {
            email: email.map(str::to_owned),
            ..Identity::of(subject, version)
        })
    };
    let held = |facts: &[Fact]| {
        let folded = outcome(facts, &context);
        let backwards: Vec<Fact> = facts.iter().rev().cloned().collect();
        assert_eq!(outcome(&backwards, &context), folded);
        (earning(&folded).left, earning(&folded).free)
    };
    let customer = Name::customer("cus").unwrap();
    for later in [None, Some("other@example.org")] {
        let mut facts = bought(&[(0, 1_000)]);
        facts.push(told(customer.clone(), 0, Some("Alice+1@example.com")));
        assert_eq!(held(&facts), (100, 0));
        facts.push(told(customer.clone(), 3, later));
        assert_eq!(held(&facts), (100, 0), "{later:?}");
        // Nor does it matter that the address was only known for a while, or told late.
        let mut guest = bought(&[(0, 1_000)]);
        let Fact::Identity(who) = &mut guest[1] else {
            panic!("the identity")
        };
        who.customers.clear();
        who.email = Some("alice@example.com".to_owned());
        let mut changed = who.clone();
        changed.version.at = day(3);
        changed.email = later.map(str::to_owned);
        guest.push(Fact::Identity(changed));
        assert_eq!(held(&guest), (100, 0), "a guest, {later:?}");
    }
    let mut facts = bought(&[(0, 1_000)]);
    facts.push(told(customer, 0, Some("other@example.org")));
    assert_eq!(held(&facts), (100, 100));
    let decided = Decided {
        at: day(4),
        decision: Decision::Cleared,
    };
    let mut own = bought(&[(0, 1_000)]);
    own.push(told(
        Name::customer("cus").unwrap(),
        0,
        Some("alice@example.com"),
    ));
    let name = payment_name("in_0").as_str().to_owned();
    let mut cleared = context.clone();
    cleared.terms.decided.insert(name, decided);
    assert_eq!(earning(&outcome(&own, &cleared)).free, 100);
}

#[test]
fn who_buys_from_where_the_partner_is_paid_is_the_partner() {
    let mut context = with_rule(Rule::ten_percent());
    let paid_at = &mut context.terms.paid_at;
    *paid_at = PaidAt::of("org");
    paid_at.add("alice", &digest("org", "pay.alice@gmail.com"));
    paid_at.add("bob", &digest("org", "bob@example.com"));
    for (buyer, free) in [
        ("payalice+shop@gmail.com", 0),
        ("bob@example.com", 100),
        ("carol@example.com", 100),
    ] {
        let mut facts = bought(&[(0, 1_000)]);
        let Fact::Identity(who) = &mut facts[1] else {
            panic!("the identity")
        };
        who.email = Some(buyer.to_owned());
        let told = outcome(&facts, &context);
        assert_eq!((earning(&told).left, earning(&told).free), (100, free));
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
