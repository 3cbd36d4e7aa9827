//! Money at its edges, and who is named beside it.

use super::{RENEWAL, read};
use crate::Settings;
use crate::adapter::Adapter;
use crate::delivery::Reading;
use crate::fact::{Amounts, Extent, Fact, Identity, Payment};
use crate::paddle_classic::PaddleClassic;

const REFUND: &[(&str, &str)] = &[
    ("alert_name", "payment_refunded"),
    ("refund_type", "partial"),
];

fn payment(reading: &Reading) -> &Payment {
    let found = reading.facts.iter().find_map(|fact| match fact {
        Fact::Payment(payment) => Some(payment),
        _ => None,
    });
    found.unwrap()
}

fn identity(reading: &Reading) -> Option<&Identity> {
    reading.facts.iter().find_map(|fact| match fact {
        Fact::Identity(identity) => Some(identity),
        _ => None,
    })
}

fn extent(over: &[(&str, &str)]) -> Extent {
    match read(&[REFUND, over]).facts.as_slice() {
        [Fact::Reversal(reversal)] => reversal.extent,
        other => panic!("not one reversal in {other:?}"),
    }
}

#[test]
fn an_order_without_tax_or_of_a_cent_counts_exactly() {
    let amounts = |gross, tax| {
        let reading = read(&[&[("sale_gross", gross), ("payment_tax", tax), ("fee", "")]]);
        payment(&reading).amounts
    };
    let plain = |gross| Amounts {
        subtotal: gross,
        gross,
        net: gross,
        reversible: gross,
        ..Amounts::default()
    };
    assert_eq!(amounts("10.00", ""), plain(1_000));
    assert_eq!(amounts("0.01", "0.00"), plain(1));
    assert_eq!(amounts("0.00", "0.00"), Amounts::default());
    assert_eq!(amounts("-5.00", "0.00"), Amounts::default());
    assert_eq!(read(&[]).note, None);
    assert!(read(&[&[("sale_gross", "0.00")]]).note.is_some());
    let taxed = amounts("5.00", "7.00");
    assert_eq!((taxed.gross, taxed.net, taxed.subtotal), (500, 0, 0));
}

#[test]
fn a_refund_without_its_own_figures_is_read_from_the_plain_amount_and_without_tax() {
    let net = |cash, net| Extent::Net { cash, net };
    assert_eq!(extent(&[("amount", "3.00")]), net(300, 300));
    assert_eq!(extent(&[("gross_refund", "0.00")]), net(0, 0));
    assert_eq!(extent(&[("gross_refund", "-5.00")]), net(0, 0));
    let more_tax = [("gross_refund", "1.00"), ("tax_refund", "2.00")];
    assert_eq!(extent(&more_tax), net(100, 0));
    let vat = [("gross_refund", "9.50"), ("refund_type", "vat")];
    assert_eq!(extent(&vat), net(950, 0));
}

#[test]
fn a_renewals_plan_stands_before_its_product() {
    let reading = read(&[RENEWAL]);
    assert_eq!(payment(&reading).products, ["640"]);
    let reading = read(&[RENEWAL, &[("product_id", "77")]]);
    assert_eq!(payment(&reading).products, ["640", "77"]);
}

#[test]
fn who_bought_is_told_only_where_something_is_known() {
    assert_eq!(identity(&read(&[])), None);
    let nobody = [
        ("alert_name", "subscription_created"),
        ("subscription_id", "55012"),
    ];
    assert_eq!(identity(&read(&[&nobody])), None);
    let named = read(&[&[("customer_name", "Zoë Example")]]);
    let named = identity(&named).unwrap();
    assert_eq!(named.name.as_deref(), Some("Zoë Example"));
    assert_eq!(named.version.step, 0);
}

#[test]
fn a_click_and_a_customer_told_in_both_fields_are_named_once() {
    let both = r#"{"clickId":"clk_1","customerExternalId":"user-1"}"#;
    let reading = read(&[&[("passthrough", both), ("custom_data", both)]]);
    let once = identity(&reading).unwrap();
    assert_eq!((once.clicks.len(), once.said.len()), (1, 1));
    let other = r#"{"clickId":"clk_2","customerExternalId":"user-2"}"#;
    let reading = read(&[&[("passthrough", both), ("custom_data", other)]]);
    let two = identity(&reading).unwrap();
    assert_eq!((two.clicks.len(), two.said.len()), (2, 2));
}

#[test]
fn a_setting_that_is_not_known_is_named() {
    let problem = |json| {
        let settings = Settings::from_json(json).unwrap();
        PaddleClassic.check_settings(&settings).map_err(|e| e.name)
    };
    assert_eq!(problem(r#"{"clickKeys":["aff"]}"#), Ok(()));
    let misspelt = Err("creditsReverse".to_owned());
    assert_eq!(problem(r#"{"creditsReverse":true}"#), misspelt);
}
