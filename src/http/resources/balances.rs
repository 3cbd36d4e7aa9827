//! `/api/balances`: what each partner has, by currency and ledger. Every figure is a sum over entries.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Answer;
use super::query::Query;
use crate::app::App;
use crate::args;
use crate::catalog::{Item, Listed, text};
use crate::id;
use crate::keys::Caller;
use crate::store::{Row, Statement, StoreError};

static LIST: Statement = Statement::new(
    "select e.partner_id, e.currency, e.livemode,
         cast(sum(case when e.available_at > $2 and e.kind not in ('payout', 'payout_reversal') then e.amount else 0 end) as bigint)
             as pending,
         cast(sum(case when e.available_at > $2 and e.kind not in ('payout', 'payout_reversal') then 0 else e.amount end) as bigint)
             as approved,
         cast(sum(case when e.kind = 'hold' then -e.amount else 0 end) as bigint) as held,
         cast(sum(case when e.kind in ('payout', 'payout_reversal') then -e.amount else 0 end) as bigint) as paid,
         cast(sum(e.amount) as bigint) as balance
     from entries e
     where e.organization_id = $1 and (cast($3 as text) = '' or e.partner_id = $3)
         and (cast($4 as text) = '' or e.currency = $4)
         and (cast($5 as bigint) = -1 or e.livemode = $5)
         and (cast($6 as text) = '' or e.program_id = $6)
     group by e.partner_id, e.currency, e.livemode
     having cast($7 as text) = '' or e.partner_id < $7
         or (e.partner_id = $7 and e.currency > cast($8 as text))
         or (e.partner_id = $7 and e.currency = $8 and e.livemode < cast($9 as bigint))
     order by e.partner_id desc, e.currency, e.livemode desc limit $10",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST];

/// What a partner has in one currency of one ledger, in its smallest unit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Balance {
    partner_id: String,
    currency: String,
    livemode: bool,
    /// Earned, and not to be paid out yet.
    pending: i64,
    /// To be paid out now; negative when more was paid than is left.
    approved: i64,
    /// Held back by open disputes and reviews.
    held: i64,
    /// Paid out, without payouts that were reversed.
    paid: i64,
    /// Still owed: pending and approved. The sum of all entries.
    #[serde(rename = "balance")]
    owed: i64,
    /// Earned so far: pending, approved, held and paid.
    total: i64,
}

/// What the list may be asked for.
const FILTERS: &[&str] = &["partnerId", "programId", "currency", "livemode"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/balances", get(list))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Balance>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let mut after = page.after.split('.');
    let mut next = || after.next().unwrap_or_default().to_owned();
    let (partner, currency, livemode) = (next(), next(), next() == "live");
    let args = args![
        caller.organization_id.as_str(),
        app.now().0,
        query.id("partnerId", &[id::PARTNER])?,
        query.currency("currency")?,
        query.ledger(&caller)?,
        query.id("programId", &[id::PROGRAM])?,
        partner,
        currency,
        livemode,
        page.rows()
    ];
    let store = app.store.as_ref();
    Ok(Json(Listed::read(store, &LIST, args, &page).await?))
}

impl Item for Balance {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let (held, paid, owed) = (row.int("held")?, row.int("paid")?, row.int("balance")?);
        Ok(Self {
            partner_id: text(row, "partner_id")?,
            currency: text(row, "currency")?,
            livemode: row.flag("livemode")?,
            pending: row.int("pending")?,
            approved: row.int("approved")?,
            held,
            paid,
            owed,
            total: owed.saturating_add(held).saturating_add(paid),
        })
    }

    fn position(&self) -> String {
        let mode = if self.livemode { "live" } else { "test" };
        format!("{}.{}.{mode}", self.partner_id, self.currency)
    }
}
