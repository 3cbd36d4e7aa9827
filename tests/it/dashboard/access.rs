//! Who sees a page: whoever is signed in, of his own organization; and what else the address `/` must not break.

use serde_json::json;

use super::browser::Browser;
use super::markup::links;
use crate::api::client::{Api, bodies};

/// Every page, with an id where one belongs.
const PAGES: &[&str] = &[
    "/",
    "/dashboard",
    "/dashboard/sales",
    "/dashboard/sales/sale_1",
    "/dashboard/partners",
    "/dashboard/partners/prt_1",
    "/dashboard/payouts",
    "/dashboard/programs",
    "/dashboard/programs/new",
    "/dashboard/programs/prog_1",
    "/dashboard/reviews",
    "/dashboard/changes",
    "/dashboard/keys",
    "/dashboard/members",
    "/dashboard/organization",
    "/dashboard/events",
    "/dashboard/events/again",
    "/dashboard/events/evt_1",
    "/dashboard/events/evt_1/payload",
    "/dashboard/sources",
    "/dashboard/sources/new",
    "/dashboard/sources/new?processor=stripe",
    "/dashboard/sources/src_1",
    "/dashboard/sources/src_1/first",
    "/dashboard/search?id=in_1",
    "/dashboard/nowhere",
];

on_both_databases! {
    async fn without_a_session_every_page_leads_to_where_one_signs_in(db: TestDb) {
        let api = Api::new(&db).await;
        for cookie in [None, Some("guess"), Some("")] {
            let mut stranger = Browser::new(&api);
            if let Some(cookie) = cookie {
                stranger.cookies.insert("__Host-tributary".to_owned(), cookie.to_owned());
            }
            for path in PAGES {
                let answer = stranger.get(path).await;
                assert_eq!((answer.status, answer.header("location")), (303, "/dashboard/sign-in"), "{path}");
                assert!(answer.bytes.is_empty(), "{path}");
            }
            for path in ["/dashboard/theme", "/dashboard/sign-out", "/dashboard/organization", "/dashboard/sources/new", "/dashboard/sources/src_1/secret", "/dashboard/sources/src_1/status"] {
                assert_eq!(stranger.post(path, &[]).await.status, 303, "{path}");
            }
        }
        let mut key = Browser::new(&api);
        key.bearer = Some(api.key.clone());
        assert_eq!(key.get("/").await.status, 303, "a key is no session");
        let mut stranger = Browser::new(&api);
        assert_eq!(stranger.post("/", &[]).await.status, 405, "a delivery without its path is not led to a page");
    }

    async fn a_session_is_no_key(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        assert_eq!(browser.get("/api/sales").await.status, 401);
    }

    async fn what_belongs_to_another_organization_is_not_there(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 1_000).await;
        api.deliver("stripe", &bodies("stripe/f01-subscription-checkout")).await;
        let events = api.list("/api/events").await;
        let event = events[0]["id"].as_str().unwrap();
        let paths = [
            format!("/dashboard/sales/{}", sale["id"].as_str().unwrap()),
            format!("/dashboard/partners/{partner}"),
            format!("/dashboard/events/{event}"),
            format!("/dashboard/events/{event}/payload"),
        ];
        let mut owner = Browser::signed_in(&api).await;
        let mut other = Browser::signed_in(&api.another().await).await;
        for path in &paths {
            assert_eq!(owner.get(path).await.status, 200, "{path}");
            assert_eq!(other.get(path).await.status, 404, "{path}");
        }
        for list in ["sales", "partners", "events", "sources", "payouts"] {
            let page = other.page(&format!("/dashboard/{list}")).await;
            for id in [event, &partner, "in_1", "alice"] {
                assert!(!page.contains(id), "{list} shows {id}");
            }
        }
        for id in [event, &partner, "in_1", "alice"] {
            let found = other.get(&format!("/dashboard/search?id={id}")).await;
            assert!(found.status == 200 && found.body.contains("Nothing is known by"), "{id}");
        }
        let cursor = "/dashboard/sales?cursor=c2FsZV8x";
        assert_eq!(other.get(cursor).await.status, 400);
    }

    async fn short_links_the_api_and_what_is_nowhere_stay_as_they_were(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        for key in ["sales", "events", "login"] {
            let link = json!({"key": key, "domain": "go.example.com", "url": "https://shop.example.com/", "partnerId": partner});
            api.post("/api/links", link).await.ok();
        }
        let mut visitor = Browser::new(&api);
        assert_eq!(visitor.get("/r/alice").await.status, 302);
        assert_eq!(visitor.get("/nowhere").await.status, 404);
        visitor.headers = vec![("host", "go.example.com")];
        for key in ["sales", "events", "login"] {
            let led = visitor.get(&format!("/{key}")).await;
            assert_eq!(led.status, 302, "{key}");
            assert!(led.header("location").starts_with("https://shop.example.com/"));
        }
        for path in ["/", "/dashboard/sign-in", "/dashboard/sales"] {
            let answer = visitor.get(path).await;
            assert_eq!(answer.status, 404, "{path} on a link's domain");
            assert!(answer.body.contains("This link leads nowhere"), "{path}");
        }
    }

    async fn static_files_are_kept_for_ever_by_a_name_that_changes_with_them(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::new(&api);
        let page = browser.page("/dashboard/sign-in").await;
        let assets: Vec<&str> = page.split('"').filter(|part| part.starts_with("/dashboard/assets/")).collect();
        assert_eq!(assets.len(), 3, "{page}");
        for asset in assets {
            let answer = browser.get(asset).await;
            assert_eq!(answer.status, 200, "{asset}");
            assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
            assert!(answer.bytes.len() < 60_000);
        }
        assert_eq!(browser.get("/dashboard/assets/style.css").await.status, 404);
        assert!(links(&page).iter().all(|link| !link.starts_with("http")));
    }
}
