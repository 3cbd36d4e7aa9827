//! What an owner sets up: programs, partners, links, codes and clicks.

use serde_json::{Value, json};

use super::client::Api;

on_both_databases! {
    async fn a_partner_is_found_by_its_address_or_made(db: TestDb) {
        let api = Api::new(&db).await;
        let body = json!({"name": "Alice", "email": " Alice@Example.com ", "tenantId": "t_1"});
        let made = api.post("/api/partners", body.clone()).await;
        assert_eq!(made.status, 201);
        let partner = made.ok();
        let program = api.list("/api/programs").await[0]["id"].clone();
        assert_eq!(partner, json!({"id": partner["id"], "name": "Alice", "email": "alice@example.com",
            "tenantId": "t_1", "status": "active", "createdAt": "2026-11-22T12:00:00.000Z",
            "programIds": [program], "commissions": {}, "application": null}));
        let found = api.post("/api/partners", body).await;
        assert_eq!((found.status, &found.json), (200, &partner));
        let path = format!("/api/partners/{}", partner["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.ok(), partner);
        let changed = api.patch(&path, json!({"name": "Alice B.", "tenantId": null})).await.ok();
        assert_eq!((&changed["name"], &changed["tenantId"]), (&json!("Alice B."), &Value::Null));
        assert_eq!(api.list("/api/partners?email=ALICE@example.com").await.len(), 1);
        assert_eq!(api.list("/api/partners?tenantId=t_1").await.len(), 0);
    }

    async fn a_partner_that_cannot_be_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        let long = "x".repeat(256);
        for (body, field) in [
            (json!({}), "email"),
            (json!({"email": 7}), "email"),
            (json!({"email": "alice"}), "email"),
            (json!({"email": "@example.com"}), "email"),
            (json!({"email": "a b@example.com"}), "email"),
            (json!({"email": "a\u{0}@example.com"}), "email"),
            (json!({"email": "a@example.com", "name": long}), "name"),
            (json!({"email": "a@example.com", "tenantId": ""}), "tenantId"),
            (json!({"email": "a@example.com", "programId": "prog_x"}), "programId"),
        ] {
            api.post("/api/partners", body).await.refuses(field);
        }
        let alice = api.partner("alice").await;
        api.partner("bob").await;
        let path = format!("/api/partners/{alice}");
        api.patch(&path, json!({"email": "bob@partners.example.com"})).await.refuses("email");
        api.patch(&path, json!({"status": "gone"})).await.refuses("status");
        api.patch("/api/partners/prt_x", json!({"name": "x"})).await.is_unknown();
    }

    async fn a_link_is_made_led_elsewhere_and_deleted(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.post("/api/partners", json!({"email": "alice@example.com"})).await.ok();
        let body = json!({"key": "alice", "url": "https://shop.example.com/a?b=c#d",
            "partnerId": alice["id"]});
        let made = api.post("/api/links", body.clone()).await;
        assert_eq!(made.status, 201);
        let link = made.ok();
        assert_eq!(link["shortUrl"], "https://tributary.example/r/alice");
        let path = format!("/api/links/{}", link["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.ok(), link);
        let changed = api.patch(&path, json!({"url": "https://new.example.com/"})).await.ok();
        assert_eq!(changed["url"], "https://new.example.com/");
        api.patch(&path, json!({"url": "new.example.com"})).await.refuses("url");
        let answer = api.delete(&path).await.ok();
        assert_eq!(answer, json!({"id": link["id"], "deleted": true}));
        api.delete(&path).await.is_unknown();
        api.get(&path).await.is_unknown();
        assert!(api.list("/api/links").await.is_empty());
        // The short address is out in the world: nobody else may have it.
        api.post("/api/links", body).await.refuses("key");
    }

    async fn a_link_on_a_domain_of_its_own_has_a_key_of_its_own(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let body = json!({"key": "alice", "url": "https://shop.example.com/", "partnerId": alice,
            "domain": "Go.Example.com"});
        let link = api.post("/api/links", body.clone()).await.ok();
        assert_eq!(link["shortUrl"], "https://go.example.com/alice");
        // A domain is one organization's, whoever else asks.
        let other = api.another().await;
        let theirs = other.post("/api/partners", json!({"email": "x@example.com"})).await.ok();
        let body = json!({"key": "alice", "url": "https://x.example.com/", "partnerId": theirs["id"],
            "domain": "go.example.com"});
        other.post("/api/links", body).await.refuses("domain");
        other.post("/api/domains", json!({"domain": "go.example.com"})).await.refuses("domain");
        other.delete("/api/domains/go.example.com").await.is_unknown();
        api.delete("/api/domains/go.example.com").await.refuses("domain");
        assert_eq!(api.list("/api/links?domain=go.example.com").await.len(), 1);
        assert_eq!(api.list("/api/links?key=alice").await.len(), 2);
    }

    async fn a_link_that_cannot_be_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let good = json!({"key": "k", "url": "https://shop.example.com/", "partnerId": alice});
        for (name, value, field) in [
            ("key", json!(""), "key"),
            ("key", json!("a b"), "key"),
            ("key", json!("ä"), "key"),
            ("key", json!("API"), "key"),
            ("key", json!("webhooks"), "key"),
            ("key", json!("x".repeat(65)), "key"),
            ("key", json!("alice"), "key"),
            ("url", json!(null), "url"),
            ("url", json!("shop.example.com"), "url"),
            ("url", json!("javascript:alert(1)"), "url"),
            ("url", json!("https://"), "url"),
            ("partnerId", json!(null), "partnerId"),
            ("partnerId", json!("prt_x"), "partnerId"),
            ("partnerId", json!("a\u{0}"), "partnerId"),
            ("programId", json!("prog_x"), "programId"),
            ("domain", json!("go.example.com/path"), "domain"),
        ] {
            let mut body = good.clone();
            body[name] = value;
            api.post("/api/links", body).await.refuses(field);
        }
    }

    async fn a_click_from_elsewhere_keeps_its_id(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let link = api.list("/api/links").await[0]["id"].clone();
        let body = json!({"id": "abc-123_Z", "key": "alice", "clickedAt": "2026-11-20T10:00:00+02:00",
            "referrer": "https://blog.example.com/"});
        let made = api.post("/api/clicks", body.clone()).await;
        assert_eq!(made.status, 201);
        let click = made.ok();
        assert_eq!(click["clickedAt"], "2026-11-20T08:00:00.000Z");
        assert_eq!((&click["linkId"], &click["partnerId"]), (&link, &json!(alice)));
        let again = api.post("/api/clicks", body).await;
        assert_eq!((again.status, &again.json), (200, &click));
        assert_eq!(api.get("/api/clicks/abc-123_Z").await.ok(), click);
        let own = api.post("/api/clicks", json!({"linkId": link})).await.ok();
        assert!(own["id"].as_str().unwrap().starts_with("clk_"));
        assert_eq!(api.list(&format!("/api/clicks?partnerId={alice}")).await.len(), 2);
    }

    async fn a_click_that_cannot_be_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.partner("bob").await;
        api.click("taken", "bob").await;
        for (body, field) in [
            (json!({"id": "a"}), "linkId"),
            (json!({"id": "a", "linkId": "lnk_x"}), "linkId"),
            (json!({"id": "a", "linkId": "a\u{0}"}), "linkId"),
            (json!({"id": "a", "key": "nobody"}), "key"),
            (json!({"id": "", "key": "alice"}), "id"),
            (json!({"id": "a.b", "key": "alice"}), "id"),
            (json!({"id": "x".repeat(129), "key": "alice"}), "id"),
            (json!({"id": "taken", "key": "alice"}), "id"),
            (json!({"id": "a", "key": "alice", "clickedAt": "yesterday"}), "clickedAt"),
            (json!({"id": "a", "key": "alice", "clickedAt": "2027-01-01T00:00:00Z"}), "clickedAt"),
        ] {
            api.post("/api/clicks", body).await.refuses(field);
        }
    }

    async fn a_code_belongs_to_one_partner(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, bob) = (api.partner("alice").await, api.partner("bob").await);
        let body = json!({"code": " ALICE10 ", "partnerId": alice});
        let made = api.post("/api/codes", body.clone()).await;
        assert_eq!((made.status, &made.json["code"]), (201, &json!("alice10")));
        assert_eq!(api.post("/api/codes", body).await.status, 200);
        let taken = api.post("/api/codes", json!({"code": "alice10", "partnerId": bob})).await;
        taken.refuses("code");
        api.post("/api/codes", json!({"code": "x"})).await.refuses("partnerId");
        api.post("/api/codes", json!({"partnerId": bob})).await.refuses("code");
        api.post("/api/codes", json!({"code": "", "partnerId": bob})).await.refuses("code");
        assert_eq!(api.get("/api/codes/Alice10").await.ok()["partnerId"], json!(alice));
        assert_eq!(api.list(&format!("/api/codes?partnerId={bob}")).await.len(), 0);
        api.delete("/api/codes/ALICE10").await.ok();
        api.delete("/api/codes/ALICE10").await.is_unknown();
    }
}
