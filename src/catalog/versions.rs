//! From when on a new version of a commission rule or of a program's settings holds: always so that it never
//! touches what was earned before.

use providers::Micros;

use super::{Catalog, due};
use crate::args;
use crate::organization::BEGINNING;
use crate::store::{Statement, StoreError, Transaction};

/// Whether anything has been credited. At 0 % or below a minimum amount there are no entries, and yet a new
/// version must not pay for it.
static CREDITED: Statement = Statement::new(
    "select s.id from sales s
     where s.organization_id = $1 and s.partner_id is not null
       and (cast($2 as text) = '' or s.program_id = $2) and (cast($3 as text) = '' or s.partner_id = $3)
     union all
     select l.id from leads l
     where l.organization_id = $1 and l.partner_id is not null
       and (cast($2 as text) = '' or l.program_id = $2) and (cast($3 as text) = '' or l.partner_id = $3)
     union all
     select e.id from entries e
     where e.organization_id = $1 and e.kind = 'commission'
       and (cast($2 as text) = '' or e.program_id = $2) and (cast($3 as text) = '' or e.partner_id = $3)
     limit 1",
);
/// The first time after all that is known already, and not before a version that is: the newest made is the
/// newest that holds.
static FREE_FROM: Statement = Statement::new(
    "select max(k.free_from) as free_from from (
         select s.occurred_at + 1 as free_from from sales s
         where s.organization_id = $1
           and (cast($2 as text) = '' or s.program_id = $2) and (cast($3 as text) = '' or s.partner_id = $3)
         union all
         select l.occurred_at + 1 from leads l
         where l.organization_id = $1
           and (cast($2 as text) = '' or l.program_id = $2) and (cast($3 as text) = '' or l.partner_id = $3)
         union all
         select r.from_at from rules r
         where r.organization_id = $1 and (cast($2 as text) = '' or r.program_id = $2)
         union all
         select p.from_at from policies p
         where p.organization_id = $1 and (cast($2 as text) = '' or p.program_id = $2)
     ) k
     where k.free_from > $4 and k.free_from <= $5",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&CREDITED, &FREE_FROM];

/// How far the clocks of those who tell of sales may be ahead of ours, in seconds.
const AHEAD_SECONDS: i64 = 3_600;

/// Whose sales are meant: a program's, or one partner's in it.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// The program.
    pub program_id: &'a str,
    /// The partner; `None` for all.
    pub partner_id: Option<&'a str>,
}

impl Catalog<'_> {
    /// From when on a new version holds that can touch the given sales and leads (`None`: all of the
    /// organization). From now on: after each that is known already, also one whose time is a little ahead
    /// of ours. Where none of them has been credited yet it holds from the beginning. Whatever it can move
    /// nevertheless is due.
    pub(super) async fn holds_from(
        &self,
        transaction: &mut dyn Transaction,
        touched: Option<Whose<'_>>,
    ) -> Result<Micros, StoreError> {
        let program = touched.map_or("", |whose| whose.program_id);
        let partner = touched.and_then(|whose| whose.partner_id).unwrap_or("");
        let args = args![self.org, program, partner];
        if transaction.run(&CREDITED, args).await?.is_empty() {
            due::all(transaction, self.org).await?;
            return Ok(BEGINNING);
        }
        let ahead = self.now.plus_seconds(AHEAD_SECONDS);
        let args = args![self.org, program, partner, self.now.0, ahead.0];
        let rows = transaction.run(&FREE_FROM, args).await?;
        let row = rows.first().ok_or(StoreError::Corrupt("sales"))?;
        let from = row.opt_int("free_from")?.map_or(self.now, Micros);
        due::since(transaction, self.org, from).await?;
        Ok(from)
    }
}
