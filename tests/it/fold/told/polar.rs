//! Polar: balances, debts, refunds that fail, and events told twice.

use serde_json::{Value, json};
use tributary::ledger::rule::Reward;

use super::{Told, with};

/// An event about an order of this net amount and tax, told in this minute.
pub(super) fn order(id: &str, minute: u32, (net, tax): (i64, i64), changes: &Value) -> Value {
    let data = json!({ "id": id, "created_at": "2026-10-01T09:00:00Z", "status": "paid", "paid": true,
        "subtotal_amount": net, "discount_amount": 0, "net_amount": net, "tax_amount": tax,
        "total_amount": net + tax, "applied_balance_amount": 0, "due_amount": (net + tax).max(0),
        "refunded_amount": 0, "refunded_tax_amount": 0, "currency": "usd", "billing_reason": "purchase",
        "customer_id": "c-1", "customer": { "id": "c-1" }, "metadata": {} });
    json!({ "type": "order.updated", "timestamp": format!("2026-10-02T10:{minute:02}:00.000001Z"),
        "data": with(data, changes) })
}

fn sum(bodies: &[Value]) -> i64 {
    Told::by("polar", bodies).sum()
}

#[test]
fn an_order_partly_paid_from_a_balance_is_worth_its_share_and_a_full_refund_ends_at_nothing() {
    let half = json!({ "applied_balance_amount": -1_200, "due_amount": 1_200 });
    let paid = order("o-1", 1, (2_000, 400), &half);
    assert_eq!(sum(std::slice::from_ref(&paid)), 1_000);
    let back = |minute, status: &str, net: i64, tax: i64| {
        let told = json!({ "status": status, "refunded_amount": net, "refunded_tax_amount": tax });
        order("o-1", minute, (2_000, 400), &with(half.clone(), &told))
    };
    let part = back(2, "partially_refunded", 400, 80);
    assert_eq!(sum(&[paid.clone(), part.clone()]), 600);
    let whole = back(3, "refunded", 800, 400);
    assert_eq!(sum(&[paid.clone(), part.clone(), whole.clone()]), 0);
    let failed = back(4, "partially_refunded", 400, 80);
    assert_eq!(sum(&[paid, part, whole, failed]), 600);
}

/// polarsource/polar 7211: a year for 100, downgraded to 10 a month with 90 of credit, and then the whole
/// year is refunded, so that the balance is a debt of 10, which the next order collects.
#[test]
fn reported_a_refund_after_the_credit_was_given_and_the_debt_collected_later() {
    let year = order("o-1", 1, (10_000, 0), &json!({}));
    let downgrade = order(
        "o-2",
        2,
        (-9_000, 0),
        &json!({ "billing_reason": "subscription_update" }),
    );
    let refunded = json!({ "status": "refunded", "refunded_amount": 10_000 });
    let refund = order("o-1", 3, (10_000, 0), &refunded);
    let debt = json!({ "applied_balance_amount": 1_000, "due_amount": 2_000, "billing_reason": "subscription_cycle" });
    let next = order("o-3", 4, (1_000, 0), &debt);
    // 100 paid, 100 given back, 20 paid.
    assert_eq!(sum(&[year, downgrade, refund, next]), 2_000);
}

/// polarsource/polar 7211, its other case: as much of the year is refunded as the downgrade has given credit for.
/// The credit is gone with it, and the next month is paid in cash.
#[test]
fn reported_a_refund_that_takes_the_credit_along_is_taken_once() {
    let year = order("o-1", 1, (10_000, 0), &json!({}));
    let update = json!({ "billing_reason": "subscription_update" });
    let downgrade = order("o-2", 2, (-9_000, 0), &update);
    let refunded = json!({ "status": "partially_refunded", "refunded_amount": 9_000 });
    let refund = order("o-1", 3, (10_000, 0), &refunded);
    let cycle = json!({ "billing_reason": "subscription_cycle" });
    let next = order("o-3", 4, (1_000, 0), &cycle);
    assert_eq!(sum(&[year, downgrade, refund, next]), 2_000);
}

/// polarsource/polar 13770: of stacked refunds the tax is rounded down each time, so that at last more of the net
/// amount is told to have gone back than there was.
#[test]
fn reported_refunds_that_add_up_to_more_than_the_net_amount_leave_nothing_and_never_less() {
    let paid = order("o-1", 1, (5_200, 1_000), &json!({}));
    let back = |minute, status: &str, net: i64, tax: i64| {
        let told = json!({ "status": status, "refunded_amount": net, "refunded_tax_amount": tax });
        order("o-1", minute, (5_200, 1_000), &told)
    };
    let most = back(2, "partially_refunded", 5_100, 980);
    assert_eq!(sum(&[paid.clone(), most.clone()]), 100);
    let all = back(3, "refunded", 5_202, 998);
    assert_eq!(sum(&[paid, most, all]), 0);
}

/// polarsource/polar 13268: an order below the least amount was marked as paid twice, with two `order.paid`.
#[test]
fn reported_an_order_told_as_paid_twice_is_one_sale() {
    let pending = json!({ "status": "pending", "paid": false });
    let bodies = [
        order("o-1", 1, (2_000, 0), &pending),
        order("o-1", 2, (2_000, 0), &json!({})),
        order("o-1", 3, (2_000, 0), &json!({})),
    ];
    assert_eq!(sum(&bodies), 2_000);
    assert_eq!(sum(&bodies[..1]), 0);
}

/// polarsource/polar 11637: a renewal that was never paid leaves a credit behind, and is voided later.
#[test]
fn reported_a_voided_renewal_and_the_credit_it_left_are_no_money() {
    let cycle = |status: &str, minute| {
        let told =
            json!({ "status": status, "paid": false, "billing_reason": "subscription_cycle" });
        order("o-1", minute, (10_000, 0), &told)
    };
    let downgrade = order("o-2", 2, (-9_000, 0), &json!({}));
    let free = json!({ "applied_balance_amount": -1_000, "due_amount": 0, "billing_reason": "subscription_cycle" });
    let from_credit = order("o-3", 3, (1_000, 0), &free);
    let bodies = [
        cycle("pending", 1),
        downgrade,
        from_credit,
        cycle("void", 4),
    ];
    assert_eq!(sum(&bodies), 0);
}

/// polarsource/polar, `OrderService.trigger_payment`: what is less than a card can be charged is marked as paid, put
/// on the customer's balance, and collected with the next order. Counted where it is collected, it is counted once.
#[test]
fn an_order_too_small_to_be_charged_counts_where_it_is_collected() {
    let cycle = json!({ "billing_reason": "subscription_meter_cycle" });
    let small = order("o-1", 1, (40, 0), &cycle);
    assert_eq!(sum(std::slice::from_ref(&small)), 0);
    let collected = json!({ "applied_balance_amount": 40, "due_amount": 1_040 });
    let next = order("o-2", 2, (1_000, 0), &collected);
    assert_eq!(sum(&[small, next]), 1_040);
    assert_eq!(sum(&[order("o-1", 1, (50, 0), &json!({}))]), 50);
}

/// A plan is charged with the usage of the month: each price is an item of the order
/// (<https://polar.sh/docs/api-reference/orders/get>), and the first one's rate was paid for all.
#[test]
fn each_price_of_an_order_earns_by_its_own_rate_and_a_refund_takes_its_share() {
    let items = json!([{ "amount": 2_000, "product_price_id": "price-base" }, { "amount": 3_000, "product_price_id": "price-usage" }]);
    let of_order =
        json!({ "items": items, "product_id": "prod-1", "metadata": { "refp_id": "clk_told" } });
    let paid = order("o-1", 1, (5_000, 0), &of_order);
    let told = json!({ "status": "partially_refunded", "refunded_amount": 2_500 });
    let back = order("o-1", 2, (5_000, 0), &with(of_order, &told));
    let percent = |basis_points| Reward::Percent { basis_points };
    let left = |bodies: &[Value], rates: &[(&str, Reward)]| {
        let sales = Told::by("polar", bodies).sales_by(rates);
        sales["o-1"].earning.as_ref().unwrap().left
    };
    let by_price = [
        ("price-base", percent(500)),
        ("price-usage", percent(2_000)),
    ];
    assert_eq!(left(std::slice::from_ref(&paid), &by_price), 700);
    assert_eq!(left(&[paid.clone(), back], &by_price), 350);
    let by_product = [("prod-1", percent(3_000))];
    assert_eq!(left(std::slice::from_ref(&paid), &by_product), 1_500);
    let usage_alone = [("price-usage", percent(2_000))];
    assert_eq!(left(&[paid], &usage_alone), 800);
}

/// What is left of the old plan is credited in an item of its own (<https://polar.sh/docs/features/subscriptions/proration>).
#[test]
fn of_a_change_of_plan_the_new_price_alone_earns() {
    let items = json!([{ "amount": -1_000, "product_price_id": "price-old" }, { "amount": 3_000, "product_price_id": "price-new" }]);
    let changed =
        json!({ "items": items, "product_id": "prod-1", "metadata": { "refp_id": "clk_told" } });
    let changed = order("o-1", 1, (2_000, 0), &changed);
    for (price, left) in [("price-new", 1_000), ("price-old", 200)] {
        let half = Reward::Percent {
            basis_points: 5_000,
        };
        let sales = Told::by("polar", std::slice::from_ref(&changed)).sales_by(&[(price, half)]);
        assert_eq!(sales["o-1"].earning.as_ref().unwrap().left, left, "{price}");
    }
}
