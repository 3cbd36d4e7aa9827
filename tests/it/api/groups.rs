//! Groups of partners: one rule for all in it, from when they came or it was changed.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Api;

fn percent(basis_points: i64) -> Value {
    json!({"type": "percent", "basisPoints": basis_points})
}

/// What a sale of 100.00 now earns.
async fn earns(api: &Api, key: &str, invoice: &str) -> Value {
    api.clock.advance(Duration::from_hours(1));
    let sale = json!({"clickId": format!("clk_{key}"), "customerExternalId": format!("u_{key}"), "amount": 10_000, "invoiceId": invoice});
    let told = api.post("/api/track/sale", sale).await.ok();
    api.clock.advance(Duration::from_hours(1));
    told["sale"]["commissionAmount"].clone()
}

on_both_databases! {
    async fn a_groups_rule_is_that_of_its_partners_from_then_on(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.partner("bob").await;
        api.click("clk_alice", "alice").await;
        api.click("clk_bob", "bob").await;
        assert_eq!(earns(&api, "alice", "in_1").await, 1_000);
        let made = api.post("/api/groups", json!({"name": "Gold", "commission": percent(2_000)})).await;
        assert_eq!(made.status, 201);
        let id = made.ok()["id"].as_str().unwrap().to_owned();
        let group = format!("/api/groups/{id}");
        let member = format!("{group}/partners/{alice}");
        for _ in 0..2 {
            assert_eq!(api.put(&member, json!({})).await.ok()["partners"], 1);
        }
        assert_eq!(api.list(&format!("{group}/partners")).await, [json!({"partnerId": alice})]);
        assert_eq!(earns(&api, "alice", "in_2").await, 2_000);
        assert_eq!(earns(&api, "bob", "in_3").await, 1_000);
        api.patch(&group, json!({"commission": percent(3_000)})).await.ok();
        assert_eq!(earns(&api, "alice", "in_4").await, 3_000);
        for (invoice, earned) in [("in_1", 1_000), ("in_2", 2_000)] {
            assert_eq!(api.sale_named(invoice).await["commissionAmount"], earned, "what was earned stays");
        }
        // A ban holds whatever becomes of the group, and its end brings what the group has by then.
        let partner = format!("/api/partners/{alice}");
        api.patch(&partner, json!({"status": "banned"})).await.ok();
        api.clock.advance(Duration::from_hours(1));
        api.patch(&group, json!({"commission": percent(4_000)})).await.ok();
        assert_eq!(earns(&api, "alice", "in_5").await, 0);
        api.patch(&partner, json!({"status": "active"})).await.ok();
        assert_eq!(earns(&api, "alice", "in_6").await, 4_000);
        api.delete(&member).await.ok();
        api.delete(&member).await.is_unknown();
        assert_eq!(earns(&api, "alice", "in_7").await, 1_000);
        api.put(&member, json!({})).await.ok();
        api.patch(&partner, json!({"commission": percent(500)})).await.ok();
        assert_eq!(api.get(&group).await.ok()["partners"], 0, "a rule of its own takes it out");
        assert_eq!(earns(&api, "alice", "in_8").await, 500);
        api.put(&member, json!({})).await.ok();
        api.delete(&group).await.ok();
        assert_eq!(earns(&api, "alice", "in_9").await, 1_000);
        assert!(api.list("/api/groups").await.is_empty());
    }

    async fn what_cannot_be_a_group_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        api.post("/api/groups", json!({"commission": percent(1)})).await.refuses("name");
        api.post("/api/groups", json!({"name": "x"})).await.refuses("commission");
        let group = json!({"name": "x", "commission": percent(2_000)});
        let id = api.post("/api/groups", group.clone()).await.ok()["id"].as_str().unwrap().to_owned();
        api.post("/api/groups", group).await.refuses("name");
        api.patch(&format!("/api/groups/{id}"), json!({"programId": "prog_x"})).await.refuses("programId");
        api.put(&format!("/api/groups/{id}/partners/prt_x"), json!({})).await.refuses("partnerId");
        api.get("/api/groups/grp_x").await.is_unknown();
        api.another().await.get(&format!("/api/groups/{id}")).await.is_unknown();
    }
}
