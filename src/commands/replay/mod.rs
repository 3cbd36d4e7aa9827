//! `replay`: deliveries from files, signed as the processor would at this moment, and posted.
//!
//! Says of each what the server made of it. Never prints a body or a secret.

mod post;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use providers::{Micros, Secret};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;

pub(super) use post::{Client, Posted};

use super::{Usage, given, output};
use crate::cli::{Exit, ReplayArgs};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::fixtures::{self, Deliverable};

/// Deliveries under way at once.
const SIDE_BY_SIDE: usize = 16;

/// How long an event may take to be processed before `replay` says that it has not been.
const PROCESSED_WITHIN: Duration = Duration::from_secs(10);

/// The pause between two looks at events that are not processed yet.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A delivery, what it is signed with and where it goes.
pub(super) struct Parcel {
    pub(super) delivery: Deliverable,
    pub(super) secret: Secret,
    pub(super) url: Url,
}

pub(super) async fn run(args: ReplayArgs, config: &Config, json: bool) -> Result<Exit> {
    let secrets = Secrets::given(&args.secret, config)?;
    let mut deliveries = Vec::new();
    for path in &args.paths {
        deliveries.extend(fixtures::load(path).map_err(|error| Usage(error.to_string()))?);
    }
    let copies = usize::try_from(args.duplicate.get())?;
    let mut deliveries: Vec<Deliverable> = deliveries
        .into_iter()
        .flat_map(|delivery| std::iter::repeat_n(delivery, copies))
        .collect();
    if deliveries.is_empty() {
        bail!("there is nothing to replay: no fixture and no exported event was found");
    }
    if let Some(seed) = args.shuffle {
        deliveries.shuffle(&mut StdRng::seed_from_u64(seed));
    }
    let client = Client::new()?;
    let key = args.key.as_deref();
    let key = key.or_else(|| config.api_key.as_ref().map(Secret::expose));
    let parcel = |delivery: Deliverable| -> Result<Parcel> {
        Ok(Parcel {
            url: address(&args.to, &delivery.processor),
            secret: secrets.of(&delivery.processor)?.clone(),
            delivery,
        })
    };
    let parcels: Result<_> = deliveries.into_iter().map(parcel).collect();
    let posted = post_all(&client, parcels?, args.rate).await?;
    let made = match key {
        Some(key) => what_was_made(&client, &args.to, key, &posted).await,
        None => BTreeMap::new(),
    };
    for one in &posted {
        report(one, made.get(&one.external_id), json)?;
    }
    let failed = posted.iter().filter(|one| !one.is_accepted()).count();
    tracing::info!(deliveries = posted.len(), failed, "replayed");
    Ok(if failed == 0 {
        Exit::Success
    } else {
        Exit::Failed
    })
}

/// What each processor's deliveries are signed with.
struct Secrets {
    by_processor: BTreeMap<String, Secret>,
    of_others: Option<Secret>,
}

impl Secrets {
    /// From the flags, then from the settings.
    fn given(flags: &[String], config: &Config) -> Result<Self> {
        let set = config.secrets.iter();
        let set =
            set.filter_map(|(id, secrets)| Some(((*id).to_owned(), secrets.first()?.clone())));
        let mut secrets = Self {
            by_processor: set.collect(),
            of_others: None,
        };
        for flag in flags {
            let of_one = flag.split_once('=').filter(|_| names_one(flag));
            match of_one {
                Some((id, text)) => {
                    let secret = given::secret("--secret", text)?;
                    secrets.by_processor.insert(id.to_owned(), secret);
                }
                None => secrets.of_others = Some(given::secret("--secret", flag)?),
            }
        }
        if let (Some(_), true) = (
            &secrets.of_others,
            flags.iter().all(|flag| !names_one(flag)),
        ) {
            // One secret that is given for all goes before what is set.
            secrets.by_processor.clear();
        }
        Ok(secrets)
    }

    fn of(&self, processor: &str) -> Result<&Secret> {
        let found = self.by_processor.get(processor).or(self.of_others.as_ref());
        let message =
            format!("there is no secret for deliveries of {processor}: say --secret {processor}=S");
        Ok(found.ok_or(Usage(message))?)
    }
}

/// Whether a flag's secret is for one processor.
fn names_one(flag: &str) -> bool {
    let of_one = flag.split_once('=');
    of_one.is_some_and(|(id, _)| providers::adapter(id).is_some())
}

/// Posts all of them, in order, [`SIDE_BY_SIDE`] at once, or one by one at so many a second.
pub(super) async fn post_all(
    client: &Client,
    parcels: Vec<Parcel>,
    rate: Option<NonZeroU32>,
) -> Result<Vec<Posted>> {
    let bar = progress_bar(parcels.len());
    let mut pace = rate.map(|rate| {
        let mut pace = tokio::time::interval(Duration::from_secs(1) / rate.get());
        pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        pace
    });
    let mut running = JoinSet::new();
    let mut posted = Vec::with_capacity(parcels.len());
    for (index, parcel) in parcels.into_iter().enumerate() {
        if let Some(pace) = &mut pace {
            pace.tick().await;
        }
        if running.len() >= SIDE_BY_SIDE
            && let Some(done) = running.join_next().await
        {
            posted.push(done?);
            bar.inc(1);
        }
        let Parcel {
            delivery,
            secret,
            url,
        } = parcel;
        let signed = fixtures::signed(&delivery, &secret, now())
            .with_context(|| format!("this secret cannot sign for {}", delivery.processor))?;
        let client = client.clone();
        running.spawn(async move { (index, client.post(&delivery, signed, url).await) });
    }
    while let Some(done) = running.join_next().await {
        posted.push(done?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    posted.sort_by_key(|(index, _)| *index);
    Ok(posted.into_iter().map(|(_, posted)| posted).collect())
}

fn now() -> Micros {
    SystemClock.now()
}

/// A bar on stderr, where that is a terminal.
fn progress_bar(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} deliveries {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// The address of a processor's default source, unless a whole address was given.
fn address(to: &Url, processor: &str) -> Url {
    let mut url = to.clone();
    if matches!(url.path(), "" | "/") {
        url.set_path(&format!("/webhooks/{processor}"));
    }
    url
}

/// What the server has made of the events, by their processor's id, once they are processed.
pub(super) async fn what_was_made(
    client: &Client,
    to: &Url,
    key: &str,
    posted: &[Posted],
) -> BTreeMap<String, Value> {
    let deadline = tokio::time::Instant::now() + PROCESSED_WITHIN;
    let accepted = posted.iter().filter(|one| one.is_accepted());
    let mut waiting: Vec<&str> = accepted.map(|one| one.external_id.as_str()).collect();
    waiting.sort_unstable();
    waiting.dedup();
    let mut made = BTreeMap::new();
    while !waiting.is_empty() && tokio::time::Instant::now() < deadline {
        let mut still = Vec::new();
        for id in waiting {
            match client.event(to, key, id).await {
                Ok(Some(event)) => {
                    if event.get("state") == Some(&json!("received")) {
                        still.push(id);
                    }
                    made.insert(id.to_owned(), event);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error = %format_args!("{error:#}"), "the server does not say what it made of the events");
                    return made;
                }
            }
        }
        waiting = still;
        if !waiting.is_empty() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    made
}

pub(super) fn report(posted: &Posted, event: Option<&Value>, json: bool) -> Result<()> {
    let member = |name| event.and_then(|event| event.get(name));
    if json {
        return output::line(
            &json!({
                "status": posted.status, "error": posted.error, "processor": posted.processor,
                "type": posted.event_type, "externalId": posted.external_id,
                "id": member("id"), "state": member("state"), "reason": member("reason"),
                "saleIds": member("saleIds"),
            })
            .to_string(),
        );
    }
    let mut words = vec![
        posted
            .status
            .map_or_else(|| "---".to_owned(), |status| status.to_string()),
        posted.processor.clone(),
        posted.event_type.clone(),
        posted.external_id.clone(),
    ];
    words.extend(["state", "saleIds", "reason"].map(|name| output::cell(member(name))));
    words.extend(posted.error.clone());
    words.retain(|word| !word.is_empty());
    output::line(&words.join("  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_path_is_added_only_where_there_is_none() {
        let bare = Url::parse("http://127.0.0.1:8080").unwrap();
        let whole = Url::parse("http://127.0.0.1:8080/webhooks/stripe/src_1").unwrap();
        assert_eq!(
            address(&bare, "polar").as_str(),
            "http://127.0.0.1:8080/webhooks/polar"
        );
        assert_eq!(address(&whole, "polar"), whole);
    }
}
