//! Labels of a buyer move nothing of another customer, whoever and whatever they name.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use providers::fact::{
    Alias, Amounts, Billing, Claim, ClaimKind, Identity, Label, Lead, PaymentState, Rank,
    ReversalKind, ReversalState, Strength, Version,
};
use providers::{Fact, Holds, Micros, Name, Writer};
use tributary::fixtures::{self, Fixture, SourceOf};
use tributary::ledger::fold::{Context, Outcome, fold};
use tributary::ledger::people::Customer;
use tributary::ledger::sale::Sale;

use super::buyers_word::in_cart;
use super::fixtures::{arrivals, context_of, ledger};
use super::support::{NOW, add_click, add_code, context, paid, payment_name, reversal, set_of};
use crate::support::dice::Dice;
use crate::support::labels::{Written, labelled};
use crate::support::shipped;

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
    let [click, code] = if labels & 8 > 0 {
        ["by_alice", "ALICE10"]
    } else {
        ["by_thief", "THIEF10"]
    };
    let click = Label::new(click, "note_attributes.refp_id");
    let code = Label::new(code, "discount_codes");
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

/// What the attacker leaves under the processor's own name of a customer, whose address he has typed: whose, the day,
/// what became of it, and which labels.
type Worthless = (usize, i64, u8, u8);

/// A cart that was left, or a payment that was not made, is void, of nothing or given back.
fn worthless(at: usize, (victim, on, what, labels): Worthless) -> Vec<Fact> {
    let (own, ..) = told(victim);
    let object = format!("thief_{at}");
    let mut payment = paid(&object, Rank::Canonical, 500_000, day(on));
    let code = Label::new("THIEF10", "discount_codes");
    let click = (labels & 1 > 0).then(|| in_cart("by_thief"));
    let mut facts = vec![Fact::Identity(Identity {
        customers: own.into_iter().collect(),
        clicks: click.into_iter().collect(),
        codes: code.into_iter().filter(|_| labels & 2 > 0).collect(),
        ..Identity::of(payment.object.clone(), payment.version)
    })];
    match what {
        0 => return facts,
        1 => payment.state = PaymentState::Pending,
        2 => payment.state = PaymentState::Void,
        3 => payment.amounts = Amounts::default(),
        _ => {
            let (kind, state) = (ReversalKind::Refund, ReversalState::Final);
            let id = format!("re_{at}");
            let back = reversal(&id, &[&object], kind, state, (500_000, day(on)));
            facts.push(Fact::Reversal(back));
        }
    }
    facts.push(Fact::Payment(payment));
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
        forgeries in vec((0_usize..4, 1_i64..59, any::<bool>(), 0_u8..16), 1..8),
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_pays_nothing_moves_nothing_of_the_customer_whose_address_he_types(
        lives in vec((prop_oneof![Just(Known::Together), Just(Known::Alias)], vec(bought(), 1..5)), 1..4),
        left in vec((0_usize..3, 1_i64..59, 0_u8..5, 1_u8..4), 1..8),
        seed in 1_u64..,
    ) {
        let honest: Vec<Fact> = lives.iter().enumerate()
            .flat_map(|(number, (known, payments))| honest(number, *known, payments))
            .collect();
        let context = world();
        let before = theirs(fold(&set_of(&honest), &context));
        let mut all = honest;
        let left = left.into_iter().filter(|(victim, ..)| *victim < lives.len());
        all.extend(left.enumerate().flat_map(|(at, one)| worthless(at, one)));
        Dice(seed).shuffle(&mut all);
        prop_assert_eq!(theirs(fold(&set_of(&all), &context)), before);
    }
}

/// The clicks that a fact tells.
fn clicks(fact: &Fact) -> Vec<&Label> {
    match fact {
        Fact::Claim(Claim { kind, label, .. }) if *kind == ClaimKind::Click => vec![label],
        Fact::Lead(lead) => lead.clicks.iter().collect(),
        _ => Vec::new(),
    }
}

/// What an app says of its user is the user's own, whoever has written it.
const OF_A_PERSON: &str = "subscriber_attributes";

#[test]
fn every_adapter_says_which_clicks_a_buyer_can_have_written() {
    let written = Written::plain("label_told_here");
    for adapter in providers::adapters() {
        let about = adapter.about();
        for place in about.places {
            if !matches!(place.holds, Holds::Clicks | Holds::Labels) {
                continue;
            }
            let expected = place.writer == Writer::Buyer && place.name != OF_A_PERSON;
            // Which transactions of Paddle's the server has made, their origin tells.
            let by_api = |fixture: &&&Fixture| {
                let mut sent = fixture.deliveries.iter();
                sent.any(|sent| sent.body.contains(r#""origin":"api""#))
            };
            let of_adapter = shipped::of(about.id);
            for fixture in of_adapter.iter().filter(|fixture| !by_api(fixture)) {
                let told = arrivals(&labelled(fixture, &[place.name], &written));
                let facts = told.iter().flat_map(|arrived| &arrived.facts);
                let labels = facts.flat_map(|kept| clicks(&kept.fact));
                let of_place = labels.filter(|label| {
                    label.value() == "label_told_here" && label.place().starts_with(place.name)
                });
                for label in of_place {
                    let about = format!("{}: {label:?}", shipped::name(fixture));
                    assert_eq!(label.is_buyers(), expected, "{about}");
                }
            }
        }
    }
}

/// What some buyers' deliveries add up to, without the sales of these payments.
fn others(buyers: &[&Fixture], own: &BTreeSet<String>) -> Vec<fixtures::Sale> {
    let mut context = context();
    for buyer in buyers {
        let of_buyer = context_of(buyer).directory;
        context.directory.clicks.extend(of_buyer.clicks);
        context.directory.codes.extend(of_buyer.codes);
    }
    let told: Vec<_> = buyers.iter().flat_map(|buyer| arrivals(buyer)).collect();
    let mut sales = ledger(&told, &context).sales;
    sales.retain(|sale| sale.references.iter().all(|name| !own.contains(name)));
    sales
}

/// Everything that a buyer's deliveries name: payments, customers, guests' addresses, clicks and codes.
fn names(buyer: &Fixture) -> Vec<String> {
    let told = arrivals(buyer);
    let facts = told.iter().flat_map(|arrived| &arrived.facts);
    let mut names: BTreeSet<String> = BTreeSet::new();
    for kept in facts {
        names.extend(kept.fact.names().iter().map(|name| name.value().to_owned()));
        if let Fact::Identity(identity) = &kept.fact {
            names.extend(identity.email.clone());
        }
    }
    names.extend(buyer.clicks.iter().map(|click| click.id.clone()));
    names.extend(buyer.codes.iter().map(|code| code.code.clone()));
    names.into_iter().collect()
}

/// The same through every adapter: one buyer writes what another one's deliveries name wherever a buyer can write.
#[test]
fn what_a_buyer_writes_in_a_delivery_of_any_processor_moves_nothing_of_another() {
    let all: Vec<&Fixture> = shipped::all().iter().collect();
    let mut dice = Dice(11);
    for round in 0..400 {
        let mut buyers: Vec<&Fixture> = (0..5).map(|_| all[dice.below(all.len())]).collect();
        buyers.dedup_by_key(|buyer| shipped::name(buyer));
        let (thief, honest) = buyers.split_first().unwrap();
        let is_honest = |buyer: &&Fixture| shipped::name(buyer) != shipped::name(thief);
        let honest: Vec<&Fixture> = honest.iter().copied().filter(is_honest).collect();
        if honest.is_empty() || thief.source != SourceOf::default() {
            continue;
        }
        let victim = names(honest[dice.below(honest.len())]);
        let own: BTreeSet<String> = names(thief).into_iter().collect();
        let named: Vec<&String> = victim.iter().filter(|name| !own.contains(*name)).collect();
        if named.is_empty() {
            continue;
        }
        let name = named[dice.below(named.len())];
        let places = providers::adapter(&thief.processor).unwrap().about().places;
        let of_buyers = places.iter().filter(|place| place.writer == Writer::Buyer);
        let of_buyers: Vec<&str> = of_buyers.map(|place| place.name).collect();
        let forged = labelled(thief, &of_buyers, &Written::plain(name));
        let [before, after] = [*thief, &forged].map(|thief| {
            let mut buyers = honest.clone();
            buyers.push(thief);
            others(&buyers, &own)
        });
        let about = format!("round {round}: {} writes {name}", shipped::name(thief));
        assert_eq!(after, before, "{about}");
    }
}
