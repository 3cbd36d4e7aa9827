//! Parts of lists that pick: whatever they look at, together they are the whole list.

use serde_json::json;
use tributary::books::sales::{self, By};
use tributary::books::{Part, Scope};

use crate::api::client::Api;

on_both_databases! {
    async fn parts_that_look_at_few_rows_are_the_whole_list_together(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let mut wanted = Vec::new();
        for number in 0..9 {
            let processor = if number % 4 == 0 { "stripe" } else { "paddle" };
            let body = json!({"clickId": "clk_1", "customerExternalId": format!("u_{number}"), "amount": 1_000,
                "invoiceId": format!("in_{number}"), "paymentProcessor": processor});
            api.post("/api/track/sale", body).await.ok();
            if processor == "stripe" {
                wanted.insert(0, format!("in_{number}"));
            }
        }
        let scope = Scope { store: &*db.store, org: &api.org, now: api.app.now() };
        for (rows, looks) in [(1, 1), (2, 2), (2, 3), (9, 4), (1, 100)] {
            let by = [By::Ledger(true), By::Processor("stripe")];
            let (mut found, mut after) = (Vec::new(), String::new());
            loop {
                let part = Part { after: &after, rows, looks };
                let next = sales::list(&scope, &by, part).await.unwrap();
                let full = i64::try_from(next.rows.len()).unwrap() == rows;
                let last = next.rows.last().map(|sale| sale.id.clone());
                found.extend(next.rows.into_iter().filter_map(|sale| sale.invoice_id));
                match if full { last } else { next.go_on } {
                    Some(position) => after = position,
                    None => break,
                }
            }
            assert_eq!(found, wanted, "{rows} {looks}");
        }
    }
}
