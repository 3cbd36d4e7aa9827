//! Orders that a stranger places with a customer's e-mail address: Shopify takes him for that customer.

use providers::{Fact, Micros, Settings};
use serde_json::{Value, json};

use super::super::support::{add_click, context, outcome};
use super::{Told, facts, line, merge, money, order, refund};

/// Whose the customer's next order is, which carries no click, after one with a click and what became of that.
fn next(click: Value, became: Value) -> Option<String> {
    let first = json!({"customer": {"id": 7}, "total_price": "0.50", "current_total_price": "0.50",
        "line_items": [line(1, "0.50", 1, 1)]});
    let first = order(5, merge(merge(first, click), became));
    let second = json!({"id": 2, "customer": {"id": 7}, "total_price": "200.00", "current_total_price": "200.00",
        "created_at": "2026-09-05T10:00:00Z", "processed_at": "2026-09-05T10:00:00Z",
        "updated_at": "2026-09-05T10:00:00Z", "line_items": [line(2, "200.00", 1, 1)]});
    let told: [Told; 2] = [("orders/updated", first), ("orders/paid", order(0, second))];
    let told = told
        .iter()
        .flat_map(|told| facts(told, &Settings::default()));
    let told: Vec<Fact> = told.collect();
    let mut context = context();
    let clicked = Micros::parse_rfc3339("2026-08-31T10:00:00Z").unwrap();
    add_click(&mut context, "clk", "alice", clicked);
    let sales = outcome(&told, &context).sales;
    let next = sales.last().unwrap();
    assert_eq!(next.amounts.net, 20_000);
    next.credit.as_ref().map(|credit| credit.partner_id.clone())
}

#[test]
fn an_order_that_cost_its_buyer_nothing_takes_no_purchase_of_the_customer() {
    let in_cart = json!({"note_attributes": [{"name": "refp_id", "value": "clk"}]});
    let landed = json!({"landing_site": "/?refp_id=clk"});
    let back = refund(1, json!({"transactions": [money(1, "0.50", "success")]}));
    for click in [in_cart, landed] {
        for became in [
            json!({"financial_status": "pending", "total_outstanding": "0.50"}),
            json!({"financial_status": "voided", "cancelled_at": "2026-09-01T10:03:00Z"}),
            json!({"total_price": "0.00", "current_total_price": "0.00", "line_items": [line(1, "0.00", 1, 1)]}),
            json!({"financial_status": "refunded", "refunds": [back.clone()]}),
        ] {
            let says = became.to_string();
            assert_eq!(next(click.clone(), became), None, "{says}");
        }
        let paid = next(click, json!({}));
        assert_eq!(paid.as_deref(), Some("alice"));
    }
}
