//! Outgoing webhooks: the endpoints, what each is sent, and every attempt. Secrets are not read here.

use providers::Micros;

use super::list::{Clause, Condition, List, found, newest_first, picked};
use super::row::{opt_text, opt_time, text, time};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, Store, StoreError};

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Where messages are posted.
    pub url: String,
    /// Which ledger it is told of.
    pub livemode: bool,
    /// What it wants to be told, as its owner wrote it.
    pub events: Vec<String>,
    /// `active` or `disabled`.
    pub status: String,
    /// Why it was disabled, where nobody did it.
    pub disabled_reason: Option<String>,
    /// Since when it has taken nothing.
    pub failing_since: Option<Micros>,
    /// When it was made.
    pub created_at: Micros,
}

/// A message to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message's id.
    pub message_id: String,
    /// Its number: of two messages about one thing the higher is the newer.
    pub number: i64,
    /// What it tells.
    pub kind: String,
    /// Of what.
    pub subject_id: String,
    /// `pending`, `delivered` or `failed`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Option<Micros>,
    /// When it was tried last.
    pub last_at: Option<Micros>,
    /// The status of the last answer.
    pub last_status: Option<i64>,
    /// Why it was not taken the last time.
    pub last_error: Option<String>,
    /// When it happened.
    pub created_at: Micros,
}

/// States of a message to an endpoint.
pub const STATES: &[&str] = &["pending", "delivered", "failed"];

/// An attempt to send a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: String,
    /// The message.
    pub message_id: String,
    /// When.
    pub at: Micros,
    /// How long the answer took.
    pub milliseconds: i64,
    /// The answer's status.
    pub status: Option<i64>,
    /// Why it was not taken.
    pub error: Option<String>,
}

/// What a list of messages or attempts may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// To whom.
    Endpoint(&'a str),
    /// Its state.
    State(&'a str),
    /// What it tells.
    Kind(&'a str),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Endpoint(id) => found(" and w.endpoint_id = ?", [id.into()]),
            Self::State(state) => picked(" and w.state = ?", state),
            Self::Kind(kind) => picked(" and w.kind = ?", kind),
        }
    }
}

const DELIVERIES: List = List {
    head: "select w.* from webhook_deliveries w where w.organization_id = $1",
    positions: "select w.message_id as position from webhook_deliveries w where w.organization_id = $1",
    after: " and w.message_id < ?",
    until: " and w.message_id >= ?",
    end: " order by w.message_id desc limit ?",
    skip: " order by w.message_id desc limit 1 offset ?",
    oldest: None,
};

const ATTEMPTS: List = newest_first!(
    "webhook_attempts" as "w",
    "select w.* from webhook_attempts w where w.organization_id = $1"
);

macro_rules! endpoints {
    ($rest:literal) => {
        concat!(
            "select id, url, livemode, events, status, disabled_reason, failing_since, created_at from webhook_endpoints
             where organization_id = $1",
            $rest
        )
    };
}

static ENDPOINTS: Statement = Statement::new(endpoints!(" order by id desc"));
static ENDPOINT: Statement = Statement::new(endpoints!(" and id = $2"));

/// To be prepared by a test.
/// Of all organizations at once, for figures that name none; what waits has a small index of its own.
static WAITING_OF_ALL: Statement = Statement::new(
    "select cast(count(*) as bigint) as waiting from webhook_deliveries where state = 'pending'",
);

pub(super) static STATEMENTS: &[&Statement] = &[&ENDPOINTS, &ENDPOINT, &WAITING_OF_ALL];

/// How many messages of all organizations together wait to be sent, or to be tried again.
pub async fn waiting_of_all(store: &dyn Store) -> Result<i64, StoreError> {
    let rows = store.read(&WAITING_OF_ALL, args![]).await?;
    rows.first().map_or(Ok(0), |row| row.int("waiting"))
}

pub(super) fn samples() -> Vec<Sample> {
    let endpoint = [By::Endpoint("we_1")];
    let picked = [By::State("failed"), By::Kind("sale.created")];
    let ends = ("msg_00004000", "msg_00003000");
    let mut samples = DELIVERIES.samples(
        "webhook deliveries",
        &args!["org"],
        ends,
        &endpoint,
        &picked,
    );
    let ends = ("att_00004000", "att_00003000");
    samples.extend(ATTEMPTS.samples("webhook attempts", &args!["org"], ends, &endpoint, &[]));
    samples
}

/// All endpoints of a ledger, or of both, newest first.
pub async fn endpoints(
    scope: &Scope<'_>,
    livemode: Option<bool>,
) -> Result<Vec<Endpoint>, StoreError> {
    let rows = scope.store.read(&ENDPOINTS, args![scope.org]).await?;
    let all: Result<Vec<Endpoint>, _> = rows.iter().map(Endpoint::read).collect();
    let mut all = all?;
    all.retain(|one| livemode.is_none_or(|livemode| one.livemode == livemode));
    Ok(all)
}

/// An endpoint by its id.
pub async fn endpoint(scope: &Scope<'_>, id: &str) -> Result<Option<Endpoint>, StoreError> {
    let rows = scope.store.read(&ENDPOINT, args![scope.org, id]).await?;
    rows.first().map(Endpoint::read).transpose()
}

/// A part of the messages that meet all of `by`, newest first.
pub async fn deliveries(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Delivery>, StoreError> {
    let rows = DELIVERIES.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Delivery::read(&row))
}

/// A part of the attempts, newest first.
pub async fn attempts(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Attempt>, StoreError> {
    let rows = ATTEMPTS.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Attempt::read(&row))
}

impl Endpoint {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            url: text(row, "url")?,
            livemode: row.flag("livemode")?,
            events: text(row, "events")?.split(',').map(str::to_owned).collect(),
            status: text(row, "status")?,
            disabled_reason: opt_text(row, "disabled_reason")?,
            failing_since: opt_time(row, "failing_since")?,
            created_at: time(row, "created_at")?,
        })
    }
}

impl Delivery {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let state = text(row, "state")?;
        let next_at = time(row, "next_at")?;
        Ok(Self {
            message_id: text(row, "message_id")?,
            number: row.int("number")?,
            kind: text(row, "kind")?,
            subject_id: text(row, "subject_id")?,
            next_at: (state == "pending").then_some(next_at),
            state,
            attempts: row.int("attempts")?,
            last_at: opt_time(row, "last_at")?,
            last_status: row.opt_int("last_status")?,
            last_error: opt_text(row, "last_error")?,
            created_at: time(row, "created_at")?,
        })
    }
}

impl Attempt {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            message_id: text(row, "message_id")?,
            at: time(row, "attempted_at")?,
            milliseconds: row.int("milliseconds")?,
            status: row.opt_int("status")?,
            error: opt_text(row, "error")?,
        })
    }
}
