//! Checkout Sessions: what was bought through Checkout, payment links and pricing tables.
//!
//! A session is the best witness of who bought (`client_reference_id`, metadata, codes). It is the truth
//! about money only where no invoice is; in subscription mode without an invoice it says nothing of it.
//! Source: <https://docs.stripe.com/checkout/fulfillment>.

use crate::fact::{Billing, Fact, Lead, Payment, PaymentState, Rank};
use crate::lenient::Raw;
use crate::{Name, Reading};

use super::amounts::{self, amount};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::Finding;
use super::objects::{Person, Session, TotalDetails};

/// The event of a lead that begins with a free trial.
pub(super) const STARTED_TRIAL: &str = "Started trial";

const MODES: &[&str] = &["payment", "setup", "subscription"];

const STATUSES: &[&str] = &["paid", "unpaid", "no_payment_required"];

/// What a session says that nothing was paid for yet: the money is on its way, or is to come at a later date.
const WITHOUT_MONEY: &[&str] = &["unpaid", "no_payment_required"];

/// Reads `checkout.session.*`.
pub(super) fn session(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let session: Session<'_> = object.object().ok_or(Unreadable("session is no object"))?;
    let name = facts::payment(session.id).ok_or(Unreadable("session without id"))?;
    let mode = session.mode.string().unwrap_or_default();
    let invoice = facts::payment(session.invoice);
    let intent = facts::payment(session.payment_intent);
    let state = state(context, &session);
    let mut facts = Vec::new();
    let carries_money = mode == "payment" || (mode == "subscription" && invoice.is_some());
    if carries_money {
        let billing = if mode == "payment" {
            Billing::OneTime
        } else {
            Billing::SubscriptionFirst
        };
        facts.push(payment(context, &session, (name.clone(), state), billing)?);
    }
    facts::same(&mut facts, Some(&name), intent.as_ref());
    facts::same(&mut facts, Some(&name), invoice.as_ref());
    facts::meeting_place(&mut facts, &name);
    let finding = identity(context, &session, name, state);
    if mode == "subscription" && is_trial(&session) {
        facts.push(trial(context, &session, &finding));
    }
    finding.put(&mut facts);
    let reading = Reading::facts(facts);
    let status = session.payment_status.string().unwrap_or_default();
    Ok(if !mode.is_empty() && !MODES.contains(&&*mode) {
        reading.with_unknown("session mode", &mode)
    } else if !status.is_empty() && !STATUSES.contains(&&*status) {
        reading.with_unknown("payment status", &status)
    } else {
        reading
    })
}

/// A session of nothing is done when it is complete, whatever its payment status says.
fn state(context: &Context<'_>, session: &Session<'_>) -> PaymentState {
    match context.event_type {
        "checkout.session.async_payment_failed" | "checkout.session.expired" => PaymentState::Void,
        "checkout.session.async_payment_succeeded" => PaymentState::Paid,
        _ => {
            let status = session.payment_status.string();
            let unpaid = status.is_none_or(|status| WITHOUT_MONEY.contains(&&*status));
            let worthless = session.amount_total.int().is_some_and(|total| total <= 0);
            if unpaid && !worthless {
                PaymentState::Pending
            } else {
                PaymentState::Paid
            }
        }
    }
}

/// The later step in a payment's life: pending, paid, void.
pub(super) const fn step(state: PaymentState) -> i64 {
    match state {
        PaymentState::Pending => 0,
        PaymentState::Paid => 1,
        PaymentState::Void => 2,
    }
}

fn payment(
    context: &Context<'_>,
    session: &Session<'_>,
    (object, state): (Name, PaymentState),
    billing: Billing,
) -> Result<Fact, Unreadable> {
    let (unit, figures) = amounts::of_session(session)?;
    Ok(Fact::Payment(Payment {
        object,
        rank: Rank::Checkout,
        version: context.version(step(state)),
        state,
        amounts: figures.amounts(unit, context.includes_shipping())?,
        currency: unit.currency,
        presentment: amounts::session_presentment(session),
        // With a test clock the event may stand in the past; the session is made in real time.
        occurred_at: session
            .created
            .unix_seconds()
            .map_or(context.at, |made| made.max(context.at)),
        billing,
        twin_window_seconds: None,
        products: Vec::new(),
        bought: Vec::new(),
        remark: unit.remark(),
    }))
}

fn identity<'a>(
    context: &Context<'a>,
    session: &Session<'_>,
    name: Name,
    state: PaymentState,
) -> Finding<'a> {
    let person: Person<'_> = session.customer_details.object().unwrap_or_default();
    Finding::of(name, context.version(step(state)), context.settings)
        .customer(session.customer, session.customer_account)
        .subscription(session.subscription)
        .reference(session.client_reference_id)
        .metadata(session.metadata, "metadata")
        .discounts(Raw::default(), session.discounts, "discounts")
        .person(person.email, person.name)
        .person(session.customer_email, Raw::default())
}

/// Nothing to pay, and not because of a discount.
fn is_trial(session: &Session<'_>) -> bool {
    let details: TotalDetails<'_> = session.total_details.object().unwrap_or_default();
    session.amount_total.int() == Some(0) && amount(details.discount) == 0
}

fn trial(context: &Context<'_>, session: &Session<'_>, finding: &Finding<'_>) -> Fact {
    let id = session.subscription.id().or_else(|| session.id.id());
    Fact::Lead(Lead {
        id: trial_id(&id.unwrap_or_default()),
        event_name: STARTED_TRIAL.to_owned(),
        customers: finding.found().customers.clone(),
        clicks: finding.found().clicks.clone(),
        occurred_at: context.at,
    })
}

/// One trial is one lead, whichever of session, invoice and subscription tells of it.
pub(super) fn trial_id(subscription: &str) -> String {
    format!("{subscription}/trial")
}
