//! `/api/statistics`: what was sold, taken back and earned in a period, by day, partner, program, link, processor or currency.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use providers::Micros;
use serde::Serialize;

use super::Answer;
use super::query::Query;
use crate::app::App;
use crate::books::figures::{self, Group, Line};
use crate::books::sums::{DAY, Sums};
use crate::http::error::ApiError;
use crate::keys::Caller;

/// The figures of a period.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    /// The first day, UTC.
    from: String,
    /// The last day.
    to: String,
    /// Which ledger.
    livemode: bool,
    group_by: &'static str,
    data: Vec<Told>,
}

/// The figures of one day, partner, program, link, processor or currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    /// The day, id or word; `null` for what nobody has brought, and for leads where no processor tells them.
    group: Option<String>,
    /// Clicks on links, in whatever ledger they ended; `null` by processor and currency.
    clicks: Option<i64>,
    /// `null` by processor and currency.
    leads: Option<i64>,
    /// Money in each currency.
    currencies: Vec<Money>,
}

/// Sums in the smallest unit of a currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Money {
    currency: String,
    /// Sales in this currency.
    sales: i64,
    gross: i64,
    net: i64,
    refunded: i64,
    disputed: i64,
    /// Earned by partners, less what was taken back.
    commission: i64,
    commission_taken_back: i64,
}

/// The most days of a period.
const DAYS_MAX: i64 = 3_660;
/// How many days where the caller does not say.
const DAYS: i64 = 30;

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/statistics", get(statistics))
}

async fn statistics(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Statistics> {
    query.only(&["from", "to", "groupBy", "livemode"])?;
    let group = query.one("groupBy", Group::ALL, Group::word)?;
    let group = group.unwrap_or(Group::Day);
    let livemode = query.ledger(&caller)? == 1;
    let scope = app.books(&caller.organization_id);
    let today = scope.now.0.div_euclid(DAY);
    let to = day(&query, "to")?.unwrap_or(today);
    let from = day(&query, "from")?.unwrap_or(to + 1 - DAYS);
    if !(0..DAYS_MAX).contains(&(to - from)) {
        let message =
            "from and to are days, the first not after the second, at most ten years apart";
        return Err(ApiError::validation("from", message));
    }
    let lines = figures::by(&scope, group, livemode, (from, to + 1)).await?;
    let mut lines: Vec<(String, Line)> = lines.into_iter().collect();
    if group == Group::Day {
        lines.sort_by_key(|(day, _)| day.parse::<i64>().unwrap_or_default());
    }
    let told = lines
        .into_iter()
        .map(|(name, line)| Told::of(group, name, line));
    Ok(Json(Statistics {
        from: date(from),
        to: date(to),
        livemode,
        group_by: group.word(),
        data: told.collect(),
    }))
}

/// A day of UTC, such as 2026-11-01.
fn day(query: &Query, name: &str) -> Result<Option<i64>, ApiError> {
    let text = query.text(name)?;
    if text.is_empty() {
        return Ok(None);
    }
    let midnight = Some(text).filter(|text| text.len() == "2026-11-01".len());
    let midnight = midnight.and_then(|day| Micros::parse_rfc3339(&format!("{day}T00:00:00Z")));
    let at = midnight.ok_or_else(|| {
        ApiError::validation(name, format!("{name} must be a day, such as 2026-11-01"))
    })?;
    Ok(Some(at.0.div_euclid(DAY)))
}

fn date(day: i64) -> String {
    let at = Micros(day.saturating_mul(DAY)).to_string();
    at.get(..10).unwrap_or(&at).to_owned()
}

impl Told {
    fn of(group: Group, name: String, line: Line) -> Self {
        let named = match group {
            Group::Day => name.parse().map(date).unwrap_or(name),
            _ => name,
        };
        let sums = line.sums.into_iter();
        Self {
            group: Some(named).filter(|name| !name.is_empty()),
            clicks: line.clicks,
            leads: line.leads,
            currencies: sums
                .map(|(currency, sums)| Money::of(currency.to_string(), sums))
                .collect(),
        }
    }
}

impl Money {
    fn of(currency: String, sums: Sums) -> Self {
        Self {
            currency,
            sales: sums.sales,
            gross: sums.gross,
            net: sums.net,
            refunded: sums.refunded,
            disputed: sums.disputed,
            commission: sums.earned(),
            commission_taken_back: sums.taken_back,
        }
    }
}
