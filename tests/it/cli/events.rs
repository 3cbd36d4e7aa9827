//! The inbox on the command line, replay and exports.

use super::*;

const SECRET: &str = "whsec_0123456789abcdef";

/// A server that has been sent all of Stripe's fixtures, and its address.
fn with_stripe(db: &TestDb) -> (Place, Server) {
    let place = Place::of(db)
        .with("TRIBUTARY_API_KEY", "chosen_key_0123456789_abcdef")
        .with("TRIBUTARY_STRIPE_SECRETS", SECRET);
    let server = place.serve();
    let stripe = fixtures("stripe");
    let line = [
        "replay",
        &stripe,
        "--to",
        &server.address,
        "--secret",
        SECRET,
        "--shuffle",
        "3",
    ];
    let printed = place.ok(&line);
    assert!(printed.lines().count() > 200, "{printed}");
    assert!(
        !printed.contains("  received"),
        "all are processed: {printed}"
    );
    (place, server)
}

on_both_databases! {
    async fn events_are_listed_by_what_they_are_and_shown_byte_for_byte(db: TestDb) {
        let (place, server) = with_stripe(&db);
        let all = place.json(&["events", "list", "--limit", "1000"]);
        let all = all.as_array().unwrap();
        let paid = place.json(&["events", "list", "--type", "invoice.paid", "--state", "processed", "--limit", "1000"]);
        let paid = paid.as_array().unwrap();
        assert!(!paid.is_empty() && paid.len() < all.len());
        assert!(paid.iter().all(|event| event["type"] == "invoice.paid"));
        assert_eq!(place.json(&["events", "list", "--processor", "polar"]), serde_json::json!([]));
        assert_eq!(place.json(&["events", "list", "--until", "2020-01-01"]), serde_json::json!([]));
        assert_eq!(place.json(&["events", "list", "--limit", "2"]).as_array().unwrap().len(), 2);

        let id = paid[0]["id"].as_str().unwrap();
        assert_eq!(place.json(&["events", "show", id])["saleIds"].as_array().unwrap().len(), 1);
        let payload = place.ok(&["events", "show", id, "--payload"]);
        let sent = tributary::fixtures::load(std::path::Path::new(&fixtures("stripe"))).unwrap();
        assert!(sent.iter().any(|delivery| delivery.body == payload.as_bytes()));
        let payload: Value = serde_json::from_str(&payload).unwrap();
        assert_eq!(payload["id"], paid[0]["externalId"]);
        let external_id = paid[0]["externalId"].as_str().unwrap();
        assert_eq!(place.json(&["events", "show", external_id]), place.json(&["events", "show", id]));
        assert_eq!(place.run(&["events", "show", "evt_0"]).code, 2);
        server.stop();
    }

    async fn exported_events_come_back_as_duplicates_that_change_nothing(db: TestDb) {
        let (place, server) = with_stripe(&db);
        let sales = place.ok(&["export", "sales", "--format", "jsonl"]);
        let exported = place.ok(&["events", "export"]);
        let file = place.folder.join("events.jsonl");
        std::fs::write(&file, &exported).unwrap();
        let line = ["replay", file.to_str().unwrap(), "--to", &server.address, "--secret", SECRET];
        assert_eq!(place.ok(&line).lines().count(), exported.lines().count());
        let events = place.json(&["events", "list", "--limit", "1000"]);
        let events = events.as_array().unwrap();
        assert_eq!(events.len(), exported.lines().count());
        assert!(events.iter().all(|event| event["deliveries"].as_i64() >= Some(2)));
        assert_eq!(place.ok(&["export", "sales", "--format", "jsonl"]), sales);
        server.stop();
    }

    async fn a_delivery_is_repeated_as_often_as_asked_and_a_refusal_fails(db: TestDb) {
        let (place, server) = with_stripe(&db);
        let fixture = fixtures("stripe/f01-subscription-checkout.json");
        let once = place.ok(&["replay", &fixture, "--to", &server.address, "--secret", SECRET]);
        let line = ["replay", &fixture, "--to", &server.address, "--secret", SECRET, "--duplicate", "3", "--rate", "500"];
        assert_eq!(place.ok(&line).lines().count(), once.lines().count() * 3);
        let whole = format!("{}/webhooks/polar", server.address);
        let refused = place.run(&["replay", &fixture, "--to", &whole, "--secret", SECRET]);
        assert_eq!(refused.code, 1);
        server.stop();
        let away = place.run(&["replay", &fixture, "--to", &whole, "--secret", SECRET]);
        assert_eq!(away.code, 1);
        assert!(away.stdout.starts_with("---  stripe"), "{}", away.stdout);
    }

    async fn sales_are_exported_with_one_line_each_in_both_forms(db: TestDb) {
        let (place, server) = with_stripe(&db);
        server.stop();
        let lines = place.ok(&["export", "sales", "--format", "jsonl"]);
        let sales: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(sales.len() > 30);
        let csv = place.ok(&["export", "sales"]);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), sales.len());
        for (record, sale) in records.iter().zip(&sales) {
            assert_eq!(record[0], *sale["id"].as_str().unwrap());
            assert_eq!(record[6], sale["amount"].to_string());
        }
        let payouts = place.ok(&["export", "payouts"]);
        assert_eq!(payouts.lines().count(), 1, "only the header: {payouts}");
    }

    async fn an_audit_finds_no_difference_and_reprocessing_changes_nothing(db: TestDb) {
        let (place, server) = with_stripe(&db);
        server.stop();
        let report = place.json(&["audit"]);
        assert_eq!(report[0]["clean"], true, "{report}");
        let report = place.json(&["events", "reprocess", "--dry-run", "--type", "invoice.paid"]);
        assert_eq!(report[0]["sales"], serde_json::json!([]), "{report}");
        assert!(report[0]["eventsFound"].as_i64() > Some(10), "{report}");
    }

    async fn a_sale_is_explained_by_its_id_its_payments_names_and_its_events(db: TestDb) {
        let (place, server) = with_stripe(&db);
        server.stop();
        let lines = place.ok(&["export", "sales", "--format", "jsonl"]);
        let sale: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        let id = sale["id"].as_str().unwrap();
        let by_id = place.json(&["explain", id]);
        assert_eq!(by_id[0]["sale"]["amount"], sale["amount"]);
        let name = sale["invoiceId"].as_str().unwrap();
        assert_eq!(place.json(&["explain", name]), by_id);
        let paid = place.json(&["events", "list", "--type", "invoice.paid"]);
        let event = place.json(&["events", "show", paid[0]["id"].as_str().unwrap()]);
        let by_event = place.json(&["explain", event["id"].as_str().unwrap()]);
        assert_eq!(by_event[0]["sale"]["id"], event["saleIds"][0]);
        let by_delivery = place.json(&["explain", event["externalId"].as_str().unwrap()]);
        assert_eq!(by_delivery, by_event);
        let commission = id.replacen("sale_", "com_", 1);
        assert_eq!(place.json(&["explain", &commission]), by_id);
        assert!(!place.ok(&["explain", id]).trim().is_empty());
        assert_eq!(place.run(&["explain", "sale_0"]).code, 2);
    }

    async fn exports_take_a_status_a_time_and_a_partner_and_have_the_ids_of_the_api(db: TestDb) {
        let (place, server) = with_stripe(&db);
        server.stop();
        let lines = |flags: &[&str]| {
            let printed = place.ok(&[&["export"], flags, &["--format", "jsonl"]].concat());
            let lines = printed.lines().map(|line| serde_json::from_str(line).unwrap());
            lines.collect::<Vec<Value>>()
        };
        let all = lines(&["sales"]);
        let rejected = lines(&["sales", "--status", "rejected"]);
        let expected = all.iter().filter(|sale| sale["status"] == "rejected").count();
        assert!(expected > 0 && rejected.len() == expected && expected < all.len());
        let times: Vec<&str> = all.iter().map(|sale| sale["occurredAt"].as_str().unwrap()).collect();
        let middle = times[times.len() / 2];
        let (since, until) = (lines(&["sales", "--from", middle]), lines(&["sales", "--to", middle]));
        assert_eq!(since.len() + until.len(), all.len());
        assert!(since.iter().all(|sale| sale["occurredAt"].as_str().unwrap() >= middle));
        let refused: [(&[&str], &str); 10] = [
            (&["export", "sales", "--partner", "prt_none"], "no partner has the id prt_none"),
            (&["export", "sales", "--from", "tomorrow"], "--from"),
            (&["export", "sales", "--from", "2026-12-01", "--to", "2026-11-01"], "must be later"),
            (&["events", "list", "--since", "2026-12-01", "--until", "2026-11-01"], "must be later"),
            (&["events", "list", "--processor", "foo"], "stripe"),
            (&["events", "list", "--source", "src_none"], "no source has the id src_none"),
            (&["events", "export", "--source", "src_none"], "no source has the id src_none"),
            (&["events", "list", "--limit", "0"], "--limit"),
            (&["listen", "--to", "http://127.0.0.1:1", "--once", "--source", "src_none"], "no source has the id src_none"),
            (&["listen", "--to", "http://127.0.0.1:1", "--once", "--processor", "foo"], "stripe"),
        ];
        for (wrong, says) in refused {
            let ran = place.run(wrong);
            assert!(ran.code == 2 && ran.stderr.contains(says), "{wrong:?}: {} {}", ran.code, ran.stderr);
        }
        place.ok(&["events", "list", "--processor", "api"]);
        for one in lines(&["commissions"]) {
            let (id, sale) = (one["id"].as_str().unwrap(), one["saleId"].as_str().unwrap());
            assert_eq!(id.replacen("com_", "sale_", 1), sale);
        }
        let wrong = place.run(&["export", "payouts", "--status", "rejected"]);
        assert!(wrong.code == 2 && wrong.stderr.contains("draft"), "{}", wrong.stderr);
    }

    async fn refunds_disputes_and_parked_events_are_explained_and_the_audit_names_them(db: TestDb) {
        let (place, server) = with_stripe(&db);
        let lone = place.folder.join("lone.jsonl");
        let body = r#"{"id":"evt_lone1","object":"event","type":"charge.refunded","api_version":"2026-10-28.endive","created":1791192600,"livemode":true,"data":{"object":{"id":"ch_lone1","object":"charge","amount":4900,"amount_refunded":4900,"currency":"usd","created":1791192600,"paid":true,"captured":true,"refunded":true,"status":"succeeded","livemode":true,"payment_intent":"pi_lone1"}}}"#;
        std::fs::write(&lone, serde_json::json!({"processor": "stripe", "body": body}).to_string()).unwrap();
        place.ok(&["replay", lone.to_str().unwrap(), "--to", &server.address, "--secret", &format!("stripe={SECRET}")]);
        server.stop();
        let exported = place.ok(&["events", "export"]);
        let id_of = |kind: &str, prefix: &str| {
            let is_it = |event: &&str| event.contains(&format!("\"type\":\"{kind}"));
            let event: Value = serde_json::from_str(exported.lines().find(is_it).unwrap()).unwrap();
            let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
            let id = body["data"]["object"]["id"].as_str().unwrap().to_owned();
            assert!(id.starts_with(prefix), "{id}");
            id
        };
        for id in [id_of("refund.", "re_"), id_of("charge.dispute.", "du_")] {
            let told = place.json(&["explain", &id]);
            assert!(told[0]["sale"]["id"].is_string(), "{id}: {told}");
        }
        let parked = place.json(&["events", "list", "--state", "parked"]);
        assert!(!parked.as_array().unwrap().is_empty());
        let one = &parked[0];
        let told = place.json(&["explain", one["externalId"].as_str().unwrap()]);
        assert_eq!((&told[0]["event"]["state"], &told[0]["event"]["reason"]), (&one["state"], &one["reason"]));
        let said = place.ok(&["explain", one["id"].as_str().unwrap()]);
        assert!(said.contains("is parked, it waits for another event"), "{said}");
        let report = place.json(&["audit"]);
        assert!(report[0]["openEvents"].as_array().unwrap().iter().any(|open| open["id"] == one["id"]), "{report}");
        assert!(place.ok(&["audit"]).contains("events are parked"));
    }
}
