//! What has happened to each subscription so far, while a neighbourhood's payments pass by in their order.
//!
//! Says whether a sale is a subscription's first; never whom it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Billing, Fact};
use providers::{Micros, Name};

use super::moments::Moment;
use crate::ledger::facts::FactSet;
use crate::ledger::people::People;
use crate::ledger::sale::Kind;

/// The event name of the lead that a trial's start is.
pub const STARTED_TRIAL: &str = "Started trial";

/// What has happened so far.
#[derive(Default)]
pub(super) struct History {
    /// Customers' first trials, by the customer's key.
    trials: BTreeMap<Name, Micros>,
    /// Subscriptions whose start has been seen, be it for nothing.
    started: BTreeSet<Name>,
    /// Subscriptions that have sold.
    sold: BTreeSet<Name>,
}

impl History {
    /// Nothing has been paid yet; trials are known by their leads.
    pub(super) fn of(facts: &FactSet, people: &People<'_>) -> Self {
        let mut history = Self::default();
        for (_, kept) in facts.beginning("lead/") {
            let Fact::Lead(lead) = &kept.fact else {
                continue;
            };
            if lead.event_name != STARTED_TRIAL {
                continue;
            }
            for name in &lead.customers {
                let first = history.trials.entry(people.key(name));
                let first = first.or_insert(lead.occurred_at);
                *first = lead.occurred_at.min(*first);
            }
        }
        history
    }

    /// Takes notice of a payment before it is asked about.
    pub(super) fn note(&mut self, moment: &Moment<'_>) {
        let Some(subscription) = &moment.subscription else {
            return;
        };
        let for_nothing = moment.paid.is_some_and(|p| p.amounts.gross == 0);
        let trial = moment.customer.as_ref().and_then(|c| self.trials.get(c));
        if for_nothing || trial.is_some_and(|trial| *trial <= moment.at) {
            self.started.insert(subscription.clone());
        }
    }

    /// Takes notice that a payment has become a sale.
    pub(super) fn sold(&mut self, moment: &Moment<'_>) {
        if let Some(subscription) = &moment.subscription {
            self.sold.insert(subscription.clone());
        }
    }

    /// The place of a sale in its subscription's history.
    pub(super) fn kind(&self, moment: &Moment<'_>, billing: Billing) -> Kind {
        let later_period = matches!(
            billing,
            Billing::SubscriptionRenewal | Billing::SubscriptionUpdate
        );
        let Some(subscription) = &moment.subscription else {
            return match billing {
                Billing::SubscriptionFirst => Kind::First,
                _ if later_period => Kind::Recurring,
                _ => Kind::OneTime,
            };
        };
        let begun_unseen = later_period && !self.started.contains(subscription);
        if begun_unseen || self.sold.contains(subscription) {
            Kind::Recurring
        } else {
            Kind::First
        }
    }
}
