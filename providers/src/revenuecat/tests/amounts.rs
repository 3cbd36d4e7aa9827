//! What a price is in smallest units, and what of it counts.

use super::*;
use crate::Currency;
use crate::fact::{Amounts, Presentment};

fn usd() -> Currency {
    Currency::USD
}

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

#[test]
fn r6_the_charged_currency_counts_and_the_dollars_only_inform() {
    let body = event(
        "NON_RENEWING_PURCHASE",
        json!({"price": 25.487, "price_in_purchased_currency": 32.99, "currency": "CAD"}),
    );
    let payment = payment(&read(&body));
    assert_eq!(payment.amounts.gross, 3_299);
    assert_eq!(payment.amounts.net, 3_299);
    assert_eq!(payment.currency, currency("cad"));
    assert_eq!(payment.remark, None);
    let dollars = Presentment {
        currency: usd(),
        gross: 2_549,
        reversible: 2_549,
    };
    assert_eq!(payment.presentment, Some(dollars));
}

#[test]
fn r7_and_r8_prices_become_smallest_units_without_a_float() {
    for (code, price, minor) in [
        ("USD", "19.99", 1_999),
        ("USD", "4.35", 435),
        ("USD", "10", 1_000),
        ("USD", "1e1", 1_000),
        ("USD", "\"10.50\"", 1_050),
        ("JPY", "1500", 1_500),
        ("JPY", "1500.0", 1_500),
        ("KWD", "1.99", 1_990),
        ("ISK", "4990", 4_990),
        ("UGX", "3700", 3_700),
        ("EUR", "2.005", 201),
        ("USD", "9.989999999999998", 999),
    ] {
        let payment = payment(&read(&priced("RENEWAL", code, price)));
        assert_eq!(payment.amounts.gross, minor, "{price} {code}");
        assert_eq!(payment.currency, currency(code), "{price} {code}");
    }
}

#[test]
fn r9_without_the_charged_amount_the_dollars_are_taken_and_flagged() {
    for changes in [
        json!({"price_in_purchased_currency": null, "price": 4.99, "currency": "EUR"}),
        json!({"currency": null, "price": 4.99}),
        json!({"currency": "dollars", "price": 4.99}),
    ] {
        let reading = read(&event("INITIAL_PURCHASE", changes));
        let payment = payment(&reading);
        assert_eq!(payment.amounts.gross, 499);
        assert_eq!(payment.currency, usd());
        assert_eq!(payment.remark.as_deref(), Some("fx_estimated"));
        assert!(reading.note.is_some());
    }
}

#[test]
fn r9_without_any_amount_the_purchase_is_held_and_not_taken_for_free() {
    let nothing = json!({"price_in_purchased_currency": null, "price": null});
    assert!(is_held(&read(&event("INITIAL_PURCHASE", nothing))));
}

#[test]
fn a_price_that_is_no_amount_is_held() {
    for price in ["\"free\"", "{}", "-9.99", "1e30", "true"] {
        assert!(is_held(&read(&priced("RENEWAL", "USD", price))), "{price}");
    }
}

#[test]
fn a_currency_that_iso_does_not_have_is_flagged() {
    let payment = payment(&read(&priced("RENEWAL", "ZZZ", "5.00")));
    assert_eq!(payment.amounts.gross, 500);
    assert_eq!(payment.remark.as_deref(), Some("unknown_currency"));
}

fn amounts_with(settings: &str, tax: &str, store: &str) -> (Amounts, Option<String>) {
    let body = event(
        "RENEWAL",
        json!({"tax_percentage": "TAX", "commission_percentage": "STORE"}),
    );
    let body = String::from_utf8(body).unwrap();
    let body = body.replace("\"TAX\"", tax).replace("\"STORE\"", store);
    let payment = payment(&read_with(body.as_bytes(), settings));
    (payment.amounts, payment.remark)
}

#[test]
fn the_price_itself_is_the_basis_unless_the_owner_says_otherwise() {
    let (amounts, remark) = amounts_with("{}", "0.1109", "0.3");
    let expected = Amounts {
        subtotal: 888,
        tax: 111,
        gross: 999,
        net: 999,
        reversible: 999,
        fee: Some(300),
        ..Amounts::default()
    };
    assert_eq!((amounts, remark), (expected, None));
}

#[test]
fn tax_and_store_are_taken_off_once_and_rounded_once() {
    let net = |settings, tax, store| amounts_with(settings, tax, store).0.net;
    let (tax, proceeds) = (r#"{"basis":"net_of_tax"}"#, r#"{"basis":"proceeds"}"#);
    // 999 less 11.09 % is 888.2109; less 41.09 % is 588.5109.
    assert_eq!(net(tax, "0.1109", "0.3"), 888);
    assert_eq!(net(proceeds, "0.1109", "0.3"), 589);
    assert_eq!(net(tax, "0", "0.3"), 999);
    assert_eq!(net(proceeds, "0.8", "0.3"), 0);
}

/// Else a program that pays on what is left of the fee would take the store's share off twice.
#[test]
fn proceeds_have_no_fee_left_to_take_off() {
    let proceeds = amounts_with(r#"{"basis":"proceeds"}"#, "0", "0.3").0;
    assert_eq!((proceeds.net, proceeds.fee), (699, Some(0)));
    let net_of_tax = amounts_with(r#"{"basis":"net_of_tax"}"#, "0", "0.3").0;
    assert_eq!((net_of_tax.net, net_of_tax.fee), (999, Some(300)));
}

#[test]
fn an_estimate_that_is_missing_takes_nothing_off_and_is_remarked() {
    let tax = r#"{"basis":"net_of_tax"}"#;
    let proceeds = r#"{"basis":"proceeds"}"#;
    for odd in ["null", "1.5", "-0.1", "\"much\""] {
        let (amounts, remark) = amounts_with(tax, odd, "0.3");
        assert_eq!((amounts.net, amounts.tax), (999, 0), "{odd}");
        assert_eq!(remark.as_deref(), Some("tax_unknown"), "{odd}");
    }
    let (amounts, remark) = amounts_with(proceeds, "0.1", "null");
    assert_eq!((amounts.net, amounts.fee), (899, None));
    assert_eq!(remark.as_deref(), Some("store_commission_unknown"));
}

/// The net amount, in smallest units, and the remark of nine million dollars: every millionth shows.
fn nine_million(basis: &str, tax: &Value, store: &Value) -> (i64, Option<String>) {
    let changes = json!({"price": 9_000_000, "price_in_purchased_currency": 9_000_000,
        "tax_percentage": tax, "commission_percentage": store});
    let settings = json!({ "basis": basis }).to_string();
    let payment = payment(&read_with(&event("RENEWAL", changes), &settings));
    (payment.amounts.net, payment.remark)
}

#[test]
fn shares_count_to_the_millionth_and_never_take_more_than_all() {
    let remark = Some("tax_unknown, store_commission_unknown".to_owned());
    let unknown = nine_million("proceeds", &Value::Null, &Value::Null);
    assert_eq!(unknown, (900_000_000, remark));
    let most = nine_million("proceeds", &json!(0.6), &json!(0.6));
    assert_eq!(most, (0, None));
    let none = nine_million("net_of_tax", &json!(0), &json!(0));
    assert_eq!(none, (900_000_000, None));
    let all = nine_million("net_of_tax", &json!(1), &json!(0));
    assert_eq!(all, (0, None));
}

#[test]
fn dollars_inform_from_the_first_cent_on_and_only_beside_another_currency() {
    let view = |currency: &str, price: Value| {
        let changes =
            json!({"currency": currency, "price_in_purchased_currency": 9.99, "price": price});
        let payment = payment(&read(&event("RENEWAL", changes)));
        payment.presentment.map(|seen| seen.gross)
    };
    assert_eq!(view("CAD", json!(0.01)), Some(1));
    assert_eq!(view("CAD", json!(0)), None);
    assert_eq!(view("USD", json!(9.99)), None);
}
