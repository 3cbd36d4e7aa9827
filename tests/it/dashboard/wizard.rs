//! Connecting a processor: from the choice to the first delivery, and what goes wrong on the way.

use axum::http::StatusCode;
use providers::{Secret, Settings};

use super::browser::Browser;
use super::markup::{assert_plain, links};
use crate::support::app::TestApp;

const SECRET: &str = "whsec_3f8a9c2b1d4e5f60718293a4b5c6d7e8";
const BODY: &str = r#"{"id":"evt_1","object":"event","type":"charge.updated","livemode":true,"data":{"object":{}}}"#;

/// The value of a hidden field of a page.
fn field(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// What is to be copied of a page: the address.
fn address(page: &str) -> String {
    let (_, rest) = page.split_once("data-copy=\"http").unwrap();
    let address = rest.split_once('"').unwrap().0;
    let (_, path) = address.split_once("/webhooks/").unwrap();
    format!("/webhooks/{path}")
}

async fn deliver(app: &TestApp, path: &str, secret: &str) -> StatusCode {
    let adapter = providers::adapter("stripe").unwrap();
    let secret = Secret::new(secret).unwrap();
    let signed = adapter.sign(
        BODY.as_bytes(),
        &[],
        &secret,
        &Settings::default(),
        app.app.now(),
    );
    app.post_delivery(path, signed.unwrap()).await
}

on_both_databases! {
    async fn an_address_is_shown_before_its_secret_and_takes_deliveries_after_it(db: TestDb) {
        let app = TestApp::start(&db).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let choose = browser.page("/dashboard/sources/new").await;
        assert_eq!(links(&choose).iter().filter(|link| link.contains("processor=")).count(), providers::adapters().len());
        let form = browser.page("/dashboard/sources/new?processor=stripe").await;
        assert_plain("the form", &form);
        assert!(form.contains("invoice.paid"), "the events to tick");
        let (path, id) = (address(&form), field(&form, "id"));
        let fields = [("processor", "stripe"), ("id", id.as_str()), ("secret", SECRET), ("includeShipping", "true")];
        let saved = browser.submit("/dashboard/sources/new", &fields).await;
        assert_eq!((saved.status, saved.header("location")), (303, format!("/dashboard/sources/{id}/first").as_str()), "{}", saved.body);
        let source = app.app.desk().get(&app.org, &id).await.unwrap();
        assert_eq!(serde_json::to_string(&source.settings).unwrap(), r#"{"includeShipping":true}"#);

        let waiting = browser.get(saved.header("location")).await;
        assert!(waiting.body.contains("Nothing has arrived yet") && waiting.header("refresh") == "3", "{}", waiting.body);
        assert_plain("waiting", &waiting.body);

        assert_eq!(deliver(&app, &path, "whsec_of_another_endpoint").await, StatusCode::UNAUTHORIZED);
        let refused = browser.get(saved.header("location")).await;
        assert!(refused.body.contains("signed with a secret that this source does not have"), "{}", refused.body);
        assert_eq!(refused.header("refresh"), "3");

        assert_eq!(deliver(&app, &path, SECRET).await, StatusCode::OK);
        let arrived = browser.get(saved.header("location")).await;
        assert!(arrived.body.contains("It works") && arrived.header("refresh").is_empty(), "{}", arrived.body);
        for page in [&form, &saved.body, &waiting.body, &arrived.body] {
            assert!(!page.contains(SECRET), "a secret is never shown");
        }
    }

    async fn an_odd_secret_is_noticed_before_it_is_saved_and_never_repeated(db: TestDb) {
        let app = TestApp::start(&db).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let form = browser.page("/dashboard/sources/new?processor=stripe").await;
        let id = field(&form, "id");
        let key = "sk_live_51H8xAbCdEfGhIjK";
        for (secret, says) in [(key, "API key"), ("\"whsec_3f8a9c2b1d4e\"", "quotes"), ("3f8a9c2b1d4e5f607182", "begin with whsec_"), ("abc12", "shorter than")] {
            let fields = [("processor", "stripe"), ("id", id.as_str()), ("secret", secret)];
            let answer = browser.submit("/dashboard/sources/new", &fields).await;
            assert!(answer.status == 200 && answer.body.contains(says), "{secret}: {}", answer.body);
            assert!(!answer.body.contains(secret), "{secret} is repeated");
        }
        assert_eq!(app.app.desk().list(&app.org).await.unwrap().len(), 0);
        let certain = [("processor", "stripe"), ("id", id.as_str()), ("secret", key), ("sure", "yes")];
        assert_eq!(browser.submit("/dashboard/sources/new", &certain).await.status, 200);
        let odd = [("processor", "stripe"), ("id", id.as_str()), ("secret", "3f8a9c2b1d4e5f607182"), ("sure", "yes")];
        assert_eq!(browser.submit("/dashboard/sources/new", &odd).await.status, 303);
        let unproved = [("processor", "stripe"), ("id", id.as_str()), ("secret", SECRET)];
        assert_eq!(browser.post("/dashboard/sources/new", &unproved).await.status, 403);
    }

    async fn the_secret_of_the_test_source_is_noticed_in_a_live_one(db: TestDb) {
        let app = TestApp::start(&db).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let form = browser.page("/dashboard/sources/new?processor=stripe&mode=test").await;
        let id = field(&form, "id");
        let fields = [("processor", "stripe"), ("id", id.as_str()), ("secret", SECRET)];
        assert_eq!(browser.submit("/dashboard/sources/new?mode=test", &fields).await.status, 303);
        assert!(!app.app.desk().get(&app.org, &id).await.unwrap().livemode);
        let form = browser.page("/dashboard/sources/new?processor=stripe").await;
        let id = field(&form, "id");
        let fields = [("processor", "stripe"), ("id", id.as_str()), ("secret", SECRET)];
        let answer = browser.submit("/dashboard/sources/new", &fields).await;
        assert!(answer.body.contains("secret of your test source"), "{}", answer.body);
    }

    async fn the_two_secrets_of_revenuecat_are_pasted_as_they_are(db: TestDb) {
        let app = TestApp::start(&db).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let form = browser.page("/dashboard/sources/new?processor=revenuecat").await;
        let id = field(&form, "id");
        let fields = [("processor", "revenuecat"), ("id", id.as_str()), ("auth", "Bearer-of-good-news-1234"), ("hmac", " 4fT9qLkz81mNvbXc ")];
        let saved = browser.submit("/dashboard/sources/new", &fields).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        let source = app.app.desk().get(&app.org, &id).await.unwrap();
        let secrets: Vec<&str> = source.secrets.iter().map(Secret::expose).collect();
        assert_eq!(secrets, ["auth:Bearer-of-good-news-1234", "hmac:4fT9qLkz81mNvbXc"]);
    }

    async fn a_source_gets_a_new_secret_settings_a_pause_and_an_end(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        let id = app.source("stripe", "stripe", true, Settings::default()).await.id.clone();
        let mut browser = Browser::signed_in_to(&app).await;
        let page = format!("/dashboard/sources/{id}");
        assert_plain("source", &browser.page(&page).await);
        assert_eq!(browser.submit(&format!("{page}/secret"), &[("secret", SECRET)]).await.status, 303);
        assert_eq!(deliver(&app, "/webhooks/stripe", SECRET).await, StatusCode::OK);
        assert_eq!(app.deliver("stripe", &[], BODY).await, StatusCode::OK, "the old one still holds");
        browser.submit(&format!("{page}/secret"), &[("secret", SECRET), ("only", "yes")]).await;
        assert_eq!(app.deliver("stripe", &[], BODY).await, StatusCode::UNAUTHORIZED);
        browser.submit(&format!("{page}/settings"), &[("clickKeys", "aff, ref")]).await;
        let source = app.app.desk().get(&app.org, &id).await.unwrap();
        assert_eq!(serde_json::to_string(&source.settings).unwrap(), r#"{"clickKeys":["aff","ref"]}"#);
        browser.submit(&format!("{page}/status"), &[("to", "disabled")]).await;
        assert_eq!(deliver(&app, "/webhooks/stripe", SECRET).await, StatusCode::UNAUTHORIZED);
        assert!(browser.page(&page).await.contains("while this source is paused"));
        browser.submit(&format!("{page}/status"), &[("to", "active")]).await;
        assert_eq!(deliver(&app, "/webhooks/stripe", SECRET).await, StatusCode::OK);
        let kept = browser.submit(&format!("{page}/status"), &[("to", "removed")]).await;
        assert!(kept.status == 200 && kept.body.contains("Tick the box"), "{}", kept.body);
        let gone = browser.submit(&format!("{page}/status"), &[("to", "removed"), ("gone", "yes")]).await;
        assert_eq!((gone.status, gone.header("location")), (303, "/dashboard/sources"));
        assert!(!browser.page("/dashboard/sources").await.contains(&id));
    }

    async fn events_are_processed_again_after_a_preview(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        assert_eq!(app.deliver("stripe", &[], BODY).await, StatusCode::OK);
        app.settle().await;
        let mut browser = Browser::signed_in_to(&app).await;
        browser.page("/dashboard/events/again?processor=stripe").await;
        let preview = browser.submit("/dashboard/events/again", &[("processor", "stripe"), ("do", "preview")]).await;
        assert!(preview.body.contains("Nothing has been written") && preview.body.contains(r#"value="run""#), "{}", preview.body);
        assert_plain("preview", &preview.body);
        let done = browser.submit("/dashboard/events/again", &[("processor", "stripe"), ("do", "run")]).await;
        assert!(done.body.contains("The ledger has what they add up to"), "{}", done.body);
        let live = browser.get("/dashboard/events?live=on").await;
        assert_eq!(live.header("refresh"), "5");
        assert!(browser.page("/dashboard/events?about=nobody").await.contains("No event matches"));
    }
}
