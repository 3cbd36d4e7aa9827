//! Which ids mean one person. Several of these cost money or merged people elsewhere, as reported in public.

use providers::fact::{Alias, Identity, Lead, Rank, Strength, Version};
use providers::{Fact, Name, NameKind};
use tributary::ledger::fold::Outcome;
use tributary::ledger::people::MOST_CUSTOMERS_OF_ONE_ID;

use super::credits::{clicked, day, partners, payment};
use super::support::{context, identity, outcome, paid};
use crate::support::dice::Dice;

/// An id as facts were stored before words that mean nobody were refused.
fn stored(id: &str) -> Name {
    Name::new(NameKind::External, id).unwrap()
}

/// A payment of a customer of the processor, or of a guest, under one of the merchant's own ids.
fn under(id: &Name, object: &str, customer: &str, on: i64, clicks: &[&str]) -> [Fact; 2] {
    let mut who = identity(object, customer, clicks, day(on));
    who.customers.push(id.clone());
    who.email = Some(format!("{object}@example.com"));
    let paid = paid(object, Rank::Canonical, 1_000, day(on));
    [Fact::Payment(paid), Fact::Identity(who)]
}

/// So many customers of one processor, the first of them with a click, who share one id.
fn sharing(id: &Name, customers: usize) -> Vec<Fact> {
    (0..customers)
        .flat_map(|number| {
            let clicks: &[&str] = if number == 0 { &["by_alice"] } else { &[] };
            let (object, customer) = (format!("in_{number}"), format!("cus_{number:03}"));
            under(id, &object, &customer, 5, clicks)
        })
        .collect()
}

fn credited(outcome: &Outcome) -> usize {
    partners(outcome).into_iter().flatten().count()
}

/// <https://github.com/PostHog/posthog-js/pull/34>: all users without an id became one.
#[test]
fn a_guest_whose_id_was_stored_as_a_word_for_nobody_brings_the_next_one_no_partner() {
    for word in ["undefined", "null", "None", "[object Object]", "0", "guest"] {
        let id = stored(word);
        let mut facts = under(&id, "order_1", "", 5, &["by_alice"]).to_vec();
        facts.extend(under(&id, "order_2", "", 6, &[]));
        let outcome = outcome(&facts, &clicked(1, 2));
        assert_eq!(credited(&outcome), 1, "{word}");
        assert_eq!(outcome.customers.len(), 2, "{word}");
        assert!(
            outcome
                .customers
                .values()
                .all(|c| c.external_id().is_none())
        );
    }
}

/// <https://github.com/PostHog/posthog/issues/12008>: `[object Object]` was told as another name of many.
#[test]
fn an_alias_of_a_word_for_nobody_joins_nobody() {
    let alias = |customer: &str| {
        Fact::Alias(Alias {
            a: stored("[object Object]"),
            b: Name::customer(customer).unwrap(),
            strength: Strength::Proven,
        })
    };
    let facts = [alias("cus_1"), alias("cus_2")];
    assert_eq!(outcome(&facts, &context()).customers.len(), 2);
}

/// <https://github.com/Sylius/Sylius/issues/6883>: whoever typed an address had the account's orders.
#[test]
fn an_address_that_a_guest_types_gives_nothing_of_the_one_who_has_it() {
    let mut facts = payment("in_1", 5, &["by_alice"]).to_vec();
    if let Fact::Identity(victim) = &mut facts[1] {
        victim.email = Some("victim@example.com".to_owned());
    }
    let mut thief = identity("in_2", "", &["by_bob"], day(6));
    thief.email = Some("victim@example.com".to_owned());
    facts.push(Fact::Payment(paid("in_2", Rank::Canonical, 50, day(6))));
    facts.push(Fact::Identity(thief));
    facts.extend(payment("in_3", 7, &[]));
    let outcome = outcome(&facts, &clicked(1, 2));
    let brought: Vec<_> = partners(&outcome).iter().map(|c| c.unwrap().0).collect();
    assert_eq!(brought, ["alice", "bob", "alice"]);
    assert_eq!(outcome.customers.len(), 2);
}

/// <https://github.com/AffiliateWP/AffiliateWP/issues/974>: a guest with the partner's address was paid for;
/// held must be that sale alone.
#[test]
fn a_partners_address_that_a_guest_types_holds_the_sale_it_came_with_and_no_other() {
    let mut context = clicked(1, 2);
    let address = "alice@example.com".to_owned();
    context
        .terms
        .emails
        .insert("alice".to_owned(), address.clone());
    let mut facts = payment("in_1", 5, &["by_alice"]).to_vec();
    let mut guest = identity("in_2", "", &["by_alice"], day(6));
    guest.email = Some(address);
    facts.push(Fact::Payment(paid("in_2", Rank::Canonical, 50, day(6))));
    facts.push(Fact::Identity(guest));
    facts.extend(payment("in_3", 7, &[]));
    let sales = outcome(&facts, &context).sales;
    let held: Vec<bool> = sales
        .iter()
        .map(|sale| sale.earning.as_ref().unwrap().review.is_some())
        .collect();
    assert_eq!(held, [false, true, false]);
}

#[test]
fn an_id_that_more_customers_share_than_a_person_can_have_joins_none_of_them_in_any_order() {
    let id = Name::external("house_account").unwrap();
    let context = clicked(1, 2);
    let few = outcome(&sharing(&id, MOST_CUSTOMERS_OF_ONE_ID), &context);
    assert_eq!(few.customers.len(), 1);
    assert_eq!(few.shared_ids, []);
    let mut facts = sharing(&id, MOST_CUSTOMERS_OF_ONE_ID + 1);
    let many = outcome(&facts, &context);
    assert_eq!(many.customers.len(), MOST_CUSTOMERS_OF_ONE_ID + 1);
    assert_eq!(credited(&many), 1, "the one who came with the click");
    let [shared] = many.shared_ids.as_slice() else {
        panic!("{:?}", many.shared_ids)
    };
    assert_eq!(
        (&shared.id, shared.customers),
        (&id, MOST_CUSTOMERS_OF_ONE_ID + 1)
    );
    assert_eq!(shared.processor, "stripe");
    Dice(3).shuffle(&mut facts);
    assert_eq!(outcome(&facts, &context), many);
}

#[test]
fn a_person_on_many_devices_is_still_one() {
    let id = Name::external("user_1").unwrap();
    let facts: Vec<Fact> = (0..40)
        .map(|device| {
            Fact::Alias(Alias {
                a: Name::customer(&format!("$RCAnonymousID:{device:032}")).unwrap(),
                b: id.clone(),
                strength: Strength::Proven,
            })
        })
        .collect();
    assert_eq!(outcome(&facts, &context()).customers.len(), 1);
}

#[test]
fn a_stored_lead_of_nobody_is_no_ones_memory() {
    let lead = Fact::Lead(Lead {
        id: "lead".to_owned(),
        event_name: "Sign Up".to_owned(),
        customers: vec![stored("undefined")],
        clicks: providers::fact::Label::new("by_alice", "clickId")
            .into_iter()
            .collect(),
        occurred_at: day(3),
    });
    let told = Identity {
        customers: vec![stored("undefined")],
        email: Some("first@example.com".to_owned()),
        ..Identity::of(Name::customer("api/undefined").unwrap(), Version::default())
    };
    let mut facts = vec![lead, Fact::Identity(told)];
    facts.extend(under(&stored("undefined"), "order_1", "", 6, &[]));
    let outcome = outcome(&facts, &clicked(1, 2));
    assert_eq!(credited(&outcome), 0);
    assert_eq!(
        (outcome.leads.len(), &outcome.leads[0].customer),
        (1, &None)
    );
    assert_eq!(outcome.customers.len(), 1);
}
