//! Which line of an order it was that went back, was exchanged or is no longer called by its product.

use serde_json::{Value, json};

use super::carts::{clicked, left, paid};
use super::{Told, line, merge, money, refund, taken};

/// The line, after its product was deleted: <https://shopify.dev/docs/api/admin-rest/latest/resources/order> says that the
/// ids "can be null if the original product associated with the order is deleted at a later date". An item that was
/// made up for the order looks the same.
fn nameless(line: Value) -> Value {
    let nothing = json!({"product_id": null, "variant_id": null, "product_exists": false});
    merge(line, nothing)
}

/// The order as it is some minutes later.
fn later(minute: u32, more: Value) -> Told {
    ("orders/updated", clicked(minute, more))
}

/// A refund of one line, which it repeats, with so much money.
fn back(id: i64, of: &Value, cash: Option<&str>) -> Value {
    let at = of["id"].as_i64().unwrap();
    let item = merge(
        taken(at, 1, 100.0, 0.0),
        json!({"line_item": merge(of.clone(), json!({"current_quantity": 0}))}),
    );
    let moved = cash.map(|cash| money(id, cash, "success"));
    let transactions: Vec<Value> = moved.into_iter().collect();
    refund(
        id,
        json!({"refund_line_items": [item], "transactions": transactions}),
    )
}

fn one(id: i64, current: i64) -> Value {
    line(id, "100.00", 1, current)
}

fn bought() -> Told {
    paid("200.00", json!([one(1, 1), one(3, 1)]))
}

const ALL: i64 = 5_000 + 1_000;

/// The order was folded from its newest snapshot alone: half of the price became a tenth on the day on which the shop
/// tidied up (<https://github.com/MONEI/Shopify-api-node/issues/367>, <https://github.com/gatsbyjs/gatsby-source-shopify/pull/59>).
#[test]
fn reported_a_product_that_is_deleted_later_keeps_its_own_rule() {
    let sold = paid("100.00", json!([one(1, 1)]));
    let tidied = json!({"total_price": "100.00", "line_items": [nameless(one(1, 1))]});
    assert_eq!(left(&[sold.clone(), later(9, tidied.clone())]), 5_000);
    let shipped = later(19, merge(tidied.clone(), json!({"note": "shipped"})));
    assert_eq!(left(&[sold, later(9, tidied.clone()), shipped]), 5_000);
    // Nobody has told what it was.
    assert_eq!(left(&[later(9, tidied)]), 1_000);
    let all =
        json!({"total_price": "200.00", "line_items": [nameless(one(1, 1)), nameless(one(3, 1))]});
    let first = json!({"total_price": "200.00", "line_items": [one(1, 1), nameless(one(3, 1))]});
    assert_eq!(left(&[bought(), later(9, first.clone())]), ALL);
    assert_eq!(left(&[later(9, first), later(19, all)]), ALL);
}

#[test]
fn a_variant_that_is_deleted_later_keeps_its_own_rule() {
    let told = |variant: Value| {
        let line = merge(one(3, 1), json!({"product_id": 7, "variant_id": variant}));
        json!({"total_price": "100.00", "line_items": [line]})
    };
    let sold = ("orders/paid", clicked(0, told(json!(1))));
    assert_eq!(left(std::slice::from_ref(&sold)), 5_000);
    assert_eq!(left(&[sold, later(9, told(Value::Null))]), 5_000);
}

#[test]
fn what_is_added_after_a_product_was_deleted_and_then_deleted_itself_keeps_its_own_rule() {
    let sold = paid("100.00", json!([one(3, 1)]));
    let told = |lines: Value| json!({"total_price": "200.00", "line_items": lines});
    let added = later(9, told(json!([nameless(one(3, 1)), one(1, 1)])));
    let gone = later(19, told(json!([nameless(one(3, 1)), nameless(one(1, 1))])));
    let steps = [sold, added, gone];
    assert_eq!(left(&steps), ALL);
    assert_eq!(left(&steps[1..]), ALL);
}

/// The newer snapshot tells the money whether or not it still tells what was bought.
#[test]
fn a_deleted_product_that_goes_back_takes_what_it_has_earned() {
    let of_course = (
        "refunds/create",
        back(5, &nameless(one(1, 0)), Some("100.00")),
    );
    assert_eq!(left(&[bought(), of_course.clone()]), 1_000);
    let after = later(
        9,
        json!({
            "financial_status": "partially_refunded", "total_price": "200.00", "current_total_price": "100.00",
            "line_items": [nameless(one(1, 0)), one(3, 1)], "refunds": [of_course.1],
        }),
    );
    assert_eq!(left(&[bought(), after.clone()]), 1_000);
    assert_eq!(left(&[bought(), of_course, after]), 1_000);
    let void = json!({"financial_status": "voided", "total_price": "200.00", "line_items": [nameless(one(1, 1)), one(3, 1)]});
    let again = later(
        29,
        json!({"total_price": "200.00", "line_items": [nameless(one(1, 1)), one(3, 1)]}),
    );
    assert_eq!(left(&[bought(), later(19, void), again]), ALL);
}

/// An item made up for a draft order is of no product, and takes what it has earned as well.
#[test]
fn an_item_of_no_product_that_goes_back_leaves_the_others_what_they_have_earned() {
    let lines = |current| json!([one(1, 1), nameless(one(3, current))]);
    let sold = paid("200.00", lines(1));
    assert_eq!(left(std::slice::from_ref(&sold)), ALL);
    let of_item = (
        "refunds/create",
        back(5, &nameless(one(3, 0)), Some("100.00")),
    );
    let after = later(
        9,
        json!({
            "financial_status": "partially_refunded", "total_price": "200.00", "current_total_price": "100.00",
            "line_items": lines(0), "refunds": [of_item.1],
        }),
    );
    assert_eq!(left(&[sold.clone(), of_item.clone()]), 5_000);
    assert_eq!(left(&[sold.clone(), after.clone()]), 5_000);
    assert_eq!(left(&[sold, of_item, after]), 5_000);
}

/// One thing is refunded and another exchanged for a third (<https://github.com/microsoft/BCApps/pull/10741>): the rate of
/// the one that was exchanged stayed with half of what was refunded.
#[test]
fn a_refund_and_an_exchange_in_one_order_are_of_the_things_that_they_name() {
    let refunded = ("refunds/create", back(5, &one(3, 0), Some("100.00")));
    let exchanged = ("refunds/create", back(6, &one(1, 0), None));
    let after = later(
        19,
        json!({
            "financial_status": "partially_refunded", "total_price": "300.00", "current_total_price": "100.00",
            "line_items": [one(3, 0), one(1, 0), one(4, 1)], "refunds": [refunded.1, exchanged.1],
        }),
    );
    assert_eq!(left(&[bought(), after.clone()]), 1_000);
    assert_eq!(left(&[bought(), refunded, exchanged, after]), 1_000);
}

/// Goods are edited out, and their money goes back later by a refund that names nothing: it is theirs.
#[test]
fn money_that_goes_back_later_for_what_was_edited_out_takes_what_that_has_earned() {
    let out = back(5, &one(1, 0), None);
    let lines = json!([one(1, 0), one(3, 1)]);
    let told = |more: Value| {
        let order =
            json!({"total_price": "200.00", "current_total_price": "100.00", "line_items": lines});
        merge(order, more)
    };
    let owed = later(
        9,
        told(json!({"refunds": [out], "total_outstanding": "-100.00"})),
    );
    assert_eq!(left(&[bought(), owed.clone()]), ALL);
    let given = refund(
        7,
        json!({"created_at": "2026-09-03T10:00:00Z", "transactions": [money(7, "100.00", "success")]}),
    );
    let after = later(
        19,
        told(json!({"financial_status": "partially_refunded", "refunds": [out, given]})),
    );
    assert_eq!(left(&[bought(), owed, after]), 1_000);
}

/// Units of one line go back to two locations, or for two reasons: the refund names the line once for each
/// (<https://github.com/microsoft/AL/issues/7991>, <https://github.com/Shopify/shopify-api-ruby/issues/667>).
#[test]
fn a_line_that_goes_back_to_two_locations_takes_what_all_of_it_has_earned() {
    let course = |current| line(1, "50.00", 2, current);
    let sold = paid("200.00", json!([course(2), one(3, 1)]));
    let to = |location: i64| {
        let item = merge(taken(1, 1, 50.0, 0.0), json!({"line_item": course(0)}));
        merge(item, json!({"location_id": location}))
    };
    let told = json!({"refund_line_items": [to(71), to(72)], "transactions": [money(8, "100.00", "success")]});
    let both = ("refunds/create", refund(5, told));
    let after = later(
        9,
        json!({
            "financial_status": "partially_refunded", "total_price": "200.00", "current_total_price": "100.00",
            "line_items": [course(0), one(3, 1)], "refunds": [both.1],
        }),
    );
    assert_eq!(left(&[sold.clone(), both.clone()]), 1_000);
    assert_eq!(left(&[sold, both, after]), 1_000);
}
