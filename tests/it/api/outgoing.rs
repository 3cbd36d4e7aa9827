//! Outgoing webhooks: told to whom, signed how, in which order, and what happens where nobody takes them.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use providers::signature::hmac_sha256;
use serde_json::{Value, json};
use tributary::args;
use tributary::store::Statement;

use super::client::Api;
use super::money::sold;
use crate::support::TestDb;
use crate::support::receiver::{NEVER, Received, Receiver};

static MESSAGES: Statement = Statement::new(
    "select kind, subject_id from webhook_messages where organization_id = $1 order by number",
);

/// A service that may send to this machine.
async fn service(db: &TestDb) -> Api {
    Api::with(db, |config| {
        config.outgoing.loopback = true;
        config.limits.webhook_timeout = Duration::from_millis(300);
    })
    .await
}

/// Adds an endpoint; answers its path and its secret.
async fn endpoint(api: &Api, url: &str, events: &[&str]) -> (String, String) {
    let body = json!({"url": url, "events": events});
    let made = api.post("/api/webhook-endpoints", body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (
        format!("/api/webhook-endpoints/{}", text("id")),
        text("secret"),
    )
}

async fn work(api: &Api) {
    let work = tokio::time::timeout(Duration::from_mins(1), api.app.work_all());
    work.await.expect("sending ends").unwrap();
}

fn signature(secret: &str, received: &Received) -> String {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let [id, at] = ["webhook-id", "webhook-timestamp"].map(|name| received.header(name));
    let signed = [
        id.as_bytes(),
        b".",
        at.as_bytes(),
        b".",
        received.body.as_ref(),
    ];
    format!("v1,{}", STANDARD.encode(hmac_sha256(&key, &signed)))
}

fn whats(told: &[(String, String)]) -> Vec<&str> {
    told.iter().map(|(what, _)| what.as_str()).collect()
}

/// A sale whose row nobody can read.
static DAMAGE: Statement =
    Statement::new("update sales set currency = '?' where organization_id = $1 and id = $2");

/// What the last attempts of an endpoint's messages have met, newest first.
async fn errors(api: &Api, path: &str) -> Vec<Value> {
    let all = api.list(&format!("{path}/attempts")).await;
    all.iter().map(|one| one["error"].clone()).collect()
}

on_both_databases! {
    async fn a_bonus_is_told_as_the_call_that_booked_it_was_answered(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let alice = api.partner("alice").await;
        endpoint(&api, &elsewhere.url(), &["adjustment.created"]).await;
        let bonus = json!({"kind": "bonus", "amount": 500, "currency": "usd", "reason": "well done", "idempotencyKey": "b1"});
        let path = format!("/api/partners/{alice}/adjustments");
        let booked = api.post(&path, bonus.clone()).await.ok();
        api.post(&path, bonus).await.ok();
        work(&api).await;
        let told = elsewhere.take();
        assert_eq!(told.len(), 1, "the same again is nothing new");
        assert_eq!(told[0].json()["data"], booked);
        assert_eq!((told[0].told().0.as_str(), &booked["amount"]), ("adjustment.created", &json!(500)));
    }

    async fn what_happens_is_told_signed_and_as_the_api_shows_it(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, secret) = endpoint(&api, &elsewhere.url(), &["*"]).await;
        let (alice, refund) = sold(&api).await;
        work(&api).await;
        let told = elsewhere.take();
        let sale = api.list("/api/sales").await.remove(0);
        let commission = api.list("/api/commissions").await.remove(0);
        let whats: Vec<(String, String)> = told.iter().map(Received::told).collect();
        for (what, id) in [("partner.created", &json!(alice)), ("sale.created", &sale["id"]),
            ("commission.created", &commission["id"])] {
            let told: Vec<_> = whats.iter().filter(|(told, _)| told == what).collect();
            assert_eq!(told.len(), 1, "{what}: {whats:?}");
            assert_eq!(told[0].1, id.as_str().unwrap());
        }
        assert!(whats.iter().all(|(what, _)| what != "click.created"), "{whats:?}");
        let of = |what: &str| told.iter().find(|one| one.told().0 == what).unwrap();
        let created = of("sale.created");
        let body = created.json();
        assert_eq!(body["data"], sale);
        assert_eq!(of("commission.created").json()["data"], commission);
        assert_eq!((created.path.as_str(), &body["livemode"]), ("/hooks?token=t", &json!(true)));
        assert_eq!(body["timestamp"], "2026-11-22T12:00:00.000Z");
        assert_eq!(created.header("webhook-id"), body["id"].as_str().unwrap());
        assert_eq!(created.header("content-type"), "application/json");
        for one in &told {
            assert_eq!(one.header("webhook-signature"), signature(&secret, one));
        }

        api.deliver("stripe", &refund).await;
        work(&api).await;
        let told = elsewhere.take();
        let mut whats: Vec<String> = told.iter().map(|one| one.told().0).collect();
        whats.sort();
        assert_eq!(whats, ["commission.updated", "sale.refunded", "sale.updated"]);
        let version = |one: &Received| one.json()["version"].as_i64().unwrap();
        assert!(told.iter().all(|one| version(one) > version(created)));
        assert!(told.iter().all(|one| one.json()["data"]["amountRefunded"] != 0));

        let delivered = api.list(&format!("{path}/deliveries?state=delivered&type=sale.created")).await;
        let delivered = delivered.first().unwrap();
        assert_eq!((&delivered["attempts"], &delivered["lastStatus"]), (&json!(1), &json!(204)));
        assert_eq!(delivered["subjectId"], sale["id"]);
        work(&api).await;
        assert_eq!(elsewhere.told(), [], "nothing is told twice");
    }

    async fn who_has_no_endpoint_writes_no_message(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let messages = async || {
            let rows = db.store.read(&MESSAGES, args![api.org.as_str()]).await.unwrap();
            rows.iter().map(|row| row.text("kind").unwrap().to_owned()).collect::<Vec<_>>()
        };
        sold(&api).await;
        work(&api).await;
        assert!(messages().await.is_empty());
        let (path, _) = endpoint(&api, &elsewhere.url(), &["lead.created"]).await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        assert!(messages().await.is_empty(), "nor does who wants something else");
        let lead = json!({"clickId": "clk_1", "eventName": "Signup", "customerExternalId": "u_2"});
        api.post("/api/track/lead", lead.clone()).await.ok();
        assert_eq!(messages().await, ["lead.created"]);
        api.patch(&path, json!({"status": "disabled"})).await.ok();
        let mut second = lead;
        second["customerExternalId"] = json!("u_3");
        api.post("/api/track/lead", second).await.ok();
        assert_eq!(messages().await.len(), 1);
        let other = api.another().await;
        other.partner("carol").await;
        work(&api).await;
        assert_eq!(elsewhere.told(), [], "a disabled one is sent nothing");
    }

    async fn clicks_are_told_where_they_are_asked_for_by_name(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        endpoint(&api, &elsewhere.url(), &["click.created"]).await;
        api.partner("alice").await;
        let click = api.post("/api/track/click", json!({"key": "alice"})).await.ok();
        api.click("clk_imported", "alice").await;
        work(&api).await;
        let told: BTreeMap<String, Value> = elsewhere.take().iter()
            .map(|one| (one.told().1, one.json()["data"].clone())).collect();
        assert_eq!(told.len(), 2);
        assert!(told.contains_key(click["clickId"].as_str().unwrap()));
        assert_eq!(told["clk_imported"], api.get("/api/clicks/clk_imported").await.ok());
    }

    async fn what_is_refused_is_sent_again_and_holds_up_nothing_else(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, _) = endpoint(&api, &elsewhere.url(), &["partner.*"]).await;
        let alice = api.partner("alice").await;
        let (poison, of_alice) = (alice.clone(), alice.clone());
        elsewhere.answer(move |one| if one.told().1 == poison { 500 } else { 200 });
        work(&api).await;
        assert_eq!(whats(&elsewhere.told()), ["partner.created"]);
        api.patch(&format!("/api/partners/{alice}"), json!({"name": "Alice B."})).await.ok();
        let bob = api.partner("bob").await;
        work(&api).await;
        assert_eq!(elsewhere.told(), [("partner.created".to_owned(), bob)]);
        let waiting = api.list(&format!("{path}/deliveries?state=pending")).await;
        let tried: Vec<_> = waiting.iter().map(|one| (&one["type"], &one["attempts"], &one["lastStatus"])).collect();
        assert_eq!(tried, [(&json!("partner.updated"), &json!(0), &Value::Null),
            (&json!("partner.created"), &json!(1), &json!(500))], "the second waits for the first");
        elsewhere.answer(|_| 200);
        api.clock.advance(Duration::from_secs(5));
        work(&api).await;
        let told = elsewhere.take();
        let both: Vec<_> = told.iter().map(Received::told).collect();
        assert_eq!(whats(&both), ["partner.created", "partner.updated"]);
        assert!(told.iter().all(|one| one.json()["data"]["name"] == "Alice B."), "as it is now");
        assert!(both.iter().all(|(_, id)| *id == of_alice));
        assert_eq!(errors(&api, &path).await, [Value::Null, Value::Null, Value::Null, json!("it answered 500")]);
    }

    async fn a_message_that_cannot_be_made_fails_alone_and_says_so(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, _) = endpoint(&api, &elsewhere.url(), &["sale.created"]).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let broken = api.sale("clk_1", "in_1", 1_000).await;
        let whole = api.sale("clk_1", "in_2", 2_000).await;
        let mut transaction = db.store.begin().await.unwrap();
        let args = args![api.org.as_str(), broken["id"].as_str().unwrap()];
        transaction.run(&DAMAGE, args).await.unwrap();
        transaction.commit().await.unwrap();
        work(&api).await;
        let whole = whole["id"].as_str().unwrap().to_owned();
        assert_eq!(elsewhere.told(), [("sale.created".to_owned(), whole)]);
        let waiting = api.list(&format!("{path}/deliveries?state=pending")).await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        let reason = waiting[0]["lastError"].as_str().unwrap();
        assert!(reason.starts_with("it was not sent"), "{reason}");
        api.clock.advance(Duration::from_secs(5));
        work(&api).await;
        assert_eq!(elsewhere.told(), [], "what was delivered is not told again");
        assert_eq!(api.get(&path).await.ok()["status"], "active");
    }

    async fn what_a_merchant_says_goes_on_with_half_an_emoji_in_it(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        endpoint(&api, &elsewhere.url(), &["sale.created"]).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let body = r#"{"clickId":"clk_1","customerExternalId":"u_1","amount":1000,"invoiceId":"in_1","customerName":"Ada \ud83d","metadata":{"note":"a gift \ud83d"}}"#;
        let request = Request::builder().method("POST").uri("/api/track/sale");
        let request = request.header(AUTHORIZATION, format!("Bearer {}", api.key));
        let (status, ..) = api.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(status, 200);
        let sale = api.sale_named("in_1").await;
        assert_eq!(sale["metadata"], json!({"note": "a gift \u{fffd}"}));
        work(&api).await;
        assert_eq!(elsewhere.take()[0].json()["data"], sale);
    }

    async fn a_message_is_given_up_after_three_days_and_sent_again_by_hand(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, _) = endpoint(&api, &elsewhere.url(), &["partner.created"]).await;
        let bad = api.partner("bad").await;
        let poison = bad.clone();
        elsewhere.answer(move |one| if one.told().1 == poison { 503 } else { 200 });
        for day in 0..8 {
            work(&api).await;
            // Others keep the endpoint well.
            api.partner(&format!("well{day}")).await;
            api.clock.advance(Duration::from_hours(12));
        }
        for _ in 0..12 {
            work(&api).await;
            api.clock.advance(Duration::from_hours(24));
        }
        let failed = api.list(&format!("{path}/deliveries?state=failed")).await;
        let [one] = failed.as_slice() else { panic!("{failed:?}") };
        assert_eq!((&one["subjectId"], &one["attempts"]), (&json!(bad), &json!(11)));
        assert_eq!(one["nextAttemptAt"], Value::Null);
        elsewhere.take();
        elsewhere.answer(|_| 200);
        let message = one["messageId"].as_str().unwrap();
        let again = format!("{path}/deliveries/{message}/resend");
        api.post(&again, json!({})).await.ok();
        work(&api).await;
        let told = elsewhere.take();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].header("webhook-id"), message, "under its own id");
        assert_eq!(api.list(&format!("{path}/deliveries?state=failed")).await.len(), 0);
        api.post(&format!("{path}/deliveries/msg_x/resend"), json!({})).await.is_unknown();
    }

    async fn an_endpoint_that_takes_nothing_for_days_is_disabled_and_says_why(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, _) = endpoint(&api, &elsewhere.url(), &["partner.created"]).await;
        elsewhere.answer(|_| 500);
        for day in 0..5 {
            assert_eq!(api.get(&path).await.ok()["status"], "active", "day {day}");
            api.partner(&format!("p{day}")).await;
            work(&api).await;
            api.clock.advance(Duration::from_hours(25));
            work(&api).await;
        }
        let shown = api.get(&path).await.ok();
        assert_eq!(shown["status"], "disabled");
        assert_eq!(shown["disabledReason"], "it has taken nothing for 5 days; the last time it answered 500");
        let line = api.list("/api/changes?type=webhook_endpoint.changed").await.remove(0);
        assert_eq!((&line["actor"]["kind"], &line["reason"]), (&json!("server"), &shown["disabledReason"]));
        elsewhere.take();
        api.partner("meanwhile").await;
        api.post(&format!("{path}/ping"), json!({})).await.refuses("status");

        elsewhere.answer(|_| 200);
        let shown = api.patch(&path, json!({"status": "active"})).await.ok();
        assert_eq!((&shown["disabledReason"], &shown["failingSince"]), (&Value::Null, &Value::Null));
        api.clock.advance(Duration::from_hours(25));
        work(&api).await;
        assert!(!elsewhere.take().is_empty(), "what it had not taken is sent again");
        let last = api.partner("later").await;
        work(&api).await;
        assert_eq!(elsewhere.told(), [("partner.created".to_owned(), last)]);
    }

    async fn what_goes_wrong_is_said_and_nobody_is_followed(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, _) = endpoint(&api, &elsewhere.url(), &["partner.created"]).await;
        for (status, said) in [(302, "it answered 302: redirects are not followed"),
            (404, "it answered 404"), (NEVER, "no answer came in time")] {
            elsewhere.answer(move |_| status);
            api.partner(&format!("p{status}")).await;
            work(&api).await;
            assert_eq!(errors(&api, &path).await[0], said);
        }
        assert!(elsewhere.take().iter().all(|one| one.path != "/elsewhere"));
        let closed = elsewhere.address;
        drop(elsewhere);
        api.partner("nobody").await;
        work(&api).await;
        assert_eq!(errors(&api, &path).await[0], "no connection could be made", "{closed}");
    }

    async fn an_endpoint_that_is_gone_is_disabled_at_once(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, _) = endpoint(&api, &elsewhere.url(), &["partner.created"]).await;
        elsewhere.answer(|_| 410);
        api.partner("alice").await;
        work(&api).await;
        let shown = api.get(&path).await.ok();
        assert_eq!((&shown["status"], &shown["disabledReason"]), (&json!("disabled"), &json!("it answered 410: it is gone")));
    }

    async fn nothing_is_sent_into_the_servers_own_network(db: TestDb) {
        let api = Api::new(&db).await;
        for url in ["http://hooks.example.com/", "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/",
            "https://169.254.169.254/latest", "https://u:p@hooks.example.com/", "ftp://a/", "x"] {
            let body = json!({"url": url, "events": ["*"]});
            api.post("/api/webhook-endpoints", body).await.refuses("url");
        }
        // A name whose address is known only when it is looked up.
        let (path, _) = endpoint(&api, "https://localhost:1/", &["partner.created"]).await;
        api.partner("alice").await;
        work(&api).await;
        assert_eq!(errors(&api, &path).await, ["its name leads to an address that is not public"]);
    }

    async fn another_secret_signs_beside_the_old_one_for_a_day(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let (path, first) = endpoint(&api, &elsewhere.url(), &["*"]).await;
        let ping = format!("{path}/ping");
        let rotated = api.call("POST", &format!("{path}/secret"), None).await.ok();
        let second = rotated["secret"].as_str().unwrap();
        assert_ne!(first, second);
        assert_eq!(api.get(&path).await.ok()["secret"], Value::Null);
        let sent = async || {
            let id = api.call("POST", &ping, None).await.ok()["messageId"].clone();
            work(&api).await;
            let told = elsewhere.take();
            assert_eq!((told.len(), &told[0].json()["id"]), (1, &id));
            assert_eq!(told[0].json()["type"], "endpoint.ping");
            told[0].clone()
        };
        let told = sent().await;
        let both = format!("{} {}", signature(second, &told), signature(&first, &told));
        assert_eq!(told.header("webhook-signature"), both);
        api.clock.advance(Duration::from_hours(24));
        let told = sent().await;
        assert_eq!(told.header("webhook-signature"), signature(second, &told));
    }

    async fn an_endpoint_is_told_of_its_own_ledger_alone(db: TestDb) {
        let (api, elsewhere) = (service(&db).await, Receiver::start().await);
        let key = api.post("/api/keys", json!({"name": "t", "mode": "test"})).await.ok();
        let test = api.with_key(key["key"].as_str().unwrap());
        let (path, _) = endpoint(&test, &elsewhere.url(), &["*"]).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        work(&api).await;
        assert_eq!(elsewhere.told(), []);
        let sale = json!({"clickId": "clk_1", "customerExternalId": "u", "amount": 500, "invoiceId": "in_t"});
        test.post("/api/track/sale", sale).await.ok();
        work(&api).await;
        let told = elsewhere.take();
        let whats: Vec<_> = told.iter().map(|one| one.told().0).collect();
        assert_eq!(whats, ["sale.created", "commission.created"]);
        assert!(told.iter().all(|one| one.json()["livemode"] == json!(false)));
        let (live, _) = endpoint(&api, &elsewhere.url(), &["*"]).await;
        test.get(&live).await.is_unknown();
        test.patch(&live, json!({"status": "disabled"})).await.is_unknown();
        test.delete(&live).await.is_unknown();
        assert_eq!(test.list("/api/webhook-endpoints").await.len(), 1);
        let body = json!({"url": elsewhere.url(), "events": ["*"], "livemode": true});
        assert_eq!(test.post("/api/webhook-endpoints", body).await.status, 403);
        api.another().await.get(&path).await.is_unknown();
    }

    async fn an_endpoint_that_cannot_be_is_refused(db: TestDb) {
        let api = service(&db).await;
        let url = "https://hooks.example.com/";
        for (body, field) in [
            (json!({"events": ["*"]}), "url"),
            (json!({"url": url}), "events"),
            (json!({"url": url, "events": []}), "events"),
            (json!({"url": url, "events": ["sale.made"]}), "events"),
            (json!({"url": url, "events": ["*"], "secret": "x"}), "secret"),
        ] {
            api.post("/api/webhook-endpoints", body).await.refuses(field);
        }
        let (path, _) = endpoint(&api, url, &["*"]).await;
        api.patch(&path, json!({"status": "gone"})).await.refuses("status");
        api.patch(&path, json!({"events": ["nothing"]})).await.refuses("events");
        api.get(&format!("{path}/deliveries?state=lost")).await.refuses("state");
        api.delete(&path).await.ok();
        api.get(&path).await.is_unknown();
        api.get(&format!("{path}/attempts")).await.is_unknown();
        assert!(api.list("/api/webhook-endpoints").await.is_empty());
    }
}
