//! Gift cards among the goods: money that is spent, and counts, another day
//! (<https://help.shopify.com/en/manual/products/gift-card-products>).

use serde_json::{Value, json};
use tributary::ledger::rule::{Base, Rule};

use super::carts::{clicked, left_under, paid as in_cart, rule};
use super::{Told, line, merge, money, net, order, refund, taken};

fn card(current: i64) -> Value {
    merge(line(2, "25.00", 1, current), json!({"gift_card": true}))
}

/// Goods of 50.00 that are taxed with 5.00.
fn goods(current: i64) -> Value {
    let tax = json!({"tax_lines": [{"price": "5.00"}]});
    merge(line(1, "50.00", 1, current), tax)
}

fn paid(more: Value) -> Told {
    let told = json!({
        "total_price": "80.00", "current_total_price": "80.00", "total_tax": "5.00", "line_items": [goods(1), card(1)],
    });
    ("orders/paid", clicked(0, merge(told, more)))
}

/// A refund of both lines, or one of them.
fn back(id: i64, lines: &[Value], cash: &str, status: &str) -> Told {
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| {
            let (subtotal, tax) = if line["gift_card"] == json!(true) {
                (25.0, 0.0)
            } else {
                (50.0, 5.0)
            };
            let at = line["id"].as_i64().unwrap();
            merge(taken(at, 1, subtotal, tax), json!({"line_item": line}))
        })
        .collect();
    let told = json!({"refund_line_items": lines, "transactions": [money(id, cash, status)]});
    ("refunds/create", refund(id, told))
}

fn of_gross(told: &[Told]) -> i64 {
    let rule = Rule {
        base: Base::Gross,
        ..Rule::ten_percent()
    };
    left_under(&rule, told)
}

/// The card was paid for twice: here, and where it was spent.
#[test]
fn a_commission_of_the_gross_amount_is_not_of_gift_cards() {
    assert_eq!(of_gross(&[paid(json!({}))]), 550);
    let of_card = back(8, &[card(0)], "25.00", "success");
    assert_eq!(of_gross(&[paid(json!({})), of_card.clone()]), 550);
    let of_goods = back(9, &[goods(0)], "55.00", "success");
    assert_eq!(of_gross(&[paid(json!({})), of_goods.clone()]), 0);
    assert_eq!(of_gross(&[paid(json!({})), of_card, of_goods]), 0);
    let of_both = back(8, &[goods(0), card(0)], "80.00", "success");
    assert_eq!(of_gross(&[paid(json!({})), of_both]), 0);
    let mut half = back(8, &[goods(0), card(0)], "40.00", "success");
    half.1["order_adjustments"] = json!([{"kind": "refund_discrepancy", "amount": "40.00"}]);
    assert_eq!(of_gross(&[paid(json!({})), half]), 275);
}

#[test]
fn the_order_tells_the_same_of_a_gift_card_that_went_back() {
    let (_, of_card) = back(8, &[card(0)], "25.00", "success");
    let after = json!({
        "financial_status": "partially_refunded", "total_price": "80.00", "current_total_price": "55.00", "total_tax": "5.00",
        "line_items": [goods(1), card(0)], "refunds": [of_card],
    });
    let after = ("orders/updated", clicked(9, after));
    assert_eq!(of_gross(std::slice::from_ref(&after)), 550);
    assert_eq!(
        of_gross(&[paid(json!({})), after, ("refunds/create", of_card)]),
        550
    );
}

/// What a pending refund is for is known on the day on which its transaction succeeds, and only that tells of it.
#[test]
fn a_gift_card_that_goes_back_late_takes_nothing() {
    let waits = back(8, &[card(0)], "25.00", "pending");
    let settled = ("order_transactions/create", money(8, "25.00", "success"));
    assert_eq!(net(&[paid(json!({})), waits, settled]), Some(5_000));
}

/// A card is taken out before the capture: it is not there any more when goodwill is shared among what was paid.
#[test]
fn a_gift_card_that_was_taken_out_takes_no_part_in_a_later_refund() {
    let out = json!({"refund_line_items": [merge(taken(2, 1, 25.0, 0.0), json!({"line_item": card(0)}))]});
    let told = json!({
        "total_price": "75.00", "current_total_price": "50.00", "line_items": [line(1, "50.00", 1, 1), card(0)],
        "refunds": [refund(1, out)],
    });
    let goodwill = refund(2, json!({"transactions": [money(8, "25.00", "success")]}));
    assert_eq!(
        net(&[
            ("orders/paid", order(0, told)),
            ("refunds/create", goodwill)
        ]),
        Some(2_500)
    );
}

#[test]
fn an_order_of_gift_cards_alone_earns_nothing() {
    let told = json!({"total_price": "25.00", "line_items": [card(1)]});
    let bought = ("orders/paid", clicked(0, told));
    assert_eq!(net(std::slice::from_ref(&bought)), Some(0));
    assert_eq!(of_gross(&[bought]), 0);
}

/// In a mixed cart each thing has its part of what was paid without the card.
#[test]
fn a_gift_card_lends_its_amount_to_no_other_thing() {
    let lines = json!([
        line(1, "100.00", 1, 1),
        line(3, "100.00", 1, 1),
        merge(line(4, "25.00", 1, 1), json!({"gift_card": true}))
    ]);
    let of_gross = Rule {
        base: Base::Gross,
        ..rule()
    };
    assert_eq!(
        left_under(&of_gross, &[in_cart("225.00", lines)]),
        5_000 + 1_000
    );
}
