//! `trigger`: a shipped scenario as if it happened now, with ids of its own, signed with the source's secret and posted to a running server.
//!
//! A live source's ledger is money: nothing is posted to one unless that was said.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use providers::{Secret, Settings};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::replay::{Client, Parcel, post_all, report, what_was_made};
use super::{Bench, Usage, given, must_exist, output};
use crate::cli::{Exit, TriggerArgs};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::fixtures::{self, Deliverable, Fixture, Key};
use crate::sources::Source;

const COLUMNS: &[output::Column] = &[
    ("PROCESSOR", "processor"),
    ("SCENARIO", "scenario"),
    ("WHAT HAPPENS", "about"),
];

pub(super) async fn run(args: TriggerArgs, config: &Config, json: bool) -> Result<Exit> {
    let all = fixtures::shipped()?;
    let of_processor = |fixture: &&Fixture| {
        args.processor
            .as_ref()
            .is_none_or(|id| *id == fixture.processor)
    };
    let known: Vec<&Fixture> = all.iter().filter(of_processor).collect();
    if args.list {
        return list(&known, json);
    }
    let fixture = meant(&known, args.processor.as_deref(), args.scenario.as_deref())?;
    let target = Target::of(&args, fixture, config).await?;
    let fresh = made_fresh(fixture, &target, &args)?;
    let client = Client::new()?;
    let key = args.key.as_deref();
    let key = key.or_else(|| config.api_key.as_ref().map(Secret::expose));
    prepare(&client, &target, key, &args, &fresh).await?;
    let parcels = parcels(&fresh, &target, &args)?;
    let posted = post_all(&client, parcels, None).await?;
    let made = match key {
        Some(key) => what_was_made(&client, &target.url, key, &posted).await,
        None => BTreeMap::new(),
    };
    for one in &posted {
        report(one, made.get(&one.external_id), json)?;
    }
    let failed = posted.iter().any(|one| !one.is_accepted());
    if failed {
        if posted.iter().all(|one| one.status.is_none()) {
            tracing::error!(to = %target.url, "nobody answers there: is it the address of `tributary serve`, and does it run?");
        } else {
            tracing::error!("deliveries were not taken: `tributary doctor` says why");
        }
    }
    Ok(if failed { Exit::Failed } else { Exit::Success })
}

fn list(known: &[&Fixture], json: bool) -> Result<Exit> {
    let rows = known.iter().map(|fixture| {
        output::row(json!({
            "processor": fixture.processor,
            "scenario": fixture.name,
            "about": fixture.about,
        }))
    });
    output::rows(json, COLUMNS, &rows.collect::<Vec<_>>())?;
    Ok(Exit::Success)
}

/// The scenario of a name, or the only one whose name has it in it.
fn meant<'a>(
    known: &[&'a Fixture],
    processor: Option<&str>,
    scenario: Option<&str>,
) -> Result<&'a Fixture> {
    let (processor, scenario) = (processor.unwrap_or_default(), scenario.unwrap_or_default());
    if known.is_empty() {
        let message =
            format!("there are no scenarios of {processor}: see `tributary trigger --list`");
        return Err(Usage(message).into());
    }
    if let Some(exact) = known.iter().find(|fixture| fixture.name == scenario) {
        return Ok(exact);
    }
    let like: Vec<_> = known
        .iter()
        .filter(|fixture| fixture.name.contains(scenario))
        .collect();
    match like.as_slice() {
        [one] => Ok(one),
        [] => {
            let message = format!(
                "{processor} has no scenario {scenario}: see `tributary trigger {processor} --list`"
            );
            Err(Usage(message).into())
        }
        several => {
            let names: Vec<&str> = several
                .iter()
                .map(|fixture| fixture.name.as_str())
                .collect();
            let message = format!("{scenario} may be one of {}", names.join(", "));
            Err(Usage(message).into())
        }
    }
}

/// Where a scenario goes.
struct Target {
    /// The server.
    url: Url,
    /// The address below it.
    path: String,
    secret: Secret,
    settings: Settings,
}

impl Target {
    async fn of(args: &TriggerArgs, fixture: &Fixture, config: &Config) -> Result<Self> {
        let url = given::server(args.to.as_ref(), config)?;
        if let Some(text) = &args.secret {
            let secret = given::secret("--secret", text)?;
            let path = match (url.path(), &args.source) {
                (path, None) if path.len() > 1 => path.to_owned(),
                (_, Some(id)) => format!("/webhooks/{}/{id}", fixture.processor),
                (_, None) => format!("/webhooks/{}", fixture.processor),
            };
            let settings = fixture.source.settings.clone();
            return Ok(Self {
                url,
                path,
                secret,
                settings,
            });
        }
        let source = source(args, fixture, config).await?;
        if source.livemode && !args.live {
            let message = format!(
                "{} is live, and its sales would count as money: add a source with --mode test and say --source ID, or say --live",
                source.id
            );
            return Err(Usage(message).into());
        }
        Ok(Self {
            url,
            path: source.url(""),
            secret: source
                .secrets
                .first()
                .context("the source has no secret")?
                .clone(),
            settings: source.settings,
        })
    }

    fn deliveries(&self) -> Result<Url> {
        Ok(self.url.join(&self.path)?)
    }
}

/// The source, as the database has it.
async fn source(args: &TriggerArgs, fixture: &Fixture, config: &Config) -> Result<Source> {
    must_exist(config)?;
    let bench = Bench::look(config).await?;
    let route = args.source.as_deref().unwrap_or(&fixture.processor);
    let found = bench.desk().by_route(route).await;
    bench.store.close().await;
    let found = found?.filter(|source| source.processor == fixture.processor);
    let message = format!(
        "there is no source of {} at {route}: add one with `tributary sources add {} --mode test`, or give its --secret",
        fixture.processor, fixture.processor
    );
    Ok(found.ok_or(Usage(message))?)
}

/// The scenario with ids of its own, for this source's shop.
fn made_fresh(fixture: &Fixture, target: &Target, args: &TriggerArgs) -> Result<Fixture> {
    let mut key = Key::default();
    rand::fill(&mut key);
    let mut fresh = fixture.fresh(&key, SystemClock.now());
    let shops = [&fixture.source.settings, &target.settings].map(|settings| settings.text("shop"));
    let named = fixture.deliveries.iter().flat_map(|sent| &sent.headers);
    let named = named
        .clone()
        .find(|(name, _)| name == "x-shopify-shop-domain");
    let theirs = shops[0].or_else(|| named.map(|(_, shop)| shop.as_str()));
    for sent in &mut fresh.deliveries {
        if let (Some(theirs), Some(ours)) = (theirs, shops[1]) {
            sent.body = sent.body.replace(theirs, ours);
            for (_, value) in &mut sent.headers {
                *value = value.replace(theirs, ours);
            }
        }
        sent.body = overridden(&sent.body, &args.overrides)?;
    }
    Ok(fresh)
}

/// A body with some values replaced, where it has them.
fn overridden(body: &str, overrides: &[(String, String)]) -> Result<String> {
    if overrides.is_empty() {
        return Ok(body.to_owned());
    }
    let mut value: Value = serde_json::from_str(body)
        .map_err(|_| Usage("--override works on JSON bodies only".to_owned()))?;
    for (pointer, text) in overrides {
        if let Some(place) = value.pointer_mut(pointer) {
            *place = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        }
    }
    Ok(serde_json::to_string_pretty(&value)?)
}

/// What must be there before the first delivery: the clicks, and what the merchant reports.
async fn prepare(
    client: &Client,
    target: &Target,
    key: Option<&str>,
    args: &TriggerArgs,
    fresh: &Fixture,
) -> Result<()> {
    let Some(key) = key else {
        if args.partner.is_some() {
            return Err(Usage(
                "--partner needs an API key: say --key or set TRIBUTARY_API_KEY".to_owned(),
            )
            .into());
        }
        if !fresh.calls.is_empty() {
            tracing::warn!(
                "what the merchant's server reports in this scenario is left out: that needs --key"
            );
        }
        return Ok(());
    };
    if let Some(partner) = &args.partner {
        let link = link_of(client, target, key, partner).await?;
        for click in &fresh.clicks {
            let body = json!({"id": click.id, "linkId": link, "clickedAt": click.clicked_at});
            let url = target.url.join("/api/clicks")?;
            let (status, answer) = client.call((Method::POST, url), key, Some(&body)).await?;
            if !(200..300).contains(&status) {
                bail!("POST /api/clicks answered {status}: {answer}");
            }
        }
    }
    for call in &fresh.calls {
        let url = target.url.join(&call.path)?;
        let (status, answer) = client
            .call((Method::POST, url), key, Some(&call.body))
            .await?;
        if status != call.status {
            tracing::warn!(path = call.path, status, %answer, "the merchant's report was not taken");
        }
    }
    Ok(())
}

/// A link of a partner's: by its key, or the first one of a partner by id or e-mail address.
async fn link_of(client: &Client, target: &Target, key: &str, partner: &str) -> Result<String> {
    for member in ["key", "partnerId"] {
        if let Some(link) = first(client, target, key, "/api/links", (member, partner)).await? {
            return Ok(link);
        }
    }
    if let Some(id) = first(client, target, key, "/api/partners", ("email", partner)).await?
        && let Some(link) = first(client, target, key, "/api/links", ("partnerId", &id)).await?
    {
        return Ok(link);
    }
    Err(Usage(format!("no partner with a link is known as {partner}")).into())
}

async fn first(
    client: &Client,
    target: &Target,
    key: &str,
    path: &str,
    (name, value): (&str, &str),
) -> Result<Option<String>> {
    let mut url = target.url.join(path)?;
    url.query_pairs_mut().append_pair(name, value);
    let (status, answer) = client.call((Method::GET, url), key, None).await?;
    // A filter that takes no such value finds nothing.
    let found = (status == 200).then(|| {
        answer
            .pointer("/data/0/id")
            .and_then(Value::as_str)
            .map(str::to_owned)
    });
    Ok(found.flatten())
}

fn parcels(fresh: &Fixture, target: &Target, args: &TriggerArgs) -> Result<Vec<Parcel>> {
    let copies = usize::try_from(args.duplicate.get())?;
    let deliveries = fresh.deliverables();
    let mut deliveries: Vec<Deliverable> = deliveries
        .flat_map(|delivery| std::iter::repeat_n(delivery, copies))
        .collect();
    if let Some(seed) = args.shuffle {
        deliveries.shuffle(&mut StdRng::seed_from_u64(seed));
    }
    let url = target.deliveries()?;
    let parcel = |delivery| Parcel {
        delivery: Deliverable {
            settings: target.settings.clone(),
            ..delivery
        },
        secret: target.secret.clone(),
        url: url.clone(),
    };
    Ok(deliveries.into_iter().map(parcel).collect())
}
