//! Who may ask, and what another organization sees: nothing.

use serde_json::json;

use super::client::Api;

/// Lists without single rows.
const WHOLE: &[&str] = &["/api/balances", "/api/rates", "/api/keys"];

/// Every list.
const LISTS: &[&str] = &[
    "/api/programs",
    "/api/partners",
    "/api/links",
    "/api/codes",
    "/api/clicks",
    "/api/customers",
    "/api/sales",
    "/api/commissions",
    "/api/ledger",
    "/api/payouts",
    "/api/rates",
    "/api/keys",
    "/api/balances",
    "/api/sources",
    "/api/events",
];

/// Makes one of everything, under a partner's name.
async fn furnish(api: &Api, name: &str) {
    let program = json!({"name": name, "holdDays": 0});
    let program = api.post("/api/programs", program).await.ok();
    let partner = api.partner(name).await;
    let key = format!("{name}-2");
    let link = json!({"key": key, "url": "https://shop.example.com/", "partnerId": partner,
        "programId": program["id"]});
    api.post("/api/links", link).await.ok();
    let click = format!("clk_{name}");
    api.click(&click, &key).await;
    api.sale(&click, &format!("in_{name}"), 1_000).await;
    let code = json!({"code": name, "partnerId": partner});
    api.post("/api/codes", code).await.ok();
    let payout = json!({"partnerId": partner, "currency": "usd"});
    api.post("/api/payouts", payout).await.ok();
    let day = format!("2026-11-{:02}", name.len() + 10);
    let rate = json!({"base": "usd", "quote": "eur", "day": day, "rate": "0.9", "source": "ecb"});
    let mut other = rate.clone();
    other["quote"] = json!(if name.contains('o') { "gbp" } else { "chf" });
    api.post("/api/rates", json!([rate, other])).await.ok();
    api.post("/api/keys", json!({"name": name})).await.ok();
    api.deliver("polar", &[]).await;
}

on_both_databases! {
    async fn without_a_key_in_use_every_address_answers_401(db: TestDb) {
        let api = Api::new(&db).await;
        for key in ["", "trib_live_wrong"] {
            let stranger = api.with_key(key);
            for path in LISTS {
                let one = (!WHOLE.contains(path)).then(|| format!("{path}/some_id"));
                for path in one.into_iter().chain([(*path).to_owned()]) {
                    let answer = stranger.get(&path).await;
                    assert_eq!(answer.error(), (401, "UNAUTHORIZED", ""), "{path}");
                }
            }
        }
    }

    async fn what_nobody_has_made_is_404_as_json(db: TestDb) {
        let api = Api::new(&db).await;
        for path in LISTS.iter().filter(|path| !WHOLE.contains(path)) {
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
        furnish(&api, "alice").await;
        let other = api.another().await;
        for path in LISTS {
            let own = api.list(path).await;
            assert!(!own.is_empty(), "{path}");
            // What an organization is made with.
            let made = ["/api/programs", "/api/keys"].contains(path);
            assert_eq!(other.list(path).await.len(), usize::from(made), "{path}");
            if !WHOLE.contains(path) {
                let id = own[0]["id"].as_str().or(own[0]["code"].as_str()).unwrap();
                other.get(&format!("{path}/{id}")).await.is_unknown();
            }
        }
    }

    async fn a_list_comes_in_parts_that_are_the_whole(db: TestDb) {
        let api = Api::new(&db).await;
        for name in ["alice", "bob", "carol", "dora", "emil"] {
            furnish(&api, name).await;
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
