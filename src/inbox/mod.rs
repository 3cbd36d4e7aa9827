//! The inbox: every verified delivery, byte for byte, committed before it is answered.
//!
//! One writer takes what is queued, commits it as one batch and answers all of it: many deliveries share
//! one flush to disk, and an idle server answers at once. Nothing here understands an event; nothing else
//! writes to the inbox.

mod body;
mod sql;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use providers::Micros;
use providers::delivery::{Envelope, Verified};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

pub use body::{pack, unpack};
pub use sql::STATEMENTS;
pub(crate) use sql::{INSERT_BODIES, INSERT_EVENTS};

use crate::id::IdSource;
use crate::store::Store;

/// A verified delivery on its way into the inbox.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Whose it is.
    pub organization_id: String,
    /// The source it came to.
    pub source_id: String,
    /// The processor's id.
    pub processor: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// What its outside says.
    pub envelope: Envelope,
    /// Exact body and kept headers.
    pub verified: Verified,
    /// When it arrived.
    pub received_at: Micros,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The event's id here.
    pub event_id: String,
    /// Whether the event was there before.
    pub duplicate: bool,
}

/// Why a delivery could not be stored. The processor is told to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InboxError {
    /// More is queued than can be written in good time.
    #[error("the inbox queue is full")]
    Full,
    /// The database does not take it.
    #[error("the inbox cannot be written")]
    Unavailable,
}

/// How long a delivery waits for its commit, behind others and for itself. Who delivers waits little longer
/// (Shopify five seconds in all), and a database that does not answer must not keep everybody waiting.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

struct Waiting {
    arrival: Arrival,
    answer: oneshot::Sender<Result<Receipt, InboxError>>,
}

/// The way into the inbox.
#[derive(Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Waiting>,
}

/// Limits of the inbox.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Deliveries that may wait; one more is answered with [`InboxError::Full`].
    pub queue_length: usize,
    /// Deliveries in one commit.
    pub batch_size: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_length: 4_096,
            batch_size: 256,
        }
    }
}

impl Inbox {
    /// Makes an inbox and its writer. The writer is a future to be run; it ends when all clones of the
    /// inbox are gone and what was queued is written. After each commit it calls `stored` with the
    /// organizations that have news.
    pub fn new(
        store: Arc<dyn Store>,
        ids: Arc<IdSource>,
        limits: Limits,
        stored: impl Fn(&[String]) + Send + 'static,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, received) = mpsc::channel(limits.queue_length);
        let writer = writer::run(store, ids, received, limits.batch_size, stored);
        (Self { queue }, writer)
    }

    /// Stores a delivery; returns after the commit that makes it survive a power cut.
    ///
    /// # Errors
    /// [`InboxError`]; nothing was lost that had been answered.
    pub async fn accept(&self, arrival: Arrival) -> Result<Receipt, InboxError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting { arrival, answer })
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => InboxError::Full,
                mpsc::error::TrySendError::Closed(_) => InboxError::Unavailable,
            })?;
        // What is given up here may be stored all the same: the processor sends it again, and it is known.
        let outcome = tokio::time::timeout(ANSWER_WITHIN, answered).await;
        outcome.map_or(Err(InboxError::Unavailable), |told| {
            told.unwrap_or(Err(InboxError::Unavailable))
        })
    }
}
