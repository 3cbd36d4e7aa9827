//! What the merchant and the owner say beside the processors: refunds of reported sales, and whose a payment is.

use providers::fact::{Rank, ReversalKind, ReversalState};
use providers::{Currency, Fact, Micros};
use tributary::attribution::CodeOwner;
use tributary::ledger::calls::{PROCESSOR, RefundCall};
use tributary::ledger::facts::{FactSet, Kept};
use tributary::ledger::fold::fold;

use super::support::{
    NOW, PROGRAM, add_click, context, identity, outcome, paid, payment_name, reversal, told,
};

fn by_call(fact: Fact) -> Kept {
    Kept {
        processor: PROCESSOR.to_owned(),
        ..told(fact)
    }
}

/// A refund of 400 that the merchant has told of.
fn refund(id: &str) -> Kept {
    let call = RefundCall {
        of: vec![payment_name("in_1")],
        refund_id: id.to_owned(),
        amount: 400,
        currency: Currency::USD,
        reason: None,
    };
    by_call(Fact::Reversal(call.reversal(NOW)))
}

/// Every order of some facts.
fn orders(facts: &[Kept]) -> Vec<Vec<Kept>> {
    if facts.len() < 2 {
        return vec![facts.to_vec()];
    }
    let each = (0..facts.len()).flat_map(|at| {
        let mut rest = facts.to_vec();
        let first = rest.remove(at);
        orders(&rest).into_iter().map(move |mut order| {
            order.insert(0, first.clone());
            order
        })
    });
    each.collect()
}

/// What is left of the one sale, whatever the order and however often each is told.
fn left(facts: &[Kept]) -> i64 {
    let mut seen = None;
    for order in orders(facts) {
        let mut set = FactSet::new();
        for kept in order.iter().chain(&order) {
            set.absorb(kept.clone());
        }
        let outcome = fold(&set, &context());
        assert_eq!(outcome.sales.len(), 1);
        let left = outcome.sales[0].net_left();
        assert_eq!(*seen.get_or_insert(left), left);
    }
    seen.expect("an order")
}

#[test]
fn refunds_of_a_reported_sale_count_in_any_order_and_no_more_than_there_was() {
    let sale = by_call(Fact::Payment(paid("in_1", Rank::Manual, 1_000, Micros(0))));
    assert_eq!(left(&[sale.clone(), refund("r_1")]), 600);
    assert_eq!(left(&[sale.clone(), refund("r_1"), refund("r_2")]), 200);
    let all = [sale, refund("r_1"), refund("r_2"), refund("r_3")];
    assert_eq!(left(&all), 0);
}

#[test]
fn where_a_processor_tells_of_the_payment_its_refunds_alone_count() {
    let reported = by_call(Fact::Payment(paid("in_1", Rank::Manual, 1_000, Micros(0))));
    let invoice = told(Fact::Payment(paid(
        "in_1",
        Rank::Canonical,
        1_000,
        Micros(0),
    )));
    let back = reversal(
        "re_1",
        &["in_1"],
        ReversalKind::Refund,
        ReversalState::Final,
        (400, NOW),
    );
    let back = told(Fact::Reversal(back));
    assert_eq!(
        left(&[reported.clone(), invoice.clone(), refund("r_1")]),
        1_000
    );
    assert_eq!(left(&[reported, invoice, refund("r_1"), back]), 600);
}

#[test]
fn what_is_said_of_one_payment_is_said_of_no_other_of_its_customer() {
    let mut context = context();
    add_click(&mut context, "clk_1", "alice", Micros(0));
    let bought = |object: &str, at: i64| {
        let at = Micros(at);
        [
            Fact::Payment(paid(object, Rank::Canonical, 1_000, at)),
            Fact::Identity(identity(object, "cus_1", &["clk_1"], at)),
        ]
    };
    let facts = [bought("in_1", 1_000), bought("in_2", 2_000)].concat();
    let bob = CodeOwner {
        partner_id: "bob".to_owned(),
        program_id: PROGRAM.to_owned(),
    };
    let partners = |context: &_| -> Vec<Option<String>> {
        let sales = outcome(&facts, context).sales.into_iter();
        sales
            .map(|sale| sale.credit.map(|credit| credit.partner_id))
            .collect()
    };
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(partners(&context), [named("alice"), named("alice")]);
    let assignments = &mut context.directory.assignments;
    assignments.insert(payment_name("in_1"), Some(bob));
    assert_eq!(partners(&context), [named("bob"), named("alice")]);
    let assignments = &mut context.directory.assignments;
    assignments.insert(payment_name("in_1"), None);
    assert_eq!(partners(&context), [None, named("alice")]);
}
