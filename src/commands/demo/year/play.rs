//! Lets the plan happen at the router, as a processor's server, a visitor's browser and the owner's program would.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use providers::{Micros, Secret, Settings};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::cast::{MEMBERS, Person, Renewal, STORIES, programs};
use super::copy::Copy;
use super::plan::{Act, Buyer, Plan};
use super::tale::Tale;
use crate::app::App;
use crate::clicks::PARAMETER;
use crate::clock::TestClock;
use crate::fixtures::{self, Deliverable, Sent, test_secret};
use crate::http;

/// Between two things of one round, in microseconds.
const APART: i64 = 400_000;

/// The most bytes of an answer.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// What a visitor's browser says of itself.
const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/148.0 Safari/537.36";

/// Where links lead.
const SHOP: &str = "https://northbeam.example/";

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>>> + Send>>;

/// Who plays.
pub(super) struct Player<'a> {
    app: &'a Arc<App>,
    clock: &'a TestClock,
    router: Router,
    key: &'a str,
    plan: &'a Plan,
    tales: &'a [Tale],
    /// Ids of partners, by their place.
    pub(super) partners: BTreeMap<usize, String>,
    programs: Vec<String>,
    /// Ids of clicks, by their touch.
    clicks: BTreeMap<usize, String>,
    /// Where a processor's deliveries go, live or test.
    sources: BTreeMap<(String, bool), String>,
    now: i64,
}

/// What is asked for, and what its answer is for.
struct Asked {
    touch: Option<usize>,
    answer: Answer,
    what: String,
}

impl<'a> Player<'a> {
    pub(super) fn new(
        app: &'a Arc<App>,
        clock: &'a TestClock,
        key: &'a str,
        (plan, tales): (&'a Plan, &'a [Tale]),
    ) -> Self {
        Self {
            app,
            clock,
            router: http::router(app.clone()),
            key,
            plan,
            tales,
            partners: BTreeMap::new(),
            programs: Vec::new(),
            clicks: BTreeMap::new(),
            sources: BTreeMap::new(),
            now: app.now().0,
        }
    }

    /// Programs and sources.
    pub(super) async fn set_up(&mut self) -> Result<()> {
        for (index, (name, commission)) in programs().into_iter().enumerate() {
            let body = json!({"name": name, "commission": commission});
            let program = if index == 0 {
                let first = self.get("/api/programs").await?;
                let first = first.pointer("/data/0/id").and_then(Value::as_str);
                let path = format!("/api/programs/{}", first.context("there is no program")?);
                self.call(Method::PATCH, &path, &body).await?
            } else {
                self.post("/api/programs", &body).await?
            };
            self.programs.push(id(&program)?);
        }
        for processor in ["stripe", "shopify", "paddle", "polar", "revenuecat"] {
            self.add_source(processor, true).await?;
        }
        self.add_source("stripe", false).await
    }

    async fn add_source(&mut self, processor: &str, livemode: bool) -> Result<()> {
        let secret = secret(processor, livemode)?;
        let mode = if livemode { "live" } else { "test" };
        let body = json!({"processor": processor, "secrets": [secret.expose()], "mode": mode});
        let source = self.post("/api/sources", &body).await?;
        let url = source.get("url").and_then(Value::as_str);
        let url: url::Url = url.context("a source has no url")?.parse()?;
        let place = (processor.to_owned(), livemode);
        self.sources.insert(place, url.path().to_owned());
        Ok(())
    }

    /// What happens at one time. Everything is under way at once, and done at the end.
    pub(super) async fn round(&mut self, slot: i64, acts: &[Act]) -> Result<()> {
        self.at(slot);
        let mut asked = Vec::new();
        for act in acts {
            self.at(self.now + APART);
            match *act {
                Act::Join(member) => self.join(member).await?,
                Act::Pay => self.pay().await?,
                Act::Click(touch) => asked.extend(self.click(touch).await?),
                Act::Lead(touch) => asked.extend(self.lead(touch).await?),
                Act::Report(touch) => asked.extend(self.report(touch).await?),
                Act::Deliver(buyer, place, month) => {
                    asked.push(self.deliver(buyer, place, month).await?);
                }
            }
        }
        self.finish(asked).await
    }

    async fn finish(&mut self, asked: Vec<Asked>) -> Result<()> {
        for one in asked {
            let answer = one.answer.await?;
            match (one.touch, answer.status()) {
                (Some(touch), StatusCode::FOUND) => {
                    let id = click_id(&answer).context("a click has no id")?;
                    self.clicks.insert(touch, id);
                }
                (None, StatusCode::OK | StatusCode::CREATED) => {}
                (_, status) => bail!("{} was answered with {status}", one.what),
            }
        }
        self.at(self.now + APART);
        Ok(self.app.ledger.work_all().await?)
    }

    /// Makes it a time.
    pub(super) fn at(&mut self, at: i64) {
        self.now = at;
        self.clock.set(Micros(at));
    }

    pub(super) const fn now(&self) -> i64 {
        self.now
    }

    async fn join(&mut self, place: usize) -> Result<()> {
        let member = MEMBERS.get(place).context("there is no such partner")?;
        let program = self.programs.get(member.program);
        let body = json!({"name": member.name, "email": member.email, "programId": program});
        let partner = id(&self.post("/api/partners", &body).await?)?;
        for key in member.links {
            let url = format!("{SHOP}?from={key}");
            let body = json!({"key": key, "url": url, "partnerId": partner, "programId": program});
            self.post("/api/links", &body).await?;
        }
        if let Some(code) = member.code {
            let body = json!({"code": code, "partnerId": partner, "programId": program});
            self.post("/api/codes", &body).await?;
        }
        self.partners.insert(place, partner);
        Ok(())
    }

    async fn click(&self, index: usize) -> Result<Option<Asked>> {
        let Some(touch) = self.plan.touches.get(index) else {
            return Ok(None);
        };
        let request =
            Request::get(format!("/r/{}", touch.link)).header(header::USER_AGENT, BROWSER);
        let asked = self.ask(request.body(Body::empty())?, Some(index)).await;
        Ok(Some(asked))
    }

    /// Somebody follows a partner's first link; answers the click's id.
    pub(super) async fn click_now(&mut self, partner: usize) -> Result<String> {
        let member = MEMBERS.get(partner).context("there is no such partner")?;
        let link = member.links.first().context("a partner has a link")?;
        let request = Request::get(format!("/r/{link}")).header(header::USER_AGENT, BROWSER);
        let asked = self.ask(request.body(Body::empty())?, None).await;
        click_id(&asked.answer.await?).context("a click has no id")
    }

    async fn lead(&self, index: usize) -> Result<Option<Asked>> {
        let (Some(touch), Some(click)) = (self.plan.touches.get(index), self.clicks.get(&index))
        else {
            return Ok(None);
        };
        let person = self.person(touch.person);
        let body = json!({"clickId": click, "eventName": "Sign up", "customerExternalId": format!("user-{}", touch.person),
            "customerEmail": person.email, "customerName": person.name});
        let request = self.request(Method::POST, "/api/track/lead", &body)?;
        Ok(Some(self.ask(request, None).await))
    }

    async fn report(&self, index: usize) -> Result<Option<Asked>> {
        let Some(click) = self.clicks.get(&index) else {
            return Ok(None);
        };
        let person = Person::of(index);
        let body = json!({"clickId": click, "customerExternalId": format!("user-{index}"), "amount": super::REPORTED_NET, "currency": "usd",
            "eventName": "Annual plan by bank transfer", "invoiceId": format!("NB-{index:05}"), "customerEmail": person.email, "customerName": person.name});
        let request = self.request(Method::POST, "/api/track/sale", &body)?;
        Ok(Some(self.ask(request, None).await))
    }

    fn person(&self, number: usize) -> Person {
        let buyer = self.plan.buyers.get(number);
        buyer.map_or_else(|| Person::of(number), |buyer| buyer.person.clone())
    }

    async fn deliver(&self, number: usize, place: usize, month: usize) -> Result<Asked> {
        let buyer = self.plan.buyers.get(number).context("there is no buyer")?;
        let tale = self.tales.get(buyer.story).context("there is no tale")?;
        let sent = tale.fixture.deliveries.get(place);
        let sent = sent.context("there is no delivery")?;
        let seed = format!("{number}");
        let own = format!("{number} in month {month}");
        let click = buyer.touch.and_then(|touch| self.clicks.get(&touch));
        let words = words(buyer, tale, click, month);
        let story = STORIES.get(buyer.story).context("there is no story")?;
        let (base, begins) = match story.renewal {
            Renewal::Of(from, _) if month > 0 => (tale.offsets.get(from), story.told.1),
            _ => (None, story.told.1),
        };
        let paid = tale.offsets.get(begins).copied().unwrap_or(0);
        let months = i64::try_from(month)? * 30 * super::plan::DAY;
        let begin = match month {
            0 => buyer.at - tale.begin,
            _ => buyer.at + paid + months - tale.begin - base.copied().unwrap_or(0),
        };
        let copy = Copy {
            seed: if month == 0 { &seed } else { &own },
            kept: (month > 0).then_some((&tale.kept, seed.as_str())),
            later: begin,
            times: buyer.times,
            currency: story.currency,
            buyer: &buyer.person,
            words: &words,
            livemode: buyer.livemode,
        };
        self.send(&tale.fixture.processor, buyer.livemode, (sent, &copy))
            .await
    }

    async fn send(
        &self,
        processor: &str,
        livemode: bool,
        (sent, copy): (&Sent, &Copy<'_>),
    ) -> Result<Asked> {
        let headers = sent.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), copy.header(value)));
        let body = copy.body(&sent.body).context("a fixture is no JSON")?;
        let delivery = Deliverable {
            processor: processor.to_owned(),
            headers: headers.collect(),
            body: body.into_bytes(),
            settings: Settings::default(),
        };
        let request = self.signed(&delivery, livemode, &secret(processor, livemode)?)?;
        Ok(self.ask(request, None).await)
    }

    /// Delivers one thing by itself; answers its status.
    pub(super) async fn deliver_alone(
        &mut self,
        delivery: &Deliverable,
        secret: &Secret,
    ) -> Result<StatusCode> {
        let request = self.signed(delivery, true, secret)?;
        let status = self.ask(request, None).await.answer.await?.status();
        self.app.ledger.work_all().await?;
        Ok(status)
    }

    fn signed(
        &self,
        delivery: &Deliverable,
        livemode: bool,
        secret: &Secret,
    ) -> Result<Request<Body>> {
        let source = self.sources.get(&(delivery.processor.clone(), livemode));
        let source = source.context("there is no source")?;
        let signed = fixtures::signed(delivery, secret, Micros(self.now));
        let signed = signed.context("a secret cannot sign")?;
        let mut request = Request::post(source);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Body::from(signed.body))?)
    }

    /// Pays everything that is due.
    async fn pay(&mut self) -> Result<()> {
        let date = Micros(self.now).to_string();
        let note = format!("Payout of {}", date.get(..7).unwrap_or_default());
        let balances = self.get("/api/balances?limit=500&livemode=true").await?;
        let balances = balances.get("data").and_then(Value::as_array);
        for balance in balances.into_iter().flatten() {
            let due = balance.get("approved").and_then(Value::as_i64);
            if due.is_none_or(|due| due <= 0) {
                continue;
            }
            let partner = balance.get("partnerId").and_then(Value::as_str);
            let place = self.partners.iter().find(|(_, id)| partner == Some(id));
            let member = place.and_then(|(place, _)| MEMBERS.get(*place));
            let program = member.and_then(|member| self.programs.get(member.program));
            let body = json!({"partnerId": partner, "currency": balance.get("currency"), "programId": program, "note": note});
            self.post("/api/payouts", &body).await?;
        }
        Ok(())
    }

    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, path, body).await
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.request(method, path, body)?;
        let answer = self.ask(request, None).await.answer.await?;
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), ANSWER_MAX_BYTES).await?;
        if !status.is_success() {
            bail!(
                "{path} answered {status}: {}",
                String::from_utf8_lossy(&bytes)
            );
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    fn request(&self, method: Method, path: &str, body: &Value) -> Result<Request<Body>> {
        let request = Request::builder().method(method).uri(path);
        let key = format!("Bearer {}", self.key);
        let request = request.header(header::AUTHORIZATION, key);
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        Ok(request.body(body)?)
    }

    /// Begins a request at this very time: what follows may go on while its answer is made.
    async fn ask(&self, request: Request<Body>, touch: Option<usize>) -> Asked {
        let what = request.uri().path().to_owned();
        let router = self.router.clone();
        let mut answer: Answer = Box::pin(async move { Ok(router.oneshot(request).await?) });
        let first = std::future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context)));
        let answer: Answer = match first.await {
            Poll::Ready(done) => Box::pin(std::future::ready(done)),
            // It may hold what another waits for.
            Poll::Pending => {
                let going_on = tokio::spawn(answer);
                Box::pin(async move { going_on.await? })
            }
        };
        Asked {
            touch,
            answer,
            what,
        }
    }
}

/// What stands for what in a copy.
fn words(
    buyer: &Buyer,
    tale: &Tale,
    click: Option<&String>,
    month: usize,
) -> Vec<(String, Option<String>)> {
    let clicks = tale.fixture.clicks.iter();
    let clicks = clicks.map(|told| (told.id.clone(), click.cloned()));
    let codes = tale.fixture.codes.iter();
    let code = buyer.code.map(str::to_owned);
    let codes = codes.map(|told| (told.code.clone(), code.clone()));
    let mut words: Vec<_> = clicks.chain(codes).collect();
    if month > 0 {
        words.push((
            "subscription_create".to_owned(),
            Some("subscription_cycle".to_owned()),
        ));
    }
    words
}

/// What deliveries of a source are signed with.
pub(super) fn secret(processor: &str, livemode: bool) -> Result<Secret> {
    Ok(if livemode {
        test_secret(processor)?
    } else {
        Secret::new("whsec_tributary_demo_test_0123456789abcdef")?
    })
}

fn click_id(answer: &Response<Body>) -> Option<String> {
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    let url: url::Url = location.parse().ok()?;
    let mut pairs = url.query_pairs();
    pairs.find_map(|(name, value)| (name == PARAMETER).then(|| value.into_owned()))
}

fn id(made: &Value) -> Result<String> {
    let id = made.get("id").and_then(Value::as_str);
    Ok(id.context("nothing with an id was made")?.to_owned())
}
