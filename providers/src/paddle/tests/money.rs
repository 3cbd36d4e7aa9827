//! Money at its edges: figures left out, zero or below it, and the steps that are stored.

use super::{identity, payment, read, reversal};
use crate::delivery::Reading;
use crate::fact::{Amounts, Billing, Extent, Fact};
use crate::{Currency, Micros};

const AT: &str = "2026-10-05T09:02:41.750000Z";

/// A transaction from a checkout, with these totals and further members.
fn transaction(status: &str, totals: &str, more: &str) -> Reading {
    let data = format!(
        r#"{{"id":"txn_01kaunit","status":"{status}","currency_code":"EUR","details":{{"totals":{totals}}}{more}}}"#
    );
    read("transaction.updated", AT, &data)
}

fn amounts(totals: &str) -> Amounts {
    payment(&transaction("paid", totals, "")).unwrap().amounts
}

fn remark(totals: &str) -> Option<String> {
    payment(&transaction("paid", totals, ""))
        .unwrap()
        .remark
        .clone()
}

fn adjustment(action: &str, status: &str, totals: &str) -> Reading {
    let data = format!(
        r#"{{"id":"adj_1","action":"{action}","status":"{status}","transaction_id":"txn_01kaunit","currency_code":"EUR","totals":{totals}}}"#
    );
    read("adjustment.updated", AT, &data)
}

fn leads(reading: &Reading) -> usize {
    let lead = |fact: &&Fact| matches!(fact, Fact::Lead(_));
    reading.facts.iter().filter(lead).count()
}

#[test]
fn figures_left_out_are_nothing_and_the_currency_is_found_outside_the_totals() {
    let reading = transaction("paid", r#"{"total":"1000"}"#, "");
    let payment = payment(&reading).unwrap();
    assert_eq!(payment.currency, Currency::parse("eur").unwrap());
    let whole = Amounts {
        subtotal: 1_000,
        gross: 1_000,
        net: 1_000,
        reversible: 1_000,
        ..Amounts::default()
    };
    assert_eq!(payment.amounts, whole);
    assert_eq!(payment.remark, None);
}

#[test]
fn a_total_of_nothing_has_no_amounts_and_one_of_a_cent_has() {
    let free = r#"{"subtotal":"5000","discount":"5000","tax":"0","total":"0","fee":"0"}"#;
    assert_eq!(amounts(free), Amounts::default());
    let reading = transaction("paid", free, "");
    assert!(reading.note.is_some_and(|note| note.contains("no sale")));
    let cent = amounts(r#"{"tax":"0","total":"1"}"#);
    assert_eq!((cent.gross, cent.net), (1, 1));
    let taxed = amounts(r#"{"tax":"7","total":"5"}"#);
    assert_eq!((taxed.gross, taxed.net), (5, 0));
}

#[test]
fn credit_is_remarked_from_the_first_cent_on_a_sale_and_never_without_one() {
    assert_eq!(
        remark(r#"{"total":"1","credit":"1"}"#).as_deref(),
        Some("paid_from_credit 1 of 1")
    );
    assert_eq!(remark(r#"{"total":"5","credit":"0"}"#), None);
    assert_eq!(remark(r#"{"total":"0","credit":"5"}"#), None);
    assert_eq!(
        remark(r#"{"total":"5","currency_code":"ZZZ"}"#).as_deref(),
        Some("unknown_currency")
    );
}

#[test]
fn a_trial_is_a_checkout_of_nothing_with_any_price_that_has_a_trial() {
    let items = r#","items":[{"price":{"product_id":"pro_1"}},{"price":{"product_id":"pro_2","trial_period":{"interval":"day"},"billing_cycle":{"interval":"month"}}},{"price":{"product_id":"pro_1"}}]"#;
    let told = |total: &str, origin: &str| {
        let more = format!(r#"{items},"origin":"{origin}""#);
        transaction("paid", &format!(r#"{{"total":"{total}"}}"#), &more)
    };
    assert_eq!(leads(&told("0", "web")), 1);
    assert_eq!(leads(&told("1", "web")), 0);
    assert_eq!(leads(&told("0", "subscription_recurring")), 0);
    let reading = told("1", "web");
    let payment = payment(&reading).unwrap();
    assert_eq!(payment.products, ["pro_1", "pro_2"]);
    assert_eq!(payment.billing, Billing::SubscriptionFirst);
}

#[test]
fn who_bought_is_told_only_where_something_is_known() {
    let nobody = transaction("draft", "{}", "");
    assert!(nobody.facts.is_empty());
    assert_eq!(transaction("paid", r#"{"total":"1"}"#, "").facts.len(), 1);
    let more = r#","subscription_id":"sub_1","discount_id":"dsc_1""#;
    let known = transaction("paid", r#"{"total":"1"}"#, more);
    let identity = identity(&known, "p:txn_01kaunit");
    assert_eq!(identity.subscription.as_ref().unwrap().value(), "sub_1");
    assert_eq!(identity.codes[0].value(), "dsc_1");
}

#[test]
fn the_first_captured_attempt_dates_the_payment() {
    let paid_at = |more: &str| {
        let reading = transaction("paid", r#"{"total":"1"}"#, more);
        payment(&reading).unwrap().occurred_at
    };
    let at = |text| Micros::parse_rfc3339(text).unwrap();
    let attempts = r#","billed_at":"2026-10-05T08:00:00Z","payments":[{"status":"error","captured_at":"2026-10-05T07:00:00Z"},{"status":"captured","captured_at":"2026-10-05T09:01:00Z"},{"status":"captured","captured_at":"2026-10-05T09:02:00Z"}]"#;
    assert_eq!(paid_at(attempts), at("2026-10-05T09:01:00Z"));
    let billed = r#","billed_at":"2026-10-05T08:00:00Z""#;
    assert_eq!(paid_at(billed), at("2026-10-05T08:00:00Z"));
    assert_eq!(paid_at(""), at(AT));
}

#[test]
fn an_adjustment_without_a_net_figure_is_its_total_less_its_tax() {
    let extent = |totals: &str| reversal(&adjustment("refund", "approved", totals)).extent;
    let net = |cash, net| Extent::Net { cash, net };
    assert_eq!(extent(r#"{"total":"1190","tax":"190"}"#), net(1_190, 1_000));
    assert_eq!(extent(r#"{"total":"1190"}"#), net(1_190, 1_190));
    assert_eq!(extent(r#"{"total":"0","subtotal":"0"}"#), net(0, 0));
    assert_eq!(extent(r#"{"total":"-5","subtotal":"-4"}"#), net(0, 0));
    let euro = adjustment("refund", "approved", r#"{"total":"1"}"#);
    assert_eq!(reversal(&euro).currency, Currency::parse("eur").unwrap());
}

#[test]
fn a_credit_says_what_it_does() {
    let note = |action| {
        adjustment(action, "approved", r#"{"total":"1"}"#)
            .note
            .unwrap()
    };
    assert!(note("credit").contains("where that was not paid yet"));
    assert!(note("credit_reverse").contains("the credit itself"));
}

#[test]
fn steps_are_stored_with_the_facts_and_are_never_numbered_anew() {
    for (status, step) in [
        ("pending_approval", 0),
        ("approved", 1),
        ("rejected", 2),
        ("reversed", 3),
    ] {
        let reading = adjustment("refund", status, r#"{"total":"1"}"#);
        assert_eq!(reversal(&reading).version.step, step, "{status}");
    }
    for (status, step) in [
        ("new", -1),
        ("draft", 0),
        ("ready", 1),
        ("billed", 2),
        ("past_due", 3),
        ("canceled", 4),
        ("paid", 5),
        ("completed", 6),
    ] {
        let more = r#","customer_id":"ctm_1""#;
        let reading = transaction(status, r#"{"total":"1"}"#, more);
        let identity = identity(&reading, "p:txn_01kaunit");
        assert_eq!(identity.version.step, step, "{status}");
    }
}
