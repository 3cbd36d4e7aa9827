//! A plan is changed: one line gives credit for the rest of the old plan, and the new plan is what was bought.

use serde_json::json;
use tributary::ledger::rule::Reward;

use super::paddle::{adjustment, transaction};
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

/// Of a transaction with several lines each earns by its own rule, without its discount and its tax.
#[test]
fn of_a_paddle_transaction_each_line_says_what_it_is_of_the_whole() {
    let line = |price: &str, subtotal: &str, discount: &str| {
        let totals =
            json!({ "subtotal": subtotal, "discount": discount, "tax": "1900", "total": "9999" });
        json!({ "quantity": 1, "price_id": price, "product": { "id": format!("pro_{price}") }, "totals": totals })
    };
    let totals = json!({ "subtotal": "15000", "discount": "1000", "tax": "0", "total": "14000" });
    let lines = [line("plan", "10000", "1000"), line("setup", "5000", "0")];
    let details = json!({ "totals": totals, "line_items": lines });
    let told = json!({ "details": details });
    let sales = Told::by("paddle", &[transaction("txn_1", 1, totals, told)]).sales();
    let things = sales["txn_1"].bought.iter();
    let things: Vec<(&str, i64)> = things.map(|thing| (&*thing.ids[0], thing.amount)).collect();
    assert_eq!(things, [("plan", 9_000), ("setup", 5_000)]);
    let mut untold = lines;
    untold[1]["totals"] = json!(null);
    let details = json!({ "totals": { "subtotal": "14000", "tax": "0", "total": "14000" }, "line_items": untold });
    let total = json!({ "subtotal": "14000", "tax": "0", "total": "14000" });
    let sales = Told::by(
        "paddle",
        &[transaction(
            "txn_1",
            1,
            total,
            json!({ "details": details }),
        )],
    )
    .sales();
    assert_eq!(sales["txn_1"].bought, []);
}

/// An adjustment names the lines that go back: they take what they have earned.
#[test]
fn of_a_paddle_transaction_the_line_that_is_refunded_takes_what_it_has_earned() {
    let line = |price: &str, subtotal: &str| {
        let totals =
            json!({ "subtotal": subtotal, "discount": "0", "tax": "0", "total": subtotal });
        json!({ "id": format!("txnitm_{price}"), "quantity": 1, "price_id": price, "product": { "id": format!("pro_{price}") }, "totals": totals })
    };
    let totals = json!({ "subtotal": "20000", "tax": "0", "total": "20000" });
    let details =
        json!({ "totals": totals, "line_items": [line("plan", "10000"), line("setup", "10000")] });
    let told = json!({ "details": details, "custom_data": { "refp_id": "clk_told" } });
    let sold = transaction("txn_1", 1, totals, told);
    let adjusted = |items: &serde_json::Value| {
        let totals =
            json!({ "subtotal": "10000", "tax": "0", "total": "10000", "currency_code": "USD" });
        adjustment("adj_1", 20, json!({ "totals": totals, "items": items }))
    };
    let of = |price: &str, subtotal: &str| json!({ "item_id": format!("txnitm_{price}"), "type": "partial", "totals": { "subtotal": subtotal } });
    for (items, left) in [
        (json!([of("setup", "10000")]), 5_000),
        (json!([of("plan", "10000")]), 1_000),
        (json!([of("plan", "5000"), of("setup", "5000")]), 3_000),
        (json!([of("plan", "5000"), { "item_id": null }]), 3_000),
        (json!(null), 3_000),
    ] {
        let told = Told::by("paddle", &[sold.clone(), adjusted(&items)]);
        let half = Reward::Percent {
            basis_points: 5_000,
        };
        let sales = told.sales_by(&[("plan", half)]);
        assert_eq!(
            sales["txn_1"].earning.as_ref().unwrap().left,
            left,
            "{items}"
        );
    }
}
