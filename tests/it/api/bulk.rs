//! Clicks from elsewhere, many in one call.

use serde_json::{Value, json};

use super::client::Api;

fn outcomes(told: &Value) -> Vec<(&str, Value)> {
    let rows = told["data"].as_array().unwrap().iter();
    rows.map(|row| (row["outcome"].as_str().unwrap(), row["id"].clone()))
        .collect()
}

on_both_databases! {
    async fn each_click_of_a_call_has_its_own_outcome_and_the_same_again_changes_nothing(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        let at = "2026-11-01T08:00:00Z";
        let clicks = json!({"clicks": [
            {"id": "clk_1", "key": "alice", "clickedAt": at, "referrer": "https://blog.example/"},
            {"id": "clk_2", "key": "nobody", "clickedAt": at},
            {"id": "clk_3", "key": "alice", "clickedAt": at},
            {"id": "clk_1", "key": "alice", "clickedAt": "2026-11-02T08:00:00Z"},
            {"id": "no id\u{7}", "key": "alice"},
        ]});
        let first = api.post("/api/clicks/bulk", clicks.clone()).await.ok();
        assert_eq!(outcomes(&first), [
            ("created", json!("clk_1")), ("refused", json!(null)), ("created", json!("clk_3")), ("refused", json!(null)),
            ("refused", json!(null)),
        ]);
        assert_eq!(first["data"][1]["index"], 1);
        assert_eq!(first["data"][1]["error"]["field"], "key");
        assert_eq!(first["data"][3]["error"]["message"], "id is taken by another click");
        let again = api.post("/api/clicks/bulk", clicks).await.ok();
        assert_eq!(outcomes(&again)[0], ("exists", json!("clk_1")));
        assert_eq!(outcomes(&again)[2], ("exists", json!("clk_3")));
        assert_eq!(api.list("/api/clicks").await.len(), 2);
        let counted = api.get("/api/statistics?from=2026-11-01&to=2026-11-02").await.ok();
        assert_eq!(counted["data"][0]["clicks"], 2);
        api.sale("clk_3", "in_1", 1_000).await;
        assert_eq!(api.list("/api/sales").await[0]["clickId"], "clk_3");
    }

    async fn a_call_has_some_clicks_and_not_too_many(db: TestDb) {
        let api = Api::new(&db).await;
        api.post("/api/clicks/bulk", json!({"clicks": []})).await.refuses("clicks");
        let many: Vec<Value> = (0..501).map(|n| json!({"id": format!("clk_{n}"), "key": "alice"})).collect();
        api.post("/api/clicks/bulk", json!({"clicks": many})).await.refuses("clicks");
        assert_eq!(api.post("/api/clicks/bulk", json!({})).await.status, 400);
    }
}
