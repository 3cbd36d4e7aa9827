//! Orders of several things of which each has a reward of its own, and some of which go back.

use providers::{Fact, Micros, Settings};
use serde_json::{Value, json};
use tributary::ledger::rule::{Reward, Rule};

use super::super::support::{add_click, context, outcome, set_rule};
use super::{Told, facts, line, merge, money, order, orders, refund, taken};

/// Half of what the course costs is the partner's, nothing of the poster, and a tenth of all else.
pub(super) fn rule() -> Rule {
    let mut rule = Rule::ten_percent();
    for (product, basis_points) in [("1", 5_000), ("2", 0)] {
        let reward = Reward::Percent { basis_points };
        rule.products.insert(product.to_owned(), reward);
    }
    rule
}

/// What is left of the partner's commission, in every order and with every delivery twice.
pub(super) fn left(told: &[Told]) -> i64 {
    left_under(&rule(), told)
}

/// The same under another rule.
pub(super) fn left_under(rule: &Rule, told: &[Told]) -> i64 {
    left_with(&Settings::default(), rule, told)
}

/// The same under settings of the source.
fn left_with(settings: &Settings, rule: &Rule, told: &[Told]) -> i64 {
    let mut context = context();
    let clicked = Micros::parse_rfc3339("2026-08-31T10:00:00Z").unwrap();
    add_click(&mut context, "clk", "alice", clicked);
    set_rule(&mut context, rule.clone());
    let left = |told: &[&Told]| {
        let facts = told.iter().flat_map(|told| facts(told, settings));
        let facts: Vec<Fact> = facts.collect();
        let outcome = outcome(&facts, &context);
        outcome.sales[0].earning.as_ref().unwrap().left
    };
    let told: Vec<&Told> = told.iter().collect();
    let expected = left(&told);
    for order in orders(&told) {
        let doubled: Vec<&Told> = order.iter().chain(&order).copied().collect();
        assert_eq!(left(&doubled), expected);
    }
    expected
}

/// The order with the click of the partner's link.
pub(super) fn clicked(minute: u32, more: Value) -> Value {
    let click = json!({"note_attributes": [{"name": "refp_id", "value": "clk"}]});
    order(minute, merge(click, more))
}

pub(super) fn paid(total: &str, lines: Value) -> Told {
    let mut told = json!({"total_price": total, "current_total_price": total});
    told["line_items"] = lines;
    ("orders/paid", clicked(0, told))
}

/// The rate of one product was paid for the whole order (<https://github.com/anujtenani/goaffpro/issues/186>), and
/// the first in the order may be a gift.
#[test]
fn each_thing_in_an_order_earns_by_its_own_rule() {
    let lines = json!([
        line(2, "100.00", 1, 1),
        line(1, "100.00", 1, 1),
        line(3, "50.00", 2, 2)
    ]);
    assert_eq!(left(&[paid("300.00", lines)]), 5_000 + 1_000);
    let mut free = line(1, "100.00", 1, 1);
    free["discount_allocations"] = json!([{"amount": "100.00"}]);
    let gift = json!([free, line(3, "50.00", 1, 1)]);
    assert_eq!(left(&[paid("50.00", gift)]), 500);
    let mut reduced = line(1, "100.00", 1, 1);
    reduced["discount_allocations"] = json!([{"amount": "40.00"}]);
    let taxed = merge(
        line(3, "119.00", 1, 1),
        json!({"tax_lines": [{"price": "19.00"}]}),
    );
    let mut told = paid("179.00", json!([reduced, taxed]));
    told.1["taxes_included"] = json!(true);
    assert_eq!(left(&[told]), 3_000 + 1_000);
}

/// One thing is exchanged for another: what has left the order without money earns nothing of its own.
#[test]
fn after_an_exchange_the_rule_of_what_was_taken_instead_holds() {
    let back = refund(1, json!({"refund_line_items": [taken(1, 1, 100.0, 0.0)]}));
    let told = json!({
        "total_price": "300.00", "current_total_price": "200.00", "refunds": [back],
        "line_items": [line(1, "100.00", 1, 0), line(3, "100.00", 1, 1), line(2, "100.00", 1, 1)],
    });
    let exchanged = ("orders/updated", clicked(9, told));
    let before = paid(
        "200.00",
        json!([line(1, "100.00", 1, 1), line(2, "100.00", 1, 1)]),
    );
    assert_eq!(left(&[before, exchanged]), 1_000);
}

/// One thing of an order goes back. Its share of the whole order's commission was taken, at a rate that neither thing
/// had (<https://github.com/productdevbook/tezgah/issues/144>, <https://github.com/AffiliateWP/AffiliateWP/issues/555>,
/// <https://docs.uppromote.com/management/referrals/return>: what goes back and had earned nothing takes nothing).
#[test]
fn a_thing_that_goes_back_takes_what_it_has_earned_itself() {
    let course = |left| line(1, "100.00", 1, left);
    let poster = |left| line(2, "100.00", 1, left);
    let other = || line(3, "100.00", 1, 1);
    let bought = paid("300.00", json!([course(1), poster(1), other()]));
    let all = 5_000 + 1_000;
    assert_eq!(left(std::slice::from_ref(&bought)), all);
    let back = |id: i64, cash: &str| {
        let item = merge(
            taken(id, 1, 100.0, 0.0),
            json!({"line_item": line(id, "100.00", 1, 0)}),
        );
        refund(
            id,
            json!({"refund_line_items": [item], "transactions": [money(id, cash, "success")]}),
        )
    };
    let then = |lines: Value, now: &str, refunds: Value| {
        let told = json!({"financial_status": "partially_refunded", "total_price": "300.00", "current_total_price": now,
            "line_items": lines, "refunds": refunds});
        ("orders/updated", clicked(9, told))
    };
    let of_course = ("refunds/create", back(1, "100.00"));
    let after = then(
        json!([course(0), poster(1), other()]),
        "200.00",
        json!([of_course.1]),
    );
    for told in [
        vec![bought.clone(), of_course.clone()],
        vec![bought.clone(), after.clone()],
        vec![bought.clone(), of_course.clone(), after],
    ] {
        assert_eq!(left(&told), 1_000, "{} deliveries", told.len());
    }
    let of_poster = ("refunds/create", back(2, "100.00"));
    assert_eq!(left(&[bought.clone(), of_poster.clone()]), all);
    assert_eq!(left(&[bought.clone(), of_poster, of_course]), 1_000);
    let half = ("refunds/create", back(1, "50.00"));
    assert_eq!(left(&[bought.clone(), half]), 2_500 + 1_000);
    let goodwill = refund(9, json!({"transactions": [money(9, "75.00", "success")]}));
    assert_eq!(left(&[bought, ("refunds/create", goodwill)]), all * 3 / 4);
}

#[test]
fn a_thing_that_goes_back_pending_is_known_on_the_day_on_which_it_settles() {
    let bought = paid(
        "200.00",
        json!([line(1, "100.00", 1, 1), line(2, "100.00", 1, 1)]),
    );
    let item = merge(
        taken(1, 1, 100.0, 0.0),
        json!({"line_item": line(1, "100.00", 1, 0)}),
    );
    let waits = refund(
        1,
        json!({"refund_line_items": [item], "transactions": [money(8, "100.00", "pending")]}),
    );
    let waits = ("refunds/create", waits);
    assert_eq!(left(&[bought.clone(), waits.clone()]), 5_000);
    let settled = ("order_transactions/create", money(8, "100.00", "success"));
    assert_eq!(left(&[bought, waits, settled]), 0);
}

/// Of shipping that counts each thing has its part: 10.00 of the course's 110.00, 10.00 of the poster's, which earns
/// nothing. What goes back of it was taken for a part of whichever line went back with it.
#[test]
fn shipping_that_goes_back_takes_what_shipping_has_earned_and_nothing_of_goods() {
    let settings = Settings::from_json(r#"{"includeShipping":true}"#).unwrap();
    let left = |told: &[Told]| left_with(&settings, &rule(), told);
    let mut bought = paid(
        "220.00",
        json!([line(1, "50.00", 2, 2), line(2, "100.00", 1, 1)]),
    );
    bought.1["shipping_lines"] = json!([{"price": "20.00"}]);
    assert_eq!(left(std::slice::from_ref(&bought)), 5_500);
    let back = |id: i64, cash: &str, lines: Value, shipping: &str| {
        let told = json!({
            "refund_line_items": lines, "transactions": [money(id, cash, "success")],
            "order_adjustments": [{"kind": "shipping_refund", "amount": shipping, "tax_amount": "0.00"}],
        });
        ("refunds/create", refund(id, told))
    };
    let of_line = |at: i64, amount: f64, price: &str| {
        json!([merge(
            taken(at, 1, amount, 0.0),
            json!({"line_item": line(at, price, 1, 0)})
        )])
    };
    let shipping = back(1, "20.00", json!([]), "-20.00");
    assert_eq!(left(&[bought.clone(), shipping.clone()]), 5_000);
    let one_course = back(2, "70.00", of_line(1, 50.0, "50.00"), "-20.00");
    assert_eq!(left(&[bought.clone(), one_course]), 2_500);
    let poster = back(3, "100.00", of_line(2, 100.0, "100.00"), "0.00");
    assert_eq!(left(&[bought.clone(), poster.clone()]), 5_500);
    assert_eq!(left(&[bought, poster, shipping]), 5_000);
}
