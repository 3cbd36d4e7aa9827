//! What there is to do in the dashboard at the end of the year: something parked, failed, unknown, refused, held, taken back.

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use providers::{Secret, Settings};
use serde_json::{Value, json};

use super::cast::{MEMBERS, Person};
use super::copy::Copy;
use super::server::{Server, click_id, secret};
use crate::fixtures::{Deliverable, Fixture};

/// Between two of them, in microseconds.
const APART: i64 = 7_000_000;

/// Lets all of it happen, within the last minutes.
pub(super) async fn happen(server: &mut Server<'_>, fixtures: &[Fixture]) -> Result<()> {
    let fixture = |processor: &str, name: &str| {
        let mut all = fixtures.iter();
        let found = all.find(|fixture| fixture.processor == processor && fixture.name == name);
        found.with_context(|| format!("there is no fixture {name}"))
    };
    let buyer = Person::of(77);
    let parked = fixture("stripe", "f12-refund-before-sale")?;
    told(server, (parked, 0), &buyer, "parked").await?;
    let unknown = fixture("revenuecat", "r21-store-of-tomorrow")?;
    told(server, (unknown, 0), &buyer, "unknown").await?;
    for (number, member) in MEMBERS.iter().take(3).enumerate() {
        // A partner buys by its own code: held until somebody decides.
        let own = Person::new(member.name, member.email);
        let story = fixture("stripe", "f19-tax-on-top")?;
        self_referral(server, story, (&own, number)).await?;
    }
    decide(server).await?;
    cut_off(server, parked).await?;
    refused(server, parked).await?;
    take_back(server).await
}

/// Delivers a copy of one delivery, as it would be told now.
async fn told(
    server: &mut Server<'_>,
    (fixture, place): (&Fixture, usize),
    buyer: &Person,
    seed: &str,
) -> Result<()> {
    let words: Vec<_> = fixture
        .clicks
        .iter()
        .map(|c| (c.id.clone(), None))
        .collect();
    let delivery = copied(server, (fixture, place), buyer, (seed, &words))?;
    let secret = secret(&fixture.processor, true)?;
    alone(server, &delivery, (&secret, StatusCode::OK)).await
}

fn copied(
    server: &mut Server<'_>,
    (fixture, place): (&Fixture, usize),
    buyer: &Person,
    (seed, words): (&str, &[(String, Option<String>)]),
) -> Result<Deliverable> {
    server.at(server.now() + APART);
    let sent = fixture.deliveries.get(place).context("no such delivery")?;
    let copy = Copy {
        seed,
        kept: None,
        later: server.now() - told_at(&sent.body) - APART,
        times: 3,
        currency: None,
        buyer,
        words,
        livemode: true,
    };
    let headers = sent.headers.iter();
    Ok(Deliverable {
        processor: fixture.processor.clone(),
        headers: headers.map(|(n, v)| (n.clone(), copy.header(v))).collect(),
        body: copy.body(&sent.body).context("no JSON")?.into_bytes(),
        settings: Settings::default(),
    })
}

/// Delivers one thing, and waits until it is processed.
async fn alone(
    server: &Server<'_>,
    delivery: &Deliverable,
    (secret, status): (&Secret, StatusCode),
) -> Result<()> {
    let asked = server.deliver(delivery, true, secret).await?;
    asked.expect(&[status]).await?;
    server.settle().await
}

/// When a body says that it was made, in microseconds.
fn told_at(body: &str) -> i64 {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let seconds = body.get("created").and_then(Value::as_i64);
    let millis = body.pointer("/event/event_timestamp_ms");
    let millis = millis.and_then(Value::as_i64);
    let micros = seconds.map(|seconds| seconds * 1_000_000);
    micros.or(millis.map(|millis| millis * 1_000)).unwrap_or(0)
}

async fn self_referral(
    server: &mut Server<'_>,
    fixture: &Fixture,
    (own, number): (&Person, usize),
) -> Result<()> {
    let link = MEMBERS.get(number).and_then(|member| member.links.first());
    let clicked = server.follow(link.context("a partner has a link")?).await?;
    let click = click_id(&clicked.expect(&[StatusCode::FOUND]).await?);
    let click = click.context("a click has no id")?;
    let words: Vec<_> = fixture
        .clicks
        .iter()
        .map(|told| (told.id.clone(), Some(click.clone())))
        .collect();
    let seed = format!("own {number}");
    let delivery = copied(server, (fixture, 0), own, (&seed, &words))?;
    let secret = secret(&fixture.processor, true)?;
    alone(server, &delivery, (&secret, StatusCode::OK)).await
}

/// Approves one of those that are held; the others wait.
async fn decide(server: &mut Server<'_>) -> Result<()> {
    let open = server.get("/api/reviews?state=open").await?;
    let sale = open.pointer("/data/0/saleId").and_then(Value::as_str);
    if let Some(sale) = sale {
        let body = json!({"saleId": sale, "approved": true});
        server.post("/api/reviews", &body).await?;
    }
    Ok(())
}

/// A delivery that is signed and cannot be read.
async fn cut_off(server: &mut Server<'_>, fixture: &Fixture) -> Result<()> {
    let buyer = Person::of(78);
    let mut delivery = copied(server, (fixture, 0), &buyer, ("cut off", &[]))?;
    delivery.body.truncate(delivery.body.len() / 2);
    let secret = secret(&fixture.processor, true)?;
    alone(server, &delivery, (&secret, StatusCode::OK)).await
}

/// Deliveries that are signed with another secret, as after a rotation that the server was not told of.
async fn refused(server: &mut Server<'_>, fixture: &Fixture) -> Result<()> {
    let wrong = Secret::new("whsec_of_an_endpoint_that_is_no_more_0123")?;
    for place in 0..3 {
        let buyer = Person::of(79);
        let delivery = copied(server, (fixture, place), &buyer, ("refused", &[]))?;
        alone(server, &delivery, (&wrong, StatusCode::UNAUTHORIZED)).await?;
    }
    Ok(())
}

/// A bank returns the newest payout.
async fn take_back(server: &mut Server<'_>) -> Result<()> {
    let newest = server.get("/api/payouts?limit=1").await?;
    let payout = newest.pointer("/data/0/id").and_then(Value::as_str);
    if let Some(payout) = payout {
        let body = json!({"reason": "the bank has returned it: the account is closed"});
        let path = format!("/api/payouts/{payout}/reverse");
        server.post(&path, &body).await?;
    }
    Ok(())
}
