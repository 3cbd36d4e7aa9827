//! What is misspelt where money is set is refused, with the name that was meant; what SDKs send is not.

use serde_json::{Value, json};
use tributary::http::access::ROUTES;

use super::client::Api;

/// Routes whose bodies come from SDKs, or from data brought along: a member that is not known is passed over.
const TOLERANT: &[&str] = &["/api/clicks", "/api/embed/", "/api/track/"];

/// The path of a route with the id of nothing.
fn path_of(route: &str) -> String {
    route.replace("{id}", "x").replace("{code}", "x")
}

/// The paths of all lists.
fn lists() -> Vec<&'static str> {
    let gets = ROUTES
        .iter()
        .filter(|(_, methods, _)| methods.contains("GET"));
    let paths = gets.map(|(path, ..)| *path);
    paths
        .filter(|path| !path.contains('{') && !OTHERS.contains(path))
        .collect()
}

/// What is no list.
const OTHERS: &[&str] = &[
    "/api/organization",
    "/api/payout-settings",
    "/api/statistics",
    "/api/status",
];

on_both_databases! {
    async fn a_member_that_a_body_does_not_have_is_refused_on_every_route_that_configures(db: TestDb) {
        let api = Api::new(&db).await;
        let mut checked = 0;
        for (route, methods, _) in ROUTES {
            // It takes no body.
            if route.ends_with("/portal-link") || route.ends_with("/partners/{partnerId}") {
                continue;
            }
            if TOLERANT.iter().any(|tolerant| route.starts_with(tolerant)) {
                continue;
            }
            for method in methods.split(' ').filter(|method| ["POST", "PATCH", "PUT"].contains(method)) {
                let answer = api.call(method, &path_of(route), Some(json!({"xyzzy": 1}))).await;
                assert_eq!(answer.error(), (400, "VALIDATION_ERROR", "xyzzy"), "{method} {route}");
                let message = answer.json["error"]["message"].as_str().unwrap();
                assert!(message.starts_with("unknown member `xyzzy`; there "), "{message}");
                checked += 1;
            }
        }
        assert!(checked >= 13, "{checked}");
    }

    async fn the_name_that_was_meant_is_told_with_the_path_of_the_wrong_one(db: TestDb) {
        let api = Api::new(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let program = format!("/api/programs/{program}");
        let before = api.get(&program).await.ok();
        let rate = json!({"base": "usd", "quote": "eur", "day": "2026-11-20", "rate": "0.9", "sorce": "ecb"});
        for (method, path, body, field, meant) in [
            ("PATCH", program.as_str(), json!({"comission": {"type": "percent", "basisPoints": 1}}), "comission", "commission"),
            ("PATCH", &program, json!({"hold_days": 0}), "hold_days", "holdDays"),
            ("PATCH", &program, json!({"commission": {"type": "percent", "basispoints": 1}}), "commission.basispoints",
                "basisPoints"),
            ("POST", "/api/partners", json!({"email": "a@example.com", "program": "x"}), "program", "programId"),
            ("POST", "/api/links", json!({"partner_id": "x"}), "partner_id", "partnerId"),
            ("POST", "/api/codes", json!({"Code": "x"}), "Code", "code"),
            ("POST", "/api/rates", json!([rate]), "rates[0].sorce", "source"),
            ("POST", "/api/payouts", json!({"currncy": "usd"}), "currncy", "currency"),
            ("POST", "/api/payouts/pay_1/reverse", json!({"reasn": "x"}), "reasn", "reason"),
            ("POST", "/api/reviews", json!({"approve": true}), "approve", "approved"),
            ("POST", "/api/commissions/com_1/decision", json!({"reasn": "x"}), "reasn", "reason"),
            ("POST", "/api/commissions/decisions", json!({"id": ["x"]}), "id", "ids"),
            ("POST", "/api/partners/prt_1/adjustments", json!({"idempotencykey": "x"}), "idempotencykey", "idempotencyKey"),
            ("POST", "/api/keys", json!({"name": "x", "scope": ["read"]}), "scope", "scopes"),
            ("POST", "/api/sources", json!({"processor": "stripe", "secret": "whsec_0123456789"}), "secret", "secrets"),
            ("POST", "/api/sources",
                json!({"processor": "stripe", "secrets": ["whsec_0123456789"], "settings": {"clickKey": []}}),
                "settings.clickKey", "clickKeys"),
        ] {
            let answer = api.call(method, path, Some(body)).await;
            answer.refuses(field);
            let message = answer.json["error"]["message"].as_str().unwrap();
            assert!(message.ends_with(&format!("did you mean `{meant}`?")), "{message}");
        }
        assert_eq!(api.get(&program).await.ok(), before);
        assert_eq!(api.list("/api/partners").await, [] as [Value; 0]);
    }

    async fn what_sdks_send_is_read_tolerantly(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        let click = json!({"id": "clk_1", "key": "alice", "clickedAt": "2026-11-20T10:00:00Z", "utm": "x"});
        api.post("/api/clicks", click).await.ok();
        let click = json!({"key": "alice", "utm": "x"});
        api.post("/api/track/click", click).await.ok();
        let lead = json!({"clickId": "clk_1", "eventName": "Sign up", "customerExternalId": "u_1", "plan": "pro"});
        api.post("/api/track/lead", lead).await.ok();
        let sale = json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": 1_000, "plan": "pro"});
        api.post("/api/track/sale", sale).await.ok();
    }

    async fn a_filter_that_a_list_does_not_have_is_refused_on_every_list(db: TestDb) {
        let api = Api::new(&db).await;
        assert!(lists().len() >= 16);
        for path in lists() {
            api.get(&format!("{path}?xyzzy=1")).await.refuses("xyzzy");
            api.get(&format!("{path}?limit=5&Limit=5")).await.refuses("Limit");
            api.get(&format!("{path}?limit=5&limit=5")).await.refuses("limit");
            for limit in ["0", "501", "", "many", "1e2"] {
                api.get(&format!("{path}?limit={limit}")).await.refuses("limit");
            }
        }
        api.get("/api/status?xyzzy=1").await.refuses("xyzzy");
        api.get("/api/statistics?xyzzy=1").await.refuses("xyzzy");
        let answer = api.get("/api/sales?partner_id=prt_1").await;
        answer.refuses("partner_id");
        assert_eq!(answer.json["error"]["message"], "unknown parameter `partner_id`; did you mean `partnerId`?");
        let customer = "/api/customers/cus_x/partner?preveiw=true";
        api.put(customer, json!({"partnerId": null})).await.refuses("preveiw");
    }

    async fn a_filter_value_that_cannot_be_is_refused_and_never_passed_over(db: TestDb) {
        let api = Api::new(&db).await;
        for (path, field) in [
            ("/api/sales?status=payed", "status"),
            ("/api/sales?status=", "status"),
            ("/api/sales?invoiceId=", "invoiceId"),
            ("/api/sales?invoiceId=%20", "invoiceId"),
            ("/api/sales?partnerId=", "partnerId"),
            ("/api/sales?partnerId=sale_1", "partnerId"),
            ("/api/sales?customerId=u_1", "customerId"),
            ("/api/sales?paymentProcessor=strip", "paymentProcessor"),
            ("/api/sales?kind=renewal", "kind"),
            ("/api/sales?livemode=maybe", "livemode"),
            ("/api/events?state=done", "state"),
            ("/api/events?processor=Stripe", "processor"),
            ("/api/events?sourceId=stripe", "sourceId"),
            ("/api/events?receivedSince=2026-02-30T00:00:00Z", "receivedSince"),
            ("/api/events?receivedSince=yesterday", "receivedSince"),
            ("/api/commissions?status=open", "status"),
            ("/api/commissions?currency=dollars", "currency"),
            ("/api/ledger?kind=gift", "kind"),
            ("/api/ledger?saleId=com_1", "saleId"),
            ("/api/ledger?saleId=sale_1&subjectId=pay_1", "subjectId"),
            ("/api/balances?currency=zzz", "currency"),
            ("/api/balances?programId=prt_1", "programId"),
            ("/api/payouts?currency=", "currency"),
            ("/api/rates?base=zzz", "base"),
            ("/api/customers?externalId=a&customerExternalId=b", "customerExternalId"),
            ("/api/reviews?state=closed", "state"),
            ("/api/sources?processor=strip", "processor"),
            ("/api/links?partnerId=alice", "partnerId"),
            ("/api/clicks?linkId=alice", "linkId"),
            ("/api/codes?partnerId=alice", "partnerId"),
        ] {
            api.get(path).await.refuses(field);
        }
        let answer = api.get("/api/sales?status=payed").await;
        assert_eq!(answer.json["error"]["message"],
            "status must be one of pending, approved, paid, rejected; did you mean `paid`?");
    }

    async fn a_cursor_of_another_list_filter_or_organization_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        for (click, invoice) in [("clk_1", "in_1"), ("clk_2", "in_2"), ("clk_3", "in_3")] {
            api.click(click, "alice").await;
            api.sale(click, invoice, 1_000).await;
        }
        let part = api.get("/api/sales?limit=1").await.ok();
        let cursor = part["nextCursor"].as_str().unwrap();
        let path = format!("/api/sales?limit=1&cursor={cursor}");
        assert_ne!(api.get(&path).await.ok()["data"], part["data"]);
        for path in lists().into_iter().filter(|path| *path != "/api/sales") {
            api.get(&format!("{path}?cursor={cursor}")).await.refuses("cursor");
        }
        api.get(&format!("{path}&partnerId={alice}")).await.refuses("cursor");
        api.get(&format!("{path}x")).await.refuses("cursor");
        let other = api.another().await;
        other.get(&path).await.refuses("cursor");
        let (changed, id) = (cursor.replacen(&cursor[..1], "_", 1), &part["data"][0]["id"]);
        for broken in [&changed, id.as_str().unwrap(), "%00", "x", "*"] {
            api.get(&format!("/api/sales?cursor={broken}")).await.refuses("cursor");
        }
    }
}
