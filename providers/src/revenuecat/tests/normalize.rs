//! What counts as a sale, and what does not.

use super::*;
use crate::fact::{Amounts, Billing, PaymentState, Rank, Version};
use crate::{Micros, Name};

#[test]
fn an_initial_purchase_is_a_paid_payment_named_as_its_store_names_it() {
    let body = event(
        "INITIAL_PURCHASE",
        json!({"transaction_id": "350001234567890"}),
    );
    let reading = read(&body);
    let payment = payment(&reading);
    assert_eq!(payment.object, Name::payment("350001234567890").unwrap());
    assert_eq!(payment.state, PaymentState::Paid);
    assert_eq!(payment.rank, Rank::Canonical);
    assert_eq!(payment.billing, Billing::SubscriptionFirst);
    assert_eq!(payment.occurred_at, Micros::from_millis(MADE_AT_MS - 5_000));
    assert_eq!(payment.version.at, Micros::from_millis(MADE_AT_MS));
    assert_eq!(payment.products, ["com.example.pro.monthly"]);
    assert_eq!(
        identity(&reading).subscription,
        Name::subscription("rc/350001234567890")
    );
}

/// Since 2023 Google Play's products are told with their base plan; a rule for the product did not apply to them.
#[test]
fn a_base_plan_of_google_play_is_of_its_product_too() {
    for (id, products) in [
        ("pro:monthly", vec!["pro:monthly", "pro"]),
        ("pro", vec!["pro"]),
        (":odd", vec![":odd"]),
    ] {
        let told = json!({ "product_id": id, "store": "PLAY_STORE" });
        let bought = read(&event("INITIAL_PURCHASE", told));
        assert_eq!(payment(&bought).products, products);
    }
}

#[test]
fn a_purchase_that_does_not_renew_has_no_subscription() {
    let reading = read(&event("NON_RENEWING_PURCHASE", json!({})));
    assert_eq!(payment(&reading).billing, Billing::OneTime);
    assert_eq!(identity(&reading).subscription, None);
}

#[test]
fn r4_a_test_event_is_read_and_says_nothing() {
    let nothing = json!({
        "price": null, "price_in_purchased_currency": null, "currency": null,
        "transaction_id": null, "original_transaction_id": null
    });
    assert!(is_ignored(&read(&event("TEST", nothing))));
}

#[test]
fn r5_a_trial_is_a_lead_and_a_payment_of_nothing_then_its_conversion_is_a_first_payment() {
    let click =
        json!({"affiliate_click_id": {"value": "clk_1", "updated_at_ms": MADE_AT_MS - 60_000}});
    let trial = read(&event(
        "INITIAL_PURCHASE",
        json!({
            "period_type": "TRIAL", "price": 0, "price_in_purchased_currency": 0.0,
            "transaction_id": "350001234567890", "subscriber_attributes": click
        }),
    ));
    assert_eq!(payment(&trial).amounts, Amounts::default());
    assert_eq!(identity(&trial).clicks[0].value(), "clk_1");
    let leads: Vec<_> = trial
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Lead(lead) => Some(lead),
            _ => None,
        })
        .collect();
    assert_eq!(leads.len(), 1);
    assert_eq!(leads[0].event_name, "Started trial");
    assert_eq!(leads[0].clicks[0].value(), "clk_1");

    let conversion = read(&event("RENEWAL", json!({"is_trial_conversion": true})));
    assert_eq!(payment(&conversion).amounts.gross, 999);
    assert_eq!(payment(&conversion).billing, Billing::SubscriptionFirst);
    assert_eq!(
        identity(&conversion).subscription,
        identity(&trial).subscription
    );
}

#[test]
fn a_trial_without_any_price_and_a_free_purchase_are_payments_of_nothing() {
    let unpriced = json!({"period_type": "TRIAL", "price": null, "price_in_purchased_currency": null, "currency": null});
    let free = json!({"price": 0, "price_in_purchased_currency": 0});
    for changes in [unpriced, free] {
        let reading = read(&event("INITIAL_PURCHASE", changes));
        assert_eq!(payment(&reading).amounts, Amounts::default());
        assert!(reading.note.is_some());
    }
}

#[test]
fn r16_a_product_change_says_nothing_whatever_its_price() {
    assert!(is_ignored(&read(&event("PRODUCT_CHANGE", json!({})))));
    let renewal = priced("RENEWAL", "USD", "49.99");
    assert_eq!(payment(&read(&renewal)).amounts.gross, 4_999);
}

#[test]
fn status_events_invoices_and_unknown_types_say_nothing_even_with_a_price() {
    for kind in [
        "UNCANCELLATION",
        "BILLING_ISSUE",
        "SUBSCRIPTION_PAUSED",
        "SUBSCRIPTION_EXTENDED",
        "EXPIRATION",
        "INVOICE_ISSUANCE",
        "TEMPORARY_ENTITLEMENT_GRANT",
        "VIRTUAL_CURRENCY_TRANSACTION",
        "EXPERIMENT_ENROLLMENT",
        "A_TYPE_OF_TOMORROW",
    ] {
        assert!(is_ignored(&read(&event(kind, json!({})))), "{kind}");
    }
}

#[test]
fn r17_a_stripe_transaction_is_named_with_its_renewal_number() {
    let settings = r#"{"stores":["STRIPE"]}"#;
    let name = |changes: Value| {
        let stripe = json!({"store": "STRIPE", "transaction_id": "si_QxT41c"});
        let reading = read_with(&event("RENEWAL", with(stripe, changes)), settings);
        payment(&reading).object.value().to_owned()
    };
    assert_eq!(name(json!({"renewal_number": 2})), "rc/stripe/si_QxT41c/2");
    assert_eq!(name(json!({"renewal_number": 3})), "rc/stripe/si_QxT41c/3");
    assert_eq!(
        name(json!({"renewal_number": 2, "id": "another", "app_user_id": "another"})),
        "rc/stripe/si_QxT41c/2"
    );
    assert_eq!(
        name(json!({})),
        "rc/stripe/si_QxT41c/1788999995000/com.example.pro.monthly"
    );
}

#[test]
fn stores_whose_ids_may_meet_others_put_their_name_before_them() {
    for (store, expected) in [
        ("PLAY_STORE", "GPA.3311-4402-1187-90211..0"),
        ("AMAZON", "GPA.3311-4402-1187-90211..0"),
        ("RC_BILLING", "rc/rc_billing/GPA.3311-4402-1187-90211..0"),
        ("PADDLE", "rc/paddle/GPA.3311-4402-1187-90211..0"),
    ] {
        let body = event(
            "RENEWAL",
            json!({"store": store, "transaction_id": "GPA.3311-4402-1187-90211..0"}),
        );
        let settings = r#"{"stores":["PLAY_STORE","AMAZON","RC_BILLING","PADDLE"]}"#;
        assert_eq!(
            payment(&read_with(&body, settings)).object.value(),
            expected
        );
    }
}

#[test]
fn r18_a_store_that_another_source_reports_is_ignored_until_it_is_asked_for() {
    for store in ["STRIPE", "RC_BILLING", "PADDLE"] {
        let body = event("RENEWAL", json!({"store": store, "renewal_number": 2}));
        let reading = read(&body);
        assert!(is_ignored(&reading), "{store}");
        assert!(reading.note.unwrap().contains("its processor reports too"));
        let settings = format!(r#"{{"stores":["{store}"]}}"#);
        assert_eq!(payment(&read_with(&body, &settings)).amounts.gross, 999);
    }
    let app_store = event("RENEWAL", json!({}));
    assert!(is_ignored(&read_with(
        &app_store,
        r#"{"stores":["STRIPE"]}"#
    )));
}

#[test]
fn r19_grants_shared_sandbox_and_test_purchases_are_no_sales() {
    for changes in [
        json!({"store": "PROMOTIONAL", "price": 9.99}),
        json!({"period_type": "PROMOTIONAL"}),
        json!({"is_family_share": true}),
        json!({"environment": "SANDBOX"}),
        json!({"store": "TEST_STORE"}),
    ] {
        for kind in ["INITIAL_PURCHASE", "RENEWAL", "NON_RENEWING_PURCHASE"] {
            let body = event(kind, changes.clone());
            let all = r#"{"stores":["APP_STORE","PROMOTIONAL","TEST_STORE"]}"#;
            assert!(is_ignored(&read(&body)), "{changes}");
            assert!(is_ignored(&read_with(&body, all)), "{changes}");
        }
    }
}

#[test]
fn a_purchase_without_store_environment_transaction_or_time_is_held_for_the_owner() {
    for changes in [
        json!({"store": null}),
        json!({"environment": null}),
        json!({"environment": "STAGING"}),
        json!({"transaction_id": null}),
        json!({"event_timestamp_ms": null, "purchased_at_ms": null}),
    ] {
        assert!(
            is_held(&read(&event("RENEWAL", changes.clone()))),
            "{changes}"
        );
    }
}

#[test]
fn an_app_store_renewal_told_ahead_of_its_time_is_paid_when_it_is_told() {
    let ahead = json!({"purchased_at_ms": MADE_AT_MS + 80_000_000});
    let payment = payment(&read(&event("RENEWAL", ahead)));
    assert_eq!(payment.occurred_at, Micros::from_millis(MADE_AT_MS));
    let expected = Version {
        at: Micros::from_millis(MADE_AT_MS),
        step: 0,
    };
    assert_eq!(payment.version, expected);
}

#[test]
fn the_envelope_tells_id_type_time_and_mode() {
    let live = envelope(&event("RENEWAL", json!({})));
    assert_eq!(live.event_id, "8E7C1F6A-0D5B-4B0E-9C37-51A4C2D90B11");
    assert_eq!(live.event_type, "RENEWAL");
    assert_eq!(live.api_version.as_deref(), Some("1.0"));
    assert_eq!(live.livemode, Some(true));
    assert_eq!(live.account, None);
    assert_eq!(live.occurred_at, Some(Micros::from_millis(MADE_AT_MS)));
    let mode = |changes| envelope(&event("RENEWAL", changes)).livemode;
    assert_eq!(mode(json!({"environment": "SANDBOX"})), Some(false));
    assert_eq!(mode(json!({"store": "TEST_STORE"})), Some(false));
    assert_eq!(mode(json!({"environment": null})), None);
}
