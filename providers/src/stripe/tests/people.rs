//! Who a payment belongs to: where click ids, customers and codes are looked for, and what is kept of them.

use serde_json::{Value, json};

use super::{facts_of, facts_with, identities, with};
use crate::Micros;
use crate::fact::{Identity, Label};

fn session(change: Value) -> Value {
    let base = json!({"id": "cs_1", "mode": "setup", "customer": "cus_1"});
    with(&base, change)
}

fn identity(event_type: &str, object: &Value) -> Identity {
    identities(&facts_of(event_type, object))[0].clone()
}

fn clicks(identity: &Identity) -> Vec<(&str, &str)> {
    identity
        .clicks
        .iter()
        .map(|click| (click.value(), click.place()))
        .collect()
}

fn customers(identity: &Identity) -> Vec<&str> {
    identity.customers.iter().map(crate::Name::as_str).collect()
}

#[test]
fn the_client_reference_comes_first_then_metadata() {
    let found = identity(
        "checkout.session.completed",
        &session(json!({"client_reference_id": "refp_id_clk_1",
        "metadata": {"refportClickId": "clk_2", "refp_id": "clk_1", "click_id": "", "refportExternalCustomerId": "user_1"}})),
    );
    assert_eq!(
        clicks(&found),
        [
            ("clk_1", "client_reference_id"),
            ("clk_2", "metadata.refportClickId")
        ]
    );
    assert_eq!(customers(&found), ["c:cus_1", "x:user_1"]);
}

#[test]
fn a_merchants_own_reference_is_a_claim_only_where_it_could_be_a_click_id() {
    for (reference, clicks) in [
        (json!("clk_1"), 1),
        (json!("refp_id_"), 0),
        (json!("order 4711"), 0),
        (json!("dana@example.com"), 0),
        (json!("a".repeat(201)), 0),
        (json!(null), 0),
        (json!(12), 0),
    ] {
        let found = identity(
            "checkout.session.completed",
            &session(json!({"client_reference_id": reference})),
        );
        assert_eq!(found.clicks.len(), clicks, "{reference}");
    }
}

#[test]
fn an_invoice_carries_its_subscriptions_metadata_in_both_shapes() {
    let details = json!({"subscription": "sub_1", "metadata": {"refp_id": "clk_1"}});
    for shape in [
        json!({"parent": {"type": "subscription_details", "subscription_details": details}}),
        json!({"subscription": {"id": "sub_1"}, "subscription_details": {"metadata": {"refp_id": "clk_1"}}}),
    ] {
        let base = json!({"id": "in_1", "currency": "usd", "total": 100, "amount_paid": 100, "customer": null, "customer_account": "acct_1",
            "metadata": {"refp_id": "clk_2"}, "lines": {"data": [{"metadata": {"refp_id": "clk_3"}}]}, "customer_email": "dana@example.com"});
        let found = identity("invoice.paid", &with(&base, shape));
        let values: Vec<&str> = found.clicks.iter().map(Label::value).collect();
        assert_eq!(values, ["clk_1", "clk_2", "clk_3"]);
        assert_eq!(
            found.subscription.as_ref().map(crate::Name::value),
            Some("sub_1")
        );
        assert_eq!(customers(&found), ["c:acct_1"]);
        assert_eq!(found.email.as_deref(), Some("dana@example.com"));
    }
}

#[test]
fn payments_and_charges_carry_metadata_of_their_own() {
    let object = json!({"id": "pi_1", "currency": "usd", "amount": 1, "amount_received": 1, "captured": true, "amount_refunded": 0,
        "metadata": {"clickId": "clk_1"}, "receipt_email": "dana@example.com"});
    for event_type in ["payment_intent.succeeded", "charge.succeeded"] {
        let found = identity(event_type, &object);
        assert_eq!(found.clicks[0].value(), "clk_1");
        assert_eq!(found.email.as_deref(), Some("dana@example.com"));
    }
}

#[test]
fn the_owners_own_keys_are_looked_for_first() {
    let settings = r#"{"clickKeys":["aff"],"customerKeys":["uid"]}"#;
    let object = session(json!({"metadata": {"aff": "clk_9", "refp_id": "clk_1", "uid": 42}}));
    let facts = facts_with(settings, "checkout.session.completed", &object);
    assert_eq!(identities(&facts)[0].clicks[0].value(), "clk_9");
    assert_eq!(customers(identities(&facts)[0]), ["c:cus_1", "x:42"]);
}

#[test]
fn codes_are_found_in_discounts_of_every_shape() {
    let object = session(json!({"discounts": [
        {"promotion_code": {"id": "promo_1", "code": "ALICE10"}, "coupon": "SUMMER"},
        {"promotion_code": "promo_2", "source": {"coupon": {"id": "WINTER"}}}, {"coupon": null}, "di_1"]}));
    let found = identity("checkout.session.completed", &object);
    let codes: Vec<&str> = found.codes.iter().map(Label::value).collect();
    assert_eq!(
        codes,
        [
            "ALICE10",
            "promo_1",
            "SUMMER",
            "promo_2",
            "WINTER",
            "di_1",
            "di_1/coupon"
        ]
    );
}

fn meanings(event_type: &str, object: &Value) -> Vec<(String, String)> {
    let facts = facts_of(event_type, object).into_iter();
    let codes = facts.filter_map(|fact| match fact {
        crate::Fact::Code(code) => Some((code.id, code.code)),
        _ => None,
    });
    codes.collect()
}

#[test]
fn what_a_discounts_bare_id_means_is_told_by_customers_subscriptions_and_discounts() {
    let discount = json!({"id": "di_1", "customer": "cus_1", "promotion_code": "promo_1", "coupon": {"id": "SUMMER"}});
    let both = [("di_1", "promo_1"), ("di_1/coupon", "SUMMER")];
    let both = both.map(|(id, code)| (id.to_owned(), code.to_owned()));
    let customer = json!({"id": "cus_1", "discount": discount});
    let subscription = json!({"id": "sub_1", "discounts": [discount]});
    assert_eq!(meanings("customer.updated", &customer), both);
    assert_eq!(meanings("customer.discount.created", &discount), both);
    assert_eq!(
        meanings("customer.subscription.created", &subscription),
        both
    );
    let coupon = json!({"id": "di_1", "source": {"coupon": "SUMMER"}});
    assert_eq!(
        meanings("customer.discount.created", &coupon)[0].1,
        "SUMMER"
    );
    let typed = json!({"id": "promo_1", "code": "ALICE10"});
    let meant = meanings("promotion_code.created", &typed);
    assert_eq!(meant, [("promo_1".to_owned(), "ALICE10".to_owned())]);
}

#[test]
fn an_invoice_names_a_discount_by_its_id_alone_wherever_it_stands() {
    let object = json!({"id": "in_1", "currency": "usd", "total": 90, "amount_paid": 90, "discounts": ["di_1"],
        "total_discount_amounts": [{"amount": 10, "discount": "di_2"}]});
    let found = identity("invoice.paid", &object);
    let codes: Vec<&str> = found.codes.iter().map(Label::value).collect();
    assert_eq!(codes, ["di_1", "di_1/coupon", "di_2", "di_2/coupon"]);
}

#[test]
fn a_session_says_nothing_in_the_customers_name_so_that_an_update_takes_nothing_away() {
    let facts = facts_of(
        "checkout.session.completed",
        &session(json!({"client_reference_id": "clk_1"})),
    );
    let subjects: Vec<&str> = identities(&facts)
        .iter()
        .map(|found| found.subject.as_str())
        .collect();
    assert_eq!(subjects, ["p:cs_1"]);
}

#[test]
fn a_deleted_customer_keeps_his_names_and_claims_and_loses_the_rest() {
    let customer = json!({"id": "cus_1", "email": "dana@example.com", "name": "Dana", "metadata": {"refp_id": "clk_1", "refportExternalCustomerId": "user_1"}});
    let before = identity("customer.updated", &customer);
    assert_eq!(
        (before.email.as_deref(), before.name.as_deref()),
        (Some("dana@example.com"), Some("Dana"))
    );
    let after = identity("customer.deleted", &customer);
    assert_eq!((&after.email, &after.name), (&None, &None));
    assert_eq!(
        (&after.customers, &after.clicks),
        (&before.customers, &before.clicks)
    );
    assert_eq!(after.subject, before.subject);
    assert!(before.version < after.version);
}

#[test]
fn a_subscription_speaks_for_itself_and_its_price_is_never_money() {
    let facts = facts_of(
        "customer.subscription.updated",
        &json!({"id": "sub_1", "customer": "cus_1", "status": "active",
        "metadata": {"refp_id": "clk_1"}, "items": {"data": [{"price": {"unit_amount": 5000}}]}}),
    );
    assert_eq!(facts.len(), 1);
    assert_eq!(identities(&facts)[0].subject.as_str(), "s:sub_1");
}

#[test]
fn texts_that_no_database_could_hold_are_left_out() {
    let object = session(
        json!({"customer_details": {"email": "a\u{0}b", "name": "n".repeat(600)}, "metadata": {"refp_id": "clk\u{7}"}}),
    );
    let found = identity("checkout.session.completed", &object);
    assert_eq!((&found.email, &found.name), (&None, &None));
    assert!(found.clicks.is_empty());
}

#[test]
fn a_subscription_tells_since_when_it_has_been_paid_for_a_trial_left_out() {
    let since = |object: Value| {
        let base = json!({"id": "sub_1", "customer": "cus_1", "status": "active", "created": 1_700_000_000});
        identity("customer.subscription.updated", &with(&base, object)).paid_since
    };
    let at = |seconds| Some(Micros::from_seconds(seconds));
    assert_eq!(since(json!({})), at(1_700_000_000));
    assert_eq!(
        since(json!({"trial_end": 1_701_000_000})),
        at(1_701_000_000)
    );
    // Dated back where it was made: nobody has paid here by then.
    assert_eq!(
        since(json!({"start_date": 1_600_000_000})),
        at(1_700_000_000)
    );
    for status in ["trialing", "incomplete", "incomplete_expired"] {
        assert_eq!(since(json!({"status": status})), None, "{status}");
    }
}
