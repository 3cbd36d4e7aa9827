//! The writer's loop: gathers reports and news, runs batches, answers.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::awaited::{Callers, Desk};
use super::batch::Limits;
use super::failure::{TRIES, attempt, fail, one_by_one};
use super::large;
use super::pace::Pace;
use super::turns::{Turn, Turns};
use super::{Answer, BATCH_SIZE, Report, Tools, events, sql};
use crate::args;
use crate::inbox::{InboxError, Receipt, Waiting};
use crate::own_thread;
use crate::store::{Args, Flushing, Store, StoreError};

/// How often the writer looks for news that nobody has told it of: from another replica, from before a
/// crash, or because a time has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long the writer gathers news of the inbox before it processes them, unless there is enough for a batch or somebody
/// waits for an answer. What a batch costs beside its events is shared by more of them.
const GATHER: Duration = Duration::from_millis(10);

/// Events that are enough.
const ENOUGH: usize = 192;

/// How long it waits for as many deliveries as there were the last time: those who have just been answered send the next.
const RETURN: Duration = Duration::from_micros(700);

/// Fewer than these are not waited for.
const SOME: usize = 8;

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reports that may wait for their answer.
const QUEUE_LENGTH: usize = 4_096;

/// How long it rests where there is more and nobody has come: on SQLite other processes find it free then.
const REST: Duration = Duration::from_millis(5);

enum Job {
    Delivery(Box<Waiting>),
    Report(Box<Report>),
    /// Of an organization, and how many events.
    News(String, usize),
}

impl Job {
    /// How many events it brings; enough for a batch where somebody waits for an answer.
    fn events(&self) -> usize {
        match self {
            Self::Delivery(_) | Self::Report(_) => ENOUGH,
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
    pace: Pace,
    turns: Turns,
}

impl Ledger {
    /// Makes a ledger and its writer. The writer is a future to be run; it ends when `stop` is cancelled
    /// and what was queued is answered.
    pub fn new(tools: Tools, stop: CancellationToken) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, received) = mpsc::channel(QUEUE_LENGTH);
        let ledger = Self {
            tools,
            queue,
            working: Arc::default(),
            pace: Pace::default(),
            turns: Turns::default(),
        };
        let (tools, working) = (ledger.tools.clone(), ledger.working.clone());
        let (desk, callers) = Callers::new();
        let large = large::run(tools.clone(), callers);
        let place = Place {
            tools,
            desk,
            pace: ledger.pace.clone(),
        };
        let writer = run(place, working, received, stop);
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

    /// Waits until it is one's turn to change an organization's terms.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where that takes too long.
    pub async fn turn(&self, organization_id: &str) -> Result<Turn, StoreError> {
        self.turns.wait(organization_id).await
    }

    /// How many reports and news wait for the writer.
    pub fn queued(&self) -> usize {
        self.queue
            .max_capacity()
            .saturating_sub(self.queue.capacity())
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

    /// Takes a delivery that is to be stored together with what it leads to. Gives it back where the ledger does not keep
    /// up, to be stored alone.
    ///
    /// Reads it first, on the thread of who delivers: the writer is one, and they are many.
    pub(crate) fn take(&self, mut waiting: Waiting) -> Option<Waiting> {
        if !self.pace.enter(&waiting.arrival.organization_id) {
            return Some(waiting);
        }
        waiting.reading = Some(events::of_arrival(&waiting.arrival));
        let refused = self
            .queue
            .try_send(Job::Delivery(Box::new(waiting)))
            .err()?;
        self.pace.leave(1);
        match refused.into_inner() {
            Job::Delivery(waiting) => Some(*waiting),
            Job::Report(_) | Job::News(..) => None,
        }
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
    ///
    /// Boxed: it is awaited in many places, and each would have the compiler go through all of it.
    pub fn work_all(&self) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>> {
        Box::pin(async {
            let _working = self.working.lock().await;
            for organization_id in organizations_with_news(&self.tools).await? {
                work(&self.tools, &organization_id).await?;
            }
            large::fold_due(&self.tools).await
        })
    }
}

/// What the loop works with.
struct Place {
    tools: Tools,
    desk: Desk,
    pace: Pace,
}

/// What there is to do for an organization.
#[derive(Default)]
struct Work {
    deliveries: Vec<Waiting>,
    reports: Vec<Report>,
    /// There is something in its inbox, or a time has come.
    news: bool,
}

async fn run(
    place: Place,
    working: Arc<Mutex<()>>,
    mut received: mpsc::Receiver<Job>,
    stop: CancellationToken,
) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut jobs = Vec::new();
    let mut last = 0;
    let mut unfinished: BTreeSet<String> = BTreeSet::new();
    loop {
        let mut organizations: BTreeMap<String, Work> = BTreeMap::new();
        tokio::select! {
            biased;
            first = received.recv() => {
                let Some(first) = first else {
                    return;
                };
                jobs.push(first);
                if unfinished.is_empty() {
                    gather(&mut received, &mut jobs, last, &stop).await;
                } else {
                    drain(&mut received, &mut jobs, last);
                }
            }
            () = stop.cancelled(), if received.is_empty() => return,
            _ = look.tick() => match organizations_with_news(&place.tools).await {
                Ok(found) => for id in found {
                    organizations.entry(id).or_default().news = true;
                },
                Err(error) => tracing::warn!(%error, "cannot look for news"),
            },
            () = tokio::time::sleep(REST), if !unfinished.is_empty() => {}
        }
        for id in std::mem::take(&mut unfinished) {
            organizations.entry(id).or_default().news = true;
        }
        last = sort(&mut jobs, &mut organizations);
        place.pace.leave(last);
        let _working = working.lock().await;
        unfinished = side_by_side(&place, organizations).await;
    }
}

/// Gives each organization its jobs; answers how many deliveries there were.
fn sort(jobs: &mut Vec<Job>, organizations: &mut BTreeMap<String, Work>) -> usize {
    let mut deliveries = 0;
    for job in jobs.drain(..) {
        match job {
            Job::News(id, _) => organizations.entry(id).or_default().news = true,
            Job::Delivery(waiting) => {
                deliveries += 1;
                let id = waiting.arrival.organization_id.clone();
                organizations
                    .entry(id)
                    .or_default()
                    .deliveries
                    .push(*waiting);
            }
            Job::Report(report) => {
                let id = report.organization_id.clone();
                organizations.entry(id).or_default().reports.push(*report);
            }
        }
    }
    deliveries
}

/// Takes what waits, and waits a little for more: for news until there is enough, and for as many deliveries as make
/// [half](half) of all.
async fn gather(
    received: &mut mpsc::Receiver<Job>,
    jobs: &mut Vec<Job>,
    last: usize,
    stop: &CancellationToken,
) {
    let of_deliveries = drain(received, jobs, last);
    let is_asked = is_asked(jobs);
    let (enough, within) = match is_asked {
        true if last >= SOME => (of_deliveries, RETURN),
        true => return,
        false => (ENOUGH, GATHER),
    };
    let more = async {
        let mut events = if is_asked {
            jobs.len()
        } else {
            jobs.iter().map(Job::events).sum()
        };
        while events < enough {
            let Some(job) = received.recv().await else {
                return;
            };
            events = events.saturating_add(if is_asked { 1 } else { job.events() });
            jobs.push(job);
        }
    };
    tokio::select! {
        () = more => {}
        () = stop.cancelled() => {}
        () = tokio::time::sleep(within) => {}
    }
}

/// Takes what waits already; answers how many there are to be at most where somebody waits for an answer.
fn drain(received: &mut mpsc::Receiver<Job>, jobs: &mut Vec<Job>, last: usize) -> usize {
    let most = usize::try_from(BATCH_SIZE).unwrap_or(usize::MAX);
    let of_deliveries = half(received.len() + jobs.len(), last).min(most);
    while jobs.len() < if is_asked(jobs) { of_deliveries } else { most } {
        let Ok(job) = received.try_recv() else { break };
        jobs.push(job);
    }
    of_deliveries
}

/// Whether somebody waits for an answer.
fn is_asked(jobs: &[Job]) -> bool {
    jobs.iter().any(|job| !matches!(job, Job::News(..)))
}

/// How many of the deliveries that wait are taken at once, where some have just been answered and their senders come again. Half of all: while
/// these are stored, the others are received and answered. Few are not parted, since each commit costs a flush.
fn half(waiting: usize, answered: usize) -> usize {
    let all = waiting + answered;
    if all < 2 * SOME { waiting } else { all / 2 }
}

/// Different organizations' batches run at the same time, on the writer's thread; one organization's, one after another. Answers of which there is
/// more.
async fn side_by_side(place: &Place, organizations: BTreeMap<String, Work>) -> BTreeSet<String> {
    let unfinished = Mutex::new(BTreeSet::new());
    let found = &unfinished;
    let one = |(id, work): (String, Work)| async move {
        if one_organization(place, &id, work).await {
            found.lock().await.insert(id);
        }
    };
    own_thread::side_by_side(organizations.into_iter().map(one)).await;
    unfinished.into_inner()
}

/// One batch, or as many as those need who wait for an answer. Answers whether there is more: before that it is the turn of who has come meanwhile.
async fn one_organization(place: &Place, organization_id: &str, work: Work) -> bool {
    let Place { tools, desk, pace } = place;
    let mut left = work.reports;
    let is_asked = !left.is_empty() || !work.deliveries.is_empty();
    let mut limits = match (work.news, is_asked) {
        (false, _) => Limits::NOTHING,
        (true, true) => Limits::BESIDE,
        (true, false) => Limits::FULL,
    };
    let mut deliveries = Some(work.deliveries).filter(|deliveries| !deliveries.is_empty());
    loop {
        let waiting = deliveries.take().unwrap_or_default();
        let asked: Vec<&Waiting> = waiting.iter().collect();
        let outcome = attempt(tools, organization_id, (&asked, &left), limits).await;
        let more = match outcome {
            Ok(done) => {
                let mut deferred = Vec::new();
                let mut answered = Vec::new();
                for (report, answer) in left.into_iter().zip(done.answers) {
                    match answer {
                        Some(answer) => answered.push((report, answer)),
                        None => deferred.push(report),
                    }
                }
                left = deferred;
                let stored = waiting.into_iter().zip(done.receipts).collect();
                tell(desk.clone(), done.flushing, stored, answered);
                done.more || !left.is_empty()
            }
            // What is stored alone cannot be lost; what of it cannot be processed is found out then.
            Err(error) if !waiting.is_empty() => {
                if !matches!(error, StoreError::Busy) {
                    tracing::warn!(%error, organization.id = organization_id, "deliveries are stored alone");
                }
                pace.fall_behind(organization_id);
                waiting.into_iter().for_each(Waiting::alone);
                if left.is_empty() {
                    // The inbox tells of them when they are stored.
                    return work.news;
                }
                true
            }
            Err(error) => {
                fail(tools, desk, organization_id, left, error).await;
                return false;
            }
        };
        if !more && limits.events > 0 {
            pace.catch_up(organization_id);
        }
        if left.is_empty() {
            return more;
        }
        limits = Limits::BESIDE;
    }
}

/// Tells everybody what a batch has done, when it lasts. The next batch is worked on meanwhile.
fn tell(
    desk: Desk,
    flushing: Flushing,
    stored: Vec<(Waiting, Receipt)>,
    answered: Vec<(Report, Answer)>,
) {
    if stored.is_empty() && answered.is_empty() {
        return;
    }
    tokio::spawn(async move {
        let lasts = flushing.lasts().await;
        if let Err(error) = &lasts {
            tracing::error!(%error, "what was committed may not last; nobody is told of it");
        }
        for (waiting, receipt) in stored {
            waiting.answer(match &lasts {
                Ok(()) => Ok(receipt),
                Err(_) => Err(InboxError::Unavailable),
            });
        }
        for (report, answer) in answered {
            let outcome = match &lasts {
                Ok(()) => Ok(answer),
                Err(_) => Err(StoreError::Busy),
            };
            desk.answer(report, outcome);
        }
    });
}

/// Gives up where a batch goes on failing and there is nothing more that could be put aside.
async fn work(tools: &Tools, organization_id: &str) -> Result<(), StoreError> {
    let mut in_vain = 0;
    loop {
        match attempt(tools, organization_id, (&[], &[]), Limits::FULL).await {
            Ok(done) if done.more => done.flushing.lasts().await?,
            Ok(done) => return done.flushing.lasts().await,
            Err(error) if error.is_outage() => return Err(error),
            Err(error) => {
                tracing::error!(%error, organization.id = organization_id, "a ledger batch failed");
                let was_any = one_by_one(tools, organization_id).await?;
                in_vain = if was_any { 0 } else { in_vain + 1 };
                if in_vain >= TRIES {
                    return Err(error);
                }
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

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn of_many_deliveries_half_is_taken_and_of_few_all_that_wait() {
        for (waiting, answered, taken) in [
            (1, 0, 1),
            (7, 8, 7),
            (1, 64, 32),
            (32, 32, 32),
            (200, 0, 100),
        ] {
            assert_eq!(half(waiting, answered), taken, "{waiting} {answered}");
        }
    }
}
