//! Sources, events and keys.

use serde_json::{Value, json};

use super::client::{Api, bodies};

const SECRET: &str = "whsec_canary_0123456789";

on_both_databases! {
    async fn a_source_is_added_and_its_secret_never_shown(db: TestDb) {
        let api = Api::new(&db).await;
        let body = json!({"processor": "stripe", "secrets": [SECRET], "mode": "test"});
        let made = api.post("/api/sources", body.clone()).await;
        assert_eq!(made.status, 201);
        let source = made.ok();
        assert_eq!(source["url"], "https://tributary.example/webhooks/stripe");
        assert!(source["events"].as_array().unwrap().contains(&json!("invoice.paid")));
        assert_eq!((&source["mode"], &source["status"], &source["secretCount"]),
            (&json!("test"), &json!("active"), &json!(1)));
        let second = api.post("/api/sources", body).await.ok();
        let id = second["id"].as_str().unwrap();
        assert_eq!(second["url"], format!("https://tributary.example/webhooks/stripe/{id}"));
        let path = format!("/api/sources/{id}");
        let change = json!({"secrets": ["whsec_canary_another"], "settings": {"clickKeys": ["aff"]}});
        let changed = api.patch(&path, change).await.ok();
        assert_eq!((&changed["secretCount"], &changed["settings"]),
            (&json!(2), &json!({"clickKeys": ["aff"]})));
        let disabled = api.delete(&path).await.ok();
        assert_eq!(disabled["status"], "disabled");
        assert_eq!(api.patch(&path, json!({"status": "active"})).await.ok()["status"], "active");
        assert_eq!(api.list("/api/sources?processor=stripe").await.len(), 2);
        assert_eq!(api.list("/api/sources?processor=polar").await.len(), 0);
        assert_eq!(source["warnings"], json!([]));
        let key = json!({"secrets": ["sk_live_canary_key"]});
        let odd = api.patch(&path, key).await.ok();
        let warnings = odd["warnings"].as_array().unwrap();
        assert!(warnings[0].as_str().unwrap().contains("API key"), "{warnings:?}");
        for shown in [odd, source, second, changed, disabled, json!(api.list("/api/sources").await)] {
            assert!(!shown.to_string().contains("canary"), "{shown}");
        }
    }

    async fn a_source_that_cannot_be_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        for (body, field) in [
            (json!({"secrets": [SECRET]}), "processor"),
            (json!({"processor": "cash", "secrets": [SECRET]}), "processor"),
            (json!({"processor": "stripe"}), "secrets"),
            (json!({"processor": "stripe", "secrets": []}), "secrets"),
            (json!({"processor": "stripe", "secrets": ["whsec_..."]}), "secrets"),
            (json!({"processor": "stripe", "secrets": [SECRET], "mode": "dry"}), "mode"),
            (json!({"processor": "stripe", "secrets": [SECRET], "settings": {"clickKey": 1}}), "settings.clickKey"),
        ] {
            api.post("/api/sources", body).await.refuses(field);
        }
        assert!(api.list("/api/sources").await.is_empty());
        let source = api.deliver("stripe", &[]).await;
        let path = format!("/api/sources/{}", source["id"].as_str().unwrap());
        api.patch(&path, json!({"status": "closed"})).await.refuses("status");
        api.patch(&path, json!({"secrets": ["short"]})).await.refuses("secrets");
        api.patch("/api/sources/src_x", json!({})).await.is_unknown();
        api.delete("/api/sources/src_x").await.is_unknown();
    }

    async fn an_event_says_what_became_of_it_and_keeps_its_bytes(db: TestDb) {
        let api = Api::new(&db).await;
        let sale = bodies("stripe/f03-one-time-checkout-refunded");
        let source = api.deliver("stripe", &sale[..1]).await;
        api.deliver("stripe", &sale[..1]).await;
        let event = api.list("/api/events").await.remove(0);
        let sold = api.list("/api/sales").await[0]["id"].clone();
        let body: Value = serde_json::from_str(&sale[0]).unwrap();
        assert_eq!(event, json!({"id": event["id"], "sourceId": source["id"], "processor": "stripe",
            "externalId": body["id"], "type": body["type"], "apiVersion": body["api_version"],
            "livemode": true, "state": "processed", "reason": null, "saleIds": [sold],
            "occurredAt": "2026-10-07T08:01:00.000Z", "receivedAt": "2026-11-22T12:00:00.000Z",
            "processedAt": "2026-11-22T12:00:00.000Z", "deliveries": 2,
            "conflictingDeliveries": 0, "conflictingAt": null, "foundAt": null, "payloadRemovedAt": null}));
        let path = format!("/api/events/{}", event["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.ok(), event);
        let (status, bytes, form) = api.bytes(&format!("{path}/payload")).await;
        assert_eq!((status, form.as_str()), (200, "application/json"));
        assert_eq!(bytes, sale[0].as_bytes());
        api.get("/api/events/evt_x/payload").await.is_unknown();
        let other = api.another().await;
        other.get(&format!("{path}/payload")).await.is_unknown();
    }

    async fn bytes_that_are_no_json_are_given_as_they_are(db: TestDb) {
        let api = Api::new(&db).await;
        let odd = "<html>\u{0} no event".to_owned();
        api.deliver("stripe", std::slice::from_ref(&odd)).await;
        let event = api.list("/api/events").await.remove(0);
        assert_eq!(event["state"], "failed");
        let path = format!("/api/events/{}/payload", event["id"].as_str().unwrap());
        let (status, bytes, form) = api.bytes(&path).await;
        assert_eq!((status, form.as_str()), (200, "application/octet-stream"));
        assert_eq!(bytes, odd.as_bytes());
    }

    async fn events_are_found_by_every_filter(db: TestDb) {
        let api = Api::new(&db).await;
        let source = api.deliver("stripe", &bodies("stripe/f03-one-time-checkout-refunded")).await;
        for (filter, count) in [
            ("state=processed".to_owned(), 5),
            ("state=parked".to_owned(), 0),
            ("processor=stripe".to_owned(), 5),
            ("processor=polar".to_owned(), 0),
            ("type=charge.refunded".to_owned(), 1),
            (format!("sourceId={}", source["id"].as_str().unwrap()), 5),
            ("externalId=evt_1TX9ueou72AFrTYgNqQFvbjb".to_owned(), 1),
            ("livemode=false".to_owned(), 0),
            ("receivedSince=2026-11-22T12:00:01Z".to_owned(), 0),
            ("receivedSince=2026-11-22T12:00:00Z".to_owned(), 5),
            ("from=2026-11-22T12:00:00Z&to=2026-11-22T12:00:01Z".to_owned(), 5),
            ("to=2026-11-22T12:00:00Z".to_owned(), 0),
        ] {
            let path = format!("/api/events?{filter}");
            assert_eq!(api.list(&path).await.len(), count, "{filter}");
        }
        api.get("/api/events?state=lost").await.refuses("state");
        api.get("/api/events?receivedSince=today").await.refuses("receivedSince");
    }

    async fn an_event_with_a_value_that_is_not_known_is_counted_and_found(db: TestDb) {
        let api = Api::new(&db).await;
        api.deliver("stripe", &bodies("stripe/f03-one-time-checkout-refunded")[..1]).await;
        let none = api.get("/api/status").await.ok();
        assert_eq!((&none["unknownEvents"], &none["lastUnknownAt"]), (&json!(0), &Value::Null));
        let mut sold: Value = serde_json::from_str(&bodies("revenuecat/r07-cents-are-exact")[0]).unwrap();
        sold["event"]["store"] = json!("A_STORE_OF_TOMORROW");
        api.deliver("revenuecat", &[sold.to_string()]).await;
        let told = api.get("/api/status").await.ok();
        assert_eq!((&told["unknownEvents"], &told["lastUnknownAt"]), (&json!(1), &json!("2026-11-22T12:00:00.000Z")));
        let events = api.list("/api/events?unknown=true").await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["reason"], "unknown store: A_STORE_OF_TOMORROW");
        assert_eq!(api.list("/api/events?unknown=false").await.len(), 1);
        assert_eq!(api.list("/api/events?unknown=true&livemode=false").await.len(), 0);
        api.get("/api/events?unknown=maybe").await.refuses("unknown");
    }

    async fn an_event_that_waits_says_what_is_not_known_too(db: TestDb) {
        let api = Api::new(&db).await;
        let told = bodies("stripe/f13-two-partial-refunds");
        let refund = told.iter().find(|body| body.contains("\"refund.created\"")).unwrap();
        let mut odd: Value = serde_json::from_str(refund).unwrap();
        odd["data"]["object"]["status"] = json!("on_its_way");
        api.deliver("stripe", &[odd.to_string()]).await;
        let waits = "unknown refund status: on_its_way; waits for its payment: no delivery has named it yet";
        let reason = || async { api.list("/api/events?unknown=true").await.remove(0) };
        let event = reason().await;
        assert_eq!((&event["state"], &event["reason"]), (&json!("parked"), &json!(waits)));
        api.deliver("stripe", &told).await;
        let event = reason().await;
        assert_eq!((&event["state"], &event["reason"]),
            (&json!("processed"), &json!("unknown refund status: on_its_way")));
    }

    async fn a_key_is_shown_once_and_useless_once_revoked(db: TestDb) {
        let api = Api::new(&db).await;
        let made = api.post("/api/keys", json!({"name": "ci", "mode": "test"})).await;
        assert_eq!(made.status, 201);
        let made = made.ok();
        let key = made["key"].as_str().unwrap();
        assert!(key.starts_with("trib_test_"));
        let listed = api.list("/api/keys").await;
        assert_eq!(listed.len(), 2);
        assert_eq!((&listed[0]["name"], &listed[0]["mode"], listed[0].get("key")),
            (&json!("ci"), &json!("test"), None));
        assert!(!json!(listed).to_string().contains(key));
        api.with_key(key).get("/api/organization").await.ok();
        let path = format!("/api/keys/{}", made["id"].as_str().unwrap());
        assert!(api.delete(&path).await.ok()["revokedAt"].is_string());
        api.delete(&path).await.is_unknown();
        let answer = api.with_key(key).get("/api/organization").await;
        assert_eq!(answer.error(), (401, "UNAUTHORIZED", ""));
        api.post("/api/keys", json!({})).await.refuses("name");
        api.post("/api/keys", json!({"name": "x", "mode": "y"})).await.refuses("mode");
        let other = api.another().await;
        let own = api.list("/api/keys").await[1]["id"].as_str().unwrap().to_owned();
        other.delete(&format!("/api/keys/{own}")).await.is_unknown();
    }

    async fn the_organization_is_that_of_the_key(db: TestDb) {
        let api = Api::new(&db).await;
        let organization = api.get("/api/organization").await.ok();
        assert_eq!(organization, json!({"id": api.org, "name": "Test",
            "createdAt": "2026-11-22T12:00:00.000Z"}));
        let other = api.another().await;
        assert_eq!(other.get("/api/organization").await.ok()["id"], json!(other.org));
    }
}

on_both_databases! {
    async fn stored_deliveries_are_made_anew_first_without_writing(db: TestDb) {
        let api = Api::new(&db).await;
        api.deliver("stripe", &bodies("stripe/f01-subscription-checkout")).await;
        let events = api.list("/api/events").await;
        let id = events[0]["id"].as_str().unwrap();
        let preview = api.post("/api/events/reprocess", json!({"eventIds": [id]})).await.ok();
        assert_eq!((&preview["dryRun"], &preview["eventsFound"]), (&json!(true), &json!(1)));
        let all = api.post("/api/events/reprocess", json!({"processor": "stripe", "dryRun": false})).await.ok();
        assert_eq!((&all["dryRun"], &all["eventsFound"], &all["sales"]), (&json!(false), &json!(events.len()), &json!([])));
        let none = api.post("/api/events/reprocess", json!({"eventIds": ["evt_none"]})).await.ok();
        assert_eq!(none["eventsFound"], 0);
        api.post("/api/events/reprocess", json!({"state": "odd"})).await.refuses("state");
        api.post("/api/events/reprocess", json!({"from": "yesterday"})).await.refuses("from");
        api.post("/api/events/reprocess", json!({"dry_run": false})).await.refuses("dry_run");
    }
}
