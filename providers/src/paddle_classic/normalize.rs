//! From a verified form to its envelope and its facts: who reads which alert.
//!
//! It must never take `locker_processed` or a product's fulfillment webhook for a second sale.

use super::form::Form;
use super::{orders, reversals};
use crate::decimal::{self, Excess};
use crate::delivery::{Envelope, Reading};
use crate::name::Name;
use crate::settings::Settings;
use crate::signature;
use crate::time::Micros;
use crate::{Currency, NameKind};

/// The prefix of numbers that other processors could use as well.
const PREFIX: &str = "classic/";

/// One alert with the few things that every reader needs.
pub(super) struct Alert {
    form: Form,
    /// The alert's id.
    pub id: String,
    /// When it happened.
    pub at: Micros,
}

impl Alert {
    /// A field that says something.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.form.text(field)
    }

    /// An amount, in the smallest unit of `currency`; `None` when absent or no exact amount.
    pub fn amount(&self, field: &str, currency: Currency) -> Option<i64> {
        decimal::to_minor(self.text(field)?, currency.exponent(), Excess::Refuse).ok()
    }

    /// The currency of the buyer's amounts.
    pub fn currency(&self) -> Option<Currency> {
        Currency::parse(self.text("currency")?)
    }

    /// The name of an order. It is unique by itself, and renewals have their own.
    pub fn order(&self) -> Option<Name> {
        Name::payment(self.text("order_id")?)
    }

    /// A numeric id as a name with the prefix.
    pub fn numbered(&self, kind: NameKind, field: &str) -> Option<Name> {
        Name::new(kind, &format!("{PREFIX}{}", self.text(field)?))
    }

    /// An id of our own making, unique over all sources.
    pub fn prefixed(of: &str) -> String {
        format!("{PREFIX}{of}")
    }
}

/// The outside of an alert. Classic names neither account nor mode: both follow from the source, except that
/// the simulator's alerts are never live.
pub(super) fn envelope(body: &[u8]) -> Envelope {
    let Some(form) = Form::parse(body) else {
        return Envelope::unreadable(body);
    };
    let id = form.text("alert_id").map(str::to_owned);
    Envelope {
        event_id: id.unwrap_or_else(|| signature::digest_id(body)),
        event_type: alert_name(&form).unwrap_or("unreadable").to_owned(),
        api_version: None,
        account: None,
        livemode: is_simulated(&form).then_some(false),
        occurred_at: event_time(&form),
    }
}

/// What an alert says.
pub(super) fn reading(body: &[u8], settings: &Settings) -> Reading {
    let Some(form) = Form::parse(body) else {
        return Reading::unreadable("a field stands in the form twice");
    };
    let Some(name) = alert_name(&form).map(str::to_owned) else {
        return Reading::unreadable("alert_name is missing");
    };
    let (id, at) = (form.text("alert_id").map(str::to_owned), event_time(&form));
    let read: fn(&Alert, &Settings) -> Reading = match name.as_str() {
        "payment_succeeded" | "subscription_payment_succeeded" => orders::paid,
        "subscription_created" => orders::subscribed,
        "payment_refunded" | "subscription_payment_refunded" => reversals::refunded,
        "payment_dispute_created" => reversals::disputed,
        "payment_dispute_closed" => reversals::dispute_won,
        "locker_processed" | "fulfillment" => {
            return Reading::ignored("delivery of the goods: the payment has an alert of its own");
        }
        _ if tells_money(&form) && !MONEYLESS.contains(&name.as_str()) => {
            return Reading::ignored("not counted").with_unknown("alert", &name);
        }
        _ => return Reading::ignored("not about money"),
    };
    match (id, at) {
        (Some(id), Some(at)) => read(&Alert { form, id, at }, settings),
        _ => Reading::unreadable("alert_id or event_time is missing"),
    }
}

/// Known alerts that name amounts although none has moved, or another alert counts it.
const MONEYLESS: &[&str] = &[
    "subscription_payment_failed",
    "subscription_updated",
    "subscription_cancelled",
    "high_risk_transaction_created",
    "high_risk_transaction_updated",
    "transfer_created",
    "transfer_paid",
    "invoice_sent",
    "invoice_paid",
    "invoice_overdue",
];

/// Whether the alert is one of Paddle's simulator, which signs with the seller's own key and aims at any
/// address. It fills fields in with their names, or with a sample text.
fn is_simulated(form: &Form) -> bool {
    let named = ["customer_name", "unit_price", "next_payment_amount"];
    let sample = ["passthrough", "plan_name", "product_name"];
    let is = |field: &str, text: &str| form.text(field) == Some(text);
    named.iter().any(|field| is(field, field)) || sample.iter().any(|f| is(f, "Example String"))
}

fn tells_money(form: &Form) -> bool {
    let fields = ["sale_gross", "gross_refund", "amount", "earnings"];
    fields.iter().any(|field| form.text(field).is_some())
}

/// The alert's name; a product's fulfillment webhook has none, but the order with a prefix.
fn alert_name(form: &Form) -> Option<&str> {
    form.text("alert_name")
        .or_else(|| form.text("p_order_id").map(|_| "fulfillment"))
}

/// `YYYY-MM-DD HH:MM:SS`, in UTC without saying so.
fn event_time(form: &Form) -> Option<Micros> {
    let (day, time) = form.text("event_time")?.split_once(' ')?;
    Micros::parse_rfc3339(&format!("{day}T{time}Z"))
}
