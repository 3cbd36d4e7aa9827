//! A shipped fixture as the year tells it: what is delivered when, which ids belong to the customer, and the sale it must lead to. Pure.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use providers::{Headers, Verified};

use super::copy;
use super::stories::{Renewal, Story};
use crate::fixtures::{Fixture, Sent};

/// Beginnings of ids that are others in a renewal which repeats the first delivery.
const ANEW: &[&str] = &["evt_", "in_", "il_", "req_", "pi_", "ch_", "live_"];

/// A story with its fixture.
#[derive(Debug, Clone)]
pub(super) struct Tale {
    pub(super) fixture: Fixture,
    /// When each delivery is told, in microseconds after the first.
    pub(super) offsets: Vec<i64>,
    /// When the first is told in the fixture.
    pub(super) begin: i64,
    /// Ids of the customer and the subscription: the same in every renewal.
    pub(super) kept: BTreeSet<String>,
    pub(super) has_code: bool,
    pub(super) first_net: i64,
    pub(super) renewal_net: i64,
    pub(super) currency: String,
}

impl Tale {
    pub(super) fn of(story: &Story, fixtures: &[Fixture]) -> Result<Self> {
        let is_it = |f: &&Fixture| f.processor == story.processor && f.name == story.fixture;
        let fixture = fixtures.iter().find(is_it);
        let fixture = fixture.with_context(|| format!("there is no fixture {}", story.fixture))?;
        let mut times = Vec::new();
        for sent in &fixture.deliveries {
            times.push(
                told_at(fixture, sent)
                    .or(times.last().copied())
                    .unwrap_or(0),
            );
        }
        let begin = times.iter().copied().min().unwrap_or(0);
        let sale = |recurring: bool| {
            let mut sales = fixture.expect.sales.iter();
            sales.find(|sale| (sale.kind == "recurring") == recurring)
        };
        let first = sale(false).context("a story has a first sale")?;
        let renewed = sale(true).unwrap_or(first);
        let currency = story.currency.unwrap_or(&first.currency).to_owned();
        Ok(Self {
            offsets: times.iter().map(|time| time - begin).collect(),
            begin,
            kept: kept(story, fixture),
            has_code: !fixture.codes.is_empty(),
            first_net: first.amount,
            renewal_net: renewed.amount,
            currency,
            fixture: fixture.clone(),
        })
    }
}

/// When the processor says that it happened.
fn told_at(fixture: &Fixture, sent: &Sent) -> Option<i64> {
    let adapter = fixture.adapter()?;
    let headers = sent.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.clone().into_bytes()));
    let kept = Headers::new(headers).keep(adapter.about().kept_headers);
    let verified = Verified::from_inbox(sent.body.clone().into_bytes(), kept);
    adapter.envelope(&verified).occurred_at.map(|at| at.0)
}

fn kept(story: &Story, fixture: &Fixture) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    let (from, to) = match story.renewal {
        Renewal::Of(from, to) => (from, to),
        Renewal::None | Renewal::Again => (0, 0),
    };
    for (place, sent) in fixture.deliveries.iter().take(story.told.0).enumerate() {
        if !(from..to).contains(&place) {
            copy::ids(&sent.body, &mut kept);
        }
    }
    if story.renewal == Renewal::Again {
        kept.retain(|id| !ANEW.iter().any(|begin| id.starts_with(begin)));
    }
    kept
}
