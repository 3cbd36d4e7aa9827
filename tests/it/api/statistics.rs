//! Statistics by day, partner, program, processor and currency; and leads.

use std::time::Duration;

use serde_json::{Value, json};

use tributary::audit::audit;

use super::client::{Api, bodies};

const DAY: Duration = Duration::from_hours(24);

fn line<'v>(told: &'v Value, group: &Value) -> &'v Value {
    let lines = told["data"].as_array().unwrap();
    let found = lines.iter().find(|line| line["group"] == *group);
    found.unwrap_or_else(|| panic!("{group} in {told:#}"))
}

async fn lead(api: &Api, click: &str, customer: &str) {
    let body = json!({"clickId": click, "eventName": "Signup", "customerExternalId": customer});
    api.post("/api/track/lead", body).await.ok();
}

on_both_databases! {
    async fn statistics_tell_clicks_leads_and_money_by_what_is_asked(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let bob = api.partner("bob").await;
        for (click, key) in [("clk_1", "alice"), ("clk_2", "alice"), ("clk_3", "bob")] {
            api.click_at(click, key, "2026-11-22T08:00:00Z").await;
        }
        lead(&api, "clk_1", "user_1").await;
        api.sale("clk_1", "in_1", 1_000).await;
        api.clock.advance(DAY);
        api.sale("clk_3", "in_2", 3_000).await;
        let days = api.get("/api/statistics?from=2026-11-22&to=2026-11-23").await.ok();
        assert_eq!((&days["from"], &days["to"], &days["groupBy"]), (&json!("2026-11-22"), &json!("2026-11-23"), &json!("day")));
        let money = |sales: i64, net: i64, commission: i64| json!([{"currency": "usd", "sales": sales, "gross": net, "net": net,
            "refunded": 0, "disputed": 0, "commission": commission, "commissionTakenBack": 0}]);
        assert_eq!(days["data"], json!([
            {"group": "2026-11-22", "clicks": 3, "leads": 1, "currencies": money(1, 1_000, 100)},
            {"group": "2026-11-23", "clicks": 0, "leads": 0, "currencies": money(1, 3_000, 300)},
        ]));
        let partners = api.get("/api/statistics?groupBy=partner").await.ok();
        let expected = json!({"group": alice, "clicks": 2, "leads": 1, "currencies": money(1, 1_000, 100)});
        assert_eq!(line(&partners, &json!(alice)), &expected);
        assert_eq!(line(&partners, &json!(bob))["currencies"], money(1, 3_000, 300));
        let program = api.list("/api/programs").await[0]["id"].clone();
        let programs = api.get("/api/statistics?groupBy=program").await.ok();
        assert_eq!(line(&programs, &program)["clicks"], 3);
        assert_eq!(line(&programs, &program)["currencies"], money(2, 4_000, 400));
        let links = api.get("/api/statistics?groupBy=link").await.ok();
        let link = api.list("/api/links").await.into_iter().find(|link| link["key"] == "alice").unwrap();
        let expected = json!({"group": link["id"], "clicks": 2, "leads": 1, "currencies": money(1, 1_000, 100)});
        assert_eq!(line(&links, &link["id"]), &expected);
        for (group, name) in [("processor", "custom"), ("currency", "usd")] {
            let told = api.get(&format!("/api/statistics?groupBy={group}")).await.ok();
            assert_eq!(line(&told, &json!(name)), &json!({"group": name, "clicks": null, "leads": null, "currencies": money(2, 4_000, 400)}));
        }
        let nothing = api.get("/api/statistics?from=2026-01-01&to=2026-01-31").await.ok();
        assert_eq!(nothing["data"], json!([]));
        let test = api.get("/api/statistics?livemode=false&groupBy=currency").await.ok();
        assert_eq!(test["data"], json!([]));
    }

    async fn what_a_lead_earns_counts_for_the_link_that_brought_it_and_moves_with_it(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let bob = api.partner("bob").await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let rule = json!({"commission": {"type": "percent", "basisPoints": 0,
            "lead": {"type": "flat", "amount": 300, "currency": "usd"}}});
        api.patch(&format!("/api/programs/{program}"), rule).await.ok();
        api.click("clk_1", "alice").await;
        lead(&api, "clk_1", "user_1").await;
        let link = api.list("/api/links").await.into_iter().find(|link| link["key"] == "alice").unwrap()["id"].clone();
        let customer = api.list("/api/customers").await[0]["id"].as_str().unwrap().to_owned();
        let owner = format!("/api/customers/{customer}/partner");
        // What the link has earned, and what has come by none.
        for (partner, [by_link, by_none]) in [(json!(null), [300, 0]), (json!(bob), [0, 300]), (json!(alice), [0, 300]), (json!(null), [300, 0])] {
            api.clock.advance(DAY);
            api.put(&owner, json!({"partnerId": partner})).await.ok();
            let told = api.get("/api/statistics?groupBy=link").await.ok();
            let lines = told["data"].as_array().unwrap().iter();
            let mut earned = [0, 0];
            for line in lines {
                let of = usize::from(line["group"] != link);
                for sums in line["currencies"].as_array().unwrap() {
                    earned[of] += sums["commission"].as_i64().unwrap() - sums["commissionTakenBack"].as_i64().unwrap();
                }
            }
            assert_eq!(earned, [by_link, by_none], "{partner}: {told:#}");
            let report = audit(&*api.app.store, api.app.now(), &api.org).await.unwrap();
            assert!(report.clean, "{partner}: {:#?}", report.differences);
        }
    }

    async fn what_was_refunded_is_told_on_the_day_of_the_refund(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.deliver("stripe", &bodies("stripe/f13-two-partial-refunds")).await;
        let told = api.get("/api/statistics?from=2026-01-01&to=2026-12-31").await.ok();
        let days = told["data"].as_array().unwrap();
        let of = |line: &Value, field: &str| line["currencies"][0][field].as_i64().unwrap_or(0);
        let refunded: i64 = days.iter().map(|line| of(line, "refunded")).sum();
        let sale = &api.list("/api/sales").await[0];
        assert_eq!(refunded, sale["amountRefunded"].as_i64().unwrap());
        assert!(days.iter().any(|line| of(line, "refunded") > 0 && of(line, "sales") == 0), "{days:#?}");
    }

    async fn a_wrong_period_or_group_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        api.get("/api/statistics?groupBy=linkKey").await.refuses("groupBy");
        api.get("/api/statistics?from=yesterday").await.refuses("from");
        api.get("/api/statistics?to=2026-02-30").await.refuses("to");
        api.get("/api/statistics?from=2026-11-02&to=2026-11-01").await.refuses("from");
        api.get("/api/statistics?from=1990-01-01&to=2026-11-01").await.refuses("from");
    }

    async fn leads_are_listed_and_found_by_every_filter(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.partner("bob").await;
        api.click("clk_1", "alice").await;
        api.click("clk_2", "bob").await;
        lead(&api, "clk_1", "user_1").await;
        lead(&api, "clk_2", "user_2").await;
        let all = api.list("/api/leads").await;
        assert_eq!(all.len(), 2);
        let own = api.list(&format!("/api/leads?partnerId={alice}")).await;
        assert_eq!((own.len(), &own[0]["clickId"]), (1, &json!("clk_1")));
        let (id, customer) = (own[0]["id"].as_str().unwrap(), own[0]["customerId"].as_str().unwrap());
        let program = own[0]["programId"].as_str().unwrap();
        for (filter, count) in [
            (format!("customerId={customer}"), 1),
            (format!("programId={program}"), 2),
            ("from=2026-11-22T00:00:00Z".to_owned(), 2),
            ("to=2026-11-22T00:00:00Z".to_owned(), 0),
            ("livemode=false".to_owned(), 0),
        ] {
            assert_eq!(api.list(&format!("/api/leads?{filter}")).await.len(), count, "{filter}");
        }
        assert_eq!(api.get(&format!("/api/leads/{id}")).await.ok(), own[0]);
        api.get("/api/leads/lead_unknown").await.is_unknown();
    }

    async fn what_partners_are_owed_is_told_together(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.partner("bob").await;
        api.click("clk_1", "alice").await;
        api.click("clk_2", "bob").await;
        api.sale("clk_1", "in_1", 1_000).await;
        api.clock.advance(DAY);
        api.sale("clk_2", "in_2", 3_000).await;
        let money = |due: i64, partners: i64| json!([{"currency": "usd", "owed": 400, "due": due, "partnersDue": partners,
            "held": 0, "paid": 0}]);
        assert_eq!(api.get("/api/status").await.ok()["money"], money(0, 0));
        // The hold of the first is over to the microsecond, on a day on which more becomes available later.
        api.clock.advance((29 * DAY).checked_sub(Duration::from_micros(1)).unwrap());
        assert_eq!(api.get("/api/status").await.ok()["money"], money(0, 0));
        api.clock.advance(Duration::from_micros(1));
        assert_eq!(api.get("/api/status").await.ok()["money"], money(100, 1));
        api.clock.advance(DAY);
        assert_eq!(api.get("/api/status").await.ok()["money"], money(400, 2));
    }
}
