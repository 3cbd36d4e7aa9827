//! Becoming a partner: by applying, by an invitation; and what the owner decides afterwards.

use serde_json::{Value, json};

use super::{path, shown, token};
use crate::api::client::Api;
use crate::dashboard::browser::Browser;
use crate::dashboard::markup::assert_plain;

async fn takes(api: &Api, applications: &str) -> (String, String) {
    let program = api.list("/api/programs").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let set = json!({"applications": applications, "linkUrl": "https://shop.example.com/", "about": "Ten per cent.",
        "termsUrl": "https://shop.example.com/terms"});
    let page = api
        .patch(&format!("/api/programs/{program}/page"), set)
        .await
        .ok();
    let path = page["applyUrl"].as_str().map(|url| {
        url.strip_prefix("https://tributary.example")
            .unwrap()
            .to_owned()
    });
    (program, path.unwrap_or_default())
}

const SAYS: [(&str, &str); 5] = [
    ("name", "Ada"),
    ("email", "Ada@Partners.example"),
    ("website", "https://ada.example/"),
    ("message", "By <b>writing</b>."),
    ("sure", "yes"),
];

async fn only(api: &Api) -> Value {
    let partners = api.list("/api/partners").await;
    let [one] = partners.as_slice() else {
        panic!("{partners:?}")
    };
    api.get(&format!("/api/partners/{}", one["id"].as_str().unwrap()))
        .await
        .ok()
}

on_both_databases! {
    async fn who_applies_waits_until_the_owner_says_yes(db: TestDb) {
        let api = Api::new(&db).await;
        let (program, apply) = takes(&api, "approve").await;
        let mut visitor = Browser::new(&api);
        let page = visitor.page(&apply).await;
        assert!(page.contains("Ten per cent.") && page.contains("https://shop.example.com/terms"), "{page}");
        let refused = visitor.post(&apply, &SAYS[..4]).await;
        assert_eq!(refused.status, 400, "not without a yes");
        assert!(refused.body.contains("tick the box") && refused.body.contains("value=\"Ada@Partners.example\""), "what was written stays: {}", refused.body);
        let long = "a".repeat(101);
        let refused = visitor.post(&apply, &[&[("name", long.as_str())], &SAYS[1..]].concat()).await;
        assert!(refused.status == 400 && refused.body.contains("at most 100 characters"), "{}", refused.body);
        let turned = visitor.post(&apply, &[&[("name", "Ada\u{202e}")], &SAYS[1..]].concat()).await;
        let thanks = turned;
        assert!(thanks.status == 200 && thanks.body.contains("will be looked at"), "{}", thanks.body);
        let partner = only(&api).await;
        assert_eq!((&partner["status"], &partner["email"], &partner["programIds"]), (&json!("applied"), &json!("ada@partners.example"), &json!([])));
        assert_eq!(partner["application"]["message"], "By <b>writing</b>.");
        assert!(api.list("/api/links").await.is_empty());
        assert_eq!(api.list("/api/partners?status=applied").await.len(), 1);
        let id = partner["id"].as_str().unwrap();
        let mut owner = Browser::signed_in(&api).await;
        let page = owner.page(&format!("/dashboard/partners/{id}")).await;
        assert!(page.contains("By &lt;b&gt;writing&lt;/b&gt;.") && page.contains("Approve"), "{page}");
        assert_eq!(owner.submit(&format!("/dashboard/partners/{id}/status"), &[("status", "active")]).await.status, 303);
        let partner = only(&api).await;
        assert_eq!((&partner["status"], &partner["programIds"], &partner["application"]["decision"]), (&json!("active"), &json!([program]), &json!("accepted")));
        let links = api.list("/api/links").await;
        assert_eq!((links.len(), &links[0]["key"]), (1, &json!("ada")));
        // Who is known already is told the same, and nothing changes.
        let again = visitor.post(&apply, &SAYS).await;
        assert!(again.body.contains("will be looked at"), "{}", again.body);
        assert_eq!(only(&api).await, partner);
    }

    async fn an_open_program_takes_whoever_applies_and_a_closed_one_nobody(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, apply) = takes(&api, "open").await;
        let mut visitor = Browser::new(&api);
        let thanks = visitor.post(&apply, &SAYS).await;
        assert!(thanks.body.contains("You are a partner now") && !thanks.body.contains("pl_"), "{}", thanks.body);
        assert_eq!(only(&api).await["status"], "active");
        assert_eq!(api.list("/api/links").await.len(), 1);
        for (name, wrong) in [("email", "nobody"), ("name", ""), ("website", "javascript:x")] {
            let fields = SAYS.map(|(known, value)| (known, if known == name { wrong } else if known == "email" { "b@partners.example" } else { value }));
            assert_eq!(visitor.post(&apply, &fields).await.status, 400, "{name}");
        }
        takes(&api, "closed").await;
        assert_eq!(visitor.get(&apply).await.status, 404);
        assert_eq!(visitor.post(&apply, &SAYS).await.status, 404);
        for odd in ["/portal/apply/x/y", "/portal/apply/%27/prog_x", "/portal/apply/x/%00"] {
            assert_eq!(visitor.get(odd).await.status, 404, "{odd}");
        }
        let mut elsewhere = Browser::new(&api);
        elsewhere.headers = vec![("sec-fetch-site", "cross-site")];
        takes(&api, "open").await;
        assert_eq!(elsewhere.post(&apply, &SAYS).await.status, 403);
    }

    async fn a_flood_of_applications_from_one_address_ends(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, apply) = takes(&api, "approve").await;
        let mut visitor = Browser::new(&api);
        visitor.peer = Some("203.0.113.7:9".parse().unwrap());
        let mut last = 200;
        for number in 0..200 {
            let email = format!("p{number}@partners.example");
            let fields = SAYS.map(|(name, value)| (name, if name == "email" { email.as_str() } else { value }));
            last = visitor.post(&apply, &fields).await.status;
            if last == 429 {
                break;
            }
        }
        assert_eq!(last, 429);
        assert!(api.list("/api/partners?limit=500").await.len() < 100);
    }

    async fn who_is_invited_is_a_partner_once_he_says_yes(db: TestDb) {
        let api = Api::new(&db).await;
        takes(&api, "closed").await;
        let made = api.post("/api/invitations", json!({"email": "ada@partners.example", "name": "Ada"})).await.ok();
        let id = made["partnerId"].as_str().unwrap();
        assert_eq!(only(&api).await["status"], "invited");
        api.patch(&format!("/api/partners/{id}"), json!({"status": "active"})).await.refuses("status");
        let (_, secret) = made["url"].as_str().unwrap().split_once("token=").unwrap();
        let mut invited = Browser::new(&api);
        assert_eq!(invited.post("/portal/sign-in", &[("token", secret)]).await.status, 303);
        let page = invited.get("/portal").await;
        assert!(page.body.contains("You are invited"), "{}", page.body);
        assert_eq!(invited.post("/portal/join", &[("sure", "yes")]).await.status, 403, "without its proof");
        invited.submit("/portal/join", &[]).await;
        assert_eq!(only(&api).await["status"], "invited", "not without a yes");
        assert_eq!(invited.submit("/portal/join", &[("sure", "yes")]).await.status, 303);
        assert_eq!(only(&api).await["status"], "active");
        let page = invited.page("/portal").await;
        assert!(page.contains("/r/ada"), "{page}");
        api.post("/api/invitations", json!({"email": "ada@partners.example"})).await.refuses("email");
        let lines = api.list(&format!("/api/changes?subjectId={id}")).await;
        assert_eq!((&lines[0]["type"], &lines[0]["actor"]["kind"]), (&json!("partner.changed"), &json!("partner")));
        let mut owner = Browser::signed_in(&api).await;
        owner.page("/dashboard/partners").await;
        let page = owner.submit("/dashboard/partners", &[("email", "bob@partners.example")]).await;
        assert!(page.body.contains("/portal/sign-in?token=pl_"), "{}", page.body);
        assert_eq!(api.list("/api/partners?status=invited").await.len(), 1);
    }

    async fn a_ban_ends_what_is_earned_from_then_on_and_its_end_brings_back_what_was_agreed(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        let at = format!("/api/partners/{partner}");
        api.patch(&at, json!({"commission": {"type": "percent", "basisPoints": 2_000}})).await.ok();
        api.click("clk_1", "alice").await;
        assert_eq!(api.sale("clk_1", "in_1", 10_000).await["commissionAmount"], 2_000);
        api.clock.advance(std::time::Duration::from_hours(1));
        api.patch(&at, json!({"status": "banned"})).await.ok();
        let renewal = |invoice: &str| json!({"clickId": "clk_1", "customerExternalId": "user_clk_1", "amount": 10_000, "invoiceId": invoice});
        api.clock.advance(std::time::Duration::from_hours(1));
        assert_eq!(api.post("/api/track/sale", renewal("in_2")).await.ok()["sale"]["commissionAmount"], 0);
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 2_000, "what was earned stays");
        assert_eq!(shown(&api, &path(&token(&api, "alice@partners.example.com").await, "")).await.status, 403);
        api.clock.advance(std::time::Duration::from_hours(1));
        api.patch(&at, json!({"status": "active"})).await.ok();
        api.clock.advance(std::time::Duration::from_hours(1));
        assert_eq!(api.post("/api/track/sale", renewal("in_3")).await.ok()["sale"]["commissionAmount"], 2_000);
        api.patch(&at, json!({"status": "active", "openCommissions": "void"})).await.refuses("openCommissions");
        api.patch(&at, json!({"status": "banned", "openCommissions": "all"})).await.refuses("openCommissions");
        api.patch(&at, json!({"status": "banned", "openCommissions": "void"})).await.ok();
        api.settle().await;
        for invoice in ["in_1", "in_3"] {
            let sale = api.sale_named(invoice).await;
            assert_eq!((&sale["commissionAmount"], &sale["status"]), (&json!(0), &json!("rejected")), "{invoice}");
        }
        assert_eq!(api.list(&format!("/api/balances?partnerId={partner}")).await[0]["balance"], 0);
        for state in ["applied", "invited"] {
            api.patch(&at, json!({"status": state})).await.refuses("status");
        }
    }

    async fn the_page_where_people_apply_says_who_pays_how_much_and_when(db: TestDb) {
        let api = Api::new(&db).await;
        let (program, apply) = takes(&api, "approve").await;
        let mut visitor = Browser::new(&api);
        let page = visitor.page(&apply).await;
        let merchant = api.get("/api/organization").await.ok()["name"].as_str().unwrap().to_owned();
        let by = format!("by {merchant}");
        for told in [by.as_str(), "You earn", "10 %", "90 days", "30 days after the sale"] {
            assert!(page.contains(told), "{told}: {page}");
        }
        api.patch(&format!("/api/programs/{program}"), json!({"payoutMinimum": 5_000, "currency": "usd"})).await.ok();
        assert!(visitor.page(&apply).await.contains("from 50.00 USD on"));
        let new = json!({"commission": {"type": "flat", "amount": 700, "currency": "usd"}, "holdDays": 0});
        api.patch(&format!("/api/programs/{program}"), new).await.ok();
        let page = visitor.page(&apply).await;
        assert!(page.contains("7.00 USD") && page.contains("at once"), "{page}");
    }

    async fn a_ban_in_the_dashboard_is_looked_at_first_and_has_a_reason(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 10_000).await;
        api.sale("clk_1", "in_2", 2_300).await;
        let mut owner = Browser::signed_in(&api).await;
        let path = format!("/dashboard/partners/{partner}");
        let status = format!("{path}/status");
        assert!(owner.page(&path).await.contains("Ban …"));
        let shown = owner.submit(&status, &[("status", "banned"), ("do", "preview")]).await;
        assert_plain("a ban", &shown.body);
        assert!(shown.status == 200 && shown.body.contains("12.30") && shown.body.contains("void it"), "{}", shown.body);
        for fields in [
            &[("status", "banned"), ("open", "void")][..],
            &[("status", "banned"), ("open", "void"), ("do", "run")],
            &[("status", "banned"), ("open", "void"), ("do", "run"), ("reason", " ")],
        ] {
            let refused = owner.submit(&status, fields).await.status;
            assert!([400, 403].contains(&refused), "{fields:?}: {refused}");
        }
        assert_eq!(api.get(&format!("/api/partners/{partner}")).await.ok()["status"], "active", "nothing is done without a reason");
        let run = [("status", "banned"), ("open", "void"), ("do", "run"), ("reason", "buys for itself")];
        assert_eq!(owner.submit(&status, &run).await.status, 303);
        api.settle().await;
        for invoice in ["in_1", "in_2"] {
            assert_eq!(api.sale_named(invoice).await["commissionAmount"], 0, "{invoice}");
        }
        for what in ["partner.changed", "commission.decided"] {
            let lines = api.list(&format!("/api/changes?type={what}")).await;
            assert_eq!(lines[0]["reason"], "buys for itself", "{what}");
        }
        owner.page(&path).await;
        let again = owner.submit(&status, &[("status", "banned"), ("do", "preview")]).await;
        assert!(again.body.contains("Nothing is open"), "{}", again.body);
    }
}
