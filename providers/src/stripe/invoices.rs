//! Invoices, the truth about every payment that has one, and what ties payments to them.
//!
//! Two invoices are two payments, whatever links them. Lines are read for products and labels alone, never
//! for what was paid.
//! Sources: <https://docs.stripe.com/billing/invoices/subscription>,
//! <https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices>.

use crate::delivery::CUT;
use crate::fact::{
    Allocation, Billing, Drawn, Extent, Fact, Lead, Lines, Payment, PaymentState, Rank,
};
use crate::fact::{Reversal, ReversalKind, ReversalState};
use crate::lenient::Raw;
use crate::{Micros, Name, Reading};

use super::amounts::{self, Figures, Unit};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::{Finding, clean};
use super::lines;
use super::objects::{
    Invoice, InvoicePayment, LinesPage, PaidWith, Parent, StatusTransitions, SubscriptionDetails,
    TaxPart,
};
use super::sessions::{STARTED_TRIAL, step, trial_id};

const STATUSES: &[&str] = &["draft", "open", "paid", "uncollectible", "void"];

/// What is said of an invoice of many lines.
const FIRST_LINES: &str = "Stripe tells the first lines of this invoice alone. With an API key (`tributary sources credential set`) the others are asked for; until then the first product that has a rate decides for all";

/// How far a receipt invoice may lie from the payment that it confirms.
const RECEIPT_WINDOW_SECONDS: i64 = 86_400;

/// Reads `invoice.paid`, `invoice.payment_succeeded`, `invoice.voided` and `invoice.marked_uncollectible`.
pub(super) fn invoice(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let invoice: Invoice<'_> = object.object().ok_or(Unreadable("invoice is no object"))?;
    let name = facts::payment(invoice.id).ok_or(Unreadable("invoice without id"))?;
    let details = subscription_details(&invoice);
    let state = state(context, &invoice);
    let mut facts = vec![payment(context, &invoice, &name, state)?];
    let intent = facts::payment(invoice.payment_intent);
    let charge = facts::payment(invoice.charge);
    facts::same(&mut facts, Some(&name), intent.as_ref());
    facts::same(&mut facts, Some(&name), charge.as_ref());
    facts::maybe(&mut facts, &name, number(&invoice).as_ref());
    facts::meeting_place(&mut facts, &name);
    facts.extend(overpaid(context, &invoice, &name)?);
    if state == PaymentState::Paid {
        facts.extend(drawn(context, &invoice, &name)?);
    }
    let finding = identity(context, &invoice, &details, (name, state));
    if state == PaymentState::Paid && is_trial(&invoice) {
        facts.extend(trial(&invoice, &details, &finding, context.at));
    }
    finding.put(&mut facts);
    let status = invoice.status.string().unwrap_or_default();
    let reading = Reading::facts(facts);
    Ok(if !status.is_empty() && !STATUSES.contains(&&*status) {
        reading.with_unknown("invoice status", &status)
    } else if lines::go_on(&invoice) && state != PaymentState::Void {
        reading.with_note(format!("{CUT}{FIRST_LINES}"))
    } else {
        reading
    })
}

/// Reads a page of an invoice's lines: what `history` was answered when it asked for those that the invoice does not show.
pub(super) fn lines(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let told: LinesPage<'_> = object.object().ok_or(Unreadable("page is no object"))?;
    let invoice = facts::payment(told.invoice).ok_or(Unreadable("page without invoice"))?;
    let (lines, next) = lines::page(told.lines).ok_or(Unreadable("page without lines"))?;
    Ok(Reading::facts(vec![Fact::Lines(Lines {
        object: invoice,
        after: clean(told.after),
        version: context.version(0),
        lines,
        next,
    })]))
}

/// The number that stands on an invoice, by which merchants report sales and people look for them. Another account may use the same one, so it is a
/// hint and no more: a prefix and a running number may be what a report goes by; what the merchant numbers in a form of their own is a label, good for
/// finding the invoice and for nothing else.
fn number(invoice: &Invoice<'_>) -> Option<Name> {
    let number = clean(invoice.number)?;
    running_number(&number).or_else(|| Name::hint(&number))
}

fn running_number(number: &str) -> Option<Name> {
    let (prefix, running) = number.rsplit_once('-')?;
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
    let fits = (3..=12).contains(&prefix.len())
        && prefix.chars().all(plain)
        && running.len() >= 4
        && running.bytes().all(|digit| digit.is_ascii_digit());
    Name::payment(number).filter(|_| fits)
}

/// The money that came for an invoice when some of it was too much: what goes back of that takes nothing.
fn overpaid(
    context: &Context<'_>,
    invoice: &Invoice<'_>,
    name: &Name,
) -> Result<Option<Fact>, Unreadable> {
    let Some(cash) = amounts::overpaid_cash(invoice) else {
        return Ok(None);
    };
    let unit = Unit::of(invoice.currency)?;
    Ok(Some(Fact::Allocation(Allocation {
        invoice: name.clone(),
        payment: name.clone(),
        amount: unit.iso(cash)?,
        currency: unit.currency,
        version: context.version(1),
    })))
}

/// What the customer's balance has paid of an invoice.
fn drawn(
    context: &Context<'_>,
    invoice: &Invoice<'_>,
    name: &Name,
) -> Result<Option<Fact>, Unreadable> {
    let cash = amounts::invoice_cash(invoice)?;
    let part = amounts::from_balance(invoice, cash);
    if part == 0 {
        return Ok(None);
    }
    let unit = Unit::of(invoice.currency)?;
    let whole = amounts::of_invoice(context, invoice, cash.saturating_add(part));
    Ok(Some(Fact::Drawn(Drawn {
        object: name.clone(),
        amount: unit.iso(part)?,
        whole: whole.amounts(unit, context.includes_shipping())?,
        currency: unit.currency,
        version: context.version(1),
    })))
}

/// Paid only when all of it is: since 2025-03-31 `invoice.payment_succeeded` tells of parts too. Before
/// 2018 an invoice had `paid` and no status.
fn state(context: &Context<'_>, invoice: &Invoice<'_>) -> PaymentState {
    if context.event_type == "invoice.voided" {
        return PaymentState::Void;
    }
    match invoice.status.string().as_deref() {
        Some("paid") => PaymentState::Paid,
        Some("void") => PaymentState::Void,
        Some(_) => PaymentState::Pending,
        None if invoice.paid.bool() == Some(false) => PaymentState::Pending,
        None => PaymentState::Paid,
    }
}

fn payment(
    context: &Context<'_>,
    invoice: &Invoice<'_>,
    object: &Name,
    state: PaymentState,
) -> Result<Fact, Unreadable> {
    let unit = Unit::of(invoice.currency)?;
    let out_of_band = invoice.paid_out_of_band.bool() == Some(true);
    let excluded = out_of_band && context.excludes_out_of_band();
    let figures = if excluded {
        Figures::default()
    } else {
        amounts::of_invoice(context, invoice, amounts::invoice_cash(invoice)?)
    };
    let remark = out_of_band.then(|| "out_of_band".to_owned());
    Ok(Fact::Payment(Payment {
        object: object.clone(),
        rank: Rank::Canonical,
        version: context.version(step(state)),
        state,
        amounts: figures.amounts(unit, context.includes_shipping())?,
        currency: unit.currency,
        presentment: amounts::presentment(invoice.presentment_details),
        occurred_at: paid_at(invoice).unwrap_or(context.at),
        billing: billing(invoice),
        twin_window_seconds: is_receipt(invoice).then_some(RECEIPT_WINDOW_SECONDS),
        products: lines::products(invoice),
        bought: lines::bought(invoice),
        remark: remark.or_else(|| unit.remark()),
    }))
}

fn paid_at(invoice: &Invoice<'_>) -> Option<Micros> {
    let transitions: StatusTransitions<'_> = invoice.status_transitions.object()?;
    transitions.paid_at.unix_seconds()
}

fn billing(invoice: &Invoice<'_>) -> Billing {
    let subscribed = subscription_details(invoice).subscription.is_present();
    match invoice.billing_reason.string().as_deref() {
        Some("subscription_create") => Billing::SubscriptionFirst,
        Some("subscription_cycle" | "subscription_threshold") => Billing::SubscriptionRenewal,
        Some("subscription_update") => Billing::SubscriptionUpdate,
        Some("manual") if !subscribed => Billing::OneTime,
        _ => Billing::Unknown,
    }
}

/// A paid invoice that nobody tried to collect and that names no payment: made after a one-time checkout
/// as its receipt, or paid outside Stripe. Which of them, only the other payments can tell.
fn is_receipt(invoice: &Invoice<'_>) -> bool {
    let says = |field: Raw<'_>, word| field.string().is_some_and(|text| text == word);
    says(invoice.billing_reason, "manual")
        && says(invoice.collection_method, "send_invoice")
        && invoice.attempt_count.int() == Some(0)
        && !invoice.charge.is_present()
        && !invoice.payment_intent.is_present()
}

/// Subscription and its metadata: under `parent` since 2025-03-31, before that in the invoice itself.
fn subscription_details<'a>(invoice: &Invoice<'a>) -> SubscriptionDetails<'a> {
    let parent: Parent<'_> = invoice.parent.object().unwrap_or_default();
    let old: SubscriptionDetails<'_> = invoice.subscription_details.object().unwrap_or_default();
    let new: SubscriptionDetails<'_> = parent.subscription_details.object().unwrap_or_default();
    let first = |one: Raw<'a>, other: Raw<'a>| if one.is_present() { one } else { other };
    SubscriptionDetails {
        subscription: first(
            new.subscription,
            first(invoice.subscription, old.subscription),
        ),
        metadata: first(new.metadata, old.metadata),
    }
}

fn identity<'a>(
    context: &Context<'a>,
    invoice: &Invoice<'_>,
    details: &SubscriptionDetails<'_>,
    (name, state): (Name, PaymentState),
) -> Finding<'a> {
    let finding = Finding::of(name, context.version(step(state)), context.settings)
        .customer(invoice.customer, invoice.customer_account)
        .subscription(details.subscription)
        .metadata(details.metadata, "subscription_details.metadata")
        .metadata(invoice.metadata, "metadata")
        .discounts(invoice.discount, invoice.discounts, "discounts")
        .person(invoice.customer_email, invoice.customer_name);
    let reduced = invoice.total_discount_amounts.objects::<TaxPart<'_>>();
    let finding = reduced.iter().fold(finding, |finding, part| {
        finding.discounts(part.discount, Raw::default(), "total_discount_amounts")
    });
    lines::of(invoice).iter().fold(finding, |finding, line| {
        finding.metadata(line.metadata, "lines.metadata")
    })
}

/// The first invoice of a subscription, of nothing, and not because of a discount.
fn is_trial(invoice: &Invoice<'_>) -> bool {
    billing(invoice) == Billing::SubscriptionFirst
        && invoice.total.int() == Some(0)
        && invoice.subtotal.int() == Some(0)
}

fn trial(
    invoice: &Invoice<'_>,
    details: &SubscriptionDetails<'_>,
    finding: &Finding<'_>,
    at: Micros,
) -> Option<Fact> {
    Some(Fact::Lead(Lead {
        id: trial_id(&details.subscription.id()?),
        event_name: STARTED_TRIAL.to_owned(),
        customers: finding.found().customers.clone(),
        clicks: finding.found().clicks.clone(),
        occurred_at: paid_at(invoice).unwrap_or(at),
    }))
}

/// Reads `invoice_payment.paid`: the only thing that ties an invoice to its payments since 2025-03-31.
pub(super) fn invoice_payment(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let paid: InvoicePayment<'_> = object
        .object()
        .ok_or(Unreadable("invoice payment is no object"))?;
    let invoice =
        facts::payment(paid.invoice).ok_or(Unreadable("invoice payment without invoice"))?;
    let with: PaidWith<'_> = paid.payment.object().unwrap_or_default();
    let payments = [with.payment_intent, with.charge, with.payment_record];
    let Some(payment) = payments.into_iter().find_map(facts::payment) else {
        return Ok(Reading::ignored("invoice payment that names no payment"));
    };
    let unit = Unit::of(paid.currency)?;
    let part = paid.amount_paid.int().or(paid.amount_requested.int());
    let part = unit.iso(part.ok_or(Unreadable("invoice payment without amount"))?)?;
    let mut facts = vec![Fact::Allocation(Allocation {
        invoice: invoice.clone(),
        payment: payment.clone(),
        amount: part,
        currency: unit.currency,
        version: context.version(1),
    })];
    let charge = facts::payment(with.charge);
    facts::same(&mut facts, Some(&payment), charge.as_ref());
    let record = with
        .kind
        .string()
        .is_some_and(|kind| kind == "payment_record");
    if record && context.excludes_out_of_band() {
        facts.push(outside(context, &paid, invoice, (unit, part)));
    }
    Ok(Reading::facts(facts))
}

/// Takes a part that did not go through Stripe out of its invoice again: the invoice itself does not say
/// any more how it was paid.
fn outside(
    context: &Context<'_>,
    paid: &InvoicePayment<'_>,
    invoice: Name,
    (unit, part): (Unit, i64),
) -> Fact {
    let id = clean(paid.id).unwrap_or_else(|| format!("{}/out_of_band", invoice.value()));
    // It is the same whenever it is told.
    let times: StatusTransitions<'_> = paid.status_transitions.object().unwrap_or_default();
    Fact::Reversal(Reversal {
        id,
        of: vec![invoice],
        kind: ReversalKind::Refund,
        state: ReversalState::Final,
        extent: Extent::Gross {
            cash: part,
            counted: part,
        },
        currency: unit.currency,
        version: context.version(1),
        occurred_at: times.paid_at.unix_seconds().unwrap_or(context.at),
        reason: Some("paid out of band, left out by setting".to_owned()),
        things: Vec::new(),
        gift_cards: 0,
    })
}
