//! Shipping that an order edit has taken out: it stays in the list, and says that it has been
//! (<https://shopify.dev/changelog/add-and-remove-shipping-lines-with-new-mutations-on-the-order-editing-api>). The edit gives
//! nothing back; the merchant does so afterwards
//! (<https://help.shopify.com/en/manual/fulfillment/managing-orders/editing-orders/shipping-fees>).

use providers::Settings;
use serde_json::{Value, json};
use tributary::ledger::rule::{Base, Rule};

use super::carts::{clicked, left_under};
use super::{Told, line, money, net, net_under, order, refund, taken};

/// Whether Shopify's total of an order still has what was taken out is nowhere said.
const TOTALS: [&str; 2] = ["120.00", "100.00"];

fn shipping(removed: bool) -> Value {
    json!([{"price": "20.00", "is_removed": removed}])
}

fn told(
    minute: u32,
    [status, total, now, owed]: [&str; 4],
    shipping: &Value,
    refunds: &Value,
) -> Told {
    let told = json!({
        "financial_status": status, "total_price": total, "current_total_price": now, "total_outstanding": owed,
        "line_items": [line(1, "100.00", 1, 1)], "shipping_lines": shipping, "refunds": refunds,
    });
    ("orders/updated", order(minute, told))
}

fn silent(amount: &str) -> Value {
    refund(2, json!({"transactions": [money(8, amount, "success")]}))
}

/// An order of 100.00 and 20.00 for shipping, which is taken out after it was paid, and then given back.
fn taken_out(total: &str) -> [Told; 4] {
    let back = silent("20.00");
    [
        told(
            0,
            ["paid", "120.00", "120.00", "0.00"],
            &shipping(false),
            &json!([]),
        ),
        told(
            5,
            ["paid", total, "100.00", "-20.00"],
            &shipping(true),
            &json!([]),
        ),
        ("refunds/create", back.clone()),
        told(
            9,
            ["partially_refunded", total, "100.00", "0.00"],
            &shipping(true),
            &json!([back]),
        ),
    ]
}

#[test]
fn shipping_that_is_taken_out_and_given_back_takes_nothing_of_the_goods() {
    for total in TOTALS {
        let told = taken_out(total);
        assert_eq!(net(&told[..2]), Some(10_000), "{total}");
        assert_eq!(net(&told), Some(10_000), "{total}");
        assert_eq!(net(&told[3..]), Some(10_000), "{total}");
    }
}

#[test]
fn the_difference_to_cheaper_shipping_takes_nothing_either() {
    let both =
        json!([{"price": "20.00", "is_removed": true}, {"price": "5.00", "is_removed": false}]);
    let back = silent("15.00");
    let told = [
        told(
            0,
            ["paid", "120.00", "120.00", "0.00"],
            &shipping(false),
            &json!([]),
        ),
        told(5, ["paid", "125.00", "105.00", "-15.00"], &both, &json!([])),
        ("refunds/create", back.clone()),
        told(
            9,
            ["partially_refunded", "125.00", "105.00", "0.00"],
            &both,
            &json!([back]),
        ),
    ];
    assert_eq!(net(&told), Some(10_000));
}

#[test]
fn what_goes_back_for_goods_and_shipping_that_were_taken_out_is_of_each() {
    let moved = refund(
        1,
        json!({"created_at": "2026-09-02T09:00:00Z", "refund_line_items": [taken(2, 1, 50.0, 0.0)]}),
    );
    let back = silent("70.00");
    let done = order(
        9,
        json!({
            "financial_status": "partially_refunded", "total_price": "170.00", "current_total_price": "100.00",
            "line_items": [line(1, "100.00", 1, 1), line(2, "50.00", 1, 0)], "shipping_lines": shipping(true),
            "refunds": [moved, back],
        }),
    );
    let told = [("refunds/create", back), ("orders/updated", done)];
    assert_eq!(net(&told), Some(10_000));
}

/// Of 100.00 that were paid without it, 10.00 go back for nothing that is named.
#[test]
fn shipping_that_was_taken_out_before_the_payment_has_no_part_in_anything() {
    for total in TOTALS {
        for now in ["100.00", "90.00"] {
            let back = silent("10.00");
            let told = [
                told(
                    0,
                    ["paid", total, "100.00", "0.00"],
                    &shipping(true),
                    &json!([]),
                ),
                ("refunds/create", back.clone()),
                told(
                    9,
                    ["partially_refunded", total, now, "0.00"],
                    &shipping(true),
                    &json!([back]),
                ),
            ];
            assert_eq!(net(&told[..1]), Some(10_000), "{total}");
            assert_eq!(net(&told), Some(9_000), "{total} {now}");
            let told: Vec<&Told> = told.iter().collect();
            let settings = Settings::from_json(r#"{"includeShipping":true}"#).unwrap();
            assert_eq!(net_under(&told, &settings), Some(9_000), "{total} {now}");
        }
    }
}

#[test]
fn where_shipping_counts_it_counts_until_it_is_given_back() {
    let settings = Settings::from_json(r#"{"includeShipping":true}"#).unwrap();
    for total in TOTALS {
        let told = taken_out(total);
        let told: Vec<&Told> = told.iter().collect();
        assert_eq!(net_under(&told[..2], &settings), Some(12_000), "{total}");
        assert_eq!(net_under(&told, &settings), Some(10_000), "{total}");
    }
}

#[test]
fn a_commission_of_the_gross_amount_is_not_of_shipping_that_was_never_paid() {
    let rule = Rule {
        base: Base::Gross,
        ..Rule::ten_percent()
    };
    for total in TOTALS {
        let told = json!({
            "total_price": total, "current_total_price": "100.00", "line_items": [line(1, "100.00", 1, 1)],
            "shipping_lines": shipping(true),
        });
        assert_eq!(
            left_under(&rule, &[("orders/paid", clicked(0, told))]),
            1_000,
            "{total}"
        );
    }
}
