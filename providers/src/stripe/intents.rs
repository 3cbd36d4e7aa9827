//! Payment intents: the truth about a payment only where neither invoice nor session is.
//! Sources: <https://docs.stripe.com/api/payment_intents/object>,
//! <https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>.

use crate::fact::{Billing, Fact, Payment, PaymentState, Rank};
use crate::lenient::Raw;
use crate::{Name, Reading};

use super::amounts::{self, Figures, Unit, amount, needed};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::Finding;
use super::objects::{AmountDetails, AmountPart, AmountTax, Charge, Intent, List, PaymentDetails};
use super::sessions::step;

/// How far a payment without a document may lie from the document it turns out to belong to.
pub(super) const DOCUMENT_WINDOW_SECONDS: i64 = 3_600;

/// Reads `payment_intent.succeeded` and `payment_intent.canceled`. An authorisation is no payment:
/// what counts is `amount_received`, never `amount`. Tips, and surcharges for paying by card, are paid, and nothing
/// is sold for them (<https://docs.stripe.com/changelog/dahlia/2026-03-25/card-not-present-payments-surcharge-configuration-options>).
pub(super) fn intent(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let intent: Intent<'_> = object
        .object()
        .ok_or(Unreadable("payment intent is no object"))?;
    let name = facts::payment(intent.id).ok_or(Unreadable("payment intent without id"))?;
    let invoice = facts::payment(intent.invoice);
    let state = if context.event_type == "payment_intent.succeeded" {
        PaymentState::Paid
    } else {
        PaymentState::Void
    };
    let mut facts = vec![payment(context, &intent, &name, state)?];
    let latest = facts::payment(intent.latest_charge);
    facts::same(&mut facts, Some(&name), latest.as_ref());
    let charges: List<'_> = intent.charges.object().unwrap_or_default();
    for charge in charges.data.objects::<Charge<'_>>() {
        let charge = facts::payment(charge.id).filter(|charge| Some(charge) != latest.as_ref());
        facts::same(&mut facts, Some(&name), charge.as_ref());
    }
    facts::same(&mut facts, Some(&name), invoice.as_ref());
    let details: PaymentDetails<'_> = intent.payment_details.object().unwrap_or_default();
    if let Some(reference) = details.order_reference.text() {
        facts::hint(&mut facts, &name, &reference);
    }
    Finding::of(name, context.version(step(state)), context.settings)
        .customer(intent.customer, intent.customer_account)
        .metadata(intent.metadata, "payment_intent.metadata")
        .person(intent.receipt_email, Raw::default())
        .put(&mut facts);
    Ok(Reading::facts(facts))
}

fn payment(
    context: &Context<'_>,
    intent: &Intent<'_>,
    object: &Name,
    state: PaymentState,
) -> Result<Fact, Unreadable> {
    let unit = Unit::of(intent.currency)?;
    let gross = match state {
        PaymentState::Paid => needed(
            intent.amount_received,
            "payment intent without amount_received",
        )?,
        _ => 0,
    };
    let details: AmountDetails<'_> = intent.amount_details.object().unwrap_or_default();
    let tax: AmountTax<'_> = details.tax.object().unwrap_or_default();
    let part = |part: Raw<'_>| {
        let part: AmountPart<'_> = part.object().unwrap_or_default();
        amount(part.amount).min(gross)
    };
    let figures = Figures {
        gross,
        tax: amount(tax.total_tax_amount).min(gross),
        shipping: part(details.shipping),
        beside: part(details.tip).saturating_add(part(details.surcharge)),
        ..Figures::default()
    };
    let alone = intent.customer.is_present() && !intent.invoice.is_present();
    Ok(Fact::Payment(Payment {
        object: object.clone(),
        rank: Rank::Intent,
        version: context.version(step(state)),
        state,
        amounts: figures.amounts(unit, context.includes_shipping())?,
        currency: unit.currency,
        presentment: amounts::presentment(intent.presentment_details),
        occurred_at: context.at,
        billing: Billing::Unknown,
        twin_window_seconds: alone.then_some(DOCUMENT_WINDOW_SECONDS),
        products: Vec::new(),
        bought: Vec::new(),
        remark: unit.remark(),
    }))
}
