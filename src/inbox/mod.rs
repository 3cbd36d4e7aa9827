//! The inbox: every verified delivery, byte for byte, committed before it is answered.
//!
//! One writer takes what is queued, commits it as one batch and answers all of it: many deliveries share
//! one flush to disk, and an idle server answers at once. Where the ledger keeps up, it is asked first: it stores a
//! delivery and what follows from it in one transaction ([`Inbox::before`]). Nothing here understands an event, but for
//! the comparison of two that came under one id; what is stored, and how, is said here alone.

mod arrived;
mod body;
mod conflict;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use providers::delivery::{Envelope, Reading, Verified};
use providers::{Adapter, Micros, Settings};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

pub(crate) use arrived::{Arrived, Known, New, Outside, Standing, event_rows, push_event};
pub use body::{pack, unpack};
pub(crate) use sql::{INSERT_BODIES, INSERT_EVENTS};

use crate::books::statements::inbox as sql;
use crate::id::IdSource;
use crate::sources::Source;
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
    /// The settings of its source, as whoever took it in knows them.
    pub settings: Settings,
}

impl Arrival {
    /// What has come to a source: delivered, or found by asking its processor.
    pub fn of(
        adapter: &dyn Adapter,
        source: &Source,
        verified: Verified,
        received_at: Micros,
    ) -> Self {
        let envelope = adapter.envelope(&verified);
        Self {
            organization_id: source.organization_id.clone(),
            source_id: source.id.clone(),
            processor: source.processor.clone(),
            // Only what is live in a live source is money; all else goes to the test ledger.
            livemode: source.livemode && envelope.livemode != Some(false),
            envelope,
            verified,
            received_at,
            settings: source.settings.clone(),
        }
    }
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

/// A delivery that waits to be stored.
pub(crate) struct Waiting {
    pub(crate) arrival: Arrival,
    /// The body as it is stored: compressed by who delivers, since the writer is one and they are many.
    packed: Vec<u8>,
    /// What it says by the settings that it came with, where that has been read already: by who delivers, as well.
    pub(crate) reading: Option<Reading>,
    answer: oneshot::Sender<Result<Receipt, InboxError>>,
    /// The way to the inbox's own writer.
    queue: mpsc::Sender<Self>,
}

impl Waiting {
    /// Says what has become of it. A caller that went away will be sent the event again by its processor.
    pub(crate) fn answer(self, outcome: Result<Receipt, InboxError>) {
        drop(self.answer.send(outcome));
    }

    /// Whether who delivers it has gone, and will send it again.
    pub(crate) fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    /// Has it stored by itself.
    pub(crate) fn alone(self) {
        let queue = self.queue.clone();
        if let Err(refused) = queue.try_send(self) {
            let (waiting, error) = match refused {
                mpsc::error::TrySendError::Full(waiting) => (waiting, InboxError::Full),
                mpsc::error::TrySendError::Closed(waiting) => (waiting, InboxError::Unavailable),
            };
            waiting.answer(Err(error));
        }
    }
}

/// Who may take a delivery before it is stored by itself; gives it back otherwise.
type Before = dyn Fn(Waiting) -> Option<Waiting> + Send + Sync;

/// The way into the inbox.
#[derive(Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Waiting>,
    within: Duration,
    writing: Writing,
    before: Option<Arc<Before>>,
}

/// Since when the writer has been at its batch.
#[derive(Clone, Default)]
struct Writing(Arc<Mutex<Option<Instant>>>);

impl Writing {
    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch that takes longer is no ordinary one.
const STUCK_AFTER: Duration = Duration::from_secs(2);

/// Limits of the inbox.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Deliveries that may wait; one more is answered with [`InboxError::Full`].
    pub queue_length: usize,
    /// Deliveries in one commit.
    pub batch_size: usize,
    /// How long a delivery waits for its answer, and the writer for the database.
    pub within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue_length: 4_096,
            batch_size: 256,
            within: Duration::from_secs(5),
        }
    }
}

impl Inbox {
    /// Makes an inbox and its writer. The writer is a future to be run; it ends when all clones of the
    /// inbox are gone and what was queued is written. After each commit it calls `stored` with the
    /// organization that has news, and how many deliveries it was.
    pub fn new(
        store: Arc<dyn Store>,
        ids: Arc<IdSource>,
        limits: Limits,
        stored: impl Fn(&str, usize) + Send + 'static,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, received) = mpsc::channel(limits.queue_length);
        let writing = Writing::default();
        let writer = writer::run(
            writer::Place { store, ids },
            received,
            limits,
            writing.clone(),
            stored,
        );
        let inbox = Self {
            queue,
            within: limits.within,
            writing,
            before: None,
        };
        (inbox, writer)
    }

    /// How many deliveries wait for the writer.
    pub fn queued(&self) -> usize {
        self.queue
            .max_capacity()
            .saturating_sub(self.queue.capacity())
    }

    /// Asks somebody else first, for each delivery.
    #[must_use]
    pub(crate) fn before(
        mut self,
        take: impl Fn(Waiting) -> Option<Waiting> + Send + Sync + 'static,
    ) -> Self {
        self.before = Some(Arc::new(take));
        self
    }

    /// Whether the database keeps the writer waiting now.
    pub fn is_stuck(&self) -> bool {
        self.writing
            .since()
            .is_some_and(|since| since.elapsed() > STUCK_AFTER)
    }

    /// Stores a delivery; returns after the commit that makes it survive a power cut.
    ///
    /// # Errors
    /// [`InboxError`]; nothing was lost that had been answered. A delivery that took too long may have been stored all the same: when it is sent
    /// again it is a duplicate.
    pub async fn accept(&self, arrival: Arrival) -> Result<Receipt, InboxError> {
        // Nobody is listened to at length whose delivery could not be stored anyway.
        if self.queue.capacity() == 0 {
            return Err(InboxError::Full);
        }
        let packed = pack(&arrival.processor, arrival.verified.body())
            .map_err(|_no_memory| InboxError::Unavailable)?;
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            arrival,
            packed,
            reading: None,
            answer,
            queue: self.queue.clone(),
        };
        let left = match &self.before {
            Some(before) => before(waiting),
            None => Some(waiting),
        };
        if let Some(waiting) = left {
            waiting.alone();
        }
        match timeout(self.within, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(InboxError::Unavailable),
        }
    }
}
