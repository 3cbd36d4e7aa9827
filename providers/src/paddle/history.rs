//! What Paddle's API tells of the past: `GET /events`, which are the events of the webhooks, for 90 days; of what is older the transactions and
//! adjustments themselves, as they were when they last changed.
//!
//! Pages go on at the address that Paddle gives; of it the path counts alone, so that no answer leads a key elsewhere.
//! <https://developer.paddle.com/api-reference/events/list-events>, <https://developer.paddle.com/api-reference/about/pagination>,
//! <https://developer.paddle.com/api-reference/about/rate-limiting>

use serde::Deserialize;

use super::Paddle;
use crate::delivery::Verified;
use crate::history::{
    Asked, Bearing, History, Lack, Misread, Page, Request, Step, Terms, id_of_state,
};
use crate::lenient::{self, Raw};
use crate::secret::Secret;
use crate::settings::Settings;

static TERMS: Terms = Terms {
    key: "An API key with read permission for transactions, adjustments and notifications (events); of the sandbox for a source in test mode.",
    bearing: Bearing::Bearer,
    // Half of the 240 that one address has.
    per_minute: 120,
    overlap_seconds: 3_600,
    blind: "What is older than 90 days is found by its transactions and adjustments: customers and discounts of that time are not.",
};

/// Days for which events are kept. One is left to the clock.
const EVENTS_DAYS: i64 = 89;

/// How long before the range an adjustment may have been made that was decided within it, in days.
const DECIDED_WITHIN_DAYS: i64 = 60;

const EVENTS: &str = "/events";
const TRANSACTIONS: &str = "/transactions";
const ADJUSTMENTS: &str = "/adjustments";

const TYPES: &str = "transaction.billed,transaction.canceled,transaction.completed,transaction.created,transaction.paid,transaction.past_due,\
transaction.payment_failed,transaction.ready,transaction.revised,transaction.updated,adjustment.created,adjustment.updated,\
subscription.activated,subscription.created,subscription.imported,subscription.updated,customer.created,customer.imported,customer.updated,\
discount.created,discount.imported,discount.updated";

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    data: Raw<'a>,
    #[serde(borrow, default)]
    meta: Raw<'a>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default)]
    pagination: Raw<'a>,
}

#[derive(Deserialize)]
struct Pagination<'a> {
    #[serde(borrow, default)]
    next: Raw<'a>,
    #[serde(borrow, default)]
    has_more: Raw<'a>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    created_at: Raw<'a>,
    #[serde(borrow, default)]
    updated_at: Raw<'a>,
}

impl History for Paddle {
    fn terms(&self) -> &'static Terms {
        &TERMS
    }

    fn host(&self, _settings: &Settings, livemode: bool) -> Option<String> {
        let host = if livemode {
            "https://api.paddle.com"
        } else {
            "https://sandbox-api.paddle.com"
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

    fn begin(&self, asked: Asked<'_>) -> Vec<Step> {
        let kept_since = asked.now.plus_days(-EVENTS_DAYS);
        let mut steps = Vec::new();
        if asked.span.since < kept_since {
            steps.extend([TRANSACTIONS, ADJUSTMENTS].map(Step::first));
        }
        if asked.span.until > kept_since {
            steps.push(Step::first(EVENTS));
        }
        steps
    }

    fn request(&self, step: &Step, asked: Asked<'_>) -> Request {
        if let Some(next) = &step.at {
            return Request::get(next.clone());
        }
        let (since, until) = (asked.span.since, asked.span.until);
        Request::get(match step.list.as_str() {
            TRANSACTIONS => format!(
                "{TRANSACTIONS}?updated_at%5BGTE%5D={since}&updated_at%5BLT%5D={until}&status=paid,completed&order_by=updated_at%5BASC%5D&per_page=30"
            ),
            ADJUSTMENTS => format!("{ADJUSTMENTS}?order_by=id%5BDESC%5D&per_page=50"),
            _ => format!("{EVENTS}?from={since}&to={until}&event_type={TYPES}&per_page=200"),
        })
    }

    fn read(&self, step: &Step, asked: Asked<'_>, answer: &[u8]) -> Result<Page, Misread> {
        let list: List<'_> =
            lenient::document(answer).ok_or(Misread::Shape("it is no JSON object"))?;
        if !list.data.json().is_some_and(|data| data.starts_with('[')) {
            return Err(Misread::Shape("it has no data"));
        }
        let mut page = Page::default();
        let mut is_over = false;
        for raw in list.data.items() {
            let Some(json) = raw.json() else { continue };
            if step.list == EVENTS {
                page.found
                    .push(Verified::told_by_api(json.as_bytes().to_vec(), Vec::new()));
                continue;
            }
            let Some(item) = raw.object::<Item<'_>>() else {
                continue;
            };
            let made = item.created_at.rfc3339();
            if step.list == ADJUSTMENTS {
                let since = asked.span.since.plus_days(-DECIDED_WITHIN_DAYS);
                is_over |= made.is_some_and(|at| at < since);
            }
            let changed = item.updated_at.rfc3339().or(made);
            if changed.is_some_and(|at| asked.span.since <= at && at < asked.span.until) {
                page.found.extend(wrap(&step.list, &item, json));
            }
        }
        if !is_over {
            page.then.extend(next(&list, step)?);
        }
        Ok(page)
    }
}

/// The next page, where there is one.
fn next(list: &List<'_>, step: &Step) -> Result<Option<Step>, Misread> {
    let meta = list.meta.object::<Meta<'_>>();
    let pagination = meta.and_then(|meta| meta.pagination.object::<Pagination<'_>>());
    let Some(pagination) = pagination.filter(|pages| pages.has_more.bool() == Some(true)) else {
        return Ok(None);
    };
    let next = pagination
        .next
        .text()
        .ok_or(Misread::Shape("a page that goes on names no next one"))?;
    let path = next.split_once("://").map_or(next.as_str(), |(_, rest)| {
        rest.find('/')
            .and_then(|at| rest.get(at..))
            .unwrap_or_default()
    });
    if !path.starts_with(&step.list) {
        return Err(Misread::Shape("the next page is of another list"));
    }
    Ok(Some(Step::at(&step.list, path)))
}

/// An object as the event that its last change was.
fn wrap(list: &str, item: &Item<'_>, json: &str) -> Option<Verified> {
    let event = if list == TRANSACTIONS {
        "transaction.updated"
    } else {
        "adjustment.updated"
    };
    let (id, at) = (
        item.id.text()?,
        item.updated_at.text().or_else(|| item.created_at.text())?,
    );
    let (id, at) = (
        serde_json::to_string(&id_of_state(&id, json)).ok()?,
        serde_json::to_string(&at).ok()?,
    );
    let body =
        format!(r#"{{"event_id":{id},"event_type":"{event}","occurred_at":{at},"data":{json}}}"#);
    Some(Verified::told_by_api(body.into_bytes(), Vec::new()))
}
