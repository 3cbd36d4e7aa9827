//! What a key may do: its ledger, its scopes, its time; and how often a wrong one may be tried.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use tributary::http::access::{ROUTES, Reach};
use tributary::server::Peer;

use super::client::Api;

/// Stands in everything that belongs to live money or live people.
const CANARY: &str = "canary";

async fn key(api: &Api, body: Value) -> Api {
    let made = api.post("/api/keys", body).await.ok();
    api.with_key(made["key"].as_str().unwrap())
}

/// A live sale, customer, source, payout and key, and what each is called.
async fn live_money(api: &Api) -> Vec<(&'static str, String)> {
    let body =
        json!({"name": "alice", "email": "canary@partners.example.com", "tenantId": "canary-1"});
    let partner = api.post("/api/partners", body).await.ok();
    let partner = partner["id"].as_str().unwrap();
    let link = json!({"key": "alice", "url": "https://shop.example.com/", "partnerId": partner});
    let link = api.post("/api/links", link).await.ok();
    let code = json!({"code": "alice", "partnerId": partner});
    api.post("/api/codes", code).await.ok();
    api.click("clk_1", "alice").await;
    let program = api.list("/api/programs").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({"holdDays": 0});
    api.patch(&format!("/api/programs/{program}"), body)
        .await
        .ok();
    let sale = json!({"clickId": "clk_1", "customerExternalId": "canary_user", "amount": 9_100,
        "customerEmail": "canary@example.com", "customerName": "canary", "invoiceId": "in_canary"});
    api.post("/api/track/sale", sale).await.ok();
    let lead =
        json!({"clickId": "clk_1", "eventName": "Sign up", "customerExternalId": "canary_user"});
    api.post("/api/track/lead", lead).await.ok();
    let payout = json!({"partnerId": partner, "currency": "usd"});
    let payout = api.post("/api/payouts", payout).await.ok();
    let bonus = json!({"kind": "bonus", "amount": 1, "currency": "usd", "reason": "canary", "idempotencyKey": "canary"});
    let bonus = api
        .post(&format!("/api/partners/{partner}/adjustments"), bonus)
        .await
        .ok();
    let source = api.deliver("polar", &[]).await;
    let key = api.post("/api/keys", json!({"name": "canary"})).await.ok();
    let endpoint = json!({"url": "https://hooks.example.com/canary", "events": ["sale.*"]});
    let endpoint = api.post("/api/webhook-endpoints", endpoint).await.ok();
    let endpoint = endpoint["id"].as_str().unwrap().to_owned();
    let group = json!({"name": "gold", "commission": {"type": "percent", "basisPoints": 1}});
    let group = api.post("/api/groups", group).await.ok();
    let mut ids = vec![
        ("/api/groups", group["id"].as_str().unwrap().to_owned()),
        ("/api/sources", source["id"].as_str().unwrap().to_owned()),
        ("/api/payouts", payout["id"].as_str().unwrap().to_owned()),
        ("/api/keys", key["id"].as_str().unwrap().to_owned()),
        ("/api/adjustments", bonus["id"].as_str().unwrap().to_owned()),
        ("/api/programs", program),
        ("/api/partners", partner.to_owned()),
        ("/api/links", link["id"].as_str().unwrap().to_owned()),
        ("/api/codes", "alice".to_owned()),
        ("/api/clicks", "clk_1".to_owned()),
        ("/api/domains", "go.example.com".to_owned()),
        ("/api/privacy-requests", "unknown".to_owned()),
        ("/api/payout-batches", "unknown".to_owned()),
        ("/api/webhook-endpoints", endpoint),
    ];
    for path in [
        "/api/sales",
        "/api/commissions",
        "/api/customers",
        "/api/events",
        "/api/leads",
        "/api/ledger",
    ] {
        let first = &api.list(path).await[0]["id"];
        ids.push((path, first.as_str().unwrap().to_owned()));
    }
    ids
}

/// A body that would do for a route if it came with a live key.
fn body_for(path: &str, partner: &str) -> Value {
    let list = path.trim_start_matches("/api/").split('/').next();
    match list {
        Some("customers") => json!({"partnerId": partner}),
        Some("keys") => json!({"name": "x", "mode": "live"}),
        Some("reviews") => json!({"saleId": "x", "approved": true}),
        Some("sources") if path == "/api/sources" => {
            json!({"processor": "stripe", "secrets": ["whsec_0123456789"], "mode": "live"})
        }
        Some("sources") if path.ends_with("/reconciliation") => {
            json!({"key": "rk_live_0123456789"})
        }
        Some("sources") => json!({"status": "disabled"}),
        Some("organization") => json!({"name": "x"}),
        Some("programs") => json!({"name": "x", "holdDays": 1}),
        Some("partners") if path.ends_with("/adjustments") => json!({"kind": "bonus", "amount": 1,
            "currency": "usd", "reason": "x", "idempotencyKey": "x"}),
        Some("commissions") if path.ends_with("/decisions") => {
            json!({"ids": ["com_x"], "decision": "void", "reason": "x"})
        }
        Some("commissions") => json!({"decision": "void", "reason": "x"}),
        Some("sales") => json!({"nobody": true, "reason": "x"}),
        Some("partners") => json!({"name": "x", "email": "x@example.com"}),
        Some("links") => {
            json!({"key": "x", "url": "https://shop.example.com/", "partnerId": partner})
        }
        Some("codes") => json!({"code": "x", "partnerId": partner}),
        Some("clicks") => json!({"key": "alice", "clickedAt": "2026-11-20T10:00:00Z"}),
        Some("payouts") => json!({"partnerId": partner, "currency": "usd"}),
        Some("rates") => json!({"rates": []}),
        _ => json!({}),
    }
}

/// Status and text of an answer to a request with a body that would do if it came with a live key.
async fn ask(api: &Api, method: &str, path: &str, partner: &str) -> (u16, String) {
    let body = body_for(path, partner);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", api.key));
    let body = if method == "GET" {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    let (status, bytes, _) = api.send(request.body(body).unwrap()).await;
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

fn filled(path: &str, ids: &[(&'static str, String)]) -> String {
    let Some((list, rest)) = path.split_once("/{") else {
        return path.to_owned();
    };
    let id = &ids.iter().find(|(known, _)| *known == list).unwrap().1;
    format!("{list}/{id}{}", rest.split_once('}').unwrap().1)
}

on_both_databases! {
    async fn a_test_key_meets_no_live_money_on_any_route(db: TestDb) {
        let api = Api::new(&db).await;
        let ids = live_money(&api).await;
        let partner = filled("/api/partners/{id}", &ids).replace("/api/partners/", "");
        let test = key(&api, json!({"name": "test", "mode": "test"})).await;
        let before = api.list("/api/sales").await;
        for (path, methods, reach) in ROUTES {
            if *reach == Reach::Reports {
                continue;
            }
            let single = path.contains('{');
            for method in methods.split(' ') {
                let address = filled(path, &ids);
                let (status, said) = ask(&test, method, &address, &partner).await;
                let expected: &[u16] = match (reach, method) {
                    (Reach::SetUp, "GET") => &[200],
                    (Reach::Live | Reach::SetUp, _) => &[403],
                    (Reach::Rows, "GET") if !single => &[200],
                    // It looks at the events of its own ledger alone.
                    (Reach::Rows, "POST") if path.ends_with("/reprocess") => &[200],
                    // Each of the ids has an answer of its own.
                    (Reach::Rows, "POST") if path.ends_with("/decisions") => &[200],
                    // It books in its own ledger.
                    (Reach::Rows, "POST") if path.ends_with("/adjustments") => &[201],
                    (Reach::Rows, "POST") if single => &[400, 403, 404],
                    (Reach::Rows, "POST") => &[400, 403],
                    (Reach::Rows, _) => &[404],
                    // Nobody is named.
                    (Reach::Embed, _) => &[422],
                    (Reach::Reports, _) => unreachable!(),
                };
                assert!(expected.contains(&status), "{method} {address}: {status} {said}");
                assert!(!said.contains(CANARY), "{method} {address}: {said}");
                if path.ends_with("/reprocess") {
                    assert!(said.contains(r#""eventsFound":0"#), "{said}");
                }
                if *reach == Reach::Rows && method == "GET" && !single {
                    let (status, _) = ask(&test, method, &format!("{address}?livemode=true"), "").await;
                    assert_eq!(status, 403, "{address}");
                }
            }
        }
        for name in ["in_canary", "canary_user"] {
            test.get(&format!("/api/sales/{name}/explain")).await.is_unknown();
        }
        assert_eq!(test.get("/api/partners?email=canary%40partners.example.com").await.status, 403);
        assert_eq!(api.list("/api/sales").await, before);
    }

    async fn a_test_source_of_a_test_key_leaves_the_short_address_to_live_money(db: TestDb) {
        let api = Api::new(&db).await;
        let test = key(&api, json!({"name": "test", "mode": "test"})).await;
        let body = json!({"processor": "stripe", "secrets": ["whsec_0123456789"]});
        let source = test.post("/api/sources", body.clone()).await.ok();
        assert_eq!((&source["livemode"], &source["isDefault"]), (&json!(false), &json!(false)));
        assert_eq!(api.post("/api/sources", body).await.ok()["isDefault"], true);
    }

    async fn what_a_test_key_reports_it_sees_and_a_live_key_sees_when_asked(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let test = key(&api, json!({"name": "test", "livemode": false})).await;
        let sale = test.sale("clk_1", "in_1", 1_000).await;
        assert_eq!(sale["livemode"], false);
        let id = sale["id"].as_str().unwrap();
        test.get(&format!("/api/sales/{id}/explain")).await.ok();
        test.get("/api/sales/in_1/explain").await.ok();
        assert_eq!(test.list("/api/balances").await.len(), 1);
        assert_eq!(test.list("/api/events").await.len(), 1);
        assert_eq!(api.list("/api/sales").await.len(), 0);
        assert_eq!(api.list("/api/sales?livemode=false").await.len(), 1);
        api.get(&format!("/api/sales/{id}")).await.ok();
    }

    async fn a_key_does_what_its_scopes_say_and_no_more(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let track = key(&api, json!({"name": "shop", "scopes": ["track"]})).await;
        let read = key(&api, json!({"name": "sheet", "scopes": ["read"]})).await;
        let both = key(&api, json!({"name": "both", "scopes": ["track", "read"]})).await;
        let sale = json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": 1_000});
        track.post("/api/track/sale", sale.clone()).await.ok();
        both.post("/api/track/sale", sale.clone()).await.ok();
        assert_eq!(read.post("/api/track/sale", sale).await.error(), (403, "FORBIDDEN", ""));
        for path in ["/api/sales", "/api/keys", "/api/organization"] {
            assert_eq!(track.get(path).await.error(), (403, "FORBIDDEN", ""));
            read.get(path).await.ok();
            both.get(path).await.ok();
        }
        for key in [&track, &read, &both] {
            for path in ["/api/programs", "/api/keys", "/api/payouts"] {
                let answer = key.post(path, json!({"name": "x"})).await;
                assert_eq!(answer.error(), (403, "FORBIDDEN", ""), "{path}");
            }
        }
        api.post("/api/keys", json!({"name": "x", "scopes": ["write"]})).await.refuses("scopes");
        api.post("/api/keys", json!({"name": "x", "scopes": []})).await.refuses("scopes");
        let keys = api.list("/api/keys").await;
        let shop = keys.iter().find(|key| key["name"] == "shop").unwrap();
        assert_eq!(shop["scopes"], json!(["track"]));
    }

    async fn a_key_ends_at_its_time_and_makes_none_that_outlives_it(db: TestDb) {
        let api = Api::new(&db).await;
        let soon = json!({"name": "soon", "expiresAt": "2026-11-23T12:00:00Z"});
        let soon = key(&api, soon).await;
        let later = json!({"name": "x", "expiresAt": "2026-11-24T12:00:00Z"});
        soon.post("/api/keys", later).await.refuses("expiresAt");
        let child = soon.post("/api/keys", json!({"name": "child"})).await.ok();
        assert_eq!(child["expiresAt"], "2026-11-23T12:00:00.000Z");
        let past = json!({"name": "x", "expiresAt": "2026-11-21T12:00:00Z"});
        api.post("/api/keys", past).await.refuses("expiresAt");
        api.clock.set(api.app.now().plus_seconds(86_400));
        let answer = soon.get("/api/sales").await;
        assert_eq!(answer.error(), (401, "UNAUTHORIZED", ""));
        assert!(answer.json["error"]["message"].as_str().unwrap().contains("expired"));
        api.get("/api/sales").await.ok();
    }

    async fn the_last_live_key_that_may_do_everything_stays(db: TestDb) {
        let api = Api::new(&db).await;
        key(&api, json!({"name": "shop", "scopes": ["track"]})).await;
        let own = api.list("/api/keys").await.pop().unwrap();
        let path = format!("/api/keys/{}", own["id"].as_str().unwrap());
        assert_eq!(api.delete(&path).await.error(), (409, "CONFLICT", ""));
        let other = key(&api, json!({"name": "other"})).await;
        other.delete(&path).await.ok();
        assert_eq!(api.get("/api/sales").await.status, 401);
    }

    async fn the_last_use_of_a_key_is_known_to_the_minute(db: TestDb) {
        let api = Api::new(&db).await;
        let last_use = async || api.list("/api/keys").await[0]["lastUsedAt"].clone();
        let mut seen = last_use().await;
        while seen.is_null() {
            tokio::task::yield_now().await;
            seen = last_use().await;
        }
        assert_eq!(seen, "2026-11-22T12:00:00.000Z");
        api.clock.set(api.app.now().plus_seconds(61));
        while last_use().await == seen {
            tokio::task::yield_now().await;
        }
        assert_eq!(last_use().await, "2026-11-22T12:01:01.000Z");
    }

    async fn guessing_keys_is_slow_and_shuts_nobody_else_out(db: TestDb) {
        let api = Api::new(&db).await;
        let ask = async |key: &str, address: &str| {
            let address: SocketAddr = address.parse().unwrap();
            let mut request = Request::builder()
                .uri("/api/organization")
                .header(header::AUTHORIZATION, format!("Bearer {key}"))
                .body(Body::empty())
                .unwrap();
            request.extensions_mut().insert(Peer(address));
            api.send(request).await.0
        };
        let other = key(&api, json!({"name": "other"})).await;
        assert_eq!(ask(&api.key, "[2001:db8::1]:1000").await, 200);
        let mut answers = Vec::new();
        for port in 1..100 {
            let address = format!("[2001:db8::{port:x}]:{port}");
            answers.push(ask(&format!("trib_live_{port}"), &address).await);
        }
        assert_eq!(answers.iter().filter(|status| **status == 401).count(), 21);
        assert_eq!(answers.iter().filter(|status| **status == 429).count(), 78);
        assert_eq!(ask(&other.key, "[2001:db8::2]:1").await, 429, "a right guess is not told from a wrong one");
        assert_eq!(ask(&api.key, "[2001:db8::1]:1000").await, 200, "who had a good key gets through");
        assert_eq!(ask(&other.key, "[2001:db8:1::2]:1").await, 200);
        api.clock.set(api.app.now().plus_seconds(3));
        assert_eq!(ask(&other.key, "[2001:db8::2]:1").await, 200);
    }

    async fn odd_bytes_in_a_path_are_an_unknown_address(db: TestDb) {
        let api = Api::new(&db).await;
        for path in ["/r/a%00b", "/r/%ff", "/%0a", "/x%7f", "/webhooks/stripe/%00", "/a/b/%c0%80"] {
            assert_eq!(api.get(path).await.status, 404, "{path}");
        }
        for path in ["/api/sales/%00", "/api/%ff", "/api/sales/a%0ab/explain", "/api/nothing", "/api"] {
            assert_eq!(api.with_key("").get(path).await.status, 401, "{path}");
            assert_eq!(api.get(path).await.status, 404, "{path}");
        }
    }
}
