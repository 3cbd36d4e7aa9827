//! Adjustments: refunds, credits and chargebacks, gated by action and status.
//!
//! It must never take money back for a refund that is not approved, for a warning, or twice for one
//! chargeback. Nothing links `chargeback_reverse` to its chargeback, and the chargeback itself may turn
//! `reversed` as well; so each is told by its own id, and the fold takes the two for one where they are.
//! <https://developer.paddle.com/api-reference/adjustments/overview>

use super::CREDITS_REVERSE;
use super::objects::{Adjusted, Adjustment, Totals};
use crate::currency::Currency;
use crate::delivery::Reading;
use crate::fact::{Bought, Extent, Fact, Reversal, ReversalKind, ReversalState, Version};
use crate::lenient::Raw;
use crate::name::Name;
use crate::settings::Settings;
use crate::time::Micros;

/// Later than any event: the end of the year 9999.
const LAST_WORD: Micros = Micros::from_seconds(253_402_300_799);

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
    let effect = match effect(&object, &status, [&id, &transaction], settings) {
        Ok(effect) => effect,
        Err(reading) => return reading,
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
        version: version(at, &status),
        occurred_at: object.created_at.rfc3339().unwrap_or(at),
        reason: object.reason.text(),
        things: things(&object),
        gift_cards: 0,
    };
    let reading = Reading::facts(vec![Fact::Reversal(reversal)]);
    match effect.note {
        _ if !is_status(&status) => reading.with_unknown("status", &status),
        Some(note) => reading.with_note(note),
        None => reading,
    }
}

fn is_status(status: &str) -> bool {
    matches!(
        status,
        "pending_approval" | "approved" | "rejected" | "reversed"
    )
}

/// The rule for each action; the error is the reading of one that moves nothing here.
fn effect(
    object: &Adjustment<'_>,
    status: &str,
    [id, transaction]: [&str; 2],
    settings: &Settings,
) -> Result<Effect, Reading> {
    let new = |kind, state, note| Effect {
        kind,
        id: id.to_owned(),
        state,
        note,
    };
    let of_warning = |state, note| Effect {
        id: format!("paddle/warning/{transaction}"),
        ..new(ReversalKind::Dispute, state, note)
    };
    let by_status = state(status);
    let inert = ReversalState::Inert;
    let action = object.action.text().unwrap_or_default();
    match action.as_str() {
        "refund" => Ok(new(ReversalKind::Refund, by_status, None)),
        "credit" => Ok(match credit(object, settings) {
            (kind, true, note) => new(kind, by_status, note),
            (kind, false, note) => new(kind, inert, note),
        }),
        "chargeback" => Ok(new(ReversalKind::Dispute, by_status, None)),
        "chargeback_reverse" => Ok(new(ReversalKind::DisputeReturn, by_status, None)),
        "chargeback_warning" => {
            let note = "a chargeback warning: no money moves";
            Ok(of_warning(inert, Some(note)))
        }
        "chargeback_warning_reverse" => Ok(of_warning(ReversalState::Released, None)),
        "credit_reverse" => Err(Reading::ignored(
            "the credit itself says that it is reversed",
        )),
        _ => Err(Reading::ignored("moves nothing").with_unknown("action", &action)),
    }
}

/// A credit lessens an invoice that is not paid yet, or goes to the customer's balance: then the sale
/// stays, and what the balance pays for later is none. With the setting it takes back at once.
fn credit(
    object: &Adjustment<'_>,
    settings: &Settings,
) -> (ReversalKind, bool, Option<&'static str>) {
    let to_balance = object.credit_applied_to_balance.bool();
    let takes_back = settings.flag(CREDITS_REVERSE, false);
    match (to_balance, takes_back) {
        (Some(false), _) | (None, false) => (
            ReversalKind::Credit,
            true,
            Some("a credit: lessens its invoice where that was not paid yet"),
        ),
        (_, true) => (ReversalKind::Refund, true, None),
        (Some(true), false) => (
            ReversalKind::Refund,
            false,
            Some("a credit to the customer's balance: what it will pay for is not counted"),
        ),
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

/// Events are ordered by their time, and those of one instant by an adjustment's life. `reversed` is its
/// last word: told once more as approved, it stays reversed.
fn version(at: Micros, status: &str) -> Version {
    let (at, step) = match status {
        "approved" => (at, 1),
        "rejected" => (at, 2),
        "reversed" => (LAST_WORD, 3),
        _ => (at, 0),
    };
    Version { at, step }
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

/// What goes back of which lines, by the lines' ids. Nothing where it is not told of each.
fn things(object: &Adjustment<'_>) -> Vec<Bought> {
    let items = object.items.objects::<Adjusted<'_>>();
    let told = items.iter().map(|item| {
        let totals = item.totals.object::<Totals<'_>>()?;
        Some((vec![item.item_id.id()?], totals.subtotal.int()?))
    });
    Bought::sums(told.collect::<Option<Vec<_>>>().unwrap_or_default())
}
