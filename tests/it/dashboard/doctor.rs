//! The doctor's page: what is wrong, with the way to it and what to do.

use std::time::Duration;

use providers::{Secret, Settings};
use tributary::args;
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
