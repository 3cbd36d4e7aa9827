//! What is measured, for Prometheus.
//!
//! Every label has few values, all of them ours: a type that no processor's folder names is `other`, a reason is one of our words. Nothing here
//! knows an organization, a source, an id or an address, so a scrape gives nobody away and its size does not grow with use. What was counted
//! since the process began is counted where it happens; how much waits is looked up when somebody asks ([`scrape`]).

mod database;
mod route;
mod scrape;

use std::sync::LazyLock;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use providers::{Adapter, Micros};

use crate::id;

pub use database::Observed;
pub use route::{Door, router, routes, time_answers};

/// What every name begins with.
const PREFIX: &str = "tributary";

/// Upper ends of the buckets of times, in seconds: from a commit on a good disk to what a processor gives up on.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Upper ends of the buckets of recording, in seconds: a backlog may take minutes.
const RECORD_SECONDS: [f64; 13] = [
    0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 120.0, 600.0,
];

/// Upper ends of the buckets of batches, in deliveries.
const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored.
    Stored,
    /// It was there before.
    Duplicate,
    /// It could not be stored: our fault, and its processor sends it again.
    Unavailable,
    /// It did not verify, or was too large.
    Refused,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Duplicate => "duplicate",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Delivered {
    processor: &'static str,
    r#type: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Refused {
    part: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    part: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Attempted {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Queue {
    queue: &'static str,
}

/// Times of one label set.
type Times<L> = Family<L, Histogram, fn() -> Histogram>;

fn times() -> Histogram {
    Histogram::new(SECONDS)
}

/// From receipt to recorded. One for the process: what is recorded is known deep inside the ledger's writer, which is given nothing but its tools.
static RECORDED: LazyLock<Histogram> = LazyLock::new(|| Histogram::new(RECORD_SECONDS));

/// Deliveries that shared a commit; for the same reason one for the process.
static COMMITTED: LazyLock<Histogram> = LazyLock::new(|| Histogram::new(SIZES));

/// Attempts to send an outgoing webhook; they are made in jobs.
static SENT: LazyLock<Family<Attempted, Counter>> = LazyLock::new(Family::default);

/// What becomes of an attempt to send an outgoing webhook.
const SENDING: [&str; 2] = ["taken", "failed"];

/// Counts an attempt to send an outgoing webhook.
pub fn webhook_sent(taken: bool) {
    let [good, bad] = SENDING;
    let outcome = if taken { good } else { bad };
    SENT.get_or_create(&Attempted { outcome }).inc();
}

/// What became of mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailed {
    /// The server for mails has taken it.
    Sent,
    /// It is tried again later.
    PutOff,
    /// It was given up.
    Failed,
}

impl Mailed {
    const ALL: [Self; 3] = [Self::Sent, Self::PutOff, Self::Failed];

    const fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::PutOff => "put_off",
            Self::Failed => "failed",
        }
    }
}

/// Attempts to send a mail; they are made in jobs.
static MAILED: LazyLock<Family<Attempted, Counter>> = LazyLock::new(Family::default);

/// Counts attempts to send mails.
pub fn mailed(became: Mailed, mails: usize) {
    let outcome = became.word();
    let mails = u64::try_from(mails).unwrap_or(u64::MAX);
    MAILED.get_or_create(&Attempted { outcome }).inc_by(mails);
}

/// Notes how many deliveries a commit has stored, if any.
pub fn committed(deliveries: usize) {
    if deliveries > 0 {
        let size = u32::try_from(deliveries).unwrap_or(u32::MAX);
        COMMITTED.observe(f64::from(size));
    }
}

/// Notes that events have been recorded now. When each was received stands in its id.
pub fn recorded<'a>(event_ids: impl Iterator<Item = &'a str>, now: Micros) {
    for received_at in event_ids.filter_map(id::made_at) {
        let took = u64::try_from(now.0.saturating_sub(received_at.0)).unwrap_or(0);
        RECORDED.observe(Duration::from_micros(took).as_secs_f64());
    }
}

/// Everything that is measured.
pub struct Metrics {
    registry: Registry,
    deliveries: Family<Delivered, Counter>,
    refusals: Family<Refused, Counter>,
    answers: Times<Answered>,
    queues: Family<Queue, Gauge>,
    events: Family<Of, Gauge>,
    oldest: Gauge,
    webhooks: Gauge,
    mails: Family<Of, Gauge>,
    found: Gauge,
    not_asked: Gauge,
    differences: Gauge,
    compared: Gauge,
    database: database::Figures,
    memory: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let mut metrics = Self {
            deliveries: Family::default(),
            refusals: Family::default(),
            answers: Times::new_with_constructor(times),
            queues: Family::default(),
            events: Family::default(),
            oldest: Gauge::default(),
            webhooks: Gauge::default(),
            mails: Family::default(),
            found: Gauge::default(),
            not_asked: Gauge::default(),
            differences: Gauge::default(),
            compared: Gauge::default(),
            database: database::Figures::default(),
            memory: Gauge::default(),
            registry: Registry::default(),
        };
        metrics.register(&mut registry);
        metrics.database.register(&mut registry);
        metrics.registry = registry;
        metrics.tell_from_the_start();
        metrics
    }
}

impl Metrics {
    fn register(&self, registry: &mut Registry) {
        registry.register(
            "deliveries",
            "Deliveries by processor, type and outcome; a type that is not known is other",
            self.deliveries.clone(),
        );
        registry.register(
            "refusals",
            "What was refused, by the part that it came to and the reason",
            self.refusals.clone(),
        );
        registry.register_with_unit(
            "answer",
            "From a request's head to its answer, by part of the server and class of status",
            Unit::Seconds,
            self.answers.clone(),
        );
        registry.register_with_unit(
            "record",
            "From a delivery's receipt to its commit in the ledger",
            Unit::Seconds,
            RECORDED.clone(),
        );
        registry.register(
            "inbox_batch_deliveries",
            "Deliveries that shared one commit",
            COMMITTED.clone(),
        );
        self.register_outgoing(registry);
        registry.register(
            "queue_length",
            "What waits in memory: verified deliveries for the inbox, reports and news for the ledger",
            self.queues.clone(),
        );
        registry.register(
            "events",
            "Events that are not done, by state: received, parked, failed",
            self.events.clone(),
        );
        registry.register_with_unit(
            "oldest_unprocessed_age",
            "How long the oldest event that is not read yet has waited; 0 where none waits",
            Unit::Seconds,
            self.oldest.clone(),
        );
        self.register_books(registry);
        registry.register_with_unit(
            "resident_memory",
            "Memory of the process",
            Unit::Bytes,
            self.memory.clone(),
        );
    }

    /// Deliveries of which there was none yet are told as none: an alarm for silence hears nothing of a series that is not there, and one
    /// for failures does not see its first.
    fn tell_from_the_start(&self) {
        for adapter in providers::adapters() {
            for event in adapter.about().events {
                self.deliveries_of(*adapter, Some(event.name), Outcome::Stored);
            }
            self.deliveries_of(*adapter, Some("other"), Outcome::Stored);
            for outcome in [Outcome::Refused, Outcome::Unavailable] {
                self.deliveries_of(*adapter, None, outcome);
            }
        }
    }

    /// Whether what is booked is what there was.
    fn register_books(&self, registry: &mut Registry) {
        registry.register(
            "reconcile_found",
            "Events of the last day that no delivery had told of when the processor was asked",
            self.found.clone(),
        );
        registry.register(
            "reconcile_failing",
            "Sources whose processor could not be asked the last time",
            self.not_asked.clone(),
        );
        registry.register(
            "books_differences",
            "What the last comparison of the books with all deliveries has found to differ",
            self.differences.clone(),
        );
        registry.register_with_unit(
            "books_compared_timestamp",
            "When the books were last compared, of the organization for which that is the longest ago; 0 where never",
            Unit::Seconds,
            self.compared.clone(),
        );
    }

    /// What goes out: webhooks and mails.
    fn register_outgoing(&self, registry: &mut Registry) {
        // Told from the start, so that an alarm sees the first one rise from zero.
        for outcome in SENDING {
            drop(SENT.get_or_create(&Attempted { outcome }));
        }
        for outcome in Mailed::ALL.map(Mailed::word) {
            drop(MAILED.get_or_create(&Attempted { outcome }));
        }
        registry.register(
            "webhook_attempts",
            "Attempts to send an outgoing webhook, by what became of them: taken, failed",
            SENT.clone(),
        );
        registry.register(
            "webhooks_waiting",
            "Outgoing webhooks that wait to be sent, or to be tried again",
            self.webhooks.clone(),
        );
        registry.register(
            "mail_attempts",
            "Attempts to send a mail, by what became of them: sent, put_off (it is tried again), failed (given up)",
            MAILED.clone(),
        );
        registry.register(
            "mails",
            "Mails that are not sent, by state: waiting, failed",
            self.mails.clone(),
        );
    }

    /// Counts a delivery.
    pub fn delivery(&self, adapter: &dyn Adapter, event_type: Option<&str>, outcome: Outcome) {
        self.deliveries_of(adapter, event_type, outcome).inc();
    }

    fn deliveries_of(
        &self,
        adapter: &dyn Adapter,
        event_type: Option<&str>,
        outcome: Outcome,
    ) -> Counter {
        let about = adapter.about();
        let known = |given: &str| about.events.iter().find(|event| event.name == given);
        let delivered = Delivered {
            processor: about.id,
            r#type: match event_type {
                Some(given) => known(given).map_or("other", |event| event.name),
                None => "unread",
            },
            outcome: outcome.word(),
        };
        self.deliveries.get_or_create(&delivered).clone()
    }

    /// Counts a refusal.
    pub fn refusal(&self, part: &'static str, reason: &'static str) {
        self.refusals.get_or_create(&Refused { part, reason }).inc();
    }

    fn answer(&self, part: &'static str, status: &'static str, took: Duration) {
        let answered = Answered { part, status };
        let times = self.answers.get_or_create(&answered);
        times.observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
