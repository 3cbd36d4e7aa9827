//! Payouts: what has been paid to partners. Found by an index: the partner. Picked: program, currency, status and time.

use std::collections::BTreeSet;

use providers::{Currency, Micros};

use super::list::{Clause, Condition, List, found, newest_first, picked};
use super::row::{currency, opt_text, opt_time, text, time, word};
use super::statements::payouts::FIND;
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Rows, Statement, StoreError, Transaction};

/// A payout, in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: String,
    /// To whom.
    pub partner_id: String,
    /// The program that it was earned in.
    pub program_id: String,
    /// How much.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What became of it.
    pub status: Status,
    /// The owner's remark.
    pub note: Option<String>,
    /// When it was recorded.
    pub created_at: Micros,
    /// When it was taken back.
    pub reversed_at: Option<Micros>,
    /// Why.
    pub reversed_reason: Option<String>,
    /// How it is paid.
    pub method: Option<String>,
    /// What it is sent with.
    pub batch_id: Option<String>,
    /// What the one who pays calls it.
    pub reference: Option<String>,
    /// Its statement's number, counted for each partner.
    pub statement_number: Option<i64>,
    /// When it was approved, and by whom.
    pub approved: Option<(Micros, String)>,
    /// When it was sent, and by whom.
    pub sent: Option<(Micros, String)>,
    /// When it was recorded or confirmed as paid, and by whom.
    pub paid: Option<(Micros, String)>,
}

/// What became of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// To be looked at: nothing of it is in the ledger yet.
    Draft,
    /// To be sent.
    Approved,
    /// On its way.
    Sent,
    /// Recorded or confirmed.
    Paid,
    /// Was sent, did not arrive, and was taken back.
    Failed,
    /// Never reached its partner, and was taken back.
    Reversed,
}

impl Status {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Draft,
        Self::Approved,
        Self::Sent,
        Self::Paid,
        Self::Failed,
        Self::Reversed,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Reversed => "reversed",
        }
    }
}

/// What a list of payouts may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// To whom.
    Partner(&'a str),
    /// The program that they were earned in.
    Program(&'a str),
    /// Their currency.
    Currency(Currency),
    /// What became of them.
    Status(Status),
    /// What they are sent with.
    Batch(&'a str),
    /// Recorded then or later.
    From(Micros),
    /// Recorded earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Partner(id) => found(" and y.partner_id = ?", [id.into()]),
            Self::Program(id) => picked(" and y.program_id = ?", id),
            Self::Currency(currency) => picked(" and y.currency = ?", currency.code()),
            // Few are neither paid nor taken back.
            Self::Status(status @ (Status::Draft | Status::Approved | Status::Sent)) => found(
                " and y.status in ('draft', 'approved', 'sent') and y.status = ?",
                [status.word().into()],
            ),
            Self::Status(status) => picked(" and y.status = ?", status.word()),
            Self::Batch(id) => found(" and y.batch_id = ?", [id.into()]),
            Self::From(at) => picked(" and y.created_at >= ?", at.0),
            Self::To(at) => picked(" and y.created_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Partner("prt_1"),
    By::Program("prog_1"),
    By::Status(Status::Reversed),
    By::Status(Status::Draft),
    By::Batch("pob_1"),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

macro_rules! batches {
    () => {
        "select b.id, b.method, b.currency, b.payouts, b.total, b.digest, b.created_at, b.created_by
         from payout_batches b where b.organization_id = $1"
    };
}

const LIST: List = newest_first!(
    "payouts" as "y",
    "select y.* from payouts y where y.organization_id = $1"
);

static DETAILS: Statement = Statement::new(
    "select d.partner_id, d.missing, d.details, d.updated_at from {rows r: id text}
     join payout_details d on d.organization_id = $1 and d.partner_id = r.id",
);
static SETTINGS: Statement =
    Statement::new("select settings from payout_settings where organization_id = $1");
static FILE: Statement =
    Statement::new("select file from payout_batches where organization_id = $1 and id = $2");
static BATCH: Statement = Statement::new(concat!(batches!(), " and b.id = $2"));

const BATCHES: List = newest_first!("payout_batches" as "b", batches!());

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&DETAILS, &SETTINGS, &FILE, &BATCH];

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("pay_00004000", "pay_00003000");
    let mut samples = LIST.samples("payouts", &args!["org"], ends, &[], ALL);
    let ends = ("pob_00004000", "pob_00003000");
    let none: &[By<'_>] = &[];
    samples.extend(BATCHES.samples("payout batches", &args!["org"], ends, none, none));
    samples
}

/// Payouts that are sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// How they are sent.
    pub method: String,
    /// Their currency.
    pub currency: Currency,
    /// How many.
    pub payouts: i64,
    /// Their sum.
    pub total: i64,
    /// SHA-256 of the file, where there is one.
    pub digest: Option<String>,
    /// When it was made.
    pub created_at: Micros,
    /// By whom.
    pub created_by: String,
}

/// A part of the batches, newest first.
pub async fn batches(scope: &Scope<'_>, part: Part<'_>) -> Result<Found<Batch>, StoreError> {
    let none: &[By<'_>] = &[];
    let rows = BATCHES.read(scope, args![scope.org], none, part).await?;
    rows.map(|row| Batch::read(&row))
}

/// A batch by its id.
pub async fn batch(scope: &Scope<'_>, id: &str) -> Result<Option<Batch>, StoreError> {
    let rows = scope.store.read(&BATCH, args![scope.org, id]).await?;
    rows.first().map(Batch::read).transpose()
}

/// The sealed file of a batch.
pub async fn file(scope: &Scope<'_>, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let rows = scope.store.read(&FILE, args![scope.org, id]).await?;
    let file = rows.first().map(|row| row.opt_bytes("file")).transpose()?;
    Ok(file.flatten().map(<[u8]>::to_vec))
}

/// How a partner is paid, sealed.
pub struct SealedDetails {
    /// Whose.
    pub partner_id: String,
    /// What is missing.
    pub missing: Vec<String>,
    /// The rest.
    pub sealed: Vec<u8>,
    /// When they were last written.
    pub updated_at: Micros,
}

/// How some partners are paid.
pub async fn details<'i>(
    scope: &Scope<'_>,
    partners: impl IntoIterator<Item = &'i str>,
) -> Result<Vec<SealedDetails>, StoreError> {
    let wanted = named(partners);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    sealed(&scope.store.read(&DETAILS, args![scope.org; wanted]).await?)
}

/// The same within a transaction.
pub async fn details_within<'i>(
    transaction: &mut dyn Transaction,
    org: &str,
    partners: impl IntoIterator<Item = &'i str>,
) -> Result<Vec<SealedDetails>, StoreError> {
    let wanted = named(partners);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    sealed(&transaction.run(&DETAILS, args![org; wanted]).await?)
}

fn named<'i>(ids: impl IntoIterator<Item = &'i str>) -> Rows {
    let ids: BTreeSet<&str> = ids.into_iter().collect();
    let mut wanted = Rows::new(1);
    for id in ids {
        wanted.push([id.into()]);
    }
    wanted
}

fn sealed(rows: &[Row]) -> Result<Vec<SealedDetails>, StoreError> {
    let words = |text: String| -> Vec<String> {
        let words = text.split(',').filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    rows.iter()
        .map(|row| {
            Ok(SealedDetails {
                partner_id: text(row, "partner_id")?,
                missing: words(text(row, "missing")?),
                sealed: row.bytes("details")?.to_vec(),
                updated_at: time(row, "updated_at")?,
            })
        })
        .collect()
}

/// Who pays, sealed.
pub async fn settings(scope: &Scope<'_>) -> Result<Option<Vec<u8>>, StoreError> {
    let rows = scope.store.read(&SETTINGS, args![scope.org]).await?;
    let row = rows.first();
    row.map(|row| row.bytes("settings").map(<[u8]>::to_vec))
        .transpose()
}

/// When a step was taken, and by whom.
fn step(
    row: &Row,
    at: &'static str,
    by: &'static str,
) -> Result<Option<(Micros, String)>, StoreError> {
    let Some(at) = opt_time(row, at)? else {
        return Ok(None);
    };
    Ok(Some((at, opt_text(row, by)?.unwrap_or_default())))
}

impl Batch {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            method: text(row, "method")?,
            currency: currency(row, "currency")?,
            payouts: row.int("payouts")?,
            total: row.int("total")?,
            digest: opt_text(row, "digest")?,
            created_at: time(row, "created_at")?,
            created_by: text(row, "created_by")?,
        })
    }
}

/// A part of the payouts that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Payout>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Payout::read(&row))
}

/// A payout by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Payout>, StoreError> {
    let rows = scope.store.read(&FIND, args![scope.org, id]).await?;
    rows.first().map(Payout::read).transpose()
}

impl Payout {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            amount: row.int("amount")?,
            currency: currency(row, "currency")?,
            status: word(row, "status", Status::ALL, Status::word)?,
            note: opt_text(row, "note")?,
            created_at: time(row, "created_at")?,
            reversed_at: opt_time(row, "reversed_at")?,
            reversed_reason: opt_text(row, "reversed_reason")?,
            method: opt_text(row, "method")?,
            batch_id: opt_text(row, "batch_id")?,
            reference: opt_text(row, "reference")?,
            statement_number: row.opt_int("statement_number")?,
            approved: step(row, "approved_at", "approved_by")?,
            sent: step(row, "sent_at", "sent_by")?,
            paid: step(row, "paid_at", "paid_by")?,
        })
    }
}
