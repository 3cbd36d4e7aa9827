//! On a phone each row of a list is a card: every cell of such a table says where it stands in it.

use providers::Settings;
use serde_json::json;

use super::browser::Browser;
use super::markup::assert_plain;
use crate::api::client::Api;
use crate::support::app::TestApp;

/// The cells of the tables whose rows become cards, each with what its tag says.
fn cells(page: &str) -> Vec<String> {
    let tables = page.split("<table class=\"rows\">").skip(1);
    let tables = tables.map(|rest| rest.split("</table>").next().unwrap());
    let tags = tables.flat_map(|table| table.split("<td").skip(1));
    tags.map(|tag| tag.split('>').next().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn assert_cards(path: &str, page: &str) {
    assert_plain(path, page);
    assert_eq!(page.matches("<table>").count(), 0, "{path}: {page}");
    let cells = cells(page);
    assert!(!cells.is_empty(), "{path}: {page}");
    for cell in cells {
        let has_place = ["r1", "r2", "wide", "data-label"]
            .iter()
            .any(|place| cell.contains(place));
        assert!(has_place, "{path}: <td{cell}>");
    }
}

on_both_databases! {
    async fn groups_their_partners_and_clicks_are_cards(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let group = json!({"name": "Gold", "commission": {"type": "percent", "basisPoints": 2_000}});
        let group = api.post("/api/groups", group).await.ok();
        let page = format!("/dashboard/groups/{}", group["id"].as_str().unwrap());
        let mut browser = Browser::signed_in(&api).await;
        browser.page(&page).await;
        assert_eq!(browser.submit(&format!("{page}/partners"), &[("partner", &alice)]).await.status, 303);
        for path in ["/dashboard/groups", &page, "/dashboard/clicks", "/dashboard/partners"] {
            assert_cards(path, &browser.page(path).await);
        }
    }

    async fn the_sources_that_the_doctor_looks_at_are_cards(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let mut browser = Browser::signed_in_to(&app).await;
        assert_cards("the doctor", &browser.page("/dashboard/doctor").await);
    }
}
