//! Orders that a merchant reports himself, under whatever he calls them.

use providers::{Fact, Micros, Settings};
use serde_json::{Value, json};
use tributary::ledger::calls::{Call, Person, SaleCall};
use tributary::ledger::sale::Sale;

use super::{facts, line, merge, order};
use crate::fold::support::{context, outcome, usd};

/// Goods of 100.00 and 19.00 of tax.
fn paid(more: Value) -> Value {
    let tax = json!({"tax_lines": [{"price": "19.00"}]});
    let told = json!({
        "total_price": "119.00", "current_total_price": "119.00", "total_tax": "19.00",
        "line_items": [merge(line(1, "100.00", 1, 1), tax)],
        "checkout_token": "bd5a8aa1ecd019dd3520ff791ee3a24c", "confirmation_number": "XPAV284CT",
        "name": "#1012", "order_number": 1012,
    });
    order(0, merge(told, more))
}

fn report(invoice_id: &str, amount: i64) -> Vec<Fact> {
    let call = Call::Sale(SaleCall {
        click_id: "clk".to_owned(),
        customer: Person {
            external_id: "user_1".to_owned(),
            email: None,
            name: None,
            avatar: None,
        },
        amount,
        currency: usd(),
        event_name: "Purchase".to_owned(),
        invoice_id: Some(invoice_id.to_owned()),
        payment_processor: "custom".to_owned(),
        metadata: None,
        occurred_at: None,
        imported: false,
    });
    let at = Micros::parse_rfc3339("2026-09-01T10:05:00Z").unwrap();
    call.facts("evt_call", at)
}

/// What is left of each sale that orders and a report come to.
fn left(orders: &[Value], report: Vec<Fact>, settings: &Settings) -> Vec<i64> {
    let told = orders
        .iter()
        .flat_map(|order| facts(&("orders/paid", order.clone()), settings));
    let all: Vec<Fact> = told.chain(report).collect();
    let sales = outcome(&all, &context()).sales;
    sales.iter().map(Sale::net_left).collect()
}

fn by_number() -> Settings {
    Settings::from_json(r#"{"reportedByNumber":true}"#).unwrap()
}

#[test]
fn a_report_under_a_name_that_only_this_order_has_is_the_order() {
    let plain = Settings::default();
    let named = paid(json!({"name": "ACME-1012"}));
    for name in [
        "bd5a8aa1ecd019dd3520ff791ee3a24c",
        "XPAV284CT",
        "ACME-1012",
        "5500000000001",
    ] {
        for amount in [10_000, 11_900] {
            let told = left(std::slice::from_ref(&named), report(name, amount), &plain);
            assert_eq!(told, [10_000], "{name} {amount}");
        }
    }
    let other = left(&[named], report("XPAV284CT", 5_000), &plain);
    assert_eq!(other.len(), 2, "of another amount");
}

/// A merchant's own invoice 1012 over the same amount is no order of the shop's.
#[test]
fn a_number_that_others_count_through_too_is_the_orders_only_where_its_source_says_so() {
    for name in ["#1012", "1012"] {
        let orders = [paid(json!({}))];
        let told = |amount, settings: &Settings| left(&orders, report(name, amount), settings);
        assert_eq!(told(11_900, &Settings::default()).len(), 2, "{name}");
        assert_eq!(told(11_900, &by_number()), [10_000], "{name}");
        assert_eq!(told(5_000, &by_number()).len(), 2, "{name}");
    }
}

#[test]
fn a_report_is_never_more_than_one_of_two_orders_of_one_number() {
    let another = json!({
        "id": 5_500_000_000_002_i64, "checkout_token": "c0a1f2b3c4d5e6f708192a3b4c5d6e7f", "confirmation_number": "R50KELTJP",
    });
    let orders = [paid(json!({})), paid(another)];
    assert_eq!(
        left(&orders, report("#1012", 11_900), &by_number()),
        [10_000, 10_000]
    );
}
