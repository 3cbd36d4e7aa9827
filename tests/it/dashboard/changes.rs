//! The page of what was changed.

use serde_json::{Value, json};

use super::browser::Browser;
use super::markup::{assert_plain, links};
use super::members::member;
use crate::api::client::Api;
use crate::api::money::sold;

on_both_databases! {
    async fn what_a_program_shows_and_domains_of_links_are_set_in_the_dashboard(db: TestDb) {
        let api = Api::new(&db).await;
        let mut owner = Browser::signed_in(&api).await;
        let domains = owner.page("/dashboard/domains").await;
        assert_plain("domains", &domains);
        for (fallback, status) in [("nothing", 400), ("https://example.com/", 303)] {
            owner.page("/dashboard/domains").await;
            let answer = owner.submit("/dashboard/domains", &[("domain", "Go.Example.com"), ("fallback", fallback)]).await;
            assert_eq!(answer.status, status, "{}", answer.body);
        }
        let page = owner.page("/dashboard/programs").await;
        let id = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/dashboard/programs/{id}/page");
        assert!(page.contains(&path) && page.contains("/dashboard/domains"), "{page}");
        assert_plain("what partners see", &owner.page(&path).await);
        let fields = [("applications", "approve"), ("link_url", "https://shop.example.com/"), ("link_domain", "go.example.com"),
            ("about", "Ten per cent."), ("own_links", "yes")];
        assert_eq!(owner.submit(&path, &fields).await.status, 303);
        let set = api.get(&format!("/api/programs/{id}/page")).await.ok();
        assert_eq!([&set["applications"], &set["linkUrl"], &set["linkDomain"], &set["about"], &set["partnersMakeLinks"], &set["termsUrl"]],
            [&json!("approve"), &json!("https://shop.example.com/"), &json!("go.example.com"), &json!("Ten per cent."), &json!(true), &json!(null)]);
        assert!(owner.page(&path).await.contains(set["applyUrl"].as_str().unwrap()));
        assert_eq!(owner.submit(&path, &[("applications", "closed")]).await.status, 303);
        let set = api.get(&format!("/api/programs/{id}/page")).await.ok();
        assert_eq!([&set["applications"], &set["linkUrl"], &set["about"], &set["linkDomain"]], [&json!("closed"), &json!(null), &json!(null), &json!("")], "emptied");
        owner.page("/dashboard/domains").await;
        assert_eq!(owner.submit("/dashboard/domains/go.example.com/delete", &[]).await.status, 303);
        assert!(api.list("/api/domains").await.is_empty());
    }

    async fn what_was_changed_is_shown_with_who_and_why_and_found_from_what_it_concerns(db: TestDb) {
        let api = Api::new(&db).await;
        let (partner, _) = sold(&api).await;
        let payout = api.post("/api/payouts", json!({"partnerId": partner, "currency": "usd"})).await.ok();
        let paid = payout["amount"].as_i64().unwrap();
        let payout = payout["id"].as_str().unwrap();
        api.post(&format!("/api/payouts/{payout}/reverse"), json!({"reason": "the bank sent it back"})).await.ok();
        api.patch(&format!("/api/partners/{partner}"), json!({"name": "Alice B."})).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page("/dashboard/changes").await;
        for told in ["payout.reversed", "the bank sent it back", "Alice B.", "partner.changed", "organization.created", "the server"] {
            assert!(page.contains(told), "{told}");
        }
        assert!(page.contains(&format!("amount: {}.{:02} USD", paid / 100, paid % 100)));
        assert!(page.contains("ledger: live") || !page.contains("livemode"), "in the words of the page: {page}");
        assert!(!page.contains("partnerId") && page.contains(">Alice B.</a>"), "by name: {page}");
        let of_partner = browser.page(&format!("/dashboard/changes?subject={partner}")).await;
        assert!(of_partner.contains("partner.changed") && !of_partner.contains("the bank sent it back"));
        let by_type = browser.page("/dashboard/changes?type=payout.reversed&from=2026-11-01").await;
        assert!(by_type.contains("the bank sent it back") && !by_type.contains("the server"));
        assert_eq!(browser.get("/dashboard/changes?type=nothing").await.status, 400);
        let sale = api.list("/api/sales").await[0]["id"].as_str().unwrap().to_owned();
        for (page, subject) in [
            (format!("/dashboard/partners/{partner}"), partner.as_str()),
            (format!("/dashboard/payouts/{payout}"), payout),
            (format!("/dashboard/sales/{sale}"), &sale),
        ] {
            let href = format!("/dashboard/changes?subject={subject}");
            assert!(links(&browser.page(&page).await).contains(&href), "{page} leads to {href}");
            browser.page(&href).await;
        }
        let mut other = Browser::signed_in(&api.another().await).await;
        assert!(!other.page("/dashboard/changes").await.contains("Alice B."));
    }
}

on_both_databases! {
    async fn what_a_partner_is_set_up_with_is_changed_on_its_page(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        browser.page("/dashboard/partners").await;
        let added = browser.submit("/dashboard/partners", &[("name", "Alice"), ("email", "alice@partners.example"), ("tenant", "own_1"), ("how", "at-once")]).await;
        let page = added.header("location").to_owned();
        assert!(added.status == 303 && page.starts_with("/dashboard/partners/prt_"), "{}", added.body);
        browser.page(&page).await;
        let link = [("key", "alice"), ("url", "https://shop.example/a")];
        assert_eq!(browser.submit(&format!("{page}/links"), &link).await.header("location"), page);
        assert_eq!(browser.submit(&format!("{page}/codes"), &[("code", "ALICE10")]).await.header("location"), page);
        let shown = browser.page(&page).await;
        assert!(shown.contains("https://shop.example/a") && shown.contains("alice10"), "{shown}");
        let id = api.list("/api/links").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/dashboard/links/{id}");
        assert_eq!(browser.submit(&path, &[("url", "https://shop.example/b")]).await.header("location"), page);
        assert_eq!(api.list("/api/links").await[0]["url"], "https://shop.example/b");
        assert_eq!(browser.submit(&path, &[("url", "no address")]).await.status, 400);
        browser.page(&page).await;
        assert_eq!(browser.submit(&format!("{path}/delete"), &[]).await.status, 303);
        assert_eq!(browser.submit("/dashboard/codes/alice10/delete", &[]).await.status, 303);
        assert!(api.list("/api/links").await.is_empty() && api.list("/api/codes").await.is_empty());
        let told: Vec<String> = api.list("/api/changes").await.iter().map(|change| change["type"].as_str().unwrap().to_owned()).collect();
        for what in ["partner.created", "link.created", "link.changed", "link.deleted", "code.created", "code.deleted"] {
            assert!(told.iter().any(|told| told == what), "{what}: {told:?}");
        }
    }

    async fn a_program_is_changed_and_what_its_rule_says_besides_stays(db: TestDb) {
        let api = Api::new(&db).await;
        let id = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let rule = json!({"commission": {"type": "percent", "basisPoints": 1_000, "duration": {"type": "months", "months": 12}}});
        api.patch(&format!("/api/programs/{id}"), rule).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        let path = format!("/dashboard/programs/{id}");
        assert!(links(&browser.page("/dashboard/programs").await).contains(&path));
        let page = browser.page(&path).await;
        assert_plain("a program", &page);
        assert!(page.contains("name=\"reward\" required inputmode=\"decimal\"") && page.contains("value=\"10\"") && page.contains("value=\"12\""), "{page}");
        let fields = [("name", "Friends"), ("pays", "percent"), ("reward", "12,5"), ("lasts", "months"), ("months", "12"),
            ("window", "30"), ("hold", "1"), ("model", "first_click"), ("stays", "no")];
        assert_eq!(browser.submit(&path, &fields).await.status, 303);
        let program = &api.list("/api/programs").await[0];
        assert_eq!(program["commission"]["basisPoints"], 1_250);
        assert_eq!(program["commission"]["duration"], json!({"type": "months", "months": 12}));
        assert_eq!((&program["name"], &program["windowDays"], &program["holdDays"]), (&json!("Friends"), &json!(30), &json!(1)));
        assert_eq!((&program["model"], &program["customerStays"]), (&json!("first_click"), &json!(false)));
        assert!(browser.page("/dashboard/programs").await.contains("1 day<"));
        browser.page(&path).await;
        for (field, wrong) in [("payout_minimum", "much"), ("window", "x"), ("hold", "9999"), ("pays_in", "money"), ("status", "gone")] {
            assert_eq!(browser.submit(&path, &[(field, wrong)]).await.status, 400, "{field}");
        }
        let wrong = [("pays", "percent"), ("reward", "ten"), ("lasts", "lifetime")];
        assert_eq!(browser.submit(&path, &wrong).await.status, 400);
        let rules = |changes: &[Value]| changes.iter().filter(|change| change["type"] == "rule.set").count();
        let before = rules(&api.list("/api/changes").await);
        assert_eq!(browser.submit(&path, &fields).await.status, 303);
        assert_eq!(rules(&api.list("/api/changes").await), before, "the same rule is no new one");
    }

    async fn a_program_is_made_with_all_that_its_rule_can_say_and_changed(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page("/dashboard/programs/new").await;
        assert_plain("a new program", &page);
        let rule = [("pays", "flat"), ("reward", "5"), ("currency", "eur"), ("base", "gross"), ("lasts", "firstSale"), ("months", ""),
            ("later_pays", "percent"), ("later_reward", "2.5"), ("later_currency", ""), ("lead_reward", "1"), ("lead_currency", "EUR"),
            ("cap_amount", "100"), ("cap_currency", "eur"), ("cap_period", "year"), ("minimum", "10")];
        let rest = [("name", "Agencies"), ("pays_in", "eur"), ("payout_minimum", "50"), ("window", "60"), ("hold", "14"),
            ("model", "last_click"), ("stays", "yes")];
        let made = browser.submit("/dashboard/programs", &[&rule[..], &rest].concat()).await;
        let path = made.header("location").to_owned();
        assert!(made.status == 303 && path.starts_with("/dashboard/programs/prog_"), "{} {}", made.status, made.body);
        let id = path.trim_start_matches("/dashboard/programs/").to_owned();
        let program = api.get(&format!("/api/programs/{id}")).await.ok();
        let expected = json!({"type": "flat", "amount": 500, "currency": "eur", "base": "gross", "duration": {"type": "firstSale"},
            "recurring": {"type": "percent", "basisPoints": 250}, "lead": {"type": "flat", "amount": 100, "currency": "eur"},
            "cap": {"amount": 10_000, "currency": "eur", "period": "year"}, "minimumAmount": 1_000});
        assert_eq!(program["commission"], expected);
        assert_eq!((&program["currency"], &program["payoutMinimum"], &program["windowDays"]), (&json!("eur"), &json!(5_000), &json!(60)));
        let page = browser.page(&path).await;
        assert!(page.contains("from 50.00 EUR on") && page.contains("value=\"2.5\""), "{page}");
        let emptied = [("pays", "percent"), ("reward", "20"), ("base", "net"), ("lasts", "lifetime"), ("later_pays", "same"),
            ("lead_reward", ""), ("cap_amount", ""), ("minimum", ""), ("pays_in", ""), ("payout_minimum", ""), ("status", "archived")];
        assert_eq!(browser.submit(&path, &emptied).await.status, 303);
        let program = api.get(&format!("/api/programs/{id}")).await.ok();
        assert_eq!(program["commission"], json!({"type": "percent", "basisPoints": 2_000, "base": "net", "duration": {"type": "lifetime"}}));
        assert_eq!((&program["currency"], &program["payoutMinimum"], &program["status"]), (&json!(null), &json!(0), &json!("archived")));
        let mut reader = member(&api, &mut browser, "rita", "read-only").await;
        assert_eq!(reader.get("/dashboard/programs/new").await.status, 403);
        let shown = reader.page(&path).await;
        assert!(shown.contains("Agencies") && !shown.contains("name=\"reward\""), "{shown}");
        assert_eq!(reader.submit("/dashboard/programs", &rest).await.status, 403);
    }
}
