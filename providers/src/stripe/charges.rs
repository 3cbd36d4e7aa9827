//! Charges: what ties refunds and disputes to payments, and how much of a charge was given back so far.
//!
//! A charge is a payment by itself where no payment intent stands above it (the old Charges API), and stands
//! in for one whose own event is lost. What a transfer brings to a connected account is never a payment.
//! Sources: <https://docs.stripe.com/api/charges/object>,
//! <https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>.

use crate::fact::{Billing, Extent, Fact, Payment, PaymentState, Rank, Refunded, Version};
use crate::lenient::Raw;
use crate::{Name, Reading};

use super::amounts::{self, Figures, Unit, amount, needed};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::Finding;
use super::intents::DOCUMENT_WINDOW_SECONDS;
use super::objects::{Charge, List, Person, Refund};
use super::reversals::{self, Links};
use super::sessions::step;

/// What a connected account gets out of another account's charge.
const TRANSFERRED: &str =
    "a transfer's payment on a connected account: the sale is the platform's charge";

/// Reads `charge.succeeded`, `charge.captured`, `charge.updated` and `charge.refunded`.
pub(super) fn charge(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let charge: Charge<'_> = object.object().ok_or(Unreadable("charge is no object"))?;
    let name = facts::payment(charge.id).ok_or(Unreadable("charge without id"))?;
    if charge.source_transfer.is_present() {
        return Ok(Reading::ignored(TRANSFERRED));
    }
    let intent = facts::payment(charge.payment_intent);
    let invoice = facts::payment(charge.invoice);
    let mut facts = Vec::new();
    // A later event of a charge with an intent says nothing new of its payment.
    let is_new = matches!(context.event_type, "charge.succeeded" | "charge.captured");
    if intent.is_none() || is_new {
        facts.extend(payment(context, &charge, &name)?);
    }
    facts.extend(refunded(context, &charge, &name)?);
    facts.extend(refunds(context, &charge)?);
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
        bought: Vec::new(),
        remark: unit.remark(),
    })))
}

/// What of an authorisation was let go: Stripe books it as refunded, and makes a refund of it
/// (<https://github.com/woocommerce/woocommerce-gateway-stripe/issues/1073>).
fn released(charge: &Charge<'_>) -> i64 {
    let (all, captured) = (amount(charge.amount), captured(charge));
    all.saturating_sub(captured).max(0)
}

/// The refunds of a charge in one figure, less what was never captured. Nothing is said while nothing was
/// refunded or not all that was let go is in it, unless the event says that the figure has changed.
fn refunded(
    context: &Context<'_>,
    charge: &Charge<'_>,
    object: &Name,
) -> Result<Option<Fact>, Unreadable> {
    let told = if context.event_type == "charge.refunded" {
        needed(charge.amount_refunded, "charge without amount_refunded")?
    } else {
        amount(charge.amount_refunded)
    };
    let previous = context.previous.members();
    let before = previous.get("amount_refunded");
    let silent = told == 0 || told < released(charge);
    if captured(charge) == 0 || (silent && before.is_none()) {
        return Ok(None);
    }
    let unit = Unit::of(charge.currency)?;
    let cash = unit.iso(told.saturating_sub(released(charge)).max(0))?;
    Ok(Some(Fact::Refunded(Refunded {
        object: object.clone(),
        extent: Extent::Gross {
            cash,
            counted: cash,
        },
        currency: unit.currency,
        version: Version {
            at: context.at,
            step: total_step(told, before.and_then(|before| before.int())),
        },
        occurred_at: context.at,
        let_go: if told < released(charge) {
            0
        } else {
            unit.iso(released(charge))?
        },
    })))
}

/// Of two totals told in one second the larger is newer, since each refund adds to it; one that has fallen
/// is newer than the one it fell from.
fn total_step(told: i64, before: Option<i64>) -> i64 {
    let fallen_from = before.filter(|before| *before > told);
    let doubled = fallen_from.unwrap_or(told).saturating_mul(2);
    doubled.saturating_add(i64::from(fallen_from.is_some()))
}

/// The refunds that stand in the charge itself (before 2022-11-15). The one that merely lets go of an
/// authorisation, the oldest of its amount, moves no money.
fn refunds(context: &Context<'_>, charge: &Charge<'_>) -> Result<Vec<Fact>, Unreadable> {
    let list: List<'_> = charge.refunds.object().unwrap_or_default();
    let released = released(charge);
    let (all, mut rest) = (list.data.objects::<Refund<'_>>(), released);
    let links = Links::of(charge.id, charge.payment_intent);
    let mut facts = Vec::new();
    for refund in all.iter().rev() {
        let lets_go = rest > 0 && amount(refund.amount) == released;
        if lets_go {
            rest = 0;
        }
        facts.extend(reversals::row(context, refund, &links, lets_go)?);
    }
    Ok(facts)
}
