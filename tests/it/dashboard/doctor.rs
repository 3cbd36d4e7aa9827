//! The doctor's page: what is wrong, with the way to it and what to do.

use std::time::Duration;

use axum::http::StatusCode;
use providers::adapter::SignedDelivery;
use providers::{Secret, Settings};
use tributary::args;
use tributary::sources::NewSource;
use tributary::store::Statement;

use super::browser::Browser;
use super::markup::{assert_plain, links};
use crate::api::client::Api;
use crate::support::app::TestApp;

on_both_databases! {
    async fn the_page_says_why_a_source_refuses_and_leads_to_it(db: TestDb) {
        let mut app = TestApp::start_with(&db, &[("TRIBUTARY_PUBLIC_URL", "https://pay.example.com")]).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let empty = browser.page("/dashboard/doctor").await;
        assert!(empty.contains("no processor is connected"), "{empty}");
        let id = app.source("stripe", "stripe", true, Settings::default()).await.id.clone();
        let adapter = providers::adapter("stripe").unwrap();
        let secret = Secret::new("whsec_canary_of_nobody_0123456").unwrap();
        let signed = adapter.sign(b"{}", &[], &secret, &Settings::default(), app.app.now());
        app.post_delivery("/webhooks/stripe", signed.unwrap()).await;
        let page = browser.page("/dashboard/doctor").await;
        assert_plain("the doctor", &page);
        assert!(page.contains("wrong: money is not counted") && page.contains("a secret that this source does not have"), "{page}");
        assert!(links(&page).contains(&format!("/dashboard/sources/{id}")), "{page}");
        assert!(!page.contains("canary"));
    }

    async fn a_source_that_hears_only_unsigned_deliveries_since_is_wrong(db: TestDb) {
        let mut app = TestApp::start_with(&db, &[("TRIBUTARY_PUBLIC_URL", "https://pay.example.com")]).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let body = r#"{"id":"evt_1","object":"event","type":"charge.updated","livemode":true,"data":{"object":{}}}"#;
        assert_eq!(app.deliver("stripe", &[], body).await, StatusCode::OK);
        app.settle().await;
        for is_wrong in [false, false, true] {
            app.clock.advance(Duration::from_secs(1));
            let unsigned = SignedDelivery { headers: Vec::new(), body: body.into() };
            app.post_delivery("/webhooks/stripe", unsigned).await;
            let page = browser.page("/dashboard/doctor").await;
            let panel = page.split("id=\"wrong\"").nth(1).and_then(|rest| rest.split("</section>").next());
            assert_eq!(panel.is_some_and(|panel| panel.contains("without a signature")), is_wrong, "{page}");
            assert!(page.contains("without a signature"), "{page}");
        }
        // Sent once more by the processor: no new event, and heard all the same.
        app.clock.advance(Duration::from_secs(1));
        assert_eq!(app.deliver("stripe", &[], body).await, StatusCode::OK);
        app.settle().await;
        let page = browser.page("/dashboard/doctor").await;
        let panel = page.split("id=\"wrong\"").nth(1).and_then(|rest| rest.split("</section>").next());
        assert!(!panel.is_some_and(|panel| panel.contains("without a signature")), "{page}");
    }

    async fn what_two_proofs_are_for_is_said_on_the_page_of_their_source(db: TestDb) {
        let app = TestApp::start(&db).await;
        let secrets = ["hmac:4fT9qLkz81mNvbXc", "auth:Bearer-of-good-news-1234"];
        let new = NewSource {
            processor: "revenuecat",
            secrets: secrets.map(|secret| Secret::new(secret).unwrap()).to_vec(),
            livemode: true,
            settings: Settings::default(),
            may_be_default: true,
        };
        let source = app.app.desk().add(&app.scope(), new).await.unwrap();
        let mut browser = Browser::signed_in_to(&app).await;
        let page = browser.page(&format!("/dashboard/sources/{}", source.id)).await;
        assert!(page.contains("both asked for") && !page.contains("any of them verifies"), "{page}");
    }

    async fn the_page_is_for_those_of_the_organization_alone(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let other = app.another_organization().await;
        let mut browser = Browser::signed_in_to(&other).await;
        let page = browser.page("/dashboard/doctor").await;
        assert!(page.contains("no processor is connected"), "{page}");
    }

    async fn the_overview_tells_when_the_books_were_compared_and_what_differs(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        let mut browser = Browser::signed_in(&api).await;
        compare_again(&api).await;
        let clean = browser.page("/").await;
        assert!(clean.contains("compared with all that was delivered") && clean.contains("1 sale,"), "{clean}");
        assert!(!clean.contains("Differences in the books"), "{clean}");
        let mut transaction = api.app.store.begin().await.unwrap();
        transaction.run(&RAISE, args![api.org.as_str()]).await.unwrap();
        transaction.commit().await.unwrap();
        compare_again(&api).await;
        let wrong = browser.page("/").await;
        assert!(wrong.contains("Differences in the books") && !wrong.contains("every cent"), "{wrong}");
        let doctor = browser.page("/dashboard/doctor").await;
        assert_plain("the doctor", &doctor);
        assert!(doctor.contains("what is booked is not what was delivered"), "{doctor}");
    }
}

/// A cent more than what the sale earned.
static RAISE: Statement =
    Statement::new("update entries set amount = amount + 1 where organization_id = $1");

async fn compare_again(api: &Api) {
    api.app.work_all().await.unwrap();
    api.clock.advance(Duration::from_hours(25));
    api.app.work_all().await.unwrap();
}
