//! Money at its edges: extras, remainders, sums of attempts, and the steps that are stored.

use super::{facts, order, payment, reading, reversals, settings};
use crate::fact::{Amounts, Extent, PaymentState, Presentment, Reversal};
use crate::{Currency, Fact};

const LINES: &str = r#""line_items":[{"product_id":1,"price":"60.00","quantity":1},{"product_id":2,"price":"20.00","quantity":1},{"product_id":1,"price":"20.00","quantity":1}]"#;

fn paid(members: &str) -> Amounts {
    let body = order(&format!(r#""financial_status":"paid",{members}"#));
    payment(&facts("orders/paid", &body)).amounts
}

fn shop_money(field: &str, amount: &str) -> String {
    format!(r#""{field}":{{"shop_money":{{"amount":"{amount}","currency_code":"USD"}}}}"#)
}

fn txn(id: u64, status: &str, amount: &str, currency: &str) -> String {
    format!(
        r#"{{"id":{id},"order_id":5500000000001,"kind":"refund","status":"{status}","amount":"{amount}"{currency},"created_at":"2026-09-03T10:00:00Z"}}"#
    )
}

const USD: &str = r#","currency":"USD""#;

fn refunded(transactions: &[String], more: &str) -> Vec<Reversal> {
    let body = format!(
        r#"{{"id":900000000001,"order_id":5500000000001,"refund_line_items":[],"transactions":[{}]{more}}}"#,
        transactions.join(",")
    );
    let facts = facts("refunds/create", &body);
    reversals(&facts).into_iter().cloned().collect()
}

fn counted(reversal: &Reversal) -> i64 {
    match reversal.extent {
        Extent::Gross { counted, .. } => counted,
        other => panic!("unexpected {other:?}"),
    }
}

const SHIPPING: &str = r#","order_adjustments":[{"kind":"shipping_refund","amount":"-1.00"}]"#;

#[test]
fn an_order_below_nothing_is_an_order_of_nothing() {
    let amounts = paid(r#""total_price":"-5.00""#);
    assert_eq!((amounts.gross, amounts.net), (0, 0));
}

#[test]
fn duties_are_no_goods_and_the_original_ones_come_first() {
    let original = shop_money("original_total_duties_set", "12.00");
    let current = shop_money("current_total_duties_set", "5.00");
    let amounts = paid(&format!(
        r#""total_price":"112.00",{LINES},{original},{current}"#
    ));
    assert_eq!((amounts.net, amounts.reversible), (10_000, 10_000));
    let amounts = paid(&format!(r#""total_price":"105.00",{LINES},{current}"#));
    assert_eq!((amounts.net, amounts.reversible), (10_000, 10_000));
}

#[test]
fn where_no_goods_were_paid_for_all_of_the_total_can_go_back() {
    let tip = r#""total_tip_received":"5.00""#;
    assert_eq!(
        paid(&format!(r#""total_price":"5.00",{tip}"#)).reversible,
        500
    );
    assert_eq!(
        paid(&format!(r#""total_price":"5.01",{tip}"#)).reversible,
        1
    );
}

#[test]
fn the_buyers_view_is_only_what_is_told_in_another_currency() {
    let view = |members: &str| {
        let body = order(&format!(
            r#""financial_status":"paid","total_price":"100.00",{members}"#
        ));
        payment(&facts("orders/paid", &body)).presentment
    };
    assert_eq!(view(r#""presentment_currency":"EUR""#), None);
    let both = r#""total_price_set":{"shop_money":{"amount":"100.00","currency_code":"USD"},"presentment_money":{"amount":"100.00","currency_code":"USD"}}"#;
    assert_eq!(
        view(&format!(r#""presentment_currency":"USD",{both}"#)),
        None
    );
}

#[test]
fn of_an_order_paid_in_part_both_views_shrink_and_never_below_nothing() {
    let setting = settings(r#"{"countPartiallyPaid":true}"#);
    let received = |outstanding: &str| {
        let body = order(&format!(
            r#""financial_status":"partially_paid","total_price":"100.00","total_outstanding":"{outstanding}","presentment_currency":"EUR","total_price_set":{{"shop_money":{{"amount":"100.00","currency_code":"USD"}},"presentment_money":{{"amount":"80.00","currency_code":"EUR"}}}}"#
        ));
        let reading = reading("orders/updated", &body, &setting);
        let payment = payment(&reading.facts);
        (payment.amounts.gross, payment.presentment)
    };
    let view = |gross| {
        Some(Presentment {
            currency: Currency::parse("eur").unwrap(),
            gross,
            reversible: gross,
        })
    };
    assert_eq!(received("25.00"), (7_500, view(6_000)));
    assert_eq!(received("120.00"), (0, view(0)));
    let least = received("-92233720368547758.08");
    assert_eq!(least, (10_000, view(8_000)));
}

#[test]
fn an_order_is_known_by_its_gid_and_names_each_product_once() {
    let body = order(&format!(
        r#""financial_status":"paid","total_price":"100.00",{LINES}"#
    ));
    let by_gid = body.replace(r#""id":5500000000001,"#, "");
    for body in [body, by_gid] {
        let facts = facts("orders/paid", &body);
        let payment = payment(&facts);
        assert_eq!(payment.object.value(), "5500000000001");
        assert_eq!(payment.products, ["1", "2"]);
        assert_eq!(payment.remark, None);
    }
}

#[test]
fn a_payment_that_is_left_out_or_doubtful_says_why() {
    let remark = |members: &str| {
        let body = order(&format!(
            r#""financial_status":"paid","total_price":"1.00",{members}"#
        ));
        let reading = reading("orders/paid", &body, &settings(r#"{"includePos":false}"#));
        payment(&reading.facts).remark.clone()
    };
    assert_eq!(
        remark(r#""source_name":"pos""#).as_deref(),
        Some("pos_excluded")
    );
    let unknown = order(r#""financial_status":"paid","total_price":"1.00""#).replace("USD", "ZZZ");
    let facts = facts("orders/paid", &unknown);
    assert_eq!(payment(&facts).remark.as_deref(), Some("unknown_currency"));
}

#[test]
fn a_transaction_without_a_currency_is_in_the_buyers_and_else_in_the_shops() {
    let currency = |presentment: &str| {
        let refund = format!(
            r#"{{"id":9,"transactions":[{}]}}"#,
            txn(8, "success", "1.00", "")
        );
        let body = order(&format!(
            r#""financial_status":"partially_refunded","total_price":"100.00"{presentment},"refunds":[{refund}]"#
        ));
        reversals(&facts("orders/updated", &body))[0].currency
    };
    assert_eq!(currency(""), Currency::USD);
    let euro = Currency::parse("eur").unwrap();
    assert_eq!(currency(r#","presentment_currency":"EUR""#), euro);
}

#[test]
fn shipping_is_spread_to_the_last_cent_and_told_once() {
    let halves = [
        txn(8, "success", "1.00", USD),
        txn(9, "success", "1.00", USD),
    ];
    let lines = r#","refund_shipping_lines":[{"subtotal_amount_set":{"shop_money":{"amount":"1.00","currency_code":"USD"}}}]"#;
    for more in [
        SHIPPING.to_owned(),
        lines.to_owned(),
        format!("{SHIPPING}{lines}"),
    ] {
        let parts: Vec<i64> = refunded(&halves, &more).iter().map(counted).collect();
        assert_eq!(parts, [50, 50], "{more}");
    }
    let less = refunded(&[txn(8, "success", "0.40", USD)], SHIPPING);
    assert_eq!(counted(&less[0]), 0);
}

#[test]
fn shipping_is_spread_in_the_currency_of_the_first_transaction_alone() {
    let euro = txn(9, "success", "1.00", r#","currency":"EUR""#);
    let both = refunded(&[txn(8, "success", "1.50", USD), euro], SHIPPING);
    let parts: Vec<i64> = both.iter().map(counted).collect();
    assert_eq!(parts, [50, 100]);
}

#[test]
fn steps_are_stored_with_the_facts_and_are_never_numbered_anew() {
    let states = [
        (
            r#""financial_status":"pending""#,
            "{}",
            PaymentState::Pending,
            0,
        ),
        (r#""financial_status":"paid""#, "{}", PaymentState::Paid, 1),
        (
            r#""financial_status":"voided""#,
            "{}",
            PaymentState::Void,
            2,
        ),
        (
            r#""financial_status":"partially_paid""#,
            "{}",
            PaymentState::Pending,
            -1,
        ),
        (
            r#""financial_status":"partially_paid","total_outstanding":"0.50""#,
            r#"{"countPartiallyPaid":true}"#,
            PaymentState::Paid,
            1,
        ),
    ];
    for (members, setting, state, step) in states {
        let body = order(&format!(r#""total_price":"1.00",{members}"#));
        let reading = reading("orders/updated", &body, &settings(setting));
        let payment = payment(&reading.facts);
        assert_eq!((payment.state, payment.version.step), (state, step));
    }
    let body = order(r#""total_price":"1.00","financial_status":"refunded""#);
    let steps = facts("orders/updated", &body)
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Refunded(refunded) => Some(refunded.version.step),
            _ => None,
        });
    assert_eq!(steps.collect::<Vec<_>>(), [0]);
}

#[test]
fn a_transaction_is_told_better_by_a_refund_that_knows_more_of_them() {
    let steps = |statuses: &[&str]| {
        let transactions: Vec<String> = (1..)
            .zip(statuses)
            .map(|(id, status)| txn(id, status, "1.00", USD))
            .collect();
        let told = refunded(&transactions, "");
        told.iter().map(|r| r.version.step).collect::<Vec<_>>()
    };
    assert_eq!(steps(&["pending"]), [1]);
    assert_eq!(steps(&["success", "pending"]), [1_003, 3]);
    assert_eq!(steps(&["success", "failure"]), [1_005, 2_005]);
    assert_eq!(steps(&["error"; 401])[400], 2_801);
    assert_eq!(steps(&["error"; 400])[0], 2_801);
    assert_eq!(steps(&["error"; 399])[0], 2_799);
    let alone = facts("order_transactions/create", &txn(8, "success", "1.00", USD));
    assert_eq!(reversals(&alone)[0].version.step, 1_000);
}

#[test]
fn a_dispute_is_ordered_by_how_far_it_is() {
    let step = |kind: &str, status: &str| {
        let body = format!(
            r#"{{"id":1,"order_id":5500000000001,"type":"{kind}","amount":"1.00","currency":"USD","status":"{status}","initiated_at":"2026-09-03T10:00:00Z"}}"#
        );
        reversals(&facts("disputes/update", &body))[0].version.step
    };
    assert_eq!(step("inquiry", "needs_response"), 1);
    assert_eq!(step("inquiry", "under_review"), 2);
    assert_eq!(step("inquiry", "won"), 3);
    assert_eq!(step("chargeback", "needs_response"), 11);
    assert_eq!(step("chargeback", "under_review"), 12);
    assert_eq!(step("chargeback", "won"), 13);
    assert_eq!(step("chargeback", "lost"), 13);
}

/// Prices may be finer than their currency (<https://github.com/Shopify/money/pull/534>), and amounts of refunds are
/// floating point numbers. An order or refund with one was unreadable, and counted nothing.
#[test]
fn amounts_finer_than_their_currency_are_rounded_once_for_a_line_and_cost_no_sale() {
    let line = |price: &str, quantity: i64, more: &str| {
        format!(r#"{{"product_id":1,"price":"{price}","quantity":{quantity}{more}}}"#)
    };
    let amounts = |total: &str, lines: &str| {
        paid(&format!(
            r#""total_price":"{total}","line_items":[{lines}]"#
        ))
    };
    let screws = amounts("25.00", &line("0.0125", 2_000, ""));
    assert_eq!((screws.gross, screws.net), (2_500, 2_500));
    let tax = r#","tax_lines":[{"price":"1.596638655"}]"#;
    let taxed = amounts("11.60", &line("10.00", 1, tax));
    assert_eq!(taxed.net, 1_000);
    assert_eq!(amounts("25.004", &line("12.502", 2, "")).net, 2_500);
    let body = format!(
        r#"{{"id":900000000001,"order_id":5500000000001,"refund_line_items":[{{"quantity":1,"subtotal":13.989999999999998,"total_tax":0.0}}],"transactions":[{}]}}"#,
        txn(1, "success", "13.99", USD)
    );
    let facts = facts("refunds/create", &body);
    assert_eq!(
        reversals(&facts)[0].extent,
        Extent::Net {
            cash: 1_399,
            net: 1_399
        }
    );
}
