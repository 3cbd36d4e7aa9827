//! The ledger's entries. They are added and never changed.
//!
//! Found by an index: the sale, lead or payout they are about, the partner, their payout, the test ledger. Picked: program, kind,
//! currency and time.

use providers::{Currency, Micros};

use super::list::{Clause, Condition, List, Way, clause, found, newest_first, picked};
use super::row::{currency, opt_text, text, time, word};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// An entry, in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// What it stands for.
    pub kind: Kind,
    /// The amount; negative where something is taken back, held or paid out.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// Live or test ledger.
    pub livemode: bool,
    /// Whose it is.
    pub partner_id: String,
    /// The program that pays.
    pub program_id: String,
    /// The sale, lead, payout or adjustment it is about.
    pub subject_id: String,
    /// The payout that has paid it.
    pub paid_by: Option<String>,
    /// Why it was written.
    pub reason: String,
    /// When what it stands for happened.
    pub occurred_at: Micros,
    /// From when on it may be paid out.
    pub available_at: Micros,
    /// When it was written.
    pub created_at: Micros,
}

/// What an entry stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was earned when sold.
    Commission,
    /// What refunds and lost disputes took.
    Clawback,
    /// What open disputes and reviews hold back.
    Hold,
    /// What was given beyond what was earned.
    Bonus,
    /// What was put right of it, up or down.
    Correction,
    /// What was paid out.
    Payout,
    /// What a payout that was reversed has given back.
    Reversal,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Commission,
        Self::Clawback,
        Self::Hold,
        Self::Bonus,
        Self::Correction,
        Self::Payout,
        Self::Reversal,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Commission => "commission",
            Self::Clawback => "clawback",
            Self::Hold => "hold",
            Self::Bonus => "bonus",
            Self::Correction => "correction",
            Self::Payout => "payout",
            Self::Reversal => "payout_reversal",
        }
    }
}

/// What a list of entries may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// The sale, lead or payout they are about.
    Subject(&'a str),
    /// Whose they are.
    Partner(&'a str),
    /// The payout that has paid them, or had until it was reversed, or that they are or take back.
    OfPayout(&'a str),
    /// The program that pays.
    Program(&'a str),
    /// What they stand for.
    Kind(Kind),
    /// Their currency.
    Currency(Currency),
    /// Written then or later.
    From(Micros),
    /// Written earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Ledger(true) => clause(Way::Usual, " and e.livemode = 1", []),
            Self::Ledger(false) => found(" and e.livemode = 0", []),
            Self::Subject(id) => found(" and e.subject_id = ?", [id.into()]),
            Self::Partner(id) => found(" and e.partner_id = ?", [id.into()]),
            Self::OfPayout(id) => found(
                " and e.id in (select q.entry_id from payout_entries q
                     where q.organization_id = $1 and q.payout_id = ?
                     union all select x.entry_id from reversed_payout_entries x
                     where x.organization_id = $1 and x.payout_id = ?
                     union all select z.id from entries z
                     where z.organization_id = $1 and z.subject_id = ?
                     union all select c.entry_id from payout_claims c
                     where c.organization_id = $1 and c.payout_id = ?)",
                [id.into(), id.into(), id.into(), id.into()],
            ),
            Self::Program(id) => picked(" and e.program_id = ?", id),
            Self::Kind(kind) => picked(" and e.kind = ?", kind.word()),
            Self::Currency(currency) => picked(" and e.currency = ?", currency.code()),
            Self::From(at) => picked(" and e.created_at >= ?", at.0),
            Self::To(at) => picked(" and e.created_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Ledger(true),
    By::Ledger(false),
    By::Subject("sale_00000001"),
    By::Partner("prt_1"),
    By::OfPayout("pay_00000001"),
    By::Program("prog_1"),
    By::Kind(Kind::Hold),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

macro_rules! select_entries {
    () => {
        // Not a join, for which PostgreSQL would go through all that has been paid.
        "select e.*, (select p.payout_id from payout_entries p
                 where p.organization_id = $1 and p.entry_id = e.id) as payout_id
         from entries e where e.organization_id = $1"
    };
}

const LIST: List = newest_first!("entries" as "e", select_entries!());

static GET: Statement = Statement::new(concat!(select_entries!(), " and e.id = $2"));

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&GET];

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("led_00019000", "led_00018000");
    LIST.samples("entries", &args!["org"], ends, &[], ALL)
}

/// A part of the entries that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Entry>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Entry::read(&row))
}

/// An entry by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Entry>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Entry::read).transpose()
}

impl Entry {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            kind: word(row, "kind", Kind::ALL, Kind::word)?,
            amount: row.int("amount")?,
            currency: currency(row, "currency")?,
            livemode: row.flag("livemode")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            subject_id: text(row, "subject_id")?,
            paid_by: opt_text(row, "payout_id")?,
            reason: text(row, "reason")?,
            occurred_at: time(row, "occurred_at")?,
            available_at: time(row, "available_at")?,
            created_at: time(row, "created_at")?,
        })
    }
}
