//! Paddle's credits: what a balance covered was paid before, and what an unpaid invoice was credited never is.

use std::borrow::Borrow;

use serde_json::{Value, json};

use super::paddle::{adjustment, event, transaction};
use super::{Told, with};

fn sum(bodies: &[Value]) -> i64 {
    Told::by("paddle", bodies).sum()
}

fn totals(total: i64, credit: i64) -> Value {
    json!({ "subtotal": total.to_string(), "tax": "0", "total": total.to_string(),
        "credit": credit.to_string(), "grand_total": (total - credit).to_string() })
}

#[test]
fn a_renewal_paid_from_a_downgrades_credit_is_not_paid_again() {
    let paid = transaction("txn_1", 1, totals(10_000, 0), json!({}));
    let credit = json!({ "action": "credit", "credit_applied_to_balance": true,
        "totals": { "subtotal": "5000", "tax": "0", "total": "5000" } });
    let downgrade = adjustment("adj_1", 20, credit);
    let recurring = json!({ "origin": "subscription_recurring" });
    let from_credit = transaction("txn_2", 25, totals(5_000, 5_000), recurring.clone());
    let partly = transaction("txn_2", 25, totals(5_000, 2_000), recurring);
    let begun = [paid, downgrade];
    assert_eq!(sum(&[&begun[..], &[from_credit]].concat()), 10_000);
    assert_eq!(sum(&[&begun[..], &[partly]].concat()), 13_000);
}

/// An invoice of 1,000, credited by 200 on the 5th and paid by the 15th.
fn invoice(paid: impl Borrow<Value>, credit: impl Borrow<Value>) -> [Value; 3] {
    let (paid, credit) = (paid.borrow(), credit.borrow());
    let issued = json!({ "status": "billed", "collection_mode": "manual", "origin": "api",
        "billed_at": "2026-10-01T09:00:00Z" });
    let changes = with(issued.clone(), with(json!({ "status": "completed" }), paid));
    let before = totals(100_000, 0);
    let after = paid.get("totals").unwrap_or(&before).clone();
    let credit = with(
        json!({ "action": "credit", "created_at": "2026-10-05T09:00:00Z",
            "totals": { "subtotal": "20000", "tax": "0", "total": "20000" } }),
        credit,
    );
    [
        transaction("txn_1", 1, before, issued),
        adjustment("adj_1", 5, credit),
        transaction("txn_1", 15, after, changes),
    ]
}

#[test]
fn an_invoice_credited_before_its_payment_is_worth_what_was_paid_however_it_is_told() {
    let captured = |amount: &str| json!([{ "status": "captured", "amount": amount, "captured_at": "2026-10-15T08:00:00Z" }]);
    for paid in [
        json!({ "totals": totals(100_000, 20_000) }),
        json!({ "totals": totals(100_000, 20_000), "payments": captured("80000") }),
        json!({ "payments": captured("80000") }),
        json!({}),
    ] {
        for to_balance in [json!(false), json!(null)] {
            let credit = json!({ "credit_applied_to_balance": to_balance });
            let bodies = invoice(&paid, credit);
            assert_eq!(sum(&bodies), 80_000, "{paid}");
        }
    }
}

#[test]
fn a_credit_given_after_the_payment_or_taken_back_leaves_the_sale() {
    let late = json!({ "created_at": "2026-10-16T09:00:00Z" });
    assert_eq!(sum(&invoice(json!({}), late)), 100_000);
    let reversed = json!({ "status": "reversed" });
    assert_eq!(sum(&invoice(json!({}), reversed)), 100_000);
}

#[test]
fn with_the_setting_a_credit_of_a_paid_invoice_takes_back_at_once() {
    let late = json!({ "created_at": "2026-10-16T09:00:00Z" });
    let settings = r#"{"creditsReverse":true}"#;
    let bodies = invoice(json!({}), late);
    let told = bodies.iter().fold(Told::default(), |told, body| {
        told.and("paddle", settings, body)
    });
    assert_eq!(told.sum(), 80_000);
    let lessened = invoice(
        json!({ "totals": totals(100_000, 20_000) }),
        json!({ "credit_applied_to_balance": false }),
    );
    let told = lessened.iter().fold(Told::default(), |told, body| {
        told.and("paddle", settings, body)
    });
    assert_eq!(told.sum(), 80_000);
}

#[test]
fn a_full_refund_of_what_was_partly_paid_from_credit_ends_at_nothing() {
    let taxed = json!({ "subtotal": "10000", "tax": "1900", "total": "11900", "credit": "5950", "grand_total": "5950" });
    let paid = transaction("txn_1", 1, taxed, json!({}));
    for (net, total) in [("10000", "11900"), ("5000", "5950")] {
        let back = json!({ "totals": { "subtotal": net, "total": total } });
        assert_eq!(sum(&[paid.clone(), adjustment("adj_1", 20, back)]), 0);
    }
    let part = json!({ "totals": { "subtotal": "2000", "tax": "380", "total": "2380" } });
    assert_eq!(sum(&[paid, adjustment("adj_1", 20, part)]), 3_000);
}

/// Paddle takes whoever types a customer's e-mail address into the shop's checkout for that customer.
#[test]
fn a_checkout_that_nobody_paid_takes_no_purchase_of_the_customer_whose_address_was_typed() {
    let of = |id: &str, day: u32, changes: Value| transaction(id, day, totals(1_000, 0), changes);
    let left = |status: &str, origin: &str| {
        let click = json!({ "refp_id": "clk_told" });
        let told = json!({ "status": status, "origin": origin, "custom_data": click });
        let bought = of("txn_2", 9, json!({ "origin": "api", "custom_data": null }));
        let sales = Told::by("paddle", &[of("txn_1", 2, told), bought]).sales();
        sales["txn_2"].credit.is_some()
    };
    for status in ["draft", "ready", "billed", "canceled"] {
        assert!(!left(status, "web"), "{status}");
        // What the merchant's server says of its customer needs no payment.
        assert!(left(status, "api"), "{status}");
    }
    assert!(left("completed", "web"));
}

#[test]
fn a_customer_id_from_a_page_joins_nobody_and_one_from_the_server_does() {
    let bought = |id: &str, customer: &str, origin: &str, data: Value| {
        let changes = json!({ "customer_id": customer, "origin": origin, "custom_data": data });
        transaction(id, 2, totals(1_000, 0), changes)
    };
    let credited = |origin: &str| {
        let first = json!({ "customerExternalId": "user_7", "refp_id": "clk_told" });
        let bodies = [
            bought("txn_1", "ctm_1", origin, first),
            bought(
                "txn_2",
                "ctm_2",
                origin,
                json!({ "customerExternalId": "user_7" }),
            ),
        ];
        let sales = Told::by("paddle", &bodies).sales();
        assert!(sales["txn_1"].credit.is_some());
        sales["txn_2"].credit.is_some()
    };
    assert!(!credited("web"));
    assert!(credited("api"));
    // The subscription's copy comes later, says less, and undoes nothing.
    let first = bought(
        "txn_1",
        "ctm_1",
        "api",
        json!({ "customerExternalId": "user_7", "refp_id": "clk_told" }),
    );
    let copy = event(
        "subscription.created",
        "2026-10-03T09:00:00Z",
        json!({ "id": "sub_1", "customer_id": "ctm_1", "transaction_id": "txn_1",
            "custom_data": { "customerExternalId": "user_7", "refp_id": "clk_told" } }),
    );
    let second = bought(
        "txn_2",
        "ctm_2",
        "api",
        json!({ "customerExternalId": "user_7" }),
    );
    let sales = Told::by("paddle", &[first, copy, second]).sales();
    assert!(sales["txn_2"].credit.is_some());
}
