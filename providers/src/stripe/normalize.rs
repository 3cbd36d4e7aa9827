//! From an event's type to what its object says.
//!
//! Types that say nothing about money or customers are understood and ignored; a type that should say
//! something and cannot be read is shown as such, and is read again after an upgrade.
//! The types: <https://docs.stripe.com/api/events/types>.

use crate::Reading;
use crate::fact::Fact;
use crate::lenient;
use crate::settings::Settings;

use super::envelope::{Data, Event};
use super::facts::{Context, Outcome, Unreadable};
use super::{charges, customers, intents, invoices, notes, reversals, sessions};

/// The type of what is made of a page of an invoice's lines, when Stripe's API is asked for them. Stripe has no event of this name.
pub(super) const LINES: &str = "invoice.lines";

const THIN: &str = "thin event: switch the destination's payload style to Snapshot";

const CONNECTED: &str = "of a connected account: counted as a sale of this source; leave these events out if the account's sales are not yours";

/// Reads a verified body.
pub(super) fn read(body: &[u8], settings: &Settings) -> Reading {
    let Some(event) = lenient::document::<Event<'_>>(body) else {
        return Reading::unreadable("body is no JSON object");
    };
    let Some(event_type) = event.kind.string() else {
        return Reading::unreadable("event without type");
    };
    if event.is_thin() {
        let twin_exists = event_type.starts_with("v1.");
        return Reading::ignored(if twin_exists {
            THIN
        } else {
            "not a payment event"
        });
    }
    let Some(handler) = handler(&event_type) else {
        return Reading::ignored("not a payment event");
    };
    let Some(data) = event.data.object::<Data<'_>>() else {
        return Reading::unreadable("event without data");
    };
    let Some(at) = event.created_at() else {
        return Reading::unreadable("event without created");
    };
    let context = Context {
        event_type: &event_type,
        at,
        previous: data.previous_attributes,
        settings,
    };
    match handler(&context, data.object) {
        Ok(reading) if reading.note.is_none() && event.account.is_present() => {
            of_connected_account(reading)
        }
        Ok(reading) => reading,
        Err(Unreadable(note)) => Reading::unreadable(note),
    }
}

/// Reminds of whose the sales of a connected account are.
fn of_connected_account(reading: Reading) -> Reading {
    let is_payment = |fact: &Fact| matches!(fact, Fact::Payment(_));
    if reading.facts.iter().any(is_payment) {
        reading.with_note(CONNECTED)
    } else {
        reading
    }
}

type Handler = fn(&Context<'_>, lenient::Raw<'_>) -> Outcome;

/// What reads the object of an event of this type.
fn handler(event_type: &str) -> Option<Handler> {
    Some(match event_type {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed"
        | "checkout.session.expired" => sessions::session,
        "invoice.paid"
        | "invoice.payment_succeeded"
        | "invoice.voided"
        | "invoice.marked_uncollectible" => invoices::invoice,
        LINES => invoices::lines,
        "invoice_payment.paid" => invoices::invoice_payment,
        "payment_intent.succeeded" | "payment_intent.canceled" => intents::intent,
        "charge.succeeded" | "charge.captured" | "charge.updated" | "charge.refunded" => {
            charges::charge
        }
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            reversals::refund
        }
        "credit_note.created" | "credit_note.updated" | "credit_note.voided" => notes::credit_note,
        "customer.created" | "customer.updated" | "customer.deleted" => customers::customer,
        "customer.discount.created" | "customer.discount.updated" | "customer.discount.deleted" => {
            customers::discount
        }
        "promotion_code.created" | "promotion_code.updated" => customers::promotion_code,
        dispute if dispute.starts_with("charge.dispute.") => reversals::dispute,
        subscription if subscription.starts_with("customer.subscription.") => {
            customers::subscription
        }
        _ => return None,
    })
}
