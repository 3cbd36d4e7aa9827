//! Asks processors for what they have, so that a delivery which never came costs nobody money.
//!
//! What a page means, and which comes next, is said in `providers` ([`providers::History`]); here is what it takes to ask: the key, the connection,
//! patience, and the place where a walk stands. What is found and missing goes into the inbox as a delivery does, is marked as found, and reaches
//! the ledger on the one way that there is. Nothing here counts money.
//!
//! Asking changes nothing at the processor. A walk that is broken off goes on at its last page; one that is made again finds nothing new.

mod client;
mod compare;
mod credential;
mod job;
mod probe;
mod take;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use providers::Micros;
use reqwest::Client;
use tokio::sync::OnceCell;

pub use client::Trouble;
pub use credential::{CredentialError, about as credential_about, forget, keep};
pub use job::{EVERY, KIND, reconcile};
pub use probe::{Access, Missing};
pub use walk::{Goal, Seen, Walk};

use crate::books;
use crate::clock::Clock;
use crate::config::Config;
use crate::id::IdSource;
use crate::ledger::writer::Ledger;
use crate::seal::Seal;
use crate::sources::{Desk, Source};
use crate::store::Store;

/// What happened less than so long ago may still be on its way as a delivery.
pub const GRACE_SECONDS: i64 = 900;

/// What asking takes.
#[derive(Clone)]
pub struct Reconciler {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<IdSource>,
    /// Opens keys.
    seal: Arc<Seal>,
    /// Where APIs are, other than where they are known to be.
    urls: Arc<BTreeMap<String, String>>,
    /// Who is told of news.
    ledger: Option<Ledger>,
    client: Arc<OnceCell<Client>>,
}

impl Reconciler {
    /// One that has asked nothing yet.
    pub fn new(
        config: &Config,
        (store, clock, ids): (Arc<dyn Store>, Arc<dyn Clock>, Arc<IdSource>),
        ledger: Option<Ledger>,
    ) -> Self {
        let mut urls = config.api_urls.clone();
        urls.insert("stripe".to_owned(), config.stripe_url.clone());
        Self {
            store,
            clock,
            ids,
            seal: Arc::new(Seal::of(config)),
            urls: Arc::new(urls),
            ledger,
            client: Arc::default(),
        }
    }

    /// The books of an organization.
    pub fn books<'a>(&'a self, org: &'a str) -> books::Scope<'a> {
        books::Scope {
            store: self.store.as_ref(),
            org,
            now: self.clock.now(),
        }
    }

    fn desk(&self) -> Desk<'_> {
        Desk {
            store: self.store.as_ref(),
            seal: &self.seal,
            ids: &self.ids,
            now: self.clock.now(),
        }
    }
}

/// What is asked for where nobody says: from where the last walk ended, or the source began, up to what cannot be on its way any more.
pub fn usual_span(
    source: &Source,
    asked_until: Option<Micros>,
    overlap_seconds: i64,
    now: Micros,
) -> providers::history::Span {
    let until = now.plus_seconds(-GRACE_SECONDS);
    let since = match asked_until {
        Some(at) => at.plus_seconds(-overlap_seconds),
        None => source.created_at.max(now.plus_days(-FIRST_DAYS)),
    };
    providers::history::Span {
        since: since.min(until),
        until,
    }
}

/// How far the first walk reaches back, in days, where the source is older.
const FIRST_DAYS: i64 = 29;
