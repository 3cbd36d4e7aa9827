//! Balances: what each partner has, by currency and ledger. Every figure is a sum over entries, made when it is read: of one partner by an index, of
//! all partners over the whole ledger. Figures that the writer keeps can take its place behind [`list`].

use providers::Currency;

use super::row::{currency, text};
use super::{Part, Scope};
use crate::args;
use crate::store::{Row, Select, StoreError};

/// What a partner has in one currency of one ledger, in its smallest unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Whose it is.
    pub partner_id: String,
    /// The currency.
    pub currency: Currency,
    /// Live or test ledger.
    pub livemode: bool,
    /// Earned, and not to be paid out yet.
    pub pending: i64,
    /// To be paid out now; negative when more was paid than is left.
    pub approved: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out, without payouts that were reversed.
    pub paid: i64,
    /// Still owed: pending and approved. The sum of all entries.
    pub owed: i64,
}

/// What a list of balances may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// Whose they are.
    Partner(&'a str),
    /// Earned in this program.
    Program(&'a str),
    /// The currency.
    Currency(Currency),
}

const HEAD: &str = "select e.partner_id, e.currency, e.livemode,
         cast(sum(case when e.available_at > $2 and e.kind not in ('payout', 'payout_reversal') then e.amount else 0 end) as bigint)
             as pending,
         cast(sum(case when e.available_at > $2 and e.kind not in ('payout', 'payout_reversal') then 0 else e.amount end) as bigint)
             as approved,
         cast(sum(case when e.kind = 'hold' then -e.amount else 0 end) as bigint) as held,
         cast(sum(case when e.kind in ('payout', 'payout_reversal') then -e.amount else 0 end) as bigint) as paid,
         cast(sum(e.amount) as bigint) as balance
     from entries e where e.organization_id = $1";

/// A part of the balances that meet all of `by`: partners newest first, then currencies, then live before test.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Vec<Balance>, StoreError> {
    let (statement, args) = select(scope, by, part).build();
    let rows = scope.store.read(&statement, args).await?;
    rows.iter().map(Balance::read).collect()
}

fn select(scope: &Scope<'_>, by: &[By<'_>], part: Part<'_>) -> Select {
    let mut select = Select::new(HEAD, args![scope.org, scope.now.0]);
    for condition in by {
        select = match *condition {
            By::Ledger(true) => select.then(" and e.livemode = 1"),
            By::Ledger(false) => select.then(" and e.livemode = 0"),
            By::Partner(id) => select.and(" and e.partner_id = ?", [id]),
            By::Program(id) => select.and(" and e.program_id = ?", [id]),
            By::Currency(currency) => select.and(" and e.currency = ?", [currency.code()]),
        };
    }
    select = match position(part.after) {
        None => select.then(" group by e.partner_id, e.currency, e.livemode"),
        Some((partner, currency, livemode)) => select
            .and(" and e.partner_id <= ?", [partner])
            .then(" group by e.partner_id, e.currency, e.livemode having e.partner_id < ")
            .and("? or e.partner_id = ?", [partner, partner])
            .and(
                " and (e.currency > ? or e.currency = ?",
                [currency, currency],
            )
            .and(" and e.livemode < ?)", [livemode]),
    };
    let end = " order by e.partner_id desc, e.currency, e.livemode desc limit ?";
    select.and(end, [part.rows])
}

fn position(after: &str) -> Option<(&str, &str, bool)> {
    let mut parts = after.split('.');
    let partner = parts.next().filter(|partner| !partner.is_empty())?;
    let currency = parts.next().unwrap_or_default();
    Some((partner, currency, parts.next() == Some("live")))
}

impl Balance {
    /// Where a list goes on after it.
    pub fn position(&self) -> String {
        let mode = if self.livemode { "live" } else { "test" };
        format!("{}.{}.{mode}", self.partner_id, self.currency)
    }

    /// Earned so far: pending, approved, held and paid.
    pub const fn total(&self) -> i64 {
        let total = self.owed.saturating_add(self.held);
        total.saturating_add(self.paid)
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            partner_id: text(row, "partner_id")?,
            currency: currency(row, "currency")?,
            livemode: row.flag("livemode")?,
            pending: row.int("pending")?,
            approved: row.int("approved")?,
            held: row.int("held")?,
            paid: row.int("paid")?,
            owed: row.int("balance")?,
        })
    }
}
