//! What Polar's API tells of the past: orders by when they were made, refunds, which lead to the orders that they changed, and lost disputes, which no
//! webhook tells of.
//!
//! An order is shown as it is after its last change, with its refunds in one figure. Pages are counted: orders are walked from the oldest on, so that
//! new ones shift nothing; refunds from the newest on, where what comes meanwhile is only shown twice.
//! <https://polar.sh/docs/api-reference/orders/list>, <https://polar.sh/docs/api-reference/refunds/list>,
//! <https://polar.sh/docs/api-reference/disputes/list>, <https://polar.sh/docs/api-reference/introduction>

use serde::Deserialize;

use super::{Polar, verify};
use crate::delivery::Verified;
use crate::history::{
    Asked, Bearing, History, Lack, Misread, Page, Request, Step, Terms, id_of_state,
};
use crate::lenient::{self, Raw};
use crate::secret::Secret;
use crate::settings::Settings;

static TERMS: Terms = Terms {
    key: "An organization access token with the scopes orders:read, refunds:read, disputes:read; of the sandbox for a source in test mode.",
    bearing: Bearing::Bearer,
    // The sandbox has 100.
    per_minute: 80,
    // An order can be paid days after it was made, and is listed by when it was.
    overlap_seconds: 14 * 86_400,
    blind: "An order that was made before the range and paid within it is found only where it was refunded.",
};

/// How long before the range a refund may have been made that came to its end within it, in days.
const DECIDED_WITHIN_DAYS: i64 = 30;

const ORDERS: &str = "/v1/orders/";
const REFUNDS: &str = "/v1/refunds/";
const DISPUTES: &str = "/v1/disputes/";
/// One order, by its id.
const ORDER: &str = "order";

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    items: Raw<'a>,
    #[serde(borrow, default)]
    pagination: Raw<'a>,
}

#[derive(Deserialize)]
struct Pagination<'a> {
    #[serde(borrow, default)]
    max_page: Raw<'a>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    created_at: Raw<'a>,
    #[serde(borrow, default)]
    modified_at: Raw<'a>,
}

impl History for Polar {
    fn terms(&self) -> &'static Terms {
        &TERMS
    }

    fn host(&self, _settings: &Settings, livemode: bool) -> Option<String> {
        let host = if livemode {
            "https://api.polar.sh"
        } else {
            "https://sandbox-api.polar.sh"
        };
        Some(host.to_owned())
    }

    fn sign_in(&self, _credential: &Secret) -> Option<Request> {
        None
    }

    fn token(&self, _answer: &[u8]) -> Option<Secret> {
        None
    }

    /// It does not tell; what a key may not read is answered 403.
    fn rights(&self) -> Option<Request> {
        None
    }

    fn lacking(&self, _answer: &[u8]) -> Result<Vec<Lack>, Misread> {
        Ok(Vec::new())
    }

    fn begin(&self, _asked: Asked<'_>) -> Vec<Step> {
        [ORDERS, REFUNDS, DISPUTES].map(Step::first).into()
    }

    fn request(&self, step: &Step, asked: Asked<'_>) -> Request {
        let page = step.at.as_deref().unwrap_or("1");
        let (since, until) = (asked.span.since, asked.span.until);
        Request::get(match step.list.as_str() {
            ORDER => format!("{ORDERS}{page}"),
            REFUNDS => format!("{REFUNDS}?sorting=-created_at&page={page}&limit=100"),
            DISPUTES => format!("{DISPUTES}?status=lost&sorting=-created_at&page={page}&limit=100"),
            _ => format!(
                "{ORDERS}?created_after={since}&created_before={until}&sorting=created_at&page={page}&limit=100"
            ),
        })
    }

    fn read(&self, step: &Step, asked: Asked<'_>, answer: &[u8]) -> Result<Page, Misread> {
        let mut page = Page::default();
        if step.list == ORDER {
            let order: &serde_json::value::RawValue =
                serde_json::from_slice(answer).map_err(|_other| Misread::Shape("it is no JSON"))?;
            let item: Item<'_> =
                lenient::document(answer).ok_or(Misread::Shape("it is no order"))?;
            let found = wrap("order.updated", &item, order.get());
            page.found
                .push(found.ok_or(Misread::Shape("it is no order"))?);
            return Ok(page);
        }
        let list: List<'_> =
            lenient::document(answer).ok_or(Misread::Shape("it is no JSON object"))?;
        if !list
            .items
            .json()
            .is_some_and(|items| items.starts_with('['))
        {
            return Err(Misread::Shape("it has no items"));
        }
        let mut is_over = false;
        for raw in list.items.items() {
            let (Some(item), Some(json)) = (raw.object::<Item<'_>>(), raw.json()) else {
                continue;
            };
            let made = item.created_at.rfc3339();
            let changed = item.modified_at.rfc3339().or(made);
            let is_asked = changed.is_some_and(|at| asked.span.since <= at);
            match step.list.as_str() {
                REFUNDS => {
                    let order = item.order_id.text().filter(|id| is_id(id) && is_asked);
                    page.then.extend(order.map(|id| Step::at(ORDER, id)));
                }
                DISPUTES => page
                    .found
                    .extend(wrap("dispute.updated", &item, json).filter(|_| is_asked)),
                _ => page.found.extend(wrap("order.updated", &item, json)),
            }
            let since = asked.span.since.plus_days(-DECIDED_WITHIN_DAYS);
            is_over |= step.list == REFUNDS && made.is_some_and(|at| at < since);
        }
        let pagination = list.pagination.object::<Pagination<'_>>();
        let max_page = pagination
            .and_then(|pages| pages.max_page.int())
            .unwrap_or(1);
        let here = step
            .at
            .as_deref()
            .and_then(|page| page.parse().ok())
            .unwrap_or(1);
        if here < max_page && !is_over {
            page.then.push(Step::at(&step.list, (here + 1).to_string()));
        }
        Ok(page)
    }
}

/// Whether it can stand in a path.
fn is_id(id: &str) -> bool {
    id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// An object as the event that its last change was.
fn wrap(event: &str, item: &Item<'_>, json: &str) -> Option<Verified> {
    let (id, at) = (
        item.id.text()?,
        item.modified_at.text().or_else(|| item.created_at.text())?,
    );
    let at = serde_json::to_string(&at).ok()?;
    let body = format!(r#"{{"type":"{event}","timestamp":{at},"data":{json}}}"#);
    let id = (verify::ID.to_owned(), id_of_state(&id, json));
    Some(Verified::told_by_api(body.into_bytes(), vec![id]))
}
