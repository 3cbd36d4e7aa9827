//! Orders that the customer's balance paid in part.

use serde_json::json;

use super::{order, payment_of, read, refunded_of};
use crate::fact::Extent;

/// An order of 20.00 and 4.00 of tax, of which the customer's balance covered half.
fn half_from_balance(changes: &serde_json::Value) -> serde_json::Value {
    let mut order = order(
        "order.updated",
        json!({ "subtotal_amount": 2_000, "net_amount": 2_000, "tax_amount": 400, "total_amount": 2_400,
            "applied_balance_amount": -1_200, "due_amount": 1_200, "refunded_amount": 0 }),
    );
    for (name, value) in changes.as_object().unwrap() {
        order["data"][name] = value.clone();
    }
    order
}

#[test]
fn a_balance_pays_tax_too_so_the_net_amount_is_its_share_of_the_cash() {
    for silent in ["due_amount", "applied_balance_amount", "total_amount"] {
        let reading = read(&half_from_balance(&json!({ silent: null })));
        let amounts = payment_of(&reading).amounts;
        let figures = (amounts.net, amounts.tax, amounts.gross, amounts.reversible);
        assert_eq!(figures, (1_000, 200, 1_200, 1_200), "without {silent}");
    }
}

#[test]
fn what_goes_back_of_an_order_paid_from_a_balance_is_a_share_of_the_cash_and_at_last_all() {
    let extent = |changes| refunded_of(&read(&half_from_balance(&changes))).unwrap();
    let part = json!({ "status": "partially_refunded", "refunded_amount": 400, "refunded_tax_amount": 80 });
    let cash = Extent::Gross {
        cash: 480,
        counted: 480,
    };
    assert_eq!(extent(part), cash);
    // Polar's own figures say 8.00 where 10.00 was paid.
    let whole = json!({ "status": "refunded", "refunded_amount": 800, "refunded_tax_amount": 400 });
    assert_eq!(extent(whole), Extent::All);
}
