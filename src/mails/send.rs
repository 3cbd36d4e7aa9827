//! Sends what is due: a job of each organization, which comes round every five minutes and is run at once where somebody waits for a mail.
//!
//! What the server for mails puts off is tried again later and later, for a day and a half; what it refuses is given up, and the dashboard says so. While the
//! server cannot be reached nothing counts against a mail, for three days. A crash between sending and writing that down sends a mail once more, with
//! the same `Message-ID`.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use providers::Micros;
use url::Url;

use super::compose::{Addressed, Composer, OWNER};
use super::post::{self, Refusal, Way};
use super::{Kind, NewMail, Settings, sources, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::commissions::Commission;
use crate::clock::Clock;
use crate::id::IdSource;
use crate::jobs::{Failure, Job, Outcome};
use crate::members::{self, Role};
use crate::metrics::{self, Mailed};
use crate::outbox::{Desk, Wanted};
use crate::seal::Seal;
use crate::store::{Row, Rows, Store, StoreError};

/// Sends an organization's mails.
pub const SEND: &str = "send_mails";
/// How often it comes round.
pub const EVERY: Duration = Duration::from_mins(5);

/// How long after each failure in a row a mail is tried again; after the last one it is given up.
const TRIES: [Duration; 7] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(20),
];
/// Mails that are taken at once.
const TOGETHER: i64 = 200;
/// Rounds before the job makes room for others.
const ROUNDS: usize = 10;
/// For how long a mail is any use, in days.
const USEFUL_DAYS: i64 = 3;
/// For how long what was sent can be seen, in days.
const REMEMBERED_DAYS: i64 = 30;
/// For so many days nobody is told again that a source is broken.
const TOLD_EVERY_DAYS: i64 = 3;
const DAY: i64 = 86_400 * 1_000_000;

/// What sending takes.
#[derive(Clone)]
pub struct Mailer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    seal: Arc<Seal>,
    settings: Arc<Settings>,
    public_url: Arc<str>,
    way: Arc<OnceLock<Way>>,
}

/// A mail that may be sent now.
pub(super) struct Due {
    id: String,
    pub(super) kind: Kind,
    pub(super) subject_id: String,
    pub(super) recipient_id: String,
    attempts: i64,
    next_at: Micros,
}

/// What became of some mails that were sent as one, or of one that was not.
enum Became {
    Sent,
    Pointless,
    Later(String),
    Refused(String),
}

impl Mailer {
    /// A mailer that has sent nothing yet.
    pub fn new(
        (store, clock, ids): (Arc<dyn Store>, Arc<dyn Clock>, Arc<IdSource>),
        seal: Seal,
        settings: Settings,
        public_url: &str,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            seal: Arc::new(seal),
            settings: Arc::new(settings),
            public_url: public_url.into(),
            way: Arc::default(),
        }
    }

    /// Made when it is first needed.
    fn way(&self) -> Result<&Way, Failure> {
        if let Some(way) = self.way.get() {
            return Ok(way);
        }
        let host = Url::parse(&self.public_url).ok();
        let host = host.as_ref().and_then(Url::host_str).unwrap_or("localhost");
        let way = post::way(&self.settings.server, host).map_err(Failure::new)?;
        Ok(self.way.get_or_init(|| way))
    }

    fn scope<'a>(&'a self, org: &'a str) -> WriteScope<'a> {
        WriteScope::of_server(self.store.as_ref(), &self.ids, org, self.clock.now())
    }

    /// How the organization is called; sees to it that mails are written in it, since it may be newer than the server's start.
    async fn name(&self, org: &str) -> Result<Option<String>, StoreError> {
        let rows = self.store.read(&sql::OUTGOING, args![org]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        if !Wanted::of_lock(&rows)?.has_mails() {
            let mut transaction = self.store.begin().await?;
            transaction.run(&sql::SWITCH_ONE_ON, args![org]).await?;
            transaction.commit().await?;
        }
        Ok(Some(row.text("name")?.to_owned()))
    }

    /// Writes a mail to each owner for each source that is broken, unless that was told lately.
    async fn look_at_sources(&self, org: &str) -> Result<(), StoreError> {
        let scope = self.scope(org);
        let broken = sources::broken(&scope.books()).await?;
        if broken.is_empty() {
            return Ok(());
        }
        let all = members::list(scope.store, org).await?;
        let owners = all.into_iter().filter(|one| one.role == Role::Owner);
        let mut told: Vec<String> = owners.map(|one| one.id).collect();
        told.extend(self.settings.owner.as_ref().map(|_| OWNER.to_owned()));
        let occasion = scope.now.0.div_euclid(DAY * TOLD_EVERY_DAYS).to_string();
        let mut mails = Vec::new();
        for subject_id in broken.keys() {
            for recipient_id in &told {
                mails.push(NewMail {
                    kind: Kind::SourceBroken,
                    subject_id: subject_id.clone(),
                    recipient_id: recipient_id.clone(),
                    occasion: occasion.clone(),
                    next_at: scope.now,
                });
            }
        }
        let desk = Desk {
            org,
            now: scope.now,
            ids: scope.ids,
        };
        let mut transaction = self.store.begin().await?;
        super::write(transaction.as_mut(), desk, &mails).await?;
        transaction.commit().await
    }

    /// Gives up what is late, and forgets what was sent long ago.
    async fn tidy(&self, org: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        let late = now.plus_days(-USEFUL_DAYS);
        let why = "the server for mails could not be reached for three days";
        let mut transaction = self.store.begin().await?;
        let args = args![org, late.0, now.0, why];
        transaction.run(&sql::EXPIRE, args).await?;
        let args = args![org, now.plus_days(-REMEMBERED_DAYS).0];
        transaction.run(&sql::FORGET, args).await?;
        transaction.commit().await
    }

    async fn due(&self, org: &str) -> Result<Vec<Due>, StoreError> {
        let args = args![org, self.clock.now().0, TOGETHER];
        let rows = self.store.read(&sql::DUE, args).await?;
        rows.iter().map(Due::read).collect()
    }

    /// Composes and sends; who has earned several things is told in one mail.
    async fn round(&self, composer: &Composer<'_>, due: Vec<Due>) -> Result<(), Failure> {
        let mut earned: BTreeMap<String, (Vec<Due>, Vec<Commission>)> = BTreeMap::new();
        for one in due {
            if one.kind != Kind::Earned {
                let letter = composer.one(&one).await?;
                self.deliver(composer.scope.org, &[one], letter).await?;
                continue;
            }
            if let Some(commission) = composer.earned(&one).await? {
                let whose = earned.entry(commission.partner_id.clone()).or_default();
                whose.0.push(one);
                whose.1.push(commission);
            } else {
                let org = composer.scope.org;
                self.record(org, &[one], &Became::Pointless).await?;
            }
        }
        for (partner_id, (mails, commissions)) in earned {
            let letter = composer.earnings(&partner_id, &commissions).await?;
            self.deliver(composer.scope.org, &mails, letter).await?;
        }
        Ok(())
    }

    /// Sends what some mails say together, and writes down what became of them.
    async fn deliver(
        &self,
        org: &str,
        mails: &[Due],
        letter: Option<Addressed>,
    ) -> Result<(), Failure> {
        let Some(first) = mails.first() else {
            return Ok(());
        };
        let became = match letter {
            None => Became::Pointless,
            Some((to, letter)) => {
                let (from, at) = (&self.settings.from, self.clock.now());
                let sent = post::send(self.way()?, (from, to), (&first.id, at), letter);
                match sent.await {
                    Ok(()) => Became::Sent,
                    Err(Refusal::Later(why)) => Became::Later(why),
                    Err(Refusal::Never(why)) => Became::Refused(why),
                    Err(Refusal::Away(why)) => {
                        metrics::mailed(Mailed::PutOff, mails.len());
                        return Err(Failure::new(why));
                    }
                }
            }
        };
        Ok(self.record(org, mails, &became).await?)
    }

    async fn record(&self, org: &str, mails: &[Due], became: &Became) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut rows = Rows::new(6);
        for mail in mails {
            let tried = i64::from(!matches!(became, Became::Pointless));
            let (state, next_at, error) = became.of(mail, now);
            let ended_at = (state != "pending").then_some(now.0);
            if state == "failed" {
                let (id, kind) = (mail.id.as_str(), mail.kind.word());
                tracing::warn!(id, kind, error, "a mail was given up");
            }
            rows.push([
                mail.id.as_str().into(),
                state.into(),
                (mail.attempts + tried).into(),
                next_at.0.into(),
                ended_at.into(),
                error.map(str::to_owned).into(),
            ]);
        }
        let mut transaction = self.store.begin().await?;
        transaction.run(&sql::RECORD, args![org; rows]).await?;
        transaction.commit().await?;
        for mail in mails {
            let state = became.of(mail, now).0;
            if let Some(mailed) = mailed(state) {
                metrics::mailed(mailed, 1);
            }
        }
        Ok(())
    }

    /// When there is something to be done before the job comes round anyway.
    async fn next(&self, org: &str) -> Result<Outcome, Failure> {
        let rows = self.store.read(&sql::NEXT, args![org]).await?;
        let next = rows
            .first()
            .map_or(Ok(None), |row| row.opt_int("next_at"))?;
        let left = next.map(|at| at.saturating_sub(self.clock.now().0));
        let left = left.map(|left| Duration::from_micros(u64::try_from(left).unwrap_or(0)));
        Ok(match left.filter(|left| *left < EVERY) {
            Some(left) => Outcome::Again(left),
            None => Outcome::Done,
        })
    }
}

/// Sends what is due.
///
/// # Errors
/// What the database says, or that the server for mails takes nothing at all. What becomes of a mail is no error of the job.
pub async fn send(mailer: Mailer, job: Job) -> Result<Outcome, Failure> {
    let org = job.organization_id.as_str();
    let Some(name) = mailer.name(org).await? else {
        return Ok(Outcome::Done);
    };
    mailer.look_at_sources(org).await?;
    mailer.tidy(org).await?;
    for _ in 0..ROUNDS {
        let due = mailer.due(org).await?;
        if due.is_empty() {
            return mailer.next(org).await;
        }
        let composer = Composer {
            scope: mailer.scope(org),
            organization: &name,
            public_url: &mailer.public_url,
            settings: &mailer.settings,
            seal: &mailer.seal,
        };
        mailer.round(&composer, due).await?;
    }
    Ok(Outcome::Again(Duration::ZERO))
}

/// How a mail's new state is counted; one that was pointless is not.
fn mailed(state: &str) -> Option<Mailed> {
    match state {
        "sent" => Some(Mailed::Sent),
        "pending" => Some(Mailed::PutOff),
        "failed" => Some(Mailed::Failed),
        _ => None,
    }
}

impl Became {
    /// A mail's state from now on, when it is tried next, and what was wrong.
    fn of<'a>(&'a self, mail: &Due, now: Micros) -> (&'static str, Micros, Option<&'a str>) {
        match self {
            Self::Sent => ("sent", mail.next_at, None),
            Self::Pointless => ("dropped", mail.next_at, None),
            Self::Refused(why) => ("failed", mail.next_at, Some(why)),
            Self::Later(why) => {
                let tried = usize::try_from(mail.attempts).unwrap_or(usize::MAX);
                match TRIES.get(tried) {
                    Some(wait) => {
                        let seconds = i64::try_from(wait.as_secs()).unwrap_or(0);
                        ("pending", now.plus_seconds(seconds), Some(why))
                    }
                    None => ("failed", mail.next_at, Some(why)),
                }
            }
        }
    }
}

impl Due {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let kind = Kind::of(row.text("kind")?).ok_or(StoreError::Corrupt("mails.kind"))?;
        Ok(Self {
            id: row.text("id")?.to_owned(),
            kind,
            subject_id: row.text("subject_id")?.to_owned(),
            recipient_id: row.text("recipient_id")?.to_owned(),
            attempts: row.int("attempts")?,
            next_at: Micros(row.int("next_at")?),
        })
    }
}
