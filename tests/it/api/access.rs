//! Who may ask, and what another organization sees: nothing.

use serde_json::json;

use super::client::Api;

/// Every list.
const LISTS: &[&str] = &[
    "/api/programs",
    "/api/partners",
    "/api/links",
    "/api/codes",
    "/api/clicks",
    "/api/sales",
    "/api/balances",
    "/api/sources",
    "/api/events",
];

on_both_databases! {
    async fn without_a_key_in_use_every_address_answers_401(db: TestDb) {
        let api = Api::new(&db).await;
        for key in ["", "trib_live_wrong"] {
            let stranger = api.with_key(key);
            for path in LISTS {
                for path in [(*path).to_owned(), format!("{path}/some_id")] {
                    if path == "/api/balances/some_id" {
                        continue;
                    }
                    let answer = stranger.get(&path).await;
                    assert_eq!(answer.error(), (401, "UNAUTHORIZED", ""), "{path}");
                }
            }
        }
    }

    async fn what_nobody_has_made_is_404_as_json(db: TestDb) {
        let api = Api::new(&db).await;
        for path in LISTS.iter().filter(|path| **path != "/api/balances") {
            for id in ["unknown", "a%00b", "%F0%9F%8C%8A"] {
                api.get(&format!("{path}/{id}")).await.is_unknown();
            }
        }
    }

    async fn a_list_has_at_most_500_rows_and_says_so(db: TestDb) {
        let api = Api::new(&db).await;
        for path in LISTS {
            let all = api.get(&format!("{path}?limit=500")).await.ok();
            assert!(all["data"].is_array() && all["nextCursor"].is_null(), "{path}");
            for limit in ["0", "501", "x"] {
                api.get(&format!("{path}?limit={limit}")).await.refuses("limit");
            }
            api.get(&format!("{path}?cursor=a%00b")).await.refuses("cursor");
        }
    }

    async fn another_organization_sees_nothing_of_it(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.post("/api/codes", json!({"code": "ALICE", "partnerId": partner})).await.ok();
        api.sale("clk_1", "in_1", 1_000).await;
        api.deliver("polar", &[]).await;
        let other = api.another().await;
        for path in LISTS {
            let own = api.list(path).await;
            assert!(!own.is_empty(), "{path}");
            let theirs = other.list(path).await;
            assert_eq!(theirs.len(), usize::from(*path == "/api/programs"), "{path}");
            let id = own[0]["id"].as_str().or(own[0]["code"].as_str());
            if let Some(id) = id {
                other.get(&format!("{path}/{id}")).await.is_unknown();
            }
        }
    }

    async fn a_list_comes_in_parts_that_are_the_whole(db: TestDb) {
        let api = Api::new(&db).await;
        for name in ["alice", "bob", "carol", "dora", "emil"] {
            api.partner(name).await;
            let click = format!("clk_{name}");
            api.click(&click, name).await;
            api.sale(&click, &format!("in_{name}"), 1_000).await;
            api.post("/api/codes", json!({"code": name, "partnerId": api.list("/api/partners").await[0]["id"]})).await.ok();
            api.post("/api/programs", json!({"name": name})).await.ok();
            api.deliver("polar", &[]).await;
        }
        for path in LISTS {
            let whole = api.list(path).await;
            assert!(whole.len() >= 5, "{path}");
            let (mut parts, mut cursor) = (Vec::new(), String::new());
            loop {
                let part = api.get(&format!("{path}?limit=2&cursor={cursor}")).await.ok();
                let rows = part["data"].as_array().unwrap();
                assert!(rows.len() <= 2);
                parts.extend(rows.iter().cloned());
                let Some(next) = part["nextCursor"].as_str() else { break };
                cursor = next.to_owned();
            }
            assert_eq!(parts, whole, "{path}");
        }
    }
}
