//! Ids that more customers share than a person can have, and labels that join nobody, as the owner sees them.

use serde_json::{Value, json};
use tributary::audit::audit;

use super::client::{Api, bodies};
use crate::support::copies::copy;
use crate::support::labels::{Written, labelled};
use crate::support::shipped::fixture;

const SHARED: &str = "/api/customers/shared-ids";

/// What as many customers of Stripe buy as are asked for, all told under one id.
fn sharing(id: &str, customers: usize) -> Vec<String> {
    let told = labelled(
        fixture("stripe/f01-subscription-checkout"),
        &["metadata"],
        &Written::plain(id),
    );
    let copies = (0..customers).map(|number| copy(&told, &format!("{id}{number}x")));
    copies
        .flat_map(|copy| copy.deliveries.into_iter().map(|sent| sent.body))
        .collect()
}

async fn explained(api: &Api, sale: &Value) -> Value {
    let id = sale["id"].as_str().unwrap();
    api.get(&format!("/api/sales/{id}/explain")).await.ok()
}

on_both_databases! {
    async fn an_id_is_listed_once_more_customers_share_it_than_a_person_can_have(db: TestDb) {
        let api = Api::new(&db).await;
        api.deliver("stripe", &sharing("house", 10)).await;
        assert_eq!(api.list(SHARED).await, [] as [Value; 0]);
        api.deliver("stripe", &sharing("house", 11)).await;
        let says = "customerExternalId house is shared by 11 customers of stripe, so it is not taken for an id";
        let row = json!({"id": "house", "processor": "stripe", "customers": 11, "livemode": true, "says": says});
        assert_eq!(api.list(SHARED).await, [row]);
        assert_eq!(api.list(&format!("{SHARED}?livemode=false")).await, [] as [Value; 0]);
        assert_eq!(api.another().await.list(SHARED).await, [] as [Value; 0]);
        let report = audit(api.app.store.as_ref(), api.app.now(), &api.org).await.unwrap();
        let [of_audit] = report.shared_ids.as_slice() else { panic!("{:?}", report.shared_ids) };
        assert_eq!((of_audit.id.as_str(), of_audit.customers), ("house", 11));
        let told = explained(&api, &api.list("/api/sales").await[0]).await;
        assert_eq!(told["unjoined"], json!([{"id": "house", "place": null, "says": says}]));
        assert!(told["text"].as_str().unwrap().contains(says));
    }

    async fn shared_ids_come_in_parts_that_are_the_whole(db: TestDb) {
        let api = Api::new(&db).await;
        for (id, customers) in [("desk", 12), ("house", 11), ("one_person", 2), ("till", 13)] {
            api.deliver("stripe", &sharing(id, customers)).await;
        }
        let whole = api.list(SHARED).await;
        let mut told: Vec<(&str, u64)> = whole.iter()
            .map(|row| (row["id"].as_str().unwrap(), row["customers"].as_u64().unwrap())).collect();
        told.sort_unstable();
        assert_eq!(told, [("desk", 12), ("house", 11), ("till", 13)]);
        let (mut parts, mut cursor) = (Vec::new(), String::new());
        loop {
            let part = api.get(&format!("{SHARED}?limit=1&cursor={cursor}")).await.ok();
            parts.extend(part["data"].as_array().unwrap().iter().cloned());
            let Some(next) = part["nextCursor"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(parts, whole);
    }

    async fn an_id_that_a_buyer_can_have_written_is_shown_with_its_sale_and_joins_nobody(db: TestDb) {
        let api = Api::new(&db).await;
        for (id, shown) in [("user_1", "user_1"), ("Ada Example", "(a text that is no id)")] {
            let order = fixture("shopify/s01-created-then-paid");
            let told = labelled(order, &["note_attributes"], &Written::plain(id));
            let api = api.another().await;
            let paid = told.deliveries.last().unwrap();
            api.deliver_with("shopify", &paid.headers, std::slice::from_ref(&paid.body)).await;
            let told = explained(&api, &api.list("/api/sales").await[0]).await;
            let [one] = told["unjoined"].as_array().unwrap().as_slice() else { panic!("{told}") };
            assert_eq!(one["id"], shown);
            let place = one["place"].as_str().unwrap();
            assert!(place.starts_with("note_attributes."), "{place}");
            let says = format!("{place} says customer {shown}; a buyer can write this, so it joins nobody");
            assert_eq!(one["says"], says);
            assert!(told["text"].as_str().unwrap().contains(&format!("\n  {says}\n")));
            let named = api.list(&format!("/api/customers?externalId={}", id.replace(' ', "+"))).await;
            assert_eq!(named, [] as [Value; 0]);
        }
    }

    async fn a_sale_that_says_nothing_odd_shows_nothing_unjoined(db: TestDb) {
        let api = Api::new(&db).await;
        api.deliver("stripe", &bodies("stripe/f03-one-time-checkout-refunded")).await;
        let told = explained(&api, &api.list("/api/sales").await[0]).await;
        assert_eq!(told["unjoined"], json!([]));
        let text = told["text"].as_str().unwrap();
        assert!(text.contains("\nRefunded in full: 25.00 usd, nothing is left.\n"), "{text}");
        assert!(!text.contains("rejected"), "{text}");
    }
}
