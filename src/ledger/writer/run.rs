//! The writer's loop: gathers reports and news, runs batches, answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::awaited::{Callers, Desk};
use super::batch::Limits;
use super::failure::{attempt, fail, one_by_one};
use super::large;
use super::{Answer, BATCH_SIZE, Report, Tools, sql};
use crate::args;
use crate::store::{Args, Store, StoreError};

/// How often the writer looks for news that nobody has told it of: from another replica, from before a
/// crash, or because a time has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the writer gathers news of the inbox before it processes them, unless there is enough for a batch or somebody
/// waits for an answer. What a batch costs beside its events is shared by more of them.
const GATHER: Duration = Duration::from_millis(10);

/// Events that are enough.
const ENOUGH: usize = 192;

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reports that may wait for their answer.
const QUEUE_LENGTH: usize = 4_096;

enum Job {
    Report(Box<Report>),
    /// Of an organization, and how many events.
    News(String, usize),
}

impl Job {
    /// How many events it brings; enough for a batch where somebody waits for an answer.
    fn events(&self) -> usize {
        match self {
            Self::Report(_) => ENOUGH,
            Self::News(_, events) => *events,
        }
    }
}

/// The way to the ledger's writer.
#[derive(Clone)]
pub struct Ledger {
    tools: Tools,
    queue: mpsc::Sender<Job>,
    /// Held while batches run.
    working: Arc<Mutex<()>>,
}

impl Ledger {
    /// Makes a ledger and its writer. The writer is a future to be run; it ends when `stop` is cancelled
    /// and what was queued is answered.
    pub fn new(tools: Tools, stop: CancellationToken) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, received) = mpsc::channel(QUEUE_LENGTH);
        let working = Arc::default();
        let ledger = Self {
            tools,
            queue,
            working,
        };
        let (tools, working) = (ledger.tools.clone(), ledger.working.clone());
        let (desk, callers) = Callers::new();
        let large = large::run(tools.clone(), callers);
        let writer = run(tools, desk, working, received, stop);
        let writers = async {
            // By itself: what it reads takes it long to go through, and nobody else may wait for that.
            let large = tokio::spawn(large);
            writer.await;
            if let Err(error) = large.await {
                tracing::error!(%error, "folding large neighbourhoods broke off");
            }
        };
        (ledger, writers)
    }

    /// What the writer works with.
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Says that an organization has news which should be processed at once.
    pub fn wake(&self, organization_id: &str) {
        self.tell(organization_id, ENOUGH);
    }

    /// Says that an organization's inbox has so many new events. When the queue is full, the writer finds them by
    /// itself a moment later.
    pub fn tell(&self, organization_id: &str, events: usize) {
        let news = Job::News(organization_id.to_owned(), events);
        let _ = self.queue.try_send(news);
    }

    /// Reports a sale or lead and waits for what it led to. `make` is given the way back.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when it cannot be answered in good time, be it recorded or not; else what the database
    /// said.
    pub async fn report(
        &self,
        make: impl FnOnce(oneshot::Sender<Result<Answer, StoreError>>) -> Report,
    ) -> Result<Answer, StoreError> {
        let (answer, answered) = oneshot::channel();
        let report = Box::new(make(answer));
        self.queue
            .try_send(Job::Report(report))
            .map_err(|_full| StoreError::Busy)?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(StoreError::Busy),
        }
    }

    /// Has an organization's events tried again that have failed because something stored could not be read.
    pub async fn retry_damaged(&self, organization_id: &str) -> Result<(), StoreError> {
        if super::mend::retry(&self.tools, organization_id).await? {
            self.wake(organization_id);
        }
        Ok(())
    }

    /// Processes everything that waits now: when it returns, that is done, be it by this call or by the
    /// loop, whose work under way it waits for. For commands and tests.
    pub async fn work_all(&self) -> Result<(), StoreError> {
        let _working = self.working.lock().await;
        for organization_id in organizations_with_news(&self.tools).await? {
            work(&self.tools, &organization_id).await?;
        }
        large::fold_due(&self.tools).await
    }
}

async fn run(
    tools: Tools,
    desk: Desk,
    working: Arc<Mutex<()>>,
    mut received: mpsc::Receiver<Job>,
    stop: CancellationToken,
) {
    let batch_size = usize::try_from(BATCH_SIZE).unwrap_or(usize::MAX);
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut jobs = Vec::new();
    loop {
        let mut organizations: BTreeMap<String, Vec<Report>> = BTreeMap::new();
        tokio::select! {
            biased;
            count = received.recv_many(&mut jobs, batch_size) => {
                if count == 0 {
                    return;
                }
                gather(&mut received, &mut jobs, &stop).await;
            }
            () = stop.cancelled(), if received.is_empty() => return,
            _ = look.tick() => match organizations_with_news(&tools).await {
                Ok(found) => organizations.extend(found.into_iter().map(|id| (id, Vec::new()))),
                Err(error) => tracing::warn!(%error, "cannot look for news"),
            },
        }
        for job in jobs.drain(..) {
            match job {
                Job::News(id, _) => drop(organizations.entry(id).or_default()),
                Job::Report(report) => organizations
                    .entry(report.organization_id.clone())
                    .or_default()
                    .push(*report),
            }
        }
        let _working = working.lock().await;
        side_by_side(&tools, &desk, organizations).await;
    }
}

/// Waits a little for more news, until there is enough.
async fn gather(received: &mut mpsc::Receiver<Job>, jobs: &mut Vec<Job>, stop: &CancellationToken) {
    let more = async {
        let mut events: usize = jobs.iter().map(Job::events).sum();
        while events < ENOUGH {
            let Some(job) = received.recv().await else {
                return;
            };
            events = events.saturating_add(job.events());
            jobs.push(job);
        }
    };
    tokio::select! {
        () = more => {}
        () = stop.cancelled() => {}
        () = tokio::time::sleep(GATHER) => {}
    }
}

/// Different organizations' batches run at the same time; one organization's, one after another.
async fn side_by_side(tools: &Tools, desk: &Desk, organizations: BTreeMap<String, Vec<Report>>) {
    let mut running = tokio::task::JoinSet::new();
    for (organization_id, reports) in organizations {
        let (tools, desk) = (tools.clone(), desk.clone());
        running
            .spawn(async move { one_organization(&tools, &desk, &organization_id, reports).await });
    }
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a ledger batch broke off");
        }
    }
}

async fn one_organization(tools: &Tools, desk: &Desk, organization_id: &str, reports: Vec<Report>) {
    let mut left = reports;
    loop {
        match attempt(tools, organization_id, &left, Limits::FULL).await {
            Ok(done) => {
                let mut deferred = Vec::new();
                for (report, answer) in left.into_iter().zip(done.answers) {
                    match answer {
                        Some(answer) => desk.answer(report, Ok(answer)),
                        None => deferred.push(report),
                    }
                }
                left = deferred;
                if !done.more && left.is_empty() {
                    return;
                }
            }
            Err(error) => return fail(tools, desk, organization_id, left, error).await,
        }
    }
}

async fn work(tools: &Tools, organization_id: &str) -> Result<(), StoreError> {
    loop {
        match attempt(tools, organization_id, &[], Limits::FULL).await {
            Ok(done) if done.more => {}
            Ok(_) => return Ok(()),
            Err(error) if error.is_outage() => return Err(error),
            Err(error) => {
                tracing::error!(%error, organization.id = organization_id, "a ledger batch failed");
                one_by_one(tools, organization_id).await?;
            }
        }
    }
}

async fn organizations_with_news(tools: &Tools) -> Result<BTreeSet<String>, StoreError> {
    let store: &dyn Store = tools.store.as_ref();
    let now: Args = args![tools.clock.now().0];
    let rows = store.read(&sql::ORGANIZATIONS_WITH_NEWS, now).await?;
    rows.iter()
        .map(|row| Ok(row.text("organization_id")?.to_owned()))
        .collect()
}
