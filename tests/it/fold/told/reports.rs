//! What a merchant reports beside what Paddle, Polar and RevenueCat deliver.

use providers::Micros;
use serde_json::json;
use tributary::ledger::calls::{Call, Person, SaleCall};

use super::{Told, paddle, polar};
use crate::fold::support::usd;

fn at() -> Micros {
    Micros::parse_rfc3339("2026-09-30T12:00:00Z").unwrap()
}

fn person(external_id: &str) -> Person {
    Person {
        external_id: external_id.to_owned(),
        email: None,
        name: None,
        avatar: None,
    }
}

fn sale(invoice_id: &str, amount: i64) -> Call {
    Call::Sale(SaleCall {
        click_id: "clk_told".to_owned(),
        customer: person("user_1"),
        amount,
        currency: usd(),
        event_name: "Purchase".to_owned(),
        invoice_id: Some(invoice_id.to_owned()),
        payment_processor: "custom".to_owned(),
        metadata: None,
        occurred_at: None,
    })
}

/// dubinc/dub 2015, 4225: one sale was reported under the number that the merchant sees, and told by its processor
/// under another, and both earned.
#[test]
fn reported_a_sale_under_the_number_of_its_invoice_is_the_one_that_the_processor_tells() {
    let totals = json!({ "subtotal": "10000", "tax": "1900", "total": "11900" });
    let number = json!({ "invoice_number": "325-10566" });
    let transaction = paddle::transaction("txn_1", 1, totals, number);
    let number = json!({ "invoice_number": "ATLAS-0001-0001" });
    let order = polar::order("o-1", 1, (10_000, 1_900), &number);
    for (processor, body, number, name) in [
        ("paddle", &transaction, "325-10566", "txn_1"),
        ("polar", &order, "ATLAS-0001-0001", "o-1"),
    ] {
        let told = |amount| {
            let told = Told::by(processor, std::slice::from_ref(body));
            told.and_call(&sale(number, amount), at()).sales()
        };
        for amount in [10_000, 11_900] {
            let sales = told(amount);
            assert_eq!(sales.len(), 1, "{processor} {amount}");
            assert_eq!(sales[name].net_left(), 10_000);
            assert_eq!(sales[name].credit.as_ref().unwrap().partner_id, "alice");
        }
        // Another account may count in the same way: another amount is another sale.
        assert_eq!(told(5_000).len(), 2, "{processor}");
    }
}
