//! What the lines of an order are: whichever snapshot tells it, and whatever has left since.

use super::{facts, order, payment, reversals};
use crate::Fact;

/// A line of 100.00 with its id, quantity, what is left of it, and its product.
fn line(id: u64, current: u64, product: &str) -> String {
    format!(
        r#"{{"id":{id},"price":"100.00","quantity":1,"current_quantity":{current},"product_id":{product},"variant_id":{product}}}"#
    )
}

fn told(members: &str, lines: &[String]) -> Vec<Fact> {
    let body = format!(r#"{members},"line_items":[{}]"#, lines.join(","));
    facts("orders/updated", &order(&body))
}

const PAID: &str = r#""financial_status":"paid","total_price":"200.00""#;

fn key(lines: &[String]) -> String {
    Fact::Payment(payment(&told(PAID, lines)).clone()).key()
}

/// The id of each line's first id, or none, and its amount.
fn bought(facts: &[Fact]) -> Vec<(String, i64)> {
    let things = payment(facts).bought.iter();
    let things = things.map(|thing| (thing.ids.first().cloned().unwrap_or_default(), thing.amount));
    things.collect()
}

/// A refund of a line that it does not repeat.
fn refund(line: u64, transactions: &str) -> String {
    format!(
        r#"{{"id":{line},"created_at":"2026-09-03T10:00:00Z","refund_line_items":[{{"line_item_id":{line},"quantity":1,"subtotal":100.0,"total_tax":0}}],"transactions":[{transactions}]}}"#
    )
}

const MONEY: &str = r#"{"id":8,"kind":"refund","status":"success","amount":"100.00","currency":"USD","created_at":"2026-09-03T10:00:00Z"}"#;

/// Ids are null from the day on which their product is deleted
/// (<https://shopify.dev/docs/api/admin-rest/latest/resources/order>), and the newest snapshot is no longer the best one
/// for all.
#[test]
fn a_snapshot_that_has_forgotten_what_lines_are_does_not_take_the_place_of_one_that_knows() {
    let [a, b] = [line(1, 1, "11"), line(2, 1, "12")];
    let [no_a, no_b] = [line(1, 1, "null"), line(2, 1, "null")];
    let plain = "payment/Canonical/p:5500000000001";
    assert_eq!(key(&[a.clone(), b.clone()]), plain);
    let without_b = key(&[a.clone(), no_b.clone()]);
    assert!(without_b.starts_with(&format!("{plain}/without/sha256:")));
    assert_ne!(key(&[no_a.clone(), b.clone()]), without_b);
    assert_eq!(key(&[line(1, 0, "11"), no_b.clone()]), without_b);
    assert_eq!(
        key(&[no_a.clone(), no_b.clone()]),
        key(&[no_b.clone(), no_a])
    );
    let no_variant = b.replace(r#""variant_id":12"#, r#""variant_id":null"#);
    let without_variant = key(&[a.clone(), no_variant]);
    assert!(without_variant != plain && without_variant != without_b);
    let untold = b.replace(r#","variant_id":12"#, "");
    assert_eq!(key(&[a.clone(), untold]), plain);
    // Nothing can be known again of a line without an id, and tips are of no product.
    assert_eq!(key(&[a.clone(), no_b.replace(r#""id":2,"#, r#""#)]), plain);
    let tip = no_b.replace(r#""id":2,"#, r#""id":2,"tip":null,"#);
    assert_eq!(key(&[a, tip]), plain);
}

/// <https://github.com/microsoft/BCApps/pull/10741>: of two things one is refunded and one exchanged for a third.
#[test]
fn what_left_with_money_counts_for_the_line_that_the_refund_names() {
    let refunds = format!("{},{}", refund(1, MONEY), refund(2, ""));
    let members = format!(
        r#""financial_status":"partially_refunded","total_price":"300.00","current_total_price":"100.00","total_outstanding":"0.00","refunds":[{refunds}]"#
    );
    let lines = [line(1, 0, "11"), line(2, 0, "12"), line(3, 1, "13")];
    let facts = told(&members, &lines);
    let expected = [("11", 10_000), ("12", 0), ("13", 10_000)];
    assert_eq!(
        bought(&facts),
        expected.map(|(id, amount)| (id.to_owned(), amount))
    );
    let things = &reversals(&facts)[0].things;
    assert_eq!(things.len(), 1);
    assert_eq!((&*things[0].ids[0], things[0].amount), ("11", 10_000));
}

/// An item that was made up for the order has no ids (<https://github.com/gatsbyjs/gatsby-source-shopify/pull/59>); a refund of it
/// was taken of all things alike.
#[test]
fn an_item_without_ids_that_goes_back_is_named_by_its_line() {
    let members = format!(
        r#""financial_status":"partially_refunded","total_price":"200.00","current_total_price":"100.00","refunds":[{}]"#,
        refund(2, MONEY)
    );
    let facts = told(&members, &[line(1, 1, "11"), line(2, 0, "null")]);
    let things = &reversals(&facts)[0].things;
    assert_eq!(things.len(), 1);
    assert_eq!(things[0].ids, ["line/2"]);
    let unknown = told(&members, &[line(1, 1, "11")]);
    assert!(reversals(&unknown)[0].things.is_empty());
}

/// What is edited out is held until it is given back, and is then of the line that was edited out.
#[test]
fn money_for_what_was_edited_out_before_is_of_that_line() {
    let later = r#"{"id":7,"created_at":"2026-09-04T10:00:00Z","refund_line_items":[],"transactions":[{"id":9,"kind":"refund","status":"success","amount":"100.00","currency":"USD","created_at":"2026-09-04T10:00:00Z"}]}"#;
    let members = format!(
        r#""financial_status":"partially_refunded","total_price":"200.00","current_total_price":"100.00","total_outstanding":"0.00","refunds":[{},{later}]"#,
        refund(2, "")
    );
    let facts = told(&members, &[line(1, 1, "11"), line(2, 0, "12")]);
    let expected = [("11", 10_000), ("12", 10_000)];
    assert_eq!(
        bought(&facts),
        expected.map(|(id, amount)| (id.to_owned(), amount))
    );
    let things = &reversals(&facts)[0].things;
    assert_eq!(things.len(), 1);
    assert_eq!((&*things[0].ids[0], things[0].amount), ("12", 10_000));
}

/// Of 75.00, of which 25.00 are a gift card, 45.00 have been paid.
#[test]
fn of_an_order_paid_in_part_a_gift_card_was_paid_in_part_too() {
    let card = line(2, 1, "12").replace(r#""100.00","#, r#""25.00","gift_card":true,"#);
    let goods = line(1, 1, "11").replace("100.00", "50.00");
    let body = format!(
        r#""financial_status":"partially_paid","total_price":"75.00","total_outstanding":"30.00","line_items":[{goods},{card}]"#
    );
    let settings = super::settings(r#"{"countPartiallyPaid":true}"#);
    let reading = super::reading("orders/updated", &order(&body), &settings);
    let amounts = payment(&reading.facts).amounts;
    assert_eq!((amounts.gross, amounts.net), (4_500, 3_000));
    assert_eq!(amounts.gift_cards, 1_500);
}
