//! Money that goes back to the buyer, and comes back from there.
//!
//! RevenueCat gives refunds no ids. An amount that is not told is never guessed: then all is taken back,
//! and the owner is told.

use crate::Currency;
use crate::Money;
use crate::delivery::Reading;
use crate::fact::{Fact, Refunded, Reversal, ReversalKind, ReversalState};
use crate::settings::Settings;

use super::amounts;
use super::objects::{Event, plain};
use super::transaction::Transaction;
use super::unpaid::never_paid;

/// A cancellation is a refund when it has a negative price or came through the store's support; any other
/// only ends the renewals.
pub(super) fn cancellation(event: &Event<'_>, settings: &Settings) -> Result<Reading, Reading> {
    let Ok(refunded) = amounts::refunded(event) else {
        return Err(Reading::unreadable("the price is not an amount"));
    };
    let negative = refunded.is_some_and(|money| money.minor < 0);
    let by_support = event.cancel_reason.string().as_deref() == Some("CUSTOMER_SUPPORT");
    if !negative && !by_support {
        let by_error = event.cancel_reason.string().as_deref() == Some("BILLING_ERROR");
        if let Some(unpaid) = never_paid(event, settings).filter(|_| by_error) {
            return Ok(unpaid);
        }
        let reading = Reading::ignored("cancelled without a refund: no money moved");
        if event.has_known_cancel_reason() {
            return Err(reading);
        }
        let reason = event.cancel_reason.text().unwrap_or_default();
        return Err(reading.with_unknown("cancel_reason", &reason));
    }
    let transaction = Transaction::of(event, settings)?;
    if refunded.is_none() && event.is_period("TRIAL") {
        return Err(Reading::ignored("a cancelled trial: no money moved"));
    }
    let kind = ReversalKind::Refund;
    let step = i64::from(refunded.is_some());
    let reversal = reversal(event, &transaction, (kind, step), refunded);
    let reading = transaction.with_remarks(Reading::facts(vec![Fact::Reversal(reversal)]));
    Ok(match refunded {
        Some(_) => reading,
        None => reading.with_note("a refund without an amount: all that was left is taken back"),
    })
}

/// The App Store takes a refund back: what refunds have taken by then is given back, as far as it says.
pub(super) fn refund_reversed(event: &Event<'_>, settings: &Settings) -> Result<Reading, Reading> {
    let transaction = Transaction::of(event, settings)?;
    let Ok(returned) = amounts::refunded(event) else {
        return Err(Reading::unreadable("the price is not an amount"));
    };
    let returns = reversal(
        event,
        &transaction,
        (ReversalKind::RefundReturn, 2),
        returned,
    );
    Ok(Reading::facts(vec![Fact::Reversal(returns)]))
}

/// The type of what an export says of refunds; no delivery has it.
pub(super) const EXPORTED: &str = "EXPORTED_REFUND";

/// An export's row: what was paid, and what is left of it. Where it does not say both, all is taken back.
pub(super) fn exported(event: &Event<'_>, settings: &Settings) -> Result<Reading, Reading> {
    let transaction = Transaction::of(event, settings)?;
    let Ok(moved) = amounts::gone(event) else {
        return Err(Reading::unreadable("the price is not an amount"));
    };
    if moved.is_some_and(|money| money.minor <= 0) {
        return Err(Reading::ignored(
            "an exported refund that took nothing back",
        ));
    }
    let told = event.currency.string();
    let told = told.as_deref().and_then(Currency::parse);
    Ok(Reading::facts(vec![Fact::Refunded(Refunded {
        object: transaction.name.clone(),
        extent: amounts::extent(moved),
        currency: moved.map_or(told.unwrap_or(Currency::USD), |money| money.currency),
        version: transaction.version(0),
        occurred_at: transaction.made_at,
        let_go: 0,
    })]))
}

/// Within so long of the purchase's time of day, the same amount is the same refund told again.
const DAY_SECONDS: i64 = 86_400;

/// A refund of a transaction, or one that was taken back. It has no id of its own: another amount is
/// another refund, and so is the same amount on another day since the purchase; on one day it is the same
/// refund told again.
fn reversal(
    event: &Event<'_>,
    transaction: &Transaction,
    (kind, step): (ReversalKind, i64),
    moved: Option<Money>,
) -> Reversal {
    let what = match kind {
        ReversalKind::RefundReturn => "refund-reversed",
        _ => "refund",
    };
    let day = (transaction.made_at.seconds() - transaction.paid_at.seconds()) / DAY_SECONDS;
    let amount = moved.map_or_else(String::new, |money| {
        let cash = money.minor.unsigned_abs();
        format!("/{cash}{}/{day}", money.currency.code())
    });
    let told = event.currency.string();
    let told = told.as_deref().and_then(Currency::parse);
    Reversal {
        id: format!("rc/{what}/{}{amount}", transaction.name.value()),
        of: vec![transaction.name.clone()],
        kind,
        state: ReversalState::Final,
        extent: amounts::extent(moved),
        currency: moved.map_or(told.unwrap_or(Currency::USD), |money| money.currency),
        version: transaction.version(step),
        occurred_at: transaction.made_at,
        reason: plain(event.cancel_reason),
        things: Vec::new(),
        gift_cards: 0,
    }
}
