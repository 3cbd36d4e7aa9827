//! Which names are one payment and which are one customer: each rule, once.

use providers::fact::{
    Alias, Allocation, Identity, PaymentState, Rank, ReversalKind, ReversalState, Strength, Version,
};
use providers::{Fact, Micros, Name};
use tributary::ledger::calls::{Call, Person, SaleCall};
use tributary::ledger::fold::{SETTLE_SECONDS, is_own};

use super::support::{NOW, alias, context, identity, outcome, paid, payment_name, reversal, usd};

use Strength::{Hint, Proven};

fn at(minutes: i64) -> Micros {
    NOW.plus_days(-1).plus_seconds(minutes * 60)
}

fn payment(name: &str, rank: Rank, gross: i64, minutes: i64) -> Fact {
    Fact::Payment(paid(name, rank, gross, at(minutes)))
}

fn who(name: &str, customer: &str) -> Fact {
    Fact::Identity(identity(name, customer, &[], at(0)))
}

/// The references of all sales.
fn sales(facts: &[Fact]) -> Vec<Vec<String>> {
    let sales = outcome(facts, &context()).sales;
    let names = |sale: &tributary::ledger::sale::Sale| {
        let names = sale.references.iter();
        names.map(|name| name.value().to_owned()).collect()
    };
    sales.iter().map(names).collect()
}

#[test]
fn what_is_proven_is_one_however_long_the_chain() {
    let facts = [
        payment("in_1", Rank::Canonical, 500, 0),
        payment("ch_1", Rank::Charge, 700, 0),
        alias("ch_1", "pi_1", Proven),
        alias("in_1", "cs_1", Proven),
        alias("pi_1", "cs_1", Proven),
    ];
    assert_eq!(sales(&facts), [["ch_1", "cs_1", "in_1", "pi_1"]]);
    let sale = &outcome(&facts, &context()).sales[0];
    assert_eq!(sale.amounts.gross, 500, "the document's amount");
    assert_eq!(sale.invoice_id.as_deref(), Some("in_1"));
    assert_eq!(sale.why.joins.len(), 3);
}

#[test]
fn two_invoices_stay_two_sales_though_one_payment_covers_both() {
    let facts = [
        payment("in_1", Rank::Canonical, 500, 0),
        payment("in_2", Rank::Canonical, 300, 0),
        payment("pi_1", Rank::Intent, 800, 0),
        alias("in_1", "pi_1", Proven),
        alias("in_2", "pi_1", Proven),
    ];
    assert_eq!(sales(&facts), [["in_1"], ["in_2"]]);
}

#[test]
fn a_charge_of_a_shared_payment_does_not_draw_it_into_one_invoice() {
    let facts = [
        payment("in_1", Rank::Canonical, 500, 0),
        payment("in_2", Rank::Canonical, 300, 0),
        payment("pi_1", Rank::Intent, 800, 0),
        alias("in_1", "pi_1", Proven),
        alias("in_2", "pi_1", Proven),
        alias("ch_1", "pi_1", Proven),
        alias("ch_1", "in_1", Proven),
    ];
    let sales = sales(&facts);
    assert_eq!(sales.len(), 2);
    assert!(sales.iter().flatten().all(|name| name != "pi_1"));
}

#[test]
fn several_payments_of_one_invoice_are_one_sale_of_its_amount() {
    let part = |payment: &str, amount| {
        Fact::Allocation(Allocation {
            invoice: payment_name("in_1"),
            payment: payment_name(payment),
            amount,
            currency: usd(),
            version: Version::default(),
        })
    };
    let facts = [
        payment("in_1", Rank::Canonical, 800, 0),
        payment("pi_1", Rank::Intent, 500, 0),
        payment("pi_2", Rank::Intent, 300, 0),
        part("pi_1", 500),
        part("pi_2", 300),
    ];
    assert_eq!(sales(&facts), [["in_1", "pi_1", "pi_2"]]);
}

#[test]
fn a_hint_counts_where_customer_and_money_agree() {
    let facts = |customer: &str, gross| {
        [
            payment("in_1", Rank::Canonical, 500, 0),
            who("in_1", "cus_1"),
            payment("pi_1", Rank::Intent, gross, 0),
            who("pi_1", customer),
            alias("pi_1", "in_1", Hint),
        ]
    };
    assert_eq!(sales(&facts("cus_1", 500)).len(), 1);
    assert_eq!(sales(&facts("cus_2", 500)).len(), 2, "another customer's");
    assert_eq!(
        sales(&facts("cus_1", 501)).len(),
        2,
        "more than the invoice"
    );
    assert_eq!(
        sales(&facts("cus_1", 500)[2..]).len(),
        1,
        "an unknown invoice"
    );
}

#[test]
fn a_hint_does_not_hide_a_payment_behind_an_invoice_that_is_paid_already() {
    let facts = [
        payment("in_1", Rank::Canonical, 500, 0),
        payment("pi_1", Rank::Intent, 500, 0),
        alias("in_1", "pi_1", Proven),
        payment("pi_2", Rank::Intent, 500, 0),
        alias("pi_2", "in_1", Hint),
    ];
    assert_eq!(sales(&facts).len(), 2);
}

#[test]
fn a_cut_off_hint_counts_where_exactly_one_object_begins_like_it() {
    let mut facts = vec![
        payment("in_long_1", Rank::Canonical, 500, 0),
        payment("pi_1", Rank::Intent, 500, 0),
        alias("pi_1", "in_long…", Hint),
    ];
    assert_eq!(sales(&facts).len(), 1);
    facts.push(payment("in_long_2", Rank::Canonical, 500, 0));
    assert_eq!(sales(&facts).len(), 3);
}

#[test]
fn a_receipt_is_its_payment_where_both_look_alike_and_are_near() {
    let facts = |gross, minutes, customer: &str| {
        let mut receipt = paid("in_1", Rank::Canonical, 500, at(0));
        receipt.twin_window_seconds = Some(3_600);
        [
            Fact::Payment(receipt),
            who("in_1", "cus_1"),
            payment("pi_1", Rank::Intent, gross, minutes),
            who("pi_1", customer),
        ]
    };
    assert_eq!(sales(&facts(500, 60, "cus_1")).len(), 1);
    assert_eq!(sales(&facts(500, 61, "cus_1")).len(), 2, "too far apart");
    assert_eq!(sales(&facts(499, 1, "cus_1")).len(), 2, "another amount");
    assert_eq!(sales(&facts(500, 1, "cus_2")).len(), 2, "another customer");
}

#[test]
fn of_several_payments_the_nearest_is_the_receipts_and_each_is_taken_once() {
    let mut facts = Vec::new();
    for (number, minutes) in [(1, 0), (2, 10)] {
        let name = format!("in_{number}");
        let mut receipt = paid(&name, Rank::Canonical, 500, at(minutes));
        receipt.twin_window_seconds = Some(3_600);
        facts.extend([Fact::Payment(receipt), who(&name, "cus_1")]);
    }
    for (name, minutes) in [("pi_1", 1), ("pi_2", 9)] {
        facts.extend([
            payment(name, Rank::Intent, 500, minutes),
            who(name, "cus_1"),
        ]);
    }
    assert_eq!(sales(&facts), [["in_1", "pi_1"], ["in_2", "pi_2"]]);
}

#[test]
fn a_payment_seen_without_its_document_waits_before_it_is_a_sale() {
    let facts = [payment("pi_1", Rank::Intent, 500, 0)];
    let mut context = context();
    let settled_at = at(0).plus_seconds(SETTLE_SECONDS);
    context.now = settled_at.plus_seconds(-1);
    let waiting = outcome(&facts, &context);
    assert_eq!((waiting.sales.len(), waiting.due_at), (0, Some(settled_at)));
    context.now = settled_at;
    let settled = outcome(&facts, &context);
    assert_eq!((settled.sales.len(), settled.due_at), (1, None));
}

#[test]
fn a_void_document_is_no_sale_though_its_payment_was_seen() {
    let mut void = paid("in_1", Rank::Canonical, 500, at(0));
    void.state = PaymentState::Void;
    let facts = [
        Fact::Payment(void),
        payment("pi_1", Rank::Intent, 500, 0),
        alias("in_1", "pi_1", Proven),
    ];
    assert!(sales(&facts).is_empty());
}

#[test]
fn a_merchants_report_and_the_processors_document_are_one_sale_of_the_documents_amount() {
    let call = |invoice_id: Option<&str>| {
        Call::Sale(SaleCall {
            click_id: "clk".to_owned(),
            customer: Person {
                external_id: "user_1".to_owned(),
                email: None,
                name: None,
                avatar: None,
            },
            amount: 450,
            currency: usd(),
            event_name: "Upgrade".to_owned(),
            invoice_id: invoice_id.map(str::to_owned),
            payment_processor: "stripe".to_owned(),
            metadata: Some("{}".to_owned()),
            occurred_at: None,
            imported: false,
        })
    };
    let mut facts = vec![
        payment("in_1", Rank::Canonical, 500, 0),
        alias("in_1", "pi_1", Proven),
    ];
    facts.extend(call(Some("pi_1")).facts("evt_1", NOW));
    let reported = outcome(&facts, &context()).sales;
    assert_eq!(reported.len(), 1);
    assert_eq!(
        (reported[0].amounts.net, reported[0].event_name.as_str()),
        (500, "Upgrade")
    );

    facts.extend(call(None).facts("evt_2", NOW));
    let with_unnamed = outcome(&facts, &context()).sales;
    assert_eq!(with_unnamed.len(), 2);
    assert_eq!(with_unnamed[1].invoice_id, None);
    assert!(with_unnamed[1].references.iter().all(is_own));
}

#[test]
fn customers_are_one_by_shared_names_and_never_by_an_address() {
    let email = |mut identity: Identity| {
        identity.email = Some("shared@example.com".to_owned());
        Fact::Identity(identity)
    };
    let mut known = identity("in_1", "cus_1", &[], at(0));
    known.customers.extend(Name::external("user_1"));
    let facts = [
        email(known),
        email(identity("in_2", "cus_2", &[], at(0))),
        Fact::Alias(Alias {
            a: Name::external("user_1").unwrap(),
            b: Name::customer("cus_3").unwrap(),
            strength: Proven,
        }),
    ];
    let customers = outcome(&facts, &context()).customers;
    let sizes: Vec<usize> = customers.values().map(|c| c.names.len()).collect();
    assert_eq!(sizes, [3, 1]);
    let first = customers.values().next().unwrap();
    assert_eq!(first.external_id(), Some("user_1"));
}

#[test]
fn of_personal_data_the_newest_telling_counts_and_silence_erases_nothing() {
    let told = |subject: &str, minutes, name: Option<&str>| {
        let mut told = identity(subject, "cus_1", &[], at(minutes));
        told.name = name.map(str::to_owned);
        Fact::Identity(told)
    };
    let facts = [
        told("in_3", 3, None),
        told("in_2", 2, Some("Ada Krol")),
        told("in_1", 1, Some("Ada")),
    ];
    let customers = outcome(&facts, &context()).customers;
    let customer = customers.values().next().unwrap();
    assert_eq!(customer.name.as_deref(), Some("Ada Krol"));
}

#[test]
fn a_buyer_without_an_account_is_a_customer_of_one_payment() {
    let guest = |name: &str| {
        let mut guest = identity(name, "", &[], at(0));
        guest.email = Some("guest@example.com".to_owned());
        Fact::Identity(guest)
    };
    let facts = [
        payment("order_1", Rank::Canonical, 500, 0),
        guest("order_1"),
        payment("order_2", Rank::Canonical, 500, 1),
        guest("order_2"),
    ];
    let outcome = outcome(&facts, &context());
    assert_eq!(outcome.customers.len(), 2);
    assert_ne!(outcome.sales[0].customer, outcome.sales[1].customer);
}

#[test]
fn a_refund_whose_own_name_is_an_invoices_finds_the_invoice() {
    let kind = ReversalKind::Refund;
    let refund = reversal(
        "re_1",
        &["ch_1", "re_1"],
        kind,
        ReversalState::Final,
        (200, at(1)),
    );
    let facts = [
        payment("in_1", Rank::Canonical, 500, 0),
        alias("in_1", "re_1", Proven),
        Fact::Reversal(refund),
    ];
    assert_eq!(outcome(&facts, &context()).sales[0].taken.refunded, 200);
}
