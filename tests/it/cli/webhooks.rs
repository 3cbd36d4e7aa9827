//! Outgoing webhooks on the command line.

use super::*;
use crate::api::client::Api;
use crate::support::receiver::Receiver;
use serde_json::json;

on_both_databases! {
    async fn endpoints_are_added_listed_told_again_and_removed_by_commands(db: TestDb) {
        let api = Api::with(&db, |config| config.outgoing.loopback = true).await;
        let hooks = Receiver::start().await;
        let place = Place::of(&db);
        let made = place.json(&["webhooks", "add", "https://hooks.invalid/x", "--events", "sale.*,partner.created"]);
        assert!(made["secret"].as_str().unwrap().starts_with("whsec_"), "{made}");
        let id = made["id"].as_str().unwrap();
        let all = place.json(&["webhooks", "list"]);
        assert_eq!([&all[0]["id"], &all[0]["ledger"], &all[0]["events"], &all[0]["state"]],
            [&json!(id), &json!("live"), &json!("sale.*,partner.created"), &json!("active")]);
        let path = format!("/api/webhook-endpoints/{id}");
        api.patch(&path, json!({"url": hooks.url()})).await.ok();
        hooks.answer(|_| 500);
        api.partner("alice").await;
        for _ in 0..12 {
            api.app.work_all().await.unwrap();
            api.clock.advance(std::time::Duration::from_hours(9));
        }
        let message = api.list(&format!("{path}/deliveries")).await.remove(0)["messageId"].as_str().unwrap().to_owned();
        assert_eq!(place.json(&["webhooks", "redeliver", id, &message])["resent"], 1);
        // The command has the real time, which is not that of the service here.
        let waits = api.list(&format!("{path}/deliveries?state=pending")).await.remove(0);
        assert_eq!((&waits["messageId"], &waits["attempts"]), (&json!(message), &json!(0)));
        assert_eq!(place.json(&["webhooks", "redeliver", id])["resent"], 0, "nothing has failed");
        let wrong = place.run(&["webhooks", "redeliver", "nope"]);
        assert!(wrong.code == 2 && wrong.stderr.contains("no endpoint has the id nope"), "{}", wrong.stderr);
        place.ok(&["webhooks", "remove", id]);
        assert_eq!(place.json(&["webhooks", "list"]), json!([]));
    }
}
