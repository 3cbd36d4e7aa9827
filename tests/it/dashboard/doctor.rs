//! The doctor's page: what is wrong, with the way to it and what to do.

use providers::{Secret, Settings};

use super::browser::Browser;
use super::markup::{assert_plain, links};
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
        assert!(page.contains("1 thing is wrong") && page.contains("a secret that this source does not have"), "{page}");
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
}
