//! What Stripe's API tells of the past: `/v1/events`, which are the very events of the webhooks, for 30 days; of what is older the objects
//! themselves.
//!
//! An invoice shows its first ten lines, in events as well: the others are asked for page by page, and each page is wrapped as an event that only we
//! know. <https://docs.stripe.com/api/invoice-line-item/list>
//!
//! An object is wrapped as an event that was made when it was asked for: it shows how the object stands then. Lists go by the birth of an object;
//! the times of events are asked for as they are.
//! <https://docs.stripe.com/api/events/list>, <https://docs.stripe.com/webhooks/process-undelivered-events>, <https://docs.stripe.com/rate-limits>

use serde::Deserialize;

use super::envelope::{Data, Event};
use super::objects::{Invoice, List as Listed};
use super::{Stripe, identity, normalize};
use crate::delivery::Verified;
use crate::history::{
    Asked, Bearing, History, Misread, PART, Page, Request, Step, Terms, id_of_state,
};
use crate::lenient::{self, Raw};
use crate::settings::Settings;

static TERMS: Terms = Terms {
    key: "A restricted key (rk_…) with read access to: Events, Charges and Refunds, Disputes, Invoices, Checkout Sessions; of the same mode as the source.",
    bearing: Bearing::Bearer,
    // A quarter of what one endpoint is given: https://docs.stripe.com/rate-limits
    per_minute: 375,
    overlap_seconds: 3_600,
    blind: "What is older than 30 days is found by its objects: an invoice that was made before the range and paid within it is not.",
};

/// Days for which events are kept. One is left to the clock.
const EVENTS_DAYS: i64 = 29;

/// Names that one request may ask for.
const TYPES_MAX: usize = 20;

/// The types that say something; a list of them knows no wildcards. <https://docs.stripe.com/api/events/types>
const TYPES: &[&str] = &[
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "invoice_payment.paid",
    "payment_intent.succeeded",
    "payment_intent.canceled",
    "charge.succeeded",
    "charge.captured",
    "charge.updated",
    "charge.refunded",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "credit_note.created",
    "credit_note.updated",
    "credit_note.voided",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.discount.created",
    "customer.discount.updated",
    "customer.discount.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "promotion_code.created",
    "promotion_code.updated",
];

/// A list of objects, and the type of event that shows one as it is.
struct Objects {
    path: &'static str,
    query: &'static str,
    event: &'static str,
}

/// Documents before what pays them, and what is taken back last.
const OBJECTS: &[Objects] = &[
    Objects {
        path: "/v1/checkout/sessions",
        query: "&status=complete",
        event: "checkout.session.completed",
    },
    Objects {
        path: "/v1/invoices",
        query: "&status=paid",
        event: "invoice.paid",
    },
    Objects {
        path: INVOICE_PAYMENTS,
        query: "&status=paid",
        event: "invoice_payment.paid",
    },
    Objects {
        path: "/v1/charges",
        query: "",
        event: "charge.updated",
    },
    Objects {
        path: "/v1/refunds",
        query: "",
        event: "refund.updated",
    },
    Objects {
        path: "/v1/disputes",
        query: "",
        event: "charge.dispute.updated",
    },
];

const EVENTS: &str = "events";

/// What invoices were paid with: since 2025-03-31 they do not say so themselves, and refunds name nothing else.
/// <https://docs.stripe.com/api/invoice-payment/list>
const INVOICE_PAYMENTS: &str = "/v1/invoice_payments";

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    data: Raw<'a>,
    #[serde(borrow, default)]
    has_more: Raw<'a>,
    #[serde(borrow, default)]
    error: Raw<'a>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    livemode: Raw<'a>,
    #[serde(borrow, default)]
    created: Raw<'a>,
}

impl History for Stripe {
    fn terms(&self) -> &'static Terms {
        &TERMS
    }

    /// Test or live is the key's to say.
    fn host(&self, _settings: &Settings, _livemode: bool) -> Option<String> {
        Some("https://api.stripe.com".to_owned())
    }

    fn begin(&self, asked: Asked<'_>) -> Vec<Step> {
        let kept_since = asked.now.plus_days(-EVENTS_DAYS);
        let objects = OBJECTS.iter().map(|objects| Step::first(objects.path));
        let events =
            (0..TYPES.chunks(TYPES_MAX).len()).map(|n| Step::first(&format!("{EVENTS}/{n}")));
        let mut steps = Vec::new();
        if asked.span.since < kept_since {
            steps.extend(objects);
        }
        if asked.span.until > kept_since {
            steps.extend(events);
        }
        steps
    }

    fn completes(&self, step: &Step) -> bool {
        // An account of an older API version has no such list, and its invoices name their payments.
        step.list == INVOICE_PAYMENTS || invoice_of(&step.list).is_some()
    }

    fn request(&self, step: &Step, asked: Asked<'_>) -> Request {
        let path = if step.list.starts_with(EVENTS) {
            "/v1/events"
        } else {
            step.list.as_str()
        };
        // Stripe counts whole seconds.
        let (since, until) = (asked.span.since.seconds(), asked.span.until.seconds());
        let mut query = "limit=100".to_owned();
        if invoice_of(&step.list).is_none() {
            let range = format!("&created%5Bgte%5D={since}&created%5Blt%5D={until}");
            query.push_str(&range);
        }
        for name in types_of(&step.list) {
            query.extend(["&types%5B%5D=", name]);
        }
        if let Some(objects) = OBJECTS.iter().find(|objects| objects.path == step.list) {
            query += objects.query;
        }
        if let Some(after) = &step.at {
            query.extend(["&starting_after=", after]);
        }
        Request::get(format!("{path}?{query}"))
    }

    fn read(&self, step: &Step, asked: Asked<'_>, answer: &[u8]) -> Result<Page, Misread> {
        let list: List<'_> =
            lenient::document(answer).ok_or(Misread::Shape("it is no JSON object"))?;
        let is_list = list.data.json().is_some_and(|data| data.starts_with('['));
        if list.error.is_present() || !is_list {
            return Err(Misread::Shape("it has no list"));
        }
        if let Some(invoice) = invoice_of(&step.list) {
            return lines(invoice, (step, asked), &list, answer);
        }
        let wrapped = OBJECTS.iter().find(|objects| objects.path == step.list);
        let items = list.data.items();
        let mut page = Page::default();
        let mut end = None;
        for raw in items {
            let Some(item) = raw.object::<Item<'_>>() else {
                continue;
            };
            end = identity::clean(item.id).or(end);
            let Some(json) = raw.json() else { continue };
            page.then.extend(more_lines(raw, wrapped.is_some()));
            let body = match wrapped {
                None => json.to_owned(),
                Some(objects) => wrap(objects.event, &item, json, asked),
            };
            page.found
                .push(Verified::told_by_api(body.into_bytes(), Vec::new()));
        }
        if list.has_more.bool() == Some(true) {
            let after = end.ok_or(Misread::Shape("a page that goes on names no object"))?;
            page.then.push(Step::at(&step.list, after));
        }
        Ok(page)
    }
}

/// The names that a list of events is asked for.
fn types_of(list: &str) -> &'static [&'static str] {
    let number = list
        .strip_prefix(EVENTS)
        .and_then(|rest| rest.strip_prefix('/'));
    let number = number.and_then(|number| number.parse::<usize>().ok());
    let types = number.and_then(|number| TYPES.chunks(TYPES_MAX).nth(number));
    types.unwrap_or_default()
}

/// The list of an invoice's lines.
fn lines_of(invoice: &str) -> String {
    format!("/v1/invoices/{invoice}/lines")
}

/// The invoice whose lines a list is of.
fn invoice_of(list: &str) -> Option<&str> {
    list.strip_prefix("/v1/invoices/")?.strip_suffix("/lines")
}

/// Whether an id can be part of an address.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The step to the lines of an invoice that shows the first of them alone, be it told by itself or by an event.
fn more_lines(raw: Raw<'_>, is_object: bool) -> Option<Step> {
    let shown = if is_object {
        raw
    } else {
        let event: Event<'_> = raw.object()?;
        event.data.object::<Data<'_>>()?.object
    };
    let invoice: Invoice<'_> = shown.object()?;
    let is = |raw: Raw<'_>, word| raw.string().is_some_and(|text| text == word);
    let listed: Listed<'_> = invoice.lines.object()?;
    let goes_on = listed.has_more.bool() == Some(true);
    let wanted = goes_on && is(invoice.object, "invoice") && !is(invoice.status, "void");
    let id = identity::clean(invoice.id).filter(|id| wanted && is_plain(id))?;
    Some(Step::first(&lines_of(&id)))
}

/// A page of an invoice's lines, as an event.
fn lines(
    invoice: &str,
    (step, asked): (&Step, Asked<'_>),
    list: &List<'_>,
    answer: &[u8],
) -> Result<Page, Misread> {
    let items: Vec<Item<'_>> = list.data.objects();
    let mut page = Page::default();
    let Some(first) = items.first() else {
        return Ok(page);
    };
    let json = std::str::from_utf8(answer).map_err(|_text| Misread::Shape("it is no text"))?;
    let json = json.trim_start_matches('\u{feff}');
    let after = step.at.as_deref().unwrap_or_default();
    let id = id_of_state(invoice, &format!("{after} {json}"));
    let (created, livemode) = (asked.now.seconds(), first.livemode.json().unwrap_or("null"));
    let event = normalize::LINES;
    let body = format!(
        r#"{{"id":"{id}","object":"event","api_version":"{PART}","type":"{event}","created":{created},"livemode":{livemode},"data":{{"object":{{"invoice":"{invoice}","after":"{after}","lines":{json}}}}}}}"#
    );
    page.found
        .push(Verified::told_by_api(body.into_bytes(), Vec::new()));
    if list.has_more.bool() == Some(true) {
        let on = items.last().and_then(|item| identity::clean(item.id));
        let on = on.filter(|id| is_plain(id) && *id != after);
        let on = on.ok_or(Misread::Shape("a page that goes on names no line"))?;
        page.then.push(Step::at(&step.list, on));
    }
    Ok(page)
}

/// The object as an event. A session is paid when it is made, as far as it says; all else tells its times itself, and is as it is now.
fn wrap(event: &str, item: &Item<'_>, json: &str, asked: Asked<'_>) -> String {
    let id = identity::clean(item.id).unwrap_or_default();
    let made = item
        .created
        .unix_seconds()
        .filter(|_| event.starts_with("checkout."));
    let created = made.unwrap_or(asked.now).seconds();
    let id = id_of_state(&id, json);
    let livemode = item.livemode.json().unwrap_or("null");
    format!(
        r#"{{"id":"{id}","object":"event","type":"{event}","created":{created},"livemode":{livemode},"data":{{"object":{json}}}}}"#
    )
}
