//! `tributary import`: what another system has exported arrives once, and what cannot is told with its line.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tributary::config::Limits;
use tributary::{http, server};

use crate::api::client::Api;
use crate::support::{TestDb, scratch, unique_name};

/// A server at an address, and a folder of exports.
struct Place {
    api: Api,
    url: String,
    folder: PathBuf,
}

impl Place {
    async fn new(db: &TestDb) -> Self {
        let api = Api::new(db).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = http::router(api.app.clone());
        tokio::spawn(server::serve(
            listener,
            router,
            Limits::default(),
            std::future::pending(),
        ));
        let folder = scratch().join(unique_name());
        std::fs::create_dir(&folder).unwrap();
        Self { api, url, folder }
    }

    /// The code with which it ended, and what it has said.
    async fn import(&self, vendor: &str, kind: &str, file: &str, more: &[&str]) -> (i32, Value) {
        let path = self.folder.join(format!("{vendor}-{kind}.csv"));
        std::fs::write(&path, file).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
        command
            .args(["--json", "import", vendor, kind])
            .arg(&path)
            .args(["--key", &self.api.key])
            .env("TRIBUTARY_LISTEN", self.url.trim_start_matches("http://"))
            .args(more)
            .current_dir(&self.folder);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        let said = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&output.stderr).into_owned()));
        (output.status.code().unwrap(), said)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn counts(said: &Value) -> (i64, i64, usize) {
    let count = |name: &str| said[name].as_i64().unwrap_or(-1);
    let rejected = said["rejected"].as_array().map_or(99, Vec::len);
    (count("new"), count("known"), rejected)
}

const PARTNERS: &str = "First Name,Last Name,Email,Token,PayPal Email\n\
    Alice,A,Alice@Example.com,alice,pay@alice.example\n\
    Bob,B,bob@example.com,https://shop.example/?via=bob,\n\
    Nobody,,,x,\n\
    Carol,C,carol,carol,\n";

on_both_databases! {
    async fn partners_come_with_their_links_and_again_change_nothing(db: TestDb) {
        let place = Place::new(&db).await;
        let to = ["--link-url", "https://shop.example.com/"];
        let (code, said) = place.import("rewardful", "partners", PARTNERS, &[to[0], to[1], "--dry-run"]).await;
        assert_eq!((code, counts(&said)), (1, (2, 0, 2)), "what it refuses, a dry run says: {said}");
        assert!(place.api.list("/api/partners").await.is_empty(), "a dry run only reads");
        for (new, known) in [(2, 0), (0, 2)] {
            let (code, said) = place.import("rewardful", "partners", PARTNERS, &to).await;
            assert_eq!((code, counts(&said)), (1, (new, known, 2)), "{said}");
            let lines: Vec<_> = said["rejected"].as_array().unwrap().iter().map(|one| one["line"].clone()).collect();
            assert_eq!(lines, [json!(4), json!(5)]);
            assert_eq!(said["rejected"][0]["reason"], "it names no partner");
        }
        let alice = place.api.list("/api/partners?email=alice@example.com").await.remove(0);
        assert_eq!(alice["name"], "Alice A");
        let keys: Vec<Value> = place.api.list("/api/links").await.iter().map(|link| link["key"].clone()).collect();
        assert_eq!(keys, ["bob", "alice"]);
        let details = place.api.get(&format!("/api/partners/{}/payout-details", alice["id"].as_str().unwrap())).await.ok();
        assert_eq!((&details["method"], &details["email"]), (&json!("paypal"), &json!("pay@alice.example")));
    }

    async fn a_spreadsheets_semicolons_part_columns_and_its_commas_are_no_cents(db: TestDb) {
        let place = Place::new(&db).await;
        let to = ["--link-url", "https://shop.example.com/"];
        place.import("dub", "partners", "Email,Name,Key\nalice@example.com,Alice,alice\n", &to).await;
        let file = "partner email;customer id;customer email;invoice;amount;date\n\
            alice@example.com;cus_1;jane@example.org;in_1;49,00;2026-11-20\n\
            alice@example.com;cus_1;jane@example.org;in_2;1,049.00;2026-11-20\n";
        let named = ["--column", "invoiceId=invoice", "--column", "partnerEmail=partner email", "--currency", "usd"];
        let (code, said) = place.import("tolt", "sales", file, &[&named[..], &["--dry-run"]].concat()).await;
        assert_eq!((code, counts(&said).2), (1, 1), "{said}");
        assert_eq!(said["rejected"][0]["line"], 2, "{said}");
        assert!(said["rejected"][0]["reason"].as_str().unwrap().contains("1049.00"), "{said}");
    }

    async fn a_partner_whose_key_is_taken_is_told_before_and_after(db: TestDb) {
        let place = Place::new(&db).await;
        place.api.partner("alice").await;
        let file = "Email,Name,Key\ndora@example.com,Dora,alice\n";
        for (more, made) in [(&["--dry-run"][..], "would be made"), (&[], "is made")] {
            let to = ["--link-url", "https://shop.example.com/"].iter().chain(more).copied().collect::<Vec<_>>();
            let (code, said) = place.import("dub", "partners", file, &to).await;
            assert_eq!((code, counts(&said)), (1, (0, 0, 1)), "{said}");
            let reason = said["rejected"][0]["reason"].as_str().unwrap();
            assert!(reason.contains(made) && reason.contains("taken"), "{reason}");
        }
        assert_eq!(place.api.list("/api/partners?email=dora@example.com").await.len(), 1);
    }

    async fn customers_stay_with_their_partner_before_and_after_they_pay(db: TestDb) {
        let place = Place::new(&db).await;
        let file = "stripe_customer_id,first_name,last_name,email\ncus_F01alice,Alice,A,alice@example.com\n,Bob,B,bob@example.com\n";
        for new in [1, 0] {
            let (code, said) = place.import("rewardful", "customers", file, &[]).await;
            assert_eq!((code, counts(&said)), (1, (new, 1 - new, 1)), "{said}");
        }
        let alice = place.api.list("/api/partners?email=alice@example.com").await.remove(0)["id"].clone();
        let known = json!({"partnerId": alice, "externalId": "user_7"});
        assert_eq!(place.api.post("/api/customers/assignments", known.clone()).await.ok()["new"], true);
        assert_eq!(place.api.post("/api/customers/assignments", known).await.ok()["new"], false);
        let bob = place.api.partner("bob").await;
        let other = json!({"partnerId": bob, "externalId": "user_7"});
        place.api.post("/api/customers/assignments", other).await.refuses("partnerId");
        place.api.click("clk_bob", "bob").await;
        let sale = json!({"clickId": "clk_bob", "customerExternalId": "user_7", "amount": 1_000, "invoiceId": "in_7"});
        place.api.post("/api/track/sale", sale).await.ok();
        assert_eq!(place.api.sale_named("in_7").await["partnerId"], alice, "whose it was, whatever the click says");
    }

    async fn sales_of_years_ago_say_for_how_long_a_customer_has_earned(db: TestDb) {
        let place = Place::new(&db).await;
        let program = place.api.list("/api/programs").await.remove(0);
        let rule = json!({"type": "percent", "basisPoints": 1_000, "duration": {"type": "months", "months": 12}});
        let path = format!("/api/programs/{}", program["id"].as_str().unwrap());
        place.api.patch(&path, json!({"commission": rule})).await.ok();
        let to = ["--link-url", "https://shop.example.com/"];
        place.import("dub", "partners", "Email,Name,Key\nalice@example.com,Alice,alice\n", &to).await;
        let sales = "Partner Email,Customer ID,Invoice ID,Amount,Currency,Date,Commission Status\n\
            alice@example.com,cus_1,in_1,49.00,usd,2023-10-01,paid\n\
            alice@example.com,cus_1,in_2,49.00,usd,2023-11-01,due\n\
            alice@example.com,cus_1,in_3,49.00,usd,2025-11-01,due\n";
        for (new, paid) in [(3, 1), (0, 0)] {
            let (code, said) = place.import("dub", "sales", sales, &[]).await;
            assert_eq!((code, counts(&said), &said["paid"]), (0, (new, 3 - new, 0), &json!(paid)), "{said}");
            for (invoice, earned, status) in [("in_1", 490, "paid"), ("in_2", 490, "approved"), ("in_3", 0, "approved")] {
                let sale = place.api.sale_named(invoice).await;
                assert_eq!((&sale["commissionAmount"], &sale["status"]), (&json!(earned), &json!(status)), "{invoice}");
            }
            let balance = place.api.list("/api/balances").await.remove(0);
            assert_eq!([&balance["pending"], &balance["approved"], &balance["paid"]], [&json!(0), &json!(490), &json!(490)]);
        }
        // What the merchant reports by itself goes on being checked for a mistaken year.
        place.api.click("clk_1", "alice").await;
        let old = json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": 1_000, "occurredAt": "2023-11-01T00:00:00Z"});
        place.api.post("/api/track/sale", old.clone()).await.refuses("occurredAt");
        let mut wrong = old;
        wrong["imported"] = json!("yes");
        place.api.post("/api/track/sale", wrong).await.refuses("imported");
    }

    async fn codes_and_past_sales_are_taken_over_once(db: TestDb) {
        let place = Place::new(&db).await;
        let to = ["--link-url", "https://shop.example.com/"];
        place.import("dub", "partners", "Email,Name,Key\nalice@example.com,Alice,alice\n", &to).await;
        let codes = "Partner Email,Coupon\nalice@example.com,ALICE10\n";
        for new in [1, 0] {
            let (code, said) = place.import("dub", "codes", codes, &[]).await;
            assert_eq!((code, counts(&said)), (0, (new, 1 - new, 0)), "{said}");
        }
        let sales = "Partner Email,Customer ID,Invoice ID,Amount,Currency,Date\n\
            alice@example.com,cus_1,in_1,49.00,usd,2026-10-01 10:00:00\n\
            alice@example.com,cus_1,in_2,\"1,000\",jpy,2026-10-02\n\
            alice@example.com,cus_1,in_3,49.005,usd,2026-10-02\n\
            alice@example.com,cus_1,in_4,49.00,usd,2015-10-02\n\
            dora@example.com,cus_2,in_5,49.00,usd,2026-10-02\n";
        for (new, known, more) in [(2, 0, &["--dry-run"][..]), (2, 0, &[]), (0, 2, &[])] {
            let (code, said) = place.import("dub", "sales", sales, more).await;
            assert_eq!((code, counts(&said)), (1, (new, known, 3)), "{said}");
        }
        let one = place.api.sale_named("in_1").await;
        assert_eq!((&one["amount"], &one["commissionAmount"], &one["occurredAt"]), (&json!(4_900), &json!(490), &json!("2026-10-01T10:00:00.000Z")));
        assert_eq!(place.api.sale_named("in_2").await["amount"], 1_000);
        let paid = "Partner Email,Customer ID,Invoice ID,Amount,Currency,Date,Commission Status\n\
            alice@example.com,cus_1,in_1,49.00,usd,2026-10-01 10:00:00,Paid\n\
            alice@example.com,cus_1,in_6,100.00,usd,2026-10-03,paid\n\
            alice@example.com,cus_1,in_7,100.00,usd,2026-10-04,due\n\
            alice@example.com,cus_1,in_8,100.00,usd,2026-11-20,paid\n";
        for (new, count) in [(3, 2), (0, 0)] {
            let (code, said) = place.import("dub", "sales", paid, &[]).await;
            assert_eq!((code, counts(&said), &said["paid"]), (1, (new, 4 - new, 1), &json!(count)), "{said}");
            assert!(said["rejected"][0]["reason"].as_str().unwrap().contains("held yet"), "{said}");
            assert_eq!(said["rejected"][0]["line"], 5);
            let payouts = place.api.list("/api/payouts").await;
            assert_eq!(payouts.len(), 1, "{payouts:?}");
            assert_eq!([&payouts[0]["amount"], &payouts[0]["method"], &payouts[0]["status"]], [&json!(1_490), &json!("imported"), &json!("paid")]);
            let balance = place.api.list("/api/balances?currency=usd").await.remove(0);
            assert_eq!([&balance["pending"], &balance["approved"], &balance["paid"]], [&json!(1_000), &json!(1_000), &json!(1_490)]);
            assert_eq!(place.api.sale_named("in_6").await["status"], "paid");
            assert_eq!(place.api.sale_named("in_7").await["status"], "approved");
        }
        let (code, said) = place.import("tolt", "sales", "Partner Email,Amount\n", &[]).await;
        assert_eq!(code, 2, "{said}");
        assert!(said.as_str().unwrap().contains("--column"), "{said}");
    }
}
