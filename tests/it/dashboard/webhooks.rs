//! Outgoing webhooks in the dashboard: an endpoint is added, tried out, sent something once more and removed.

use std::time::Duration;

use super::browser::Browser;
use super::markup::assert_plain;
use crate::api::client::Api;
use crate::support::receiver::Receiver;

on_both_databases! {
    async fn an_endpoint_is_added_tried_and_removed(db: TestDb) {
        let api = Api::with(&db, |config| config.outgoing.loopback = true).await;
        let elsewhere = Receiver::start().await;
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page("/dashboard/webhooks").await;
        assert!(page.contains("No endpoint yet"));
        assert_plain("no endpoint", &page);
        let url = elsewhere.url();
        let made = browser.submit("/dashboard/webhooks", &[("url", url.as_str()), ("events", "partner.*"), ("events", "sale.*")]).await;
        assert_eq!(made.status, 200, "{}", made.body);
        assert!(made.body.contains("whsec_"), "the secret, this once");
        assert_plain("an endpoint", &made.body);
        let list = browser.page("/dashboard/webhooks").await;
        assert!(!list.contains("whsec_") && !list.contains("token=t"), "no secret of any kind");
        let id = api.list("/api/webhook-endpoints").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/dashboard/webhooks/{id}");
        browser.page(&path).await;
        let tried = browser.submit(&format!("{path}/ping"), &[]).await;
        assert_eq!((tried.status, tried.header("location")), (303, path.as_str()));
        elsewhere.answer(|one| if one.told().0 == "endpoint.ping" { 500 } else { 200 });
        api.partner("alice").await;
        let work = tokio::time::timeout(Duration::from_mins(1), api.app.work_all());
        work.await.unwrap().unwrap();
        let page = browser.page(&path).await;
        assert!(page.contains("it answered 500") && page.contains("delivered"), "{page}");
        assert_plain("messages", &page);
        assert!(!browser.page(&format!("{path}?state=pending")).await.contains("partner.created</code>"));

        elsewhere.take();
        browser.page(&path).await;
        let message = page.split("name=\"message\" value=\"").nth(1).unwrap();
        let message = message.split('"').next().unwrap();
        let again = browser.submit(&format!("{path}/resend"), &[("message", message)]).await;
        assert_eq!(again.status, 303, "{}", again.body);
        api.app.work_all().await.unwrap();
        assert_eq!(elsewhere.take().len(), 1);

        browser.page(&path).await;
        browser.submit(&format!("{path}/status"), &[("status", "disabled")]).await;
        assert!(browser.page(&path).await.contains("Enable"));
        browser.submit(&format!("{path}/secret"), &[]).await;
        browser.page(&path).await;
        let gone = browser.submit(&format!("{path}/remove"), &[]).await;
        assert_eq!(gone.header("location"), "/dashboard/webhooks");
        assert_eq!(browser.get(&path).await.status, 404);
    }
}
