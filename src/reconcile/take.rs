//! Puts what was found into the inbox, marked as found. The mark comes first: a crash between the two leaves one that nothing belongs to, and what
//! is found once more.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Reconciler, Trouble};
use crate::books::reconciliations as books;
use crate::inbox::{Arrival, Inbox, Limits};

impl Reconciler {
    /// Stores all of them; returns after the commits.
    pub(super) async fn take_in(
        &self,
        org: &str,
        source_id: &str,
        missing: Vec<Arrival>,
    ) -> Result<(), Trouble> {
        if missing.is_empty() {
            return Ok(());
        }
        let away = |error: &dyn std::fmt::Display| {
            Trouble::passing(format!("what was found cannot be stored: {error}"))
        };
        let ids: BTreeSet<&str> = missing
            .iter()
            .map(|one| one.envelope.event_id.as_str())
            .collect();
        let noted = books::note(&self.books(org), source_id, &ids).await;
        noted.map_err(|error| away(&error))?;
        let count = missing.len();
        let (store, ids) = (Arc::clone(&self.store), Arc::clone(&self.ids));
        let (inbox, writer) = Inbox::new(store, ids, Limits::default(), |_, _| {});
        let writing = tokio::spawn(writer);
        let mut storing = JoinSet::new();
        for arrival in missing {
            let inbox = inbox.clone();
            storing.spawn(async move { inbox.accept(arrival).await });
        }
        drop(inbox);
        let mut outcome = Ok(());
        while let Some(stored) = storing.join_next().await {
            match stored {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => outcome = Err(away(&error)),
                Err(error) => outcome = Err(away(&error)),
            }
        }
        // It ends when all is written.
        drop(writing.await);
        if let Some(ledger) = &self.ledger {
            ledger.tell(org, count);
        }
        outcome
    }
}
