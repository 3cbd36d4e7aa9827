//! Customers and subscriptions: who the money of later invoices belongs to. They move none themselves.
//!
//! A deleted customer keeps its id, its claims and its merchant's id, so that its payments stay where
//! they belong; address and name go.

use crate::fact::{Fact, Lead};
use crate::lenient::Raw;
use crate::{Micros, Name, Reading};

use super::facts::{Context, Outcome, Unreadable};
use super::identity::Finding;
use super::objects::{Customer, Subscription};
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
    Ok(Reading::facts(facts))
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
        facts.push(Fact::Lead(Lead {
            id: trial_id(&id),
            event_name: STARTED_TRIAL.to_owned(),
            customers: finding.found().customers.clone(),
            clicks: finding.found().clicks.clone(),
            occurred_at: began(&subscription).unwrap_or(context.at),
        }));
    }
    finding.put(&mut facts);
    Ok(Reading::facts(facts))
}

/// When the trial began, the same in every later snapshot of the subscription.
fn began(subscription: &Subscription<'_>) -> Option<Micros> {
    [
        subscription.trial_start,
        subscription.start_date,
        subscription.created,
    ]
    .into_iter()
    .find_map(Raw::unix_seconds)
}
