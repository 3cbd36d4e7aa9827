//! Payouts on the command line.

use super::*;
use crate::api::client::Api;
use crate::api::money::sold;
use serde_json::json;

on_both_databases! {
    async fn a_reversed_payout_is_exported_with_its_reason_and_its_commission_is_unpaid(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let body = json!({"partnerId": alice, "currency": "usd"});
        let payout = api.post("/api/payouts", body).await.ok();
        let place = Place::of(&db);
        let export = |what: &str| -> Value {
            let lines = place.ok(&["export", what, "--format", "jsonl"]);
            assert_eq!(lines.lines().count(), 1, "{lines}");
            serde_json::from_str(&lines).unwrap()
        };
        let exported = export("payouts");
        assert_eq!((&exported["status"], &exported["reversedAt"]), (&json!("paid"), &Value::Null));
        assert_eq!(export("commissions")["paid"], 250);
        let path = format!("/api/payouts/{}/reverse", payout["id"].as_str().unwrap());
        api.post(&path, json!({"reason": "wrong account"})).await.ok();
        let exported = export("payouts");
        for (member, value) in [("id", payout["id"].clone()), ("amount", json!(250)), ("status", json!("reversed")),
            ("reversedAt", json!("2026-11-22T12:00:00.000Z")), ("reversedReason", json!("wrong account"))] {
            assert_eq!(exported[member], value, "{member}");
        }
        let commission = export("commissions");
        assert_eq!((&commission["amount"], &commission["paid"]), (&json!(250), &json!(0)));
        assert_eq!(place.json(&["audit"])[0]["clean"], true);
    }

    async fn a_run_is_approved_sent_and_confirmed_by_commands(db: TestDb) {
        let api = Api::new(&db).await;
        sold(&api).await;
        let place = Place::of(&db);
        let looked = place.json(&["payouts", "run", "--dry-run"]);
        assert_eq!((&looked[0]["outcome"], &looked[0]["payoutId"]), (&json!("drafted"), &Value::Null));
        let drafted = place.json(&["payouts", "run"]);
        assert_eq!(drafted[0]["amount"], 250);
        assert_eq!(place.json(&["payouts", "run"]), json!([]), "all of it is drafted");
        assert_eq!(place.json(&["payouts", "approve"])["approved"], 1);
        let file = place.ok(&["payouts", "send", "--method", "plain", "--currency", "usd"]);
        assert!(file.contains(drafted[0]["payoutId"].as_str().unwrap()) && file.contains(",2.50,USD,"), "{file}");
        let batch = api.list("/api/payout-batches").await.remove(0);
        let batch = batch["id"].as_str().unwrap();
        assert_eq!(place.ok(&["payouts", "file", batch]), file, "the same once more");
        for what in ["file", "confirm"] {
            let wrong = place.run(&["payouts", what, "nope"]);
            assert!(wrong.code == 2 && wrong.stdout.is_empty(), "{what}: {}", wrong.stdout);
            assert!(wrong.stderr.contains("no batch has the id nope"), "{}", wrong.stderr);
        }
        assert_eq!(place.json(&["payouts", "confirm", batch])["confirmed"], 1);
        assert_eq!(api.list("/api/payouts").await[0]["status"], "paid");
        assert_eq!(place.json(&["audit"])[0]["clean"], true);
    }
}
