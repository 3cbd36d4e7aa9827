//! The installation: schema, durability, room, keys, clock, address, jobs.

use providers::Micros;

use super::{Finding, Level};
use crate::books::audits::Audited;
use crate::doctor::{Facts, KeyState, Schema, Server, SourceFacts};
use crate::http::refusals::words::span;
use crate::sources::is_local;

/// Below this a disk is as good as full.
const FULL_BYTES: u64 = 256 * 1_024 * 1_024;
/// Below this it should be looked at.
const SCARCE_BYTES: u64 = 2 * 1_024 * 1_024 * 1_024;
/// More than this between two clocks is odd.
const CLOCK_SECONDS: i64 = 5;
/// From here on signatures are refused: processors allow five minutes.
const CLOCK_FAR_SECONDS: i64 = 240;

impl Server {
    /// Whether what is stored of sources could be read.
    pub(super) fn is_readable(&self) -> bool {
        matches!(self.master_key, KeyState::Fits | KeyState::Absent)
            && self.schema.found == Some(self.schema.expected)
    }
}

pub(super) fn judge(server: &Server, now: Micros) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(schema(server.schema));
    found.extend(durability(server));
    found.extend(room(server));
    found.extend(master_key(server.master_key));
    found.extend(server.database_clock.and_then(|theirs| clock(theirs, now)));
    found.extend(server.stopped_jobs.iter().map(|stopped| {
        let error = stopped.last_error.as_deref();
        let error = error.map(|error| format!(": {error}")).unwrap_or_default();
        let (jobs, kind) = (stopped.jobs, &stopped.kind);
        Finding::new(
            Level::Wrong,
            "jobs_stopped",
            format!("jobs of the kind {kind} that failed too often and are not tried again: {jobs}{error}"),
            "See `tributary jobs list`; when the cause is gone, `tributary jobs retry ID`.",
        )
    }));
    found.extend(server.audited.as_ref().and_then(differs));
    found
}

fn differs(audited: &Audited) -> Option<Finding> {
    (audited.differences > 0).then(|| {
        Finding::new(
            Level::Wrong,
            "books_differ",
            format!("what is booked is not what was delivered: {}", audited.words()),
            "`tributary audit` names each; `tributary audit --mend-figures` sums figures up once more, and `tributary events reprocess` folds events again.",
        )
    })
}

fn schema(schema: Schema) -> Option<Finding> {
    let Schema { found, expected } = schema;
    let (what, then) = match found {
        None => (
            "the database has no tables yet".to_owned(),
            "`tributary serve` or `tributary migrate` makes them.",
        ),
        Some(found) if found < expected => (
            format!("the database has schema {found}, and this program needs {expected}"),
            "`tributary migrate` brings it up to date, and so does the start of `tributary serve`.",
        ),
        Some(found) if found > expected => (
            format!("the database has schema {found}, and this program knows {expected} at most"),
            "Run the newer program that has changed it.",
        ),
        Some(_) => return None,
    };
    Some(Finding::new(Level::Wrong, "schema", what, then))
}

fn durability(server: &Server) -> Option<Finding> {
    (!server.unsafe_settings.is_empty()).then(|| {
        Finding::new(
            Level::Wrong,
            "not_durable",
            format!(
                "the database forgets what it has confirmed when the power goes: {} off",
                server.unsafe_settings.join(" and ")
            ),
            "A delivery that was answered 200 is never sent again. Turn it on in postgresql.conf and restart PostgreSQL.",
        )
    })
}

fn room(server: &Server) -> Option<Finding> {
    let disk = server.disk?;
    let (level, code) = match disk.free {
        ..FULL_BYTES => (Level::Wrong, "disk_full"),
        FULL_BYTES..SCARCE_BYTES => (Level::Look, "disk_scarce"),
        _ => return None,
    };
    let mebibytes = |bytes: u64| bytes / (1_024 * 1_024);
    let what = format!(
        "{} MiB are left of {} on the disk of the database",
        mebibytes(disk.free),
        mebibytes(disk.total)
    );
    let then = "When it is full, deliveries are answered 503. Make room, or set TRIBUTARY_RETENTION_BODIES_DAYS to have old bodies removed.";
    Some(Finding::new(level, code, what, then))
}

fn master_key(state: KeyState) -> Option<Finding> {
    let (level, code, what, then) = match state {
        KeyState::Fits => return None,
        KeyState::Absent => (
            Level::Note,
            "no_master_key",
            "no master key is set: secrets are stored as they are",
            "Set TRIBUTARY_MASTER_KEY or TRIBUTARY_MASTER_KEY_FILE, then run `tributary secrets rotate`: a stolen copy of the database then signs nothing.",
        ),
        KeyState::Missing => (
            Level::Wrong,
            "master_key_missing",
            "secrets are sealed, and no master key is set: nothing can be verified",
            "Set TRIBUTARY_MASTER_KEY to the key that they were sealed with.",
        ),
        KeyState::Wrong => (
            Level::Wrong,
            "master_key_wrong",
            "secrets were sealed with another master key: nothing can be verified",
            "Set TRIBUTARY_MASTER_KEY to the key that they were sealed with. Where several keys have sealed, give the others as TRIBUTARY_MASTER_KEY_OLD and run `tributary secrets rotate`; a source whose key is lost goes with `tributary sources remove ID --yes`.",
        ),
    };
    Some(Finding::new(level, code, what, then))
}

fn clock(theirs: Micros, now: Micros) -> Option<Finding> {
    let seconds = theirs.0.saturating_sub(now.0) / 1_000_000;
    let level = match seconds.unsigned_abs() {
        far if far >= CLOCK_FAR_SECONDS.unsigned_abs() => Level::Wrong,
        far if far > CLOCK_SECONDS.unsigned_abs() => Level::Look,
        _ => return None,
    };
    let side = if seconds > 0 { "behind" } else { "ahead of" };
    Some(Finding::new(
        level,
        "clock",
        format!(
            "this machine's clock is {} {side} the database's",
            span(seconds)
        ),
        "Set both by NTP: signatures are refused that seem older than five minutes.",
    ))
}

/// Whether processors can reach the server, where they are to.
pub(super) fn address(facts: &Facts) -> Option<Finding> {
    let is_wanted = facts.sources.iter().any(SourceFacts::is_open);
    let url = &facts.server.public_url;
    (is_wanted && is_local(url)).then(|| {
        Finding::new(
            Level::Look,
            "local_address",
            format!("as far as the server knows, it is reached at {url}: no processor can do that"),
            "Set TRIBUTARY_PUBLIC_URL or --public-url to the address that the world sees; for trying out, a tunnel will do.",
        )
    })
}
