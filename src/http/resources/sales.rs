//! `/api/sales`: every payment that became a sale, with its commission and what was taken back.

mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use providers::Micros;

use super::Answer;
use super::query::{Id, Query};
use super::status::{STATUSES, sale_status};
use crate::app::App;
use crate::args;
use crate::catalog::Listed;
use crate::http::error::ApiError;
use crate::http::input::payment_processors;
use crate::id;
use crate::keys::Caller;
use crate::ledger::fold::OWN_PREFIX;
use crate::store::{Args, Rows, Statement, Store, StoreError};

pub use row::Sale;

macro_rules! select_sales {
    ($filters:literal) => {
        concat!(
            "select v.*, c.external_id, c.email, c.name as customer_name, c.avatar
             from (select s.*, ",
            sale_status!(),
            " as status from sales s where s.organization_id = $1 and s.state = 'live'",
            $filters,
            ") v left join customers c on c.organization_id = $1 and c.id = v.customer_id"
        )
    };
}

static LIST: Statement = Statement::new(concat!(
    select_sales!(
        " and (cast($3 as text) = '' or s.id < $3)
          and (cast($4 as text) = '' or exists (
              select 1 from sale_references n
              where n.organization_id = $1 and n.sale_id = s.id and n.name = $4))
          and (cast($5 as text) = '' or s.payment_processor = $5)
          and (cast($6 as text) = '' or s.kind = $6)
          and (cast($7 as text) = '' or s.partner_id = $7)
          and (cast($8 as text) = '' or s.program_id = $8)
          and (cast($9 as bigint) = -1 or s.livemode = $9)
          and (cast($10 as text) = '' or exists (
              select 1 from customers k where k.organization_id = $1 and k.id = s.customer_id
                  and k.external_id = $10))
          and (cast($11 as text) = '' or s.customer_id = $11)"
    ),
    " where cast($12 as text) = '' or v.status = $12 order by v.id desc limit $13"
));
static GET: Statement = Statement::new(select_sales!(" and s.id = $3"));
/// Where a sale that is no more has gone: its main name is another's now, or its neighbourhood has but
/// one sale left.
static SUCCESSOR: Statement = Statement::new(
    "select t.id, case when n.sale_id is null then 0 else 1 end as named
     from sales s
     join sales t on t.organization_id = $1 and t.neighbourhood_id = s.neighbourhood_id
         and t.livemode = s.livemode and t.state = 'live'
     left join sale_references n on n.organization_id = $1 and n.livemode = s.livemode
         and n.name = 'p:' || s.invoice_id and n.sale_id = t.id
     where s.organization_id = $1 and s.id = $2 and s.state = 'merged'
     order by named desc, t.id limit 2",
);
static REFERENCES: Statement = Statement::new(
    "select n.sale_id, n.name from {rows r: id text}
     join sale_references n on n.organization_id = $1 and n.sale_id = r.id",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &GET, &SUCCESSOR, &REFERENCES];

/// What the list may be asked for.
const FILTERS: &[&str] = &[
    "invoiceId",
    "paymentProcessor",
    "kind",
    "partnerId",
    "programId",
    "livemode",
    "customerExternalId",
    "customerId",
    "status",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/sales", get(list))
        .route("/api/sales/{id}", get(one))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Sale>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let invoice_id = query.text("invoiceId")?;
    let name = if invoice_id.is_empty() {
        String::new()
    } else {
        format!("p:{invoice_id}")
    };
    let org = caller.organization_id.as_str();
    let args = args![
        org,
        app.now().0,
        page.after.as_str(),
        name,
        query.word("paymentProcessor", &payment_processors())?,
        query.word("kind", &["first", "recurring", "one_time"])?,
        query.id("partnerId", &[id::PARTNER])?,
        query.id("programId", &[id::PROGRAM])?,
        query.ledger(&caller)?,
        query.text("customerExternalId")?,
        query.id("customerId", &[id::CUSTOMER])?,
        query.word("status", STATUSES)?,
        page.rows()
    ];
    let sales = read(app.store.as_ref(), org, &LIST, args).await?;
    Ok(Json(Listed::of(sales, &page, |sale| sale.id.clone())))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Sale> {
    let sale = find(app.store.as_ref(), &caller.organization_id, &id, app.now()).await?;
    sale.filter(|sale| caller.may_see(sale.livemode))
        .map(Json)
        .ok_or_else(|| ApiError::not_found("no sale has this id"))
}

/// A sale by its id, or the sale that it turned out to be part of.
pub async fn find(
    store: &dyn Store,
    org: &str,
    id: &str,
    now: Micros,
) -> Result<Option<Sale>, StoreError> {
    let sale = read(store, org, &GET, args![org, now.0, id]).await?;
    if let Some(sale) = sale.into_iter().next() {
        return Ok(Some(sale));
    }
    let Some(id) = successor(store, org, id).await? else {
        return Ok(None);
    };
    let sale = read(store, org, &GET, args![org, now.0, id]).await?;
    Ok(sale.into_iter().next())
}

async fn successor(store: &dyn Store, org: &str, id: &str) -> Result<Option<String>, StoreError> {
    let rows = store.read(&SUCCESSOR, args![org, id]).await?;
    match rows.as_slice() {
        [first, ..] if rows.len() == 1 || first.flag("named")? => {
            Ok(Some(first.text("id")?.to_owned()))
        }
        _ => Ok(None),
    }
}

/// Reads sales with all the names they are known by.
async fn read(
    store: &dyn Store,
    org: &str,
    statement: &'static Statement,
    args: Args,
) -> Result<Vec<Sale>, StoreError> {
    let rows = store.read(statement, args).await?;
    let mut ids = Rows::new(1);
    for row in &rows {
        ids.push([row.text("id")?.into()]);
    }
    let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if !ids.is_empty() {
        for row in store.read(&REFERENCES, args![org; ids]).await? {
            let name = row.text("name")?.strip_prefix("p:").unwrap_or_default();
            if !name.is_empty() && !name.starts_with(OWN_PREFIX) {
                let names = references.entry(row.text("sale_id")?.to_owned());
                names.or_default().insert(name.to_owned());
            }
        }
    }
    rows.iter()
        .map(|row| {
            let names = references.remove(row.text("id")?).unwrap_or_default();
            Sale::read(row, names.into_iter().collect())
        })
        .collect()
}
