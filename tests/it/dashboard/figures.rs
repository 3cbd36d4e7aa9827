//! Figures lead to what they are made of, and things that belong together lead to each other by names, not ids.

use serde_json::json;

use super::browser::Browser;
use super::markup::links;
use crate::api::client::Api;

/// The days of the overview's usual period in the tests' time.
const PERIOD: &str = "from=2026-10-24&to=2026-11-22";

/// One link of a page to a path with all of these in it.
#[track_caller]
fn link_with(page: &str, path: &str, parts: &[&str]) -> String {
    let all = links(page);
    let found = all.iter().find(|link| {
        link.starts_with(&format!("{path}?")) && parts.iter().all(|part| link.contains(part))
    });
    found
        .unwrap_or_else(|| panic!("nothing leads to {path} with {parts:?}: {all:?}"))
        .clone()
}

/// The sales that a page lists, by their ids.
fn sales(page: &str) -> usize {
    let all: std::collections::BTreeSet<String> = links(page)
        .into_iter()
        .filter(|link| link.starts_with("/dashboard/sales/sale_"))
        .collect();
    all.len()
}

on_both_databases! {
    async fn what_is_left_after_refunds_is_one_figure_wherever_it_stands(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 123_400).await;
        let refunds = format!("/api/sales/{}/refunds", sale["id"].as_str().unwrap());
        api.post(&refunds, json!({"amount": 100_000, "currency": "usd", "refundId": "rf_1", "reason": "sent back"})).await.ok();
        let page = Browser::signed_in(&api).await.page("/").await;
        assert_eq!(page.matches("Left after refunds").count(), 4, "by processor and by partner, each in its head and its row: {page}");
        assert_eq!(page.matches("data-label=\"Left after refunds\">234.00<").count(), 2, "{page}");
        assert!(page.contains("<p class=\"figure short\">"), "{page}");
    }

    async fn partners_are_found_by_a_part_of_their_name_and_say_what_they_brought(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let bob = api.partner("bob").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 12_300).await;
        let mut browser = Browser::signed_in(&api).await;
        let all = browser.page("/dashboard/partners").await;
        let (of_alice, of_bob) = (format!("/dashboard/partners/{alice}"), format!("/dashboard/partners/{bob}"));
        assert!(all.contains(&of_alice) && all.contains(&of_bob), "{all}");
        for told in ["data-label=\"Clicks, 30 days\">1<", "data-label=\"Sales, 30 days\">1<", "days\">123.00 USD<"] {
            assert!(all.contains(told), "{told}: {all}");
        }
        for part in ["LIC", "alice%40", "lic%20"] {
            let found = browser.page(&format!("/dashboard/partners?name={part}")).await;
            assert!(found.contains(&of_alice) && !found.contains(&of_bob), "{part}: {found}");
        }
        for other in ["%25", "a_ice", "!"] {
            let found = browser.page(&format!("/dashboard/partners?name={other}")).await;
            assert!(found.contains("No partner matches"), "{other}: {found}");
        }
        let found = browser.get("/dashboard/search?id=Bob").await;
        assert_eq!(found.header("location"), of_bob);
    }

    async fn an_entry_that_counts_for_an_earlier_day_than_it_was_written_on_says_both(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, bob) = (api.partner("alice").await, api.partner("bob").await);
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 10_000).await;
        api.clock.advance(std::time::Duration::from_hours(25));
        let customer = api.list("/api/customers?externalId=user_clk_1").await[0]["id"].as_str().unwrap().to_owned();
        api.put(&format!("/api/customers/{customer}/partner"), json!({"partnerId": bob})).await.ok();
        api.settle().await;
        let mut browser = Browser::signed_in(&api).await;
        let late = browser.page(&format!("/dashboard/partners/{bob}")).await;
        assert!(late.contains("2026-11-23") && late.contains(">for 22 Nov</span>"), "{late}");
        let first = browser.page(&format!("/dashboard/partners/{alice}")).await;
        assert!(first.contains("2026-11-22"), "{first}");
    }

    async fn a_list_of_some_days_says_what_it_comes_to_and_what_it_has_not(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 10_000).await;
        let refunds = format!("/api/sales/{}/refunds", sale["id"].as_str().unwrap());
        api.post(&refunds, json!({"amount": 4_000, "currency": "usd", "refundId": "rf_1", "reason": "sent back"})).await.ok();
        let bonus = json!({"kind": "bonus", "amount": 500, "currency": "usd", "reason": "thanks", "idempotencyKey": "k1"});
        api.post(&format!("/api/partners/{alice}/adjustments"), bonus).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        for of in ["", "&partner="] {
            let of = if of.is_empty() { String::new() } else { format!("{of}{alice}") };
            let list = browser.page(&format!("/dashboard/commissions?currency=usd&{PERIOD}{of}")).await;
            for told in ["<strong>11.00 USD</strong>", "10.00 USD by sales and leads", "5.00 USD by bonuses", "less 4.00 USD taken back"] {
                assert!(list.contains(told), "{told}: {list}");
            }
            let list = browser.page(&format!("/dashboard/sales?currency=usd&{PERIOD}{of}")).await;
            for told in ["<strong>1</strong> sale,", "<strong>100.00 USD</strong>", "<strong>40.00 USD</strong>", "<strong>60.00 USD</strong>"] {
                assert!(list.contains(told), "{told}: {list}");
            }
        }
        for without in ["/dashboard/sales?currency=usd".to_owned(), format!("/dashboard/sales?currency=usd&{PERIOD}&kind=first")] {
            assert!(!browser.page(&without).await.contains("In these days"), "{without}");
        }
    }

    async fn each_figure_of_the_overview_leads_to_what_it_counts(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        let second = api.sale("clk_1", "in_2", 3_000).await;
        let refunds = format!("/api/sales/{}/refunds", second["id"].as_str().unwrap());
        api.post(&refunds, json!({"amount": 500, "currency": "usd", "refundId": "rf_1", "reason": "sent back"})).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page("/").await;
        let sold = link_with(&page, "/dashboard/sales", &["currency=usd", PERIOD]);
        assert_eq!(sales(&browser.page(&sold).await), 2);
        let back = link_with(&page, "/dashboard/sales", &["back_from=2026-10-24", "back_to=2026-11-22"]);
        let list = browser.page(&back).await;
        assert_eq!(sales(&list), 1, "one of them was refunded: {list}");
        assert!(list.contains("in_2") && list.contains("5.00 taken back"), "{list}");
        assert_eq!(sales(&browser.page("/dashboard/sales?back_to=2026-10-23").await), 0, "not before that day");
        let earned = link_with(&page, "/dashboard/commissions", &["currency=usd", PERIOD]);
        let list = browser.page(&earned).await;
        assert!(list.contains("Sale in_1") && list.contains("Sale in_2"), "{list}");
        let none = browser.page("/dashboard/commissions?currency=eur").await;
        assert!(none.contains("No commission matches"), "{none}");
        let clicked = link_with(&page, "/dashboard/clicks", &[PERIOD]);
        assert!(browser.page(&clicked).await.contains("clk_1"));
        link_with(&page, "/dashboard/leads", &[PERIOD]);
        link_with(&page, "/dashboard/commissions", &["status=pending"]);
        for wrong in ["/dashboard/sales?currency=dollars", "/dashboard/commissions?currency=dollars", "/dashboard/sales?back_from=soon"] {
            assert_eq!(browser.get(wrong).await.status, 400, "{wrong}");
        }
    }

    async fn what_is_held_back_leads_to_the_commissions_it_is_held_back_of(db: TestDb) {
        let api = Api::new(&db).await;
        let held = api.self_referral().await;
        api.click("clk_2", "alice").await;
        let free = api.sale("clk_2", "in_2", 3_000).await;
        let alice = held["partnerId"].as_str().unwrap();
        for (given, sale) in [("true", &held), ("false", &free)] {
            let rows = api.list(&format!("/api/commissions?held={given}")).await;
            assert_eq!(rows.len(), 1, "{rows:#?}");
            assert_eq!(rows[0]["saleId"], sale["id"]);
        }
        api.get("/api/commissions?held=perhaps").await.refuses("held");
        let mut browser = Browser::signed_in(&api).await;
        let of_partner = format!("/dashboard/partners/{alice}");
        for (page, whose) in [("/", ""), (of_partner.as_str(), alice)] {
            let page = browser.page(page).await;
            let list = link_with(&page, "/dashboard/commissions", &["held=true", "currency=usd", whose]);
            let list = browser.page(&list).await;
            assert!(list.contains("Sale in_1") && !list.contains("Sale in_2"), "{list}");
        }
        let of_partner = browser.page(&of_partner).await;
        for status in ["approved", "pending"] {
            link_with(&of_partner, "/dashboard/commissions", &[alice, &format!("status={status}")]);
        }
        link_with(&of_partner, "/dashboard/payouts", &[alice]);
        assert_eq!(browser.get("/dashboard/commissions?held=perhaps").await.status, 400);
    }

    async fn a_lead_that_is_held_back_is_found_too(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let rule = json!({"commission": {"type": "percent", "basisPoints": 0, "lead": {"type": "flat", "amount": 300, "currency": "usd"}}});
        api.patch(&format!("/api/programs/{program}"), rule).await.ok();
        api.click("clk_1", "alice").await;
        for (customer, email) in [("u_1", "alice@partners.example.com"), ("u_2", "buyer@example.com")] {
            let body = json!({"clickId": "clk_1", "eventName": "Signup", "customerExternalId": customer, "customerEmail": email});
            api.post("/api/track/lead", body).await.ok();
        }
        for (given, held) in [("true", 300), ("false", 0)] {
            let rows = api.list(&format!("/api/commissions?held={given}")).await;
            assert_eq!(rows.len(), 1, "{rows:#?}");
            assert_eq!(rows[0]["held"], json!(held));
        }
    }

    async fn a_partners_page_has_what_it_brought_by_link_and_leads_to_all_of_it(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, bob) = (api.partner("alice").await, api.partner("bob").await);
        for (click, key, invoice) in [("clk_1", "alice", "in_alice"), ("clk_2", "bob", "in_bob")] {
            api.click(click, key).await;
            api.sale(click, invoice, 2_000).await;
            let lead = json!({"clickId": click, "eventName": format!("Trial of {key}"), "customerExternalId": format!("user_{click}")});
            api.post("/api/track/lead", lead).await.ok();
        }
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page(&format!("/dashboard/partners/{alice}")).await;
        for told in ["Brought", "Newest sales", "in_alice", "Trial of alice", "commission for", "2.00"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        for other in ["in_bob", "Trial of bob", "clk_2", &bob] {
            assert!(!page.contains(other), "{other}");
        }
        let own = format!("partner={alice}");
        for path in ["/dashboard/sales", "/dashboard/leads", "/dashboard/clicks", "/dashboard/commissions"] {
            let list = browser.page(&link_with(&page, path, &[&own])).await;
            assert!(!list.contains("in_bob") && !list.contains("Trial of bob"), "{path}: {list}");
            assert!(list.contains(&format!("<option value=\"{alice}\" selected>alice</option>")), "the filter says by name whose: {list}");
        }
        let of_days = link_with(&page, "/dashboard/sales", &[&own, "from=2026-10-24"]);
        assert_eq!(sales(&browser.page(&of_days).await), 1);
        let carol = api.partner("carol").await;
        let page = browser.page(&format!("/dashboard/partners/{carol}")).await;
        assert!(page.contains("Send the partner the link"), "{page}");
    }

    async fn a_sale_shows_what_tells_of_the_payment_and_keeps_the_rest_folded(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let lead = json!({"clickId": "clk_1", "eventName": "Sign up", "customerExternalId": "user_clk_1"});
        api.post("/api/track/lead", lead).await.ok();
        let sale = api.sale("clk_1", "in_1", 1_000).await;
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page(&format!("/dashboard/sales/{}", sale["id"].as_str().unwrap())).await;
        let (own, folded) = page.split_once("1 further delivery: ").expect(&page);
        assert!(own.contains("track.sale") && !own.contains("track.lead"), "{own}");
        assert!(folded.contains("track.lead"), "{folded}");
    }

    async fn a_sale_that_earns_nothing_says_why_and_promises_no_day(db: TestDb) {
        let api = Api::new(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let nothing = json!({"commission": {"type": "percent", "basisPoints": 0}});
        api.patch(&format!("/api/programs/{program}"), nothing).await.ok();
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 1_000).await;
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page(&format!("/dashboard/sales/{}", sale["id"].as_str().unwrap())).await;
        assert!(page.contains("and it earns <strong>nothing</strong>: "), "{page}");
        assert!(!page.contains("may be paid out") && !page.contains("payable 22 Dec"), "{page}");
        assert!(browser.page("/dashboard/sales").await.contains("earns nothing"));
    }
}
