//! Leads that are nobody's first: of nobody, and of one mailbox under several ids.

use providers::Fact;
use tributary::ledger::calls::{Call, LeadCall, Person};
use tributary::ledger::fold::fold;
use tributary::ledger::rule::Rule;

use super::{day, flat, with_rule};
use crate::fold::support::{add_click, neighbourhoods, told};

/// A call: its click, the customer's id and e-mail address.
type SignUp<'a> = (&'a str, &'a str, Option<&'a str>);

fn called(number: i64, (click, id, email): SignUp<'_>) -> Vec<Fact> {
    let customer = Person {
        external_id: id.to_owned(),
        email: email.map(str::to_owned),
        name: None,
        avatar: None,
    };
    let call = Call::Lead(LeadCall {
        click_id: click.to_owned(),
        customer,
        event_name: "Sign Up".to_owned(),
        metadata: None,
        occurred_at: None,
    });
    call.facts(&format!("evt_{number}"), day(number))
}

/// What each of some calls earns, and what of it is free.
fn earned(calls: &[SignUp<'_>]) -> Vec<Option<(i64, i64)>> {
    let mut rule = Rule::ten_percent();
    rule.lead = Some(flat(500, "usd"));
    let mut context = with_rule(rule);
    add_click(&mut context, "clk_2", "alice", day(-1));
    let calls = calls.iter().zip(1..);
    let calls = calls.map(|(call, number)| called(number, *call));
    let facts: Vec<Fact> = calls.flatten().collect();
    let earned = |facts: Vec<Fact>| {
        let kept = facts.into_iter().flat_map(Fact::split).map(told);
        let sets = neighbourhoods(kept);
        let mut leads: Vec<_> = sets
            .iter()
            .flat_map(|set| fold(set, &context).leads)
            .collect();
        leads.sort_by(|a, b| a.id.cmp(&b.id));
        let earnings = leads.into_iter().map(|lead| lead.earning);
        let earned = earnings.map(|earning| earning.map(|earned| (earned.left, earned.free)));
        earned.collect::<Vec<_>>()
    };
    let given = earned(facts.clone());
    assert_eq!(earned(facts.into_iter().rev().collect()), given);
    given
}

const PAID: Option<(i64, i64)> = Some((500, 500));
const HELD: Option<(i64, i64)> = Some((500, 0));

#[test]
fn a_word_that_means_nobody_is_nobodys_first_lead() {
    let jane = Some("jane@example.com");
    for word in ["undefined", "null", "[object Object]", "{{user.id}}"] {
        let calls = [("clk", word, None), ("clk", word, jane)];
        assert_eq!(earned(&calls), [None, None], "{word}");
    }
}

#[test]
fn of_leads_that_lead_to_one_mailbox_by_one_click_the_first_earns_and_the_others_wait_for_the_owner()
 {
    let calls = [
        ("clk", "a", Some("jane+1@gmail.com")),
        ("clk", "b", Some("Jane@gmail.com")),
        ("clk", "c", Some("j.ane@googlemail.com")),
        ("clk", "a", Some("jane+9@gmail.com")),
    ];
    assert_eq!(earned(&calls), [PAID, HELD, HELD, None]);
    let others = [
        ("clk", "a", Some("jane@gmail.com")),
        ("clk", "b", Some("joan@gmail.com")),
        ("clk", "c", None),
        ("clk_2", "d", Some("jane@gmail.com")),
    ];
    assert_eq!(earned(&others), [PAID; 4]);
}
