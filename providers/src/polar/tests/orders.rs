//! What orders and refunds become: snapshots, states, leads, links.

use serde_json::{Value, json};

use super::{order, payment_of, read, refunded_of};
use crate::fact::{Alias, Amounts, Billing, Extent, Fact, PaymentState, Rank, Strength};
use crate::{Adapter, Micros, Name, Settings, Verified};

/// Polar case 3.
#[test]
fn every_order_event_is_one_snapshot_with_microseconds_as_version() {
    for kind in [
        "order.created",
        "order.updated",
        "order.paid",
        "order.refunded",
    ] {
        let reading = read(&order(kind, json!({})));
        let payment = payment_of(&reading);
        assert_eq!(payment.rank, Rank::Canonical);
        assert_eq!(payment.state, PaymentState::Paid);
        assert_eq!(payment.version.at, Micros(1_788_256_802_000_003), "{kind}");
        assert_eq!(payment.occurred_at, Micros(1_788_256_800_000_001));
        let expected = Amounts {
            subtotal: 1_000,
            discount: 0,
            tax: 190,
            shipping: 0,
            gross: 1_190,
            net: 1_000,
            reversible: 1_190,
            gift_cards: 0,
            fee: None,
        };
        assert_eq!(payment.amounts, expected);
        assert_eq!(payment.products, ["prod-1"]);
    }
}

/// Polar case 4.
#[test]
fn two_endpoints_say_the_same() {
    let body = order("order.paid", json!({})).to_string().into_bytes();
    let under = |id: &str| {
        let headers = vec![("webhook-id".to_owned(), id.to_owned())];
        Verified::from_inbox(body.clone(), headers)
    };
    let (a, b) = (under("one"), under("two"));
    assert_ne!(
        super::Polar.envelope(&a).event_id,
        super::Polar.envelope(&b).event_id
    );
    let none = Settings::default();
    assert_eq!(
        super::Polar.normalize(&a, &none),
        super::Polar.normalize(&b, &none)
    );
}

/// Polar case 5.
#[test]
fn an_order_is_paid_only_when_it_says_so() {
    for (status, paid, state) in [
        (json!("draft"), json!(false), PaymentState::Pending),
        (json!("pending"), json!(false), PaymentState::Pending),
        (json!("paid"), json!(true), PaymentState::Paid),
        (json!("paid"), json!(null), PaymentState::Paid),
        (json!("refunded"), json!(true), PaymentState::Paid),
        (json!("partially_refunded"), json!(true), PaymentState::Paid),
        (json!("void"), json!(false), PaymentState::Void),
        (json!("settled"), json!(true), PaymentState::Paid),
        (json!("settled"), json!(false), PaymentState::Pending),
        (json!(null), json!(null), PaymentState::Pending),
    ] {
        let reading = read(&order(
            "order.updated",
            json!({ "status": status, "paid": paid }),
        ));
        assert_eq!(payment_of(&reading).state, state, "{status} {paid}");
        assert_eq!(refunded_of(&reading).is_some(), state == PaymentState::Paid);
    }
}

/// Polar case 6.
#[test]
fn a_trial_is_a_lead_and_a_payment_over_nothing() {
    let free = json!({
        "net_amount": 0, "tax_amount": 0, "total_amount": 0, "subtotal_amount": 0,
        "billing_reason": "subscription_create", "subscription_id": "s-1", "checkout_id": "co-1",
        "metadata": { "click_id": "clk_trial" },
        "subscription": { "id": "s-1", "amount": 9_900, "metadata": { "click_id": "clk_trial" } }
    });
    let reading = read(&order("order.paid", free.clone()));
    assert_eq!(payment_of(&reading).amounts, Amounts::default());
    assert_eq!(payment_of(&reading).billing, Billing::SubscriptionFirst);
    assert_eq!(refunded_of(&reading), None);
    let lead = reading.facts.iter().find_map(|fact| match fact {
        Fact::Lead(lead) => Some(lead),
        _ => None,
    });
    let lead = lead.unwrap();
    assert_eq!(lead.event_name, "Started trial");
    assert_eq!(lead.clicks[0].value(), "clk_trial");
    assert_eq!(lead.customers.len(), 2);

    let is_lead = |key: &str, value: Value| {
        let mut changed = free.clone();
        changed[key] = value;
        let reading = read(&order("order.paid", changed));
        reading
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::Lead(_)))
    };
    assert!(is_lead("subscription", json!(null)));
    assert!(!is_lead(
        "subscription",
        json!({ "id": "s-1", "amount": 0 })
    ));
    assert!(!is_lead("discount_amount", json!(9_900)));
    assert!(!is_lead("billing_reason", json!("purchase")));
    assert!(!is_lead("status", json!("pending")));
}

/// Polar case 14.
#[test]
fn a_refund_seen_first_holds_the_whole_sale() {
    let changes = json!({ "status": "refunded", "refunded_amount": 1_000, "refunded_tax_amount": 190,
        "metadata": { "refp_id": "clk_1" }, "checkout_id": "co-1" });
    let reading = read(&order("order.refunded", changes));
    assert_eq!(payment_of(&reading).state, PaymentState::Paid);
    assert_eq!(
        refunded_of(&reading),
        Some(Extent::Net {
            cash: 1_190,
            net: 1_000
        })
    );
    let alias = Alias {
        a: payment_of(&reading).object.clone(),
        b: Name::payment("co-1").unwrap(),
        strength: Strength::Proven,
    };
    assert!(reading.facts.contains(&Fact::Alias(alias)));
}

/// Polar case 16: only polling can find a lost chargeback.
#[test]
fn a_revoked_subscription_takes_no_money_back() {
    for kind in ["subscription.revoked", "benefit_grant.revoked"] {
        let body = json!({ "type": kind, "timestamp": "2026-09-01T10:00:00Z", "data": {
            "id": "s-1", "status": "canceled", "amount": 9_900, "currency": "usd", "customer_id": "c-1", "metadata": {} } });
        let reading = read(&body);
        assert!(
            reading
                .facts
                .iter()
                .all(|fact| matches!(fact, Fact::Identity(_)))
        );
        assert!(!reading.unreadable);
    }
}

#[test]
fn a_renewal_is_never_united_with_a_checkout() {
    for (reason, billing, linked) in [
        ("purchase", Billing::OneTime, true),
        ("subscription_create", Billing::SubscriptionFirst, true),
        ("subscription_update", Billing::SubscriptionUpdate, true),
        ("subscription_cycle", Billing::SubscriptionRenewal, false),
        (
            "subscription_meter_cycle",
            Billing::SubscriptionRenewal,
            false,
        ),
        ("something_new", Billing::Unknown, true),
    ] {
        let changes = json!({ "billing_reason": reason, "checkout_id": "co-1" });
        let reading = read(&order("order.paid", changes));
        assert_eq!(payment_of(&reading).billing, billing);
        let alias = reading
            .facts
            .iter()
            .any(|fact| matches!(fact, Fact::Alias(_)));
        assert_eq!(alias, linked, "{reason}");
    }
}
