//! What an order counts now: exchanges, edits, deposits, tips and duties.

use serde_json::{Value, json};

use super::{line, merge, money, net, order, refund, taken};

#[test]
fn an_exchange_for_goods_of_the_same_price_leaves_one_of_them() {
    let moved = refund(1, json!({"refund_line_items": [taken(1, 1, 100.0, 0.0)]}));
    let paid = order(
        0,
        json!({"total_price": "100.00", "current_total_price": "100.00", "line_items": [line(1, "100.00", 1, 1)]}),
    );
    let exchanged = order(
        9,
        json!({
            "total_price": "200.00", "current_total_price": "100.00", "refunds": [moved],
            "line_items": [line(1, "100.00", 1, 0), line(2, "100.00", 1, 1)],
        }),
    );
    assert_eq!(
        net(&[
            ("orders/paid", paid),
            ("refunds/create", moved),
            ("orders/updated", exchanged)
        ]),
        Some(10_000)
    );
}

#[test]
fn an_exchange_is_seen_without_current_quantities_too() {
    let moved = refund(1, json!({"refund_line_items": [taken(1, 1, 100.0, 0.0)]}));
    let mut lines = [line(1, "100.00", 1, 0), line(2, "100.00", 1, 1)];
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("current_quantity");
    }
    let exchanged = order(
        9,
        json!({
            "total_price": "200.00", "current_total_price": "100.00", "refunds": [moved], "line_items": lines,
        }),
    );
    assert_eq!(net(&[("orders/updated", exchanged)]), Some(10_000));
}

#[test]
fn an_exchange_for_dearer_or_cheaper_goods_leaves_what_was_taken_instead() {
    let dearer = refund(1, json!({"refund_line_items": [taken(1, 1, 100.0, 0.0)]}));
    let order_of = |total: &str, price: &str, refund: &Value, status: &str| {
        order(
            9,
            json!({
                "total_price": total, "current_total_price": price, "refunds": [refund], "financial_status": status,
                "line_items": [line(1, "100.00", 1, 0), line(2, price, 1, 1)],
            }),
        )
    };
    let told = [
        ("refunds/create", dearer.clone()),
        (
            "orders/updated",
            order_of("350.00", "250.00", &dearer, "paid"),
        ),
    ];
    assert_eq!(net(&told), Some(25_000));
    let cheaper = merge(
        dearer,
        json!({"transactions": [money(8, "40.00", "success")]}),
    );
    let told = [
        ("refunds/create", cheaper.clone()),
        (
            "orders/updated",
            order_of("160.00", "60.00", &cheaper, "partially_refunded"),
        ),
    ];
    assert_eq!(net(&told), Some(6_000));
}

#[test]
fn goods_taken_out_before_the_capture_were_never_sold() {
    for refunds in [
        json!([]),
        json!([refund(
            1,
            json!({"refund_line_items": [taken(2, 1, 40.0, 0.0)]})
        )]),
    ] {
        let authorized = order(
            0,
            json!({
                "financial_status": "authorized", "total_price": "100.00", "current_total_price": "100.00", "total_outstanding": "100.00",
                "line_items": [line(1, "60.00", 1, 1), line(2, "40.00", 1, 1)],
            }),
        );
        let captured = order(
            9,
            json!({
                "total_price": "100.00", "current_total_price": "60.00", "refunds": refunds,
                "line_items": [line(1, "60.00", 1, 1), line(2, "40.00", 1, 0)],
            }),
        );
        assert_eq!(
            net(&[("orders/create", authorized), ("orders/paid", captured)]),
            Some(6_000)
        );
    }
}

#[test]
fn a_quantity_edited_down_with_its_money_is_taken_once() {
    let back = refund(
        1,
        json!({"refund_line_items": [taken(1, 1, 50.0, 0.0)], "transactions": [money(8, "50.00", "success")]}),
    );
    let paid = order(
        0,
        json!({"total_price": "100.00", "current_total_price": "100.00", "line_items": [line(1, "50.00", 2, 2)]}),
    );
    let edited = |refunds: Value| {
        order(
            9,
            json!({
                "financial_status": "partially_refunded", "total_price": "100.00", "current_total_price": "50.00", "refunds": refunds,
                "line_items": [line(1, "50.00", 2, 1)],
            }),
        )
    };
    let told = [
        ("orders/paid", paid.clone()),
        ("refunds/create", back.clone()),
        ("orders/updated", edited(json!([back]))),
    ];
    assert_eq!(net(&told), Some(5_000));
    // The list of transactions is not filled in the order: the refund tells its money itself.
    let bare = refund(
        1,
        json!({"refund_line_items": [taken(1, 1, 50.0, 0.0)], "transactions": null}),
    );
    let told = [
        ("orders/paid", paid),
        ("refunds/create", back),
        ("orders/updated", edited(json!([bare]))),
    ];
    assert_eq!(net(&told), Some(5_000));
}

#[test]
fn goods_back_on_the_shelf_whose_money_the_shop_keeps_or_still_owes_stay_sold() {
    let back = refund(1, json!({"refund_line_items": [taken(1, 1, 36.0, 0.0)]}));
    let owed = order(
        9,
        json!({
            "total_price": "36.00", "current_total_price": "0.00", "total_outstanding": "-36.00", "refunds": [back],
            "line_items": [line(1, "36.00", 1, 0)],
        }),
    );
    assert_eq!(
        net(&[("refunds/create", back), ("orders/updated", owed)]),
        Some(3_600)
    );
}

#[test]
fn duties_inside_the_price_are_no_goods_and_half_the_money_takes_half() {
    let set = |amount: &str| json!({"shop_money": {"amount": amount, "currency_code": "USD"}});
    let mut item = line(1, "120.00", 1, 1);
    item["duties"] = json!([{"price": "20.00"}]);
    let paid = order(
        0,
        json!({
            "total_price": "120.00", "duties_included": true, "original_total_duties_set": set("20.00"), "line_items": [item],
        }),
    );
    assert_eq!(net(&[("orders/paid", paid.clone())]), Some(10_000));
    let half = refund(1, json!({"transactions": [money(8, "60.00", "success")]}));
    assert_eq!(
        net(&[("orders/paid", paid.clone()), ("refunds/create", half)]),
        Some(5_000)
    );
    let with_line = json!({"line_item_id": 1, "quantity": 1, "subtotal": 60.0, "total_tax": 0.0, "line_item": item});
    let half = refund(
        1,
        json!({"refund_line_items": [with_line], "transactions": [money(8, "60.00", "success")]}),
    );
    assert_eq!(
        net(&[("orders/paid", paid), ("refunds/create", half)]),
        Some(5_000)
    );
}

#[test]
fn a_tip_is_known_by_its_key_though_the_value_is_null() {
    let mut tip = line(2, "10.00", 1, 1);
    tip["tip"] = Value::Null;
    let paid = order(
        0,
        json!({"total_price": "60.00", "total_tip_received": "10.00", "line_items": [line(1, "50.00", 1, 1), tip]}),
    );
    assert_eq!(net(&[("orders/paid", paid)]), Some(5_000));
}

#[test]
fn a_deposit_of_which_a_part_went_back_is_no_sale_yet() {
    let back = refund(1, json!({"transactions": [money(8, "10.00", "success")]}));
    let deposit = order(
        9,
        json!({
            "financial_status": "partially_refunded", "total_price": "100.00", "total_outstanding": "70.00", "refunds": [back],
            "line_items": [line(1, "100.00", 1, 1)],
        }),
    );
    assert_eq!(
        net(&[("refunds/create", back), ("orders/updated", deposit)]),
        None
    );
}

/// The card itself was no sale (<https://help.shopify.com/en/manual/products/gift-card-products>): what is bought with
/// it is one, and goes back to the card and to the buyer's bank by two transactions.
#[test]
fn a_gift_card_counts_where_it_is_spent() {
    let with_card = json!({
        "total_price": "50.00", "line_items": [line(1, "50.00", 1, 1)], "payment_gateway_names": ["gift_card", "shopify_payments"],
    });
    let paid = ("orders/paid", order(0, with_card));
    assert_eq!(net(std::slice::from_ref(&paid)), Some(5_000));
    let mut to_card = money(8, "30.00", "success");
    to_card["gateway"] = json!("gift_card");
    let transactions = json!([to_card, money(9, "20.00", "success")]);
    let back = json!({"refund_line_items": [taken(1, 1, 50.0, 0.0)], "transactions": transactions});
    assert_eq!(net(&[paid, ("refunds/create", refund(1, back))]), Some(0));
}
