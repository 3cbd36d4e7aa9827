//! Money that goes back, and comes back again.

use super::*;
use crate::fact::{Extent, ReversalKind, ReversalState};
use crate::{Currency, Name};

fn refund(changes: Value) -> Vec<u8> {
    let support = json!({
        "cancel_reason": "CUSTOMER_SUPPORT", "price": -9.99, "price_in_purchased_currency": -9.99
    });
    event("CANCELLATION", with(support, changes))
}

fn gross(cash: i64) -> Extent {
    Extent::Gross {
        cash,
        counted: cash,
    }
}

#[test]
fn r10_a_cancellation_without_refund_moves_nothing() {
    for reason in [
        "UNSUBSCRIBE",
        "BILLING_ERROR",
        "DEVELOPER_INITIATED",
        "PRICE_INCREASE",
        "UNKNOWN",
    ] {
        let changes =
            json!({"cancel_reason": reason, "price": 0.0, "price_in_purchased_currency": 0.0});
        assert!(is_ignored(&read(&refund(changes))), "{reason}");
    }
    let nameless = json!({"cancel_reason": "UNSUBSCRIBE", "price": 0, "price_in_purchased_currency": 0, "transaction_id": null});
    assert!(is_ignored(&read(&refund(nameless))));
}

#[test]
fn r11_a_refund_takes_its_amount_from_its_transaction() {
    let reversal = reversal(&read(&refund(json!({}))));
    assert_eq!(reversal.kind, ReversalKind::Refund);
    assert_eq!(reversal.state, ReversalState::Final);
    assert_eq!(reversal.extent, gross(999));
    assert_eq!(reversal.of, [Name::payment("350001234567891").unwrap()]);
    assert_eq!(reversal.reason.as_deref(), Some("CUSTOMER_SUPPORT"));
}

#[test]
fn r11_a_negative_price_is_a_refund_whatever_the_reason() {
    let reversal = reversal(&read(&refund(json!({"cancel_reason": "UNKNOWN"}))));
    assert_eq!(reversal.extent, gross(999));
}

#[test]
fn r12_the_same_refund_under_another_event_id_is_the_same_fact() {
    let first = reversal(&read(&refund(json!({}))));
    let again = json!({"id": "2B0E8E7C-0000-4B0E-9C37-51A4C2D90B12", "event_timestamp_ms": MADE_AT_MS + 60_000});
    let again = reversal(&read(&refund(again)));
    assert_eq!(
        Fact::Reversal(first.clone()).key(),
        Fact::Reversal(again.clone()).key()
    );
    assert_eq!(first.extent, again.extent);
}

#[test]
fn r13_a_partial_refund_takes_what_it_says() {
    let partial = json!({"price": -3.0, "price_in_purchased_currency": -3.0});
    assert_eq!(reversal(&read(&refund(partial))).extent, gross(300));
}

#[test]
fn a_refund_told_in_dollars_alone_is_taken_in_dollars() {
    for own in [json!(null), json!(0)] {
        let reversal = reversal(&read(&refund(
            json!({"currency": "EUR", "price_in_purchased_currency": own}),
        )));
        assert_eq!(
            (reversal.extent, reversal.currency),
            (gross(999), Currency::USD)
        );
    }
}

#[test]
fn a_refund_without_an_amount_takes_what_is_left_and_says_so() {
    for nothing in [json!(null), json!(0)] {
        let body =
            refund(json!({"price": nothing.clone(), "price_in_purchased_currency": nothing}));
        let reading = read(&body);
        assert_eq!(reversal(&reading).extent, Extent::All);
        assert!(reading.note.is_some());
    }
}

#[test]
fn another_amount_or_day_is_another_refund_and_the_same_the_same_told_again() {
    let key = |changes: Value| Fact::Reversal(reversal(&read(&refund(changes)))).key();
    let of = |price: f64, later_ms: i64| {
        key(
            json!({"id": format!("{later_ms}"), "event_timestamp_ms": MADE_AT_MS + later_ms,
            "price": price, "price_in_purchased_currency": price}),
        )
    };
    assert_ne!(of(-3.0, 0), of(-2.0, 60_000));
    assert_eq!(of(-3.0, 0), of(-3.0, 60_000));
    assert_ne!(of(-3.0, 0), of(-3.0, 86_400_000));
}

#[test]
fn a_trial_cancelled_by_support_moves_nothing() {
    let trial = json!({"period_type": "TRIAL", "price": 0, "price_in_purchased_currency": 0});
    assert!(is_ignored(&read(&refund(trial))));
}

#[test]
fn r15_a_reversed_refund_gives_back_what_it_says_or_else_everything() {
    let later = MADE_AT_MS + 86_400_000;
    let body = priced("REFUND_REVERSED", "USD", "3.00");
    let partly = reversal(&read(&body));
    assert_eq!(partly.kind, ReversalKind::RefundReturn);
    assert_eq!(partly.state, ReversalState::Final);
    assert_eq!(partly.extent, gross(300));
    let silent =
        json!({"event_timestamp_ms": later, "price": null, "price_in_purchased_currency": null});
    let whole = reversal(&read(&event("REFUND_REVERSED", silent)));
    assert_eq!(whole.extent, Extent::All);
    let refunded = reversal(&read(&refund(json!({}))));
    assert_eq!(refunded.of, whole.of);
    let odd = priced("REFUND_REVERSED", "USD", "\"much\"");
    assert!(is_held(&read(&odd)));
}

#[test]
fn refunds_of_purchases_that_do_not_count_do_not_count() {
    for changes in [
        json!({"environment": "SANDBOX"}),
        json!({"store": "TEST_STORE"}),
        json!({"store": "STRIPE", "renewal_number": 2}),
        json!({"is_family_share": true}),
    ] {
        assert!(is_ignored(&read(&refund(changes.clone()))), "{changes}");
    }
}

#[test]
fn a_stripe_refund_finds_the_renewal_it_belongs_to() {
    let fields = json!({"store": "STRIPE", "transaction_id": "si_QxT41c", "renewal_number": 3});
    let reading = read_with(&refund(fields), r#"{"stores":["STRIPE"]}"#);
    assert_eq!(
        reversal(&reading).of,
        [Name::payment("rc/stripe/si_QxT41c/3").unwrap()]
    );
}

#[test]
fn a_refund_that_names_no_transaction_or_no_amount_is_held_and_not_guessed() {
    assert!(is_held(&read(&refund(json!({"transaction_id": null})))));
    let odd = json!({"price_in_purchased_currency": "much"});
    assert!(is_held(&read(&refund(odd))));
}

#[test]
fn a_refund_in_the_charged_currency_is_not_taken_in_dollars() {
    let body =
        refund(json!({"currency": "EUR", "price_in_purchased_currency": -8.99, "price": -9.99}));
    let reversal = reversal(&read(&body));
    assert_eq!(reversal.currency, Currency::parse("eur").unwrap());
    assert_eq!(reversal.extent, gross(899));
}
