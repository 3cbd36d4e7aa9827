//! What needs no database: verifying and reading a delivery beside parsing its body, and the fold of a
//! neighbourhood beside copying its facts.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use providers::{Adapter, Delivery, Fact, Headers, Micros, Reading, Secret, Settings};
use serde_json::Value;
use tributary::attribution::{Click, PolicyBook};
use tributary::fixtures::{Fixture, shipped, signed, test_secret};
use tributary::ledger::facts::{FactSet, Kept};
use tributary::ledger::fold::{Context, fold};
use tributary::ledger::rule::{Rule, RuleBook, RuleVersion};

use crate::measure::{Sample, in_turn, print};
use crate::world::NOW;

const ROUNDS: usize = 21;
/// How often a round goes through a processor's deliveries.
const REPEATS: usize = 10;
/// How often a round folds.
const FOLDS: usize = 2_000;
/// What is folded: a subscription's checkout, told in eight deliveries.
const FOLDED: (&str, &str) = ("stripe", "f01-subscription-checkout");
const PROGRAM: &str = "program";

/// Measures and prints.
pub async fn run() -> Result<()> {
    let fixtures = shipped()?;
    for adapter in providers::adapters() {
        let id = adapter.about().id;
        let own = fixtures.iter().filter(|fixture| fixture.processor == id);
        let received: Result<Vec<Vec<Received>>> = own.map(Received::all).collect();
        let received: Vec<Received> = received?.into_iter().flatten().collect();
        reading(id, &received).await?;
    }
    let wanted = |fixture: &&Fixture| (&*fixture.processor, &*fixture.name) == FOLDED;
    let fixture = fixtures.iter().find(wanted);
    folding(fixture.context("the fixture to be folded is gone")?).await
}

async fn reading(processor: &str, received: &[Received]) -> Result<()> {
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let reading = async { sample(received, Received::read) };
        let parsing = async { sample(received, Received::parse) };
        rounds.push(in_turn(round, reading, parsing).await?);
    }
    let what = format!("verified and read, {processor}");
    print(&what, "body parsed as JSON or form", &rounds)
}

fn sample<T>(received: &[Received], work: impl Fn(&Received) -> Result<T>) -> Result<Sample> {
    let began = Instant::now();
    for _ in 0..REPEATS {
        for delivery in received {
            black_box(work(black_box(delivery))?);
        }
    }
    Ok(Sample::since(began, received.len() * REPEATS))
}

/// A signed delivery as it comes from the socket, and what it is verified with.
struct Received {
    adapter: &'static dyn Adapter,
    headers: Headers,
    body: Vec<u8>,
    secrets: [Secret; 1],
    settings: Settings,
}

impl Received {
    /// All deliveries of a fixture.
    fn all(fixture: &Fixture) -> Result<Vec<Self>> {
        let adapter = fixture.adapter().context("no such processor")?;
        let mut all = Vec::new();
        for delivery in fixture.deliverables() {
            let secret = test_secret(&fixture.processor)?;
            let signed = signed(&delivery, &secret, NOW).context("not signed")?;
            let headers = signed.headers.into_iter();
            all.push(Self {
                adapter,
                headers: Headers::new(headers.map(|(name, value)| (name, value.into_bytes()))),
                body: signed.body,
                secrets: [secret],
                settings: delivery.settings,
            });
        }
        Ok(all)
    }

    fn read(&self) -> Result<Reading> {
        let delivery = Delivery {
            headers: &self.headers,
            body: &self.body,
        };
        let (secrets, settings) = (&self.secrets, &self.settings);
        let verified = self.adapter.verify(delivery, secrets, settings, NOW)?;
        Ok(self.adapter.normalize(&verified, settings))
    }

    /// The body as it is written: JSON, or a form, which Paddle Classic sends.
    fn parse(&self) -> Result<(Value, Vec<(String, String)>)> {
        if self.body.starts_with(b"{") {
            return Ok((serde_json::from_slice(&self.body)?, Vec::new()));
        }
        let members = url::form_urlencoded::parse(&self.body).into_owned();
        Ok((Value::Null, members.collect()))
    }
}

async fn folding(fixture: &Fixture) -> Result<()> {
    let mut facts = FactSet::new();
    for received in Received::all(fixture)? {
        for fact in received.read()?.facts.into_iter().flat_map(Fact::split) {
            facts.absorb(Kept {
                fact,
                event_id: "evt".to_owned(),
                processor: fixture.processor.clone(),
            });
        }
    }
    let context = context(fixture)?;
    let sales = fold(&facts, &context).sales;
    let earned = sales.iter().filter_map(|sale| sale.earning.as_ref());
    ensure!(
        earned.count() == 1,
        "the fold does not end in one commission"
    );
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let folding = async { Ok(times(|| fold(black_box(&facts), &context))) };
        let copying = async { Ok(times(|| black_box(&facts).clone())) };
        rounds.push(in_turn(round, folding, copying).await?);
    }
    let what = format!("fold of {} facts", facts.len());
    print(&what, "copy of the same facts", &rounds)
}

fn times<T>(work: impl Fn() -> T) -> Sample {
    let began = Instant::now();
    for _ in 0..FOLDS {
        black_box(work());
    }
    Sample::since(began, FOLDS)
}

/// A program that pays ten percent, and the fixture's clicks.
fn context(fixture: &Fixture) -> Result<Context> {
    let mut context = Context {
        now: NOW,
        ..Context::default()
    };
    let version = RuleVersion {
        partner_id: None,
        from: Micros(0),
        rule: Some(Rule::ten_percent()),
    };
    let rules = &mut context.terms.rules;
    rules.insert(PROGRAM.to_owned(), RuleBook(vec![version]));
    let policies = &mut context.directory.policies;
    policies.insert(PROGRAM.to_owned(), PolicyBook::default());
    for said in &fixture.clicks {
        let click = Click {
            id: said.id.clone(),
            partner_id: said.partner.clone(),
            program_id: PROGRAM.to_owned(),
            link_id: None,
            at: Micros::parse_rfc3339(&said.clicked_at).context("no time")?,
        };
        context.directory.clicks.insert(said.id.clone(), click);
    }
    Ok(context)
}
