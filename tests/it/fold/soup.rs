//! Facts at random, with no sense behind them: whatever arrives, nothing breaks, no document is lost and
//! no more is taken than was there.

use proptest::prelude::*;
use providers::fact::{
    Allocation, Amounts, Billing, Extent, Identity, Payment, PaymentState, Rank, Refunded,
    Reversal, ReversalKind, ReversalState, Strength, Version,
};
use providers::{Currency, Fact, Micros};
use tributary::ledger::facts::FactSet;
use tributary::ledger::fold::{Outcome, fold};

use super::support::{
    NOW, add_click, alias, context, identity, neighbourhoods, payment_name, set_of, told,
};
use crate::support::dice::Dice;

const NAMES: [&str; 9] = [
    "in_1", "in_2", "in_3", "cs_1", "pi_1", "pi_2", "ch_1", "ch_2", "re_1",
];
const CUSTOMERS: [&str; 3] = ["cus_1", "cus_2", "cus_3"];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&NAMES[..])
}

fn time() -> impl Strategy<Value = Micros> {
    (0_i64..40).prop_map(|hours| NOW.plus_seconds((hours - 50) * 3_600))
}

fn currency() -> impl Strategy<Value = Currency> {
    prop_oneof![9 => Just("usd"), 1 => Just("eur")]
        .prop_map(|code| Currency::parse(code).expect("a currency"))
}

/// Mostly sums as people pay them, sometimes the largest there are.
fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![20 => 0_i64..5_000, 1 => Just(i64::MAX), 1 => -100_i64..0]
}

fn payment() -> impl Strategy<Value = Fact> {
    let rank = |object: &str| match object.get(..2) {
        Some("in") => Rank::Canonical,
        Some("cs") => Rank::Checkout,
        Some("pi") => Rank::Intent,
        _ => Rank::Charge,
    };
    let state = prop_oneof![
        4 => Just(PaymentState::Paid),
        1 => Just(PaymentState::Pending),
        1 => Just(PaymentState::Void)
    ];
    let window = prop::option::of(Just(7_200_i64));
    let manual = prop::bool::weighted(0.1);
    let about = (name(), state, currency(), time(), window, manual);
    (about, amount(), 0_i64..500).prop_map(
        move |((object, state, currency, at, twin_window_seconds, manual), gross, tax)| {
            let net = gross.saturating_sub(tax).max(0);
            Fact::Payment(Payment {
                object: payment_name(object),
                rank: if manual { Rank::Manual } else { rank(object) },
                version: Version { at, step: 0 },
                state,
                amounts: Amounts {
                    subtotal: net,
                    tax,
                    gross,
                    net,
                    reversible: gross,
                    ..Amounts::default()
                },
                currency,
                presentment: None,
                occurred_at: at,
                billing: Billing::Unknown,
                twin_window_seconds,
                products: Vec::new(),
                bought: Vec::new(),
                remark: None,
            })
        },
    )
}

fn extent() -> impl Strategy<Value = Extent> {
    prop_oneof![
        1 => Just(Extent::All),
        4 => (amount(), amount()).prop_map(|(cash, counted)| Extent::Gross { cash, counted }),
        2 => (amount(), amount()).prop_map(|(cash, net)| Extent::Net { cash, net }),
        1 => (amount(), amount(), amount())
            .prop_map(|(cash, counted, net)| Extent::Both { cash, counted, net }),
    ]
}

fn taking() -> impl Strategy<Value = Fact> {
    let kind = prop::sample::select(
        &[
            ReversalKind::Refund,
            ReversalKind::Dispute,
            ReversalKind::Credit,
            ReversalKind::RefundReturn,
            ReversalKind::DisputeReturn,
            ReversalKind::CreditReturn,
        ][..],
    );
    let state = prop::sample::select(
        &[
            ReversalState::Inert,
            ReversalState::Held,
            ReversalState::Final,
            ReversalState::Released,
        ][..],
    );
    let of = prop::collection::vec(name(), 0..3);
    (0_usize..6, of, kind, state, extent(), currency(), time()).prop_map(
        |(id, of, kind, state, extent, currency, at)| {
            Fact::Reversal(Reversal {
                id: format!("rev_{id}"),
                // Every snapshot of one reversal names at least one payment in common.
                of: std::iter::once(NAMES[id])
                    .chain(of)
                    .map(payment_name)
                    .collect(),
                kind,
                state,
                extent,
                currency,
                version: Version { at, step: 0 },
                occurred_at: at,
                reason: None,
                things: Vec::new(),
                gift_cards: 0,
            })
        },
    )
}

fn total() -> impl Strategy<Value = Fact> {
    (name(), extent(), currency(), time()).prop_map(|(object, extent, currency, at)| {
        Fact::Refunded(Refunded {
            object: payment_name(object),
            extent,
            currency,
            version: Version { at, step: 0 },
            occurred_at: at,
            let_go: 0,
        })
    })
}

fn link() -> impl Strategy<Value = Fact> {
    let strength = prop_oneof![3 => Just(Strength::Proven), 1 => Just(Strength::Hint)];
    let alias = (name(), name(), strength).prop_map(|(a, b, strength)| alias(a, b, strength));
    let allocation = (name(), name(), amount(), currency(), time()).prop_map(
        |(invoice, payment, amount, currency, at)| {
            Fact::Allocation(Allocation {
                invoice: payment_name(invoice),
                payment: payment_name(payment),
                amount,
                currency,
                version: Version { at, step: 0 },
            })
        },
    );
    prop_oneof![3 => alias, 1 => allocation]
}

fn person() -> impl Strategy<Value = Fact> {
    let clicks = prop::collection::vec(prop::sample::select(&["a", "b", "unknown"][..]), 0..3);
    let customer = prop::sample::select(&CUSTOMERS[..]);
    let email = prop::sample::select(&[None, Some("a@example.com"), Some("c@example.com")][..]);
    (name(), customer, clicks, email, time()).prop_map(|(subject, customer, clicks, email, at)| {
        Fact::Identity(Identity {
            email: email.map(str::to_owned),
            ..identity(subject, customer, &clicks, at)
        })
    })
}

fn soup() -> impl Strategy<Value = Vec<Fact>> {
    let fact = prop_oneof![
        4 => payment(),
        3 => taking(),
        1 => total(),
        4 => link(),
        3 => person(),
    ];
    prop::collection::vec(fact, 1..24)
}

fn fold_all(facts: &FactSet) -> Outcome {
    let mut context = context();
    for (id, partner) in [("a", "alice"), ("b", "bob")] {
        add_click(&mut context, id, partner, NOW.plus_days(-30));
    }
    let alices = ("alice".to_owned(), "a@example.com".to_owned());
    context.terms.emails.extend([alices]);
    fold(facts, &context)
}

/// The paid documents among the facts that stand in the set.
fn documents(facts: &FactSet) -> Vec<&Payment> {
    let payments = facts.facts().filter_map(|fact| match fact {
        Fact::Payment(payment) => Some(payment),
        _ => None,
    });
    payments
        .filter(|p| p.rank == Rank::Canonical && p.state == PaymentState::Paid)
        .filter(|p| p.amounts.gross > 0)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_more_is_taken_and_no_more_is_earned_than_was_there(facts in soup()) {
        for sale in fold_all(&set_of(&facts)).sales {
            let (net, taken) = (sale.amounts.net, sale.taken);
            prop_assert!(taken.refunded >= 0 && taken.disputed >= 0 && taken.lost >= 0);
            prop_assert!(taken.refunded + taken.disputed <= net);
            prop_assert!(taken.lost <= taken.disputed);
            prop_assert!(taken.refunded_gross <= sale.amounts.gross.max(0));
            prop_assert!(taken.refunded_gross <= taken.gross_final && taken.gross_final <= taken.gross);
            prop_assert!(taken.gross <= sale.amounts.gross.max(0));
            prop_assert_eq!(sale.net_left(), net - taken.refunded - taken.disputed);
            if let Some(earning) = &sale.earning {
                prop_assert!(0 <= earning.free && earning.free <= earning.left);
                prop_assert!(earning.left <= earning.full && earning.full <= net);
                if sale.net_left_final() == 0 && net > 0 {
                    prop_assert_eq!(earning.left, 0);
                }
            }
        }
    }

    #[test]
    fn of_what_was_paid_beside_gift_cards_no_more_is_taken_than_was_there(facts in soup(), cards in 0_i64..3_000) {
        let mut facts = facts;
        for fact in &mut facts {
            match fact {
                Fact::Payment(payment) => payment.amounts.gift_cards = payment.amounts.gross.clamp(0, cards),
                Fact::Reversal(reversal) => reversal.gift_cards = cards,
                _ => {}
            }
        }
        for sale in fold_all(&set_of(&facts)).sales {
            let (counts, taken) = (sale.amounts.gross_without_gift_cards(), sale.taken);
            prop_assert!(0 <= taken.gross_final && taken.gross_final <= taken.gross);
            prop_assert!(taken.gross <= counts);
        }
    }

    #[test]
    fn every_paid_document_is_exactly_one_sale_and_no_sale_is_two_documents(facts in soup()) {
        let set = set_of(&facts);
        let sales = fold_all(&set).sales;
        let documents = documents(&set);
        for document in &documents {
            let of = sales.iter().filter(|sale| sale.references.contains(&document.object));
            prop_assert_eq!(of.count(), 1, "{:?}", document.object);
        }
        for sale in &sales {
            let held = documents.iter().filter(|d| sale.references.contains(&d.object));
            prop_assert!(held.count() <= 1);
        }
        let names: usize = sales.iter().map(|sale| sale.references.len()).sum();
        let all: std::collections::BTreeSet<_> = sales.iter().flat_map(|s| &s.references).collect();
        prop_assert_eq!(names, all.len(), "a name stands in two sales");
    }

    #[test]
    fn the_order_and_number_of_deliveries_do_not_matter(facts in soup(), seed in 1_u64.., gap in 0_usize..24) {
        let known = set_of(&facts);
        let mut again: Vec<Fact> = facts.iter().chain(&facts).cloned().collect();
        Dice(seed).shuffle(&mut again);
        let late = again.split_off(gap.min(again.len()));
        let mut set = set_of(&again);
        let _before_the_gap_is_filled = fold_all(&set);
        for fact in late.into_iter().flat_map(Fact::split) {
            set.absorb(told(fact));
        }
        prop_assert_eq!(&set, &known);
        prop_assert_eq!(fold_all(&set), fold_all(&known));
    }

    #[test]
    fn a_neighbourhood_folds_the_same_alone_and_beside_others(facts in soup()) {
        let whole = fold_all(&set_of(&facts));
        let kept = facts.into_iter().flat_map(Fact::split).map(told);
        let apart: Vec<Outcome> = neighbourhoods(kept).iter().map(fold_all).collect();
        let mut sales: Vec<_> = apart.iter().flat_map(|outcome| outcome.sales.clone()).collect();
        sales.sort_by(|a, b| (a.occurred_at, &a.object).cmp(&(b.occurred_at, &b.object)));
        prop_assert_eq!(sales, whole.sales);
        let mut waiting: Vec<_> = apart.iter().flat_map(|outcome| outcome.waiting.clone()).collect();
        waiting.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(waiting, whole.waiting);
    }

    #[test]
    fn absorbing_is_commutative_associative_and_idempotent(
        a in soup(), b in soup(), c in soup()
    ) {
        let [a, b, c] = [a, b, c].map(|facts| set_of(&facts));
        let join = |x: &FactSet, y: &FactSet| {
            let mut joined = x.clone();
            joined.join(y.clone());
            joined
        };
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&a, &a), a);
    }
}
