//! Requests of privacy law, by signed deliveries of Shopify: what is collected, what is erased, and that the
//! ledger stays as it was.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use providers::{Micros, Settings};
use serde_json::{Value, json};
use tributary::args;
use tributary::ledger::mailbox::{digest, mailbox};
use tributary::store::Statement;

use crate::http::ledger;
use crate::support::TestDb;
use crate::support::app::TestApp;
use crate::support::dump::everything;
use crate::support::shipped::fixture;

const FIXTURE: &str = "shopify/s18-renewal";
const SHOP: &str = "northwind-tea.myshopify.com";
const CUSTOMER: i64 = 7_590_054_000_306;

/// What must be found before erasing and nowhere after it.
const CANARIES: [&str; 4] = [
    "eva.canary@example.com",
    "canaria",
    "canary-avatar",
    "canary-note",
];

static SOURCE: Statement =
    Statement::new("select status from sources where organization_id = $1 and id = $2");
static NAMED_BY_EMAIL: Statement = Statement::new(
    "select id from customers where organization_id = $1 and email = $2 and names like $3",
);
static REOPEN: Statement =
    Statement::new("update privacy_requests set done_at = null where organization_id = $1");
static BEGIN_AGAIN: Statement = Statement::new(
    "update jobs set done_at = null where organization_id = $1 and kind = 'privacy_request'",
);
static OPEN: Statement = Statement::new(
    "select id from privacy_requests where organization_id = $1 and done_at is null",
);
static PARTNER: Statement =
    Statement::new("update partners set email = $3 where organization_id = $1 and id = $2");

static MAILBOX: Statement = Statement::new(
    "insert into partner_mailboxes (organization_id, partner_id, mailbox) values ($1, $2, $3)",
);

static SET_BODY: Statement = Statement::new(
    "update event_bodies set body = $3 where organization_id = $1
     and event_id in (select id from events where external_id = $2)",
);

/// Where a canary stands.
async fn places(app: &TestApp, canary: &str) -> Vec<String> {
    let mut lines = everything(app.app.store.as_ref()).await;
    lines.retain(|line| line.contains(canary));
    lines
}

async fn assert_nothing_personal(app: &TestApp) {
    for canary in CANARIES {
        let places = places(app, canary).await;
        assert!(places.is_empty(), "{canary} stands in {places:#?}");
    }
}

/// The headers of a Shopify delivery.
fn headers(topic: &str, id: &str) -> Vec<(String, String)> {
    [
        ("x-shopify-topic", topic),
        ("x-shopify-shop-domain", SHOP),
        ("x-shopify-api-version", "2026-04"),
        ("x-shopify-webhook-id", id),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// One of the two orders of the fixture, bought by someone who must be forgotten.
fn order(which: usize) -> Value {
    let body = &fixture(FIXTURE).deliveries[which].body;
    let mut order: Value = serde_json::from_str(body).unwrap();
    order["email"] = json!("Eva.Canary@example.com");
    order["contact_email"] = json!("eva.canary@example.com");
    order["customer"]["email"] = json!("eva.canary@example.com");
    order["customer"]["first_name"] = json!("Eva");
    order["customer"]["last_name"] = json!("Canaria");
    let attributes = order["note_attributes"].as_array_mut().unwrap();
    attributes.push(json!({"name": "customerExternalId", "value": "eva.canary@example.com"}));
    order
}

/// An order of somebody else.
fn order_of_another() -> String {
    let body = &fixture(FIXTURE).deliveries[0].body;
    let body = body.replace(&CUSTOMER.to_string(), "7590054000777");
    let ids = [
        "126325",
        "0186325",
        "f927aa75",
        "a9cb560133",
        "k2325",
        "eva.again",
    ];
    ids.iter().fold(body, |body, id| {
        let other: String = id.chars().rev().collect();
        body.replace(id, &other)
    })
}

fn data_request() -> String {
    json!({"shop_id": 1, "shop_domain": SHOP, "orders_requested": [6_104_180_126_325_i64],
        "customer": {"id": CUSTOMER, "email": "eva.canary@example.com", "phone": null},
        "data_request": {"id": 9999}})
    .to_string()
}

fn customer_redact() -> String {
    json!({"shop_id": 1, "shop_domain": SHOP, "orders_to_redact": [6_104_180_126_325_i64],
        "customer": {"id": CUSTOMER, "email": "eva.canary@example.com", "phone": null}})
    .to_string()
}

fn shop_redact() -> String {
    json!({"shop_id": 1, "shop_domain": SHOP}).to_string()
}

async fn deliver(app: &TestApp, topic: &str, id: &str, body: &str) {
    let status = app.deliver("shop", &headers(topic, id), body).await;
    assert_eq!(status, StatusCode::OK, "{topic}");
    app.settle().await;
}

async fn set_body(app: &TestApp, external_id: &str, packed: Vec<u8>) {
    let args = args![app.org.as_str(), external_id, packed];
    let mut transaction = app.app.store.begin().await.unwrap();
    transaction.run(&SET_BODY, args).await.unwrap();
    transaction.commit().await.unwrap();
}

fn call_with_key(app: &TestApp) -> Request<Body> {
    let body = json!({"clickId": "clk_shopify_s18_alice", "customerExternalId": "eva.canary@example.com",
        "customerEmail": "eva.canary@example.com", "customerName": "Eva Canaria",
        "customerAvatar": "https://example.com/canary-avatar.png", "amount": 990,
        "invoiceId": "inv_own", "metadata": {"note": "canary-note"}});
    Request::post("/api/track/sale")
        .header("authorization", format!("Bearer {}", app.key))
        .header("idempotency-key", "once")
        .body(Body::from(body.to_string()))
        .unwrap()
}

/// A shop with two orders of one customer, who is also known by calls under an e-mail address.
async fn shop(db: &TestDb) -> TestApp {
    let mut app = TestApp::start(db).await;
    // This shop's theme writes the id itself, for customers who are logged in.
    let settings = Settings::from_json(r#"{"trustedPlaces":["note_attributes"]}"#).unwrap();
    app.source("shop", "shopify", true, settings).await;
    let clicked_at = Micros::parse_rfc3339("2026-09-27T08:00:00Z").unwrap();
    app.click("clk_shopify_s18_alice", "alice", clicked_at)
        .await;
    deliver(&app, "orders/paid", "w-1", &order(0).to_string()).await;
    deliver(&app, "orders/paid", "w-2", &order(1).to_string()).await;
    let (status, answer) = app.send(call_with_key(&app)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let lead = json!({"clickId": "clk_shopify_s18_alice", "eventName": "Sign Up",
        "customerExternalId": "eva.canary@example.com", "customerName": "Eva Canaria"});
    let (status, answer) = app.post("/api/track/lead", &lead).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    // Not counted, and kept all the same.
    let draft = json!({"id": 5, "email": "eva.canary@example.com"}).to_string();
    deliver(&app, "draft_orders/create", "w-3", &draft).await;
    for canary in CANARIES {
        assert!(!places(&app, canary).await.is_empty(), "{canary}");
    }
    app
}

async fn assert_clean(app: &TestApp) {
    let store = app.app.store.as_ref();
    let audit = tributary::audit::audit(store, app.app.now(), &app.org).await;
    let audit = audit.unwrap();
    assert!(audit.clean && audit.left_out == 0, "{audit:#?}");
}

/// An order of a stranger who writes another customer's ids, address and order into the cart.
fn order_of_a_thief() -> String {
    let mut order: Value = serde_json::from_str(&order_of_another()).unwrap();
    let attributes = order["note_attributes"].as_array_mut().unwrap();
    attributes.retain(|attribute| attribute["name"] != "customerExternalId");
    for said in ["user_victim", "eva.canary@example.com", "6104180126325"] {
        for key in ["customerExternalId", "refportExternalCustomerId"] {
            attributes.push(json!({"name": key, "value": said}));
        }
    }
    order["email"] = json!("eva.canary@example.com");
    order.to_string()
}

/// Alice buys by her own link, known by what a statement writes of her, and is erased: nothing of it is paid.
async fn erases_alice_who_buys(mut app: TestApp, (known, by): (&'static Statement, String)) {
    app.source("shop", "shopify", true, Settings::default())
        .await;
    let clicked_at = Micros::parse_rfc3339("2026-09-27T08:00:00Z").unwrap();
    app.click("clk_shopify_s18_alice", "alice", clicked_at)
        .await;
    let mut transaction = app.app.store.begin().await.unwrap();
    let args = args![app.org.as_str(), "prt_alice", by.as_str()];
    transaction.run(known, args).await.unwrap();
    transaction.commit().await.unwrap();
    deliver(&app, "orders/paid", "w-1", &order(0).to_string()).await;
    let before = ledger::ledger(&app).await;
    assert!(before.balances.is_empty(), "held for review: {before:?}");
    deliver(&app, "customers/redact", "w-5", &customer_redact()).await;
    assert_eq!(ledger::ledger(&app).await, before);
    assert_clean(&app).await;
}

on_both_databases! {
    async fn who_writes_anothers_id_into_a_cart_is_given_and_erases_nothing_of_them(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.source("shop", "shopify", true, Settings::default()).await;
        let clicked_at = Micros::parse_rfc3339("2026-09-27T08:00:00Z").unwrap();
        app.click("clk_shopify_s18_alice", "alice", clicked_at).await;
        deliver(&app, "orders/paid", "w-1", &order(0).to_string()).await;
        let call = json!({"clickId": "clk_shopify_s18_alice", "customerExternalId": "user_victim",
            "customerName": "Eva Canaria", "amount": 990, "invoiceId": "inv_own"});
        assert_eq!(app.post("/api/track/sale", &call).await.0, StatusCode::OK);
        let victims = places(&app, "canaria").await;
        assert!(!victims.is_empty());
        let before = ledger::sales(&app).await;
        deliver(&app, "orders/paid", "w-2", &order_of_a_thief()).await;
        let after = ledger::sales(&app).await;
        assert_eq!(after.len(), before.len() + 1);
        assert!(before.iter().all(|sale| after.contains(sale)), "{after:#?}");

        let thief = |body: String| body.replace(&CUSTOMER.to_string(), "7590054000777")
            .replace("6104180126325", "6104180523621");
        deliver(&app, "customers/data_request", "w-3", &thief(data_request())).await;
        let (_, list) = app.call(Method::GET, "/api/privacy-requests", None).await;
        let path = format!("/api/privacy-requests/{}", list["data"][0]["id"].as_str().unwrap());
        let (_, one) = app.call(Method::GET, &path, None).await;
        assert_eq!(one["export"]["sales"].as_array().unwrap().len(), 1, "{one}");
        assert!(!one["export"].to_string().contains("inv_own"), "{one}");

        deliver(&app, "customers/redact", "w-4", &thief(customer_redact())).await;
        let args = args![app.org.as_str(), "eva.canary@example.com", format!("%shopify/{CUSTOMER}%")];
        let known = app.app.store.read(&NAMED_BY_EMAIL, args).await.unwrap();
        assert_eq!(known.len(), 1, "the victim is not erased");
        assert!(places(&app, "inv_own").await.len() > 1);
        assert!(!places(&app, "eva canaria").await.is_empty());
        assert_clean(&app).await;
    }

    async fn a_data_request_is_collected_for_the_owner_alone(db: TestDb) {
        let app = shop(&db).await;
        deliver(&app, "customers/data_request", "w-4", &data_request()).await;
        let (status, list) = app.call(Method::GET, "/api/privacy-requests", None).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        assert_eq!(list["nextCursor"], Value::Null);
        assert_eq!(list["data"].as_array().unwrap().len(), 1);
        assert_eq!(list["data"][0]["kind"], "export_customer");
        assert_eq!(list["data"][0]["customers"], json!([format!("shopify/{CUSTOMER}")]));
        assert!(list["data"][0]["doneAt"].is_string(), "{list}");
        let path = format!("/api/privacy-requests/{}", list["data"][0]["id"].as_str().unwrap());
        let (status, one) = app.call(Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::OK);
        let export = &one["export"];
        assert_eq!(export["customers"][0]["email"], "eva.canary@example.com", "{export}");
        let mut amounts: Vec<i64> = export["sales"].as_array().unwrap().iter()
            .map(|sale| sale["amount"].as_i64().unwrap()).collect();
        amounts.sort_unstable();
        assert_eq!(amounts, [990, 2500, 2500]);
        assert_eq!(export["clicks"][0]["id"], "clk_shopify_s18_alice");
        assert_eq!(export["leads"].as_array().unwrap().len(), 1);
        assert_eq!(export["deliveries"].as_array().unwrap().len(), 4);
        assert!(export.to_string().contains("canary-note"));
        let other = app.another_organization().await;
        assert_eq!(other.call(Method::GET, &path, None).await.0, StatusCode::NOT_FOUND);
        let (_, list) = other.call(Method::GET, "/api/privacy-requests", None).await;
        assert_eq!(list["data"], json!([]));
        let (status, _) = app.call_as(None, Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }

    async fn an_erased_customer_is_nowhere_and_the_ledger_stays(db: TestDb) {
        let app = shop(&db).await;
        deliver(&app, "customers/data_request", "w-4", &data_request()).await;
        let before = ledger::ledger(&app).await;
        assert_eq!(before.sales.len(), 3);
        deliver(&app, "customers/redact", "w-5", &customer_redact()).await;
        assert_nothing_personal(&app).await;
        assert_eq!(ledger::ledger(&app).await, before);
        assert_clean(&app).await;
        let (status, answer) = app.send(call_with_key(&app)).await;
        assert_eq!(status, StatusCode::OK, "the first answer is repeated: {answer}");
        assert_eq!(answer["customer"]["email"], "");
        for id in ["w-5", "w-6"] {
            deliver(&app, "customers/redact", id, &customer_redact()).await;
            assert_nothing_personal(&app).await;
            assert_eq!(ledger::ledger(&app).await, before);
        }
        assert_clean(&app).await;
    }

    async fn a_request_that_a_crash_has_left_open_is_done_again(db: TestDb) {
        let app = shop(&db).await;
        let before = ledger::ledger(&app).await;
        deliver(&app, "customers/redact", "w-5", &customer_redact()).await;
        deliver(&app, "shop/redact", "w-6", &shop_redact()).await;
        let mut transaction = app.app.store.begin().await.unwrap();
        transaction.run(&REOPEN, args![app.org.as_str()]).await.unwrap();
        transaction.run(&BEGIN_AGAIN, args![app.org.as_str()]).await.unwrap();
        transaction.commit().await.unwrap();
        app.settle().await;
        let open = app.app.store.read(&OPEN, args![app.org.as_str()]).await.unwrap();
        assert!(open.is_empty());
        assert_nothing_personal(&app).await;
        assert_eq!(ledger::ledger(&app).await, before);
        assert_clean(&app).await;
    }

    async fn a_request_that_fails_does_not_hold_up_the_next(db: TestDb) {
        let app = shop(&db).await;
        deliver(&app, "orders/paid", "w-4", &order_of_another()).await;
        set_body(&app, "w-4", vec![0xff; 3]).await;
        let of_another = data_request().replace(&CUSTOMER.to_string(), "7590054000777");
        deliver(&app, "customers/data_request", "w-5", &of_another).await;
        deliver(&app, "customers/redact", "w-6", &customer_redact()).await;
        let open = app.app.store.read(&OPEN, args![app.org.as_str()]).await.unwrap();
        assert_eq!(open.len(), 1);
        set_body(&app, "w-4", tributary::inbox::pack("shopify", b"{}").unwrap()).await;
        assert_nothing_personal(&app).await;
    }

    async fn an_old_delivery_brings_nothing_back_and_a_new_purchase_may(db: TestDb) {
        let app = shop(&db).await;
        deliver(&app, "customers/redact", "w-5", &customer_redact()).await;
        let before = ledger::ledger(&app).await;
        for id in ["w-1", "w-7"] {
            deliver(&app, "orders/paid", id, &order(0).to_string()).await;
            deliver(&app, "orders/create", id, &order(1).to_string()).await;
            assert_nothing_personal(&app).await;
            assert_eq!(ledger::ledger(&app).await, before);
        }
        assert_clean(&app).await;
        app.clock.advance(Duration::from_hours(1));
        let mut new = order(1);
        new["id"] = json!(6_109_180_199_999_i64);
        new["admin_graphql_api_id"] = json!("gid://shopify/Order/6109180199999");
        new["checkout_token"] = json!("00000000000000006109180199999999");
        new["confirmation_number"] = json!("NW0199999");
        for time in ["created_at", "processed_at", "updated_at"] {
            new[time] = json!("2026-11-22T12:30:00Z");
            new["customer"]["updated_at"] = json!("2026-11-22T12:30:00Z");
        }
        deliver(&app, "orders/paid", "w-8", &new.to_string()).await;
        let args = args![app.org.as_str(), "eva.canary@example.com", format!("%shopify/{CUSTOMER}%")];
        let known = app.app.store.read(&NAMED_BY_EMAIL, args).await.unwrap();
        assert_eq!(known.len(), 1, "{:#?}", places(&app, "eva.canary").await);
        let sales = ledger::sales(&app).await;
        assert_eq!(sales.len(), 4);
        assert!(sales.iter().all(|sale| sale.partner.as_deref() == Some("alice")), "{sales:#?}");
        assert_clean(&app).await;
    }

    async fn what_comes_before_its_customer_is_known_is_erased_too(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.source("shop", "shopify", true, Settings::default()).await;
        deliver(&app, "customers/redact", "w-5", &customer_redact()).await;
        deliver(&app, "orders/paid", "w-1", &order(0).to_string()).await;
        assert_eq!(ledger::sales(&app).await.len(), 1);
        let names = places(&app, "canaria").await;
        assert!(names.is_empty(), "{names:#?}");
        assert_clean(&app).await;
    }

    async fn an_erased_partner_who_bought_by_their_own_link_is_not_paid_for_it(db: TestDb) {
        let app = TestApp::start(&db).await;
        erases_alice_who_buys(app, (&PARTNER, "eva.canary@example.com".to_owned())).await;
    }

    async fn nor_is_one_who_bought_from_where_the_partner_is_paid(db: TestDb) {
        let app = TestApp::start(&db).await;
        let mailbox = digest(&app.org, "eva.canary+pay@example.com");
        erases_alice_who_buys(app, (&MAILBOX, mailbox)).await;
    }

    async fn an_erased_shop_leaves_no_customer_and_the_ledger_stays(db: TestDb) {
        let app = shop(&db).await;
        deliver(&app, "customers/data_request", "w-4", &data_request()).await;
        let before = ledger::ledger(&app).await;
        deliver(&app, "app/uninstalled", "w-5", &json!({"id": 1, "domain": SHOP,
            "myshopify_domain": SHOP}).to_string()).await;
        let (source, _) = app.source_of("shop");
        let args = args![app.org.as_str(), source.id.as_str()];
        let rows = app.app.store.read(&SOURCE, args).await.unwrap();
        assert_eq!(rows[0].text("status").unwrap(), "closed");
        deliver(&app, "shop/redact", "w-6", &shop_redact()).await;
        assert_nothing_personal(&app).await;
        assert_eq!(ledger::ledger(&app).await, before);
        assert_clean(&app).await;
        deliver(&app, "shop/redact", "w-6", &shop_redact()).await;
        deliver(&app, "orders/paid", "w-7", &order(0).to_string()).await;
        assert_nothing_personal(&app).await;
        assert_eq!(ledger::ledger(&app).await, before);
        assert_clean(&app).await;
    }

    async fn a_person_is_found_by_any_spelling_of_the_mailbox(db: TestDb) {
        let app = TestApp::start(&db).await;
        let clicked_at = Micros::parse_rfc3339("2026-09-27T08:00:00Z").unwrap();
        app.click("clk_1", "alice", clicked_at).await;
        let ask = |kind: &str, customer: &str| json!({"kind": kind, "customer": customer});
        for (customer, email) in [("u_1", "evacanary@gmail.com"), ("u_2", "eva.canary@example.com"), ("u_3", "eva.canary+tea@example.com")] {
            let sale = json!({"clickId": "clk_1", "customerExternalId": customer, "customerEmail": email,
                "amount": 1_000, "invoiceId": format!("in_{customer}")});
            let (status, told) = app.post("/api/track/sale", &sale).await;
            assert_eq!(status, StatusCode::OK, "{told}");
        }
        let before = ledger::ledger(&app).await;
        let asked = ask("erase_customer", "Eva.Canary+shop@googlemail.com");
        let (status, told) = app.post("/api/privacy-requests", &asked).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
        app.settle().await;
        assert_eq!(places(&app, "evacanary").await, Vec::<String>::new());
        assert_eq!(ledger::ledger(&app).await, before);
        assert_clean(&app).await;
        // Of two who may be meant none is.
        for address in ["eva.canary@example.com", "EVA.canary+x@example.com"] {
            let (status, told) = app.post("/api/privacy-requests", &ask("erase_customer", address)).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert!(told["error"]["message"].as_str().unwrap().contains("several customers"), "{told}");
        }
        assert!(!places(&app, "eva.canary@example.com").await.is_empty());
    }

    async fn the_owner_has_a_customer_of_any_processor_collected_and_erased(db: TestDb) {
        let service = TestApp::start(&db).await;
        let mut done = Vec::new();
        for processor in ["stripe", "shopify", "paddle", "polar", "revenuecat"] {
            let mut app = service.another_organization().await;
            for fixture in crate::support::shipped::of(processor) {
                let source = json!([fixture.source.mode, fixture.source.settings]).to_string();
                app.prepare(&source, fixture).await;
                for sent in &fixture.deliveries {
                    app.deliver(&source, &sent.headers, &sent.body).await;
                }
            }
            app.settle().await;
            let (_, customers) = app.call(Method::GET, "/api/customers?limit=500", None).await;
            let all = customers["data"].as_array().unwrap();
            let read = |email: &Value| mailbox(email.as_str().unwrap_or_default());
            let of = |email: &Value| all.iter().filter(|one| read(&one["email"]) == read(email)).count();
            let Some(customer) = all.iter().find(|one| one["email"].is_string() && of(&one["email"]) == 1) else {
                continue;
            };
            let (id, email) = (customer["id"].as_str().unwrap(), customer["email"].as_str().unwrap());
            let before = ledger::ledger(&app).await;
            let ask = |kind: &str, customer: &str| json!({"kind": kind, "customer": customer});
            let (status, asked) = app.post("/api/privacy-requests", &ask("export_customer", email)).await;
            assert_eq!(status, StatusCode::CREATED, "{asked}");
            app.settle().await;
            let path = format!("/api/privacy-requests/{}", asked["id"].as_str().unwrap());
            let (_, told) = app.call(Method::GET, &path, None).await;
            assert!(told["doneAt"].is_string() && told["export"].to_string().contains(email), "{processor} {told}");
            let (status, _) = app.post("/api/privacy-requests", &ask("erase_customer", id)).await;
            assert_eq!(status, StatusCode::CREATED);
            app.settle().await;
            let own = places(&app, email).await.into_iter().filter(|line| line.contains(&app.org));
            assert_eq!(own.collect::<Vec<_>>(), Vec::<String>::new(), "{processor}");
            assert_eq!(ledger::ledger(&app).await, before, "{processor}");
            done.push(processor);
        }
        assert!(done.len() >= 3 && done.contains(&"stripe"), "{done:?}");
        let mut app = service.another_organization().await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let nobody = json!({"kind": "erase_customer", "customer": "nobody@example.com"});
        assert_eq!(app.post("/api/privacy-requests", &nobody).await.0, StatusCode::NOT_FOUND);
        let source = json!({"kind": "erase_source", "customer": "x"});
        assert_eq!(app.post("/api/privacy-requests", &source).await.0, StatusCode::BAD_REQUEST);
    }
}
