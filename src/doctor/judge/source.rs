//! A source: whether it is heard, why it refuses, what it never sends, what is stuck.

use providers::Micros;

use super::{Finding, Level, asking};
use crate::books::health::Open;
use crate::books::refusals::Refused;
use crate::doctor::SourceFacts;
use crate::doctor::pauses::{self, Pause};
use crate::http::refusals::words::{lasting, span, words};
use crate::sources::odd;

const DAY_SECONDS: i64 = 24 * 3_600;
/// How long a source that was just added may be silent.
const PATIENCE_SECONDS: i64 = DAY_SECONDS;
/// After so long refund events that were never seen are worth a look.
const NEEDED_WITHIN_SECONDS: i64 = 30 * DAY_SECONDS;
/// What is not read after this long is behind.
const BEHIND_SECONDS: i64 = 60;
/// And after this long nobody is at it.
const STUCK_SECONDS: i64 = 15 * 60;
/// So many refusals, with nothing verified since, are no stranger's.
const IN_A_ROW: i64 = 3;
/// What waits for another event usually waits for seconds.
const PARKED_SECONDS: i64 = DAY_SECONDS;

pub(super) fn judge(source: &SourceFacts, now: Micros) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(stuck(source, now));
    found.extend(failed(source));
    found.extend(parked(source, now));
    if !source.is_open() {
        found.extend(paused(source, now));
        return found;
    }
    found.extend(closed(source));
    found.extend(odd_secrets(source));
    found.extend(
        source
            .refused
            .iter()
            .filter_map(|one| refused(source, one, now)),
    );
    found.extend(silent(source, now));
    found.extend(gap(source));
    found.extend(never(source, now));
    found.extend(asking::access(source));
    found.extend(asking::cut(source));
    found
}

fn age(at: Micros, now: Micros) -> i64 {
    now.0.saturating_sub(at.0) / 1_000_000
}

fn stuck(source: &SourceFacts, now: Micros) -> Option<Finding> {
    let Open { events, oldest_at } = source.received?;
    let waits = age(oldest_at, now);
    if waits <= BEHIND_SECONDS {
        return None;
    }
    let level = if waits <= STUCK_SECONDS {
        Level::Look
    } else {
        Level::Wrong
    };
    Some(Finding::new(
        level,
        "backlog",
        format!(
            "stored and not read yet: {events}, the oldest for {}",
            lasting(waits)
        ),
        "Whether `tributary serve` runs, and what its log says; `tributary jobs list`. Nothing is lost: they are read as soon as it can.",
    ))
}

fn failed(source: &SourceFacts) -> Option<Finding> {
    let events = source.failed?.events;
    Some(Finding::new(
        Level::Wrong,
        "failed",
        format!("could not be processed: {events}"),
        format!(
            "`tributary events list --source {} --state failed` says why; after an update, `tributary events reprocess --state failed`.",
            source.id
        ),
    ))
}

fn parked(source: &SourceFacts, now: Micros) -> Option<Finding> {
    let Open { events, oldest_at } = source.parked?;
    let waits = age(oldest_at, now);
    let level = if waits > PARKED_SECONDS {
        Level::Look
    } else {
        Level::Note
    };
    Some(Finding::new(
        level,
        "parked",
        format!(
            "{}: {events}, the oldest for {}",
            if events == 1 {
                "waits for an event that has not come"
            } else {
                "wait for events that have not come"
            },
            lasting(waits)
        ),
        format!(
            "Mostly refunds of payments from before this source, or of event types that are not ticked. `tributary explain ID` says what each waits for; `tributary events list --source {} --state parked` lists them.",
            source.id
        ),
    ))
}

fn paused(source: &SourceFacts, now: Micros) -> Option<Finding> {
    let last = source.refused.iter().map(|refused| refused.last_at).max()?;
    (age(last, now) < DAY_SECONDS).then(|| {
        Finding::new(
            Level::Wrong,
            "paused",
            "it is paused, and deliveries for it go on arriving",
            format!(
                "`tributary sources enable {}`, before the processor gives up; or remove the endpoint there.",
                source.id
            ),
        )
    })
}

fn closed(source: &SourceFacts) -> Option<Finding> {
    (source.status == "closed").then(|| {
        Finding::new(
            Level::Wrong,
            "closed",
            format!(
                "{} has said that it delivers nothing more to it",
                source.title
            ),
            format!(
                "Subscribe again at {}, then `tributary sources enable {}`.",
                source.title, source.id
            ),
        )
    })
}

fn odd_secrets(source: &SourceFacts) -> Vec<Finding> {
    let says = source.odd_secrets.iter();
    says.map(|says| {
        Finding::new(
            Level::Look,
            "odd_secret",
            format!("its secret looks odd. {says}"),
            format!(
                "Copy it from the endpoint's page at {} once more. {}",
                source.title,
                odd::replacing(&source.processor, &source.id)
            ),
        )
    })
    .collect()
}

/// A refusal is wrong while nothing has been verified since, and old news when a day has passed without another.
fn refused(source: &SourceFacts, one: &Refused, now: Micros) -> Option<Finding> {
    let since = age(one.last_at, now);
    let is_over = source.last_verified() > Some(one.last_at);
    let level = match (since < DAY_SECONDS, is_over) {
        (true, false) => Level::Wrong,
        (true, true) | (false, false) => Level::Look,
        (false, true) => return None,
    };
    let words = words(&one.reason, one.seconds);
    let level = match one.reason.as_str() {
        // Anybody can post nonsense; that alone says nothing of the set-up.
        "missing" | "malformed" | "empty_body"
            if source.last_verified().is_some() && !is_in_a_row(source, one, is_over) =>
        {
            Level::Note
        }
        _ => level,
    };
    let ago = if since < 60 {
        "just now".to_owned()
    } else {
        format!("{} ago", lasting(since))
    };
    Some(Finding::new(
        level,
        refusal_code(&one.reason),
        format!("refused: {}, {}, the last {ago}", one.refused, words.what),
        words.then,
    ))
}

/// Whether a source hears nothing else any more: then it is no stranger, but the processor without what proves that it is.
fn is_in_a_row(source: &SourceFacts, one: &Refused, is_over: bool) -> bool {
    let since = source.refused_since_verified.get(&one.reason).copied();
    !is_over && since.unwrap_or_default() >= IN_A_ROW
}

/// The code of a finding for a reason: stable words for what scripts may want to tell apart.
fn refusal_code(reason: &str) -> &'static str {
    match reason {
        "stale" | "future" => "refused_clock",
        "other_source" | "other_processor" => "refused_other_source",
        "other_form" => "refused_secret_form",
        "test_secret" | "live_secret" | "says_test" | "says_live" => "refused_test_and_live",
        "reformatted" | "compressed" => "refused_body_changed",
        "mismatch" => "refused_secret",
        "wrong_account" => "refused_account",
        _ => "refused",
    }
}

fn silent(source: &SourceFacts, now: Micros) -> Option<Finding> {
    let is_tried = !source.refused.is_empty();
    if source.last_verified().is_none() {
        let is_new = age(source.added_at, now) < PATIENCE_SECONDS;
        return (!is_tried).then(|| {
            Finding::new(
                if is_new { Level::Note } else { Level::Look },
                "never_heard",
                "nothing has ever arrived",
                format!(
                    "Look whether the address at {} is exactly the one that `tributary sources list` shows, and send a test event from there.",
                    source.title
                ),
            )
        });
    }
    let pause = pauses::silence(&source.arrivals, now)?;
    Some(Finding::new(
        Level::Look,
        "silent",
        format!(
            "nothing has arrived for {}; it was never silent for more than {}",
            span(pause.seconds()),
            span(pause.usual_seconds)
        ),
        format!(
            "Look at the deliveries of the endpoint at {}: whether it is still there, switched on, and what it is answered.",
            source.title
        ),
    ))
}

fn gap(source: &SourceFacts) -> Option<Finding> {
    let pause @ Pause { from, to, .. } = pauses::gap(&source.arrivals)?;
    Some(Finding::new(
        Level::Look,
        "gap",
        format!(
            "nothing arrived between {from} and {to}: {}, and every other pause was shorter than {}",
            span(pause.seconds()),
            span(pause.usual_seconds.saturating_add(1))
        ),
        format!(
            "{} What is here already changes nothing.",
            asking::about(source, from, to)
        ),
    ))
}

fn never(source: &SourceFacts, now: Micros) -> Option<Finding> {
    source.last_verified()?;
    let missing = source.never_seen();
    let is_old = age(source.added_at, now) > NEEDED_WITHIN_SECONDS;
    (!missing.is_empty()).then(|| {
        Finding::new(
            if is_old { Level::Look } else { Level::Note },
            "types_never_seen",
            format!("never arrived: {}", missing.join(", ")),
            format!(
                "They may just not have happened. Look whether they are ticked at {}: without them sales or refunds are missing.",
                source.title
            ),
        )
    })
}
