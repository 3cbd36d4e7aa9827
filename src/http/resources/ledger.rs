//! `/api/ledger`: the entries. They are added and never changed.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query};
use super::{Answer, seen};
use crate::app::App;
use crate::args;
use crate::catalog::{Item, Listed, item, opt_text, text, time};
use crate::id;
use crate::keys::Caller;
use crate::payouts::{PAYOUT, REVERSAL};
use crate::store::{Row, Statement, StoreError};

macro_rules! select_entries {
    () => {
        "select e.*, p.payout_id from entries e
         left join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
         where e.organization_id = $1"
    };
}

static LIST: Statement = Statement::new(concat!(
    select_entries!(),
    " and (cast($2 as text) = '' or e.id < $2) and (cast($3 as text) = '' or e.subject_id = $3)
      and (cast($4 as text) = '' or e.partner_id = $4)
      and (cast($5 as text) = '' or e.program_id = $5) and (cast($6 as text) = '' or e.kind = $6)
      and (cast($7 as text) = '' or e.currency = $7)
      and (cast($8 as bigint) = -1 or e.livemode = $8)
      and (cast($9 as text) = '' or p.payout_id = $9 or e.subject_id = $9
          or exists (select 1 from reversed_payout_entries x
              where x.organization_id = $1 and x.payout_id = $9 and x.entry_id = e.id))
      order by e.id desc limit $10"
));
static GET: Statement = Statement::new(concat!(select_entries!(), " and e.id = $2"));

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &GET];

const KINDS: &[&str] = &["commission", "clawback", "hold", PAYOUT, REVERSAL];

/// An entry, in the smallest unit of its currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    kind: String,
    amount: i64,
    currency: String,
    livemode: bool,
    partner_id: String,
    program_id: String,
    /// The sale, lead or payout it is about.
    subject_id: String,
    sale_id: Option<String>,
    /// The payout that has paid it, or that it is or takes back. One that was reversed has paid nothing.
    payout_id: Option<String>,
    reason: String,
    occurred_at: String,
    available_at: String,
    created_at: String,
}

/// What the list may be asked for.
const FILTERS: &[&str] = &[
    "saleId",
    "subjectId",
    "partnerId",
    "programId",
    "kind",
    "currency",
    "livemode",
    "payoutId",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/ledger", get(list))
        .route("/api/ledger/{id}", get(one))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Entry>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    query.one_of("saleId", "subjectId")?;
    let subject = match query.id("saleId", &[id::SALE])? {
        "" => query.id("subjectId", &[id::SALE, id::LEAD, id::PAYOUT])?,
        sale_id => sale_id,
    };
    let args = args![
        caller.organization_id.as_str(),
        page.after.as_str(),
        subject,
        query.id("partnerId", &[id::PARTNER])?,
        query.id("programId", &[id::PROGRAM])?,
        query.word("kind", KINDS)?,
        query.currency("currency")?,
        query.ledger(&caller)?,
        query.id("payoutId", &[id::PAYOUT])?,
        page.rows()
    ];
    let store = app.store.as_ref();
    Ok(Json(Listed::read(store, &LIST, args, &page).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Entry> {
    let args = args![caller.organization_id.as_str(), id];
    let found: Entry = item(app.store.as_ref(), &GET, args, "entry").await?;
    seen(&caller, found.livemode, "entry")?;
    Ok(Json(found))
}

impl Item for Entry {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let (kind, subject_id) = (text(row, "kind")?, text(row, "subject_id")?);
        let own = matches!(kind.as_str(), PAYOUT | REVERSAL).then(|| subject_id.clone());
        Ok(Self {
            id: text(row, "id")?,
            amount: row.int("amount")?,
            currency: text(row, "currency")?,
            livemode: row.flag("livemode")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            sale_id: Some(subject_id.clone()).filter(|id| id.starts_with("sale_")),
            payout_id: own.or(opt_text(row, "payout_id")?),
            kind,
            subject_id,
            reason: text(row, "reason")?,
            occurred_at: time(row, "occurred_at")?,
            available_at: time(row, "available_at")?,
            created_at: time(row, "created_at")?,
        })
    }

    fn position(&self) -> String {
        self.id.clone()
    }
}
