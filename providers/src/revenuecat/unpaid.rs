//! First payments that failed.
//!
//! A web store's subscription exists before it is paid. RevenueCat tells of it as a purchase with its price, and in
//! the same moment that it could not be charged
//! (<https://community.revenuecat.com/third-party-integrations-53/webhook-event-order-4102>). A payment that was made is
//! never undone here: a later billing issue is about the next one.

use crate::Currency;
use crate::delivery::Reading;
use crate::fact::{Amounts, Billing, Fact, Payment, PaymentState};
use crate::settings::Settings;

use super::objects::Event;
use super::transaction::Transaction;

/// The stores whose subscriptions begin before they are paid.
const BEGIN_UNPAID: &[&str] = &["STRIPE", "PADDLE"];

/// Within so long of its purchase a billing issue says that the purchase itself is not paid.
const UNPAID_SECONDS: i64 = 600;

/// What a billing issue, or a cancellation for one, says of the purchase that it is about: that it was never paid.
/// `None` where it says no such thing.
pub(super) fn never_paid(event: &Event<'_>, settings: &Settings) -> Option<Reading> {
    let store = event.store.text()?;
    let is_first = event.renewal_number.int().is_none_or(|number| number <= 1);
    let (made_at, purchased_at) = (event.made_at()?, event.purchased_at_ms.unix_millis()?);
    let is_at_once = made_at <= purchased_at.plus_seconds(UNPAID_SECONDS);
    if !BEGIN_UNPAID.contains(&store.as_str()) || !is_first || !is_at_once {
        return None;
    }
    let transaction = Transaction::of(event, settings).ok()?;
    let currency = event.currency.string();
    let currency = currency.as_deref().and_then(Currency::parse);
    let payment = Payment {
        object: transaction.name.clone(),
        rank: transaction.rank(),
        // The purchase bears the same time.
        version: transaction.version(1),
        state: PaymentState::Void,
        amounts: Amounts::default(),
        currency: currency.unwrap_or(Currency::USD),
        presentment: None,
        occurred_at: transaction.paid_at,
        billing: Billing::SubscriptionFirst,
        twin_window_seconds: None,
        products: Vec::new(),
        bought: Vec::new(),
        remark: None,
    };
    let reading = Reading::facts(vec![Fact::Payment(payment)]);
    Some(
        reading
            .with_note("the first payment could not be charged: no sale unless a renewal follows"),
    )
}
