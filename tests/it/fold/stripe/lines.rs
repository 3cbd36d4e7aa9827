//! Invoices of many lines, of which an event tells the first ten. What was asked for is told page by page, in any order.

use providers::Micros;
use serde_json::{Value, json};
use tributary::ledger::rule::{Reward, Rule};

use super::super::support::{add_click, context, set_rule};
use super::{AT, event, fold_with, intent, invoice, note, refund, tie};

fn line(number: usize, price: &str, amount: i64) -> Value {
    json!({"id": format!("il_{number}"), "amount": amount, "livemode": true,
        "pricing": {"price_details": {"price": price, "product": "prod_1"}}})
}

/// Eleven seats at 10 and the plan at 90.
fn lines() -> Vec<Value> {
    let seats = (1..12).map(|number| line(number, "price_seat", 1_000));
    seats.chain([line(12, "price_plan", 9_000)]).collect()
}

/// The invoice as Stripe sends it.
fn sent() -> Value {
    let first = json!({"object": "list", "data": lines()[..10], "has_more": true});
    invoice(
        json!({"total": 20_000, "total_excluding_tax": 20_000, "amount_paid": 20_000, "lines": first,
        "metadata": {"refp_id": "clk"}}),
    )
}

/// Some of the lines as they are found.
fn page(at: i64, after: &str, lines: &[Value], goes_on: bool) -> Value {
    let list = json!({"object": "list", "data": lines, "has_more": goes_on});
    event(
        at,
        "invoice.lines",
        json!({"invoice": "in_1", "after": after, "lines": list}),
    )
}

/// What is left of the commission: half of the plan, a tenth of all else.
fn left(events: &[Value]) -> i64 {
    let mut context = context();
    add_click(&mut context, "clk", "alice", Micros((AT - 600) * 1_000_000));
    let mut rule = Rule::ten_percent();
    let half = Reward::Percent {
        basis_points: 5_000,
    };
    rule.products.insert("price_plan".to_owned(), half);
    set_rule(&mut context, rule);
    let outcome = fold_with(&context, events);
    assert_eq!(outcome.sales.len(), 1);
    outcome.sales[0].earning.as_ref().unwrap().left
}

/// An invoice shows ten lines, and only its lines' own list has the others
/// (<https://docs.stripe.com/api/invoices/object#invoice_object-lines>); whoever looks at `lines.data` alone takes a part for the whole.
#[test]
fn an_invoice_of_many_lines_earns_by_each_line_once_every_page_is_told() {
    let all = lines();
    let first = page(900, "", &all[..9], true);
    let second = page(901, "il_9", &all[9..], false);
    assert_eq!(left(&[sent()]), 2_000);
    assert_eq!(left(&[sent(), first.clone()]), 2_000, "a page is missing");
    assert_eq!(left(&[sent(), second.clone()]), 2_000, "a page is missing");
    assert_eq!(left(&[sent(), first.clone(), second.clone()]), 5_600);
    let whole = page(900, "", &all, false);
    assert_eq!(left(&[sent(), whole.clone()]), 5_600);
    let later = page(9_000, "", &all, false);
    assert_eq!(left(&[sent(), first, second, later]), 5_600, "asked again");
    let by_name =
        json!({"data": [{"id": "cnli_1", "invoice_line_item": "il_12", "amount": 9_000}]});
    let noted = note(
        950,
        json!({"total": 9_000, "total_excluding_tax": 9_000, "refund": "re_1", "lines": by_name}),
    );
    let paid = [intent(20_000), tie(20_000)];
    let told = [
        &[sent(), whole, noted, refund(950, "re_1", 9_000)][..],
        &paid,
    ]
    .concat();
    assert_eq!(
        left(&told),
        1_100,
        "the plan went back, and all that it earned"
    );
}

#[test]
fn many_lines_of_one_thing_earn_by_its_rate_though_the_first_ten_are_of_another() {
    let mut all: Vec<Value> = (1..11).map(|n| line(n, "price_gift", 0)).collect();
    all.push(line(11, "price_plan", 20_000));
    let first = json!({"object": "list", "data": all[..10], "has_more": true});
    let sent = invoice(
        json!({"total": 20_000, "total_excluding_tax": 20_000, "amount_paid": 20_000, "lines": first,
        "metadata": {"refp_id": "clk"}}),
    );
    assert_eq!(left(std::slice::from_ref(&sent)), 2_000);
    assert_eq!(left(&[sent, page(900, "", &all, false)]), 10_000);
}
