//! The composition root: opens the database by its address and puts the parts together.
//!
//! The only place that knows which parts there are; everything else is given what it needs.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use providers::{Micros, Secret};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::actor::{Actor, LetIn, WriteScope};
use crate::background;
use crate::books::Scope;
use crate::catalog::Catalog;
use crate::clicks::{Clicks, Links, Visitors};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::budget::Budget;
use crate::http::guesses::Guesses;
use crate::http::rate_limit::{ClickLimit, RateLimit, UnverifiedLimit};
use crate::http::refusals::{Finding, Refusals};
use crate::id::IdSource;
use crate::inbox::{self, Inbox};
use crate::jobs::Jobs;
use crate::keys::{self, Caller};
use crate::ledger::writer::{Ledger, Tools};
use crate::metrics::{self, Door, Metrics, Observed};
use crate::outbox::address::Allowed;
use crate::outbox::endpoints::Endpoints;
use crate::own_thread;
use crate::seal::Seal;
use crate::sources::{Desk, Source, SourceCache};
use crate::store::{self, Store, StoreError};

/// How often a route's source is looked for anew, a second; twice that at once.
const RELOADS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(4);

/// How exactly a key's last use is known.
const USE_NOTED_EVERY_SECONDS: i64 = 60;
const USE_NOTED_EVERY: Duration = Duration::from_mins(1);

/// How often the log is told what was refused in the meantime.
const TELL_EVERY: Duration = Duration::from_secs(10);

async fn tell(
    refusals: Arc<Refusals>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let mut tick = tokio::time::interval(TELL_EVERY);
    loop {
        let stopped = stop.run_until_cancelled(tick.tick()).await.is_none();
        refusals.tell_rest(clock.now());
        refusals.write(store.as_ref(), clock.now()).await;
        if stopped {
            return;
        }
    }
}

/// The metrics, who may see them, and the store, which is measured where somebody may.
fn measured(config: &Config, store: Arc<dyn Store>) -> (Arc<Metrics>, Door, Arc<dyn Store>) {
    let metrics = Arc::new(Metrics::default());
    let token = config.metrics_token.as_ref().map(Secret::expose);
    let door = Door::new(token, config.metrics_listen.is_some());
    if !door.is_wanted() {
        return (metrics, door, store);
    }
    let store = Observed::around(store, &metrics);
    (metrics, door, store)
}

/// The parts, as handlers and commands use them.
pub struct App {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<IdSource>,
    /// The way into the inbox.
    pub inbox: Inbox,
    /// The way to the ledger.
    pub ledger: Ledger,
    /// Runs jobs.
    pub jobs: Jobs,
    /// Seals secrets.
    pub seal: Seal,
    /// The file that the database is, if it is one.
    pub database_file: Option<PathBuf>,
    /// Where outgoing requests may go.
    pub outgoing: Allowed,
    /// Whether mails are sent.
    pub mails: bool,
    /// Sources by route.
    pub sources: SourceCache,
    /// Calls by key.
    pub rate_limit: RateLimit<String>,
    /// Deliveries that did not verify.
    pub unverified: UnverifiedLimit,
    /// How the world reaches the server, without a slash at the end.
    pub public_url: String,
    /// Calls that came with no key in use.
    pub guesses: Guesses,
    /// Tries to sign in with a link that is none.
    pub sign_ins: Guesses,
    /// Applications to be a partner, each as a try.
    pub applications: Guesses,
    /// Where links lead.
    pub links: Links,
    /// Whether clicks of those who ask not to be tracked are left alone.
    pub honours_do_not_track: bool,
    /// The way to the writer of clicks.
    pub clicks: Clicks,
    /// Tells visitors apart.
    pub visitors: Visitors,
    /// How many clicks of one address are recorded, and how many of all.
    pub click_limit: ClickLimit,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Who may see it.
    pub metrics_door: Door,
    /// Deliveries and calls that were refused.
    pub refusals: Arc<Refusals>,
    /// How often a source is looked for anew because a delivery did not verify.
    pub reloads: RateLimit<String>,
    /// How often it is looked into why a source's delivery did not verify.
    pub diagnoses: RateLimit<String>,
    /// The largest body of a call to the API, in bytes.
    pub body_bytes: usize,
    /// The largest body of a delivery, in bytes.
    pub delivery_bytes: usize,
    /// For a delivery whose body is there to be verified and stored.
    pub delivery_timeout: Duration,
    /// Room for the bodies of deliveries.
    pub deliveries_in_flight: Budget,
    /// How often a key's use is noted.
    uses: RateLimit<String>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl App {
    /// Opens the database, brings its schema up to date and starts the writers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn start(config: &Config, clock: Arc<dyn Clock>) -> Result<Arc<Self>, StoreError> {
        let options = store::Options {
            deadlines: config.limits.database,
            ..store::Options::default()
        };
        let store = store::open_with(config.database_url.expose(), options).await?;
        store.migrate().await?;
        let ids = Arc::new(IdSource::new(clock.clone()));
        Ok(Self::with(config, store, clock, ids))
    }

    /// Puts the parts together around a database that is ready, and starts the writers.
    pub fn with(
        config: &Config,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<IdSource>,
    ) -> Arc<Self> {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (metrics, metrics_door, store) = measured(config, store);
        let tools = Tools {
            store: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let (ledger, ledger_writer) = Ledger::new(tools, stop.clone());
        tasks.spawn(own_thread::start("ledger", ledger_writer));
        let kinds = background::kinds(config, &ledger);
        let jobs = Jobs::new(store.clone(), clock.clone(), ids.clone(), kinds);
        tasks.spawn(jobs.clone().run(stop.clone()));
        let limits = inbox::Limits {
            queue_length: config.limits.queue_length,
            batch_size: config.limits.batch_size,
            within: config.limits.delivery_timeout,
        };
        let follower = ledger.clone();
        let stored = move |organization_id: &str, deliveries| {
            metrics::committed(deliveries);
            follower.tell(organization_id, deliveries);
        };
        let (inbox, inbox_writer) = Inbox::new(store.clone(), ids.clone(), limits, stored);
        let first = ledger.clone();
        let inbox = inbox.before(move |waiting| first.take(waiting));
        tasks.spawn(own_thread::start("inbox", inbox_writer));
        let (clicks, clicks_writer) = Clicks::new(store.clone(), ids.clone());
        tasks.spawn(clicks_writer);
        let refusals = Arc::new(Refusals::default());
        let telling = tell(refusals.clone(), store.clone(), clock.clone(), stop.clone());
        tasks.spawn(telling);
        tasks.close();
        let public_url = config.address();
        Arc::new(Self {
            rate_limit: RateLimit::new(config.rate_limit, clock.clone()),
            unverified: UnverifiedLimit::new(clock.clone()),
            seal: Seal::of(config),
            database_file: store::file(config.database_url.expose()),
            outgoing: config.outgoing,
            mails: config.mails.is_some(),
            sources: SourceCache::default(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            guesses: Guesses::new(clock.clone()),
            sign_ins: Guesses::new(clock.clone()),
            applications: Guesses::new(clock.clone()),
            links: Links::default(),
            honours_do_not_track: config.honours_do_not_track,
            clicks,
            visitors: Visitors::new(config.master_key.as_ref(), &ids),
            click_limit: ClickLimit::new(clock.clone()),
            metrics,
            metrics_door,
            refusals,
            reloads: RateLimit::new(RELOADS_PER_SECOND, clock.clone()),
            diagnoses: RateLimit::new(NonZeroU32::MIN, clock.clone()),
            body_bytes: config.limits.body_bytes,
            delivery_bytes: config.limits.delivery_bytes,
            delivery_timeout: config.limits.delivery_timeout,
            deliveries_in_flight: Budget::new(config.limits.deliveries_in_flight_bytes),
            store,
            ids,
            inbox,
            ledger,
            jobs,
            uses: RateLimit::every(USE_NOTED_EVERY, NonZeroU32::MIN, clock.clone()),
            clock,
            stop,
            tasks,
        })
    }

    /// The time.
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// Notes that a key was used, at most once a minute and in nobody's way.
    pub fn note_use(&self, caller: &Caller) {
        let now = self.now();
        let minute_ago = now.plus_seconds(-USE_NOTED_EVERY_SECONDS);
        if caller.last_used_at.is_some_and(|at| minute_ago < at) {
            return;
        }
        // Of many calls at once one notes it.
        if self.uses.check(&caller.key_id).is_err() {
            return;
        }
        let (store, caller) = (self.store.clone(), caller.clone());
        self.tasks.spawn(async move {
            let (org, id) = (&caller.organization_id, &caller.key_id);
            if let Err(error) = keys::used(store.as_ref(), org, id, now).await {
                tracing::debug!(%error, "a key's use was not noted");
            }
        });
    }

    /// Counts what was refused: what came to `place` (a source, a processor, or the name of the part itself).
    pub fn refused(&self, part: &'static str, place: &str, reason: &'static str) {
        self.metrics.refusal(part, reason);
        self.refusals.note(place, reason, self.now());
    }

    /// Counts a delivery to a source that was refused, for its owner to see.
    pub fn refused_of(&self, source: &Source, finding: Finding) {
        self.refused("webhooks", &source.id, finding.reason);
        self.refusals.keep(source, finding, self.now());
    }

    /// The books of an organization, as they are now.
    pub fn books<'a>(&'a self, org: &'a str) -> Scope<'a> {
        Scope {
            store: self.store.as_ref(),
            org,
            now: self.now(),
        }
    }

    /// What changing and finding sources takes.
    pub fn desk(&self) -> Desk<'_> {
        Desk {
            store: self.store.as_ref(),
            seal: &self.seal,
            ids: &self.ids,
            now: self.now(),
        }
    }

    /// What changes take that somebody makes who was let in.
    pub fn scope<'a>(&'a self, who: &'a impl LetIn) -> WriteScope<'a> {
        WriteScope {
            only: who.only(),
            ..self.scope_of(who.org(), who.actor())
        }
    }

    /// What changes take, in an organization and in somebody's name.
    pub fn scope_of<'a>(&'a self, org: &'a str, actor: &'a Actor) -> WriteScope<'a> {
        WriteScope {
            actor,
            ..WriteScope::of_server(self.store.as_ref(), &self.ids, org, self.now())
        }
    }

    /// What changing and finding an organization's programs, partners, links, … takes.
    pub fn catalog<'a>(&'a self, who: &'a impl LetIn) -> Catalog<'a> {
        Catalog {
            scope: self.scope(who),
            ledger: &self.ledger,
            public_url: &self.public_url,
        }
    }

    /// What changing endpoints of outgoing webhooks takes.
    pub fn endpoints<'a>(&'a self, who: &'a impl LetIn) -> Endpoints<'a> {
        Endpoints {
            scope: self.scope(who),
            seal: &self.seal,
            allowed: self.outgoing,
        }
    }

    /// Processes everything that has arrived, and runs every job that is due. For commands and tests.
    ///
    /// # Errors
    /// What the database says.
    pub fn work_all(&self) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>> {
        Box::pin(async {
            self.ledger.work_all().await?;
            loop {
                let ran = self.jobs.run_due().await?;
                // Also for what the runner has done by itself in the meantime.
                self.ledger.work_all().await?;
                if ran == 0 {
                    return Ok(());
                }
            }
        })
    }

    /// Stops: what is queued is written and answered, then the database is closed. Nothing may use the
    /// app afterwards.
    pub async fn stop(self: Arc<Self>) {
        let (stop, tasks, store) = (self.stop.clone(), self.tasks.clone(), self.store.clone());
        // The inbox's writer ends when the last way into it is gone.
        drop(self);
        stop.cancel();
        tasks.wait().await;
        store.close().await;
    }
}
