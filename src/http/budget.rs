//! How many bytes of deliveries may be in memory at the same time, over all connections.
//!
//! Nobody has proved anything before his body is read. What counts is what has arrived, not what was announced: who
//! announces much and sends nothing takes nobody's room. The first bytes of each body are free, since the number of
//! connections bounds them: an ordinary delivery never waits for room.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The unit of the budget, in bytes.
const PIECE_BYTES: usize = 1_024;

/// What every body may have beside the budget, in bytes.
const FREE_BYTES: usize = 16 * PIECE_BYTES;

/// How long a body waits for room each time. Then its processor is asked to come again.
const WAIT: Duration = Duration::from_secs(2);

/// Room for bodies.
#[derive(Clone)]
pub struct Budget {
    room: Arc<Semaphore>,
    pieces: usize,
}

/// A body's share of the room, given back when dropped.
pub struct Share {
    budget: Budget,
    bytes: usize,
    held: Option<OwnedSemaphorePermit>,
}

/// There is no room for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

impl Budget {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        let pieces = (bytes / PIECE_BYTES).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            room: Arc::new(Semaphore::new(pieces)),
            pieces,
        }
    }

    /// The share of a body of which nothing is there yet.
    pub fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            bytes: 0,
            held: None,
        }
    }
}

impl Share {
    /// Takes room for so many bytes more. A body larger than the budget has all of it.
    ///
    /// # Errors
    /// [`NoRoom`] after a while.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        self.bytes = self.bytes.saturating_add(bytes);
        let wanted = self.bytes.saturating_sub(FREE_BYTES).div_ceil(PIECE_BYTES);
        let held = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        let more = wanted.min(self.budget.pieces).saturating_sub(held);
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(|_too_many| NoRoom)?;
        let taking = Arc::clone(&self.budget.room).acquire_many_owned(more);
        let taken = timeout(WAIT, taking).await;
        let taken = taken.ok().and_then(Result::ok).ok_or(NoRoom)?;
        match &mut self.held {
            Some(held) => held.merge(taken),
            None => self.held = Some(taken),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn grows(share: &mut Share, bytes: usize) -> bool {
        let growing = timeout(Duration::from_millis(20), share.grow(bytes));
        growing.await.is_ok_and(|grown| grown.is_ok())
    }

    #[tokio::test]
    async fn who_finds_no_room_is_sent_away_and_room_comes_back() {
        let budget = Budget::new(4 * PIECE_BYTES);
        let mut most = budget.share();
        assert!(grows(&mut most, FREE_BYTES + 3 * PIECE_BYTES).await);
        let mut other = budget.share();
        assert!(!grows(&mut other, FREE_BYTES + 2 * PIECE_BYTES).await);
        drop(most);
        assert!(grows(&mut budget.share(), FREE_BYTES + 2 * PIECE_BYTES).await);
    }

    #[tokio::test]
    async fn an_ordinary_delivery_needs_no_room() {
        let budget = Budget::new(PIECE_BYTES);
        let mut all = budget.share();
        assert!(grows(&mut all, FREE_BYTES + PIECE_BYTES).await);
        assert!(grows(&mut budget.share(), FREE_BYTES).await);
        assert!(!grows(&mut budget.share(), FREE_BYTES + 1).await);
    }

    #[tokio::test]
    async fn a_body_larger_than_the_budget_has_it_alone() {
        let budget = Budget::new(2 * PIECE_BYTES);
        let mut all = budget.share();
        for _ in 0..90 {
            assert!(grows(&mut all, PIECE_BYTES).await);
        }
        assert!(!grows(&mut budget.share(), FREE_BYTES + 1).await);
    }
}
