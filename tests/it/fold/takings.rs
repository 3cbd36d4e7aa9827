//! Refunds and disputes: each way in which money is told to flow back, once.

use providers::fact::{
    Allocation, Extent, Presentment, Rank, Refunded, ReversalKind, ReversalState, Strength, Version,
};
use providers::{Currency, Fact, Micros};
use tributary::ledger::fold::Outcome;
use tributary::ledger::reversal::{Taken, Waiting};

use super::support::{NOW, alias, context, outcome, paid, payment_name, reversal, usd};

use ReversalKind::{Dispute, Refund};
use ReversalState::{Final, Held, Inert, Released};

fn at(minutes: i64) -> Micros {
    NOW.plus_days(-1).plus_seconds(minutes * 60)
}

/// An invoice over 1000 with its charge.
fn invoice() -> Vec<Fact> {
    vec![
        Fact::Payment(paid("in_1", Rank::Canonical, 1_000, at(0))),
        Fact::Payment(paid("ch_1", Rank::Charge, 1_000, at(0))),
        alias("in_1", "ch_1", Strength::Proven),
    ]
}

fn taking(id: &str, kind: ReversalKind, state: ReversalState, cash: i64, minutes: i64) -> Fact {
    Fact::Reversal(reversal(id, &["ch_1"], kind, state, (cash, at(minutes))))
}

fn total(cash: i64, minutes: i64) -> Fact {
    Fact::Refunded(Refunded {
        object: payment_name("ch_1"),
        extent: Extent::Gross {
            cash,
            counted: cash,
        },
        currency: usd(),
        version: Version {
            at: at(minutes),
            step: 0,
        },
        occurred_at: at(minutes),
        let_go: 0,
    })
}

fn folded(facts: &[Fact]) -> Outcome {
    outcome(facts, &context())
}

fn taken_of(takings: &[Fact]) -> Taken {
    let facts: Vec<Fact> = invoice().iter().chain(takings).cloned().collect();
    let outcome = folded(&facts);
    assert_eq!(outcome.sales.len(), 1);
    assert_eq!(outcome.waiting, []);
    outcome.sales[0].taken
}

fn sums(takings: &[Fact]) -> (i64, i64, i64) {
    let taken = taken_of(takings);
    (taken.refunded, taken.disputed, taken.lost)
}

#[test]
fn an_inquiry_moves_nothing() {
    assert_eq!(sums(&[taking("dp", Dispute, Inert, 1_000, 1)]), (0, 0, 0));
}

#[test]
fn an_open_dispute_holds_a_lost_one_takes_and_a_won_one_releases() {
    let open = taking("dp", Dispute, Held, 1_000, 1);
    let lost = taking("dp", Dispute, Final, 1_000, 2);
    let appealed = taking("dp", Dispute, Held, 1_000, 3);
    let won = taking("dp", Dispute, Released, 1_000, 4);
    let states = [open, lost, appealed, won];
    let expected = [(0, 1_000, 0), (0, 1_000, 1_000), (0, 1_000, 0), (0, 0, 0)];
    for (known, expected) in (1..).zip(expected) {
        assert_eq!(sums(&states[..known]), expected, "after {known} events");
    }
}

#[test]
fn a_refund_and_a_dispute_of_one_payment_never_take_more_than_was_paid() {
    let refund = taking("re", Refund, Final, 400, 1);
    let open = taking("dp", Dispute, Held, 1_000, 2);
    assert_eq!(sums(&[refund.clone(), open]), (400, 600, 0));
    let lost = taking("dp", Dispute, Final, 1_000, 3);
    assert_eq!(sums(&[refund, lost]), (400, 600, 600));
}

#[test]
fn a_refund_counts_while_it_is_pending_and_no_more_once_it_has_failed() {
    let pending = taking("re", Refund, Held, 300, 1);
    assert_eq!(sums(std::slice::from_ref(&pending)), (300, 0, 0));
    let failed = taking("re", Refund, Released, 300, 2);
    assert_eq!(sums(&[failed, pending]), (0, 0, 0));
}

#[test]
fn a_total_and_single_refunds_of_one_charge_are_not_added_up() {
    let single = taking("re_1", Refund, Final, 300, 1);
    assert_eq!(sums(&[single.clone(), total(300, 2)]), (300, 0, 0));
    assert_eq!(
        sums(&[single.clone(), total(500, 2)]),
        (500, 0, 0),
        "one is missing"
    );
    let second = taking("re_2", Refund, Final, 200, 1);
    assert_eq!(sums(&[single.clone(), second, total(500, 2)]), (500, 0, 0));
    let mut failed = reversal("re_1", &["ch_1"], Refund, Released, (300, at(3)));
    failed.occurred_at = at(1);
    let failed = Fact::Reversal(failed);
    assert_eq!(
        sums(&[single, failed, total(300, 2)]),
        (0, 0, 0),
        "the total is older"
    );
}

#[test]
fn a_total_of_a_charge_and_a_refund_that_names_only_its_intent_are_not_added_up() {
    let refund = reversal("re_1", &["pi_1"], Refund, Final, (300, at(1)));
    let single = Fact::Reversal(refund);
    let same = alias("ch_1", "pi_1", Strength::Proven);
    let told = [same.clone(), single.clone(), total(300, 2)];
    assert_eq!(sums(&told), (300, 0, 0));
    let told = [same, single, total(500, 2)];
    assert_eq!(sums(&told), (500, 0, 0), "one is missing");
}

#[test]
fn a_refund_that_names_only_an_invoice_does_not_cover_the_totals_of_its_charges() {
    let other = Fact::Payment(paid("ch_2", Rank::Charge, 1_000, at(0)));
    let same = alias("in_1", "ch_2", Strength::Proven);
    let refund = reversal("re_1", &["in_1"], Refund, Final, (300, at(1)));
    let told = [other, same, Fact::Reversal(refund), total(200, 2)];
    assert_eq!(sums(&told), (500, 0, 0));
}

#[test]
fn a_total_alone_is_what_has_been_refunded_and_can_fall() {
    assert_eq!(sums(&[total(700, 1)]), (700, 0, 0));
    assert_eq!(sums(&[total(700, 1), total(200, 2)]), (200, 0, 0));
}

#[test]
fn a_refund_under_several_names_of_one_payment_is_taken_once() {
    let kind = (Refund, Final);
    let both = reversal("re", &["in_1", "ch_1"], kind.0, kind.1, (250, at(1)));
    assert_eq!(sums(&[Fact::Reversal(both)]), (250, 0, 0));
}

#[test]
fn a_reversal_waits_for_its_payment_and_then_for_it_to_be_paid() {
    let refund = taking("re", Refund, Final, 250, 1);
    let waiting = folded(std::slice::from_ref(&refund)).waiting;
    assert_eq!(
        waiting,
        [("reversal/Refund/re".to_owned(), Waiting::Payment)]
    );

    let mut pending = paid("ch_1", Rank::Canonical, 1_000, at(0));
    pending.state = providers::fact::PaymentState::Pending;
    let unpaid = folded(&[refund, Fact::Payment(pending)]);
    assert_eq!(unpaid.waiting[0].1, Waiting::Paid);
    assert_eq!(sums(&[taking("re", Refund, Final, 250, 1)]), (250, 0, 0));
}

#[test]
fn a_released_reversal_of_an_unknown_payment_does_not_wait() {
    assert_eq!(
        folded(&[taking("re", Refund, Released, 250, 1)]).waiting,
        []
    );
    assert_eq!(folded(&[taking("dp", Dispute, Inert, 250, 1)]).waiting, []);
}

fn in_currency(code: &str, mut fact: Fact) -> Fact {
    if let Fact::Reversal(reversal) = &mut fact {
        reversal.currency = Currency::parse(code).unwrap();
    }
    fact
}

#[test]
fn refunds_in_the_buyers_currency_are_converted_by_what_the_buyer_paid() {
    let mut sold = paid("ch_1", Rank::Canonical, 1_000, at(0));
    sold.presentment = Some(Presentment {
        currency: Currency::parse("jpy").unwrap(),
        gross: 1_499,
        reversible: 1_499,
    });
    let refund = |id, cash| in_currency("jpy", taking(id, Refund, Final, cash, 1));
    let facts = [
        Fact::Payment(sold),
        refund("a", 500),
        refund("b", 500),
        refund("c", 499),
    ];
    // 333.56 each: rounded once, over the sum.
    assert_eq!(folded(&facts[..2]).sales[0].taken.refunded, 334);
    assert_eq!(folded(&facts[..3]).sales[0].taken.refunded, 667);
    assert_eq!(folded(&facts).sales[0].taken.refunded, 1_000);
}

#[test]
fn a_refund_in_an_unknown_currency_waits_and_a_dispute_in_one_is_of_everything() {
    let mut facts = invoice();
    facts.push(in_currency("jpy", taking("re", Refund, Final, 100, 1)));
    let waiting = folded(&facts);
    assert_eq!(waiting.waiting[0].1, Waiting::Currency);
    assert_eq!(waiting.sales[0].taken, Taken::default());

    let dispute = in_currency("jpy", taking("dp", Dispute, Held, 100, 1));
    assert_eq!(sums(&[dispute]), (0, 1_000, 0));
}

#[test]
fn tax_and_shipping_are_no_part_of_what_a_refund_takes_from_the_net_amount() {
    let mut sold = paid("ch_1", Rank::Canonical, 1_390, at(0));
    sold.amounts.tax = 190;
    sold.amounts.shipping = 200;
    sold.amounts.net = 1_000;
    sold.amounts.reversible = 1_190;
    let refund = |extent| {
        let mut refund = reversal("re", &["ch_1"], Refund, Final, (0, at(1)));
        refund.extent = extent;
        let facts = [Fact::Payment(sold.clone()), Fact::Reversal(refund)];
        let taken = folded(&facts).sales[0].taken;
        (taken.refunded, taken.refunded_gross)
    };
    let goods = Extent::Gross {
        cash: 595,
        counted: 595,
    };
    assert_eq!(refund(goods), (500, 595));
    let shipping = Extent::Gross {
        cash: 200,
        counted: 0,
    };
    assert_eq!(refund(shipping), (0, 200));
    let net_of_tax = Extent::Net {
        cash: 595,
        net: 500,
    };
    assert_eq!(refund(net_of_tax), (500, 595));
    assert_eq!(refund(Extent::All), (1_000, 1_390));
}

fn shared_by_three() -> Vec<Fact> {
    let mut facts = vec![Fact::Payment(paid("pi_1", Rank::Intent, 1_000, at(0)))];
    for (invoice, amount) in [("in_1", 333), ("in_2", 333), ("in_3", 334)] {
        facts.push(Fact::Payment(paid(invoice, Rank::Canonical, amount, at(0))));
        facts.push(Fact::Allocation(Allocation {
            invoice: payment_name(invoice),
            payment: payment_name("pi_1"),
            amount,
            currency: usd(),
            version: Version::default(),
        }));
    }
    facts
}

#[test]
fn a_refund_of_a_payment_for_several_invoices_is_shared_without_losing_a_cent() {
    for cash in [1, 2, 100, 500, 997, 1_000] {
        let mut facts = shared_by_three();
        let refund = reversal("re", &["pi_1"], Refund, Final, (cash, at(1)));
        facts.push(Fact::Reversal(refund));
        let sales = folded(&facts).sales;
        assert_eq!(sales.len(), 3);
        let taken: i64 = sales.iter().map(|sale| sale.taken.refunded).sum();
        assert_eq!(taken, cash);
    }
}

#[test]
fn a_refund_that_also_names_one_of_several_invoices_is_of_that_one_alone() {
    let mut facts = shared_by_three();
    let refund = reversal("re", &["pi_1", "in_2"], Refund, Final, (200, at(1)));
    facts.push(Fact::Reversal(refund));
    let sales = folded(&facts).sales;
    let taken: Vec<i64> = sales.iter().map(|sale| sale.taken.refunded).collect();
    assert_eq!(taken, [0, 200, 0]);
}

#[test]
fn a_refund_of_a_shared_payment_waits_while_no_invoice_of_it_is_known() {
    let mut facts = shared_by_three();
    facts.retain(|fact| !matches!(fact, Fact::Payment(p) if p.rank == Rank::Canonical));
    let refund = reversal("re", &["pi_1"], Refund, Final, (200, at(1)));
    facts.push(Fact::Reversal(refund));
    assert_eq!(folded(&facts).waiting[0].1, Waiting::Paid);
}

#[test]
fn once_the_buyer_has_everything_back_nothing_is_left_however_the_refunds_were_split() {
    let mut sold = paid("ch_1", Rank::Canonical, 1_190, at(0));
    sold.amounts.tax = 190;
    sold.amounts.net = 1_000;
    let half = |id, cash| {
        let mut half = reversal(id, &["ch_1"], Refund, Final, (0, at(1)));
        // Told net of tax, and rounded down by the processor each time.
        half.extent = Extent::Net { cash, net: 499 };
        Fact::Reversal(half)
    };
    let facts = [Fact::Payment(sold), half("a", 595), half("b", 595)];
    assert_eq!(folded(&facts[..2]).sales[0].taken.refunded, 499);
    assert_eq!(folded(&facts).sales[0].taken.refunded, 1_000);
}

#[test]
fn a_dispute_of_money_alone_gives_nothing_back_of_goods_that_came_back_without_money() {
    let mut sold = paid("ch_1", Rank::Canonical, 1_190, at(0));
    sold.amounts.tax = 190;
    sold.amounts.net = 1_000;
    let mut exchange = reversal("ex", &["ch_1"], Refund, Final, (0, at(1)));
    exchange.extent = Extent::Net { cash: 0, net: 500 };
    let mut dispute = reversal("du", &["ch_1"], Dispute, Held, (0, at(2)));
    dispute.extent = Extent::Gross {
        cash: 100,
        counted: 0,
    };
    let [sold, exchange, dispute] = [
        Fact::Payment(sold),
        Fact::Reversal(exchange),
        Fact::Reversal(dispute),
    ];
    let before = folded(&[sold.clone(), exchange.clone()]).sales[0].taken;
    assert_eq!((before.gross, before.gross_final), (595, 595));
    let with_dispute = folded(&[sold, exchange, dispute]).sales[0].taken;
    assert_eq!((with_dispute.gross, with_dispute.gross_final), (595, 595));
}
