//! The portal as a page of its own: a link signs in once, by its button.

use serde_json::json;

use super::two_partners;
use crate::api::client::Api;
use crate::dashboard::browser::Browser;

/// A link's path, as the API makes it.
async fn link(api: &Api, partner: &str) -> String {
    let made = api
        .call(
            "POST",
            &format!("/api/partners/{partner}/portal-link"),
            None,
        )
        .await
        .ok();
    let url = made["url"].as_str().unwrap().to_owned();
    url.strip_prefix("https://tributary.example")
        .unwrap()
        .to_owned()
}

fn token_of(path: &str) -> &str {
    path.split_once("token=").unwrap().1
}

on_both_databases! {
    async fn a_link_signs_its_partner_in_once_and_signing_out_ends_it(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let link = link(&api, &alice).await;
        let mut browser = Browser::new(&api);
        assert_eq!(browser.get("/portal").await.status, 401);
        for _ in 0..2 {
            assert!(browser.page(&link).await.contains("Your link works once"), "looking at it uses nothing up");
        }
        let answer = browser.post("/portal/sign-in", &[("token", token_of(&link))]).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/portal"));
        assert!(answer.header("set-cookie").starts_with("__Host-tributary-portal=ps_"));
        let page = browser.get("/portal").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("12.30") && !page.body.contains("bob"), "{}", page.body);
        assert_eq!(page.header("x-frame-options"), "DENY");
        assert!(page.header("content-security-policy").ends_with("frame-ancestors 'none'"));
        let mut thief = Browser::new(&api);
        assert!(thief.post("/portal/sign-in", &[("token", token_of(&link))]).await.body.contains("has been used"));
        assert_eq!(thief.get("/portal").await.status, 401);
        assert_eq!(browser.post("/portal/sign-out", &[]).await.status, 403, "without its proof a form is nobody's");
        let session = browser.cookies.clone();
        assert_eq!(browser.submit("/portal/sign-out", &[]).await.status, 303);
        browser.cookies = session;
        assert_eq!(browser.get("/portal").await.status, 401, "the session is over, not just the cookie");
    }

    async fn sessions_of_the_dashboard_and_of_partners_open_nothing_of_each_other(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let link = link(&api, &alice).await;
        let mut partner = Browser::new(&api);
        partner.post("/portal/sign-in", &[("token", token_of(&link))]).await;
        let session = partner.cookies["__Host-tributary-portal"].clone();
        assert_eq!(partner.get("/dashboard/sales").await.status, 303);
        partner.cookies.insert("__Host-tributary".to_owned(), session.clone());
        assert_eq!(partner.get("/dashboard/sales").await.status, 303);
        let mut owner = Browser::signed_in(&api).await;
        assert_eq!(owner.get("/portal").await.status, 401);
        let dashboard = owner.cookies["__Host-tributary"].clone();
        owner.cookies.insert("__Host-tributary-portal".to_owned(), dashboard);
        assert_eq!(owner.get("/portal").await.status, 401);
        assert_eq!(owner.get(&format!("/embed/referrals?token={session}")).await.status, 401, "a session is no token");
        partner.bearer = Some(session);
        assert_eq!(partner.get("/api/sales").await.status, 401);
    }

    async fn a_link_is_over_after_a_week_and_a_session_after_a_month(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let (first, second) = (link(&api, &alice).await, link(&api, &alice).await);
        let mut browser = Browser::new(&api);
        browser.post("/portal/sign-in", &[("token", token_of(&first))]).await;
        api.clock.advance(std::time::Duration::from_hours(7 * 24));
        assert_eq!(browser.get("/portal").await.status, 200);
        let mut late = Browser::new(&api);
        assert!(late.post("/portal/sign-in", &[("token", token_of(&second))]).await.body.contains("too old"));
        api.clock.advance(std::time::Duration::from_hours(23 * 24));
        assert_eq!(browser.get("/portal").await.status, 401);
    }

    async fn an_owner_makes_a_link_on_the_partners_page_and_other_sites_sign_nobody_in(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = two_partners(&api).await;
        let mut owner = Browser::signed_in(&api).await;
        owner.page(&format!("/dashboard/partners/{alice}")).await;
        let page = owner.submit(&format!("/dashboard/partners/{alice}/portal"), &[]).await;
        assert_eq!(page.status, 200);
        let (_, rest) = page.body.split_once("/portal/sign-in?token=").unwrap();
        let token = rest.split('"').next().unwrap().to_owned();
        let lines = api.list(&format!("/api/changes?subjectId={alice}&type=sign_in.link_created")).await;
        assert_eq!(lines.len(), 1);
        let mut elsewhere = Browser::new(&api);
        elsewhere.headers = vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
        assert_eq!(elsewhere.post("/portal/sign-in", &[("token", &token)]).await.status, 403);
        let mut partner = Browser::new(&api);
        assert_eq!(partner.post("/portal/sign-in", &[("token", &token)]).await.status, 303);
        let other = api.another().await;
        assert_eq!(other.call("POST", &format!("/api/partners/{alice}/portal-link"), Some(json!({}))).await.status, 404);
    }
}
