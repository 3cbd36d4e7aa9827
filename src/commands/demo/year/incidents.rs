//! What there is to do in the dashboard at the end of the year: something parked, failed, unknown, refused, held, taken back.

use anyhow::{Context as _, Result};
use axum::http::StatusCode;
use providers::{Secret, Settings};
use serde_json::{Value, json};

use super::cast::{MEMBERS, Person};
use super::copy::Copy;
use super::play::{Player, secret};
use crate::fixtures::{Deliverable, Fixture};

/// Between two of them, in microseconds.
const APART: i64 = 7_000_000;

/// Lets all of it happen, within the last minutes.
pub(super) async fn happen(player: &mut Player<'_>, fixtures: &[Fixture]) -> Result<()> {
    let fixture = |processor: &str, name: &str| {
        let mut all = fixtures.iter();
        let found = all.find(|fixture| fixture.processor == processor && fixture.name == name);
        found.with_context(|| format!("there is no fixture {name}"))
    };
    let buyer = Person::of(77);
    let parked = fixture("stripe", "f12-refund-before-sale")?;
    told(player, (parked, 0), &buyer, "parked").await?;
    let unknown = fixture("revenuecat", "r21-store-of-tomorrow")?;
    told(player, (unknown, 0), &buyer, "unknown").await?;
    for (number, member) in MEMBERS.iter().take(3).enumerate() {
        // A partner buys by its own code: held until somebody decides.
        let own = Person::new(member.name, member.email);
        let story = fixture("stripe", "f19-tax-on-top")?;
        self_referral(player, story, (&own, number)).await?;
    }
    decide(player).await?;
    cut_off(player, parked).await?;
    refused(player, parked).await?;
    take_back(player).await
}

/// Delivers a copy of one delivery, as it would be told now.
async fn told(
    player: &mut Player<'_>,
    (fixture, place): (&Fixture, usize),
    buyer: &Person,
    seed: &str,
) -> Result<()> {
    let words: Vec<_> = fixture
        .clicks
        .iter()
        .map(|c| (c.id.clone(), None))
        .collect();
    let delivery = copied(player, (fixture, place), buyer, (seed, &words))?;
    let secret = secret(&fixture.processor, true)?;
    player.deliver_alone(&delivery, &secret).await?;
    Ok(())
}

fn copied(
    player: &mut Player<'_>,
    (fixture, place): (&Fixture, usize),
    buyer: &Person,
    (seed, words): (&str, &[(String, Option<String>)]),
) -> Result<Deliverable> {
    player.at(player.now() + APART);
    let sent = fixture.deliveries.get(place).context("no such delivery")?;
    let copy = Copy {
        seed,
        kept: None,
        later: player.now() - told_at(&sent.body) - APART,
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
    player: &mut Player<'_>,
    fixture: &Fixture,
    (own, number): (&Person, usize),
) -> Result<()> {
    let click = player.click_now(number).await?;
    let words: Vec<_> = fixture
        .clicks
        .iter()
        .map(|told| (told.id.clone(), Some(click.clone())))
        .collect();
    let seed = format!("own {number}");
    let delivery = copied(player, (fixture, 0), own, (&seed, &words))?;
    let secret = secret(&fixture.processor, true)?;
    player.deliver_alone(&delivery, &secret).await?;
    Ok(())
}

/// Approves one of those that are held; the others wait.
async fn decide(player: &mut Player<'_>) -> Result<()> {
    let open = player.get("/api/reviews?state=open").await?;
    let sale = open.pointer("/data/0/saleId").and_then(Value::as_str);
    if let Some(sale) = sale {
        let body = json!({"saleId": sale, "approved": true});
        player.post("/api/reviews", &body).await?;
    }
    Ok(())
}

/// A delivery that is signed and cannot be read.
async fn cut_off(player: &mut Player<'_>, fixture: &Fixture) -> Result<()> {
    let buyer = Person::of(78);
    let mut delivery = copied(player, (fixture, 0), &buyer, ("cut off", &[]))?;
    delivery.body.truncate(delivery.body.len() / 2);
    let secret = secret(&fixture.processor, true)?;
    player.deliver_alone(&delivery, &secret).await?;
    Ok(())
}

/// Deliveries that are signed with another secret, as after a rotation that the server was not told of.
async fn refused(player: &mut Player<'_>, fixture: &Fixture) -> Result<()> {
    let wrong = Secret::new("whsec_of_an_endpoint_that_is_no_more_0123")?;
    for place in 0..3 {
        let buyer = Person::of(79);
        let delivery = copied(player, (fixture, place), &buyer, ("refused", &[]))?;
        let status = player.deliver_alone(&delivery, &wrong).await?;
        if status != StatusCode::UNAUTHORIZED {
            anyhow::bail!("a wrong secret was answered with {status}");
        }
    }
    Ok(())
}

/// A bank returns the newest payout.
async fn take_back(player: &mut Player<'_>) -> Result<()> {
    let newest = player.get("/api/payouts?limit=1").await?;
    let payout = newest.pointer("/data/0/id").and_then(Value::as_str);
    if let Some(payout) = payout {
        let body = json!({"reason": "the bank has returned it: the account is closed"});
        let path = format!("/api/payouts/{payout}/reverse");
        player.post(&path, &body).await?;
    }
    Ok(())
}
