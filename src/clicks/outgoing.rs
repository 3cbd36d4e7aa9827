//! Tells endpoints of outgoing webhooks of clicks, where one asks for them. Few do: whether one does is asked once in a while, so that clicks cost
//! nobody else a statement. An endpoint gets the clicks of a moment after it was made.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use providers::Micros;
use tokio::time::Instant;

use crate::id::IdSource;
use crate::outbox::{self, Desk, Kind, News};
use crate::store::{StoreError, Transaction};

/// For how long an organization of which nobody wants clicks is not asked again.
const REMEMBERED: Duration = Duration::from_secs(5);
/// Organizations that are remembered.
const ORGANIZATIONS_MAX: usize = 10_000;

/// What is known of who wants clicks.
pub(super) struct Outgoing {
    ids: Arc<IdSource>,
    unwanted: HashMap<String, Instant>,
}

impl Outgoing {
    pub(super) fn new(ids: Arc<IdSource>) -> Self {
        Self {
            ids,
            unwanted: HashMap::new(),
        }
    }

    /// Writes messages about recorded clicks, in the transaction that records them.
    pub(super) async fn tell(
        &mut self,
        transaction: &mut dyn Transaction,
        org: &str,
        now: Micros,
        clicks: &[&str],
    ) -> Result<(), StoreError> {
        let asked = self.unwanted.get(org);
        if asked.is_some_and(|at| at.elapsed() < REMEMBERED) {
            return Ok(());
        }
        let wanted = outbox::wanted_locked(transaction, org, Kind::ClickCreated).await?;
        let mut news = News::wanted(wanted);
        if news.is_for_nobody() {
            if self.unwanted.len() >= ORGANIZATIONS_MAX {
                self.unwanted.clear();
            }
            self.unwanted.insert(org.to_owned(), Instant::now());
            return Ok(());
        }
        self.unwanted.remove(org);
        for id in clicks {
            news.note(Kind::ClickCreated, true, id);
        }
        let desk = Desk {
            org,
            now,
            ids: &self.ids,
        };
        news.write(transaction, desk).await
    }
}
