//! Paddle: chargebacks, credits, and totals that have been taken for each other.

use std::borrow::Borrow;

use serde_json::{Value, json};

use super::{Told, with};

/// A transaction's event on this day of October, with these totals.
pub(super) fn transaction(
    id: &str,
    day: u32,
    totals: impl Borrow<Value>,
    changes: impl Borrow<Value>,
) -> Value {
    let at = format!("2026-10-{day:02}T09:00:00Z");
    let data = json!({ "id": id, "status": "completed", "origin": "web", "customer_id": "ctm_1",
        "currency_code": "USD", "billed_at": at, "collection_mode": "automatic", "items": [],
        "payments": [], "details": { "totals": totals.borrow() } });
    event("transaction.completed", &at, with(data, changes))
}

/// An adjustment of `txn_1`, made on the 20th and told on this day.
pub(super) fn adjustment(id: &str, day: u32, changes: impl Borrow<Value>) -> Value {
    let data = json!({ "id": id, "action": "refund", "status": "approved", "transaction_id": "txn_1",
        "currency_code": "USD", "created_at": "2026-10-20T09:00:00Z", "credit_applied_to_balance": null,
        "totals": { "subtotal": "10000", "tax": "0", "total": "10000" } });
    let at = format!("2026-10-{day:02}T10:00:00Z");
    event("adjustment.updated", &at, with(data, changes))
}

pub(super) fn event(kind: &str, at: &str, data: impl Borrow<Value>) -> Value {
    json!({ "event_id": format!("evt_{kind}_{at}"), "event_type": kind, "occurred_at": at, "data": data.borrow() })
}

fn hundred() -> Value {
    let totals = json!({ "subtotal": "10000", "tax": "1900", "total": "11900" });
    transaction("txn_1", 1, totals, json!({}))
}

fn taking(action: &str, status: &str, net: i64) -> Value {
    let totals = json!({ "subtotal": net.to_string(), "tax": "0", "total": net.to_string() });
    json!({ "action": action, "status": status, "totals": totals })
}

fn made_on(day: u32, changes: Value) -> Value {
    let at = format!("2026-10-{day:02}T09:00:00Z");
    with(changes, json!({ "created_at": at }))
}

fn sum(bodies: &[Value]) -> i64 {
    Told::by("paddle", bodies).sum()
}

#[test]
fn a_won_chargeback_told_again_as_approved_does_not_count_again() {
    let chargeback = |day, status| adjustment("adj_1", day, taking("chargeback", status, 10_000));
    let returned = adjustment(
        "adj_2",
        22,
        made_on(22, taking("chargeback_reverse", "approved", 10_000)),
    );
    let (lost, again) = (chargeback(20, "approved"), chargeback(25, "approved"));
    assert_eq!(sum(&[hundred(), lost.clone()]), 0);
    assert_eq!(
        sum(&[hundred(), lost.clone(), returned.clone(), again.clone()]),
        10_000
    );
    let reversed = chargeback(22, "reversed");
    assert_eq!(
        sum(&[hundred(), lost.clone(), reversed.clone(), again.clone()]),
        10_000
    );
    assert_eq!(sum(&[hundred(), lost, returned, reversed, again]), 10_000);
}

#[test]
fn two_chargebacks_count_both_and_one_of_them_can_be_won() {
    let first = adjustment("adj_1", 20, taking("chargeback", "approved", 6_000));
    let second = adjustment("adj_2", 21, taking("chargeback", "approved", 3_000));
    let won = adjustment(
        "adj_3",
        23,
        made_on(23, taking("chargeback_reverse", "approved", 6_000)),
    );
    let said_so = adjustment("adj_1", 24, taking("chargeback", "reversed", 6_000));
    let both = [hundred(), first, second];
    assert_eq!(sum(&both), 1_000);
    let and = |more: &[Value]| sum(&[&both[..], more].concat());
    assert_eq!(and(std::slice::from_ref(&won)), 7_000);
    assert_eq!(and(std::slice::from_ref(&said_so)), 7_000);
    assert_eq!(and(&[won, said_so]), 7_000);
}

#[test]
fn a_refund_rejected_after_it_was_pending_and_a_warning_take_nothing() {
    let pending = adjustment("adj_1", 20, taking("refund", "pending_approval", 4_000));
    let rejected = adjustment("adj_1", 21, taking("refund", "rejected", 4_000));
    let warning = adjustment(
        "adj_2",
        20,
        taking("chargeback_warning", "approved", 10_000),
    );
    assert_eq!(sum(&[hundred(), pending, rejected, warning]), 10_000);
}

#[test]
fn lines_refunded_in_full_in_part_and_of_their_tax_take_what_their_totals_say() {
    let items = json!([
        { "type": "partial", "amount": "2380", "totals": { "subtotal": "2000", "tax": "380", "total": "2380" } },
        { "type": "tax", "amount": "100", "totals": { "subtotal": "0", "tax": "100", "total": "100" } }
    ]);
    let totals = json!({ "subtotal": "2000", "tax": "480", "total": "2480" });
    let mixed = json!({ "items": items, "totals": totals });
    assert_eq!(sum(&[hundred(), adjustment("adj_1", 20, mixed)]), 8_000);
    let tax = json!({ "totals": { "subtotal": "0", "tax": "1900", "total": "1900" } });
    assert_eq!(sum(&[hundred(), adjustment("adj_1", 20, tax)]), 10_000);
}

/// websideproject/django-paddle-billing 125: an action that the receiver did not know stopped every
/// notification about it, and the money that came back was never booked.
#[test]
fn reported_a_chargeback_reverse_gives_back_and_an_action_of_tomorrow_stops_nothing() {
    let lost = adjustment("adj_1", 20, taking("chargeback", "approved", 10_000));
    let won = adjustment(
        "adj_2",
        22,
        made_on(22, taking("chargeback_reverse", "approved", 10_000)),
    );
    let odd = adjustment("adj_3", 23, taking("action_of_tomorrow", "approved", 1));
    assert_eq!(sum(&[hundred(), lost, won, odd]), 10_000);
}

/// laravel/cashier-paddle 228: of `subtotal`, `total` and `grand_total` the wrong one was taken.
#[test]
fn reported_of_three_totals_the_one_that_is_paid_counts() {
    let totals = json!({ "subtotal": "3000", "discount": "0", "tax": "0", "total": "3000", "credit": "500",
        "grand_total": "2500", "balance": "0" });
    assert_eq!(sum(&[transaction("txn_1", 1, totals, json!({}))]), 2_500);
}

/// laravel/cashier-paddle 146: from 650 a year to 65 a month, and the next ten payments are nothing.
#[test]
fn reported_ten_months_paid_from_a_years_credit_are_no_money() {
    let year = json!({ "subtotal": "65000", "tax": "0", "total": "65000" });
    let mut bodies = vec![transaction("txn_1", 1, year, json!({}))];
    let downgrade = json!({ "subtotal": "-65000", "tax": "0", "total": "-65000", "grand_total": "0",
        "credit_to_balance": "65000" });
    let origin = json!({ "origin": "subscription_update" });
    bodies.push(transaction("txn_2", 2, downgrade, origin));
    let credit = with(
        taking("credit", "approved", 65_000),
        json!({ "credit_applied_to_balance": true }),
    );
    bodies.push(adjustment("adj_1", 2, made_on(2, credit)));
    for month in 3..13 {
        let totals = json!({ "subtotal": "6500", "tax": "0", "total": "6500", "credit": "6500", "grand_total": "0" });
        let origin = json!({ "origin": "subscription_recurring" });
        bodies.push(transaction(&format!("txn_{month}"), month, totals, origin));
    }
    assert_eq!(sum(&bodies), 65_000);
}

/// A part is refunded, and then the buyer disputes all of it: together never more than was paid, and what was
/// refunded stays gone when the chargeback is won (<https://github.com/Aletheore/Aletheore/pull/512>: a partner kept
/// the commission of what had gone back).
#[test]
fn reported_a_chargeback_of_what_was_refunded_in_part_takes_the_rest_and_gives_that_back() {
    let part = adjustment(
        "adj_1",
        20,
        made_on(20, taking("refund", "approved", 4_000)),
    );
    let all = adjustment(
        "adj_2",
        21,
        made_on(21, taking("chargeback", "approved", 10_000)),
    );
    let won = taking("chargeback_reverse", "approved", 10_000);
    let won = adjustment("adj_3", 23, made_on(23, won));
    let told = [hundred(), part, all, won];
    assert_eq!(sum(&told[..3]), 0);
    assert_eq!(sum(&told), 6_000);
}

/// A buyer hands in a tax number later: the transaction is revised, and its tax goes back.
/// <https://developer.paddle.com/build/transactions/create-transaction-adjustments>
#[test]
fn a_tax_number_that_comes_later_takes_nothing_from_the_net_amount() {
    let tax = json!({ "totals": { "subtotal": "0", "tax": "1900", "total": "1900" } });
    let back = adjustment("adj_1", 20, tax);
    let totals = json!({ "subtotal": "10000", "tax": "0", "total": "10000" });
    let revised = transaction(
        "txn_1",
        20,
        totals,
        json!({ "revised_at": "2026-10-20T09:00:00Z" }),
    );
    assert_eq!(sum(&[hundred(), back.clone()]), 10_000);
    assert_eq!(sum(&[hundred(), revised, back]), 10_000);
}
