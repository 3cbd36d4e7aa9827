//! Subscriptions, customers, imports and discounts.

use super::{identity, read, read_with};
use crate::fact::{Alias, Fact, Label, Strength};
use crate::{Micros, Name};

const AT: &str = "2026-10-05T09:01:20.500000Z";

fn subscription(more: &str) -> String {
    format!(
        r#"{{"id":"sub_01kaunit","status":"active","customer_id":"ctm_01kaunit","custom_data":{{"refp_id":"clk_1","refportExternalCustomerId":"user_7"}}{more}}}"#
    )
}

fn alias(reading: &crate::Reading) -> &Alias {
    let found = reading.facts.iter().find_map(|fact| match fact {
        Fact::Alias(alias) => Some(alias),
        _ => None,
    });
    found.unwrap()
}

#[test]
fn paddle_case_11_a_new_subscription_links_its_first_transaction() {
    let data = subscription(r#","transaction_id":"txn_01kaunit""#);
    let reading = read("subscription.created", AT, &data);
    let first = identity(&reading, "p:txn_01kaunit");
    assert_eq!(
        first.subscription.as_ref().unwrap().as_str(),
        "s:sub_01kaunit"
    );
    assert_eq!(first.clicks[0].value(), "clk_1");
    let own = identity(&reading, "s:sub_01kaunit");
    let customers: Vec<_> = own.customers.iter().map(Name::as_str).collect();
    assert_eq!(customers, ["c:ctm_01kaunit"]);
    assert_eq!(own.said[0].value(), "user_7");
    assert_eq!(own.clicks[0].place(), "custom_data.refp_id");
}

#[test]
fn who_made_a_transaction_says_who_wrote_its_customer_id() {
    let told = |origin: &str, settings: &str| {
        let data = format!(
            r#"{{"id":"txn_1","status":"draft","origin":"{origin}","customer_id":"ctm_1","custom_data":{{"customerExternalId":"user_7","refp_id":"clk_1"}}}}"#
        );
        read_with(settings, "transaction.created", AT, &data)
    };
    let joins = |reading: &crate::Reading| {
        let who = identity(reading, "p:txn_1");
        let name = Name::external("user_7").unwrap();
        assert_eq!(who.clicks[0].place(), "custom_data.refp_id");
        (who.customers.contains(&name), who.said.len())
    };
    for origin in ["web", "subscription_recurring", "origin_of_tomorrow"] {
        assert_eq!(joins(&told(origin, "{}")), (false, 1), "{origin}");
    }
    let trusting = told("web", r#"{"trustedPlaces":["custom_data"]}"#);
    assert_eq!(joins(&trusting), (true, 0));
    let by_server = told("api", "{}");
    assert_eq!(joins(&by_server), (true, 0));
    let joined = alias(&by_server);
    assert_eq!(
        (joined.a.as_str(), joined.b.as_str()),
        ("c:ctm_1", "x:user_7")
    );
}

#[test]
fn a_customers_own_custom_data_is_the_merchants() {
    let data =
        r#"{"id":"ctm_1","email":"ada@example.com","custom_data":{"customerExternalId":"user_7"}}"#;
    let reading = read("customer.updated", AT, data);
    let who = identity(&reading, "c:ctm_1");
    assert_eq!(who.customers, [Name::external("user_7").unwrap()]);
}

#[test]
fn a_click_edited_into_a_subscription_later_is_told_later() {
    let born = read("subscription.created", AT, &subscription(""));
    let edited = subscription("").replace("clk_1", "clk_2");
    let later = read("subscription.updated", "2026-11-05T09:00:00Z", &edited);
    let claims = |reading: crate::Reading| {
        let kept = reading.facts.into_iter().flat_map(Fact::split);
        let claims: Vec<Fact> = kept.filter(|fact| matches!(fact, Fact::Claim(_))).collect();
        claims
    };
    let (born, later) = (claims(born), claims(later));
    assert_ne!(born[0].key(), later[0].key());
    assert!(born[0].version() < later[0].version());
}

#[test]
fn classic_case_20_an_imported_subscription_is_known_by_its_old_name_too() {
    for (meta, old) in [
        (
            r#"{"external_id":"502198","imported_from":"paddle_classic"}"#,
            "s:classic/502198",
        ),
        (
            r#"{"external_id":"502198","imported_from":"billing_platform"}"#,
            "s:classic/502198",
        ),
        (
            r#"{"external_id":"sub_1Old","imported_from":"stripe"}"#,
            "s:sub_1Old",
        ),
    ] {
        let data = subscription(&format!(r#","import_meta":{meta}"#));
        let reading = read("subscription.imported", AT, &data);
        let alias = alias(&reading);
        assert_eq!(alias.a.as_str(), old);
        assert_eq!(alias.b.as_str(), "s:sub_01kaunit");
        assert_eq!(alias.strength, Strength::Proven);
    }
}

#[test]
fn a_customer_brings_email_name_and_an_older_name() {
    let data = r#"{"id":"ctm_01kaunit","name":"Nora Example","email":"nora@example.com","custom_data":{"customerExternalId":42},"import_meta":{"external_id":"77","imported_from":"paddle_classic"}}"#;
    let reading = read("customer.imported", AT, data);
    let customer = identity(&reading, "c:ctm_01kaunit");
    assert_eq!(customer.email.as_deref(), Some("nora@example.com"));
    assert_eq!(customer.name.as_deref(), Some("Nora Example"));
    assert_eq!(customer.customers[0].as_str(), "x:42");
    assert_eq!(alias(&reading).a.as_str(), "c:classic/77");
}

#[test]
fn a_discount_tells_which_code_its_id_is() {
    let data = r#"{"id":"dsc_01kaunit","code":"ALICE10"}"#;
    let reading = read("discount.updated", AT, data);
    assert!(
        matches!(&reading.facts[0], Fact::Code(code) if code.id == "dsc_01kaunit" && code.code == "ALICE10")
    );
    assert_eq!(reading.facts[0].key(), "code/dsc_01kaunit");
    assert!(reading.facts[0].names().is_empty());
    let without = read("discount.created", AT, r#"{"id":"dsc_1","code":null}"#);
    assert!(without.facts.is_empty() && !without.unreadable);
}

#[test]
fn a_merchants_own_keys_come_first_and_a_click_is_named_once() {
    let data = r#"{"id":"txn_1","status":"ready","custom_data":{"aff":"clk_9","refp_id":"clk_1","clickId":"clk_1","click_id":""}}"#;
    let reading = read_with(r#"{"clickKeys":["aff"]}"#, "transaction.ready", AT, data);
    let clicks: Vec<_> = identity(&reading, "p:txn_1")
        .clicks
        .iter()
        .map(Label::value)
        .collect();
    assert_eq!(clicks, ["clk_9", "clk_1"]);
}

#[test]
fn other_events_are_ignored_and_broken_ones_reported() {
    assert!(!read("payout.paid", AT, "{}").unreadable);
    assert!(read("payout.paid", AT, "{}").facts.is_empty());
    assert!(read("customer.created", AT, "{}").unreadable);
    assert!(read("customer.created", "yesterday", "{}").unreadable);
    assert!(read("subscription.created", AT, "[]").unreadable);
}

#[test]
fn a_subscription_tells_since_when_it_has_been_paid_for() {
    let since = |first_billed_at: &str| {
        let data = format!(
            r#"{{"id":"sub_01h","customer_id":"ctm_01h","started_at":"2025-01-01T00:00:00Z","first_billed_at":{first_billed_at}}}"#
        );
        let reading = read("subscription.updated", "2026-09-01T10:00:00Z", &data);
        identity(&reading, "s:sub_01h").paid_since
    };
    let billed_at = "2025-01-15T00:00:00Z";
    assert_eq!(
        since(&format!("\"{billed_at}\"")),
        Micros::parse_rfc3339(billed_at)
    );
    // In its trial.
    assert_eq!(since("null"), None);
}
