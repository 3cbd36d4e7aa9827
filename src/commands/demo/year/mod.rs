//! A year in the life of a shop that does not exist, so that the dashboard has something to show.
//!
//! The shipped fixtures, copied to other times, buyers and amounts, signed and delivered to the inbox; clicks on links, calls of the API, payouts each
//! month: everything takes the ways it takes in production, at the router of a server whose clock runs through the year. Nothing here writes a row.

mod cast;
mod copy;
mod given;
mod incidents;
mod plan;
mod play;
mod server;
mod stories;
mod tale;

use std::sync::Arc;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use providers::Micros;

use super::ledger::all_sales;
use crate::actor::Actor;
use crate::app::App;
use crate::clock::{Clock as _, SystemClock, TestClock};
use crate::config::Config;
use crate::fixtures::Fixture;
use crate::id::ApiKey;
use crate::keys::{self, NewKey};
use crate::organization;
use plan::Plan;
use play::Player;
use server::Server;
use stories::STORIES;
use tale::Tale;

/// The shop.
pub(super) const ORGANIZATION: &str = "Northbeam Studio";

/// What a sale by bank transfer is worth.
const REPORTED_NET: i64 = 24_000;

/// What has become of the year.
pub(super) struct Lived {
    /// Live sales.
    pub(super) sales: usize,
    /// What is not as it was promised, in one line each.
    pub(super) differences: Vec<String>,
    /// A key to the shop's API.
    pub(super) key: ApiKey,
}

/// Lives the year in the database of these settings, unless it has one.
pub(super) async fn live(
    config: &Config,
    fixtures: &[Fixture],
    sales: usize,
) -> Result<Option<Lived>> {
    let now = SystemClock.now();
    let tales: Result<Vec<Tale>> = STORIES.iter().map(|s| Tale::of(s, fixtures)).collect();
    let tales = tales?;
    let plan = plan::year(now, sales, &tales);
    let begin = plan.rounds.first().map_or(now.0, |(slot, _)| *slot) - plan::DAY / 2;
    let clock = Arc::new(TestClock::at(Micros(begin)));
    // In a year of a minute the time of a comparison's end is weeks after that of its beginning: it would name what has come due meanwhile.
    let config = Config {
        audit_every_hours: 0,
        ..config.clone()
    };
    let app = App::start(&config, clock.clone()).await?;
    let outcome = within(&app, &clock, &plan, (&tales, fixtures)).await;
    app.stop().await;
    outcome
}

async fn within(
    app: &Arc<App>,
    clock: &TestClock,
    plan: &Plan,
    (tales, fixtures): (&[Tale], &[Fixture]),
) -> Result<Option<Lived>> {
    let store = app.store.as_ref();
    let there = organization::list(store).await?;
    if there.iter().any(|one| one.name == ORGANIZATION) {
        return Ok(None);
    }
    let organization =
        organization::create(store, &app.ids, &Actor::Server, ORGANIZATION, app.now()).await?;
    let org = organization.id.as_str();
    let new = NewKey::admin("demo", true);
    let (_id, key) = keys::create(&app.scope_of(org, &Actor::Server), &new).await?;
    let mut player = Player::new(Server::new(app, clock, key.expose()), (plan, tales));
    player.set_up().await?;
    let bar = progress_bar(plan.rounds.len());
    for (slot, acts) in &plan.rounds {
        player.round(*slot, acts).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let (sales, differences) = judge(app, org, plan).await?;
    incidents::happen(&mut player.server, fixtures).await?;
    given::give(&mut player.server).await?;
    Ok(Some(Lived {
        sales,
        differences,
        key,
    }))
}

/// Compares what there is with what was promised.
async fn judge(app: &App, org: &str, plan: &Plan) -> Result<(usize, Vec<String>)> {
    let all = all_sales(&app.books(org)).await?;
    let live: Vec<_> = all.into_iter().filter(|sale| sale.livemode).collect();
    let mut differences = Vec::new();
    for (currency, (count, net)) in &plan.promised {
        let of_it = live
            .iter()
            .filter(|sale| &sale.currency.to_string() == currency);
        let is = of_it.fold((0, 0), |(count, net), sale| {
            (count + 1, net + sale.amounts.net)
        });
        if is != (*count, *net) {
            differences.push(format!(
                "{ORGANIZATION}: {} sales of {} in {currency}, promised were {count} of {net}",
                is.0, is.1
            ));
        }
    }
    Ok((live.len(), differences))
}

/// A bar on stderr, where that is a terminal.
fn progress_bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:40} a year in the life of a shop {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
