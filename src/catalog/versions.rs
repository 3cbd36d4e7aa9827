//! From when on a new version of a commission rule or of a program's settings holds: always so that it never
//! touches what was earned before.

use providers::Micros;

use super::{Catalog, due};
use crate::args;
use crate::books::statements::versions as sql;
use crate::organization::BEGINNING;
use crate::store::{StoreError, Transaction};

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
    /// From when on a new version holds: of a rule, for whom it is (`touched`), and of settings, which can move all
    /// sales and leads of the organization (`None`). From now on: after each that is known already, also one whose time
    /// is a little ahead of ours. Where none of them has been credited yet it holds from the beginning. Whatever it
    /// can move nevertheless is due: a rule moves nothing that nobody has been credited with.
    pub(super) async fn holds_from(
        &self,
        transaction: &mut dyn Transaction,
        touched: Option<Whose<'_>>,
    ) -> Result<Micros, StoreError> {
        let program = touched.map_or("", |whose| whose.program_id);
        let partner = touched.and_then(|whose| whose.partner_id).unwrap_or("");
        let args = args![self.org, program, partner];
        if transaction.run(&sql::CREDITED, args).await?.is_empty() {
            match touched {
                Some(_) => due::under_way(transaction, self.org, self.now).await?,
                None => due::all(transaction, self.org).await?,
            }
            return Ok(BEGINNING);
        }
        let ahead = self.now.plus_seconds(AHEAD_SECONDS);
        let args = args![self.org, program, partner, self.now.0, ahead.0];
        let rows = transaction.run(&sql::FREE_FROM, args).await?;
        let row = rows.first().ok_or(StoreError::Corrupt("sales"))?;
        let from = row.opt_int("free_from")?.map_or(self.now, Micros);
        due::since(transaction, self.org, from).await?;
        Ok(from)
    }
}
