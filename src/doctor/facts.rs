//! What the doctor knows before it judges. Plain values: a test makes them by hand.

use std::collections::BTreeMap;

use providers::Micros;

use crate::books::audits::Audited;
use crate::books::health::{Open, Seen};
use crate::books::refusals::Refused;
use crate::reconcile::Access;

/// Everything that is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The time.
    pub now: Micros,
    /// The installation.
    pub server: Server,
    /// The sources that are not removed.
    pub sources: Vec<SourceFacts>,
}

/// The installation.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The database's schema.
    pub schema: Schema,
    /// The database's own clock, where it has one.
    pub database_clock: Option<Micros>,
    /// Settings of the database that give up what it has confirmed, by name.
    pub unsafe_settings: Vec<String>,
    /// The bytes that the database takes.
    pub database_bytes: Option<i64>,
    /// The disk that the database's file is on, where that is on this machine.
    pub disk: Option<Disk>,
    /// Whether secrets at rest can be read.
    pub master_key: KeyState,
    /// How the world reaches the server, as far as it knows.
    pub public_url: String,
    /// Jobs that have failed too often, by kind.
    pub stopped_jobs: Vec<StoppedJobs>,
    /// The last comparison of the organization's books, if there was one.
    pub audited: Option<Audited>,
}

/// The schema of a database and that of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The newest step that the database has; `None`: it has none.
    pub found: Option<i64>,
    /// The newest step of this program.
    pub expected: i64,
}

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// Left.
    pub free: u64,
    /// In all.
    pub total: u64,
}

/// Whether what is sealed can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// A key is set, and what is stored opens.
    Fits,
    /// No key is set, and nothing is sealed.
    Absent,
    /// Something is sealed, and no key is set.
    Missing,
    /// Something is sealed with another key.
    Wrong,
}

/// Jobs of one kind that nobody tries again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedJobs {
    /// What was to be done.
    pub kind: String,
    /// How many.
    pub jobs: i64,
    /// Why the last of them failed.
    pub last_error: Option<String>,
}

/// A source and how its deliveries fare.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFacts {
    /// Its id.
    pub id: String,
    /// The processor's id.
    pub processor: String,
    /// The processor's name.
    pub title: &'static str,
    /// Live or test ledger.
    pub livemode: bool,
    /// `active`, `closed`, `disabled`.
    pub status: String,
    /// When it was added.
    pub added_at: Micros,
    /// What is odd about its secrets, in words that repeat nothing of them.
    pub odd_secrets: Vec<String>,
    /// The types of events that it must be told of.
    pub needed: Vec<&'static str>,
    /// The types that it has sent, among its newest deliveries.
    pub seen: Vec<Seen>,
    /// When its newest deliveries arrived, in any order.
    pub arrivals: Vec<Micros>,
    /// How many of its newest deliveries leave something out that the processor's API tells.
    pub cut: i64,
    /// What it has refused lately.
    pub refused: Vec<Refused>,
    /// How often it has refused for each reason since the hour in which a delivery was verified last.
    pub refused_since_verified: BTreeMap<String, i64>,
    /// Not read yet.
    pub received: Option<Open>,
    /// Waits for another event.
    pub parked: Option<Open>,
    /// Could not be processed.
    pub failed: Option<Open>,
    /// How the way to its processor's API is.
    pub access: Access,
}

impl SourceFacts {
    /// When a delivery was verified last.
    pub fn last_verified(&self) -> Option<Micros> {
        let types = self.seen.iter().map(|seen| seen.last_at);
        types.chain(self.arrivals.iter().copied()).max()
    }

    /// When a delivery was refused last.
    pub fn last_refused(&self) -> Option<Micros> {
        self.refused.iter().map(|refused| refused.last_at).max()
    }

    /// The needed types that were never among the newest deliveries.
    pub fn never_seen(&self) -> Vec<&'static str> {
        let is_seen = |name: &str| self.seen.iter().any(|seen| seen.event_type == name);
        let needed = self.needed.iter().copied();
        needed.filter(|name| !is_seen(name)).collect()
    }

    /// Whether it takes deliveries.
    pub fn is_open(&self) -> bool {
        self.status == "active" || self.status == "closed"
    }
}
