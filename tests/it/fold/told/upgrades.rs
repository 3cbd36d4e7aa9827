//! A plan is changed: one line gives credit for the rest of the old plan, and the new plan is what was bought.

use serde_json::json;

use super::paddle::transaction;
use super::polar::order;
use super::{Told, with};

/// <https://developer.paddle.com/changelog/2024/proration-improvements>: since 2024 the credit stands among the
/// items of the transaction, with a quantity below zero.
#[test]
fn of_a_paddle_upgrade_the_new_price_comes_first() {
    let items = json!([
        { "quantity": -1, "price": { "id": "pri_month", "product_id": "pro_small" } },
        { "quantity": 1, "price": { "id": "pri_year", "product_id": "pro_large" } }
    ]);
    let lines = json!([
        { "quantity": -1, "price_id": "pri_month", "product": { "id": "pro_small" } },
        { "quantity": 1, "price_id": "pri_year", "product": { "id": "pro_large" } }
    ]);
    let totals =
        json!({ "subtotal": "9500", "tax": "0", "total": "9500", "credit_to_balance": "0" });
    let details = json!({ "totals": totals, "line_items": lines });
    let told = json!({ "origin": "subscription_update", "items": items, "details": details });
    let sales = Told::by("paddle", &[transaction("txn_1", 1, totals, told)]).sales();
    let sale = &sales["txn_1"];
    assert_eq!(sale.net_left(), 9_500);
    let ids = ["pri_year", "pri_month", "pro_large", "pro_small"];
    assert_eq!(sale.products, ids);
}

/// <https://polar.sh/docs/features/subscriptions/proration>
#[test]
fn of_a_polar_upgrade_the_new_price_comes_first() {
    let items = json!([
        { "label": "Remaining time on Small", "amount": -500, "proration": true, "product_price_id": "price-month" },
        { "label": "Remaining time on Large", "amount": 10_000, "proration": true, "product_price_id": "price-year" }
    ]);
    let changes =
        json!({ "billing_reason": "subscription_update", "items": items, "product_id": "large" });
    let sales = Told::by("polar", &[order("o-1", 1, (9_500, 0), &changes)]).sales();
    assert_eq!(sales["o-1"].net_left(), 9_500);
    assert_eq!(
        sales["o-1"].products,
        ["price-year", "price-month", "large"]
    );
}

/// A downgrade gives more credit than the new plan costs: no money, and the renewal is worth what is left to pay.
#[test]
fn of_a_paddle_downgrade_only_what_the_credit_leaves_of_the_renewal_is_paid() {
    let plain = json!({ "subtotal": "10000", "tax": "0", "total": "10000" });
    let year = transaction("txn_1", 1, plain, json!({}));
    let totals = json!({ "subtotal": "-3000", "tax": "0", "total": "-3000", "grand_total": "0",
        "credit_to_balance": "3000" });
    let change = json!({ "origin": "subscription_update" });
    let down = transaction("txn_2", 2, totals, &change);
    let totals = json!({ "subtotal": "8000", "tax": "0", "total": "8000", "credit": "3000", "grand_total": "5000" });
    let recurring = with(change, json!({ "origin": "subscription_recurring" }));
    let renewal = transaction("txn_3", 3, totals, recurring);
    let left = Told::by("paddle", &[year, down, renewal]).left();
    let left: Vec<(&str, i64)> = left
        .iter()
        .map(|(name, left)| (name.as_str(), *left))
        .collect();
    assert_eq!(left, [("txn_1", 10_000), ("txn_3", 5_000)]);
}
