//! Invoices that are paid from the customer's balance: what was overpaid earns where it is spent, and nothing else in a balance earns again.
//! <https://docs.stripe.com/billing/customer/balance>, <https://docs.stripe.com/api/customer_balance_transactions/object> (`invoice_overpaid`,
//! `credit_note`, `applied_to_invoice`). That partners wonder at smaller amounts where buyers had credit:
//! <https://marketing.framer.website/help/articles/understanding-unusual-referral-amounts>.

use serde_json::{Value, json};

use super::{AT, event, intent, invoice, left, note, refund, tie};

/// 120 came for an invoice of 100.
fn overpaid() -> Vec<Value> {
    let paid = json!({"total": 100, "amount_paid": 120, "amount_overpaid": 20});
    vec![invoice(paid), intent(120), tie(120)]
}

/// A later invoice: its total, what came for it, and the balance before and after.
fn later(number: i64, total: i64, cash: i64, (start, end): (i64, i64)) -> Value {
    let at = number * 10_000;
    event(
        at,
        "invoice.paid",
        json!({"id": format!("in_{number}"), "object": "invoice", "status": "paid", "currency": "usd", "customer": "cus_1",
            "billing_reason": "subscription_cycle", "total": total, "amount_paid": cash, "amount_overpaid": 0,
            "starting_balance": start, "ending_balance": end, "status_transitions": {"paid_at": AT + at}}),
    )
}

fn after(events: Vec<Value>, more: &[Value]) -> Vec<i64> {
    left(&[events, more.to_vec()].concat())
}

#[test]
fn what_was_overpaid_earns_with_the_invoice_that_it_pays() {
    assert_eq!(after(overpaid(), &[]), [100]);
    let next = later(2, 100, 80, (-20, 0));
    assert_eq!(after(overpaid(), &[next]), [100, 100]);
    let free = later(2, 20, 0, (-20, 0));
    assert_eq!(after(overpaid(), &[free]), [100, 20], "nothing else came");
    let two = [later(2, 15, 0, (-20, -5)), later(3, 100, 95, (-5, 0))];
    assert_eq!(after(overpaid(), &two), [100, 15, 100]);
}

#[test]
fn of_the_tax_of_an_invoice_its_part_goes_with_what_the_balance_paid() {
    let mut next = later(2, 119, 99, (-20, 0));
    next["data"]["object"]["total_excluding_tax"] = json!(100);
    assert_eq!(after(overpaid(), &[next]), [100, 100]);
}

#[test]
fn what_goes_back_of_an_overpayment_does_not_earn_elsewhere() {
    let next = later(2, 100, 80, (-20, 0));
    let back = |amount| [next.clone(), refund(9, "re_1", amount)];
    assert_eq!(after(overpaid(), &back(20)), [100, 80]);
    assert_eq!(after(overpaid(), &back(15)), [100, 85]);
    assert_eq!(after(overpaid(), &back(70)), [50, 80]);
    let late = [next.clone(), refund(90_000, "re_1", 20)];
    assert_eq!(after(overpaid(), &late), [100, 80], "whenever it goes back");
}

#[test]
fn what_else_is_in_a_balance_has_earned_before_or_never_came() {
    let paid = json!({"total": 100, "amount_paid": 100});
    let sold = vec![invoice(paid), intent(100), tie(100)];
    let credited = note(
        9,
        json!({"total": 40, "total_excluding_tax": 40, "customer_balance_transaction": "cbtxn_1"}),
    );
    let next = later(2, 100, 60, (-40, 0));
    assert_eq!(
        after(sold.clone(), &[credited.clone(), next.clone()]),
        [100, 60]
    );
    assert_eq!(
        after(sold, &[next]),
        [100, 60],
        "a gift, or a plan given back"
    );
    let mixed = [credited, later(2, 100, 40, (-60, 0))];
    assert_eq!(after(overpaid(), &mixed), [100, 60]);
}

#[test]
fn an_overpayment_is_its_customers_in_its_currency_and_of_a_later_invoice() {
    let next = later(2, 100, 80, (-20, 0));
    let with = |member: &str, value: &str| {
        let mut other = next.clone();
        other["data"]["object"][member] = json!(value);
        other
    };
    assert_eq!(after(overpaid(), &[with("customer", "cus_2")]), [100, 80]);
    assert_eq!(after(overpaid(), &[with("currency", "eur")]), [100, 80]);
    let earlier = later(-2, 100, 80, (-20, 0));
    assert_eq!(after(overpaid(), &[earlier]), [80, 100]);
}
