//! Who bought, and which click brought them.

use super::*;
use crate::fact::Strength;
use crate::{Name, NameKind};

fn attribute(value: &str, updated_at_ms: i64) -> Value {
    json!({"value": value, "updated_at_ms": updated_at_ms})
}

fn clicks(reading: &Reading) -> Vec<(String, String)> {
    let labels = identity(reading).clicks;
    labels
        .into_iter()
        .map(|l| (l.value().to_owned(), l.place().to_owned()))
        .collect()
}

#[test]
fn the_merchants_ids_are_shared_and_invented_ones_are_revenuecats() {
    let customers = identity(&read(&event("RENEWAL", json!({})))).customers;
    let expected = [
        Name::external("user_77").unwrap(),
        Name::customer("$RCAnonymousID:3c5e8a1f").unwrap(),
    ];
    assert_eq!(customers, expected);
}

#[test]
fn what_is_said_of_the_payment_is_said_of_the_customer_too() {
    let attributes = json!({
        "affiliate_click_id": attribute("clk_1", MADE_AT_MS - 60_000),
        "$email": attribute("dana@example.com", MADE_AT_MS),
        "$displayName": attribute("Dana", MADE_AT_MS)
    });
    let reading = read(&event(
        "RENEWAL",
        json!({"subscriber_attributes": attributes}),
    ));
    let subject = Name::customer("rc/user_77").unwrap();
    let of_customer = reading.facts.iter().find_map(|fact| match fact {
        Fact::Identity(identity) if identity.subject == subject => Some(identity),
        _ => None,
    });
    let (of_payment, of_customer) = (identity(&reading), of_customer.unwrap());
    assert_eq!(of_customer.clicks, of_payment.clicks);
    assert_eq!(of_customer.email.as_deref(), Some("dana@example.com"));
    assert_eq!(of_payment.name.as_deref(), Some("Dana"));
    assert_eq!(of_customer.customers, of_payment.customers);
    assert_eq!(of_customer.subscription, None);
}

#[test]
fn nothing_is_said_over_what_others_say_of_the_merchants_customer() {
    for kind in ["INITIAL_PURCHASE", "RENEWAL", "NON_RENEWING_PURCHASE"] {
        for fact in read(&event(kind, json!({}))).facts {
            if let Fact::Identity(identity) = fact {
                assert_ne!(identity.subject.kind(), NameKind::External);
            }
        }
    }
}

#[test]
fn a_customer_without_an_id_of_the_merchant_is_spoken_of_by_the_invented_one() {
    let anonymous = "$RCAnonymousID:3c5e8a1f";
    let reading = read(&event(
        "RENEWAL",
        json!({"app_user_id": anonymous, "aliases": [anonymous], "offer_code": "ALICE10",
            "subscriber_attributes": {"$email": attribute("dana@example.com", MADE_AT_MS)}}),
    ));
    let subject = Name::customer(anonymous).unwrap();
    let spoken_of = reading
        .facts
        .iter()
        .any(|fact| matches!(fact, Fact::Identity(identity) if identity.subject == subject));
    assert!(spoken_of);
}

#[test]
fn click_ids_are_found_under_the_owners_keys_then_the_common_ones_then_the_guides() {
    let early = MADE_AT_MS - 60_000;
    let attributes = json!({
        "affiliate_click_id": attribute("clk_guide", early),
        "refp_id": attribute(" clk_common ", early),
        "aff": attribute("clk_own", early),
        "clickId": attribute("clk_own", early),
        "click_id": attribute("  ", early)
    });
    let body = event("RENEWAL", json!({"subscriber_attributes": attributes}));
    let found = clicks(&read_with(&body, r#"{"clickKeys":["aff"]}"#));
    let values: Vec<&str> = found.iter().map(|(value, _)| value.as_str()).collect();
    assert_eq!(values, ["clk_own", "clk_common", "clk_guide"]);
    assert_eq!(found[0].1, "subscriber_attributes.aff");
}

#[test]
fn a_click_written_after_the_purchase_says_nothing_about_it() {
    let body = |written_at_ms: i64, purchased_at_ms: i64| {
        let attributes = json!({"affiliate_click_id": attribute("clk_1", written_at_ms)});
        event(
            "RENEWAL",
            json!({"subscriber_attributes": attributes, "purchased_at_ms": purchased_at_ms}),
        )
    };
    let bought = MADE_AT_MS - 5_000;
    assert_eq!(clicks(&read(&body(bought + 300_000, bought))).len(), 1);
    assert!(clicks(&read(&body(bought + 300_001, bought))).is_empty());
    // Told a day ahead: the attribute is compared with the time of the telling.
    let ahead = MADE_AT_MS + 80_000_000;
    assert!(clicks(&read(&body(MADE_AT_MS + 300_001, ahead))).is_empty());
}

#[test]
fn a_web_purchases_own_metadata_comes_before_the_customers_attributes() {
    let body = event(
        "INITIAL_PURCHASE",
        json!({
            "metadata": {"refp_id": "clk_web", "refportExternalCustomerId": 4711},
            "subscriber_attributes": {
                "affiliate_click_id": attribute("clk_app", MADE_AT_MS - 60_000),
                "customerExternalId": attribute("shop_9", MADE_AT_MS)
            }
        }),
    );
    let reading = read(&body);
    let found = clicks(&reading);
    assert_eq!(
        found[0],
        ("clk_web".to_owned(), "metadata.refp_id".to_owned())
    );
    assert_eq!(found[1].0, "clk_app");
    // Both are within the buyer's reach: they are shown, and join nobody until the owner trusts the place.
    let trusting = r#"{"trustedPlaces":["metadata","subscriber_attributes"]}"#;
    for (id, place) in [
        ("4711", "metadata.refportExternalCustomerId"),
        ("shop_9", "subscriber_attributes.customerExternalId"),
    ] {
        let name = Name::external(id).unwrap();
        let careful = identity(&reading);
        assert!(!careful.customers.contains(&name), "{id}");
        let mut said = careful.said.iter();
        assert!(said.any(|label| label.value() == id && label.place() == place));
        let trusted = identity(&read_with(&body, trusting));
        assert!(trusted.customers.contains(&name) && trusted.said.is_empty());
    }
}

#[test]
fn an_app_user_id_that_means_nobody_is_no_customer() {
    for word in ["undefined", "null", "guest", "0", "[object Object]"] {
        let body = event(
            "RENEWAL",
            json!({"app_user_id": word, "original_app_user_id": word, "aliases": [word]}),
        );
        assert_eq!(identity(&read(&body)).customers, [], "{word}");
    }
}

#[test]
fn an_offer_code_is_a_code_of_the_payment() {
    let reading = read(&event("INITIAL_PURCHASE", json!({"offer_code": "ALICE10"})));
    assert_eq!(identity(&reading).codes[0].value(), "ALICE10");
}

#[test]
fn r20_a_transfer_makes_its_users_one_customer() {
    let body = event(
        "TRANSFER",
        json!({
            "app_user_id": null, "aliases": null, "original_app_user_id": null, "transaction_id": null,
            "transferred_from": ["user_a", "$RCAnonymousID:aa"],
            "transferred_to": ["user_b", "user_a"]
        }),
    );
    let others: Vec<_> = read(&body)
        .facts
        .into_iter()
        .map(|fact| match fact {
            Fact::Alias(alias) => {
                assert_eq!(alias.a, Name::external("user_a").unwrap());
                assert_eq!(alias.strength, Strength::Proven);
                alias.b
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        Name::customer("$RCAnonymousID:aa").unwrap(),
        Name::external("user_b").unwrap(),
    ];
    assert_eq!(others, expected);
}

#[test]
fn r20_the_subscription_stays_when_the_user_changes() {
    let first = read(&event("INITIAL_PURCHASE", json!({})));
    let later = read(&event(
        "RENEWAL",
        json!({"app_user_id": "user_b", "original_app_user_id": "user_b", "aliases": []}),
    ));
    assert_eq!(identity(&first).subscription, identity(&later).subscription);
}

#[test]
fn aliases_and_redeemed_purchases_join_users_too() {
    let alias = event("SUBSCRIBER_ALIAS", json!({}));
    assert_eq!(read(&alias).facts.len(), 1);
    let redeemed = event(
        "PURCHASE_REDEEMED",
        json!({"redeemed_from": ["$RCAnonymousID:web"], "redeemed_by": ["user_77"]}),
    );
    assert_eq!(read(&redeemed).facts.len(), 1);
    let texts = event(
        "PURCHASE_REDEEMED",
        json!({"redeemed_from": "$RCAnonymousID:web", "redeemed_by": "user_77"}),
    );
    assert_eq!(read(&texts).facts, read(&redeemed).facts);
}

#[test]
fn users_of_the_sandbox_and_lonely_users_are_not_joined() {
    let users = json!({"transferred_from": ["user_a"], "transferred_to": ["user_b"], "environment": "SANDBOX"});
    assert!(is_ignored(&read(&event("TRANSFER", users))));
    let lonely = json!({"transferred_from": [], "transferred_to": ["user_b"]});
    assert!(is_ignored(&read(&event("TRANSFER", lonely))));
    assert!(is_ignored(&read(&event("TRANSFER", json!({})))));
    let unsaid =
        json!({"transferred_from": ["user_a"], "transferred_to": ["user_b"], "environment": null});
    assert_eq!(read(&event("TRANSFER", unsaid)).facts.len(), 1);
}

/// What the store counts is known; how long each period was is not, but for the one that was paid for.
#[test]
fn the_number_of_a_payment_tells_since_when_there_must_have_been_some() {
    const DAY_MS: i64 = 24 * 3_600_000;
    let since = |number: i64, days: i64| {
        let ends_at = MADE_AT_MS - 5_000 + days * DAY_MS;
        let told = json!({"renewal_number": number, "expiration_at_ms": ends_at});
        let since = identity(&read(&event("RENEWAL", told))).paid_since;
        since.map(|at| (MADE_AT_MS - 5_000 - at.0 / 1_000) / DAY_MS)
    };
    assert_eq!(since(25, 30), Some(23 * 7));
    assert_eq!(since(25, 365), Some(23 * 7));
    assert_eq!(since(4, 3), Some(2 * 3));
    // The first may have been a trial.
    for number in [0, 1, 2, -1, i64::MIN] {
        assert_eq!(since(number, 30), None, "{number}");
    }
    let untold = event("RENEWAL", json!({"renewal_number": 25}));
    assert_eq!(identity(&read(&untold)).paid_since, None);
}
