//! Paddle Classic: alerts in any order, and refunds beside disputes.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Told;

/// An alert of this name on this day of October, about one order of 119.00 with 19.00 tax.
fn alert(name: &str, day: u32, more: &[(&str, &str)]) -> String {
    let (id, at) = (
        format!("{name}-{day}"),
        format!("2026-10-{day:02} 09:00:00"),
    );
    let mut fields = vec![
        ("alert_name", name),
        ("alert_id", &id),
        ("event_time", &at),
        ("order_id", "418211-33019"),
        ("subscription_id", "55012"),
        ("subscription_payment_id", "77001"),
        ("user_id", "31007"),
        ("currency", "EUR"),
    ];
    fields.extend(more);
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    fields.collect::<Vec<_>>().join("&")
}

fn paid() -> String {
    let money = [("sale_gross", "119.00"), ("payment_tax", "19.00")];
    let first = [("initial_payment", "1")];
    alert(
        "subscription_payment_succeeded",
        1,
        &[&money[..], &first].concat(),
    )
}

fn refund(day: u32, kind: &str, gross: &str, tax: &str) -> String {
    let money = [
        ("refund_type", kind),
        ("gross_refund", gross),
        ("tax_refund", tax),
    ];
    alert("subscription_payment_refunded", day, &money)
}

fn told(alerts: &[String]) -> Told {
    let told = Told::default();
    let alerts = alerts.iter();
    alerts.fold(told, |told, alert| {
        told.and_text("paddle-classic", "{}", alert)
    })
}

/// simple-login/app 1075: a refunded renewal went unnoticed. A part goes back, then all the rest, and the last
/// refund calls itself a full one.
#[test]
fn reported_a_partial_refund_and_the_one_of_the_rest_take_all_together() {
    let part = refund(3, "partial", "35.70", "5.70");
    assert_eq!(told(&[paid(), part.clone()]).sum(), 7_000);
    let rest = refund(5, "full", "83.30", "13.30");
    assert_eq!(told(&[paid(), part, rest]).sum(), 0);
}

/// PaddleHQ/php-subscriptions-basic 2: either of `subscription_created` and the payment comes first. The click
/// that only the one carries is the other's too.
#[test]
fn reported_a_subscription_that_is_told_after_its_payment_brings_its_click() {
    let created = alert(
        "subscription_created",
        1,
        &[
            ("status", "active"),
            ("passthrough", r#"{"refp_id":"clk_told"}"#),
        ],
    );
    let sales = told(&[paid(), created]).sales();
    assert_eq!(sales.len(), 1);
    let sale = &sales["418211-33019"];
    assert_eq!(sale.credit.as_ref().unwrap().partner_id, "alice");
    assert_eq!(sale.net_left(), 10_000);
}

/// A seller refunds what is disputed, and wins the dispute: the refund alone counts.
#[test]
fn a_refund_of_a_disputed_order_is_taken_once_however_the_dispute_ends() {
    let disputed = alert("payment_dispute_created", 2, &[("amount", "134.00")]);
    let part = refund(3, "partial", "59.50", "9.50");
    let won = alert("payment_dispute_closed", 9, &[("status", "closed")]);
    assert_eq!(told(&[paid(), disputed.clone()]).sum(), 0);
    assert_eq!(told(&[paid(), disputed.clone(), part.clone()]).sum(), 0);
    assert_eq!(told(&[paid(), disputed, part, won]).sum(), 5_000);
}

/// Paddle's own forms of `passthrough` are JSON or any text; many pass one id and nothing else.
#[test]
fn a_click_id_that_is_passed_through_by_itself_counts() {
    let own = |text| {
        let told = [
            ("sale_gross", "119.00"),
            ("payment_tax", "19.00"),
            ("passthrough", text),
        ];
        let sales = told_of(&told).sales();
        sales["418211-33019"].credit.is_some()
    };
    assert!(own("clk_told"));
    assert!(!own("user_1") && !own("clk_told and more"));
}

fn told_of(fields: &[(&str, &str)]) -> Told {
    told(&[alert("subscription_payment_succeeded", 1, fields)])
}
