//! `reconcile`: asks processors for what they have, says what is missing here, and with `--apply` puts it into the inbox. And the keys that it takes.

mod preview;

use std::collections::VecDeque;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use providers::history::Span;
use providers::revenuecat::export::{self, NEEDED};
use providers::{Micros, Secret, history};
use serde_json::json;
use tokio::time::sleep;

use self::preview::{New, Scratch};
use super::sources::find;
use super::{Bench, Usage, output};
use crate::books::reconciliations as books;
use crate::cli::{CredentialCommand, Exit, ReconcileArgs};
use crate::config::Config;
use crate::reconcile::{self, Goal, Reconciler, Seen, Trouble, Walk, usual_span};
use crate::sources::Source;

/// How often a request is tried again that failed for a reason that passes.
const TRIES: u32 = 6;
/// The longest wait of a command for an API, in seconds.
const WAIT_MAX_SECONDS: u64 = 120;
/// The most that are listed; how many there are is said.
const LISTED: usize = 200;

const SUMMARY: &[output::Column] = &[
    ("SOURCE", "sourceId"),
    ("PROCESSOR", "processor"),
    ("SINCE", "since"),
    ("UNTIL", "until"),
    ("TOLD", "told"),
    ("MISSING", "missing"),
];

const MISSING: &[output::Column] = &[
    ("ID", "id"),
    ("TYPE", "type"),
    ("OCCURRED", "occurredAt"),
    ("LIVE", "livemode"),
];

/// What one source's processor had.
struct Found {
    source: Source,
    walk: Walk,
    seen: Vec<Seen>,
}

pub(super) async fn run(
    bench: &Bench,
    config: &Config,
    args: ReconcileArgs,
    json: bool,
) -> Result<Exit> {
    let sources = wanted(bench, &args).await?;
    let is_backfill = args.since.is_some() || args.file.is_some();
    let scratch = if is_backfill && !args.apply {
        Some(Scratch::of(bench).await?)
    } else {
        None
    };
    let store = scratch
        .as_ref()
        .map_or(&bench.store, |scratch| &scratch.store);
    let parts = (store.clone(), bench.clock.clone(), bench.ids.clone());
    let reconciler = Reconciler::new(config, parts, None);
    // What is put into the copy is written nowhere else.
    let goal = if args.apply || scratch.is_some() {
        Goal::Apply
    } else {
        Goal::Report
    };
    let org = sources
        .first()
        .map(|source| source.organization_id.clone())
        .unwrap_or_default();
    let found = find_all(bench, &reconciler, sources, &args, goal).await;
    let new = match scratch {
        Some(scratch) => Some(scratch.brought(bench, &org).await?),
        None => None,
    };
    let found = found?;
    let missing: i64 = found.iter().map(|one| one.walk.missing).sum();
    show(&found, new.as_deref(), args.apply, json)?;
    Ok(if missing > 0 && !args.apply {
        Exit::Failed
    } else {
        Exit::Success
    })
}

/// What is missing of each.
async fn find_all(
    bench: &Bench,
    reconciler: &Reconciler,
    sources: Vec<Source>,
    args: &ReconcileArgs,
    goal: Goal,
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for source in sources {
        let Some(path) = &args.file else {
            found.push(ask(bench, reconciler, source, args, goal).await?);
            continue;
        };
        let (told, seen) = read_file(reconciler, &source, path, goal).await?;
        let span = Span {
            since: Micros::default(),
            until: bench.clock.now(),
        };
        let walk = Walk {
            span,
            began_at: span.until,
            steps: VecDeque::new(),
            told,
            missing: i64::try_from(seen.len()).unwrap_or(i64::MAX),
        };
        found.push(Found { source, walk, seen });
    }
    Ok(found)
}

/// The sources that are asked.
async fn wanted(bench: &Bench, args: &ReconcileArgs) -> Result<Vec<Source>> {
    let organization = bench.organization().await?;
    let mut sources = bench.desk().list(&organization.id).await?;
    sources.retain(Source::is_open);
    if let Some(wanted) = &args.source {
        sources.retain(|source| source.id == *wanted || source.processor == *wanted);
        return match sources.len() {
            1 => Ok(sources),
            0 => Err(Usage(format!("there is no source {wanted}: see `tributary sources list`")).into()),
            _ => Err(Usage(format!("{wanted} has several sources: say which by its id, as `tributary sources list` shows it")).into()),
        };
    }
    let known = books::list(&bench.books(&organization.id)).await?;
    let has_key = |source: &Source| {
        known
            .iter()
            .any(|one| one.source_id == source.id && one.credential.is_some())
    };
    sources.retain(has_key);
    if sources.is_empty() {
        let message = "no source has a key to its processor's API: set one with `tributary sources credential set ID`";
        return Err(Usage(message.to_owned()).into());
    }
    Ok(sources)
}

async fn ask(
    bench: &Bench,
    reconciler: &Reconciler,
    source: Source,
    args: &ReconcileArgs,
    goal: Goal,
) -> Result<Found> {
    let api = history(&source.processor)
        .with_context(|| {
            format!(
                "{} has no API that lists what happened: see docs/reconcile.md",
                source.processor
            )
        })
        .map_err(|error| Usage(error.to_string()))?;
    let now = bench.clock.now();
    let known = books::of(&bench.books(&source.organization_id), &source.id).await?;
    let asked_until = known.and_then(|known| known.asked_until);
    let usual = usual_span(&source, asked_until, api.terms().overlap_seconds, now);
    let span = Span {
        since: args.since.map_or(usual.since, |since| since.at(now)),
        until: args.until.map_or(usual.until, |until| until.at(now)),
    };
    // Without a key there is no range to be wrong.
    let line = patiently(async || reconciler.open(&source).await).await?;
    if span.until <= span.since {
        let message = if args.since.is_none() && args.until.is_none() {
            "there is nothing to ask for yet: the usual range begins when the source was added; say --since for what was before, as in --since 30d"
        } else {
            "--until must be later than --since, and neither may lie ahead"
        };
        return Err(Usage(message.to_owned()).into());
    }
    let mut walk = Walk::new(api, &source, span, now);
    let between = Duration::from_mins(1) / api.terms().per_minute.max(1);
    let bar = progress(&source);
    let mut seen = Vec::new();
    while !walk.is_over() {
        let mut tries = 0;
        loop {
            match reconciler.step(&line, &source, &mut walk, goal).await {
                Ok(more) => {
                    seen.extend(more);
                    break;
                }
                Err(trouble) => rest(trouble, &mut tries).await?,
            }
        }
        bar.set_position(u64::try_from(walk.told).unwrap_or(0));
        bar.set_message(format!("{} missing", walk.missing));
        if !walk.is_over() {
            sleep(between).await;
        }
    }
    bar.finish_and_clear();
    Ok(Found { source, walk, seen })
}

/// Rows that are compared at once.
const ROWS: usize = 500;

/// What an export tells, and what of it is missing here.
async fn read_file(
    reconciler: &Reconciler,
    source: &Source,
    path: &Path,
    goal: Goal,
) -> Result<(i64, Vec<Seen>)> {
    if source.processor != "revenuecat" {
        let message = format!(
            "there is no export to read of {}: leave --file out, and it is asked",
            source.processor
        );
        return Err(Usage(message).into());
    }
    let file = std::fs::File::open(path)
        .with_context(|| format!("{} cannot be opened", path.display()))?;
    let mut reader = csv::Reader::from_reader(std::io::BufReader::new(file));
    let headings = reader
        .headers()
        .context("the file is no CSV: unpack it first, if its name ends in .gz")?
        .clone();
    let absent: Vec<&str> = NEEDED
        .iter()
        .copied()
        .filter(|name| !headings.iter().any(|known| known == *name))
        .collect();
    if !absent.is_empty() {
        return Err(Usage(format!(
            "the file lacks columns that are needed: {}",
            absent.join(", ")
        ))
        .into());
    }
    let (mut told, mut seen, mut events) = (0, Vec::new(), Vec::new());
    let bar = progress(source);
    let mut records = reader.records();
    loop {
        let record = records
            .next()
            .transpose()
            .context("a line of the file cannot be read")?;
        let is_last = record.is_none();
        if let Some(record) = record {
            let values = headings
                .iter()
                .zip(record.iter())
                .filter(|(_, value)| !value.trim().is_empty());
            events.extend(export::events(&values.collect()));
        }
        if events.len() >= ROWS || is_last {
            told += i64::try_from(events.len()).unwrap_or(0);
            seen.extend(
                reconciler
                    .found(source, std::mem::take(&mut events), goal)
                    .await?,
            );
            bar.set_position(u64::try_from(told).unwrap_or(0));
        }
        if is_last {
            bar.finish_and_clear();
            return Ok((told, seen));
        }
    }
}

/// Tries again what fails for a reason that passes.
async fn patiently<T>(mut ask: impl AsyncFnMut() -> Result<T, Trouble>) -> Result<T> {
    let mut tries = 0;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(trouble) => rest(trouble, &mut tries).await?,
        }
    }
}

/// Waits before the next try; what does not pass is the end.
async fn rest(trouble: Trouble, tries: &mut u32) -> Result<()> {
    *tries += 1;
    match trouble {
        Trouble::Passing { after_seconds, .. } if *tries < TRIES => {
            let seconds = after_seconds.unwrap_or(1 << *tries).min(WAIT_MAX_SECONDS);
            sleep(Duration::from_secs(seconds)).await;
            Ok(())
        }
        trouble => Err(trouble.into()),
    }
}

fn progress(source: &Source) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {prefix} {pos} told, {msg} {elapsed}");
    let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.with_prefix(source.processor.clone())
}

fn show(found: &[Found], new: Option<&[New]>, applied: bool, json: bool) -> Result<()> {
    let rows: Vec<_> = found.iter().map(summary).collect();
    if json {
        let whole = found.iter().zip(rows).map(|(one, mut row)| {
            row.insert("applied".to_owned(), applied.into());
            row.insert("events".to_owned(), json!(one.seen));
            row
        });
        let sources: Vec<_> = whole.collect();
        return output::json(&json!({"sources": sources, "preview": new}));
    }
    output::rows(false, SUMMARY, &rows)?;
    let seen: Vec<_> = found.iter().flat_map(|one| &one.seen).collect();
    if seen.is_empty() {
        return output::line("nothing is missing");
    }
    let listed: Vec<_> = seen
        .iter()
        .take(LISTED)
        .map(|one| output::row(json!(one)))
        .collect();
    output::line("")?;
    output::rows(false, MISSING, &listed)?;
    if seen.len() > LISTED {
        output::line(&format!(
            "… and {} more: --json lists all",
            seen.len() - LISTED
        ))?;
    }
    output::line("")?;
    if let Some(new) = new {
        preview::show(new)?;
    }
    output::line(if applied {
        "they are in the inbox: a server that is up books them within a second"
    } else {
        "nothing was written: --apply puts these into the inbox"
    })
}

fn summary(one: &Found) -> serde_json::Map<String, serde_json::Value> {
    output::row(json!({
        "sourceId": one.source.id,
        "processor": one.source.processor,
        "since": one.walk.span.since.to_string(),
        "until": one.walk.span.until.to_string(),
        "told": one.walk.told,
        "missing": one.walk.missing,
    }))
}

pub(super) async fn credential(
    bench: &Bench,
    command: CredentialCommand,
    json: bool,
) -> Result<Exit> {
    let (id, is_set) = match &command {
        CredentialCommand::Set { id, .. } => (id, true),
        CredentialCommand::Forget { id } => (id, false),
    };
    let source = find(bench, id).await?;
    let scope = bench.scope(&source.organization_id);
    match &command {
        CredentialCommand::Set { from_env, .. } => {
            let text = read_key(from_env.as_deref())?;
            let key = Secret::new(&text).map_err(|error| Usage(error.to_string()))?;
            let kept = reconcile::keep(&scope, &bench.seal, &source, &key).await;
            kept.map_err(|error| Usage(error.to_string()))?;
        }
        CredentialCommand::Forget { .. } => reconcile::forget(&scope, &source).await?,
    }
    if json {
        output::json(&json!({"id": source.id, "apiKey": is_set}))?;
    } else if is_set {
        let blind = history(&source.processor).map_or("", |api| api.terms().blind);
        output::line(&format!(
            "the key of {} is kept, and its processor is asked every hour. {blind}",
            source.id
        ))?;
    } else {
        output::line(&format!("the key of {} is forgotten", source.id))?;
    }
    Ok(Exit::Success)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a source's key is no setting: its variable is named by who gives it"
)]
fn read_key(variable: Option<&str>) -> Result<String> {
    if let Some(name) = variable {
        return std::env::var(name).map_err(|_absent| Usage(format!("{name} is not set")).into());
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("the key cannot be read from stdin")?;
    Ok(text)
}
