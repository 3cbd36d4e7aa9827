//! One decision about many commissions: looked at first, then done to the very ones that were shown.

use serde_json::json;

use super::browser::Browser;
use super::markup::assert_plain;
use super::members::member;
use crate::api::client::Api;

/// The ids that the form of a preview takes along.
fn ids(page: &str) -> Vec<String> {
    let parts = page.split(r#"name="id" value=""#).skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    async fn what_a_filter_lets_through_is_voided_after_a_look_at_all_of_it(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.partner("bob").await;
        for (click, key) in [("clk_1", "alice"), ("clk_2", "alice"), ("clk_3", "bob")] {
            api.click(click, key).await;
        }
        for (click, invoice) in [("clk_1", "in_1"), ("clk_2", "in_2"), ("clk_3", "in_3")] {
            api.sale(click, invoice, 1_000).await;
        }
        let mut owner = Browser::signed_in(&api).await;
        let list = owner.page(&format!("/dashboard/commissions?partner={alice}")).await;
        assert_plain("commissions", &list);
        assert!(list.contains("Decide about all that match"), "{list}");
        let path = "/dashboard/commissions/decisions";
        let fields = [("partner", alice.as_str()), ("decision", "fraud"), ("reason", "bought by <b>bots</b>"), ("do", "preview")];
        let shown = owner.submit(path, &fields).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        assert_plain("a decision about several", &shown.body);
        assert!(shown.body.contains("Decide about 2 commissions") && shown.body.contains("2.00") && shown.body.contains("&lt;b&gt;"), "{}", shown.body);
        let shown_ids = ids(&shown.body);
        assert_eq!(shown_ids.len(), 2);
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 100, "nothing was done yet");
        assert!(api.list("/api/changes?type=commission.decided").await.is_empty());
        // What comes meanwhile matches the filter, and was not shown.
        api.sale("clk_1", "in_4", 1_000).await;
        let run: Vec<(&str, &str)> = shown_ids.iter().map(|id| ("id", id.as_str()))
            .chain([("decision", "fraud"), ("reason", "bought by <b>bots</b>"), ("do", "run")]).collect();
        let done = owner.submit(path, &run).await;
        assert_plain("decided", &done.body);
        assert!(done.status == 200 && done.body.contains("2 commissions have"), "{}", done.body);
        api.settle().await;
        for (invoice, left) in [("in_1", 0), ("in_2", 0), ("in_3", 100), ("in_4", 100)] {
            assert_eq!(api.sale_named(invoice).await["commissionAmount"], left, "{invoice}");
        }
        assert_eq!(api.list("/api/changes?type=commission.decided").await.len(), 2);
        let again = owner.submit(path, &run).await;
        assert!(again.body.contains("0 commissions have") && again.body.contains("2 others were"), "{}", again.body);
        let rest = owner.submit(path, &fields).await;
        assert_eq!(ids(&rest.body).len(), 1, "what is decided so already is left out");
        let none = [("status", "paid"), ("decision", "fraud"), ("reason", "x"), ("do", "preview")];
        let none = owner.submit(path, &none).await;
        assert!(none.status == 400 && none.body.contains("no commission among these"), "{}", none.body);
        for (field, value) in [("reason", ""), ("decision", "pay"), ("do", ""), ("status", "payd")] {
            let fields = [("status", "approved"), ("decision", "void"), ("reason", "x"), ("do", "preview")];
            let fields = fields.map(|(name, given)| (name, if name == field { value } else { given }));
            owner.page("/dashboard/commissions").await;
            let status = owner.submit(path, &fields).await.status;
            assert!(matches!(status, 400 | 403), "{field}: {status}");
        }
        let mut reader = member(&api, &mut owner, "rita", "read-only").await;
        assert!(!reader.page("/dashboard/commissions").await.contains("Decide about"));
        assert_eq!(reader.submit(path, &run).await.status, 403);
        let mut other = Browser::signed_in(&api.another().await).await;
        other.page("/dashboard/commissions").await;
        let reinstate: Vec<(&str, &str)> = shown_ids.iter().map(|id| ("id", id.as_str()))
            .chain([("decision", "reinstate"), ("reason", "x"), ("do", "run")]).collect();
        let theirs = other.submit(path, &reinstate).await;
        assert!(theirs.body.contains("0 commissions have"), "{}", theirs.body);
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 0);
    }

    async fn the_api_tells_what_a_decision_about_several_would_do(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.click("clk_2", "alice").await;
        let one = api.sale("clk_1", "in_1", 1_000).await;
        let two = api.sale("clk_2", "in_2", 3_000).await;
        let before = api.list("/api/ledger").await;
        let body = json!({"ids": [one["id"], two["id"], "com_none"], "decision": "void", "reason": "x"});
        let told = api.post("/api/commissions/decisions?preview=true", body.clone()).await.ok();
        let outcomes: Vec<_> = told["data"].as_array().unwrap().iter().map(|one| one["outcome"].clone()).collect();
        assert_eq!(outcomes, ["decided", "decided", "not_found"]);
        let all = &told["consequences"];
        assert_eq!(all["balances"], json!([{"partnerId": alice, "currency": "usd", "livemode": true, "before": 400, "after": 0}]));
        assert_eq!((all["sales"].as_array().unwrap().len(), all["entries"].as_array().unwrap().len()), (2, 2));
        assert_eq!(api.list("/api/ledger").await, before, "nothing was written");
        let done = api.post("/api/commissions/decisions", body).await.ok();
        assert_eq!(done["consequences"], json!(null));
        api.settle().await;
        let balance = api.list("/api/balances").await;
        assert!(balance.iter().all(|one| one["balance"] == 0), "{balance:#?}");
        api.post("/api/commissions/decisions?preview=perhaps", json!({"ids": ["com_x"], "decision": "void", "reason": "x"})).await.refuses("preview");
    }
}
