//! Adjustments: refunds, credits and chargebacks, gated by action and status.
//!
//! It must never take money back for a refund that is not approved, for a warning, or twice for one
//! chargeback. Nothing links `chargeback_reverse` to its chargeback, and the chargeback itself may turn
//! `reversed` as well; so a transaction has one chargeback, whose newest word counts. Two chargebacks that
//! stand against one transaction at the same time count as the later one.
//! <https://developer.paddle.com/api-reference/adjustments/overview>

use super::CREDITS_REVERSE;
use super::objects::{Adjustment, Totals};
use crate::currency::Currency;
use crate::delivery::Reading;
use crate::fact::{Extent, Fact, Reversal, ReversalKind, ReversalState, Version};
use crate::lenient::Raw;
use crate::name::Name;
use crate::settings::Settings;
use crate::time::Micros;

/// What an adjustment is to the ledger.
struct Effect {
    kind: ReversalKind,
    id: String,
    state: ReversalState,
    note: Option<&'static str>,
}

/// `adjustment.created` and `adjustment.updated`: one snapshot path.
pub(super) fn reading(data: Raw<'_>, at: Micros, settings: &Settings) -> Reading {
    let Some(object) = data.object::<Adjustment<'_>>() else {
        return Reading::unreadable("data is not an adjustment");
    };
    let (Some(id), Some(transaction)) = (object.id.text(), object.transaction_id.text()) else {
        return Reading::unreadable("the adjustment has no id or no transaction_id");
    };
    let Some(of) = Name::payment(&transaction) else {
        return Reading::unreadable("transaction_id is no id");
    };
    let status = object.status.text().unwrap_or_default();
    let effect = match effect(&object, &id, &transaction, settings) {
        Ok(effect) => effect,
        Err(note) => return Reading::ignored(note),
    };
    let Some((extent, currency)) = extent(&object) else {
        return Reading::unreadable("the adjustment's totals cannot be read");
    };
    let reversal = Reversal {
        id: effect.id,
        of: vec![of],
        kind: effect.kind,
        state: effect.state,
        extent,
        currency,
        version: Version {
            at,
            step: step(&status),
        },
        occurred_at: object.created_at.rfc3339().unwrap_or(at),
        reason: object.reason.text(),
    };
    let reading = Reading::facts(vec![Fact::Reversal(reversal)]);
    match effect.note {
        Some(note) => reading.with_note(note),
        None => reading,
    }
}

/// The rule for each action; the error is the note of one that moves nothing here.
fn effect(
    object: &Adjustment<'_>,
    id: &str,
    transaction: &str,
    settings: &Settings,
) -> Result<Effect, &'static str> {
    let status = object.status.text().unwrap_or_default();
    let by_status = state(&status);
    let new = |kind, id: String, state, note| Effect {
        kind,
        id,
        state,
        note,
    };
    let (refund, dispute) = (ReversalKind::Refund, ReversalKind::Dispute);
    let inert = ReversalState::Inert;
    let chargeback = format!("paddle/chargeback/{transaction}");
    let warning = format!("paddle/warning/{transaction}");
    match object.action.text().unwrap_or_default().as_str() {
        "refund" => Ok(new(refund, id.to_owned(), by_status, None)),
        "credit" if settings.flag(CREDITS_REVERSE, false) => {
            Ok(new(refund, id.to_owned(), by_status, None))
        }
        "credit" => Ok(new(
            refund,
            id.to_owned(),
            inert,
            Some("a credit: takes nothing back, see the setting creditsReverse"),
        )),
        "chargeback" => Ok(new(dispute, chargeback, by_status, None)),
        "chargeback_reverse" if matches!(status.as_str(), "pending_approval" | "rejected") => {
            Err("a chargeback_reverse that does not hold")
        }
        "chargeback_reverse" => Ok(new(dispute, chargeback, ReversalState::Released, None)),
        "chargeback_warning" => Ok(new(
            dispute,
            warning,
            inert,
            Some("a chargeback warning: no money moves"),
        )),
        "chargeback_warning_reverse" => Ok(new(dispute, warning, ReversalState::Released, None)),
        "credit_reverse" => Err("the credit itself says that it is reversed"),
        _ => Err("an action that is not known moves nothing"),
    }
}

/// Only an approved adjustment moves money.
fn state(status: &str) -> ReversalState {
    match status {
        "approved" => ReversalState::Final,
        "rejected" | "reversed" => ReversalState::Released,
        _ => ReversalState::Inert,
    }
}

/// The order of an adjustment's life, for events of one instant.
fn step(status: &str) -> i64 {
    match status {
        "approved" => 1,
        "rejected" => 2,
        "reversed" => 3,
        _ => 0,
    }
}

/// Paddle tells what goes back net of tax (`subtotal`, discount already taken off), so a correction of
/// the tax alone takes nothing from the net amount.
fn extent(object: &Adjustment<'_>) -> Option<(Extent, Currency)> {
    let totals = object.totals.object::<Totals<'_>>()?;
    let code = totals.currency_code.text();
    let currency = Currency::parse(&code.or_else(|| object.currency_code.text())?)?;
    let cash = totals.total.int()?;
    let tax = totals.tax.int().unwrap_or(0);
    let net = match totals.subtotal.int() {
        Some(net) => net,
        None => cash.checked_sub(tax)?,
    };
    let extent = Extent::Net {
        cash: cash.max(0),
        net: net.max(0),
    };
    Some((extent, currency))
}
