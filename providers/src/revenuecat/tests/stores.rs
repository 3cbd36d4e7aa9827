//! Stores that count, that do not, that nobody knows yet, and other values that may cost money.

use super::*;

#[test]
fn a_store_that_comes_tomorrow_counts_and_is_told_to_the_owner() {
    for store in ["GALAXY", "A_STORE_OF_TOMORROW"] {
        let body = event(
            "RENEWAL",
            json!({"store": store, "transaction_id": "S20-1"}),
        );
        let reading = read(&body);
        assert_eq!(payment(&reading).amounts.gross, 999, "{store}");
        let name = format!("rc/{}/S20-1", store.to_lowercase());
        assert_eq!(payment(&reading).object.value(), name);
        assert!(
            reading
                .note
                .as_ref()
                .unwrap()
                .contains(&format!("unknown store: {store}"))
        );
        let named = format!(r#"{{"stores":["{store}"]}}"#);
        assert_eq!(read_with(&body, &named).note, None);
        let others = read_with(&body, r#"{"stores":["APP_STORE"]}"#);
        assert!(is_ignored(&others));
        assert!(others.note.unwrap().contains("unknown store"));
    }
}

#[test]
fn sandboxes_and_the_test_store_go_to_the_test_ledger_where_the_owner_asks_for_it() {
    for changes in [
        json!({"environment": "SANDBOX"}),
        json!({"environment": "SANDBOX", "store": "TEST_STORE"}),
        json!({"store": "TEST_STORE"}),
    ] {
        let body = event("INITIAL_PURCHASE", changes);
        assert!(is_ignored(&read(&body)));
        let asked = read_with(&body, r#"{"sandbox":true}"#);
        assert_eq!(payment(&asked).amounts.gross, 999);
        assert_eq!(envelope(&body).livemode, Some(false));
    }
    let grant = event(
        "INITIAL_PURCHASE",
        json!({"environment": "SANDBOX", "store": "PROMOTIONAL"}),
    );
    assert!(is_ignored(&read_with(&grant, r#"{"sandbox":true}"#)));
}

#[test]
fn what_is_not_known_and_may_cost_money_is_never_passed_over_in_silence() {
    let said = |kind: &str, changes: Value| read(&event(kind, changes)).note.unwrap_or_default();
    let no_price = json!({"price": 0, "price_in_purchased_currency": 0});
    assert!(said("EVENT_OF_TOMORROW", json!({})).contains("unknown"));
    assert!(!said("EVENT_OF_TOMORROW", no_price.clone()).contains("unknown"));
    let odd = with(no_price, json!({"cancel_reason": "REASON_OF_TOMORROW"}));
    assert!(said("CANCELLATION", odd).contains("unknown"));
    let period = json!({"period_type": "PERIOD_OF_TOMORROW"});
    let reading = read(&event("RENEWAL", period));
    assert_eq!(payment(&reading).amounts.gross, 999);
    assert!(reading.note.unwrap().contains("unknown"));
    let trial = json!({"period_type": "TRIAL"});
    assert!(said("INITIAL_PURCHASE", trial).contains("tells a price"));
}

#[test]
fn a_web_purchase_is_one_with_what_its_processor_tells_where_it_passes_the_ids_on() {
    let aliases = |changes: Value| -> Vec<String> {
        let body = event("RENEWAL", changes);
        let reading = read_with(&body, r#"{"stores":["STRIPE","PADDLE","RC_BILLING"]}"#);
        let alias = |fact: &Fact| match fact {
            Fact::Alias(alias) => Some(format!("{} {}", alias.a.as_str(), alias.b.as_str())),
            _ => None,
        };
        reading.facts.iter().filter_map(alias).collect()
    };
    let stripe = json!({"store": "STRIPE", "transaction_id": "in_1Q", "original_transaction_id": "sub_1Q", "renewal_number": 2});
    assert_eq!(
        aliases(stripe),
        ["p:rc/stripe/in_1Q/2 p:in_1Q", "s:rc/sub_1Q s:sub_1Q"]
    );
    let paddle = json!({"store": "PADDLE", "transaction_id": "txn_01"});
    assert_eq!(aliases(paddle), ["p:rc/paddle/txn_01 p:txn_01"]);
    for unrelated in [
        json!({"store": "STRIPE", "transaction_id": "si_1Q", "renewal_number": 2}),
        json!({"store": "RC_BILLING", "transaction_id": "in_rcb1"}),
        json!({"transaction_id": "in_1"}),
    ] {
        assert_eq!(aliases(unrelated), Vec::<String>::new());
    }
}
