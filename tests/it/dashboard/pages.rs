//! What pages show.

use std::time::Duration;

use serde_json::json;

use super::browser::Browser;
use super::markup::{assert_plain, links};
use crate::api::client::{Api, bodies};
use crate::support::TestDb;

/// What somebody may write who wants to be more than text.
const HOSTILE: &str = r#""><script>alert(1)</script><img src=x onerror=alert(1)>' style='x"#;

/// An organization with one sale, one subscription checkout and a partner.
async fn shop(db: &TestDb) -> Api {
    let api = Api::new(db).await;
    api.partner("alice").await;
    api.click("clk_1", "alice").await;
    api.click_at("clk_f01YaIwygJi_alice", "alice", "2026-09-28T14:05:00Z")
        .await;
    api.sale("clk_1", "in_1", 1_000).await;
    api.deliver("stripe", &bodies("stripe/f01-subscription-checkout"))
        .await;
    api
}

on_both_databases! {
    async fn nothing_that_a_stranger_writes_becomes_a_part_of_a_page(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = json!({"name": HOSTILE, "email": "alice@partners.example.com"});
        let partner = api.post("/api/partners", partner).await.ok();
        let link = json!({"key": "alice", "url": format!("https://shop.example.com/?q={HOSTILE}"), "partnerId": partner["id"]});
        let made = api.post("/api/links", link).await;
        if made.status >= 300 {
            let link = json!({"key": "alice", "url": "https://shop.example.com/?q='><script>", "partnerId": partner["id"]});
            let made = api.post("/api/links", link).await;
            if made.status >= 300 {
                let link = json!({"key": "alice", "url": "https://shop.example.com/", "partnerId": partner["id"]});
                api.post("/api/links", link).await.ok();
            }
        }
        api.click("clk_1", "alice").await;
        let sale = json!({"clickId": "clk_1", "customerExternalId": HOSTILE, "amount": 1_000, "invoiceId": HOSTILE, "eventName": HOSTILE,
            "customerEmail": format!("{HOSTILE}@x"), "customerName": HOSTILE, "paymentProcessor": "stripe", "metadata": {HOSTILE: HOSTILE}});
        api.post("/api/track/sale", sale).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        let mut seen = std::collections::BTreeSet::new();
        let mut waiting = vec!["/".to_owned(), format!("/dashboard/search?id={}", url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>())];
        while let Some(path) = waiting.pop() {
            let path = path.split('#').next().unwrap().to_owned();
            if !path.starts_with('/') || path.contains("/payload") || !seen.insert(path.clone()) || seen.len() > 150 {
                continue;
            }
            let answer = browser.get(&path).await;
            if answer.status == 303 {
                waiting.push(answer.header("location").to_owned());
                continue;
            }
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            assert_plain(&path, &answer.body);
            waiting.extend(links(&answer.body));
        }
        assert!(seen.iter().any(|path| path.starts_with("/dashboard/sales/sale_")), "{seen:?}");
        for query in ["status", "kind", "from", "cursor"] {
            let hostile: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
            let answer = browser.get(&format!("/dashboard/sales?{query}={hostile}")).await;
            assert_eq!(answer.status, 400, "{query}");
            assert_plain(query, &answer.body);
        }
    }

    async fn a_sale_tells_its_story_with_the_arithmetic_and_covers_the_buyer_until_asked(db: TestDb) {
        let api = shop(&db).await;
        let sale = api.sale_named("in_1TYlTjb0Wngst608I884yDX1").await;
        let mut browser = Browser::signed_in(&api).await;
        let path = format!("/dashboard/sales/{}", sale["id"].as_str().unwrap());
        let page = browser.page(&path).await;
        for told in ["49.00 USD from in_1TYlTjb0W…", "10 % of 49.00 USD (net amount) = 4.90 USD", "a click came with the payment",
            "These names are one payment", "invoice.paid", "4.90 USD"] {
            assert!(page.contains(told), "{told}");
        }
        let email = sale["customer"]["email"].as_str().unwrap();
        assert!(email.contains('@') && !page.contains(email), "{email}");
        assert!(browser.page(&format!("{path}?personal=show")).await.contains(email));
    }

    async fn an_event_tells_its_way_and_its_exact_bytes_can_be_had(db: TestDb) {
        let api = shop(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        let events = api.list("/api/events?type=invoice.paid").await;
        let id = events[0]["id"].as_str().unwrap();
        let page = browser.page(&format!("/dashboard/events/{id}")).await;
        for told in ["Received, verified and kept", "Processed", "Part of the sale", "Payload", "•••"] {
            assert!(page.contains(told), "{told}");
        }
        let delivered = api.bytes(&format!("/api/events/{id}/payload")).await.1;
        let file = browser.get(&format!("/dashboard/events/{id}/payload")).await;
        assert_eq!(file.bytes, delivered);
        assert!(file.header("content-disposition").starts_with("attachment; filename=\"evt_"));
        assert_eq!(file.header("content-type"), "application/octet-stream");
    }

    async fn any_id_leads_to_what_it_is(db: TestDb) {
        let api = shop(&db).await;
        let sale = api.sale_named("in_1TYlTjb0Wngst608I884yDX1").await;
        let sale = sale["id"].as_str().unwrap();
        let partner = api.list("/api/partners").await[0]["id"].as_str().unwrap().to_owned();
        let events = api.list("/api/events?type=invoice.paid").await;
        let entry = api.list(&format!("/api/ledger?saleId={sale}")).await[0]["id"].as_str().unwrap().to_owned();
        let customer = api.list("/api/customers").await[0]["id"].as_str().unwrap().to_owned();
        api.post("/api/codes", json!({"code": "SAVE10", "partnerId": partner})).await.ok();
        let (of_sale, of_partner) = (format!("/dashboard/sales/{sale}"), format!("/dashboard/partners/{partner}"));
        let event = events[0]["id"].as_str().unwrap();
        let of_event = format!("/dashboard/events/{event}");
        let of_customer = format!("/dashboard/customers/{customer}");
        let mut browser = Browser::signed_in(&api).await;
        for (id, leads) in [
            (sale, &of_sale),
            (&sale.replace("sale_", "com_"), &of_sale),
            ("in_1TYlTjb0Wngst608I884yDX1", &of_sale),
            ("ch_3TyFIPRqILXYNNfOQudDbW7P", &of_sale),
            (&entry, &of_sale),
            (event, &of_event),
            (events[0]["externalId"].as_str().unwrap(), &of_event),
            (&partner, &of_partner),
            ("alice", &of_partner),
            ("Alice@partners.example.com", &of_partner),
            ("save10", &of_partner),
            (&customer, &of_customer),
        ] {
            let answer = browser.get(&format!("/dashboard/search?id={id}")).await;
            assert_eq!((answer.status, answer.header("location")), (303, leads.as_str()), "{id}");
            browser.page(leads).await;
        }
        let nothing = browser.page("/dashboard/search?id=in_unknown").await;
        assert!(nothing.contains("Nothing is known by in_unknown"));
    }

    async fn a_refusal_keeps_the_frame_and_leads_back_to_its_form(db: TestDb) {
        let api = shop(&db).await;
        let partner = api.list("/api/partners").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/dashboard/partners/{partner}");
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.get(&path).await;
        assert_eq!(page.header("cache-control"), "private, no-cache", "the way back has what was written");
        for unkept in ["/dashboard/partners?personal=show", "/dashboard/partners?format=csv"] {
            assert_eq!(browser.get(unkept).await.header("cache-control"), "no-store", "{unkept}");
        }
        browser.page(&path).await;
        let back = "https://tributary.example/dashboard/partners?name=ali";
        for (referrer, leads) in [(back, "/dashboard/partners?name=ali"), ("https://evil.example/dashboard/x", "/dashboard/partners")] {
            browser.headers = vec![("referer", referrer)];
            let refused = browser.submit(&format!("{path}/links"), &[("key", "bob")]).await;
            assert_eq!(refused.status, 400);
            assert!(refused.body.contains("aria-label=\"Pages\"") && refused.body.contains("the address is required"), "{}", refused.body);
            assert!(refused.body.contains(&format!("<a class=\"button primary\" href=\"{leads}\">")), "{leads}: {}", refused.body);
            assert!(!refused.body.contains("evil.example"));
            assert_plain("a refusal", &refused.body);
        }
        browser.headers.clear();
        let over = browser.get(&format!("{path}/links")).await;
        assert_eq!((over.status, over.header("location")), (303, path.as_str()), "an address of a form alone");
        let preview = browser.submit(&format!("{path}/adjustments"), &[("kind", "bonus"), ("amount", "5"), ("currency", "usd"), ("reason", "thanks"), ("key", "k1"), ("do", "preview")]).await;
        assert_eq!((preview.status, preview.header("cache-control")), (200, "private, no-cache"), "{}", preview.body);
    }

    async fn what_processors_call_customers_refunds_and_disputes_leads_somewhere_too(db: TestDb) {
        let api = shop(&db).await;
        for refunds in ["stripe/f03-one-time-checkout-refunded", "stripe/f18-dispute-won"] {
            api.deliver("stripe", &bodies(refunds)).await;
        }
        let lone = json!({"id": "evt_lone", "object": "event", "type": "refund.created", "api_version": "2026-10-28.endive", "created": 1_791_192_600, "livemode": true,
            "data": {"object": {"id": "re_lone", "object": "refund", "amount": 4_900, "currency": "usd", "created": 1_791_192_600, "status": "succeeded", "charge": "ch_lone", "payment_intent": "pi_lone"}}});
        api.deliver("stripe", &[lone.to_string()]).await;
        let partner = api.list("/api/partners").await[0]["id"].as_str().unwrap().to_owned();
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let of_partner = format!("/dashboard/partners/{partner}");
        let mut browser = Browser::signed_in(&api).await;
        for (id, leads) in [
            ("re_3T9yUPA6QiNJhrXw0Kv2wEBO", "/dashboard/sales/sale_"),
            ("du_1TPw1dUeg754RDGdIQcxtQYw", "/dashboard/sales/sale_"),
            ("re_lone", "/dashboard/events/evt_"),
            ("cus_T1BlxkMoxOgrao", "/dashboard/customers/cus_"),
            ("sub_1TdDFM36tlA8MQLAcyQfciV7", "/dashboard/customers/cus_"),
            (&program, "/dashboard/programs#prog_"),
            ("http://127.0.0.1:8080/r/alice", &of_partner),
            ("https://shop.example.com/?refp_id=clk_1", "/dashboard/clicks/clk_1"),
        ] {
            let pasted: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
            let answer = browser.get(&format!("/dashboard/search?id={pasted}")).await;
            assert_eq!(answer.status, 303, "{id}");
            assert!(answer.header("location").starts_with(leads), "{id}: {}", answer.header("location"));
            browser.page(answer.header("location").split('#').next().unwrap()).await;
        }
        for id in ["re_3T9yUPA6QiNJhrXw0Kv2wEBO", "cus_T1BlxkMoxOgrao", "sub_1TdDFM36tlA8MQLAcyQfciV7"] {
            let about = browser.page(&format!("/dashboard/events?about={id}")).await;
            assert!(about.contains("/dashboard/events/evt_"), "{id}");
        }
    }

    async fn a_list_goes_on_where_it_ended_with_the_same_filters(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        for number in 0..60 {
            let body = json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": 1_000 + number, "invoiceId": format!("in_{number:03}")});
            api.post("/api/track/sale", body).await.ok();
        }
        let mut browser = Browser::signed_in(&api).await;
        let own = |page: &str| links(page).into_iter().filter(|path| path.starts_with("/dashboard/sales/sale_")).collect::<Vec<_>>();
        let none = browser.page("/dashboard/sales?kind=recurring").await;
        assert!(own(&none).is_empty() && none.contains("No sale matches"));
        let first = browser.page("/dashboard/sales?processor=custom").await;
        assert_eq!(own(&first).len(), 50);
        let next = links(&first).into_iter().find(|path| path.contains("cursor=")).unwrap();
        assert!(next.contains("processor=custom"), "{next}");
        let rest = own(&browser.page(&next).await);
        assert_eq!(rest.len(), 10);
        assert!(rest.iter().all(|path| !own(&first).contains(path)));
        assert_eq!(browser.get(&next.replace("custom", "stripe")).await.status, 400);
    }

    async fn test_money_is_told_on_every_page_and_kept_apart(db: TestDb) {
        let api = Api::new(&db).await;
        let key = api.post("/api/keys", json!({"name": "t", "mode": "test"})).await.ok();
        let test = api.with_key(key["key"].as_str().unwrap());
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = test.sale("clk_1", "in_test", 4_200).await;
        let mut browser = Browser::signed_in(&api).await;
        assert!(!browser.page("/dashboard/sales").await.contains("in_test"));
        let list = browser.page("/dashboard/sales?mode=test").await;
        assert!(list.contains("in_test") && list.contains("Nothing here is real money"));
        for link in links(&list).iter().filter(|link| link.starts_with("/dashboard/sales/")) {
            assert!(link.contains("mode=test"), "{link}");
        }
        let path = format!("/dashboard/sales/{}", sale["id"].as_str().unwrap());
        assert!(browser.page(&path).await.contains("Nothing here is real money"), "whatever the address says");
        assert!(browser.page("/?mode=test").await.contains("42.00"));
        assert!(!browser.page("/").await.contains("42.00"));
    }

    async fn the_overview_shows_the_way_from_click_to_sale_and_what_is_owed_and_when(db: TestDb) {
        let api = shop(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page("/").await;
        for told in ["From click to sale", "Owed to partners", "Payable now", "Payable later", "Held back", "Last verified", "Revenue",
            "payable 22 Dec", "The figures as a table"] {
            assert!(page.contains(told), "{told}");
        }
        let commission = browser.page("/?show=commission&period=365d").await;
        assert!(commission.contains("Commission from "), "{commission}");
        assert_eq!(browser.get("/?show=everything").await.status, 400);
    }

    async fn the_overview_says_what_there_is_to_do(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        assert!(browser.page("/").await.contains("Connect a processor"));
        let sale = api.self_referral().await;
        let source = api.deliver("stripe", &[]).await;
        let path = source["url"].as_str().unwrap().strip_prefix("https://tributary.example").unwrap();
        let mut stranger = Browser::new(&api);
        stranger.headers = vec![("stripe-signature", "t=1,v1=00"), ("content-type", "application/json")];
        assert_eq!(stranger.post(path, &[("a", "b")]).await.status, 401);
        let page = browser.page("/").await;
        for told in ["Commissions held for review", "Refused deliveries"] {
            assert!(page.contains(told), "{told}");
        }
        let reviews = browser.page("/dashboard/reviews").await;
        assert!(reviews.contains(sale["id"].as_str().unwrap()));
        let sources = browser.page("/dashboard/sources").await;
        assert!(sources.contains(source["url"].as_str().unwrap()));
        let one = browser.page(&format!("/dashboard/sources/{}", source["id"].as_str().unwrap())).await;
        assert!(one.contains(source["url"].as_str().unwrap()) && one.contains("invoice.paid"));
        assert!(sources.contains("class=\"badge bad\">1<"), "the refused one is counted with its reason: {sources}");
        api.clock.advance(Duration::from_hours(25));
        let mut browser = Browser::signed_in(&api).await;
        assert!(!browser.page("/").await.contains("Refused deliveries"), "it is nothing to do any more");
        let sources = browser.page("/dashboard/sources").await;
        assert!(sources.contains("class=\"badge bad\">1<"), "but still counted: {sources}");
    }

    async fn a_partners_page_has_links_codes_entries_and_balance(db: TestDb) {
        let api = shop(&db).await;
        let partner = api.list("/api/partners").await[0]["id"].as_str().unwrap().to_owned();
        api.post("/api/codes", json!({"code": "save10", "partnerId": partner})).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page(&format!("/dashboard/partners/{partner}")).await;
        for told in ["https://tributary.example/r/alice", "save10", "10 % of", "commission", "Payable now", "a•••@p•••.com"] {
            assert!(page.contains(told), "{told}");
        }
        assert!(!page.contains("alice@partners.example.com"));
    }
}
