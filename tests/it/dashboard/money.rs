//! Decisions about money in the dashboard: each is looked at first, then done once, by who may, and stands in the sale's story.

use serde_json::{Value, json};

use super::browser::Browser;
use super::markup::assert_plain;
use super::members::member;
use crate::api::client::Api;

/// The value of a hidden field of the page that was shown last.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no field {name} in {page}"));
    rest.split('"').next().unwrap().to_owned()
}

/// Looks at what a form would do, then has it done; answers the page that was shown before.
async fn done(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> String {
    let with = |what: &'static str| [fields, &[("do", what)]].concat();
    let shown = browser.submit(path, &with("preview")).await;
    assert_eq!(shown.status, 200, "{path}: {}", shown.body);
    assert_plain(path, &shown.body);
    let answer = browser.submit(path, &with("run")).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    shown.body
}

async fn sold(api: &Api) -> (String, Value) {
    let alice = api.partner("alice").await;
    api.click("clk_1", "alice").await;
    (alice, api.sale("clk_1", "in_1", 1_000).await)
}

on_both_databases! {
    async fn a_commission_is_voided_after_a_look_and_the_story_says_why(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, sale) = sold(&api).await;
        let id = sale["id"].as_str().unwrap();
        let mut owner = Browser::signed_in(&api).await;
        let page = format!("/dashboard/sales/{id}");
        let before = owner.page(&page).await;
        assert_plain("the sale", &before);
        assert!(before.contains("Preview the decision"), "{before}");
        let path = format!("/dashboard/commissions/{id}/decision");
        let fields = [("decision", "void"), ("reason", "a test order <b>")];
        let ask = [&fields[..], &[("do", "preview")]].concat();
        let shown = owner.submit(&path, &ask).await.body;
        assert!(shown.contains("voided by the owner") && shown.contains("−1.00") && shown.contains("&lt;b&gt;"), "{shown}");
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 100, "nothing was done yet");
        done(&mut owner, &path, &fields).await;
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 0);
        let after = owner.page(&page).await;
        assert!(after.contains("a test order") && after.contains("void"), "{after}");
        let line = api.list("/api/changes?type=commission.decided").await.remove(0);
        assert_eq!((&line["actor"]["kind"], &line["reason"]), (&json!("operator"), &json!("a test order <b>")));
        for (field, value) in [("reason", ""), ("decision", "pay"), ("do", "")] {
            let fields = [("decision", "void"), ("reason", "x"), ("do", "run")];
            let fields = fields.map(|(name, given)| (name, if name == field { value } else { given }));
            let status = owner.submit(&path, &fields).await.status;
            assert!(matches!(status, 400 | 403), "{field}: {status}");
        }
    }

    async fn a_sale_is_refunded_and_given_to_another_partner(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, sale) = sold(&api).await;
        let bob = api.partner("bob").await;
        let id = sale["id"].as_str().unwrap();
        let mut owner = Browser::signed_in(&api).await;
        let page = owner.page(&format!("/dashboard/sales/{id}")).await;
        let key = hidden(&page, "key");
        let path = format!("/dashboard/sales/{id}/refund");
        let fields = [("amount", "2.50"), ("reason", "sent back"), ("key", key.as_str())];
        done(&mut owner, &path, &fields).await;
        done(&mut owner, &path, &fields).await;
        assert_eq!(api.sale_named("in_1").await["amountRefunded"], 250, "sent twice, it is one");
        for wrong in ["2.505", "-1", "0", "much", "7.51"] {
            let fields = [("amount", wrong), ("reason", "x"), ("key", "other"), ("do", "run")];
            assert_eq!(owner.submit(&path, &fields).await.status, 400, "{wrong}");
        }
        let path = format!("/dashboard/sales/{id}/partner");
        let shown = done(&mut owner, &path, &[("partner", &bob), ("of", "sale"), ("reason", "Bob's")]).await;
        assert!(shown.contains("bob") && shown.contains("0.75"), "{shown}");
        assert_eq!(api.sale_named("in_1").await["partnerId"], json!(bob));
        done(&mut owner, &path, &[("partner", "nobody"), ("of", "customer"), ("reason", "our own")]).await;
        assert_eq!(api.sale_named("in_1").await["partnerId"], json!(bob), "what was said of the sale goes before");
        done(&mut owner, &path, &[("partner", "clicks"), ("of", "sale"), ("reason", "a mistake")]).await;
        let page = owner.page(&format!("/dashboard/sales/{id}")).await;
        assert_eq!(api.sale_named("in_1").await["partnerId"], Value::Null);
        assert!(page.contains("the owner has said so") && page.contains("our own"), "{page}");
    }

    async fn a_bonus_is_booked_once_and_paid_out_and_taken_back(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let mut owner = Browser::signed_in(&api).await;
        let page = owner.page(&format!("/dashboard/partners/{alice}")).await;
        let key = hidden(&page, "key");
        let path = format!("/dashboard/partners/{alice}/adjustments");
        let fields = [("kind", "bonus"), ("amount", "50"), ("currency", "usd"), ("reason", "best of November"), ("key", key.as_str())];
        done(&mut owner, &path, &fields).await;
        done(&mut owner, &path, &fields).await;
        let yen = [("kind", "bonus"), ("amount", "1200"), ("currency", "JPY"), ("reason", "x"), ("key", "y")];
        done(&mut owner, &path, &yen).await;
        let wrong = [("kind", "bonus"), ("amount", "12.5"), ("currency", "jpy"), ("reason", "x"), ("key", "z"), ("do", "run")];
        assert_eq!(owner.submit(&path, &wrong).await.status, 400);
        let balances = api.list(&format!("/api/balances?partnerId={alice}")).await;
        let amounts: Vec<_> = balances.iter().map(|one| (one["currency"].clone(), one["approved"].clone())).collect();
        assert_eq!(amounts, [(json!("jpy"), json!(1_200)), (json!("usd"), json!(5_000))]);
        let page = owner.page(&format!("/dashboard/partners/{alice}")).await;
        assert!(page.contains("best of November"), "{page}");
        let page = owner.page("/dashboard/payouts").await;
        assert_plain("payouts", &page);
        assert!(page.contains("Record as paid"), "{page}");
        let due = [("partner", alice.as_str()), ("currency", "usd")];
        let shown = owner.submit("/dashboard/payouts", &[&due[..], &[("do", "preview")]].concat()).await;
        assert_plain("a payout", &shown.body);
        let amount = hidden(&shown.body, "shown");
        assert_eq!(amount, "5000");
        let pay = [&due[..], &[("shown", "4999"), ("do", "run")]].concat();
        assert_eq!(owner.submit("/dashboard/payouts", &pay).await.status, 400, "something else is due");
        let pay = [&due[..], &[("shown", "5000"), ("note", "wire"), ("do", "run")]].concat();
        assert_eq!(owner.submit("/dashboard/payouts", &pay).await.status, 303);
        assert_eq!(owner.submit("/dashboard/payouts", &pay).await.status, 400, "sent twice, it is one");
        let payout = api.list("/api/payouts").await.remove(0);
        assert_eq!((&payout["amount"], &payout["note"]), (&json!(5_000), &json!("wire")));
        let path = format!("/dashboard/payouts/{}", payout["id"].as_str().unwrap());
        assert!(owner.page("/dashboard/payouts").await.contains(&format!("href=\"{path}\"")), "its list leads to where it is taken back");
        assert_plain("taking back", &owner.page(&path).await);
        let step = format!("{path}/step");
        assert_eq!(owner.submit(&step, &[("step", "reverse"), ("reason", "")]).await.status, 400);
        assert_eq!(owner.submit(&step, &[("step", "reverse"), ("reason", "bounced")]).await.status, 303);
        assert_eq!(api.list("/api/payouts").await[0]["status"], "reversed");
    }

    async fn a_leads_commission_has_a_page_of_its_own(db: TestDb) {
        let api = Api::new(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let rule = json!({"type": "percent", "basisPoints": 0, "lead": {"type": "flat", "amount": 300, "currency": "usd"}});
        api.patch(&format!("/api/programs/{program}"), json!({"commission": rule})).await.ok();
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let lead = json!({"clickId": "clk_1", "eventName": "Sign Up", "customerExternalId": "u_1"});
        api.post("/api/track/lead", lead).await.ok();
        let mut owner = Browser::signed_in(&api).await;
        let page = owner.page(&format!("/dashboard/partners/{alice}")).await;
        let (_, rest) = page.split_once("href=\"/dashboard/commissions/").expect("a link to the lead");
        let path = format!("/dashboard/commissions/{}", rest.split('"').next().unwrap());
        assert_plain("a lead", &owner.page(&path).await);
        done(&mut owner, &format!("{path}/decision"), &[("decision", "fraud"), ("reason", "a bot")]).await;
        let page = owner.page(&path).await;
        assert!(page.contains("a bot") && page.contains("rejected"), "{page}");
    }

    async fn who_may_only_read_sees_no_form_and_others_see_nothing(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, sale) = sold(&api).await;
        let id = sale["id"].as_str().unwrap();
        let mut owner = Browser::signed_in(&api).await;
        let mut reader = member(&api, &mut owner, "rita", "read-only").await;
        let mut helper = member(&api, &mut owner, "mark", "member").await;
        for (path, words) in [(format!("/dashboard/sales/{id}"), "Preview the decision"), (format!("/dashboard/partners/{alice}"), "Bonus or correction")] {
            assert!(!reader.page(&path).await.contains(words), "{path}");
            assert!(helper.page(&path).await.contains(words), "{path}");
        }
        let path = format!("/dashboard/commissions/{id}/decision");
        let fields = [("decision", "void"), ("reason", "x"), ("do", "run")];
        assert_eq!(reader.submit(&path, &fields).await.status, 403);
        let mut other = Browser::signed_in(&api.another().await).await;
        other.page("/dashboard/payouts").await;
        for (path, fields) in [
            (path.clone(), &fields[..]),
            (format!("/dashboard/sales/{id}/refund"), &[("amount", "1"), ("reason", "x"), ("key", "k"), ("do", "run")]),
            (format!("/dashboard/sales/{id}/partner"), &[("partner", "nobody"), ("of", "sale"), ("reason", "x"), ("do", "run")]),
            (format!("/dashboard/partners/{alice}/adjustments"), &[("kind", "bonus"), ("amount", "1"), ("currency", "usd"), ("reason", "x"), ("key", "k"), ("do", "run")]),
            ("/dashboard/payouts".to_owned(), &[("partner", alice.as_str()), ("currency", "usd"), ("shown", "1"), ("do", "run")]),
        ] {
            assert_eq!(other.submit(&path, fields).await.status, 404, "{path}");
            let forged = owner.post(&path, fields).await;
            assert_eq!(forged.status, 403, "without proof: {path}");
        }
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 100);
        assert_eq!(helper.submit(&path, &fields).await.status, 303);
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 0);
    }
}
