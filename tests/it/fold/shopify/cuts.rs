//! Discounts that an edit gives after the payment, and whose money is given back by a refund that names nothing
//! (<https://help.shopify.com/en/manual/fulfillment/managing-orders/editing-orders/discounts>).

use serde_json::{Value, json};

use super::{Told, line, merge, money, net, order, refund};

/// An item of 100.00, with a discount of 10.00 on it or without; of how the discount came.
fn item(cut: bool) -> Value {
    let given =
        json!({"discount_allocations": [{"amount": "10.00", "discount_application_index": 0}]});
    let plain = line(1, "100.00", 1, 1);
    if cut { merge(plain, given) } else { plain }
}

fn told(minute: u32, [status, total, now, owed]: [&str; 4], kind: &str, refunds: &Value) -> Told {
    let told = json!({
        "financial_status": status, "total_price": total, "current_total_price": now, "total_outstanding": owed,
        "line_items": [item(true)], "discount_applications": [{"type": kind}], "refunds": refunds,
    });
    ("orders/updated", order(minute, told))
}

fn paid() -> Told {
    let told = json!({"total_price": "100.00", "current_total_price": "100.00", "line_items": [item(false)]});
    ("orders/paid", order(0, told))
}

fn back(id: i64, day: u32, amount: &str) -> Value {
    let at = format!("2026-09-{day:02}T10:00:00Z");
    let moved = merge(
        money(id, amount, "success"),
        json!({"created_at": at, "processed_at": at}),
    );
    refund(id, json!({"created_at": at, "transactions": [moved]}))
}

/// Whether the order's total still is what was paid is nowhere said.
#[test]
fn a_discount_given_after_the_payment_counts_once() {
    for total in ["90.00", "100.00"] {
        let back = back(8, 2, "10.00");
        let edited = told(5, ["paid", total, "90.00", "-10.00"], "manual", &json!([]));
        let done = told(
            9,
            ["partially_refunded", total, "90.00", "0.00"],
            "manual",
            &json!([back]),
        );
        assert_eq!(net(&[paid(), edited.clone()]), Some(9_000), "{total}");
        let all = [paid(), edited, ("refunds/create", back), done.clone()];
        assert_eq!(net(&all), Some(9_000), "{total}");
        assert_eq!(net(&[done]), Some(9_000), "{total}");
    }
}

#[test]
fn goodwill_beside_such_a_discount_takes_its_share_still() {
    for now in ["81.00", "90.00"] {
        let [cut, goodwill] = [back(8, 2, "10.00"), back(9, 3, "9.00")];
        let refunds = json!([cut, goodwill]);
        let done = told(
            9,
            ["partially_refunded", "90.00", now, "0.00"],
            "manual",
            &refunds,
        );
        let told = [("refunds/create", cut), ("refunds/create", goodwill), done];
        // Who leaves goodwill in the order's worth does not tell it from the discount: 9.00 and 10.00 of 90.00.
        let left = if now == "81.00" { 8_100 } else { 7_100 };
        assert_eq!(net(&told), Some(left), "{now}");
    }
}

#[test]
fn goodwill_of_as_much_as_a_code_has_taken_off_is_goodwill() {
    for now in ["80.00", "90.00"] {
        let back = back(8, 2, "10.00");
        let done = told(
            9,
            ["partially_refunded", "90.00", now, "0.00"],
            "discount_code",
            &json!([back]),
        );
        assert_eq!(net(&[("refunds/create", back), done]), Some(8_000), "{now}");
    }
}
