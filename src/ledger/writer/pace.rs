//! Whether the ledger keeps up: then it takes deliveries itself, and what they lead to is stored with them in one
//! transaction. Else they are stored alone, and processed when it is their turn. It decides nothing else.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Deliveries that may wait for the ledger: more would have to wait for too long.
const MOST: usize = 512;

/// How the ledger keeps up with each organization.
#[derive(Clone, Default)]
pub(super) struct Pace(Arc<State>);

#[derive(Default)]
struct State {
    waiting: AtomicUsize,
    /// Organizations of whose inbox something waits, or whose ledger somebody else writes.
    behind: Mutex<BTreeSet<String>>,
}

impl Pace {
    /// A place for one more delivery, where the organization's ledger keeps up.
    pub(super) fn enter(&self, organization_id: &str) -> bool {
        if self.is_behind(organization_id) {
            return false;
        }
        let waiting = &self.0.waiting;
        let entered = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| {
            (waiting < MOST).then_some(waiting + 1)
        });
        entered.is_ok()
    }

    /// Gives places back.
    pub(super) fn leave(&self, deliveries: usize) {
        self.0.waiting.fetch_sub(deliveries, Ordering::Relaxed);
    }

    /// From here on an organization's deliveries are stored alone.
    pub(super) fn fall_behind(&self, organization_id: &str) {
        self.set().insert(organization_id.to_owned());
    }

    /// Nothing of the organization waits any more.
    pub(super) fn catch_up(&self, organization_id: &str) {
        self.set().remove(organization_id);
    }

    fn is_behind(&self, organization_id: &str) -> bool {
        self.set().contains(organization_id)
    }

    fn set(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.0.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
