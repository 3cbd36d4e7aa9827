//! A sale's explanation by every id that may mean it.

use serde_json::{Value, json};

use super::client::{Answer, Api, bodies};

async fn explained(api: &Api, id: &str) -> Answer {
    api.get(&format!("/api/sales/{id}/explain")).await
}

on_both_databases! {
    async fn a_sale_is_explained_by_every_name_that_the_command_takes(db: TestDb) {
        let api = Api::new(&db).await;
        api.deliver("stripe", &bodies("stripe/f01-subscription-checkout")).await;
        let sale = api.list("/api/sales").await.remove(0);
        let id = sale["id"].as_str().unwrap();
        let told = explained(&api, id).await.ok();
        assert_eq!(told["sale"]["id"], sale["id"]);
        let references = sale["references"].as_array().unwrap();
        let event = api.list("/api/events?type=invoice.paid").await.remove(0);
        let commission = json!(id.replacen("sale_", "com_", 1));
        let others = [&commission, &event["id"], &event["externalId"]];
        for name in references.iter().chain(others) {
            assert_eq!(explained(&api, name.as_str().unwrap()).await.ok(), told, "{name}");
        }
        for nothing in ["sale_0", "in_0", "com_", "a%00b"] {
            explained(&api, nothing).await.is_unknown();
        }
        assert_eq!(explained(&api.another().await, id).await.status, 404);
    }

    async fn an_id_of_several_sales_is_refused_with_all_of_them(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        let key = api.post("/api/keys", json!({"name": "t", "mode": "test"})).await.ok();
        let test = api.with_key(key["key"].as_str().unwrap());
        let body = json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": 1_000,
            "invoiceId": "in_1"});
        test.post("/api/track/sale", body).await.ok();
        let answer = explained(&api, "in_1").await;
        answer.refuses("id");
        let message = answer.json["error"]["message"].as_str().unwrap();
        for sale in api.list("/api/sales").await {
            assert!(message.contains(sale["id"].as_str().unwrap()), "{message}");
        }
    }

    async fn an_id_that_may_be_an_address_or_a_name_is_not_in_the_text(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        for (external_id, shown) in [("user_42", true), ("dora", false), ("d@shop.example", false)] {
            let body = json!({"clickId": "clk_1", "customerExternalId": external_id, "amount": 1_000,
                "invoiceId": external_id.len().to_string(), "customerName": "Dora Day",
                "customerEmail": "dora.day@example.com"});
            let invoice = body["invoiceId"].as_str().unwrap().to_owned();
            api.post("/api/track/sale", body).await.ok();
            let told = explained(&api, &invoice).await.ok();
            assert_eq!(told["customer"]["externalId"], external_id);
            assert_eq!(told["customer"]["processorIds"], json!([] as [Value; 0]));
            let text = told["text"].as_str().unwrap();
            let known = format!("known as the merchant's {external_id}\n");
            assert_eq!(text.contains(&known), shown, "{text}");
            assert_eq!(text.contains(external_id), shown, "{text}");
        }
    }
}
