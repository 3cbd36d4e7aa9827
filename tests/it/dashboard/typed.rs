//! Forms that were refused: what was typed into them stands there again, but no secret; and rates of single products in the form of a rule.

use serde_json::json;

use super::browser::Browser;
use super::markup::assert_plain;
use crate::api::client::Api;

const RULE: [(&str, &str); 3] = [("pays", "percent"), ("reward", "10"), ("lasts", "lifetime")];

type Field = (&'static str, &'static str);

/// A row of a product.
const fn row(
    id: &'static str,
    pays: &'static str,
    reward: &'static str,
    code: &'static str,
) -> [Field; 4] {
    [
        ("product", id),
        ("product_pays", pays),
        ("product_reward", reward),
        ("product_currency", code),
    ]
}

const EMPTY: [Field; 4] = row("", "percent", "", "");

/// The path of the only program, here and in the API.
async fn program(api: &Api) -> (String, String) {
    let id = api.list("/api/programs").await[0]["id"].clone();
    let id = id.as_str().unwrap();
    (
        format!("/dashboard/programs/{id}"),
        format!("/api/programs/{id}"),
    )
}

on_both_databases! {
    async fn rates_of_products_are_added_changed_and_taken_away_in_the_form(db: TestDb) {
        let api = Api::new(&db).await;
        let (page, resource) = program(&api).await;
        let mut browser = Browser::signed_in(&api).await;
        let shown = browser.page(&page).await;
        assert_plain("a program", &shown);
        assert_eq!(shown.matches("name=\"product\"").count(), 3, "{shown}");
        let rows = [row("price_year", "percent", "20", ""), row("prod_gift", "flat", "5", "usd"), EMPTY];
        let typed = [&RULE[..], &rows.concat()[..]].concat();
        assert_eq!(browser.submit(&page, &typed).await.status, 303);
        let set = api.get(&resource).await.ok()["commission"].clone();
        let products = json!({"price_year": {"type": "percent", "basisPoints": 2_000}, "prod_gift": {"type": "flat", "amount": 500, "currency": "usd"}});
        assert_eq!((&set["products"], &set["basisPoints"]), (&products, &json!(1_000)));
        let shown = browser.page(&page).await;
        assert_eq!(shown.matches("name=\"product\"").count(), 5, "{shown}");
        for told in ["value=\"price_year\"", "value=\"prod_gift\"", "<code>price_year</code> 20 %", "<code>prod_gift</code> 5.00 USD flat"] {
            assert!(shown.contains(told), "{told}: {shown}");
        }
        let typed = [&RULE[..], &row("price_year", "percent", "25", ""), &EMPTY].concat();
        assert_eq!(browser.submit(&page, &typed).await.status, 303);
        let set = api.get(&resource).await.ok()["commission"].clone();
        assert_eq!(set["products"], json!({"price_year": {"type": "percent", "basisPoints": 2_500}}));
        browser.page(&page).await;
        assert_eq!(browser.submit(&page, &[&RULE[..], &EMPTY].concat()).await.status, 303);
        assert!(api.get(&resource).await.ok()["commission"].get("products").is_none());
    }

    async fn a_wrong_row_of_a_product_says_what_is_wrong_and_stays(db: TestDb) {
        let api = Api::new(&db).await;
        let (page, resource) = program(&api).await;
        let before = api.get(&resource).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        let twice = [row("price_x", "percent", "5", ""), row("price_x", "percent", "6", "")].concat();
        for (rows, says) in [
            (row("price_x", "percent", "", "").to_vec(), "say what price_x pays"),
            (row("", "percent", "7", "").to_vec(), "say which price or product pays 7"),
            (row("price_x", "percent", "many", "").to_vec(), "price_x: the commission must be a percentage"),
            (row("price_x", "percent", "101", "").to_vec(), "must be between 0 and 100 percent"),
            (row("price_x", "flat", "1.234", "usd").to_vec(), "price_x: amount must be a number"),
            (twice, "price_x stands in two rows"),
        ] {
            browser.page(&page).await;
            let answer = browser.submit(&page, &[&[("name", "Friends")][..], &RULE, &rows[..]].concat()).await;
            assert_plain("a refused program", &answer.body);
            assert!(answer.status == 400 && answer.body.contains("role=\"alert\"") && answer.body.contains(says), "{says}: {}", answer.body);
            for (_, typed) in rows.iter().filter(|(name, typed)| *name != "product_pays" && !typed.is_empty()) {
                assert!(answer.body.contains(&format!("value=\"{typed}\"")), "{typed}: {}", answer.body);
            }
            assert!(answer.body.contains("value=\"Friends\""), "{}", answer.body);
        }
        assert_eq!(api.get(&resource).await.ok(), before);
    }

    async fn a_refused_program_or_group_keeps_what_was_typed(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        let wrong = [("name", "Gold & more"), ("pays", "percent"), ("reward", "ten"), ("lasts", "months"), ("months", "7"), ("window", "61")];
        for (page, action) in [("/dashboard/programs/new", "/dashboard/programs"), ("/dashboard/groups", "/dashboard/groups")] {
            browser.page(page).await;
            let answer = browser.submit(action, &wrong).await;
            assert_plain(page, &answer.body);
            assert_eq!(answer.status, 400, "{page}");
            for held in ["value=\"Gold &amp; more\"", "value=\"ten\"", "value=\"months\" selected", "value=\"7\"", "the commission must be a percentage"] {
                assert!(answer.body.contains(held), "{page} {held}: {}", answer.body);
            }
        }
        let group = json!({"name": "Gold", "commission": {"type": "percent", "basisPoints": 2_000, "products": {"price_y": {"type": "percent", "basisPoints": 500}}}});
        let group = api.post("/api/groups", group).await.ok();
        let page = format!("/dashboard/groups/{}", group["id"].as_str().unwrap());
        let shown = browser.page(&page).await;
        assert!(shown.contains("value=\"price_y\"") && shown.contains("<code>price_y</code> 5 %"), "{shown}");
        let answer = browser.submit(&page, &wrong).await;
        assert!(answer.status == 400 && answer.body.contains("<details open>") && answer.body.contains("value=\"ten\""), "{}", answer.body);
        assert_eq!(api.get(&format!("/api/groups/{}", group["id"].as_str().unwrap())).await.ok()["commission"], group["commission"]);
    }

    async fn refused_payout_details_keep_what_was_typed_but_no_account(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let mut browser = Browser::signed_in(&api).await;
        let page = format!("/dashboard/partners/{alice}/payout");
        browser.page(&page).await;
        let wrong = [("method", "sepa"), ("iban", "DE00 3704"), ("taxId", "tax-4711"), ("accountHolder", "Alice B."), ("country", "DE")];
        let answer = browser.submit(&page, &wrong).await;
        assert_plain("refused details", &answer.body);
        assert!(answer.status == 400 && answer.body.contains("is no IBAN"), "{}", answer.body);
        assert!(answer.body.contains("value=\"Alice B.\"") && answer.body.contains("value=\"sepa\" selected"), "{}", answer.body);
        assert!(!answer.body.contains("DE00") && !answer.body.contains("tax-4711"), "{}", answer.body);
        browser.page("/dashboard/payout-settings").await;
        let wrong = [("companyName", "Acme & Sons"), ("iban", "DE00 3704"), ("stripeKey", "sk_live_canary")];
        let answer = browser.submit("/dashboard/payout-settings", &wrong).await;
        assert!(answer.status == 400 && answer.body.contains("value=\"Acme &amp; Sons\""), "{}", answer.body);
        assert!(!answer.body.contains("DE00") && !answer.body.contains("sk_live_canary"), "{}", answer.body);
    }
}
