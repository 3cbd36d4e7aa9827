//! Labels of a buyer move nothing of another customer, whoever and whatever they name.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use providers::fact::{Alias, Billing, Identity, Label, Lead, Rank, Strength, Version};
use providers::{Fact, Micros, Name};
use tributary::ledger::fold::{Context, Outcome, fold};
use tributary::ledger::people::Customer;
use tributary::ledger::sale::Sale;

use super::support::{NOW, add_click, add_code, context, paid, payment_name, set_of};
use crate::support::dice::Dice;

/// How an honest customer is known.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// By the processor's id and the merchant's, told together.
    Together,
    /// By both, told by an alias of the two.
    Alias,
    /// By the merchant's id alone, as calls tell it.
    Merchant,
    /// By nothing but what comes with each payment.
    Guest,
}

/// A payment: rank, amount, day, whether of a subscription, and whether a click or code came with it.
type Bought = (Rank, i64, i64, bool, u8);

/// What the attacker does with one payment of the smallest amount: whom the labels name, the day, whether
/// logged in with an account of their own, and which labels.
/// A reference to an order is tried on customers who are known: where nobody is known of either, a hint counts.
type Forged = (usize, i64, bool, u8);

fn rank() -> impl Strategy<Value = Rank> {
    prop_oneof![
        Just(Rank::Canonical),
        Just(Rank::Checkout),
        Just(Rank::Intent),
        Just(Rank::Charge)
    ]
}

fn known() -> impl Strategy<Value = Known> {
    prop_oneof![
        Just(Known::Together),
        Just(Known::Alias),
        Just(Known::Merchant),
        Just(Known::Guest)
    ]
}

fn bought() -> impl Strategy<Value = Bought> {
    (rank(), 1_i64..100_000, 1_i64..59, any::<bool>(), 0_u8..3)
}

fn day(number: i64) -> Micros {
    NOW.plus_days(number - 60)
}

fn told(number: usize) -> (Option<Name>, Option<Name>, String) {
    (
        Name::customer(&format!("cus_{number}")),
        Name::external(&format!("user_{number}")),
        format!("user_{number}@example.com"),
    )
}

/// The life of one honest customer.
fn honest(number: usize, known: Known, payments: &[Bought]) -> Vec<Fact> {
    let (own, external, email) = told(number);
    let mut facts = Vec::new();
    if let (Known::Alias, Some(a), Some(b)) = (known, own.clone(), external.clone()) {
        let strength = Strength::Proven;
        facts.push(Fact::Alias(Alias { a, b, strength }));
    }
    if !matches!(known, Known::Guest) {
        facts.push(Fact::Lead(Lead {
            id: format!("lead_{number}"),
            event_name: "Sign Up".to_owned(),
            customers: external.clone().into_iter().collect(),
            clicks: Vec::new(),
            occurred_at: day(0),
        }));
    }
    for (at, (rank, gross, on, subscribed, labels)) in payments.iter().enumerate() {
        let object = format!("v{number}_{at}");
        let mut payment = paid(&object, *rank, *gross, day(*on));
        payment.twin_window_seconds = Some(3_600);
        if *subscribed {
            payment.billing = Billing::SubscriptionRenewal;
        }
        let customers = match known {
            Known::Together => own.iter().chain(&external).cloned().collect(),
            Known::Alias => own.iter().cloned().collect(),
            Known::Merchant => external.iter().cloned().collect(),
            Known::Guest => Vec::new(),
        };
        let version = Version {
            at: day(*on),
            step: 0,
        };
        let subscription = subscribed.then(|| format!("sub_{number}"));
        let label = |value: &str| Label::new(value, "metadata.refp_id").into_iter().collect();
        facts.push(Fact::Payment(payment));
        facts.push(Fact::Identity(Identity {
            customers,
            subscription: subscription.and_then(|name| Name::subscription(&name)),
            clicks: if *labels == 1 {
                label("by_alice")
            } else {
                Vec::new()
            },
            codes: if *labels == 2 {
                label("ALICE10")
            } else {
                Vec::new()
            },
            email: Some(email.clone()),
            ..Identity::of(payment_name(&object), version)
        }));
    }
    facts
}

/// One cheap purchase with labels that name somebody else.
fn forged(at: usize, (victim, on, has_account, labels): Forged, known: bool) -> Vec<Fact> {
    let (own, external, email) = told(victim);
    let object = format!("thief_{at}");
    let target = format!("v{victim}_0");
    let names = [own, external].into_iter().flatten();
    let mut said: Vec<String> = names.map(|name| name.value().to_owned()).collect();
    said.extend([email.clone(), target.clone(), "undefined".to_owned()]);
    let label = |value: &String| Label::new(value, "note_attributes.customerExternalId");
    let version = Version {
        at: day(on),
        step: 0,
    };
    let click = Label::new("by_thief", "note_attributes.refp_id");
    let code = Label::new("THIEF10", "discount_codes");
    let account = has_account.then(|| Name::customer("cus_thief")).flatten();
    let mut payment = paid(&object, Rank::Charge, 50, day(on));
    payment.twin_window_seconds = Some(3_600);
    let mut facts = vec![
        Fact::Payment(payment),
        Fact::Identity(Identity {
            customers: account.into_iter().collect(),
            said: said.iter().filter_map(label).collect(),
            clicks: click.into_iter().filter(|_| labels & 1 > 0).collect(),
            codes: code.into_iter().filter(|_| labels & 2 > 0).collect(),
            email: Some(email),
            ..Identity::of(payment_name(&object), version)
        }),
    ];
    if has_account && known && labels & 4 > 0 {
        facts.push(Fact::Alias(Alias {
            a: payment_name(&object),
            b: payment_name(&target),
            strength: Strength::Hint,
        }));
    }
    facts
}

fn world() -> Context {
    let mut context = context();
    add_click(&mut context, "by_alice", "alice", day(0));
    add_click(&mut context, "by_thief", "thief", day(0));
    add_code(&mut context, "ALICE10", "alice");
    add_code(&mut context, "THIEF10", "thief");
    let address = "thief@example.com".to_owned();
    context.terms.emails.insert("thief".to_owned(), address);
    context
}

/// What is the honest ones'.
fn theirs(outcome: Outcome) -> (Vec<Sale>, BTreeMap<Name, Customer>) {
    let is_thiefs = |name: &Name| name.value().contains("thief");
    let mut sales = outcome.sales;
    sales.retain(|sale| !is_thiefs(&sale.object));
    let mut customers = outcome.customers;
    customers.retain(|name, _| !is_thiefs(name));
    (sales, customers)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn labels_of_a_buyer_move_nothing_of_another_customer(
        lives in vec((known(), vec(bought(), 1..5)), 1..4),
        forgeries in vec((0_usize..4, 1_i64..59, any::<bool>(), 0_u8..8), 1..8),
        seed in 1_u64..,
    ) {
        let honest: Vec<Fact> = lives.iter().enumerate()
            .flat_map(|(number, (known, payments))| honest(number, *known, payments))
            .collect();
        let context = world();
        let before = theirs(fold(&set_of(&honest), &context));
        let mut all = honest;
        all.extend(forgeries.into_iter().enumerate().flat_map(|(at, one)| {
            let victim = lives.get(one.0);
            let known = victim.is_some_and(|(known, _)| !matches!(known, Known::Guest));
            forged(at, one, known)
        }));
        Dice(seed).shuffle(&mut all);
        prop_assert_eq!(theirs(fold(&set_of(&all), &context)), before);
    }
}
