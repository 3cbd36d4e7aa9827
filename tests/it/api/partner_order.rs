//! Partners in the order that a caller asks for: by name, by what they have brought of late, by what they have.

use std::time::Duration;

use serde_json::json;

use super::client::Api;

/// Alice has sold for 100.00, Bob for 30.00 by two sales, Carol for 50.00 of which 5.00 is left, and Dave nothing. They are added in this order.
async fn four(api: &Api) {
    let mut ids = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        api.clock.advance(Duration::from_secs(1));
        ids.push(api.partner(name).await);
    }
    let bob = format!("/api/partners/{}", ids[1]);
    api.patch(&bob, json!({"name": "Bob"})).await.ok();
    for (click, key, invoice, amount) in [
        ("clk_1", "alice", "in_1", 10_000),
        ("clk_2", "bob", "in_2", 1_000),
        ("clk_3", "bob", "in_3", 2_000),
        ("clk_4", "carol", "in_4", 5_000),
    ] {
        api.click(click, key).await;
        api.sale(click, invoice, amount).await;
    }
    let sold = api.sale_named("in_4").await;
    let refunds = format!("/api/sales/{}/refunds", sold["id"].as_str().unwrap());
    let back =
        json!({"amount": 4_500, "currency": "usd", "refundId": "rf_1", "reason": "sent back"});
    api.post(&refunds, back).await.ok();
}

/// The names of a part, and where the list goes on.
async fn part(api: &Api, query: &str) -> (String, Option<String>) {
    let told = api.get(&format!("/api/partners?{query}")).await.ok();
    let rows = told["data"].as_array().unwrap().iter();
    let names: Vec<&str> = rows.map(|row| row["name"].as_str().unwrap()).collect();
    let next = told["nextCursor"].as_str().map(str::to_owned);
    (names.join(" "), next)
}

const ORDERS: [(&str, &str); 12] = [
    ("-createdAt", "dave carol Bob alice"),
    ("createdAt", "alice Bob carol dave"),
    ("name", "alice Bob carol dave"),
    ("-name", "dave carol Bob alice"),
    ("-clicks", "Bob carol alice dave"),
    ("clicks", "dave alice carol Bob"),
    ("-sales", "Bob carol alice dave"),
    ("-revenue", "alice Bob carol dave"),
    ("revenue", "dave carol Bob alice"),
    ("-pending", "alice Bob carol dave"),
    ("-payable", "dave carol Bob alice"),
    ("paid", "alice Bob carol dave"),
];

on_both_databases! {
    async fn partners_stand_in_the_order_that_is_asked_for_and_parts_go_on(db: TestDb) {
        let api = Api::new(&db).await;
        four(&api).await;
        for (sort, names) in ORDERS {
            assert_eq!(part(&api, &format!("sort={sort}")).await, (names.to_owned(), None), "{sort}");
            let (mut walked, mut cursor) = (Vec::new(), String::new());
            for _ in 0..4 {
                let (one, next) = part(&api, &format!("sort={sort}&status=active&limit=1{cursor}")).await;
                walked.push(one);
                cursor = next.map_or_else(String::new, |next| format!("&cursor={next}"));
            }
            assert_eq!((walked.join(" ").as_str(), cursor.as_str()), (names, ""), "{sort}");
        }
        assert_eq!(part(&api, "sort=-revenue&email=bob@partners.example.com").await.0, "Bob");
        let cursor = part(&api, "sort=name&limit=1").await.1.unwrap();
        api.get(&format!("/api/partners?sort=-name&cursor={cursor}")).await.refuses("cursor");
        api.get("/api/partners?sort=earned").await.refuses("sort");
        api.get("/api/partners?sort=").await.refuses("sort");
    }

    async fn what_was_pending_is_payable_later_and_what_was_of_late_is_not(db: TestDb) {
        let api = Api::new(&db).await;
        four(&api).await;
        api.clock.advance(Duration::from_hours(24 * 31));
        for (sort, names) in [
            ("-payable", "alice Bob carol dave"),
            ("-pending", "dave carol Bob alice"),
            ("-clicks", "dave carol Bob alice"),
            ("-revenue", "dave carol Bob alice"),
        ] {
            assert_eq!(part(&api, &format!("sort={sort}")).await.0, names, "{sort}");
        }
    }

    async fn another_organization_and_the_other_ledger_have_no_part_in_an_order(db: TestDb) {
        let api = Api::new(&db).await;
        four(&api).await;
        let other = api.another().await;
        assert_eq!(part(&other, "sort=-revenue").await, (String::new(), None));
        let key = api.post("/api/keys", json!({"name": "test", "mode": "test"})).await.ok();
        let test = api.with_key(key["key"].as_str().unwrap());
        assert_eq!(part(&test, "sort=-revenue").await.0, "dave carol Bob alice");
    }
}
