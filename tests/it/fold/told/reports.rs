//! What a merchant reports beside what Paddle, Polar and RevenueCat deliver.

use providers::Micros;
use serde_json::{Value, json};
use tributary::ledger::calls::{Call, LeadCall, Person, SaleCall};

use super::{Told, paddle, polar, revenuecat, with};
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
        imported: false,
    })
}

fn lead(customer: &str) -> Call {
    Call::Lead(LeadCall {
        click_id: "clk_told".to_owned(),
        customer: person(customer),
        event_name: "Sign Up".to_owned(),
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

/// RevenueCat's own ids of who has not logged in, and those of Stripe and Paddle, are all that a merchant without
/// accounts has to report a lead with. <https://www.revenuecat.com/docs/customers/user-ids>
#[test]
fn a_lead_that_is_reported_with_a_processors_own_id_is_that_customers() {
    let anonymous = "$RCAnonymousID:8069238d6049ce87cc529853916d624c";
    let user = json!({ "app_user_id": anonymous });
    let bought = revenuecat::bought("9.99");
    let bought: Value =
        json!({ "api_version": "1.0", "event": with(bought["event"].clone(), &user) });
    let totals = json!({ "subtotal": "10000", "tax": "0", "total": "10000" });
    let transaction = paddle::transaction("txn_1", 1, totals, json!({}));
    for (processor, body, customer) in [
        ("revenuecat", &bought, anonymous),
        ("paddle", &transaction, "ctm_1"),
    ] {
        let told = Told::by(processor, std::slice::from_ref(body)).and_call(&lead(customer), at());
        let sales = told.sales();
        assert_eq!(sales.len(), 1);
        let credit = sales.values().next().unwrap().credit.as_ref();
        assert_eq!(credit.unwrap().partner_id, "alice", "{processor}");
        let other = Told::by(processor, std::slice::from_ref(body)).and_call(&lead("ctm_2"), at());
        assert!(other.sales().values().all(|sale| sale.credit.is_none()));
    }
}
