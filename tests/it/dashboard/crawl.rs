//! All pages on the demo's data: each link is followed, and each page is held to what holds for all.

use std::collections::{BTreeSet, VecDeque};

use axum::http::Method;
use serde_json::{Value, json};

use super::browser::{Answer, Browser};
use super::markup::{assert_plain, links};
use crate::support::TestDb;
use crate::support::app::TestApp;
use crate::support::shipped;

/// The largest page, in bytes.
const PAGE_MAX_BYTES: usize = 150_000;

/// As many pages are looked at.
const PAGES: usize = 460;

/// A service that has been delivered what the demo is.
async fn demo(db: &TestDb) -> TestApp {
    let mut app = TestApp::start(db).await;
    for fixture in shipped::all() {
        let source = json!([
            fixture.processor,
            fixture.source.mode,
            fixture.source.settings
        ])
        .to_string();
        app.prepare(&source, fixture).await;
        for call in &fixture.calls {
            app.call(Method::POST, &call.path, Some(&call.body)).await;
        }
        for sent in &fixture.deliveries {
            app.deliver(&source, &sent.headers, &sent.body).await;
        }
    }
    app.settle().await;
    app
}

/// What the fixtures tell of people who buy: addresses, names, telephone numbers.
fn personal() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for fixture in shipped::all() {
        for sent in &fixture.deliveries {
            if let Ok(body) = serde_json::from_str::<Value>(&sent.body) {
                collect(&body, "", &mut found);
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

fn collect(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                collect(value, key, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(item, key, found);
            }
        }
        Value::String(text) => {
            let names = [
                "first_name",
                "last_name",
                "phone",
                "customer_name",
                "line1",
                "address1",
            ];
            // A name of one word may be a partner's too.
            let says_who = names.contains(&key) && (text.contains(' ') || key == "phone");
            if text.len() > 4 && (text.contains('@') && !text.contains(' ') || says_who) {
                found.insert(text.clone());
            }
        }
        _ => {}
    }
}

#[track_caller]
fn assert_holds(path: &str, answer: &Answer, personal: &BTreeSet<String>) {
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{path}"
    );
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"),
        "{path}: {policy}"
    );
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    let kept = ["no-store", "private, no-cache"];
    assert!(kept.contains(&answer.header("cache-control")), "{path}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    assert!(
        answer.bytes.len() < PAGE_MAX_BYTES,
        "{path} has {} bytes",
        answer.bytes.len()
    );
    assert_plain(path, &answer.body);
    for said in personal {
        assert!(!answer.body.contains(said), "{path} shows {said}");
    }
}

on_both_databases! {
    async fn every_page_of_the_demo_is_there_small_plain_and_shows_nobody(db: TestDb) {
        let app = demo(&db).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let personal = personal();
        let mut seen = BTreeSet::new();
        let starts = ["/", "/?mode=test", "/?period=365d", "/dashboard/sources", "/dashboard/payouts"];
        let mut waiting: VecDeque<String> = starts.map(str::to_owned).into();
        while let Some(path) = waiting.pop_front() {
            let path = path.split('#').next().unwrap().to_owned();
            let is_page = path.starts_with('/') && !path.contains("personal=show") && !path.contains("/payload");
            if !is_page || seen.len() >= PAGES || !seen.insert(path.clone()) {
                continue;
            }
            let answer = browser.get(&path).await;
            // A payment that turned out to be another's leads to that.
            if answer.status == 303 && answer.header("location").starts_with("/dashboard/sales/") {
                waiting.push_back(answer.header("location").to_owned());
                continue;
            }
            assert_holds(&path, &answer, &personal);
            waiting.extend(links(&answer.body));
        }
        let has = |begin: &str| seen.iter().any(|path| path.starts_with(begin));
        for begin in ["/dashboard/sales/sale_", "/dashboard/events/evt_", "/dashboard/partners/prt_", "/dashboard/events?", "/dashboard/sales?"] {
            assert!(has(begin), "{begin} is reached: {seen:?}");
        }
    }

    async fn from_the_overview_one_click_leads_to_why_a_commission_is_what_it_is(db: TestDb) {
        let app = demo(&db).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let overview = browser.page("/").await;
        let sales: Vec<String> = links(&overview).into_iter().filter(|path| path.starts_with("/dashboard/sales/sale_")).collect();
        assert!(!sales.is_empty());
        let mut explained = 0;
        for sale in sales {
            let page = browser.page(&sale).await;
            explained += usize::from(page.contains("What it earns") && page.contains(" % of ") && page.contains("Written into the ledger"));
        }
        assert!(explained > 0);
    }
}
