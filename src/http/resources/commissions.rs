//! `/api/commissions`: one for each sale that has a partner and each lead that has earned. A commission's
//! id is that of its sale or lead with another prefix.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query};
use super::status::{STATUSES, sale_status};
use super::{Answer, seen};
use crate::app::App;
use crate::args;
use crate::catalog::{Item, Listed, item, opt_text, text, time};
use crate::id;
use crate::keys::Caller;
use crate::store::{Row, Statement, StoreError};

// `sale_` and `lead_` have five characters: what follows them is unique and grows with time.
macro_rules! select_commissions {
    ($filters:literal) => {
        concat!(
            "select v.* from (
                 select substr(s.id, 6) as tail, s.id as sale_id, cast(null as text) as lead_id,
                     s.livemode, s.partner_id, s.program_id, s.commission_left as amount,
                     s.commission_full as full_amount, s.commission_left - s.commission_free as held,
                     s.commission_currency as currency, s.review, s.waits_for, s.occurred_at,
                     s.available_at, ",
            sale_status!(),
            "    as status
                 from sales s
                 where s.organization_id = $1 and s.state = 'live' and s.partner_id is not null
                 union all
                 select substr(l.id, 6), cast(null as text), l.id, l.livemode, l.partner_id,
                     l.program_id, cast(sum(e.amount) as bigint), cast(sum(e.amount) as bigint),
                     cast(0 as bigint), e.currency, cast(null as text), cast(null as text),
                     l.occurred_at, max(e.available_at),
                     case when sum(case when e.amount > 0 and p.entry_id is null then 1 else 0 end) = 0
                             then 'paid'
                         when max(e.available_at) <= $2 then 'approved' else 'pending' end
                 from leads l
                 join entries e on e.organization_id = $1 and e.subject_id = l.id
                     and e.partner_id = l.partner_id
                 left join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
                 where l.organization_id = $1
                 group by l.id, l.livemode, l.partner_id, l.program_id, e.currency, l.occurred_at
                 having sum(e.amount) > 0
             ) v where ",
            $filters
        )
    };
}

static LIST: Statement = Statement::new(select_commissions!(
    "(cast($3 as text) = '' or v.tail < $3) and (cast($4 as text) = '' or v.sale_id = $4)
     and (cast($5 as text) = '' or v.partner_id = $5)
     and (cast($6 as text) = '' or v.program_id = $6)
     and (cast($7 as text) = '' or v.currency = $7) and (cast($8 as text) = '' or v.status = $8)
     and (cast($9 as bigint) = -1 or v.livemode = $9)
     order by v.tail desc limit $10"
));
static GET: Statement = Statement::new(select_commissions!("v.tail = $3"));

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &GET];

/// A commission, in the smallest unit of its currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Commission {
    id: String,
    sale_id: Option<String>,
    lead_id: Option<String>,
    livemode: bool,
    partner_id: String,
    program_id: String,
    /// What is left after refunds and lost disputes.
    amount: i64,
    /// Before anything was taken back.
    full: i64,
    /// What open disputes and reviews hold back of `amount`.
    held: i64,
    currency: String,
    status: String,
    /// Why it is held for review, or what it waits for.
    reason: Option<String>,
    occurred_at: String,
    available_at: String,
}

/// What the list may be asked for.
const FILTERS: &[&str] = &[
    "saleId",
    "partnerId",
    "programId",
    "currency",
    "status",
    "livemode",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/commissions", get(list))
        .route("/api/commissions/{id}", get(one))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Commission>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let args = args![
        caller.organization_id.as_str(),
        app.now().0,
        tail(&page.after),
        query.id("saleId", &[id::SALE])?,
        query.id("partnerId", &[id::PARTNER])?,
        query.id("programId", &[id::PROGRAM])?,
        query.currency("currency")?,
        query.word("status", STATUSES)?,
        query.ledger(&caller)?,
        page.rows()
    ];
    let store = app.store.as_ref();
    Ok(Json(Listed::read(store, &LIST, args, &page).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Commission> {
    let args = args![caller.organization_id.as_str(), app.now().0, tail(&id)];
    let found: Commission = item(app.store.as_ref(), &GET, args, "commission").await?;
    seen(&caller, found.livemode, "commission")?;
    Ok(Json(found))
}

/// What follows the prefix of a commission's id.
fn tail(id: &str) -> &str {
    id.split_once('_').map_or(id, |(_, tail)| tail)
}

impl Item for Commission {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: format!("{}_{}", id::COMMISSION, row.text("tail")?),
            sale_id: opt_text(row, "sale_id")?,
            lead_id: opt_text(row, "lead_id")?,
            livemode: row.flag("livemode")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            amount: row.int("amount")?,
            full: row.int("full_amount")?,
            held: row.int("held")?,
            currency: text(row, "currency")?,
            status: text(row, "status")?,
            reason: opt_text(row, "review")?.or(opt_text(row, "waits_for")?),
            occurred_at: time(row, "occurred_at")?,
            available_at: time(row, "available_at")?,
        })
    }

    fn position(&self) -> String {
        self.id.clone()
    }
}
