//! What a refund takes: goods, and not what lies beside them.

use serde_json::json;

use super::{line, money, net, order, refund, taken};

#[test]
fn a_gift_card_earns_nothing_and_takes_nothing_when_it_goes_back() {
    let mut card = line(2, "25.00", 1, 1);
    card["gift_card"] = json!(true);
    let item = json!({"line_item_id": 2, "quantity": 1, "subtotal": 25.0, "total_tax": 0.0, "line_item": card});
    let back = refund(
        1,
        json!({"refund_line_items": [item], "transactions": [money(8, "25.00", "success")]}),
    );
    let paid = order(
        0,
        json!({"total_price": "75.00", "line_items": [line(1, "50.00", 1, 1), card]}),
    );
    assert_eq!(
        net(&[("orders/paid", paid), ("refunds/create", back)]),
        Some(5_000)
    );
}

#[test]
fn duties_and_fees_that_go_back_take_nothing_of_the_goods() {
    let set = |amount: &str| json!({"shop_money": {"amount": amount, "currency_code": "USD"}});
    let paid = order(
        0,
        json!({
            "total_price": "120.00", "original_total_duties_set": set("20.00"), "line_items": [line(1, "100.00", 1, 1)],
        }),
    );
    let back = refund(
        1,
        json!({"total_duties_set": set("20.00"), "transactions": [money(8, "20.00", "success")]}),
    );
    assert_eq!(
        net(&[("orders/paid", paid), ("refunds/create", back)]),
        Some(10_000)
    );
    let with_fee = order(
        0,
        json!({
            "total_price": "110.00", "original_total_additional_fees_set": set("10.00"), "line_items": [line(1, "100.00", 1, 1)],
        }),
    );
    let half = refund(1, json!({"transactions": [money(8, "50.00", "success")]}));
    assert_eq!(
        net(&[("orders/paid", with_fee), ("refunds/create", half)]),
        Some(5_000)
    );
}

#[test]
fn of_taxed_and_untaxed_goods_the_refund_says_which_went_back() {
    let mut taxed = line(1, "100.00", 1, 1);
    taxed["tax_lines"] = json!([{"price": "20.00"}]);
    let paid = order(
        0,
        json!({"total_price": "220.00", "total_tax": "20.00", "line_items": [taxed, line(2, "100.00", 1, 1)]}),
    );
    let back = refund(
        1,
        json!({"refund_line_items": [taken(2, 1, 100.0, 0.0)], "transactions": [money(8, "100.00", "success")]}),
    );
    assert_eq!(
        net(&[("orders/paid", paid.clone()), ("refunds/create", back)]),
        Some(10_000)
    );
    let back = refund(
        1,
        json!({"refund_line_items": [taken(1, 1, 100.0, 20.0)], "transactions": [money(8, "120.00", "success")]}),
    );
    assert_eq!(
        net(&[("orders/paid", paid), ("refunds/create", back)]),
        Some(10_000)
    );
}

#[test]
fn tax_inside_the_price_of_a_refunded_line_is_not_taken_of_the_goods() {
    let mut item = line(1, "120.00", 2, 2);
    item["tax_lines"] = json!([{"price": "40.00"}]);
    let paid = order(
        0,
        json!({"taxes_included": true, "total_price": "240.00", "total_tax": "40.00", "line_items": [item]}),
    );
    let back = refund(
        1,
        json!({"refund_line_items": [taken(1, 1, 120.0, 20.0)], "transactions": [money(8, "120.00", "success")]}),
    );
    assert_eq!(
        net(&[("orders/paid", paid), ("refunds/create", back)]),
        Some(10_000)
    );
}

#[test]
fn a_refund_that_fails_at_the_bank_after_it_succeeded_takes_nothing() {
    let lines = [line(1, "100.00", 1, 1)];
    let succeeded = refund(1, json!({"transactions": [money(8, "100.00", "success")]}));
    let failed = refund(1, json!({"transactions": [money(8, "100.00", "failure")]}));
    let paid = order(0, json!({"total_price": "100.00", "line_items": lines}));
    let refunded = order(
        9,
        json!({"financial_status": "refunded", "total_price": "100.00", "refunds": [succeeded], "line_items": lines}),
    );
    let again = order(
        20,
        json!({"total_price": "100.00", "refunds": [failed], "line_items": lines}),
    );
    let told = [
        ("orders/paid", paid.clone()),
        ("refunds/create", succeeded),
        ("orders/updated", refunded.clone()),
        ("orders/updated", again),
    ];
    assert_eq!(net(&told), Some(10_000));
    let told = [
        ("orders/paid", paid),
        ("order_transactions/create", money(8, "100.00", "failure")),
        ("orders/updated", refunded),
        (
            "orders/updated",
            order(20, json!({"total_price": "100.00", "line_items": lines})),
        ),
    ];
    assert_eq!(net(&told), Some(10_000));
}

#[test]
fn a_fee_kept_of_a_return_stays_sold_and_goodwill_takes_its_share() {
    let paid = order(
        0,
        json!({"total_price": "100.00", "line_items": [line(1, "100.00", 1, 1)]}),
    );
    let fee = json!([{"kind": "refund_discrepancy", "amount": "10.00", "tax_amount": "0.00"}]);
    let back = refund(
        1,
        json!({
            "refund_line_items": [taken(1, 1, 100.0, 0.0)], "order_adjustments": fee, "transactions": [money(8, "90.00", "success")],
        }),
    );
    assert_eq!(
        net(&[("orders/paid", paid.clone()), ("refunds/create", back)]),
        Some(1_000)
    );
    let goodwill = refund(1, json!({"transactions": [money(8, "15.00", "success")]}));
    assert_eq!(
        net(&[("orders/paid", paid), ("refunds/create", goodwill)]),
        Some(8_500)
    );
}
