//! Signing in and out, and what nobody gets past.

use std::time::Duration;

use super::browser::Browser;
use crate::api::client::Api;

const NEARLY_TWO_WEEKS: Duration = Duration::from_secs(14 * 86_400 - 1);

on_both_databases! {
    async fn a_link_signs_in_once_and_looking_at_it_does_not_use_it_up(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::new(&api);
        let token = browser.invite(true).await;
        let path = format!("/dashboard/sign-in?token={token}");
        for _ in 0..3 {
            assert!(browser.page(&path).await.contains(&token));
        }
        assert_eq!(browser.sign_in(&token).await.status, 303);
        browser.page("/").await;
        let mut another = Browser::new(&api);
        let refused = another.sign_in(&token).await;
        assert_eq!(refused.status, 403);
        assert!(refused.body.contains("has been used") && refused.header("set-cookie").is_empty());
        assert_eq!(another.get("/").await.status, 303);
    }

    async fn of_many_who_use_a_link_at_once_one_is_signed_in(db: TestDb) {
        let api = Api::new(&db).await;
        let token = Browser::new(&api).invite(true).await;
        let tries = (0..8).map(|_| {
            let (mut browser, token) = (Browser::new(&api), token.clone());
            tokio::spawn(async move { browser.sign_in(&token).await.status })
        });
        let mut statuses = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            statuses.push(one.await.unwrap());
        }
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    }

    async fn a_link_is_over_after_a_quarter_of_an_hour_and_a_session_after_two_weeks(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::new(&api);
        let token = browser.invite(true).await;
        api.clock.advance(Duration::from_mins(15));
        assert_eq!(browser.sign_in(&token).await.status, 403);
        let mut browser = Browser::signed_in(&api).await;
        api.clock.advance(NEARLY_TWO_WEEKS);
        browser.page("/").await;
        api.clock.advance(Duration::from_secs(1));
        let over = browser.get("/").await;
        assert_eq!((over.status, over.header("location")), (303, "/dashboard/sign-in"));
    }

    async fn who_signs_out_is_out_whatever_cookie_is_kept(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        let kept = browser.cookies.clone();
        browser.page("/").await;
        let out = browser.submit("/dashboard/sign-out", &[]).await;
        assert_eq!((out.status, out.header("location")), (303, "/dashboard/sign-in"));
        browser.cookies = kept;
        assert_eq!(browser.get("/").await.status, 303);
    }

    async fn the_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts(db: TestDb) {
        let api = Api::new(&db).await;
        api.self_referral().await;
        let mut browser = Browser::new(&api);
        let token = browser.invite(true).await;
        let cookie = browser.sign_in(&token).await.header("set-cookie").to_owned();
        assert!(cookie.starts_with("__Host-tributary="), "{cookie}");
        for part in ["; Path=/", "; HttpOnly", "; Secure", "; SameSite=Lax"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
        let everything = crate::support::dump::everything(&*db.store).await;
        let session = &browser.cookies["__Host-tributary"];
        for secret in [&token, session] {
            assert!(everything.iter().all(|row| !row.contains(&secret.to_lowercase())));
        }
    }

    async fn a_form_counts_only_with_its_own_sessions_proof_and_from_here(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        browser.page("/").await;
        let proof = browser.proof();
        let mut another = Browser::signed_in(&api).await;
        another.page("/").await;
        assert_ne!(proof, another.proof());
        let first = another.proof();
        another.page("/").await;
        assert_ne!(first, another.proof(), "each page has its own");
        let other = format!("{}{}", &first[..16], &proof[16..]);
        for fields in [&[][..], &[("proof", "")], &[("proof", "x")], &[("proof", proof.as_str())], &[("proof", other.as_str())]] {
            assert_eq!(another.post("/dashboard/sign-out", fields).await.status, 403);
        }
        another.headers = vec![("sec-fetch-site", "cross-site")];
        assert_eq!(another.submit("/dashboard/sign-out", &[]).await.status, 403);
        another.headers = vec![("origin", "https://evil.example")];
        assert_eq!(another.submit("/dashboard/sign-out", &[]).await.status, 403);
        let token = another.invite(true).await;
        assert_eq!(another.sign_in(&token).await.status, 403);
        another.headers = vec![("sec-fetch-site", "same-origin")];
        assert_eq!(another.submit("/dashboard/sign-out", &[]).await.status, 303);
    }

    async fn who_guesses_has_to_wait(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::new(&api);
        browser.headers = vec![("x-forwarded-for", "203.0.113.9")];
        browser.peer = Some("127.0.0.1:9".parse().unwrap());
        let mut statuses = Vec::new();
        for number in 0..30 {
            statuses.push(browser.sign_in(&format!("guess{number}")).await.status);
        }
        assert_eq!((statuses[0], statuses[29]), (403, 429), "{statuses:?}");
        let token = browser.invite(true).await;
        assert_eq!(browser.sign_in(&token).await.status, 429);
        browser.headers = vec![("x-forwarded-for", "198.51.100.7")];
        assert_eq!(browser.sign_in(&token).await.status, 303);
    }

    async fn a_link_of_the_server_opens_all_organizations_and_one_of_an_organization_none_else(db: TestDb) {
        let api = Api::new(&db).await;
        let other = api.another().await;
        let mut browser = Browser::new(&api);
        let token = browser.invite(false).await;
        browser.sign_in(&token).await;
        let page = browser.page("/").await;
        assert!(page.contains(&api.org) && page.contains(&other.org), "both can be chosen");
        let switched = browser.submit("/dashboard/organization", &[("id", &other.org)]).await;
        assert_eq!((switched.status, switched.header("location")), (303, "/"));
        assert_eq!(browser.submit("/dashboard/organization", &[("id", "org_x")]).await.status, 404);
        let mut owner = Browser::signed_in(&api).await;
        assert!(!owner.page("/").await.contains(&other.org));
        assert_eq!(owner.submit("/dashboard/organization", &[("id", &other.org)]).await.status, 404);
    }

    async fn light_or_dark_is_remembered_and_leads_back_to_this_server_alone(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        assert!(browser.page("/").await.contains(r#"data-theme="system""#));
        for (back, led) in [("/?mode=test", "/?mode=test"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/")] {
            let answer = browser.submit("/dashboard/theme", &[("theme", "dark"), ("back", back)]).await;
            assert_eq!((answer.status, answer.header("location")), (303, led));
        }
        assert!(browser.page("/").await.contains(r#"data-theme="dark""#));
    }
}
