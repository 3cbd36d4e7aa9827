//! `/api/balances`: what each partner has, by currency and ledger: from figures that the writer keeps.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Answer;
use super::query::{Query, asked};
use crate::app::App;
use crate::books::balances::{self, By};
use crate::catalog::Listed;
use crate::id;
use crate::keys::Caller;

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
pub(crate) const FILTERS: &[&str] = &["partnerId", "programId", "currency", "livemode"];

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
    let mut by = vec![By::Ledger(query.ledger(&caller)? == 1)];
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.id("programId", &[id::PROGRAM])?).map(By::Program));
    by.extend(query.iso_currency("currency")?.map(By::Currency));
    let books = app.books(&caller.organization_id);
    let found = balances::list(&books, &by, page.part()).await?;
    let listed = Listed::of(found, &page, balances::Balance::position);
    Ok(Json(listed.map(Balance::of)))
}

impl Balance {
    fn of(balance: balances::Balance) -> Self {
        Self {
            total: balance.total(),
            partner_id: balance.partner_id,
            currency: balance.currency.to_string(),
            livemode: balance.livemode,
            pending: balance.pending,
            approved: balance.approved,
            held: balance.held,
            paid: balance.paid,
            owed: balance.owed,
        }
    }
}
