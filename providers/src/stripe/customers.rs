//! Customers and subscriptions: who the money of later invoices belongs to. They move none themselves.
//!
//! A deleted customer keeps its id, its claims and its merchant's id, so that its payments stay where
//! they belong; address and name go.

use crate::fact::{Claim, ClaimKind, Code, Fact, Label, Lead};
use crate::lenient::Raw;
use crate::{Micros, Name, Reading};

use super::facts::{Context, Outcome, Unreadable};
use super::identity::{Finding, clean, codes_of, discount_codes};
use super::objects::{Customer, Discount, PromotionCode, Subscription};
use super::sessions::{STARTED_TRIAL, trial_id};

/// Reads `customer.created`, `customer.updated` and `customer.deleted`.
pub(super) fn customer(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let customer: Customer<'_> = object.object().ok_or(Unreadable("customer is no object"))?;
    let id = customer.id.id().ok_or(Unreadable("customer without id"))?;
    let name = Name::customer(&id).ok_or(Unreadable("customer id is no id"))?;
    let deleted = context.event_type == "customer.deleted";
    let step = match context.event_type {
        "customer.created" => 0,
        "customer.deleted" => 2,
        _ => 1,
    };
    let finding = Finding::of(name, context.version(step), context.settings)
        .customer(customer.id, Raw::default())
        .metadata(customer.metadata, "customer.metadata");
    let finding = if deleted {
        finding
    } else {
        finding.person(customer.email, customer.name)
    };
    let mut facts = Vec::new();
    finding.put(&mut facts);
    if let Some(discount) = customer.discount.object::<Discount<'_>>() {
        facts.extend(discount_codes(&discount, context.version(1)));
    }
    Ok(Reading::facts(facts))
}

/// Reads `customer.discount.*`: what invoices mean that name a discount by its id alone.
pub(super) fn discount(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let discount: Discount<'_> = object.object().ok_or(Unreadable("discount is no object"))?;
    let version = context.version(1);
    let mut facts = discount_codes(&discount, version);
    let subscription = discount.subscription.id();
    if let Some(subject) = subscription.and_then(|id| Name::subscription(&id)) {
        // The discount of a subscription is a claim of it; its identity is told elsewhere.
        let codes = codes_of(&discount).into_iter().zip(0..);
        facts.extend(codes.filter_map(|(code, order)| {
            Some(Fact::Claim(Claim {
                subject: subject.clone(),
                kind: ClaimKind::Code,
                label: Label::new(&code, "subscription.discounts")?,
                order,
                version,
            }))
        }));
    }
    if facts.is_empty() {
        return Ok(Reading::ignored("discount that names no code"));
    }
    Ok(Reading::facts(facts))
}

/// Reads `promotion_code.*`: the code that buyers type for the id that sessions and invoices carry.
pub(super) fn promotion_code(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let code: PromotionCode<'_> = object
        .object()
        .ok_or(Unreadable("promotion code is no object"))?;
    let id = clean(code.id).ok_or(Unreadable("promotion code without id"))?;
    let code = clean(code.code).ok_or(Unreadable("promotion code without code"))?;
    let version = context.version(1);
    Ok(Reading::facts(vec![Fact::Code(Code { id, code, version })]))
}

/// Reads `customer.subscription.*`.
pub(super) fn subscription(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let subscription: Subscription<'_> = object
        .object()
        .ok_or(Unreadable("subscription is no object"))?;
    let id = subscription
        .id
        .id()
        .ok_or(Unreadable("subscription without id"))?;
    let name = Name::subscription(&id).ok_or(Unreadable("subscription id is no id"))?;
    let step = match context.event_type {
        "customer.subscription.created" => 0,
        "customer.subscription.deleted" => 2,
        _ => 1,
    };
    let finding = Finding::of(name, context.version(step), context.settings)
        .customer(subscription.customer, subscription.customer_account)
        .paid_since(paid_since(&subscription))
        .metadata(subscription.metadata, "subscription.metadata")
        .discounts(
            subscription.discount,
            subscription.discounts,
            "subscription.discounts",
        );
    let mut facts = Vec::new();
    let trialing = subscription
        .status
        .string()
        .is_some_and(|status| status == "trialing");
    if trialing {
        let at = began(&subscription).unwrap_or(context.at);
        facts.push(Fact::Lead(Lead {
            id: lead_id(&id, &subscription, at),
            event_name: STARTED_TRIAL.to_owned(),
            customers: finding.found().customers.clone(),
            clicks: finding.found().clicks.clone(),
            occurred_at: at,
        }));
    }
    finding.put(&mut facts);
    let version = context.version(step);
    let several = subscription.discounts.objects::<Discount<'_>>();
    for discount in several.into_iter().chain(subscription.discount.object()) {
        facts.extend(discount_codes(&discount, version));
    }
    Ok(Reading::facts(facts))
}

/// Since when a subscription has been paid for at the latest: a trial, be it one that was given later, comes before,
/// and `start_date` can have been dated back. `None` for one that has not come to that.
fn paid_since(subscription: &Subscription<'_>) -> Option<Micros> {
    let unpaid = ["trialing", "incomplete", "incomplete_expired"];
    let status = subscription.status.string()?;
    if unpaid.contains(&&*status) {
        return None;
    }
    let times = [
        subscription.created,
        subscription.start_date,
        subscription.trial_end,
    ];
    times.into_iter().filter_map(Raw::unix_seconds).max()
}

/// How long after a subscription its first trial begins at most.
const TRIAL_WITHIN_DAYS: i64 = 1;

/// The id of a trial's start. One that is given to a subscription later, as merchants do to move the day on which it is paid for, is another: the first
/// keeps its time. <https://docs.stripe.com/billing/subscriptions/billing-cycle>
fn lead_id(id: &str, subscription: &Subscription<'_>, at: Micros) -> String {
    let starts = [subscription.created, subscription.start_date];
    let start = starts.into_iter().filter_map(Raw::unix_seconds).max();
    if start.is_some_and(|start| start.plus_days(TRIAL_WITHIN_DAYS) < at) {
        format!("{}/{}", trial_id(id), at.seconds())
    } else {
        trial_id(id)
    }
}

/// When the trial began, the same in every later snapshot of this trial.
fn began(subscription: &Subscription<'_>) -> Option<Micros> {
    [
        subscription.trial_start,
        subscription.start_date,
        subscription.created,
    ]
    .into_iter()
    .find_map(Raw::unix_seconds)
}
