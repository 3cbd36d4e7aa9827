//! Lets the plan happen, as a processor's server, a visitor's browser and the owner's program would.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use axum::http::{Method, StatusCode};
use providers::{Micros, Settings};
use serde_json::{Value, json};

use super::cast::{MEMBERS, Person, programs};
use super::copy::Copy;
use super::plan::{Act, Buyer, Plan};
use super::server::{Asked, Server, click_id, secret};
use super::stories::{Renewal, STORIES};
use super::tale::Tale;
use crate::fixtures::Deliverable;

/// Between two things of one round, in microseconds.
const APART: i64 = 400_000;

/// Where links lead.
const SHOP: &str = "https://northbeam.example/";

/// Who plays.
pub(super) struct Player<'a> {
    pub(super) server: Server<'a>,
    plan: &'a Plan,
    tales: &'a [Tale],
    /// Ids of partners, by their place.
    partners: BTreeMap<usize, String>,
    programs: Vec<String>,
    /// Ids of clicks, by their touch.
    clicks: BTreeMap<usize, String>,
}

/// What is under way, and the touch that it is the click of.
type UnderWay = Vec<(Option<usize>, Asked)>;

impl<'a> Player<'a> {
    pub(super) fn new(server: Server<'a>, (plan, tales): (&'a Plan, &'a [Tale])) -> Self {
        Self {
            server,
            plan,
            tales,
            partners: BTreeMap::new(),
            programs: Vec::new(),
            clicks: BTreeMap::new(),
        }
    }

    /// Programs and sources.
    pub(super) async fn set_up(&mut self) -> Result<()> {
        let server = &mut self.server;
        for (index, (name, commission)) in programs().into_iter().enumerate() {
            let body = json!({"name": name, "commission": commission});
            let program = if index == 0 {
                let first = server.get("/api/programs").await?;
                let first = first.pointer("/data/0/id").and_then(Value::as_str);
                let path = format!("/api/programs/{}", first.context("there is no program")?);
                server.call(Method::PATCH, &path, &body).await?
            } else {
                server.post("/api/programs", &body).await?
            };
            self.programs.push(id(&program)?);
        }
        for processor in ["stripe", "shopify", "paddle", "polar", "revenuecat"] {
            server.add_source(processor, true).await?;
        }
        server.add_source("stripe", false).await
    }

    /// What happens at one time. Everything is under way at once, and done at the end.
    pub(super) async fn round(&mut self, slot: i64, acts: &[Act]) -> Result<()> {
        self.server.at(slot);
        let mut under_way = UnderWay::new();
        for act in acts {
            self.server.at(self.server.now() + APART);
            let begun = match *act {
                Act::Join(member) => self.join(member).await.map(|()| None)?,
                Act::Pay => self.pay().await.map(|()| None)?,
                Act::Click(touch) => self.click(touch).await?,
                Act::Lead(touch) => self.lead(touch).await?,
                Act::Report(touch) => self.report(touch).await?,
                Act::Deliver(buyer, place, month) => Some(self.deliver(buyer, place, month).await?),
            };
            let touch = match *act {
                Act::Click(touch) => Some(touch),
                _ => None,
            };
            under_way.extend(begun.map(|asked| (touch, asked)));
        }
        self.finish(under_way).await
    }

    async fn finish(&mut self, under_way: UnderWay) -> Result<()> {
        for (touch, asked) in under_way {
            let Some(touch) = touch else {
                asked.expect(&[StatusCode::OK, StatusCode::CREATED]).await?;
                continue;
            };
            let answer = asked.expect(&[StatusCode::FOUND]).await?;
            let id = click_id(&answer).context("a click has no id")?;
            self.clicks.insert(touch, id);
        }
        self.server.at(self.server.now() + APART);
        self.server.settle().await
    }

    async fn join(&mut self, place: usize) -> Result<()> {
        let member = MEMBERS.get(place).context("there is no such partner")?;
        let program = self.programs.get(member.program);
        let body = json!({"name": member.name, "email": member.email, "programId": program});
        let partner = id(&self.server.post("/api/partners", &body).await?)?;
        for key in member.links {
            let url = format!("{SHOP}?from={key}");
            let body = json!({"key": key, "url": url, "partnerId": partner, "programId": program});
            self.server.post("/api/links", &body).await?;
        }
        if let Some(code) = member.code {
            let body = json!({"code": code, "partnerId": partner, "programId": program});
            self.server.post("/api/codes", &body).await?;
        }
        self.partners.insert(place, partner);
        Ok(())
    }

    async fn click(&self, index: usize) -> Result<Option<Asked>> {
        match self.plan.touches.get(index) {
            Some(touch) => Ok(Some(self.server.follow(touch.link).await?)),
            None => Ok(None),
        }
    }

    async fn lead(&self, index: usize) -> Result<Option<Asked>> {
        let (Some(touch), Some(click)) = (self.plan.touches.get(index), self.clicks.get(&index))
        else {
            return Ok(None);
        };
        let person = self.person(touch.person);
        let body = json!({"clickId": click, "eventName": "Sign up", "customerExternalId": format!("user-{}", touch.person),
            "customerEmail": person.email, "customerName": person.name});
        let begun = self.server.begin(Method::POST, "/api/track/lead", &body);
        begun.await.map(Some)
    }

    async fn report(&self, index: usize) -> Result<Option<Asked>> {
        let Some(click) = self.clicks.get(&index) else {
            return Ok(None);
        };
        let person = Person::of(index);
        let body = json!({"clickId": click, "customerExternalId": format!("user-{index}"), "amount": super::REPORTED_NET, "currency": "usd",
            "eventName": "Annual plan by bank transfer", "invoiceId": format!("NB-{index:05}"), "customerEmail": person.email, "customerName": person.name});
        let begun = self.server.begin(Method::POST, "/api/track/sale", &body);
        begun.await.map(Some)
    }

    fn person(&self, number: usize) -> Person {
        let buyer = self.plan.buyers.get(number);
        buyer.map_or_else(|| Person::of(number), |buyer| buyer.person.clone())
    }

    async fn deliver(&self, number: usize, place: usize, month: usize) -> Result<Asked> {
        let buyer = self.plan.buyers.get(number).context("there is no buyer")?;
        let tale = self.tales.get(buyer.story).context("there is no tale")?;
        let story = STORIES.get(buyer.story).context("there is no story")?;
        let sent = tale.fixture.deliveries.get(place);
        let sent = sent.context("there is no delivery")?;
        let seed = format!("{number}");
        let own = format!("{number} in month {month}");
        let click = buyer.touch.and_then(|touch| self.clicks.get(&touch));
        let words = words(buyer, tale, click, month);
        let offset = |place: usize| tale.offsets.get(place).copied().unwrap_or(0);
        let months = i64::try_from(month)? * 30 * super::plan::DAY;
        let after = match story.renewal {
            Renewal::Of(from, _) if month > 0 => offset(story.told.1) - offset(from) + months,
            _ if month > 0 => offset(story.told.1) + months,
            _ => 0,
        };
        let copy = Copy {
            seed: if month == 0 { &seed } else { &own },
            kept: (month > 0).then_some((&tale.kept, seed.as_str())),
            later: buyer.at - tale.begin + after,
            times: buyer.times,
            currency: story.currency,
            buyer: &buyer.person,
            words: &words,
            livemode: buyer.livemode,
        };
        let processor = &tale.fixture.processor;
        let headers = sent.headers.iter();
        let delivery = Deliverable {
            processor: processor.clone(),
            headers: headers.map(|(n, v)| (n.clone(), copy.header(v))).collect(),
            body: copy.body(&sent.body).context("no JSON")?.into_bytes(),
            settings: Settings::default(),
        };
        let secret = secret(processor, buyer.livemode)?;
        self.server
            .deliver(&delivery, buyer.livemode, &secret)
            .await
    }

    /// Pays everything that is due.
    async fn pay(&self) -> Result<()> {
        let date = Micros(self.server.now()).to_string();
        let note = format!("Payout of {}", date.get(..7).unwrap_or_default());
        let balances = self
            .server
            .get("/api/balances?limit=500&livemode=true")
            .await?;
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
            self.server.post("/api/payouts", &body).await?;
        }
        Ok(())
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

fn id(made: &Value) -> Result<String> {
    let id = made.get("id").and_then(Value::as_str);
    Ok(id.context("nothing with an id was made")?.to_owned())
}
