//! Orders, subscriptions, and what is no sale.

use proptest::prelude::*;
use serde::Deserialize;

use super::{RENEWAL, alert, read};
use crate::adapter::Adapter;
use crate::delivery::{Reading, Verified};
use crate::fact::{Billing, Fact, Identity, Payment};
use crate::paddle_classic::PaddleClassic;
use crate::{Micros, Settings};

fn payment(reading: &Reading) -> &Payment {
    let found = reading.facts.iter().find_map(|fact| match fact {
        Fact::Payment(payment) => Some(payment),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no payment in {reading:?}"))
}

fn identity(reading: &Reading) -> Option<&Identity> {
    reading.facts.iter().find_map(|fact| match fact {
        Fact::Identity(identity) => Some(identity),
        _ => None,
    })
}

#[test]
fn classic_case_1_net_is_gross_without_tax() {
    let reading = read(&[]);
    let payment = payment(&reading);
    assert_eq!(payment.object.as_str(), "p:418211-33019");
    assert_eq!((payment.amounts.gross, payment.amounts.net), (5_950, 5_000));
    assert_eq!(payment.amounts.fee, Some(348));
    assert_eq!(payment.billing, Billing::OneTime);
    let expected = Micros::parse_rfc3339("2026-10-05T09:02:41Z").unwrap();
    assert_eq!(payment.occurred_at, expected);
}

#[test]
fn classic_case_2_the_alert_id_is_the_key_of_the_inbox() {
    let envelope = PaddleClassic.envelope(&alert(&[]));
    assert_eq!(
        (envelope.event_id.as_str(), envelope.event_type.as_str()),
        ("9001", "payment_succeeded")
    );
    assert_eq!(envelope.livemode, None);
    let broken = Verified::from_inbox(b"a=1&a=2".to_vec(), Vec::new());
    assert_eq!(PaddleClassic.envelope(&broken).event_type, "unreadable");
    assert!(
        PaddleClassic
            .normalize(&broken, &Settings::default())
            .unreadable
    );
}

#[test]
fn classic_case_3_delivery_of_the_goods_and_unknown_alerts_are_no_sale() {
    for name in ["locker_processed", "transfer_paid", "payment_succeeded_v2"] {
        let reading = read(&[&[("alert_name", name)]]);
        assert!(reading.facts.is_empty() && !reading.unreadable, "{name}");
        let goods = reading.note.is_some_and(|note| note.contains("the goods"));
        assert_eq!(goods, name == "locker_processed");
    }
    let fulfillment =
        Verified::from_inbox(b"p_order_id=418211&p_sale_gross=59.50".to_vec(), Vec::new());
    let reading = PaddleClassic.normalize(&fulfillment, &Settings::default());
    assert!(reading.facts.is_empty() && !reading.unreadable);
}

#[test]
fn classic_case_4_a_new_subscription_has_an_identity_and_no_payment() {
    let over = [
        ("alert_name", "subscription_created"),
        ("subscription_id", "55012"),
        ("status", "active"),
        ("email", "ada@example.com"),
    ];
    let reading = read(&[&over]);
    assert_eq!(reading.facts.len(), 1);
    assert_eq!(
        identity(&reading).unwrap().subject.as_str(),
        "s:classic/55012"
    );
    let trial = read(&[&over, &[("status", "trialing")]]);
    assert!(matches!(&trial.facts[0], Fact::Lead(lead) if lead.event_name == "Started trial"));
}

#[test]
fn classic_cases_5_and_6_first_payments_and_renewals_are_told_apart() {
    for (text, billing) in [
        ("1", Billing::SubscriptionFirst),
        ("true", Billing::SubscriptionFirst),
        ("0", Billing::SubscriptionRenewal),
        ("false", Billing::SubscriptionRenewal),
        ("", Billing::Unknown),
    ] {
        let reading = read(&[RENEWAL, &[("initial_payment", text)]]);
        assert_eq!(payment(&reading).billing, billing, "{text}");
        let identity = identity(&reading).unwrap();
        assert_eq!(
            identity.subscription.as_ref().unwrap().as_str(),
            "s:classic/55012"
        );
        assert_eq!(identity.customers[0].as_str(), "c:classic/31007");
    }
}

#[test]
fn classic_case_15_passthrough_may_be_anything() {
    for text in [
        "plain text",
        "[1,2]",
        "{\"refp_id\":",
        "\"clk_1\"",
        "7",
        "{\"refp_id\":{\"a\":1}}",
    ] {
        let reading = read(&[&[("passthrough", text), ("email", "ada@example.com")]]);
        assert!(identity(&reading).unwrap().clicks.is_empty(), "{text}");
        assert_eq!(payment(&reading).amounts.gross, 5_950);
    }
}

#[test]
fn classic_case_16_click_and_customer_are_found_in_either_field() {
    for place in ["passthrough", "custom_data"] {
        let json = r#"{"refp_id":"clk_1","customerExternalId":7}"#;
        let reading = read(&[&[(place, json)]]);
        let told = identity(&reading).unwrap();
        assert_eq!(told.clicks[0].value(), "clk_1");
        assert_eq!(told.clicks[0].place(), format!("{place}.refp_id"));
        assert_eq!(told.customers, []);
        assert_eq!(told.said[0].value(), "7");
        assert_eq!(told.said[0].place(), format!("{place}.customerExternalId"));
        let trusting = Settings::from_json(&format!(r#"{{"trustedPlaces":["{place}"]}}"#)).unwrap();
        let trusted = PaddleClassic.normalize(&alert(&[&[(place, json)]]), &trusting);
        let trusted = identity(&trusted).unwrap();
        assert_eq!(trusted.customers[0].as_str(), "x:7");
    }
    let coupon = read(&[&[("coupon", "ALICE10")]]);
    assert_eq!(identity(&coupon).unwrap().codes[0].value(), "ALICE10");
}

#[test]
fn classic_case_19_a_free_order_has_no_amounts() {
    let over = [
        ("payment_method", "free"),
        ("sale_gross", "0.00"),
        ("payment_tax", "0.00"),
    ];
    let reading = read(&[&over]);
    assert_eq!(payment(&reading).amounts, crate::fact::Amounts::default());
    assert!(reading.note.is_some());
}

#[test]
fn classic_case_20_its_subscriptions_have_the_name_that_an_import_into_billing_gives() {
    let reading = read(&[RENEWAL]);
    let name = identity(&reading).unwrap().subscription.clone().unwrap();
    let body = r#"{"event_id":"evt_1","event_type":"subscription.imported","occurred_at":"2026-10-05T09:00:00Z","data":{"id":"sub_1","import_meta":{"external_id":"55012","imported_from":"paddle_classic"}}}"#;
    let imported = Verified::from_inbox(body.as_bytes().to_vec(), Vec::new());
    let facts = crate::paddle::Paddle
        .normalize(&imported, &Settings::default())
        .facts;
    assert!(
        facts
            .iter()
            .any(|fact| matches!(fact, Fact::Alias(alias) if alias.a == name))
    );
}

#[test]
fn amounts_are_exact_in_every_currency_or_reported() {
    let yen = read(&[&[
        ("currency", "JPY"),
        ("sale_gross", "1200.00"),
        ("payment_tax", "109"),
    ]]);
    assert_eq!(payment(&yen).amounts.net, 1_091);
    for over in [
        ("sale_gross", "59.505"),
        ("payment_tax", "x"),
        ("sale_gross", ""),
        ("currency", "euros"),
        ("event_time", "soon"),
        ("order_id", ""),
    ] {
        assert!(read(&[&[over]]).unreadable, "{over:?}");
    }
}

#[test]
fn every_delivery_of_the_fixtures_is_understood() {
    #[derive(Deserialize)]
    struct Fixture {
        deliveries: Vec<Delivered>,
    }
    #[derive(Deserialize)]
    struct Delivered {
        body: String,
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/paddle-classic");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let fixture: Fixture = serde_json::from_str(&text).unwrap();
        for delivered in fixture.deliveries {
            let verified = Verified::from_inbox(delivered.body.into_bytes(), Vec::new());
            let reading = PaddleClassic.normalize(&verified, &Settings::default());
            assert!(!reading.unreadable, "{:?}", reading.note);
            read += 1;
        }
    }
    assert!(read > 20);
}

proptest! {
    #[test]
    fn no_form_makes_the_adapter_panic(name in "(payment_succeeded|subscription_created|payment_refunded|payment_dispute_created|[a-z_]{0,12})", value in ".{0,30}", field in "(order_id|currency|sale_gross|gross_refund|passthrough|event_time|subscription_id)") {
        let _ = read(&[&[("alert_name", &name), (&field, &value)]]);
        let _ = PaddleClassic.envelope(&alert(&[&[("alert_name", &name), (&field, &value)]]));
    }
}

/// The simulator signs with the seller's own key. Its alerts as public repositories keep them: every field that is
/// text holds its own name or a sample.
#[test]
fn an_alert_of_the_simulator_is_never_live() {
    let livemode =
        |over: &[(&str, &str)]| PaddleClassic.envelope(&alert(&[RENEWAL, over])).livemode;
    for over in [
        [
            ("customer_name", "customer_name"),
            ("passthrough", "Example String"),
        ],
        [("unit_price", "unit_price"), ("coupon", "Coupon 8")],
        [("plan_name", "Example String"), ("order_id", "8")],
        [("product_name", "Example String"), ("order_id", "3")],
    ] {
        assert_eq!(livemode(&over), Some(false), "{over:?}");
    }
    let real = [
        ("customer_name", "Ada"),
        ("unit_price", "59.50"),
        ("plan_name", "Pro"),
    ];
    assert_eq!(livemode(&real), None);
}
