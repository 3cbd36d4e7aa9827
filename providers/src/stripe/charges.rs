//! Charges: what ties refunds and disputes to payments, and how much of a charge was given back so far.
//!
//! A charge is a payment by itself only where no payment intent stands above it (the old Charges API).
//! Sources: <https://docs.stripe.com/api/charges/object>,
//! <https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>.

use crate::fact::{Billing, Extent, Fact, Payment, PaymentState, Rank, Refunded};
use crate::lenient::Raw;
use crate::{Name, Reading};

use super::amounts::{self, Figures, Unit, amount, needed};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::Finding;
use super::intents::DOCUMENT_WINDOW_SECONDS;
use super::objects::{Charge, Person};
use super::sessions::step;

/// Reads `charge.succeeded`, `charge.captured`, `charge.updated` and `charge.refunded`.
pub(super) fn charge(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let charge: Charge<'_> = object.object().ok_or(Unreadable("charge is no object"))?;
    let name = facts::payment(charge.id).ok_or(Unreadable("charge without id"))?;
    let intent = facts::payment(charge.payment_intent);
    let invoice = facts::payment(charge.invoice);
    let mut facts = Vec::new();
    if intent.is_none() {
        facts.extend(payment(context, &charge, &name)?);
    }
    facts.extend(refunded(context, &charge, &name)?);
    facts::same(&mut facts, Some(&name), intent.as_ref());
    facts::same(&mut facts, Some(&name), invoice.as_ref());
    let person: Person<'_> = charge.billing_details.object().unwrap_or_default();
    Finding::of(name, context.version(1), context.settings)
        .customer(charge.customer, Raw::default())
        .metadata(charge.metadata, "charge.metadata")
        .person(charge.receipt_email, person.name)
        .person(person.email, Raw::default())
        .put(&mut facts);
    Ok(Reading::facts(facts))
}

/// What was captured. Before `amount_captured` there was only a yes or no.
fn captured(charge: &Charge<'_>) -> i64 {
    let all = amount(charge.amount);
    match charge.captured.bool() {
        Some(false) => 0,
        _ => charge.amount_captured.int().map_or(all, |part| part.max(0)),
    }
}

/// A charge without an intent, once its money is there.
fn payment(
    context: &Context<'_>,
    charge: &Charge<'_>,
    object: &Name,
) -> Result<Option<Fact>, Unreadable> {
    let failed = charge.paid.bool() == Some(false)
        || charge
            .status
            .string()
            .is_some_and(|status| status == "failed");
    let gross = captured(charge);
    if failed || gross == 0 {
        return Ok(None);
    }
    let unit = Unit::of(charge.currency)?;
    let figures = Figures {
        gross,
        ..Figures::default()
    };
    let pending = charge
        .status
        .string()
        .is_some_and(|status| status == "pending");
    let state = if pending {
        PaymentState::Pending
    } else {
        PaymentState::Paid
    };
    let alone = charge.customer.is_present() && !charge.invoice.is_present();
    Ok(Some(Fact::Payment(Payment {
        object: object.clone(),
        rank: Rank::Charge,
        version: context.version(step(state)),
        state,
        amounts: figures.amounts(unit, context.includes_shipping())?,
        currency: unit.currency,
        presentment: amounts::presentment(charge.presentment_details),
        occurred_at: charge.created.unix_seconds().unwrap_or(context.at),
        billing: Billing::Unknown,
        twin_window_seconds: alone.then_some(DOCUMENT_WINDOW_SECONDS),
        products: Vec::new(),
        remark: unit.remark(),
    })))
}

/// The refunds of a charge in one figure, less what was never captured: Stripe books the part of an
/// authorisation that it lets go as refunded. Nothing is said while nothing was refunded, unless the
/// event says that the figure has changed.
fn refunded(
    context: &Context<'_>,
    charge: &Charge<'_>,
    object: &Name,
) -> Result<Option<Fact>, Unreadable> {
    let (all, captured) = (amount(charge.amount), captured(charge));
    let told = if context.event_type == "charge.refunded" {
        needed(charge.amount_refunded, "charge without amount_refunded")?
    } else {
        amount(charge.amount_refunded)
    };
    let released = all.saturating_sub(captured).max(0);
    let effective = told.saturating_sub(released).max(0);
    let changed = context.previous.members().contains_key("amount_refunded");
    if effective == 0 && !(changed && captured > 0) {
        return Ok(None);
    }
    let unit = Unit::of(charge.currency)?;
    let cash = unit.iso(effective)?;
    Ok(Some(Fact::Refunded(Refunded {
        object: object.clone(),
        extent: Extent::Gross {
            cash,
            counted: cash,
        },
        currency: unit.currency,
        version: context.version(1),
        occurred_at: context.at,
    })))
}
