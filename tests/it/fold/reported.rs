//! Further public reports of books gone wrong over Stripe's webhooks. Each names where it was reported.

use serde_json::{Value, json};

use super::stripe::{AT, event, intent, invoice, left, refund, tie};

fn dispute(at: i64, event_type: &str, amount: i64, status: &str) -> Value {
    let event_type = format!("charge.dispute.{event_type}");
    let object = json!({"id": "du_1", "created": AT + 5, "amount": amount, "currency": "usd", "status": status,
        "charge": "ch_1", "payment_intent": "pi_1"});
    event(at, &event_type, object)
}

/// pretix 343: the card is charged twice by mistake and one charge goes back.
#[test]
fn of_a_payment_made_twice_the_refund_of_one_leaves_the_other() {
    let twice = event(
        2,
        "payment_intent.succeeded",
        json!({"id": "pi_2", "currency": "usd", "amount": 100,
        "amount_received": 100, "latest_charge": "ch_2", "customer": "cus_1"}),
    );
    let back = event(
        9,
        "refund.created",
        json!({"id": "re_2", "created": AT + 9, "amount": 100, "currency": "usd",
        "status": "succeeded", "charge": "ch_2", "payment_intent": "pi_2"}),
    );
    assert_eq!(left(&[intent(100), twice, back]), [100, 0]);
}

/// eliza 10997 and 11155: a dispute is opened and won, and the payment refunded later.
#[test]
fn a_dispute_that_was_won_takes_nothing_from_a_later_refund() {
    let told = [
        intent(100),
        dispute(5, "created", 100, "needs_response"),
        dispute(5, "funds_withdrawn", 100, "needs_response"),
        dispute(50, "funds_reinstated", 100, "won"),
        dispute(50, "closed", 100, "won"),
    ];
    assert_eq!(left(&told), [100]);
    let later: Vec<Value> = told
        .iter()
        .cloned()
        .chain([refund(90, "re_1", 40)])
        .collect();
    assert_eq!(left(&later), [60]);
}

/// woocommerce-payments 6196: a payment that was refunded in part is disputed for the rest, and lost.
#[test]
fn a_lost_dispute_takes_what_it_is_of_and_no_more() {
    let part = |amount| {
        let lost = dispute(60, "closed", amount, "lost");
        left(&[
            intent(100),
            refund(4, "re_1", 30),
            dispute(5, "created", amount, "needs_response"),
            lost,
        ])
    };
    assert_eq!(part(20), [50]);
    assert_eq!(part(70), [0]);
    assert_eq!(part(100), [0]);
}

/// woocommerce-gateway-stripe 861 and 2799: part of an authorisation is captured, and the charge lists the
/// rest as a refund.
#[test]
fn what_a_partial_capture_lets_go_is_no_refund_though_the_charge_lists_it() {
    let charge = |event_type: &str, at, refunded: i64, rows: Value| {
        event(
            at,
            event_type,
            json!({"id": "ch_1", "created": AT - 500, "amount": 1_295, "amount_captured": 795,
            "captured": true, "paid": true, "status": "succeeded", "amount_refunded": refunded, "currency": "usd",
            "payment_intent": "pi_1", "customer": "cus_1", "refunds": {"data": rows}}),
        )
    };
    let row = |id: &str, at: i64, amount: i64| {
        json!({"id": id, "created": AT + at, "amount": amount, "currency": "usd",
        "status": "succeeded", "charge": "ch_1"})
    };
    let captured = charge("charge.captured", 0, 500, json!([row("re_0", 0, 500)]));
    assert_eq!(left(&[captured.clone(), intent(795)]), [795]);
    let refunded = charge(
        "charge.refunded",
        9,
        600,
        json!([row("re_1", 9, 100), row("re_0", 0, 500)]),
    );
    assert_eq!(left(&[captured, intent(795), refunded]), [695]);
}

/// inbox-zero 2344: a balance covered a part, and all that was charged goes back.
#[test]
fn a_refund_of_all_that_was_charged_is_a_full_one_though_the_invoice_was_over_more() {
    let paid = invoice(json!({"total": 100, "amount_paid": 60, "starting_balance": -40}));
    assert_eq!(left(&[paid.clone(), intent(60), tie(60)]), [60]);
    assert_eq!(
        left(&[paid, intent(60), tie(60), refund(9, "re_1", 60)]),
        [0]
    );
}
