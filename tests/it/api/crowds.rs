//! Many at once: who changes something keeps nobody waiting for long, and needs no second connection to the database.

use serde_json::{Value, json};
use tributary::args;
use tributary::store::{Args, Row, Statement};

use super::client::{Answer, Api};
use crate::http::concurrent::join_all;

/// Neighbourhoods without a fact, whose time has come.
static MUCH_DUE: Statement = Statement::new(
    "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 4000)
     insert into neighbourhoods (organization_id, id, livemode, due_at)
     select $1, 'nbh_crowd_' || n, 1, 0 from numbers",
);
/// What was sold, of each processor as much as can be.
static FULL: Statement = Statement::new(
    "update daily_figures set gross = 9223372036854775807, net = 9223372036854775807 where organization_id = $1",
);
static RICH: Statement =
    Statement::new("update balances set earned = 9223372036854775807 where organization_id = $1");
static DUE: Statement = Statement::new(
    "select count(*) as n from neighbourhoods where organization_id = $1 and due_at = 0",
);
static FOLDS: Statement = Statement::new(
    "select cast(coalesce(sum(revision), 0) as bigint) as n from neighbourhoods where organization_id = $1",
);

async fn say(api: &Api, statement: &'static Statement) -> Vec<Row> {
    let mut transaction = api.app.store.begin().await.unwrap();
    let args: Args = args![api.org.as_str()];
    let rows = transaction.run(statement, args).await.unwrap();
    transaction.commit().await.unwrap();
    rows
}

async fn number(api: &Api, statement: &'static Statement) -> i64 {
    say(api, statement).await[0].int("n").unwrap()
}

/// Calls the same of each path at the same time; each must be answered 2xx.
async fn all_at_once(api: &Api, method: &str, paths: &[String], body: &Value) {
    let calls = paths
        .iter()
        .map(|path| api.call(method, path, Some(body.clone())));
    for answer in join_all(calls).await {
        answer.ok();
    }
}

fn percent(basis_points: i64) -> Value {
    json!({"type": "percent", "basisPoints": basis_points})
}

fn id(answer: Answer) -> String {
    answer.ok()["id"].as_str().unwrap().to_owned()
}

on_both_databases! {
    async fn many_changes_at_once_need_one_connection_each(db: TestDb) {
        let api = Api::new(&db.with_connections(2).await).await;
        let group = json!({"name": "Gold", "commission": percent(2_000)});
        let group = id(api.post("/api/groups", group).await);
        let group = format!("/api/groups/{group}");
        let (mut partners, mut members) = (Vec::new(), Vec::new());
        for n in 0..8 {
            let partner = api.partner(&format!("p{n}")).await;
            members.push(format!("{group}/partners/{partner}"));
            partners.push(format!("/api/partners/{partner}"));
        }
        all_at_once(&api, "PUT", &members, &json!({})).await;
        all_at_once(&api, "PATCH", &partners, &json!({"status": "banned"})).await;
        all_at_once(&api, "PATCH", &partners, &json!({"status": "active"})).await;
        assert_eq!(api.get(&group).await.ok()["partners"], 8);
        let groups = [group.clone(), group.clone(), group.clone()];
        all_at_once(&api, "PATCH", &groups, &json!({"commission": percent(3_000)})).await;
        all_at_once(&api, "DELETE", &members, &json!({})).await;
        all_at_once(&api, "PATCH", &partners, &json!({"status": "archived"})).await;
        let invitations = (0..8).map(|n| {
            let body = json!({"email": format!("p{n}@partners.example.com")});
            let api = &api;
            async move { api.post("/api/invitations", body).await }
        });
        for answer in join_all(invitations).await {
            answer.ok();
        }
        let program = api.list("/api/programs").await.remove(0);
        let program = format!("/api/programs/{}", program["id"].as_str().unwrap());
        let programs = [program.clone(), program.clone(), program];
        all_at_once(&api, "PATCH", &programs, &json!({"currency": "eur"})).await;
    }

    async fn who_comes_while_much_is_due_waits_for_little_of_it(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        say(&api, &MUCH_DUE).await;
        api.app.ledger.wake(&api.org);
        assert_eq!(api.sale("clk_1", "in_1", 1_000).await["commissionAmount"], 100);
        assert!(number(&api, &DUE).await > 0, "all of it was folded first");
        api.settle().await;
        assert_eq!(number(&api, &DUE).await, 0);
    }

    async fn a_rule_of_one_who_has_earned_nothing_folds_nothing(db: TestDb) {
        let api = Api::new(&db).await;
        for name in ["alice", "bob"] {
            api.partner(name).await;
            api.click(&format!("clk_{name}"), name).await;
        }
        for n in 0..3 {
            let sale = json!({"clickId": "clk_alice", "customerExternalId": format!("u_{n}"), "amount": 1_000, "invoiceId": format!("in_{n}")});
            api.post("/api/track/sale", sale).await.ok();
        }
        api.settle().await;
        let before = number(&api, &FOLDS).await;
        let bob = api.list("/api/partners?email=bob@partners.example.com").await.remove(0);
        let bob = format!("/api/partners/{}", bob["id"].as_str().unwrap());
        api.patch(&bob, json!({"commission": percent(2_500)})).await.ok();
        api.settle().await;
        assert_eq!(number(&api, &FOLDS).await, before);
        assert_eq!(api.sale("clk_bob", "in_bob", 1_000).await["commissionAmount"], 250);
    }
    async fn sums_that_no_number_holds_are_the_largest_and_no_error(db: TestDb) {
        const LARGEST: i64 = 9_007_199_254_740_991;
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        for (processor, invoice) in [("custom", "in_1"), ("paddle", "in_2")] {
            let sale = json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": LARGEST, "invoiceId": invoice, "paymentProcessor": processor});
            api.post("/api/track/sale", sale).await.ok();
        }
        say(&api, &FULL).await;
        let bonus = json!({"kind": "bonus", "amount": 500, "currency": "usd", "reason": "well done", "idempotencyKey": "b1"});
        say(&api, &RICH).await;
        api.post(&format!("/api/partners/{alice}/adjustments"), bonus).await.ok();
        let statistics = api.get("/api/statistics?from=2026-01-01&to=2027-01-01").await;
        assert_eq!(statistics.status, 200, "{statistics:?}");
        assert!(statistics.json.to_string().contains("9223372036854775807"), "{statistics:?}");
        for path in ["/api/status", "/api/balances", "/api/statistics"] {
            let answer = api.get(path).await;
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
        }
    }
}
