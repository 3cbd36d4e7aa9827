//! Records clicks: one writer takes what is queued and commits it together, so that a flood costs few commits.
//!
//! A click is committed before its id goes anywhere, so that no payment comes back with a click that is not known; but
//! no buyer waits for it longer than a moment. What cannot be written stays queued for a while.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use providers::Micros;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::outgoing::Outgoing;
use super::{Link, visitor};
use crate::args;
use crate::books::statements::clicks as sql;
use crate::id::{self, IdSource};
use crate::ledger::writer::figures;
use crate::store::{Rows, Store, StoreError};
use crate::telemetry::Sampled;

/// Clicks that may wait to be written.
const QUEUE_LENGTH: usize = 2_048;
/// Clicks in one commit: few, since webhooks wait meanwhile on SQLite.
const BATCH_SIZE: usize = 128;
/// How long a visitor waits before he is led on.
const PATIENCE: Duration = Duration::from_millis(500);
/// For how long clicks are tried again while the database is away.
const KEPT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(250);
/// Visits that are remembered in memory.
const REMEMBERED: usize = 20_000;
/// How often visits that are over are removed.
const TIDY_EVERY: Duration = Duration::from_mins(10);
/// The longest address kept with a click, in characters.
const ADDRESS_MAX_CHARS: usize = 2_048;

/// A click that was not recorded, or not in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// More wait than can be written in good time.
    Full,
    /// It has this id, under which it may be recorded yet.
    Late(String),
    /// The database has refused it.
    Refused,
}

/// A click to be recorded.
#[derive(Debug, Clone)]
pub struct NewClick {
    /// On what.
    pub link: Link,
    /// The page that was asked for, as the browser or the merchant's server says.
    pub url: Option<String>,
    /// The page that led here.
    pub referrer: Option<String>,
    /// When.
    pub at: Micros,
    /// Clicks of one visit are one; `None`: a click of its own.
    pub visit: Option<String>,
}

struct Waiting {
    id: String,
    click: NewClick,
    answer: oneshot::Sender<Option<String>>,
}

/// The way to the writer of clicks.
#[derive(Clone)]
pub struct Clicks {
    ids: Arc<IdSource>,
    queue: mpsc::Sender<Waiting>,
    /// What the latest visits have become, by organization and visit.
    known: Arc<Mutex<HashMap<(String, String), String>>>,
}

impl Clicks {
    /// Makes the way and the writer: a future to be run, which ends when all clones are gone and what was queued is
    /// written.
    pub fn new(
        store: Arc<dyn Store>,
        ids: Arc<IdSource>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (queue, received) = mpsc::channel(QUEUE_LENGTH);
        let writer_ids = ids.clone();
        let clicks = Self {
            ids,
            queue,
            known: Arc::default(),
        };
        (clicks, run(store, writer_ids, received))
    }

    /// Records a click; answers its id, or that of the visit's first click.
    ///
    /// # Errors
    /// [`Lost`], after a moment at most.
    pub async fn record(&self, click: NewClick) -> Result<String, Lost> {
        if let Some(id) = self.recorded(&click) {
            return Ok(id);
        }
        let place = place_of(&click);
        let id = self.ids.make(id::CLICK);
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            id: id.clone(),
            click,
            answer,
        };
        self.queue.try_send(waiting).map_err(|_full| Lost::Full)?;
        let recorded = timeout(PATIENCE, answered).await;
        let recorded = recorded.map_err(|_late| Lost::Late(id))?;
        let id = recorded.ok().flatten().ok_or(Lost::Refused)?;
        if let Some(place) = place {
            self.remember(place, id.clone());
        }
        Ok(id)
    }

    /// The id of the visit's first click, where that was recorded a moment ago.
    pub fn recorded(&self, click: &NewClick) -> Option<String> {
        let place = place_of(click)?;
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&place).cloned()
    }

    fn remember(&self, place: (String, String), id: String) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            // The database knows them all.
            known.clear();
        }
        known.insert(place, id);
    }
}

/// The organization and the visit.
fn place_of(click: &NewClick) -> Option<(String, String)> {
    let visit = click.visit.clone()?;
    Some((click.link.organization_id.clone(), visit))
}

async fn run(store: Arc<dyn Store>, ids: Arc<IdSource>, mut received: mpsc::Receiver<Waiting>) {
    let mut outgoing = Outgoing::new(ids);
    let mut batch = Vec::with_capacity(BATCH_SIZE);
    let mut tidied: HashMap<String, Instant> = HashMap::new();
    while received.recv_many(&mut batch, BATCH_SIZE).await > 0 {
        let mut by_organization: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
        for waiting in batch.drain(..) {
            let org = waiting.click.link.organization_id.clone();
            by_organization.entry(org).or_default().push(waiting);
        }
        for (org, waiting) in by_organization {
            let last = tidied.get(&org);
            let tidy = last.is_none_or(|at| at.elapsed() > TIDY_EVERY);
            if tidy {
                tidied.insert(org.clone(), Instant::now());
            }
            write(store.as_ref(), &org, waiting, (tidy, &mut outgoing)).await;
        }
    }
}

/// Writes one organization's clicks and answers them; again while the database is away.
async fn write(
    store: &dyn Store,
    org: &str,
    waiting: Vec<Waiting>,
    (tidy, outgoing): (bool, &mut Outgoing),
) {
    static SAID: Sampled = Sampled::new();
    let began = Instant::now();
    let committed = loop {
        match commit(store, org, &waiting, (tidy, outgoing)).await {
            Err(error) if error.is_outage() && began.elapsed() < KEPT => sleep(PAUSE).await,
            outcome => break outcome,
        }
    };
    match committed {
        Ok(ids) => {
            for (waiting, id) in waiting.into_iter().zip(ids) {
                // A visitor that was led on has an id already.
                let _ = waiting.answer.send(Some(id));
            }
        }
        Err(error) => {
            if let Some(more) = SAID.note(Instant::now()) {
                tracing::error!(%error, clicks = waiting.len(), more, "clicks were not recorded");
            }
            for waiting in waiting {
                let _ = waiting.answer.send(None);
            }
        }
    }
}

/// Answers the id of each click, in order.
async fn commit(
    store: &dyn Store,
    org: &str,
    waiting: &[Waiting],
    (tidy, outgoing): (bool, &mut Outgoing),
) -> Result<Vec<String>, StoreError> {
    let mut visits: BTreeMap<&str, &str> = BTreeMap::new();
    for waiting in waiting {
        if let Some(visit) = &waiting.click.visit {
            visits.entry(visit).or_insert(&waiting.id);
        }
    }
    let mut reserved = Rows::new(2);
    for (visit, id) in &visits {
        reserved.push([(*visit).into(), (*id).into()]);
    }
    let mut transaction = store.begin().await?;
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    if !reserved.is_empty() {
        for row in transaction.run(&sql::RESERVE, args![org; reserved]).await? {
            known.insert(
                row.text("visit")?.to_owned(),
                row.text("click_id")?.to_owned(),
            );
        }
    }
    let (mut rows, mut ids) = (Rows::new(7), Vec::with_capacity(waiting.len()));
    let (mut counted, mut recorded) = (Vec::with_capacity(waiting.len()), Vec::new());
    for waiting in waiting {
        let visit = waiting.click.visit.as_ref();
        let id = visit.and_then(|visit| known.get(visit));
        let id = id.unwrap_or(&waiting.id);
        // Who was led on in the meantime has the click's own id.
        if *id == waiting.id || waiting.answer.is_closed() {
            rows.push(row(waiting));
            recorded.push(waiting.id.as_str());
            let (click, link) = (&waiting.click, &waiting.click.link);
            let of = [&link.partner_id, &link.program_id, &link.id];
            counted.push((click.at, of.map(String::as_str)));
        }
        ids.push(id.clone());
    }
    if !rows.is_empty() {
        transaction.run(&sql::INSERT, args![org; rows]).await?;
        figures::clicks(transaction.as_mut(), org, counted).await?;
        let now = waiting.iter().map(|w| w.click.at).max().unwrap_or_default();
        outgoing
            .tell(transaction.as_mut(), org, now, &recorded)
            .await?;
    }
    if tidy && let Some(newest) = waiting.iter().map(|w| w.click.at).max() {
        transaction
            .run(&sql::FORGET, args![org, visitor::over(newest)])
            .await?;
    }
    transaction.commit().await?;
    Ok(ids)
}

fn row(waiting: &Waiting) -> [crate::store::Value; 7] {
    let (click, link) = (&waiting.click, &waiting.click.link);
    [
        waiting.id.as_str().into(),
        link.id.as_str().into(),
        link.partner_id.as_str().into(),
        link.program_id.as_str().into(),
        click.at.0.into(),
        click.url.as_deref().map(short).into(),
        click.referrer.as_deref().map(short).into(),
    ]
}

fn short(text: &str) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(ADDRESS_MAX_CHARS).collect()
}
