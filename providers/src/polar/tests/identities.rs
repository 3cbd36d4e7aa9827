//! Whom orders, checkouts, subscriptions and customers belong to, and the outside of an event.

use serde_json::{Value, json};

use super::{Polar, delivered, identity_of, order, payment_of, read, read_with, settings};
use crate::fact::{Fact, Label};
use crate::{Adapter, Micros, Name, NameKind, Settings, Verified};

fn values(labels: &[Label]) -> Vec<&str> {
    labels.iter().map(Label::value).collect()
}

fn clicks(changes: Value, settings: &Settings) -> Vec<String> {
    let reading = read_with(&order("order.paid", changes), settings);
    let identity = identity_of(&reading, NameKind::Payment).unwrap();
    values(&identity.clicks)
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// Polar case 18.
#[test]
fn a_click_id_is_found_whatever_its_type_and_reference_id_comes_last() {
    let none = Settings::default();
    assert_eq!(
        clicks(json!({ "metadata": { "click_id": 12_345 } }), &none),
        ["12345"]
    );
    assert_eq!(
        clicks(json!({ "metadata": { "click_id": true } }), &none),
        ["true"]
    );
    assert_eq!(
        clicks(json!({ "metadata": { "reference_id": " clk_r " } }), &none),
        ["clk_r"]
    );
    let both = json!({ "metadata": { "reference_id": "clk_r", "refp_id": "clk_a" } });
    assert_eq!(clicks(both, &none), ["clk_a", "clk_r"]);
    let own = settings(r#"{"clickKeys":["aff"]}"#);
    assert_eq!(
        clicks(
            json!({ "metadata": { "aff": "clk_o", "refp_id": "clk_a" } }),
            &own
        ),
        ["clk_o", "clk_a"]
    );
    for nothing in [
        json!({}),
        json!({ "refp_id": "" }),
        json!({ "refp_id": {} }),
        json!({ "refp_id": "a\u{0}b" }),
        json!(null),
        json!([1]),
    ] {
        assert_eq!(
            clicks(json!({ "metadata": nothing }), &none),
            [""; 0],
            "{nothing}"
        );
    }
}

#[test]
fn the_order_comes_before_custom_fields_and_the_subscription() {
    let changes = json!({
        "metadata": { "refp_id": "clk_order" },
        "custom_field_data": { "click_id": "clk_field" },
        "subscription_id": "s-1",
        "subscription": { "id": "s-1", "metadata": { "refp_id": "clk_sub", "clickId": "clk_order" } }
    });
    let reading = read(&order("order.paid", changes));
    let own = identity_of(&reading, NameKind::Payment).unwrap();
    assert_eq!(values(&own.clicks), ["clk_order", "clk_field", "clk_sub"]);
    assert_eq!(own.clicks[2].place(), "subscription.metadata.refp_id");
    assert_eq!(own.subscription, Name::subscription("s-1"));
    let subscription = identity_of(&reading, NameKind::Subscription).unwrap();
    assert_eq!(values(&subscription.clicks), ["clk_sub", "clk_order"]);
}

#[test]
fn the_customers_metadata_speaks_of_the_customer_and_not_of_the_order() {
    let changes =
        json!({ "customer": { "id": "c-1", "metadata": { "refp_id": "clk_last_touch" } } });
    let reading = read(&order("order.paid", changes));
    assert_eq!(
        values(&identity_of(&reading, NameKind::Payment).unwrap().clicks),
        [""; 0]
    );
    let customer = identity_of(&reading, NameKind::Customer).unwrap();
    assert_eq!(values(&customer.clicks), ["clk_last_touch"]);
}

#[test]
fn names_codes_and_personal_data_are_taken_from_the_order() {
    let changes = json!({
        "metadata": { "customerExternalId": 77, "refportExternalCustomerId": "user-1" },
        "discount": { "id": "d-1", "code": "ALICE10" }
    });
    let reading = read(&order("order.paid", changes));
    let own = identity_of(&reading, NameKind::Payment).unwrap();
    let names = ["c:c-1", "x:user-1", "x:77"];
    assert_eq!(
        own.customers.iter().map(Name::as_str).collect::<Vec<_>>(),
        names
    );
    assert_eq!(values(&own.codes), ["ALICE10"]);
    assert_eq!(own.email.as_deref(), Some("ada@example.com"));
    let customer = identity_of(&reading, NameKind::Customer).unwrap();
    assert_eq!(customer.customers, [Name::external("user-1").unwrap()]);
    assert!(customer.codes.is_empty());
}

/// Polar case 19.
#[test]
fn an_order_of_a_team_without_product_and_of_an_unknown_type_is_read() {
    let changes = json!({ "product_id": null, "product": null, "something": [{}], "customer": {
        "id": "c-9", "external_id": null, "email": null, "name": null, "type": "team", "metadata": null } });
    let reading = read(&order("order.voided", changes));
    assert_eq!(payment_of(&reading).products, [""; 0]);
    assert_eq!(payment_of(&reading).amounts.net, 1_000);
    assert_eq!(
        identity_of(&reading, NameKind::Payment).unwrap().email,
        None
    );
    for customer in [json!(null), json!("c-1"), json!([])] {
        let reading = read(&order(
            "order.paid",
            json!({ "customer": customer, "customer_id": null }),
        ));
        assert_eq!(payment_of(&reading).amounts.net, 1_000);
        assert_eq!(identity_of(&reading, NameKind::Customer), None);
    }
}

#[test]
fn what_has_no_money_and_no_customer_is_ignored_with_a_note() {
    for kind in [
        "benefit.created",
        "benefit_grant.revoked",
        "customer_seat.claimed",
        "member.created",
        "organization.updated",
        "product.updated",
        "customer.deleted",
        "ping",
    ] {
        let reading = read(
            &json!({ "type": kind, "timestamp": "2026-09-01T10:00:00Z", "data": { "id": "x" } }),
        );
        assert_eq!(reading.facts, [], "{kind}");
        assert!(reading.note.is_some() && !reading.unreadable, "{kind}");
    }
}

#[test]
fn a_checkout_is_known_by_its_own_name_and_never_by_an_external_id() {
    let body = json!({ "type": "checkout.updated", "timestamp": "2026-09-01T10:00:00Z", "data": {
        "id": "co-1", "status": "confirmed", "customer_id": "c-1", "customer_email": "ada@example.com",
        "external_customer_id": "user-2", "customer_external_id": "user-2",
        "metadata": { "reference_id": "clk_1" }, "customer_metadata": { "refp_id": "clk_2" },
        "discount": { "code": "BOB10" } } });
    let reading = read(&body);
    let [Fact::Identity(identity)] = reading.facts.as_slice() else {
        panic!("one identity, no payment: {reading:?}");
    };
    assert_eq!(identity.subject, Name::payment("co-1").unwrap());
    assert_eq!(identity.customers, [Name::customer("c-1").unwrap()]);
    assert_eq!(values(&identity.clicks), ["clk_1"]);
    assert_eq!(values(&identity.codes), ["BOB10"]);

    let empty = json!({ "type": "checkout.created", "timestamp": "2026-09-01T10:00:00Z", "data": { "id": "co-1" } });
    assert_eq!(read(&empty).facts, []);
}

#[test]
fn a_subscription_and_a_customer_read_the_same_wherever_they_stand() {
    let customer = json!({ "id": "c-1", "external_id": "user-1", "email": "ada@example.com", "name": "Ada", "metadata": { "refp_id": "clk_c" } });
    let subscription = json!({ "id": "s-1", "amount": 900, "customer_id": "c-1", "metadata": { "refp_id": "clk_s" } });
    let inside = read(&order(
        "order.paid",
        json!({ "subscription_id": "s-1", "subscription": subscription, "customer": customer }),
    ));

    let mut whole = subscription.clone();
    whole["customer"] = customer.clone();
    let at = "2026-09-01T10:00:02.000003Z";
    let alone = read(&json!({ "type": "subscription.created", "timestamp": at, "data": whole }));
    let known = read(&json!({ "type": "customer.updated", "timestamp": at, "data": customer }));
    for (kind, other) in [
        (NameKind::Subscription, &alone),
        (NameKind::Customer, &alone),
        (NameKind::Customer, &known),
    ] {
        let mut a = identity_of(&inside, kind).unwrap().clone();
        let b = identity_of(other, kind).unwrap();
        a.version = b.version;
        assert_eq!(&a, b);
    }
}

#[test]
fn the_envelope_names_event_account_version_and_time_and_no_mode() {
    let body = json!({ "type": "order.paid", "timestamp": "2026-09-01T10:00:00.000007Z", "api_version": "2026-10",
        "data": { "customer": { "organization_id": "org-1" } } });
    let envelope = Polar.envelope(&delivered(&body.to_string(), &Settings::default()).unwrap());
    assert_eq!(envelope.event_id, "evt-1");
    assert_eq!(envelope.event_type, "order.paid");
    assert_eq!(envelope.api_version.as_deref(), Some("2026-10"));
    assert_eq!(envelope.account.as_deref(), Some("org-1"));
    assert_eq!(envelope.livemode, None);
    assert_eq!(envelope.occurred_at, Some(Micros(1_788_256_800_000_007)));

    let broken = delivered("{", &Settings::default()).unwrap();
    assert_eq!(Polar.envelope(&broken).event_id, "evt-1");
    assert_eq!(Polar.envelope(&broken).event_type, "unreadable");
    assert!(Polar.normalize(&broken, &Settings::default()).unreadable);
    let bare = Verified::from_inbox(b"{}".to_vec(), Vec::new());
    assert!(Polar.envelope(&bare).event_id.starts_with("sha256:"));
}

#[test]
fn a_customer_id_from_a_links_address_is_what_the_buyer_says_and_one_from_the_api_is_the_merchants()
{
    let told = |key: &str, json: &str| {
        let changes = json!({ "metadata": { key: "user-9" } });
        let reading = read_with(&order("order.paid", changes), &settings(json));
        let who = identity_of(&reading, NameKind::Payment).unwrap();
        let name = Name::external("user-9").unwrap();
        (who.customers.contains(&name), values(&who.said).len())
    };
    let keys = r#"{"customerKeys":["reference_id","utm_content","own"]}"#;
    assert_eq!(told("customerExternalId", keys), (true, 0));
    assert_eq!(told("own", keys), (true, 0));
    assert_eq!(told("reference_id", keys), (false, 1));
    assert_eq!(told("utm_content", keys), (false, 1));
    let trusting = r#"{"customerKeys":["reference_id"],"trustedPlaces":["metadata.reference_id"]}"#;
    assert_eq!(told("reference_id", trusting), (true, 0));
}

#[test]
fn a_subscription_tells_since_when_it_has_been_paid_for_its_trial_left_out() {
    let since = |subscription: Value| {
        let told = json!({"billing_reason": "subscription_cycle", "subscription_id": "sub-1", "subscription": subscription});
        let reading = read(&order("order.paid", told));
        identity_of(&reading, NameKind::Payment).unwrap().paid_since
    };
    let at = |text| Micros::parse_rfc3339(text);
    let started = "2025-08-01T10:00:00Z";
    let trial_end = "2025-08-15T10:00:00Z";
    assert_eq!(
        since(json!({"id": "sub-1", "started_at": started})),
        at(started)
    );
    let tried = json!({"id": "sub-1", "started_at": started, "trial_end": trial_end});
    assert_eq!(since(tried), at(trial_end));
    assert_eq!(since(json!({"id": "sub-1", "started_at": null})), None);
    assert_eq!(since(json!(null)), None);
}
