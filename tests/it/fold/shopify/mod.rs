//! What real shops send: edits, exchanges, returns with and without money, deposits, duties, gift cards, tips.
//!
//! Each case is told by the deliveries that a shop sends, in every order and twice, and must come to the net amount that was paid and kept.

mod lives;

use providers::{Fact, Settings, Verified};
use serde_json::{Value, json};

use super::support::{context, outcome};

/// A delivery: its topic and body.
pub(super) type Told = (&'static str, Value);

/// What a delivery says.
fn facts((topic, body): &Told) -> Vec<Fact> {
    let headers = vec![("x-shopify-topic".to_owned(), (*topic).to_owned())];
    let verified = Verified::from_inbox(body.to_string().into_bytes(), headers);
    let adapter = providers::adapter("shopify").unwrap();
    let reading = adapter.normalize(&verified, &Settings::default());
    assert!(!reading.unreadable, "{topic}: {:?}", reading.note);
    reading.facts
}

/// What is left of all sales after refunds; `None` where there is no sale.
pub(super) fn net_of(told: &[&Told]) -> Option<i64> {
    let facts: Vec<Fact> = told.iter().flat_map(|told| facts(told)).collect();
    let outcome = outcome(&facts, &context());
    let sales = outcome.sales.iter();
    let left = sales.map(|sale| sale.amounts.net - sale.taken.refunded - sale.taken.disputed);
    (!outcome.sales.is_empty()).then(|| left.sum())
}

/// All orders of a few things.
fn orders<T: Copy>(things: &[T]) -> Vec<Vec<T>> {
    if things.len() < 2 {
        return vec![things.to_vec()];
    }
    let mut all = Vec::new();
    for (at, first) in things.iter().enumerate() {
        let mut rest = things.to_vec();
        rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, *first);
            all.push(order);
        }
    }
    all
}

/// The net amount that the deliveries come to, in every order and with every delivery twice.
fn net(told: &[Told]) -> Option<i64> {
    let told: Vec<&Told> = told.iter().collect();
    let expected = net_of(&told);
    for order in orders(&told) {
        let doubled: Vec<&Told> = order.iter().chain(&order).copied().collect();
        assert_eq!(net_of(&doubled), expected);
    }
    expected
}

fn merge(mut base: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut base, more) {
        members.extend(more);
    }
    base
}

/// The order, as it was `minute` minutes after it was made.
fn order(minute: u32, more: Value) -> Value {
    let base = json!({
        "id": 5_500_000_000_001_i64, "currency": "USD", "financial_status": "paid", "taxes_included": false,
        "created_at": "2026-09-01T10:00:00Z", "processed_at": "2026-09-01T10:00:00Z",
        "updated_at": format!("2026-09-01T10:{minute:02}:30Z"), "total_outstanding": "0.00", "refunds": [],
    });
    merge(base, more)
}

fn line(id: i64, price: &str, quantity: i64, current: i64) -> Value {
    json!({"id": id, "price": price, "quantity": quantity, "current_quantity": current, "product_id": id, "gift_card": false})
}

fn refund(id: i64, more: Value) -> Value {
    let base = json!({
        "id": id, "order_id": 5_500_000_000_001_i64, "created_at": "2026-09-02T10:00:00Z", "refund_line_items": [],
        "order_adjustments": [], "transactions": [],
    });
    merge(base, more)
}

fn taken(line: i64, quantity: i64, subtotal: f64, tax: f64) -> Value {
    json!({"line_item_id": line, "quantity": quantity, "subtotal": subtotal, "total_tax": tax})
}

fn money(id: i64, amount: &str, status: &str) -> Value {
    json!({
        "id": id, "order_id": 5_500_000_000_001_i64, "kind": "refund", "status": status, "amount": amount, "currency": "USD",
        "created_at": "2026-09-02T10:00:00Z", "processed_at": "2026-09-02T10:00:00Z",
    })
}

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
