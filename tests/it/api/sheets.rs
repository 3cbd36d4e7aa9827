//! Lists as CSV, and the orders of lists.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use super::client::Api;

async fn sheet(api: &Api, path: &str, accept: &str) -> (u16, String, String) {
    let request = Request::get(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", api.key))
        .header(header::ACCEPT, accept)
        .body(Body::empty())
        .unwrap();
    let (status, body, form) = api.send(request).await;
    (status, String::from_utf8(body).unwrap(), form)
}

on_both_databases! {
    async fn a_list_as_csv_is_all_that_its_filters_let_through(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        // More than a part has.
        let clicks: Vec<_> = (0..500).map(|n| json!({"id": format!("clk_x{n}"), "key": "alice"})).collect();
        for chunk in [0, 1] {
            let clicks: Vec<_> = clicks.iter().map(|click| json!({"id": format!("{}_{chunk}", click["id"].as_str().unwrap()), "key": "alice"})).collect();
            api.post("/api/clicks/bulk", json!({"clicks": clicks})).await.ok();
        }
        let (status, body, form) = sheet(&api, "/api/clicks?format=csv", "*/*").await;
        assert_eq!((status, form.as_str()), (200, "text/csv; charset=utf-8"));
        let lines: Vec<&str> = body.lines().collect();
        assert_eq!(lines[0], "id,linkId,partnerId,programId,clickedAt,url,referrer,createdAt");
        assert_eq!(lines.len(), 1 + 1_001);
        let ids: std::collections::BTreeSet<&str> = lines[1..].iter().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(ids.len(), 1_001);
    }

    async fn a_table_has_the_parts_of_a_row_and_runs_nothing(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = json!({"clickId": "clk_1", "customerExternalId": "=cmd()", "amount": 1_000, "invoiceId": "+in_1", "customerEmail": "a@example.com"});
        api.post("/api/track/sale", sale).await.ok();
        api.sale("clk_1", "in_2", 2_000).await;
        let (_, body, _) = sheet(&api, "/api/sales?invoiceId=%2Bin_1", "text/csv, */*").await;
        let mut rows = csv::Reader::from_reader(body.as_bytes());
        let head = rows.headers().unwrap().clone();
        let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1);
        let cell = |name: &str| &rows[0][head.iter().position(|head| head == name).unwrap_or_else(|| panic!("{name}"))];
        assert_eq!(
            [cell("invoiceId"), cell("customer.externalId"), cell("customer.email"), cell("netAmount"), cell("gross.total"), cell("livemode")],
            ["'+in_1", "'=cmd()", "a@example.com", "1000", "1000", "true"]
        );
    }

    async fn every_list_is_a_table_and_nothing_else_is(db: TestDb) {
        let api = Api::new(&db).await;
        for (path, first) in [
            ("adjustments", "id"), ("balances", "partnerId"), ("changes", "id"), ("clicks", "id"), ("codes", "code"), ("commissions", "id"), ("customers", "id"),
            ("events", "id"), ("keys", "id"), ("leads", "id"), ("ledger", "id"), ("links", "id"), ("partners", "id"), ("payouts", "id"),
            ("programs", "id"), ("rates", "base"), ("reviews", "saleId"), ("sales", "id"), ("sources", "id"),
        ] {
            let (status, body, form) = sheet(&api, &format!("/api/{path}?format=csv"), "*/*").await;
            assert_eq!((status, form.as_str()), (200, "text/csv; charset=utf-8"), "{path}: {body}");
            assert!(body.starts_with(&format!("{first},")), "{path}: {body}");
        }
        api.get("/api/statistics?format=csv").await.refuses("format");
        api.get("/api/sales?format=xls").await.refuses("format");
        api.get("/api/sales?format=csv&limit=5").await.refuses("limit");
        api.get("/api/sales?format=csv&status=payd").await.refuses("status");
        let nobody = api.with_key("trib_live_unknown");
        assert_eq!(nobody.get("/api/sales?format=csv").await.status, 401);
        // JSON stays what a client gets who names several things.
        let (_, _, form) = sheet(&api, "/api/sales", "application/json, text/csv").await;
        assert_eq!(form, "application/json");
    }

    async fn a_list_goes_either_way_where_an_index_does(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        for n in 1..=5 {
            api.clock.advance(std::time::Duration::from_secs(1));
            api.sale("clk_1", &format!("in_{n}"), 1_000).await;
        }
        let names = async |query: &str| {
            let told = api.get(&format!("/api/sales?{query}")).await.ok();
            let rows = told["data"].as_array().unwrap().iter();
            let names: Vec<String> = rows.map(|row| row["invoiceId"].as_str().unwrap().to_owned()).collect();
            (names.join(" "), told["nextCursor"].as_str().map(str::to_owned))
        };
        assert_eq!(names("").await.0, "in_5 in_4 in_3 in_2 in_1");
        assert_eq!(names("sort=-createdAt").await.0, "in_5 in_4 in_3 in_2 in_1");
        for filter in ["", "&paymentProcessor=custom"] {
            let (first, cursor) = names(&format!("sort=createdAt&limit=3{filter}")).await;
            assert_eq!(first, "in_1 in_2 in_3");
            let (rest, end) = names(&format!("sort=createdAt&limit=3{filter}&cursor={}", cursor.unwrap())).await;
            assert_eq!((rest.as_str(), end), ("in_4 in_5", None));
        }
        let cursor = names("sort=createdAt&limit=3").await.1.unwrap();
        api.get(&format!("/api/sales?cursor={cursor}")).await.refuses("cursor");
        api.get("/api/sales?sort=amount").await.refuses("sort");
        for one_way in ["balances", "clicks", "codes", "commissions"] {
            api.get(&format!("/api/{one_way}?sort=createdAt")).await.refuses("sort");
        }
    }

    async fn what_is_set_up_is_found_by_when_it_was(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        for list in ["partners", "links", "customers"] {
            assert_eq!(api.list(&format!("/api/{list}?from=2026-11-22T00:00:00Z")).await.len(), 1, "{list}");
            assert!(api.list(&format!("/api/{list}?to=2026-11-22T00:00:00Z")).await.is_empty(), "{list}");
        }
        assert!(api.list("/api/codes?from=2026-11-22T00:00:00Z").await.is_empty());
    }
}
