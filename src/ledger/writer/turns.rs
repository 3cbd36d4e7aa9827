//! Whose turn it is to change an organization's terms: one after another. Who waits for the organization's lock in the database holds a connection
//! meanwhile; a crowd of them would hold all, and no delivery of anybody could be stored. So they wait here, and hold none.
//!
//! It orders the callers of one process, and guards nothing: that is the lock's work.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as Queue, OwnedMutexGuard};
use tokio::time::timeout;

use crate::store::StoreError;

/// How long a caller waits for its turn: as long as for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// The queues of those who wait, by organization.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<BTreeMap<String, Weak<Queue<()>>>>>);

/// A turn; the next has his when it is dropped.
pub struct Turn {
    _held: OwnedMutexGuard<()>,
}

impl Turns {
    /// Waits for a turn, first come, first served.
    pub(super) async fn wait(&self, organization_id: &str) -> Result<Turn, StoreError> {
        let waited = timeout(PATIENCE, self.queue(organization_id).lock_owned()).await;
        let held = waited.map_err(|_late| StoreError::Busy)?;
        Ok(Turn { _held: held })
    }

    fn queue(&self, organization_id: &str) -> Arc<Queue<()>> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(organization_id).and_then(Weak::upgrade) {
            return queue;
        }
        // Those that nobody waits in any more are forgotten.
        queues.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::new(Queue::new(()));
        queues.insert(organization_id.to_owned(), Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_organization_changes_one_after_another_and_another_beside_it() {
        let turns = Turns::default();
        let first = turns.wait("org_a").await.unwrap();
        assert!(turns.wait("org_b").await.is_ok());
        let at_once = timeout(Duration::from_millis(10), turns.wait("org_a"));
        assert!(at_once.await.is_err(), "the second waits");
        drop(first);
        assert!(turns.wait("org_a").await.is_ok());
    }
}
