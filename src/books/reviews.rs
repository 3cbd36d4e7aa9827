//! Commissions that are held for review, and those that the owner has decided about.
//!
//! Open ones are found by an index of their own; those decided, by the decisions, of which there are as many as the owner has made.

use providers::{Currency, Micros};

use super::list::{Clause, Condition, List, Way, clause, found, newest_first};
use super::row::{currency, opt_text, opt_time, personal, text, time};
use super::{Found, Part, Personal, Sample, Scope};
use crate::args;
use crate::ledger::decision::{Decided, Decision};
use crate::store::{Row, StoreError};

/// A sale whose commission is held for review, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// The sale's id.
    pub sale_id: String,
    /// Its main name.
    pub invoice_id: Option<String>,
    /// Live or test ledger.
    pub livemode: bool,
    /// What the owner has decided.
    pub decision: Option<Decided>,
    /// Why it is held.
    pub reason: Option<String>,
    /// Who would be paid.
    pub partner_id: Option<String>,
    /// What the partner is called.
    pub partner_name: Option<Personal>,
    /// The program that pays.
    pub program_id: Option<String>,
    /// The sale's net amount.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// What is left of the commission.
    pub commission_amount: i64,
    /// What is held of it.
    pub commission_held: i64,
    /// The commission's currency.
    pub commission_currency: Currency,
    /// Who bought.
    pub customer_id: Option<String>,
    /// When it was paid.
    pub occurred_at: Micros,
    /// When it was recorded.
    pub created_at: Micros,
}

/// What a list of reviews may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// Who would be paid.
    Partner(&'a str),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Ledger(true) => clause(Way::Usual, " and s.livemode = 1", []),
            Self::Ledger(false) => clause(Way::Usual, " and s.livemode = 0", []),
            Self::Partner(id) => found(" and s.partner_id = ?", [id.into()]),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[By::Ledger(true), By::Ledger(false), By::Partner("prt_1")];

macro_rules! select_reviews {
    ($decision:expr, $from:literal, $filters:expr) => {
        concat!(
            "select s.id, s.invoice_id, s.livemode, s.review, s.partner_id, p.name as partner_name,
                 s.program_id, s.net, s.currency, s.commission_left,
                 s.commission_left - s.commission_free as held, s.commission_currency,
                 s.customer_id, s.occurred_at, s.created_at, ",
            $decision,
            $from,
            " left join partners p on p.organization_id = $1 and p.id = s.partner_id
             where s.organization_id = $1 and s.state = 'live'",
            $filters
        )
    };
}

/// The decision about the sale of the given id that counts: the newest, as in the ledger.
macro_rules! newest_decision {
    ($sale:literal) => {
        concat!(
            "(select v.decision from sale_references n
                 join reviews v on v.organization_id = $1 and v.livemode = n.livemode and v.name = n.name
                 where n.organization_id = $1 and n.sale_id = ",
            $sale,
            " order by v.created_at desc, n.name limit 1)"
        )
    };
}

// A decision counts from its call on, also before the ledger's writer has seen it.
const OPEN: List = newest_first!(
    "sales" as "s",
    select_reviews!(
        "cast(null as text) as decision, cast(null as bigint) as decided_at",
        " from sales s",
        concat!(
            " and s.review is not null and coalesce(",
            newest_decision!("s.id"),
            ", 'reinstated') in ('held', 'reinstated')"
        )
    )
);
const DECIDED: List = newest_first!(
    "sales" as "s",
    select_reviews!(
        concat!(newest_decision!("w.sale_id"), " as decision, w.decided_at"),
        " from (select n.sale_id, max(v.created_at) as decided_at from reviews v
              join sale_references n
                  on n.organization_id = $1 and n.livemode = v.livemode and n.name = v.name
              where v.organization_id = $1 group by n.sale_id) w
          join sales s on s.organization_id = $1 and s.id = w.sale_id",
        concat!(" and ", newest_decision!("w.sale_id"), " in ($2, $3)")
    )
);

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("sale_00019000", "sale_00018000");
    OPEN.samples("open reviews", &args!["org"], ends, &[], ALL)
}

/// A part of the reviews that meet all of `by`: those without a decision, or those that have been decided so.
pub async fn list(
    scope: &Scope<'_>,
    approved: Option<bool>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Reviewed>, StoreError> {
    let rows = match approved {
        None => OPEN.read(scope, args![scope.org], by, part).await?,
        Some(approved) => {
            let mut words = Decision::ALL
                .iter()
                .filter(|one| one.pays() == Some(approved))
                .map(|one| one.word());
            let (one, other) = (words.next(), words.next());
            let args = args![scope.org, one, other];
            DECIDED.read(scope, args, by, part).await?
        }
    };
    rows.map(|row| Reviewed::read(&row))
}

impl Reviewed {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let decision = row.opt_text("decision")?.and_then(Decision::stored);
        let decision = match (decision, opt_time(row, "decided_at")?) {
            (Some(decision), Some(at)) => Some(Decided { at, decision }),
            _ => None,
        };
        Ok(Self {
            sale_id: text(row, "id")?,
            invoice_id: opt_text(row, "invoice_id")?,
            livemode: row.flag("livemode")?,
            decision,
            reason: opt_text(row, "review")?,
            partner_id: opt_text(row, "partner_id")?,
            partner_name: personal(row, "partner_name")?,
            program_id: opt_text(row, "program_id")?,
            amount: row.int("net")?,
            currency: currency(row, "currency")?,
            commission_amount: row.int("commission_left")?,
            commission_held: row.int("held")?,
            commission_currency: currency(row, "commission_currency")?,
            customer_id: opt_text(row, "customer_id")?,
            occurred_at: time(row, "occurred_at")?,
            created_at: time(row, "created_at")?,
        })
    }
}
