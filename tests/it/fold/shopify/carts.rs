//! Orders of several things of which each has a reward of its own, and some of which go back.

use providers::{Fact, Micros, Settings};
use serde_json::{Value, json};
use tributary::ledger::rule::{Reward, Rule};

use super::super::support::{add_click, context, outcome, set_rule};
use super::{Told, facts, line, merge, order, orders};

/// Half of what the course costs is the partner's, nothing of the poster, and a tenth of all else.
fn rule() -> Rule {
    let mut rule = Rule::ten_percent();
    for (product, basis_points) in [("1", 5_000), ("2", 0)] {
        let reward = Reward::Percent { basis_points };
        rule.products.insert(product.to_owned(), reward);
    }
    rule
}

/// What is left of the partner's commission, in every order and with every delivery twice.
fn left(told: &[Told]) -> i64 {
    let mut context = context();
    let clicked = Micros::parse_rfc3339("2026-08-31T10:00:00Z").unwrap();
    add_click(&mut context, "clk", "alice", clicked);
    set_rule(&mut context, rule());
    let left = |told: &[&Told]| {
        let facts = told
            .iter()
            .flat_map(|told| facts(told, &Settings::default()));
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
fn clicked(minute: u32, more: Value) -> Value {
    let click = json!({"note_attributes": [{"name": "refp_id", "value": "clk"}]});
    order(minute, merge(click, more))
}

fn paid(total: &str, lines: Value) -> Told {
    let told = json!({"total_price": total, "current_total_price": total, "line_items": lines});
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
    let back = super::refund(
        1,
        json!({"refund_line_items": [super::taken(1, 1, 100.0, 0.0)]}),
    );
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
