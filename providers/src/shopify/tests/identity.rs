//! Whose an order is: clicks, codes, customers, in every place that carries them.

use super::{facts, identity, order, payment};
use crate::fact::PaymentState;

#[test]
fn clicks_are_looked_for_in_attributes_properties_and_landing_page_in_this_order() {
    let members = r##""total_price":"1.00","landing_site":"/p?a=1&refp_id=clk%5Flanding&click_id=&x#refp_id=no",
        "note_attributes":[{"name":"refp_id","value":"clk_old"},{"name":"refp_id","value":" clk_note "},{"name":"Refp_id","value":"no"}],
        "line_items":[{"properties":[{"name":"_refp_id","value":"clk_line"}]},{"properties":[{"name":"clickId","value":"clk_other"}]}],
        "discount_codes":[{"code":"ALICE10","amount":"1.00"}]"##;
    let facts = facts("orders/create", &order(members));
    let found = identity(&facts, "p:5500000000001").unwrap();
    let clicks: Vec<(&str, &str)> = (found.clicks.iter())
        .map(|label| (label.value(), label.place()))
        .collect();
    assert_eq!(
        clicks,
        [
            ("clk_note", "note_attributes.refp_id"),
            ("clk_line", "line_items.properties.refp_id"),
            ("clk_other", "line_items.properties.clickId"),
            ("clk_landing", "landing_site.refp_id"),
        ]
    );
    assert_eq!(found.codes[0].value(), "ALICE10");
}

#[test]
fn case_1_a_later_snapshot_without_the_click_does_not_take_it_away() {
    let with = facts(
        "orders/create",
        &order(r#""total_price":"1.00","note_attributes":[{"name":"refp_id","value":"clk_1"}]"#),
    );
    let without = facts(
        "orders/paid",
        &order(r#""total_price":"1.00","email":"a@example.com""#),
    );
    let gid = "p:gid://shopify/Order/5500000000001";
    assert_eq!(identity(&with, gid).unwrap().clicks[0].value(), "clk_1");
    assert!(identity(&without, gid).is_none());
}

#[test]
fn customer_email_and_the_merchants_own_customer_id_are_found() {
    let members = r#""total_price":"1.00","email":"","contact_email":"a@example.com",
        "customer":{"id":7700000000001,"first_name":"Ann","last_name":"Lee","email":"ann@example.com"},
        "note_attributes":[{"name":"customerExternalId","value":"user_7"}]"#;
    let facts = facts("orders/create", &order(members));
    let found = identity(&facts, "p:5500000000001").unwrap();
    let names: Vec<&str> = found.customers.iter().map(crate::Name::as_str).collect();
    assert_eq!(names, ["c:shopify/7700000000001", "x:user_7"]);
    assert_eq!(found.email.as_deref(), Some("a@example.com"));
    let customer = identity(&facts, "c:shopify/7700000000001").unwrap();
    assert_eq!(customer.name.as_deref(), Some("Ann Lee"));
    assert_eq!(customer.email.as_deref(), Some("ann@example.com"));
}

#[test]
fn case_19_absent_null_and_empty_personal_data_are_the_same() {
    for members in [
        r#""total_price":"1.00","financial_status":"paid""#,
        r#""total_price":"1.00","financial_status":"paid","email":null,"customer":null"#,
        r#""total_price":"1.00","financial_status":"paid","email":"","customer":{}"#,
    ] {
        let facts = facts("orders/paid", &order(members));
        assert_eq!(payment(&facts).state, PaymentState::Paid);
        assert!(identity(&facts, "p:5500000000001").is_none(), "{members}");
    }
}
