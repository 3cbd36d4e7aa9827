//! Lists of the dashboard as tables for spreadsheets, and the lists themselves.

use serde_json::json;

use super::browser::Browser;
use super::markup::links;
use crate::api::client::Api;

async fn shop(db: &crate::support::TestDb) -> Api {
    let api = Api::new(db).await;
    api.partner("alice").await;
    api.click("clk_1", "alice").await;
    let lead = json!({"clickId": "clk_1", "eventName": "Signup", "customerExternalId": "user_1"});
    api.post("/api/track/lead", lead).await.ok();
    let sale = json!({"clickId": "clk_1", "customerExternalId": "user_1", "amount": 12_345, "invoiceId": "=in_1",
        "customerEmail": "buyer@shop.example"});
    api.post("/api/track/sale", sale).await.ok();
    api
}

const LISTS: [&str; 9] = [
    "sales",
    "commissions",
    "customers",
    "leads",
    "clicks",
    "partners",
    "payouts",
    "events",
    "changes",
];

on_both_databases! {
    async fn every_list_leads_to_itself_as_a_table_with_its_filters(db: TestDb) {
        let api = shop(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        for list in LISTS {
            let page = browser.page(&format!("/dashboard/{list}?from=2026-11-01")).await;
            let table = page.split('"').find(|part| part.contains("format=csv"));
            let table = table.map(|path| path.replace("&amp;", "&"));
            let table = table.unwrap_or_else(|| panic!("{list} has a table"));
            assert!(table.contains("from=2026-11-01"), "{table}");
            let answer = browser.get(&table).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8"), "{list}");
            assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{list}.csv\""));
            let rows = csv::Reader::from_reader(answer.body.as_bytes()).into_records().map(Result::unwrap).count();
            assert!(rows > 0 || list == "payouts", "{list}: {}", answer.body);
            assert!(!answer.body.contains("buyer@shop.example"), "{list} covers who somebody is");
        }
        let none = browser.get("/dashboard/sales?format=csv&from=2026-12-01").await;
        assert_eq!(none.body.lines().count(), 1, "{}", none.body);
        let sales = browser.get("/dashboard/sales?format=csv").await.body;
        assert!(sales.contains("'=in_1,") && sales.contains(",123.45,"), "{sales}");
        assert_eq!(browser.get("/dashboard/sales?format=csv&status=payd").await.status, 400);
    }

    async fn personal_data_are_in_a_table_for_who_may_change_things_and_asks(db: TestDb) {
        let api = shop(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        let shown = owner.get("/dashboard/customers?format=csv&personal=show").await.body;
        assert!(shown.contains("buyer@shop.example") && shown.contains("user_1"), "{shown}");
        let mut reader = crate::dashboard::members::member(&api, &mut owner, "rita", "read-only").await;
        assert_eq!(reader.get("/dashboard/customers?format=csv").await.status, 200);
        assert_eq!(reader.get("/dashboard/customers?format=csv&personal=show").await.status, 403);
    }

    async fn a_customer_a_lead_and_a_click_have_pages_that_lead_to_each_other(db: TestDb) {
        let api = shop(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        let sales = browser.page("/dashboard/sales").await;
        let to = |page: &str, folder: &str| {
            let found = links(page).into_iter().find(|path| path.starts_with(&format!("/dashboard/{folder}/")));
            found.unwrap_or_else(|| panic!("a link to {folder}"))
        };
        let customer = browser.page(&to(&sales, "customers")).await;
        assert!(customer.contains("Signup") && !customer.contains("buyer@shop.example"));
        let lead = browser.page(&to(&customer, "leads")).await;
        assert!(lead.contains("Signup"));
        let click = browser.page(&to(&lead, "clicks")).await;
        assert!(click.contains("Sales that came of it"));
        to(&click, "sales");
        let commissions = browser.page("/dashboard/commissions?status=pending").await;
        assert!(commissions.contains("12.35"), "10 % of 123.45, rounded half away from zero");
        let id = api.list("/api/commissions").await[0]["id"].as_str().unwrap().to_owned();
        let answer = browser.get(&format!("/dashboard/commissions/{id}")).await;
        assert_eq!((answer.status, answer.header("location").starts_with("/dashboard/sales/")), (303, true));
        for (pasted, folder) in [("user_1", "customers"), ("buyer@shop.example", "customers"), ("clk_1", "clicks")] {
            let answer = browser.get(&format!("/dashboard/search?id={pasted}")).await;
            assert!(answer.header("location").starts_with(&format!("/dashboard/{folder}/")), "{pasted}");
        }
    }

    async fn when_a_balance_becomes_available_is_told_by_day(db: TestDb) {
        let api = shop(&db).await;
        let partner = api.list("/api/partners").await[0]["id"].as_str().unwrap().to_owned();
        let mut browser = Browser::signed_in(&api).await;
        for path in [format!("/dashboard/partners/{partner}"), "/dashboard/payouts".to_owned()] {
            let page = browser.page(&path).await;
            assert!(page.contains("Payable next") && page.contains("22 December") && page.contains("12.35"), "{path}");
        }
    }
}
