//! The database as its callers meet it: how long calls take, what is under way, what fails.
//!
//! A store around a store: it changes nothing and knows no statement.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use async_trait::async_trait;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

use super::{Metrics, Times, times};
use crate::store::{
    Args, Dialect, Flushing, Question, Row, Statement, Store, StoreError, Transaction,
};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Call {
    call: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(super) struct Kind {
    kind: &'static str,
}

/// What calls fail by.
const KINDS: [&str; 3] = ["busy", "unavailable", "other"];

type Level = Gauge<i64, AtomicI64>;

/// What is measured of the database.
#[derive(Clone)]
pub(super) struct Figures {
    calls: Times<Call>,
    errors: Family<Kind, Counter>,
    open: Level,
    waiting: Level,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            calls: Times::new_with_constructor(times),
            errors: Family::default(),
            open: Level::default(),
            waiting: Level::default(),
        }
    }
}

impl Figures {
    pub(super) fn register(&self, registry: &mut Registry) {
        // Told from the start, so that an alarm sees the first one rise from zero.
        for kind in KINDS {
            drop(self.errors.get_or_create(&Kind { kind }));
        }
        registry.register_with_unit(
            "database_call",
            "Calls to the database: a read, the begin of a transaction (waiting for a connection and the lock), a statement in one, a commit",
            Unit::Seconds,
            self.calls.clone(),
        );
        registry.register(
            "database_errors",
            "Calls that failed: busy (another transaction, or the time limit), unavailable (away, full, no connection free), other",
            self.errors.clone(),
        );
        registry.register(
            "database_connections_busy",
            "Connections that a transaction or a read holds now",
            self.open.clone(),
        );
        registry.register(
            "database_begins_waiting",
            "Transactions that wait for a connection or the lock now",
            self.waiting.clone(),
        );
    }

    async fn timed<T>(
        &self,
        call: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let outcome = work.await;
        let times = self.calls.get_or_create(&Call { call });
        times.observe(began.elapsed().as_secs_f64());
        drop(times);
        if let Err(error) = &outcome {
            let [busy, unavailable, other] = KINDS;
            let kind = match error {
                StoreError::Busy => busy,
                StoreError::Unavailable(_) => unavailable,
                _ => other,
            };
            self.errors.get_or_create(&Kind { kind }).inc();
        }
        outcome
    }

    async fn begun(
        &self,
        call: &'static str,
        begin: impl Future<Output = Result<Box<dyn Transaction>, StoreError>>,
    ) -> Result<Box<dyn Transaction>, StoreError> {
        let waiting = Held::of(&self.waiting);
        let inner = self.timed(call, begin).await?;
        drop(waiting);
        Ok(Box::new(Under {
            inner,
            figures: self.clone(),
            _open: Held::of(&self.open),
        }))
    }
}

/// One more as long as it lives, whatever it ends by.
struct Held(Level);

impl Held {
    fn of(level: &Level) -> Self {
        level.inc();
        Self(level.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A store that is measured.
pub struct Observed {
    inner: Arc<dyn Store>,
    figures: Figures,
}

impl Observed {
    /// Measures a store.
    pub fn around(inner: Arc<dyn Store>, metrics: &Metrics) -> Arc<dyn Store> {
        let figures = metrics.database.clone();
        Arc::new(Self { inner, figures })
    }
}

#[async_trait]
impl Store for Observed {
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        let _open = Held::of(&self.figures.open);
        let reading = self.inner.read(statement, args);
        self.figures.timed("read", reading).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let begin = self.inner.snapshot();
        self.figures.begun("snapshot", begin).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.figures.begun("begin", self.inner.begin()).await
    }

    async fn prepare(&self, statement: &Statement) -> Result<(), StoreError> {
        self.inner.prepare(statement).await
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        self.inner.migrate().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }

    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }
}

struct Under {
    inner: Box<dyn Transaction>,
    figures: Figures,
    _open: Held,
}

#[async_trait]
impl Transaction for Under {
    async fn run(&mut self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        let running = self.inner.run(statement, args);
        self.figures.timed("statement", running).await
    }

    async fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<Vec<Row>>, StoreError> {
        let asking = self.inner.ask(questions);
        self.figures.timed("statement", asking).await
    }

    async fn post(&mut self, statement: &'static Statement, args: Args) -> Result<(), StoreError> {
        let posting = self.inner.post(statement, args);
        self.figures.timed("statement", posting).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let committing = self.inner.commit();
        self.figures.timed("commit", committing).await
    }

    async fn commit_ahead(self: Box<Self>) -> Result<Flushing, StoreError> {
        let committing = self.inner.commit_ahead();
        self.figures.timed("commit", committing).await
    }
}
