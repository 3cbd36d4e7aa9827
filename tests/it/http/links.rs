//! Links as visitors meet them: whatever is in the way they are led on, or are shown a page, never JSON.

use axum::http::HeaderMap;
use serde_json::{Value, json};
use tributary::args;
use tributary::store::Statement;

use crate::api::client::Api;
use crate::dashboard::browser::{Answer, Browser};

const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

static CLICKS: Statement =
    Statement::new("select url, referrer from clicks where organization_id = $1 order by id");

async fn clicks(api: &Api) -> Vec<Option<String>> {
    let rows = api
        .app
        .store
        .read(&CLICKS, args![api.org.as_str()])
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.opt_text("url").unwrap().map(str::to_owned))
        .collect()
}

/// Somebody with a browser, who says some things besides.
fn visitor(api: &Api, says: &[(&'static str, &'static str)]) -> Browser {
    let mut browser = Browser::new(api);
    browser.headers = vec![
        ("user-agent", CHROME),
        ("accept", "text/html,application/xhtml+xml"),
    ];
    browser.headers.extend_from_slice(says);
    browser
}

#[track_caller]
fn led(answer: &Answer) -> &str {
    assert_eq!(answer.status, 302, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.header("location")
}

fn is_page(headers: &HeaderMap) -> bool {
    headers["content-type"]
        .to_str()
        .unwrap()
        .starts_with("text/html")
}

async fn link(api: &Api, body: Value) -> Value {
    api.post("/api/links", body).await.ok()
}

on_both_databases! {
    async fn a_key_is_found_however_its_letters_are_written_where_that_is_unambiguous(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("Alice").await;
        let mut visitor = visitor(&api, &[]);
        for key in ["Alice", "alice", "ALICE"] {
            assert!(led(&visitor.get(&format!("/r/{key}")).await).starts_with("https://shop.example.com/?refp_id=clk_"));
        }
        link(&api, json!({"key": "ALICE", "url": "https://shop.example.com/other", "partnerId": partner})).await;
        assert!(led(&visitor.get("/r/Alice").await).starts_with("https://shop.example.com/?"));
        assert!(led(&visitor.get("/r/ALICE").await).starts_with("https://shop.example.com/other?"));
        assert_eq!(visitor.get("/r/alice").await.status, 404, "which of the two is not known");
    }

    async fn query_and_fragment_stay_and_what_the_visit_says_goes_along(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("bob").await;
        link(&api, json!({"key": "deep", "url": "https://shop.example.com/a?plan=pro&utm_source=own#buy", "partnerId": partner})).await;
        let mut visitor = visitor(&api, &[]);
        let answer = visitor.get("/r/deep?utm_source=x&utm_medium=mail&refp_id=clk_old").await;
        let to = led(&answer);
        let (before, id) = to.split_once("&refp_id=").unwrap();
        assert_eq!(before, "https://shop.example.com/a?plan=pro&utm_source=own&utm_medium=mail");
        assert!(id.starts_with("clk_") && id.ends_with("#buy") && !id.contains("old"), "{to}");
        assert_eq!(clicks(&api).await, [Some("/r/deep?utm_source=x&utm_medium=mail&refp_id=clk_old".to_owned())]);
    }

    async fn whoever_asks_not_to_be_tracked_is_led_on_and_not_counted(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        for says in [("dnt", "1"), ("sec-gpc", "1")] {
            let mut visitor = visitor(&api, &[says]);
            assert_eq!(led(&visitor.get("/r/alice?utm_source=x").await), "https://shop.example.com/?utm_source=x");
        }
        assert!(clicks(&api).await.is_empty());
        let mut other = visitor(&api, &[("dnt", "0")]);
        assert!(led(&other.get("/r/alice").await).contains("refp_id=clk_"));
        assert_eq!(clicks(&api).await.len(), 1);
    }

    async fn links_of_who_takes_no_part_lead_on_and_do_not_count(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        let mut visitor = visitor(&api, &[]);
        for status in ["paused", "banned", "left", "archived"] {
            api.patch(&format!("/api/partners/{partner}"), json!({"status": status})).await.ok();
            assert_eq!(led(&visitor.get("/r/alice").await), "https://shop.example.com/", "{status}");
            api.post("/api/track/click", json!({"key": "alice"})).await.is_unknown();
        }
        assert!(clicks(&api).await.is_empty());
        api.patch(&format!("/api/partners/{partner}"), json!({"status": "active"})).await.ok();
        assert!(led(&visitor.get("/r/alice").await).contains("refp_id="));
        api.patch(&format!("/api/partners/{partner}"), json!({"status": "happy"})).await.refuses("status");
    }

    async fn a_link_that_is_not_known_shows_a_page_or_leads_to_where_the_owner_says(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        link(&api, json!({"key": "alice", "domain": "go.example.com", "url": "https://shop.example.com/", "partnerId": partner})).await;
        let mut own = visitor(&api, &[]);
        let mut at_domain = visitor(&api, &[("host", "go.example.com")]);
        for (visitor, path) in [(&mut own, "/r/nobody"), (&mut at_domain, "/nobody")] {
            let answer = visitor.get(path).await;
            assert_eq!(answer.status, 404);
            assert!(is_page(&answer.headers) && answer.body.contains("This link leads nowhere"), "{}", answer.body);
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        }
        let set = api.post("/api/domains", json!({"domain": "GO.example.com", "fallbackUrl": "https://shop.example.com/start"})).await.ok();
        assert_eq!((&set["domain"], &set["fallbackUrl"]), (&json!("go.example.com"), &json!("https://shop.example.com/start")));
        for path in ["/nobody", "/", "/dashboard", "/a/b/c", "/portal", "/embed/referrals"] {
            assert_eq!(led(&at_domain.get(path).await), "https://shop.example.com/start", "{path}");
        }
        assert!(led(&at_domain.get("/ALICE").await).contains("refp_id=clk_"));
        let set = api.post("/api/domains", json!({"domain": "go.example.com", "fallbackUrl": null})).await.ok();
        assert_eq!(set["fallbackUrl"], Value::Null);
        assert_eq!(at_domain.get("/nobody").await.status, 404);
        for wrong in [json!({"domain": "tributary.example"}), json!({"domain": "a b"}), json!({}),
            json!({"domain": "localhost"}), json!({"domain": "127.0.0.1"}), json!({"domain": "a..b"}), json!({"domain": "pay.internal"})] {
            api.post("/api/domains", wrong).await.refuses("domain");
        }
        api.post("/api/domains", json!({"domain": "x.example.com", "fallbackUrl": "javascript:x"})).await.refuses("fallbackUrl");
        assert_eq!(api.list("/api/domains").await.len(), 1);
    }

    async fn a_link_is_drawn_as_a_code_that_counts_nothing(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        link(&api, json!({"key": "alice", "domain": "go.example.com", "url": "https://shop.example.com/", "partnerId": partner})).await;
        let mut own = visitor(&api, &[]);
        let mut at_domain = visitor(&api, &[("host", "go.example.com")]);
        for (visitor, path, holds) in [
            (&mut own, "/r/alice/qr.svg", "https://tributary.example/r/alice"),
            (&mut at_domain, "/alice/qr.svg", "https://go.example.com/alice"),
        ] {
            let answer = visitor.get(path).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "image/svg+xml"));
            assert!(answer.body.starts_with("<svg") && answer.body.contains(holds), "{}", answer.body);
        }
        assert_eq!(own.get("/r/nobody/qr.svg").await.status, 404);
        assert!(clicks(&api).await.is_empty());
    }

    async fn a_link_is_made_on_enrolment_and_without_a_key_or_address(db: TestDb) {
        let api = Api::new(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let page = format!("/api/programs/{program}/page");
        let before = api.get(&page).await.ok();
        assert_eq!((&before["applications"], &before["linkUrl"]), (&json!("closed"), &Value::Null));
        let set = json!({"linkUrl": "https://shop.example.com/?utm_source=partners", "linkDomain": "go.example.com"});
        api.patch(&page, set).await.ok();
        let partner = |name: &str, email: &str| json!({"name": name, "email": email});
        let alice = api.post("/api/partners", partner("Alice B.", "a@partners.example.com")).await.ok();
        let other = api.post("/api/partners", partner("alice b", "b@partners.example.com")).await.ok();
        let nameless = api.post("/api/embed/token", json!({"partner": {"email": "secret.name@partners.example.com"}})).await;
        assert_eq!(nameless.status, 200);
        let links = api.list("/api/links").await;
        assert_eq!(links.len(), 3);
        let of = |id: &Value| links.iter().find(|link| link["partnerId"] == *id).unwrap();
        assert_eq!(of(&alice["id"])["shortUrl"], "https://go.example.com/alice-b");
        let second = of(&other["id"])["key"].as_str().unwrap();
        assert!(second.starts_with("alice-b-") && second.len() == 14, "{second}");
        assert!(links.iter().all(|link| !link["key"].as_str().unwrap().contains("secret")), "{links:?}");
        api.post("/api/partners", partner("Alice B.", "a@partners.example.com")).await.ok();
        assert_eq!(api.list("/api/links").await.len(), 3, "who is enrolled already gets no other");
        let more = link(&api, json!({"partnerId": alice["id"]})).await;
        assert_eq!(more["url"], "https://shop.example.com/?utm_source=partners");
        let own = link(&api, json!({"partnerId": alice["id"], "key": "spring", "domain": ""})).await;
        assert_eq!(own["shortUrl"], "https://tributary.example/r/spring");
        for (wrong, field) in [
            (json!({"linkUrl": "x"}), "linkUrl"),
            (json!({"applications": "sometimes"}), "applications"),
            (json!({"linkDomain": "a b"}), "linkDomain"),
            (json!({"linkUrl": null, "partnersMakeLinks": true}), "partnersMakeLinks"),
        ] {
            api.patch(&page, wrong).await.refuses(field);
        }
    }

    async fn the_script_for_sites_without_npm_is_one_small_file_that_any_site_may_load(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        let mut visitor = visitor(&api, &[]);
        let answer = visitor.get("/script.js").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/javascript; charset=utf-8"));
        assert_eq!(answer.header("cross-origin-resource-policy"), "cross-origin");
        assert!(answer.bytes.len() < 6_000 && !answer.body.contains("fetch("), "{}", answer.bytes.len());
    }
}
