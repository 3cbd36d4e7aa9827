//! Money: what counts, in which unit, net of what.

use serde_json::{Value, json};

use super::{facts_of, facts_with, payments, with};
use crate::fact::{Amounts, Presentment};
use crate::{Currency, Fact};

fn invoice(change: Value) -> Value {
    let base = json!({"id": "in_1", "object": "invoice", "status": "paid", "currency": "eur",
        "total": 1190, "subtotal": 1000, "total_excluding_tax": 1000, "amount_paid": 1190,
        "amount_due": 1190, "total_taxes": [{"amount": 190}]});
    with(&base, change)
}

fn session(change: Value) -> Value {
    let base = json!({"id": "cs_1", "object": "checkout.session", "mode": "payment",
        "payment_status": "paid", "currency": "usd", "amount_total": 2000, "amount_subtotal": 2000,
        "payment_intent": "pi_1"});
    with(&base, change)
}

fn amounts(facts: &[Fact]) -> Amounts {
    payments(facts)[0].amounts
}

fn paid(change: Value) -> Amounts {
    amounts(&facts_of("invoice.paid", &invoice(change)))
}

#[test]
fn tax_is_no_part_of_the_net_amount_however_it_is_told() {
    for change in [
        json!({}),
        json!({"subtotal": 1190}),
        json!({"total_excluding_tax": null}),
        json!({"total_excluding_tax": null, "total_taxes": null, "tax": 190}),
        json!({"total_excluding_tax": null, "total_taxes": [], "total_tax_amounts": [{"amount": 100}, {"amount": 90}]}),
    ] {
        let amounts = paid(change.clone());
        assert_eq!(
            (amounts.gross, amounts.net, amounts.tax),
            (1190, 1000, 190),
            "{change}"
        );
        assert_eq!(amounts.reversible, 1190);
    }
}

#[test]
fn what_a_credit_balance_covered_is_not_paid_and_tax_shrinks_with_it() {
    let amounts = paid(json!({"amount_paid": 595}));
    assert_eq!((amounts.gross, amounts.net, amounts.tax), (595, 500, 95));
    let amounts = paid(json!({"amount_paid": 1}));
    assert_eq!((amounts.gross, amounts.net), (1, 0));
}

#[test]
fn what_was_paid_too_much_is_no_sale() {
    let amounts = paid(json!({"amount_paid": 1500, "amount_overpaid": 310}));
    assert_eq!((amounts.gross, amounts.net), (1190, 1000));
    let amounts = paid(json!({"amount_paid": 1190, "amount_overpaid": 310}));
    assert_eq!(amounts.gross, 1190);
}

#[test]
fn a_negative_total_is_nothing() {
    let amounts = paid(
        json!({"total": -650, "subtotal": -650, "total_excluding_tax": -650, "amount_paid": 0, "total_taxes": []}),
    );
    assert_eq!(amounts, Amounts::default());
}

#[test]
fn an_old_debt_that_is_paid_with_an_invoice_of_nothing_counts_as_what_it_is() {
    let amounts = paid(
        json!({"total": 0, "subtotal": 0, "total_excluding_tax": 0, "total_taxes": [], "amount_paid": 40}),
    );
    assert_eq!((amounts.gross, amounts.net), (40, 40));
}

#[test]
fn shipping_earns_commission_only_by_setting() {
    let cost = json!({"amount_subtotal": 500, "amount_tax": 95, "amount_total": 595});
    let invoice = invoice(
        json!({"total": 1785, "total_excluding_tax": 1500, "amount_paid": 1785, "shipping_cost": cost}),
    );
    let out = amounts(&facts_of("invoice.paid", &invoice));
    assert_eq!((out.gross, out.net, out.shipping), (1785, 1000, 500));
    let within = amounts(&facts_with(
        r#"{"includeShipping":true}"#,
        "invoice.paid",
        &invoice,
    ));
    assert_eq!(within.net, 1500);
    let session = session(
        json!({"amount_total": 2500, "total_details": {"amount_shipping": 500, "amount_tax": 0, "amount_discount": 0}}),
    );
    let out = amounts(&facts_of("checkout.session.completed", &session));
    assert_eq!((out.net, out.subtotal), (2000, 2000));
    let within = facts_with(
        r#"{"includeShipping":true}"#,
        "checkout.session.completed",
        &session,
    );
    assert_eq!(amounts(&within).net, 2500);
}

#[test]
fn a_payment_intent_counts_what_was_received_less_the_tax_it_tells_of() {
    let intent = json!({"id": "pi_1", "currency": "usd", "amount": 1000, "amount_received": 600,
        "amount_details": {"tax": {"total_tax_amount": 100}, "shipping": {"amount": 50}}});
    let amounts = amounts(&facts_of("payment_intent.succeeded", &intent));
    assert_eq!((amounts.gross, amounts.tax, amounts.net), (600, 100, 450));
}

/// <https://docs.stripe.com/terminal/features/collecting-tips/overview>
#[test]
fn a_tip_is_paid_and_earns_nothing() {
    let tipped = |tip: Value| {
        let intent = json!({"id": "pi_1", "currency": "usd", "amount": 1150, "amount_received": 1150,
            "amount_details": {"tip": tip}});
        let amounts = amounts(&facts_of("payment_intent.succeeded", &intent));
        (amounts.gross, amounts.net)
    };
    assert_eq!(tipped(json!({"amount": 150})), (1150, 1000));
    assert_eq!(tipped(json!({})), (1150, 1150));
    assert_eq!(tipped(json!({"amount": 9_000})), (1150, 0));
}

/// A surcharge for paying by card is contained in the amount
/// (<https://docs.stripe.com/changelog/dahlia/2026-03-25/card-not-present-payments-surcharge-configuration-options>).
#[test]
fn a_surcharge_for_paying_by_card_earns_nothing() {
    let intent = json!({"id": "pi_1", "currency": "usd", "amount": 1180, "amount_received": 1180,
        "amount_details": {"tip": {"amount": 150}, "surcharge": {"amount": 30, "status": "available", "maximum_amount": 35}}});
    let amounts = amounts(&facts_of("payment_intent.succeeded", &intent));
    assert_eq!((amounts.gross, amounts.net), (1180, 1000));
}

#[test]
fn stripes_decimal_places_become_those_of_iso_4217() {
    for (code, sent, iso) in [
        ("jpy", 500, 500),
        ("isk", 500, 5),
        ("ugx", 500, 5),
        ("kwd", 5120, 5120),
        ("mga", 500, 50_000),
        ("huf", 1045, 1045),
        ("TWD", 5000, 5000),
        ("usd", 4900, 4900),
    ] {
        let session = session(json!({"currency": code, "amount_total": sent}));
        let facts = facts_of("checkout.session.completed", &session);
        assert_eq!(amounts(&facts).gross, iso, "{code}");
        assert_eq!(payments(&facts)[0].remark, None);
    }
}

#[test]
fn a_code_that_nobody_knows_is_counted_and_remarked() {
    let facts = facts_of(
        "checkout.session.completed",
        &session(json!({"currency": "zzz"})),
    );
    assert_eq!(payments(&facts)[0].amounts.gross, 2000);
    assert_eq!(
        payments(&facts)[0].remark.as_deref(),
        Some("unknown_currency")
    );
}

#[test]
fn the_buyers_currency_is_only_another_view() {
    let eur = Currency::parse("eur").unwrap();
    let view = Some(Presentment {
        currency: eur,
        gross: 1850,
        reversible: 1850,
    });
    let details = json!({"presentment_amount": 1850, "presentment_currency": "eur"});
    let new = facts_of(
        "checkout.session.completed",
        &session(json!({"presentment_details": details})),
    );
    let old = facts_of(
        "checkout.session.completed",
        &session(json!({"currency": "eur", "amount_total": 1850,
        "total_details": {"amount_tax": 185}, "currency_conversion": {"source_currency": "usd", "amount_total": 2000, "amount_subtotal": 1800}})),
    );
    for (facts, tax) in [(new, 0), (old, 200)] {
        let payment = payments(&facts)[0];
        assert_eq!(payment.currency, Currency::USD);
        assert_eq!((payment.amounts.gross, payment.amounts.tax), (2000, tax));
        assert_eq!(payment.amounts.net, 2000 - tax);
        assert_eq!(payment.presentment, view);
    }
}

#[test]
fn money_outside_stripe_counts_unless_the_owner_leaves_it_out() {
    let marked = invoice(json!({"paid_out_of_band": true, "amount_paid": 0}));
    let facts = facts_of("invoice.paid", &marked);
    assert_eq!(payments(&facts)[0].amounts.gross, 1190);
    assert_eq!(payments(&facts)[0].remark.as_deref(), Some("out_of_band"));
    let facts = facts_with(r#"{"excludeOutOfBand":true}"#, "invoice.paid", &marked);
    assert_eq!(payments(&facts)[0].amounts, Amounts::default());
}

#[test]
fn an_invoice_from_before_amount_paid_was_paid_with_what_was_due() {
    let amounts = paid(json!({"amount_paid": null, "status": null, "paid": true}));
    assert_eq!((amounts.gross, amounts.net), (1190, 1000));
}

#[test]
fn an_amount_written_as_a_decimal_is_read_and_a_fraction_is_not() {
    let text = invoice(json!({})).to_string();
    let body = |amount: &str| {
        let object = text.replace("\"amount_paid\":1190", &format!("\"amount_paid\":{amount}"));
        serde_json::from_str::<Value>(&object).unwrap()
    };
    assert_eq!(
        amounts(&facts_of("invoice.paid", &body("1190.0"))).gross,
        1190
    );
    let event = super::event("invoice.paid", &body("11.9"));
    assert!(super::read_with("{}", &event).unreadable);
}
