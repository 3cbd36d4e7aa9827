//! How many bytes of deliveries may be in memory at the same time, over all connections.
//!
//! Nobody has proved anything before his body is read: the budget, not his word, bounds what he costs.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit of the budget, in bytes.
const PIECE_BYTES: usize = 1_024;

/// How long a delivery waits for room. Then its processor is asked to come again.
const WAIT: Duration = Duration::from_secs(2);

/// Room for bodies.
#[derive(Clone)]
pub struct Budget {
    room: Arc<Semaphore>,
    pieces: u32,
}

/// A body's share of the room, given back when dropped.
pub struct Share(
    #[expect(dead_code, reason = "held, and given back when dropped")] OwnedSemaphorePermit,
);

impl Budget {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        let pieces = (bytes / PIECE_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        Self {
            room: Arc::new(Semaphore::new(usize::try_from(pieces).unwrap_or(1))),
            pieces,
        }
    }

    /// Takes room for a body of at most `bytes`; `None` when there is none for a while.
    pub async fn take(&self, bytes: usize) -> Option<Share> {
        let pieces = u32::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        let pieces = pieces.clamp(1, self.pieces);
        let taking = Arc::clone(&self.room).acquire_many_owned(pieces);
        let taken = tokio::time::timeout(WAIT, taking).await.ok()?;
        taken.ok().map(Share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn has_room(budget: &Budget, bytes: usize) -> bool {
        let taking = tokio::time::timeout(Duration::from_millis(20), budget.take(bytes));
        taking.await.is_ok_and(|taken| taken.is_some())
    }

    #[tokio::test]
    async fn who_finds_no_room_is_sent_away_and_room_comes_back() {
        let budget = Budget::new(4 * PIECE_BYTES);
        let most = budget.take(3 * PIECE_BYTES).await.unwrap();
        assert!(!has_room(&budget, 2 * PIECE_BYTES).await);
        drop(most);
        assert!(has_room(&budget, 2 * PIECE_BYTES).await);
    }

    #[tokio::test]
    async fn a_body_larger_than_the_budget_has_it_alone() {
        let budget = Budget::new(2 * PIECE_BYTES);
        let all = budget.take(9 * PIECE_BYTES).await.unwrap();
        assert!(!has_room(&budget, 1).await);
        drop(all);
    }
}
