//! The whole loop, through HTTP alone, and once more with a browser in which the partner and the owner do and see it: a partner applies and is let in, somebody follows the link, signs up and buys, the subscription renews, a part
//! is refunded, holds end, payouts go out by a file and by Stripe, and a refund comes after that. Each page, balance and outgoing webhook says the
//! same, and all of it once more changes nothing.

mod screens;

use std::sync::Mutex;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use providers::Settings;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tributary::audit::audit;

use self::screens::Screens;
use crate::api::client::{Api, bodies};
use crate::dashboard::browser::Browser;
use crate::support::TestDb;
use crate::support::app::secret_of;
use crate::support::receiver::{Received, Receiver};

const HOUR: Duration = Duration::from_hours(1);
const MONTH: Duration = Duration::from_hours(31 * 24);

/// What the fixture of a subscription calls things.
const INVOICE: &str = "in_1TYlTjb0Wngst608I884yDX1";
const INTENT: &str = "pi_3T6u5ISjXYS09wyDaKb0BviV";
const CHARGE: &str = "ch_3TyFIPRqILXYNNfOQudDbW7P";
const CLICK: &str = "clk_f01YaIwygJi_alice";
/// When its subscription begins.
const BEGINS: i64 = 1_791_192_600;

/// The same event at another time.
fn moved(event: &mut Value, seconds: i64) {
    match event {
        Value::Number(number) => {
            let at = number.as_i64().unwrap_or(0);
            if (1_780_000_000..1_800_000_000).contains(&at) {
                *event = json!(at + seconds);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| moved(one, seconds)),
        Value::Object(all) => all.values_mut().for_each(|one| moved(one, seconds)),
        _ => {}
    }
}

fn now(api: &Api) -> i64 {
    api.app.now().0 / 1_000_000
}

/// The events of a checkout with a click, as Stripe would send them now.
fn checkout(api: &Api, click: &str) -> Vec<String> {
    let all = bodies("stripe/f01-subscription-checkout");
    all.iter()
        .map(|body| {
            let mut event: Value = serde_json::from_str(&body.replace(CLICK, click)).unwrap();
            moved(&mut event, now(api) - BEGINS);
            event.to_string()
        })
        .collect()
}

/// Those of the renewal, as of now.
fn renewal(api: &Api) -> Vec<String> {
    let parts = [
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice_payment.paid",
    ];
    let all = checkout(api, "none");
    let mut made = Vec::new();
    for body in all {
        let mut event: Value = serde_json::from_str(&body).unwrap();
        if !parts.contains(&event["type"].as_str().unwrap()) {
            continue;
        }
        event["id"] = json!(format!("{}R", event["id"].as_str().unwrap()));
        let mut text = event.to_string();
        for known in [INVOICE, INTENT, CHARGE, "inpay_1T4ls6zVrwJ4MjggzSw607yX"] {
            text = text.replace(known, &format!("{known}R"));
        }
        made.push(text.replace("subscription_create", "subscription_cycle"));
    }
    assert_eq!(made.len(), parts.len());
    made
}

/// A refund of a charge, as of now.
fn refund(api: &Api, id: &str, of: &str, amount: i64) -> Vec<String> {
    let all = bodies("stripe/f13-two-partial-refunds");
    let body = all
        .iter()
        .find(|body| body.contains(r#""refund.created""#))
        .unwrap();
    let mut event: Value = serde_json::from_str(body).unwrap();
    let at = event["created"].as_i64().unwrap();
    moved(&mut event, now(api) - at);
    event["id"] = json!(format!("evt_{id}"));
    let object = &mut event["data"]["object"];
    object["id"] = json!(format!("re_{id}"));
    object["amount"] = json!(amount);
    object["charge"] = json!(format!("{CHARGE}{of}"));
    object["payment_intent"] = json!(format!("{INTENT}{of}"));
    vec![event.to_string()]
}

/// Everything that the API shows of money and people.
async fn all(api: &Api) -> Vec<(String, Vec<Value>)> {
    let mut all = Vec::new();
    for list in [
        "sales",
        "commissions",
        "ledger",
        "balances",
        "payouts",
        "customers",
        "leads",
        "clicks",
        "partners",
        "links",
        "payout-batches",
    ] {
        let rows = api.list(&format!("/api/{list}?limit=500")).await;
        all.push((list.to_owned(), rows));
    }
    all
}

/// Who plays.
struct Play {
    api: Api,
    hooks: Receiver,
    source: String,
    owner: Browser,
    ada: Browser,
    sent: Vec<String>,
    /// A browser, where somebody looks.
    screens: Option<Mutex<Screens>>,
}

impl Play {
    async fn begin(db: &TestDb, stripe: &Receiver, listener: Option<TcpListener>) -> Self {
        let stripe = format!("http://{}", stripe.address);
        let address = listener.as_ref().map(|one| one.local_addr().unwrap());
        let api = Api::with(db, |config| {
            config.outgoing.loopback = true;
            config.stripe_url = stripe;
            if let Some(address) = address {
                config.public_url = Some(format!("http://{address}"));
            }
        })
        .await;
        let screens = listener.map(|listener| Mutex::new(Screens::open(&api, listener)));
        let hooks = Receiver::start().await;
        let endpoint = json!({"url": hooks.url(), "events": ["*", "click.created"]});
        api.post("/api/webhook-endpoints", endpoint).await.ok();
        let body = json!({"processor": "stripe", "secrets": [secret_of("stripe").expose()], "mode": "live"});
        let source = api.post("/api/sources", body).await.ok();
        let source = path(source["url"].as_str().unwrap());
        let (owner, ada) = (Browser::signed_in(&api).await, Browser::new(&api));
        Self {
            api,
            hooks,
            source,
            owner,
            ada,
            sent: Vec::new(),
            screens,
        }
    }

    /// Delivers what Stripe tells, and remembers it.
    async fn tell(&mut self, bodies: Vec<String>) {
        for body in &bodies {
            self.deliver(body).await;
        }
        self.sent.extend(bodies);
        self.work().await;
    }

    async fn deliver(&self, body: &str) {
        let (adapter, secret) = (providers::adapter("stripe").unwrap(), secret_of("stripe"));
        let now = self.api.app.now();
        let signed = adapter
            .sign(body.as_bytes(), &[], &secret, &Settings::default(), now)
            .unwrap();
        let mut request = Request::post(self.source.as_str());
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        let (status, _, _) = self
            .api
            .send(request.body(Body::from(signed.body)).unwrap())
            .await;
        assert_eq!(status, 200);
    }

    async fn work(&self) {
        let work = tokio::time::timeout(Duration::from_mins(1), self.api.app.work_all());
        work.await.expect("work ends").unwrap();
    }

    /// What the endpoint was told since the last time of kinds that begin so, in order. A message shows how things were when it was sent, so the last one says how they are.
    fn told(&self, kind: &str) -> Vec<Value> {
        let told = self.hooks.take();
        let of = told.iter().filter(|one| one.told().0.starts_with(kind));
        let mut of: Vec<&Received> = of.collect();
        of.sort_by_key(|one| one.json()["version"].as_i64());
        of.iter().map(|one| one.json()["data"].clone()).collect()
    }

    /// What it was told last.
    fn told_last(&self, kind: &str) -> Value {
        self.told(kind).pop().expect("it was told something")
    }

    async fn balance(&self, partner: &str) -> [i64; 4] {
        let rows = self
            .api
            .list(&format!("/api/balances?partnerId={partner}"))
            .await;
        let [row] = rows.as_slice() else {
            panic!("{rows:?}")
        };
        ["pending", "approved", "paid", "balance"].map(|name| row[name].as_i64().unwrap())
    }

    /// A month later she signs in again: a session is over by then.
    async fn a_month_later(&mut self, partner: &str) {
        self.api.clock.advance(MONTH);
        self.sign_in(partner).await;
        self.owner = Browser::signed_in(&self.api).await;
        self.hooks.take();
    }

    /// A link that signs her in, once.
    async fn link(&self, partner: &str) -> String {
        let path = format!("/api/partners/{partner}/portal-link");
        text(&self.api.post(&path, json!({})).await.ok()["url"])
    }

    async fn sign_in(&mut self, partner: &str) {
        let link = self.link(partner).await;
        let token = link.split_once("token=").unwrap().1;
        let answer = self.ada.post("/portal/sign-in", &[("token", token)]).await;
        assert_eq!(answer.status, 303);
    }

    /// Both see the same in a browser, where somebody looks.
    async fn looks(&mut self, partner: &str, [now, later, paid]: [&str; 3]) {
        let (link, token) = (self.link(partner).await, self.owner.invite(true).await);
        let Some(screens) = &mut self.screens else {
            return;
        };
        let screens = screens.get_mut().unwrap();
        let of = |cards: &[(String, String)], label: &str| {
            let card = cards.iter().find(|(known, _)| known == label);
            card.unwrap_or_else(|| panic!("{label} in {cards:?}"))
                .1
                .clone()
        };
        let own = screens.cards(&link);
        for (label, figure) in [
            ("Payable now", now),
            ("Payable later", later),
            ("Paid out", paid),
        ] {
            assert!(
                of(&own, label).contains(figure),
                "{label} {figure}: {own:?}"
            );
        }
        let (cards, words) = screens.partner(&token, partner);
        for (label, figure) in [
            ("Payable now", now),
            ("Payable later", later),
            ("Paid out", paid),
        ] {
            assert!(
                of(&cards, label).contains(figure),
                "{label} {figure}: {cards:?}"
            );
        }
        assert!(words.contains("commission"), "{words}");
        screens.is_in_order();
    }

    /// The portal shows these figures on its cards, and the dashboard's page of the partner all that are not nothing.
    async fn shows(&mut self, partner: &str, [now, later, paid]: [&str; 3]) {
        self.looks(partner, [now, later, paid]).await;
        let page = self.ada.page("/portal").await;
        for (label, figure) in [
            ("Payable now", now),
            ("Payable later", later),
            ("Paid out", paid),
        ] {
            let (_, rest) = page
                .split_once(&format!("<p class=\"label\">{label}</p>"))
                .unwrap();
            let card = rest.split("</div>").next().unwrap();
            assert!(card.contains(figure), "{label} {figure}: {card}");
        }
        let page = self
            .owner
            .page(&format!("/dashboard/partners/{partner}"))
            .await;
        for figure in [now, later, paid]
            .iter()
            .filter(|figure| **figure != "0.00")
        {
            assert!(
                page.contains(figure.trim_start_matches('−')),
                "{figure}: {page}"
            );
        }
    }

    async fn in_order(&self) {
        let found = audit(&*self.api.app.store, self.api.app.now(), &self.api.org)
            .await
            .unwrap();
        assert!(found.differences.is_empty(), "{:?}", found.differences);
    }
}

fn path(url: &str) -> String {
    let path = url.splitn(4, '/').nth(3);
    format!("/{}", path.unwrap())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// She applies, the owner lets her in on her page, and she copies her link in the portal.
async fn let_in(play: &mut Play) -> (String, String, [(&'static str, &'static str); 3]) {
    let says = [
        ("name", "Ada"),
        ("email", "ada@partners.example"),
        ("sure", "yes"),
    ];
    let program = text(&play.api.list("/api/programs").await[0]["id"]);
    let set = json!({"applications": "approve", "linkUrl": "https://shop.example.com/"});
    let page = play
        .api
        .patch(&format!("/api/programs/{program}/page"), set)
        .await
        .ok();
    let apply = path(page["applyUrl"].as_str().unwrap());
    if play.screens.is_some() {
        return (on_screens(play, &apply).await, apply, says);
    }
    assert_eq!(play.ada.post(&apply, &says).await.status, 200);
    let ada = text(&play.api.list("/api/partners?status=applied").await[0]["id"]);
    assert!(play.owner.page("/").await.contains("Applications"));
    let page = format!("/dashboard/partners/{ada}");
    play.owner.page(&page).await;
    assert_eq!(
        play.owner
            .submit(&format!("{page}/status"), &[("status", "active")])
            .await
            .status,
        303
    );
    play.owner.page(&page).await;
    let shown = play.owner.submit(&format!("{page}/portal"), &[]).await.body;
    let (_, rest) = shown.split_once("/portal/sign-in?token=").unwrap();
    let token = rest.split('"').next().unwrap();
    assert_eq!(
        play.ada
            .post("/portal/sign-in", &[("token", token)])
            .await
            .status,
        303
    );
    assert!(
        play.ada
            .page("/portal")
            .await
            .contains("https://tributary.example/r/ada")
    );
    play.work().await;
    assert_eq!(play.told_last("partner.")["status"], "active");
    (ada, apply, says)
}

/// The same in a browser: both do it with its buttons.
async fn on_screens(play: &mut Play, apply: &str) -> String {
    let token = play.owner.invite(true).await;
    let mut screens = play.screens.take().unwrap().into_inner().unwrap();
    screens.apply(apply, "Ada", "ada@partners.example");
    let ada = text(&play.api.list("/api/partners?status=applied").await[0]["id"]);
    screens.owner(&token);
    let sign_in = screens.let_in(&ada);
    let copied = screens.copy_link(&sign_in);
    assert_eq!(copied, format!("{}/r/ada", play.api.app.public_url));
    screens.is_in_order();
    play.screens = Some(Mutex::new(screens));
    play.sign_in(&ada).await;
    play.work().await;
    assert_eq!(play.told_last("partner.")["status"], "active");
    ada
}

/// Somebody follows the link and signs up.
async fn visit(play: &mut Play) -> String {
    let mut buyer = Browser::new(&play.api);
    buyer.headers = vec![(
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )];
    let sent_on = buyer.get("/r/ada?utm_source=blog").await;
    assert_eq!(sent_on.status, 302);
    let to = sent_on.header("location").to_owned();
    assert!(
        to.starts_with("https://shop.example.com/?utm_source=blog&refp_id=clk_"),
        "{to}"
    );
    let click = to.split_once("refp_id=").unwrap().1.to_owned();
    let lead = json!({"clickId": click, "eventName": "Sign up", "customerExternalId": "user_9", "customerEmail": "buyer@example.com"});
    assert_eq!(
        play.api.post("/api/track/lead", lead).await.ok()["click"]["id"],
        json!(click)
    );
    play.work().await;
    let told = play.hooks.told();
    for kind in ["click.created", "lead.created"] {
        assert_eq!(
            told.iter().filter(|(told, _)| told == kind).count(),
            1,
            "{kind}: {told:?}"
        );
    }
    click
}

/// A second partner was invited, says yes, and has a sale; Stripe pays him.
async fn second(play: &Play) -> String {
    let invited = play
        .api
        .post(
            "/api/invitations",
            json!({"email": "bob@partners.example", "name": "Bob"}),
        )
        .await
        .ok();
    let (bob, link) = (text(&invited["partnerId"]), text(&invited["url"]));
    let mut browser = Browser::new(&play.api);
    browser
        .post(
            "/portal/sign-in",
            &[("token", link.split_once("token=").unwrap().1)],
        )
        .await;
    browser.get("/portal").await;
    assert_eq!(
        browser
            .submit("/portal/join", &[("sure", "yes")])
            .await
            .status,
        303
    );
    play.api
        .click_at("clk_bob", "bob", "2026-11-22T11:30:00Z")
        .await;
    play.api.sale("clk_bob", "in_bob", 10_000).await;
    let details = json!({"method": "stripe", "stripeAccount": "acct_bob"});
    play.api
        .put(&format!("/api/partners/{bob}/payout-details"), details)
        .await
        .ok();
    play.api
        .patch("/api/payout-settings", json!({"stripeKey": "sk_test_1"}))
        .await
        .ok();
    bob
}

/// What is due is drafted, approved and sent: to her by a file, to him by Stripe. Answers the batch of the file.
async fn pay(play: &mut Play, [ada, bob]: [&str; 2]) -> String {
    let api = play.api.clone();
    let details = json!({"method": "paypal", "email": "pay@ada.example"});
    api.put(&format!("/api/partners/{ada}/payout-details"), details)
        .await
        .ok();
    let ran = api.post("/api/payouts/runs", json!({})).await.ok();
    let mut lines: Vec<(String, i64)> = ran["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (text(&line["partnerId"]), line["amount"].as_i64().unwrap()))
        .collect();
    lines.sort();
    let mut expected = vec![(ada.to_owned(), 780), (bob.to_owned(), 1_000)];
    expected.sort();
    assert_eq!(lines, expected);
    play.owner.page("/dashboard/payouts").await;
    assert_eq!(
        play.owner
            .submit("/dashboard/payouts/approve", &[])
            .await
            .status,
        303
    );
    let batch = api
        .post(
            "/api/payout-batches",
            json!({"method": "paypal", "currency": "usd"}),
        )
        .await
        .ok();
    let file = format!("/api/payout-batches/{}/file", text(&batch["id"]));
    let (_, csv, _) = api.bytes(&file).await;
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.starts_with("pay@ada.example,7.80,USD,"), "{csv}");
    assert_eq!(csv.lines().count(), 1);
    api.post(
        "/api/payout-batches",
        json!({"method": "stripe", "currency": "usd"}),
    )
    .await
    .ok();
    let confirm = format!("/api/payout-batches/{}/confirm", text(&batch["id"]));
    assert_eq!(api.post(&confirm, json!({})).await.ok()["confirmed"], 1);
    play.work().await;
    assert_eq!(api.list("/api/payouts?status=paid").await.len(), 2);
    let mut paid: Vec<i64> = play
        .told("payout.paid")
        .iter()
        .map(|data| data["amount"].as_i64().unwrap())
        .collect();
    paid.sort_unstable();
    assert_eq!(paid, [780, 1_000]);
    text(&batch["id"])
}

/// All of it once more, but the lead: another call is another lead.
async fn again(
    play: &mut Play,
    stripe: &Receiver,
    (apply, says): (&str, &[(&str, &str)]),
    batch: &str,
) {
    play.work().await;
    play.hooks.take();
    let before = all(&play.api).await;
    for body in &play.sent {
        play.deliver(body).await;
    }
    for body in play.sent.iter().rev() {
        play.deliver(body).await;
    }
    assert_eq!(Browser::new(&play.api).post(apply, says).await.status, 200);
    let ran = play.api.post("/api/payouts/runs", json!({})).await.ok();
    assert!(
        ran["lines"]
            .as_array()
            .unwrap()
            .iter()
            .all(|line| line["payoutId"].is_null()),
        "{ran}"
    );
    assert_eq!(
        play.api
            .post(&format!("/api/payout-batches/{batch}/confirm"), json!({}))
            .await
            .ok()["confirmed"],
        0
    );
    for method in ["paypal", "stripe"] {
        let again = json!({"method": method, "currency": "usd"});
        assert_eq!(
            play.api.post("/api/payout-batches", again).await.status,
            409
        );
    }
    play.api
        .post("/api/events/reprocess", json!({"dryRun": false}))
        .await
        .ok();
    play.work().await;
    for (list, rows) in all(&play.api).await {
        let known = &before.iter().find(|(known, _)| *known == list).unwrap().1;
        assert_eq!(&rows, known, "{list}");
    }
    assert!(play.hooks.told().is_empty(), "nobody is told anything");
    assert!(stripe.take().is_empty(), "nothing is transferred");
}

/// All of it, with a browser where it has an address.
#[expect(
    clippy::too_many_lines,
    reason = "a story that is told from its beginning to its end"
)]
async fn whole(db: TestDb, listener: Option<TcpListener>) {
    let stripe = Receiver::start().await;
    stripe.say(|one| {
        let is_list = one.path.starts_with("/v1/transfers?");
        (
            200,
            if is_list {
                json!({"object": "list", "data": []})
            } else {
                json!({"id": "tr_bob"})
            },
        )
    });
    let mut play = Play::begin(&db, &stripe, listener).await;
    let (ada, apply, says) = let_in(&mut play).await;
    let click = visit(&mut play).await;
    let bob = second(&play).await;

    play.api.clock.advance(HOUR);
    play.work().await;
    play.hooks.take();
    let bought = checkout(&play.api, &click);
    play.tell(bought).await;
    let sale = play.api.sale_named(INVOICE).await;
    assert_eq!(
        [
            &sale["amount"],
            &sale["commissionAmount"],
            &sale["partnerId"],
            &sale["kind"],
            &sale["status"]
        ],
        [
            &json!(4_900),
            &json!(490),
            &json!(ada),
            &json!("first"),
            &json!("pending")
        ]
    );
    assert_eq!(play.told_last("sale."), sale);
    assert_eq!(play.balance(&ada).await, [490, 0, 0, 490]);
    play.shows(&ada, ["0.00", "4.90", "0.00"]).await;

    play.a_month_later(&ada).await;
    let renewed = renewal(&play.api);
    play.tell(renewed).await;
    let sale = play.api.sale_named(&format!("{INVOICE}R")).await;
    assert_eq!(
        [&sale["commissionAmount"], &sale["kind"]],
        [&json!(490), &json!("recurring")]
    );
    assert_eq!(play.told_last("commission.")["amount"], 490);
    assert_eq!(play.balance(&ada).await, [490, 490, 0, 980]);

    let back = refund(&play.api, "part", "", 2_000);
    play.tell(back).await;
    let sale = play.api.sale_named(INVOICE).await;
    assert_eq!(
        [
            &sale["amountRefunded"],
            &sale["netAmount"],
            &sale["commissionAmount"]
        ],
        [&json!(2_000), &json!(2_900), &json!(290)]
    );
    assert_eq!(play.told_last("sale.refunded"), sale);
    assert_eq!(play.balance(&ada).await, [490, 290, 0, 780]);
    play.shows(&ada, ["2.90", "4.90", "0.00"]).await;

    play.a_month_later(&ada).await;
    assert_eq!(play.balance(&ada).await, [0, 780, 0, 780]);
    let batch = pay(&mut play, [&ada, &bob]).await;
    assert_eq!(play.balance(&ada).await, [0, 0, 780, 0]);
    assert_eq!(play.balance(&bob).await, [0, 0, 1_000, 0]);
    let transfers = stripe.take();
    let made: Vec<&Received> = transfers
        .iter()
        .filter(|one| one.path == "/v1/transfers")
        .collect();
    assert_eq!(made.len(), 1);
    assert!(String::from_utf8_lossy(&made[0].body).contains("amount=1000"));
    play.shows(&ada, ["0.00", "0.00", "7.80"]).await;

    let back = refund(&play.api, "all", "R", 4_900);
    play.tell(back).await;
    assert_eq!(play.told_last("commission.")["amount"], 0);
    assert_eq!(play.balance(&ada).await, [0, -490, 780, -490]);
    play.shows(&ada, ["−4.90", "0.00", "7.80"]).await;

    let payout = text(
        &play
            .api
            .list(&format!("/api/payouts?partnerId={ada}"))
            .await[0]["id"],
    );
    let statement = play
        .owner
        .page(&format!("/dashboard/payouts/{payout}/statement"))
        .await;
    let own = play.ada.page(&format!("/portal?payout={payout}")).await;
    for page in [&statement, &own] {
        for figure in ["7.80", "4.90", "2.00"] {
            assert!(page.contains(figure), "{figure}: {page}");
        }
        assert!(!page.contains("buyer@example.com"));
    }
    play.in_order().await;

    if let Some(screens) = &mut play.screens {
        let screens = screens.get_mut().unwrap();
        let words = screens.words(&format!("/dashboard/payouts/{payout}/statement"));
        for figure in ["7.80", "4.90", "2.00"] {
            assert!(words.contains(figure), "{figure}: {words}");
        }
        let words = screens.words("/dashboard/commissions");
        assert!(
            words.contains("4.90") && words.contains("taken back"),
            "{words}"
        );
        screens.is_in_order();
    }
    again(&mut play, &stripe, (&apply, &says), &batch).await;
    play.in_order().await;
}

on_both_databases! {
    async fn from_an_application_to_a_refund_after_the_payout(db: TestDb) {
        whole(db, None).await;
    }

    async fn the_same_with_the_partner_and_the_owner_at_a_browser(db: TestDb) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        whole(db, Some(listener)).await;
    }
}
