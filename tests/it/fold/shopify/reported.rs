//! Situations that people who book money from Shopify's webhooks have reported, beyond those of the other files.

use providers::Settings;
use serde_json::{Value, json};

use super::{line, merge, money, net, net_of, order, reading, refund, taken};

/// A shop edits goods out of a paid order, and gives the money back later, by a refund that names no goods
/// (<https://github.com/microsoft/BCApps/pull/7447>: the tax of the edited goods was left behind).
#[test]
fn goods_edited_out_whose_money_goes_back_later_are_taken_once_with_their_own_tax() {
    let mut taxed = line(1, "100.00", 1, 1);
    taxed["tax_lines"] = json!([{"price": "20.00"}]);
    let of = |minute, status: &str, now: &str, owed: &str, left: i64, refunds: Value| {
        let mut taxed = taxed.clone();
        taxed["current_quantity"] = json!(left);
        let told = json!({
            "financial_status": status, "total_price": "220.00", "current_total_price": now, "total_outstanding": owed,
            "total_tax": "20.00", "line_items": [taxed, line(2, "100.00", 1, 1)], "refunds": refunds,
        });
        order(minute, told)
    };
    let edited = refund(
        1,
        json!({"created_at": "2026-09-02T09:00:00Z", "refund_line_items": [taken(1, 1, 100.0, 20.0)]}),
    );
    let adjusted =
        json!([{"kind": "refund_discrepancy", "amount": "-120.00", "tax_amount": "0.00"}]);
    let paid_back = refund(
        2,
        json!({"order_adjustments": adjusted, "transactions": [money(8, "120.00", "success")]}),
    );
    let paid = ("orders/paid", of(0, "paid", "220.00", "0.00", 1, json!([])));
    let owed = (
        "orders/updated",
        of(5, "paid", "100.00", "-120.00", 0, json!([edited])),
    );
    let done = (
        "orders/updated",
        of(
            9,
            "partially_refunded",
            "100.00",
            "0.00",
            0,
            json!([edited, paid_back]),
        ),
    );
    assert_eq!(net(&[paid.clone(), owed.clone()]), Some(20_000));
    let told = [paid, owed, ("refunds/create", paid_back), done];
    assert_eq!(net(&told), Some(10_000));
    assert_eq!(net(&told[3..]), Some(10_000));
}

/// The carriage of a return is taken off the refund (<https://github.com/Shopify/shopify-api-ruby/issues/1232>):
/// it stays paid, also once the order itself tells of the return.
#[test]
fn a_fee_that_is_kept_of_a_return_stays_sold_when_the_order_tells_of_it_too() {
    let fee = json!([{"kind": "refund_discrepancy", "amount": "1.00", "tax_amount": "0.00"}]);
    let back = refund(
        1,
        json!({
            "refund_line_items": [taken(1, 1, 20.0, 0.0)], "order_adjustments": fee, "transactions": [money(8, "19.00", "success")],
        }),
    );
    let paid = order(
        0,
        json!({"total_price": "20.00", "current_total_price": "20.00", "line_items": [line(1, "20.00", 1, 1)]}),
    );
    let told = json!({
        "financial_status": "partially_refunded", "total_price": "20.00", "current_total_price": "1.00", "refunds": [back],
        "line_items": [line(1, "20.00", 1, 0)],
    });
    let returned = order(9, told);
    assert_eq!(
        net(&[
            ("orders/paid", paid),
            ("refunds/create", back),
            ("orders/updated", returned)
        ]),
        Some(100)
    );
}

/// A quantity is edited down under a discount of the whole order
/// (<https://github.com/microsoft/BCApps/pull/10462>: the discount of both units was taken off the one left).
#[test]
fn a_discount_shrinks_with_the_quantity_that_it_was_given_for() {
    let of = |minute, status: &str, now: &str, left: i64, refunds: Value| {
        let mut item = line(1, "48.00", 2, left);
        item["discount_allocations"] = json!([{"amount": "19.20"}]);
        let told = json!({
            "financial_status": status, "total_price": "76.80", "current_total_price": now, "total_discounts": "19.20",
            "line_items": [item], "refunds": refunds,
        });
        order(minute, told)
    };
    let back = refund(
        1,
        json!({"refund_line_items": [taken(1, 1, 38.4, 0.0)], "transactions": [money(8, "38.40", "success")]}),
    );
    let told = [
        ("orders/paid", of(0, "paid", "76.80", 2, json!([]))),
        ("refunds/create", back.clone()),
        (
            "orders/updated",
            of(9, "partially_refunded", "38.40", 1, json!([back])),
        ),
    ];
    assert_eq!(net(&told), Some(3_840));
}

/// A refund in the buyer's currency of an order in another
/// (<https://github.com/microsoft/BCApps/issues/6138>: the two were mixed).
#[test]
fn a_return_and_an_exchange_in_the_buyers_currency_leave_what_is_left_in_the_shops() {
    let set = |shop: &str, buyer: &str| json!({"shop_money": {"amount": shop, "currency_code": "USD"}, "presentment_money": {"amount": buyer, "currency_code": "EUR"}});
    let item = |id: i64, current: i64| {
        merge(
            line(id, "100.00", 1, current),
            json!({"price_set": set("100.00", "91.37")}),
        )
    };
    let of = |now: [&str; 2], lines: Value, refunds: Value| {
        let told = json!({
            "presentment_currency": "EUR", "financial_status": "partially_refunded", "total_price": "300.00",
            "total_price_set": set("300.00", "274.11"), "current_total_price": now[0],
            "current_total_price_set": set(now[0], now[1]), "line_items": lines, "refunds": refunds,
        });
        order(9, told)
    };
    let taken = |id: i64| {
        merge(
            taken(id, 1, 100.0, 0.0),
            json!({"subtotal_set": set("100.00", "91.37"), "total_tax_set": set("0.00", "0.00")}),
        )
    };
    let mut cash = money(8, "91.37", "success");
    cash["currency"] = json!("EUR");
    let exchanged = refund(1, json!({"refund_line_items": [taken(1)]}));
    let returned = refund(
        2,
        json!({"refund_line_items": [taken(2)], "transactions": [cash]}),
    );
    let lines = json!([item(1, 0), item(2, 0), item(3, 1)]);
    let newest = of(["100.00", "91.37"], lines, json!([exchanged, returned]));
    assert_eq!(
        net(&[("refunds/create", returned), ("orders/updated", newest)]),
        Some(10_000)
    );
}

/// Goods go back on the shelf, and the shop keeps the money: Shopify books the difference as an adjustment.
#[test]
fn goods_taken_back_without_giving_money_stay_sold() {
    let kept = json!([{"kind": "refund_discrepancy", "amount": "36.00", "tax_amount": "0.00"}]);
    let back = refund(
        1,
        json!({"refund_line_items": [taken(1, 1, 36.0, 0.0)], "order_adjustments": kept}),
    );
    let told = json!({"total_price": "36.00", "current_total_price": "36.00", "refunds": [back], "line_items": [line(1, "36.00", 1, 0)]});
    assert_eq!(
        net(&[("refunds/create", back), ("orders/updated", order(9, told))]),
        Some(3_600)
    );
}

/// Whether or not the sender takes goodwill and shipping that went back off the order's worth.
#[test]
fn an_exchange_stays_one_when_goodwill_or_shipping_goes_back_as_well() {
    let moved = refund(1, json!({"refund_line_items": [taken(1, 1, 100.0, 0.0)]}));
    let lines = json!([line(1, "100.00", 1, 0), line(2, "100.00", 1, 1)]);
    let shipping_back =
        json!([{"kind": "shipping_refund", "amount": "-10.00", "tax_amount": "0.00"}]);
    let back = |adjusted: Value| {
        refund(
            2,
            json!({"order_adjustments": adjusted, "transactions": [money(8, "10.00", "success")]}),
        )
    };
    for (adjusted, left) in [(json!([]), 9_000), (shipping_back, 10_000)] {
        for now in ["100.00", "110.00"] {
            let told = json!({
                "financial_status": "partially_refunded", "total_price": "210.00", "current_total_price": now,
                "line_items": lines, "shipping_lines": [{"price": "10.00"}], "refunds": [moved, back(adjusted.clone())],
            });
            let told = [
                ("refunds/create", back(adjusted.clone())),
                ("orders/updated", order(9, told)),
            ];
            assert_eq!(net(&told), Some(left), "{now}");
        }
    }
}

#[test]
fn a_gift_card_that_goes_back_is_known_by_the_orders_line_where_the_refund_does_not_repeat_it() {
    let mut card = line(2, "25.00", 1, 0);
    card["gift_card"] = json!(true);
    let back = refund(
        1,
        json!({"refund_line_items": [taken(2, 1, 25.0, 0.0)], "transactions": [money(8, "25.00", "success")]}),
    );
    let told = json!({
        "financial_status": "partially_refunded", "total_price": "75.00", "current_total_price": "50.00", "refunds": [back],
        "line_items": [line(1, "50.00", 1, 1), card],
    });
    assert_eq!(
        net(&[("refunds/create", back), ("orders/updated", order(9, told))]),
        Some(5_000)
    );
}

#[test]
fn of_snapshots_of_one_second_the_one_that_has_gone_further_counts() {
    let of = |status: &str, total: &str, lines: Value, refunds: Value| {
        let told = json!({"financial_status": status, "total_price": total, "line_items": lines, "refunds": refunds});
        ("orders/updated", order(0, told))
    };
    let back = |transactions: Value| {
        refund(
            1,
            json!({"refund_line_items": [taken(1, 1, 90.0, 0.0)], "transactions": transactions}),
        )
    };
    let gone = json!([line(1, "90.00", 1, 0)]);
    let paid = of("paid", "90.00", json!([line(1, "90.00", 1, 1)]), json!([]));
    let lines = json!([line(1, "90.00", 1, 0), line(2, "110.00", 1, 1)]);
    let exchanged = of("paid", "200.00", lines, json!([back(json!([]))]));
    let exchanged = (
        "orders/paid",
        merge(exchanged.1, json!({"current_total_price": "110.00"})),
    );
    assert_eq!(net(&[paid.clone(), exchanged]), Some(11_000));
    let refunded = of(
        "refunded",
        "90.00",
        gone.clone(),
        json!([back(Value::Null)]),
    );
    assert_eq!(net(&[paid.clone(), refunded.clone()]), Some(0));
    let failed = of(
        "paid",
        "90.00",
        gone,
        json!([back(json!([money(8, "90.00", "failure")]))]),
    );
    assert_eq!(net(&[paid, refunded, failed]), Some(9_000));
}

#[test]
fn a_tip_among_the_lines_takes_no_part_in_a_refund_though_no_field_tells_its_sum() {
    let mut tip = line(2, "10.00", 1, 1);
    tip["tip"] = Value::Null;
    let paid = order(
        0,
        json!({"total_price": "60.00", "line_items": [line(1, "50.00", 1, 1), tip]}),
    );
    let half = refund(1, json!({"transactions": [money(8, "25.00", "success")]}));
    assert_eq!(
        net(&[("orders/paid", paid), ("refunds/create", half)]),
        Some(2_500)
    );
}

#[test]
fn variants_come_before_products_and_what_has_left_the_order_comes_last() {
    let item = |product: i64, current: i64| {
        merge(
            line(product, "10.00", 1, current),
            json!({"variant_id": product * 10}),
        )
    };
    let body = order(
        0,
        json!({"total_price": "30.00", "line_items": [item(1, 0), item(2, 1), item(3, 1)]}),
    );
    let facts = reading("orders/paid", &body, &Settings::default()).facts;
    let products = facts.iter().find_map(|fact| match fact {
        providers::Fact::Payment(payment) => Some(payment.products.clone()),
        _ => None,
    });
    assert_eq!(products.unwrap(), ["20", "30", "10", "2", "3", "1"]);
}

#[test]
fn an_order_for_nothing_is_no_debt_and_its_free_gifts_go_back_for_nothing() {
    let mut gift = line(1, "30.00", 1, 1);
    gift["discount_allocations"] = json!([{"amount": "30.00"}]);
    let free = order(
        0,
        json!({"total_price": "0.00", "current_total_price": "0.00", "line_items": [gift]}),
    );
    let mut gone = free.clone();
    gone["line_items"][0]["current_quantity"] = json!(0);
    gone["updated_at"] = json!("2026-09-03T10:00:00Z");
    let back = refund(1, json!({"refund_line_items": [taken(1, 1, 0.0, 0.0)]}));
    gone["refunds"] = json!([back]);
    let free = ("orders/paid", free);
    let gone = ("orders/updated", gone);
    assert_eq!(net_of(&[&free, &gone]).unwrap_or(0), 0);
    assert_eq!(net(&[free, gone, ("refunds/create", back)]).unwrap_or(0), 0);
}

#[test]
fn what_is_not_known_of_a_refund_or_dispute_is_said() {
    let note = |topic: &'static str, body: &Value| reading(topic, body, &Settings::default()).note;
    let unknown = |what: &str| Some(format!("unknown {what}").into());
    let told = |transaction: Value| refund(1, json!({"transactions": [transaction]}));
    let held = told(money(8, "5.00", "on_hold"));
    assert_eq!(
        note("refunds/create", &held),
        unknown("transaction status: on_hold")
    );
    let mut recalled = money(8, "5.00", "success");
    recalled["kind"] = json!("recall");
    assert_eq!(
        note("refunds/create", &told(recalled.clone())),
        unknown("transaction kind: recall")
    );
    assert_eq!(
        note("order_transactions/create", &recalled),
        unknown("transaction kind: recall")
    );
    let adjusted = refund(
        1,
        json!({"order_adjustments": [{"kind": "carbon_levy", "amount": "1.00"}]}),
    );
    let paid = order(
        0,
        json!({"total_price": "9.00", "line_items": [line(1, "9.00", 1, 1)], "refunds": [adjusted]}),
    );
    assert_eq!(
        note("orders/updated", &paid),
        unknown("adjustment kind: carbon_levy")
    );
    let dispute = json!({"id": 1, "order_id": 5, "currency": "USD", "amount": "1.00", "type": "chargeback", "status": "paused"});
    assert_eq!(
        note("disputes/update", &dispute),
        unknown("dispute status: paused")
    );
    assert_eq!(
        note("order_transactions/create", &money(8, "5.00", "success")),
        None
    );
}
