//! Customers, contracts, and what privacy law asks for.

use super::{facts, identity, reading, settings};
use crate::Fact;
use crate::fact::{Notice, NoticeKind, Strength};

fn notice(topic: &str, body: &str) -> Notice {
    let facts = facts(topic, body);
    let [Fact::Notice(notice)] = facts.as_slice() else {
        panic!("one notice, not {facts:?}")
    };
    notice.clone()
}

#[test]
fn a_customer_is_known_by_a_prefixed_id() {
    let body = r#"{"id":7700000000001,"admin_graphql_api_id":"gid://shopify/Customer/7700000000001","email":"a@example.com","first_name":"Ann","last_name":null,"updated_at":"2026-09-01T10:00:00Z"}"#;
    let facts = facts("customers/update", body);
    let found = identity(&facts, "c:shopify/7700000000001").unwrap();
    assert_eq!(found.email.as_deref(), Some("a@example.com"));
    assert_eq!(found.name.as_deref(), Some("Ann"));
    assert_eq!(found.customers.len(), 1);
}

#[test]
fn merged_customers_are_one_once_the_merge_is_completed() {
    let body = |status: &str| {
        format!(
            r#"{{"admin_graphql_api_customer_kept_id":"gid://shopify/Customer/12","admin_graphql_api_customer_deleted_id":"gid://shopify/Customer/11","status":"{status}"}}"#
        )
    };
    let facts = facts("customers/merge", &body("completed"));
    let [Fact::Alias(alias)] = facts.as_slice() else {
        panic!("one alias")
    };
    assert_eq!(alias.a.as_str(), "c:shopify/12");
    assert_eq!(alias.b.as_str(), "c:shopify/11");
    assert_eq!(alias.strength, Strength::Proven);
    let seen = reading("customers/merge", &body("in_progress"), &settings("{}"));
    assert!(seen.facts.is_empty() && !seen.unreadable);
}

#[test]
fn contracts_and_billing_attempts_name_the_subscription_of_an_order() {
    let contract = r#"{"id":31,"admin_graphql_api_id":"gid://shopify/SubscriptionContract/31","customer_id":11,"origin_order_id":5500000000001,"revision_id":"9"}"#;
    let attempt = r#"{"id":41,"admin_graphql_api_id":"gid://shopify/SubscriptionBillingAttempt/41","order_id":5500000000002,"subscription_contract_id":31}"#;
    let first = facts("subscription_contracts/create", contract);
    let renewal = facts("subscription_billing_attempts/success", attempt);
    let subscription = "s:gid://shopify/SubscriptionContract/31";
    for (facts, name) in [
        (&first, "p:gid://shopify/SubscriptionContract/31"),
        (&renewal, "p:gid://shopify/SubscriptionBillingAttempt/41"),
    ] {
        let found = identity(facts, name).unwrap().subscription.clone();
        assert_eq!(found.unwrap().as_str(), subscription);
        let joined = facts.iter().any(|fact| {
            matches!(fact, Fact::Alias(alias) if alias.b.as_str() == name && alias.a.value().starts_with("55"))
        });
        assert!(joined, "{name} is a name of its order");
    }
    assert_eq!(identity(&first, subscription).unwrap().customers.len(), 1);
}

#[test]
fn requests_of_privacy_law_name_the_customer_and_the_orders() {
    let export = notice(
        "customers/data_request",
        r#"{"shop_id":1,"shop_domain":"acme.myshopify.com","orders_requested":[820982911946154508,2],"customer":{"id":11,"email":"a@example.com"},"data_request":{"id":9999}}"#,
    );
    assert_eq!(export.kind, NoticeKind::ExportCustomer);
    assert_eq!(export.id, "shopify/data_request/9999");
    assert_eq!(export.customers[0].as_str(), "c:shopify/11");
    assert_eq!(export.payments[0].value(), "820982911946154508");

    let erase = notice(
        "customers/redact",
        r#"{"shop_id":1,"shop_domain":"acme.myshopify.com","customer":{"id":11},"orders_to_redact":[2]}"#,
    );
    assert_eq!(erase.kind, NoticeKind::EraseCustomer);
    assert_eq!((erase.customers.len(), erase.payments.len()), (1, 1));

    let all = notice(
        "shop/redact",
        r#"{"shop_id":1,"shop_domain":"acme.myshopify.com"}"#,
    );
    assert_eq!(all.kind, NoticeKind::EraseSource);
    assert!(all.customers.is_empty() && all.payments.is_empty());
}

#[test]
fn an_uninstalled_app_closes_the_source_even_where_the_body_withholds_the_domain() {
    for body in [
        r#"{"id":1,"name":"Acme","myshopify_domain":null}"#,
        r#"{"id":1,"admin_graphql_api_id":"gid://shopify/Shop/1","myshopify_domain":"acme.myshopify.com"}"#,
    ] {
        assert_eq!(
            notice("app/uninstalled", body).kind,
            NoticeKind::CloseSource
        );
    }
}
