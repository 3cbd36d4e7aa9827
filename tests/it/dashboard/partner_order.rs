//! The list of partners in an order: by the headings of its columns, by a choice, and in the table that is taken along.

use serde_json::json;

use super::browser::Browser;
use super::markup::{assert_plain, links};
use crate::api::client::Api;

/// Where a name stands on a page.
fn at(page: &str, name: &str) -> usize {
    let found = page.find(&format!(">{name}</a>"));
    found.unwrap_or_else(|| panic!("{name} is on the page: {page}"))
}

on_both_databases! {
    async fn a_heading_puts_the_list_in_its_order_and_the_other_way_round(db: TestDb) {
        let api = Api::new(&db).await;
        for name in ["alice", "bob"] {
            api.clock.advance(std::time::Duration::from_secs(1));
            api.partner(name).await;
        }
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 12_300).await;
        let mut browser = Browser::signed_in(&api).await;
        let newest = browser.page("/dashboard/partners").await;
        assert_plain("partners", &newest);
        assert!(at(&newest, "bob") < at(&newest, "alice"), "{newest}");
        assert_eq!(newest.matches("aria-sort=\"descending\"").count(), 1, "{newest}");
        let most = "/dashboard/partners?sort=-revenue".to_owned();
        assert!(links(&newest).contains(&most), "{newest}");
        let page = browser.page(&most).await;
        assert!(at(&page, "alice") < at(&page, "bob"), "{page}");
        assert_eq!(page.matches("aria-sort=\"descending\"").count(), 1, "{page}");
        assert!(page.contains("<option value=\"-revenue\" selected>"), "{page}");
        let least = "/dashboard/partners?sort=revenue".to_owned();
        assert!(links(&page).contains(&least), "{page}");
        let page = browser.page(&least).await;
        assert_plain("partners the other way round", &page);
        assert!(at(&page, "bob") < at(&page, "alice") && page.contains("aria-sort=\"ascending\""), "{page}");
        assert!(page.contains("<option value=\"revenue\" selected>least left after refunds"), "{page}");
        let table = browser.get("/dashboard/partners?sort=-revenue&format=csv").await.body;
        assert!(table.find(",alice,").unwrap() < table.find(",bob,").unwrap(), "{table}");
        assert_eq!(browser.get("/dashboard/partners?sort=size").await.status, 400);
        let none = browser.page("/dashboard/partners?sort=name&name=nobody").await;
        assert!(none.contains("No partner matches"), "{none}");
    }

    async fn a_long_list_goes_on_in_its_order(db: TestDb) {
        let api = Api::new(&db).await;
        for n in 0..52 {
            let body = json!({"name": format!("p{n:02}"), "email": format!("p{n:02}@partners.example.com")});
            api.post("/api/partners", body).await.ok();
        }
        let mut browser = Browser::signed_in(&api).await;
        let first = browser.page("/dashboard/partners?sort=name").await;
        assert!(at(&first, "p00") < at(&first, "p49") && !first.contains(">p50</a>"), "{first}");
        let next = links(&first).into_iter().find(|link| link.contains("cursor=")).unwrap();
        let second = browser.page(&next).await;
        assert!(at(&second, "p50") < at(&second, "p51") && !second.contains(">p49</a>"), "{second}");
        assert!(second.contains("← First") && !second.contains("Next →"), "{second}");
        assert!(links(&second).contains(&"/dashboard/partners?sort=name".to_owned()), "{second}");
    }
}
