//! What Refport's SDKs need of the server: their calls as they send them, and their reading of the answers, against the real server on a socket.
//! The reading is that of `refport` 0.4.0: a class of error for each status, and what makes a call throw.

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tributary::args;
use tributary::config::Limits;
use tributary::server::serve;
use tributary::store::Statement;

use crate::support::app::{NOW, TestApp};

/// What a call of the SDK ends in.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Data(Value),
    /// Class, status and code as the SDK's user sees them, and the message.
    Error(&'static str, u16, String, String),
    /// The call rejects: what no server may cause.
    Throws(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Lead,
    Sale,
    Embed,
}

impl Endpoint {
    const ALL: [Self; 3] = [Self::Lead, Self::Sale, Self::Embed];

    fn path(self) -> &'static str {
        match self {
            Self::Lead => "/api/track/lead",
            Self::Sale => "/api/track/sale",
            Self::Embed => "/api/embed/token",
        }
    }

    /// As the SDK reads an answer.
    fn read(self, status: u16, body: &[u8]) -> Outcome {
        let body: Value = match serde_json::from_slice(body) {
            Ok(body) => body,
            Err(error) => return Outcome::Throws(format!("SyntaxError: {error}")),
        };
        if (200..300).contains(&status) {
            return self.data(status, body);
        }
        if !body.is_object() {
            return Outcome::Throws("TypeError: no error in the body".to_owned());
        }
        let text = |value: &Value, other: &str| value.as_str().unwrap_or(other).to_owned();
        let message = text(&body["error"]["message"], "Unknown error");
        let code = text(&body["error"]["code"], "UNKNOWN");
        let class = |name, status, code: &str| {
            Outcome::Error(name, status, code.to_owned(), message.clone())
        };
        match (status, self) {
            (400, Self::Lead | Self::Sale) | (422, Self::Embed) => {
                class("RefportValidationError", 422, "VALIDATION_ERROR")
            }
            (401, _) => class("RefportAuthError", 401, "UNAUTHORIZED"),
            (404, _) => class("RefportNotFoundError", 404, "NOT_FOUND"),
            (429, _) => class("RefportRateLimitError", 429, "RATE_LIMITED"),
            _ => class("RefportError", status, &code),
        }
    }

    fn data(self, status: u16, body: Value) -> Outcome {
        if self != Self::Embed {
            return Outcome::Data(body);
        }
        if body.is_null() {
            return Outcome::Throws("TypeError: null".to_owned());
        }
        let truthy = |name: &str| body[name].as_str().is_some_and(|text| !text.is_empty());
        if truthy("publicToken") && truthy("expires") {
            return Outcome::Data(body);
        }
        let message = "Missing token or expiry in response".to_owned();
        Outcome::Error(
            "RefportError",
            status,
            "INVALID_RESPONSE".to_owned(),
            message,
        )
    }
}

/// The SDK at a running server.
struct Sdk {
    base_url: String,
    key: String,
    client: reqwest::Client,
}

impl Sdk {
    async fn of(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let serving = serve(
            listener,
            app.router.clone(),
            Limits::default(),
            std::future::pending(),
        );
        tokio::spawn(serving);
        // Fails where one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy();
        let client = client.timeout(std::time::Duration::from_secs(30)).build();
        Self {
            base_url,
            key: app.key.clone(),
            client: client.unwrap(),
        }
    }

    async fn raw(&self, endpoint: Endpoint, body: String) -> Outcome {
        let url = format!("{}{}", self.base_url, endpoint.path());
        let request = self.client.post(url).bearer_auth(&self.key);
        let request = request
            .header("content-type", "application/json")
            .body(body);
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        endpoint.read(status, &answer.bytes().await.unwrap())
    }

    async fn call(&self, endpoint: Endpoint, params: Value) -> Outcome {
        self.raw(endpoint, params.to_string()).await
    }

    async fn data(&self, endpoint: Endpoint, params: Value) -> Value {
        match self.call(endpoint, params).await {
            Outcome::Data(data) => data,
            other => panic!("{other:?}"),
        }
    }
}

fn lead(click: &str) -> Value {
    json!({"clickId": click, "eventName": "Sign Up", "customerExternalId": "user_001"})
}

fn sale(click: &str, invoice: &str) -> Value {
    json!({"clickId": click, "customerExternalId": "user_001", "amount": 4900, "invoiceId": invoice})
}

/// Whether an answer has the shape of the SDK's type: `s` text, `S` text or null, `n` whole number.
fn has_shape(value: &Value, shape: &Value) -> bool {
    match shape {
        Value::String(kind) => match kind.as_str() {
            "s" => value.is_string(),
            "S" => value.is_string() || value.is_null(),
            _ => value.is_i64(),
        },
        Value::Object(members) => members
            .iter()
            .all(|(name, kind)| value.get(name).is_some_and(|value| has_shape(value, kind))),
        _ => false,
    }
}

#[track_caller]
fn refused(outcome: &Outcome) -> (&'static str, u16, &str) {
    match outcome {
        Outcome::Error(class, status, code, message) => {
            assert!(
                !message.is_empty() && message != "Unknown error",
                "{outcome:?}"
            );
            (class, *status, code)
        }
        other => panic!("{other:?}"),
    }
}

static END_PROGRAMS: Statement =
    Statement::new("update programs set status = 'archived' where organization_id = $1");
static PARTNERS: Statement = Statement::new(
    "select p.id, p.email, p.name, p.tenant_id, n.id as enrollment from partners p
     join enrollments n on n.organization_id = $1 and n.partner_id = p.id
     where p.organization_id = $1 order by p.id",
);
static DIGESTS: Statement =
    Statement::new("select digest from partner_access where organization_id = $1");

on_both_databases! {
    async fn what_succeeds_has_the_types_of_the_sdk(db: TestDb) {
        let app = TestApp::start(&db).await;
        app.click("clk_1", "alice", NOW).await;
        let sdk = Sdk::of(&app).await;
        let link = json!({"id": "s", "domain": "s", "key": "s", "url": "s", "programId": "S"});
        let customer = json!({"externalId": "s", "email": "s", "name": "S"});
        let shape = json!({"eventName": "s", "click": {"id": "s"}, "link": link, "customer": customer});
        let told = sdk.data(Endpoint::Lead, lead("clk_1")).await;
        assert!(has_shape(&told, &shape), "{told}");
        assert_eq!((&told["click"]["id"], &told["customer"]["email"]), (&json!("clk_1"), &json!("")));
        let shape = json!({"eventName": "s", "customer": customer, "sale": {"id": "s", "amount": "n", "currency": "s",
            "commissionAmount": "n", "status": "s", "invoiceId": "S", "paymentProcessor": "s"}});
        let told = sdk.data(Endpoint::Sale, sale("clk_1", "in_1")).await;
        assert!(has_shape(&told, &shape), "{told}");
        let told = sdk.data(Endpoint::Embed, json!({"partner": {"email": "new@partners.example"}})).await;
        assert!(told["publicToken"].as_str().unwrap().starts_with("pt_"), "{told}");
        assert_eq!(told["expires"], "2026-11-22T15:00:00.000Z");
    }

    async fn a_click_whose_link_is_gone_makes_a_null_lead_and_no_null_sale(db: TestDb) {
        let app = TestApp::start(&db).await;
        app.click("clk_1", "alice", NOW).await;
        app.delete_link("alice").await;
        let sdk = Sdk::of(&app).await;
        assert_eq!(sdk.call(Endpoint::Lead, lead("clk_1")).await, Outcome::Data(Value::Null));
        let outcome = sdk.call(Endpoint::Sale, sale("clk_1", "in_1")).await;
        assert_ne!(outcome, Outcome::Data(Value::Null));
        assert!(!matches!(outcome, Outcome::Throws(_)), "{outcome:?}");
    }

    async fn each_status_becomes_its_class_of_error(db: TestDb) {
        let app = TestApp::start(&db).await;
        app.click("clk_1", "alice", NOW).await;
        let mut sdk = Sdk::of(&app).await;
        let validation = ("RefportValidationError", 422, "VALIDATION_ERROR");
        for (endpoint, wrong) in [
            (Endpoint::Lead, lead("")),
            (Endpoint::Lead, lead("clk_nobody")),
            (Endpoint::Lead, json!({})),
            (Endpoint::Sale, sale("clk_nobody", "in_1")),
            (Endpoint::Sale, json!({"clickId": "clk_1", "customerExternalId": "u", "amount": 1.5})),
            (Endpoint::Embed, json!({})),
            (Endpoint::Embed, json!({"partner": null, "tenantId": "", "enrollmentId": null})),
            (Endpoint::Embed, json!({"partner": {}})),
            (Endpoint::Embed, json!({"partner": {"email": "nobody"}})),
            (Endpoint::Embed, json!({"partner": "alice"})),
            (Endpoint::Embed, json!({"tenantId": 7})),
        ] {
            assert_eq!(refused(&sdk.call(endpoint, wrong.clone()).await), validation, "{endpoint:?} {wrong}");
        }
        for endpoint in Endpoint::ALL {
            for body in ["", "{", "[]", "null", "7", "\"x\"", "{\"a\":1}x"] {
                assert_eq!(refused(&sdk.raw(endpoint, body.to_owned()).await), validation, "{endpoint:?} {body:?}");
            }
            let large = format!("{{\"x\":\"{}\"}}", "a".repeat(1 << 20));
            let outcome = sdk.raw(endpoint, large).await;
            assert_eq!(refused(&outcome), ("RefportError", 413, "PAYLOAD_TOO_LARGE"), "{endpoint:?}");
        }
        sdk.data(Endpoint::Sale, sale("clk_1", "in_1")).await;
        let again = sdk.call(Endpoint::Sale, sale("clk_1", "in_1")).await;
        assert_eq!(refused(&again), ("RefportError", 409, "DUPLICATE_INVOICE"));
        for unknown in [json!({"tenantId": "nobody"}), json!({"enrollmentId": "ent_none"})] {
            let outcome = sdk.call(Endpoint::Embed, unknown).await;
            assert_eq!(refused(&outcome), ("RefportNotFoundError", 404, "NOT_FOUND"));
        }
        app.write(&END_PROGRAMS, args![app.org.as_str()]).await;
        let outcome = sdk.call(Endpoint::Embed, json!({"partner": {"email": "a@partners.example"}})).await;
        let Outcome::Error("RefportNotFoundError", 404, _, message) = outcome else { panic!("{outcome:?}") };
        assert_eq!(message, "No active referral program found for the organization");
        sdk.key = "rk_wrong".to_owned();
        for endpoint in Endpoint::ALL {
            let Outcome::Error("RefportAuthError", 401, code, message) = sdk.call(endpoint, json!({})).await else { panic!("{endpoint:?}") };
            assert_eq!((code.as_str(), message.as_str()), ("UNAUTHORIZED", "Invalid or missing API key"));
        }
    }

    async fn a_base_url_with_a_slash_at_its_end_is_as_good(db: TestDb) {
        let app = TestApp::start(&db).await;
        app.click("clk_1", "alice", NOW).await;
        let mut sdk = Sdk::of(&app).await;
        sdk.base_url.push('/');
        sdk.data(Endpoint::Lead, lead("clk_1")).await;
        sdk.data(Endpoint::Sale, sale("clk_1", "in_1")).await;
        let token = sdk.data(Endpoint::Embed, json!({"partner": {"email": "a@partners.example"}})).await;
        let token = token["publicToken"].as_str().unwrap();
        let page = format!("{}/embed/referrals?token={token}&dynamicHeight=true", sdk.base_url);
        let answer = sdk.client.get(page).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert!(answer.text().await.unwrap().contains("<main"));
    }

    async fn every_path_and_method_answers_json_that_the_sdk_can_read(db: TestDb) {
        let app = TestApp::start_with(&db, &[("TRIBUTARY_RATE_LIMIT", "1")]).await;
        let sdk = Sdk::of(&app).await;
        for path in ["/api", "/api/nowhere", "/api/embed", "/api/embed/token/x", "/nowhere/at/all", "/embed/nowhere", "//api//embed/token"] {
            for method in ["GET", "POST", "DELETE"] {
                let url = format!("{}{path}", sdk.base_url);
                let request = sdk.client.request(method.parse().unwrap(), url).bearer_auth(&sdk.key);
                let answer = request.send().await.unwrap();
                let status = answer.status().as_u16();
                assert!(status >= 400, "{method} {path}");
                let outcome = Endpoint::Embed.read(status, &answer.bytes().await.unwrap());
                refused(&outcome);
            }
        }
        let mut limited = 0;
        for endpoint in Endpoint::ALL.into_iter().cycle().take(9) {
            let outcome = sdk.call(endpoint, json!({})).await;
            limited += usize::from(refused(&outcome) == ("RefportRateLimitError", 429, "RATE_LIMITED"));
        }
        assert!(limited > 0, "calls are limited");
        let answer = sdk.client.get(format!("{}/api/embed/token", sdk.base_url)).send().await.unwrap();
        assert!([401, 405].contains(&answer.status().as_u16()));
    }

    async fn while_the_database_is_away_every_answer_can_be_read(db: TestDb) {
        let app = TestApp::start(&db).await;
        let sdk = Sdk::of(&app).await;
        app.app.store.close().await;
        for endpoint in Endpoint::ALL {
            let outcome = sdk.call(endpoint, sale("clk_1", "in_1")).await;
            assert_eq!(refused(&outcome), ("RefportError", 503, "UNAVAILABLE"), "{endpoint:?}");
        }
    }

    async fn whoever_is_not_known_becomes_a_partner_and_is_found_by_each_name_afterwards(db: TestDb) {
        let app = TestApp::start(&db).await;
        let sdk = Sdk::of(&app).await;
        // Older SDKs send members besides, which are passed over.
        let first = json!({"tenantId": "user_1", "programId": "prog_x", "referralId": "r",
            "partner": {"email": " New@Partners.example ", "name": "New One", "image": null}});
        sdk.data(Endpoint::Embed, first.clone()).await;
        let rows = db.store.read(&PARTNERS, args![app.org.as_str()]).await.unwrap();
        let [row] = rows.as_slice() else { panic!("one partner, enrolled once") };
        assert_eq!((row.text("email").unwrap(), row.text("name").unwrap()), ("new@partners.example", "New One"));
        assert_eq!(row.opt_text("tenant_id").unwrap(), Some("user_1"));
        let enrollment = row.text("enrollment").unwrap();
        for same in [
            first,
            json!({"tenantId": "user_1"}),
            json!({"enrollmentId": enrollment}),
            json!({"partner": {"email": "new@partners.example"}}),
            json!({"tenantId": "user_1", "partner": {"email": "other@partners.example"}}),
        ] {
            sdk.data(Endpoint::Embed, same).await;
        }
        let rows = db.store.read(&PARTNERS, args![app.org.as_str()]).await.unwrap();
        assert_eq!(rows.len(), 1);
        // An own id that comes later is remembered.
        sdk.data(Endpoint::Embed, json!({"partner": {"email": "two@partners.example"}})).await;
        sdk.data(Endpoint::Embed, json!({"tenantId": "user_2", "partner": {"email": "two@partners.example"}})).await;
        sdk.data(Endpoint::Embed, json!({"tenantId": "user_2"})).await;
        let rows = db.store.read(&PARTNERS, args![app.org.as_str()]).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].text("name").unwrap(), "two@partners.example");
        // Who has typed another's address in a sign-up form of the merchant does not get that one's portal.
        let stranger = json!({"tenantId": "user_3", "partner": {"email": "two@partners.example"}});
        let outcome = sdk.call(Endpoint::Embed, stranger).await;
        assert_eq!(refused(&outcome).1, 422, "{outcome:?}");
    }

    async fn a_token_is_stored_as_a_digest_and_is_another_each_time(db: TestDb) {
        let app = TestApp::start(&db).await;
        let sdk = Sdk::of(&app).await;
        let mut tokens = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let told = sdk.data(Endpoint::Embed, json!({"partner": {"email": "a@partners.example"}})).await;
            tokens.insert(told["publicToken"].as_str().unwrap().to_owned());
        }
        assert_eq!(tokens.len(), 3);
        let rows = db.store.read(&DIGESTS, args![app.org.as_str()]).await.unwrap();
        assert_eq!(rows.len(), 3);
        for row in rows {
            let digest = row.text("digest").unwrap();
            assert!(tokens.iter().all(|token| !token.contains(digest) && !digest.contains(token.rsplit('_').next().unwrap())));
        }
        app.clock.set(NOW.plus_seconds(2 * 86_400));
        sdk.data(Endpoint::Embed, json!({"partner": {"email": "a@partners.example"}})).await;
        let rows = db.store.read(&DIGESTS, args![app.org.as_str()]).await.unwrap();
        assert_eq!(rows.len(), 1, "those that are long over are forgotten");
    }
}
