//! Clicks on links: one for each visitor and hour, few commits for many, and no buyer who waits.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::header::{LOCATION, USER_AGENT};
use axum::http::{Request, StatusCode};
use providers::Settings;
use reqwest::redirect::Policy;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use tributary::args;
use tributary::config::Limits;
use tributary::server::{Peer, serve};
use tributary::store::Statement;

use crate::support::TestDb;
use crate::support::app::{NOW, TestApp};

static CLICKS: Statement = Statement::new("select id from clicks where organization_id = $1");
static VISITS: Statement =
    Statement::new("select visit from click_visits where organization_id = $1");
/// A click refers to its organization, so it cannot be written meanwhile.
static HOLD: Statement = Statement::per_dialect(
    "select id from organizations where id = $1",
    "select id from organizations where id = $1 for update",
);

async fn ready(db: &TestDb) -> TestApp {
    let app = TestApp::start(db).await;
    app.click("clk_1", "alice", NOW).await;
    app
}

/// Follows alice's link; answers the click's id, if the visitor was given one.
async fn follow(app: &TestApp, address: &str, browser: &str) -> Option<String> {
    let mut request = Request::get("/r/alice")
        .header(USER_AGENT, browser)
        .body(Body::empty())
        .unwrap();
    let peer: SocketAddr = address.parse().unwrap();
    request.extensions_mut().insert(Peer(peer));
    let answer = app.router.clone().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    let address = answer.headers()[LOCATION].to_str().unwrap();
    assert!(address.starts_with("https://shop.example/"), "{address}");
    address.split_once("refp_id=").map(|(_, id)| id.to_owned())
}

/// What a visitor sees who is not led on: a page, never JSON.
async fn look(app: &TestApp, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = app.router.clone().oneshot(request).await.unwrap();
    let (status, form) = (answer.status(), answer.headers()["content-type"].clone());
    assert!(form.to_str().unwrap().starts_with("text/html"), "{form:?}");
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn clicks(app: &TestApp) -> BTreeSet<String> {
    let rows = app
        .app
        .store
        .read(&CLICKS, args![app.org.as_str()])
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.text("id").unwrap().to_owned())
        .collect()
}

const VISITORS: usize = 32;
const VISITS_OF_EACH: usize = 60;
const DELIVERIES: usize = 60;
/// What is recorded of all together while the clock stands still.
const MOST_RECORDED: usize = 1_000;
/// Far beyond what a delivery takes beside a flood, and within the time that processors wait.
const BOUND: Duration = Duration::from_secs(5);

/// The service behind a socket, as `serve` runs it.
#[derive(Clone)]
struct Running {
    address: String,
    client: reqwest::Client,
}

impl Running {
    async fn of(router: axum::Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(
            listener,
            router,
            Limits::default(),
            std::future::pending(),
        ));
        // Fails where one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none());
        Self {
            address,
            client: client.build().unwrap(),
        }
    }

    /// Follows alice's link as fast as one can, each time as another browser; answers the ids that were given.
    async fn flood(self, visitor: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for visit in 0..VISITS_OF_EACH {
            let request = self.client.get(format!("{}/r/alice", self.address));
            let request = request.header(USER_AGENT, format!("Browser {visit}"));
            let address = format!("203.0.113.{visitor}");
            let answer = request
                .header("x-forwarded-for", address)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status().as_u16(), 302);
            let to = answer.headers()["location"].to_str().unwrap().to_owned();
            ids.extend(to.split_once("refp_id=").map(|(_, id)| id.to_owned()));
        }
        ids
    }
}

on_both_databases! {
    async fn a_visitor_has_one_click_on_a_link_within_an_hour(db: TestDb) {
        let app = ready(&db).await;
        let before = clicks(&app).await.len();
        let first = follow(&app, "192.0.2.1:1000", "Firefox").await.unwrap();
        assert_eq!(follow(&app, "192.0.2.1:2000", "Firefox").await.unwrap(), first);
        let replica = app.on_another_replica(&db).await;
        assert!(clicks(&app).await.contains(&first));
        let others = [
            follow(&app, "192.0.2.1:1000", "Safari").await.unwrap(),
            follow(&app, "192.0.2.2:1000", "Firefox").await.unwrap(),
            follow(&app, "[2001:db8::1]:1", "Firefox").await.unwrap(),
        ];
        assert_eq!(follow(&app, "[2001:db8::2]:1", "Firefox").await.unwrap(), others[2]);
        assert_eq!(clicks(&app).await.len(), before + 4);
        app.clock.set(app.app.now().plus_seconds(3_600));
        let later = follow(&replica, "192.0.2.1:1000", "Firefox").await.unwrap();
        assert_ne!(later, first);
        assert_eq!(clicks(&app).await.len(), before + 5);
        for row in app.app.store.read(&VISITS, args![app.org.as_str()]).await.unwrap() {
            assert!(!row.text("visit").unwrap().contains("192.0.2"));
        }
    }

    async fn visits_at_the_same_moment_are_one_click(db: TestDb) {
        let app = ready(&db).await;
        let before = clicks(&app).await.len();
        let mut all = JoinSet::new();
        for _ in 0..20 {
            let router = app.router.clone();
            all.spawn(async move {
                let mut request = Request::get("/r/alice").header(USER_AGENT, "Firefox");
                let peer: SocketAddr = "192.0.2.1:1000".parse().unwrap();
                request.extensions_mut().unwrap().insert(Peer(peer));
                let answer = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
                answer.headers()[LOCATION].to_str().unwrap().to_owned()
            });
        }
        let addresses: BTreeSet<_> = all.join_all().await.into_iter().collect();
        assert_eq!(addresses.len(), 1);
        assert_eq!(clicks(&app).await.len(), before + 1);
    }

    async fn a_flood_of_clicks_leads_all_on_and_writes_little(db: TestDb) {
        let app = ready(&db).await;
        let before = clicks(&app).await.len();
        let mut counted = 0;
        for number in 0..300 {
            let click = follow(&app, "192.0.2.1:1000", &format!("Browser {number}")).await;
            counted += usize::from(click.is_some());
        }
        assert_eq!(counted, 40);
        assert_eq!(clicks(&app).await.len(), before + counted);
        assert!(follow(&app, "192.0.2.2:1000", "Firefox").await.is_some());
        let refused = app.app.refusals.all();
        assert_eq!(refused[&("clicks".to_owned(), "too_many")].total, 260);
    }

    async fn a_visitor_of_a_crowded_address_keeps_his_click(db: TestDb) {
        let app = ready(&db).await;
        let first = follow(&app, "192.0.2.1:1000", "Firefox").await.unwrap();
        for number in 0..50 {
            follow(&app, "192.0.2.1:1000", &format!("Browser {number}")).await;
        }
        assert_eq!(follow(&app, "192.0.2.1:1000", "Another").await, None);
        assert_eq!(follow(&app, "192.0.2.1:1000", "Firefox").await.unwrap(), first);
    }

    async fn a_buyer_is_led_on_when_the_database_is_gone(db: TestDb) {
        let app = ready(&db).await;
        follow(&app, "192.0.2.1:1000", "Firefox").await.unwrap();
        app.app.store.close().await;
        follow(&app, "192.0.2.2:1000", "Firefox").await;
        let (status, page) = look(&app, "/r/bob").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.contains("One moment, please"), "{page}");
    }

    async fn a_link_that_is_deleted_or_led_elsewhere_is_so_at_once(db: TestDb) {
        let app = ready(&db).await;
        follow(&app, "192.0.2.1:1000", "Firefox").await.unwrap();
        app.delete_link("alice").await;
        for _ in 0..2 {
            let (status, page) = look(&app, "/r/alice").await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            assert!(page.contains("This link leads nowhere"), "{page}");
        }
    }

    async fn webhooks_are_answered_amid_a_flood_of_clicks_on_the_running_server(db: TestDb) {
        let mut app = ready(&db).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let before = clicks(&app).await.len();
        let server = Running::of(app.router.clone()).await;
        let mut flood = JoinSet::new();
        for visitor in 0..VISITORS {
            flood.spawn(server.clone().flood(visitor));
        }
        for number in 0..DELIVERIES {
            let event = format!(r#"{{"id":"evt_{number}","object":"event","type":"ping","data":{{"object":{{}}}}}}"#);
            let asked = Instant::now();
            assert_eq!(app.deliver("stripe", &[], &event).await, StatusCode::OK);
            assert!(asked.elapsed() < BOUND, "{:?}", asked.elapsed());
        }
        let told: BTreeSet<String> = flood.join_all().await.into_iter().flatten().collect();
        assert!(told.len() <= MOST_RECORDED, "{}", told.len());
        assert!(told.len() >= VISITORS, "{}", told.len());
        // Of some the buyer was told before they were written.
        while clicks(&app).await.len() < before + told.len() {
            tokio::task::yield_now().await;
        }
        assert_eq!(clicks(&app).await.intersection(&told).count(), told.len());
        assert!(clicks(&app).await.len() <= before + MOST_RECORDED);
    }

    async fn a_buyer_is_led_on_while_the_database_hangs_and_his_click_counts_later(db: TestDb) {
        let app = ready(&db).await;
        let mut hold = app.app.store.begin().await.unwrap();
        hold.run(&HOLD, args![app.org.as_str()]).await.unwrap();
        let click = follow(&app, "192.0.2.1:1000", "Firefox").await.unwrap();
        assert!(!clicks(&app).await.contains(&click));
        drop(hold);
        while !clicks(&app).await.contains(&click) {
            tokio::task::yield_now().await;
        }
    }
}
