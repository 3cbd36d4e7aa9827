//! What ends a reward where a subscription goes on: with another customer, with none, and a little too early.

use providers::fact::Billing;
use providers::{Fact, Name};
use tributary::ledger::rule::{Cap, Duration, Period, Rule};

use super::{bought, left, with_rule};
use crate::fold::support::{outcome, usd};

/// Payments of one subscription, of these customers in turn; `None`: of nobody who is known.
fn subscribed(customers: &[Option<&str>]) -> Vec<Fact> {
    let days: Vec<(i64, i64)> = (0..)
        .map(|month| (30 * month, 1_000))
        .take(customers.len())
        .collect();
    let mut facts = bought(&days);
    let identities = facts.iter_mut().filter_map(|fact| match fact {
        Fact::Identity(identity) => Some(identity),
        _ => None,
    });
    for (identity, customer) in identities.zip(customers) {
        identity.customers = customer.and_then(Name::customer).into_iter().collect();
        identity.subscription = Name::subscription("sub_1");
    }
    facts
}

/// laravel/cashier-paddle 38: the user of a subscription changes when Paddle's support changes an address. Each change
/// began the customer's first months anew.
#[test]
fn reported_a_subscription_that_moves_to_another_customer_or_is_nobodys_has_one_first_sale() {
    let mut first = Rule::ten_percent();
    first.duration = Duration::FirstSale;
    let mut months = Rule::ten_percent();
    months.duration = Duration::Months { months: 2 };
    for customers in [
        [Some("a"), Some("a"), Some("a")],
        [Some("a"), Some("b"), Some("b")],
        [None, None, None],
    ] {
        let facts = subscribed(&customers);
        let earned = |rule: &Rule| left(&outcome(&facts, &with_rule(rule.clone())));
        assert_eq!(earned(&first), [100, 0, 0], "{customers:?}");
        assert_eq!(
            earned(&months),
            [100, 100, 100],
            "{customers:?}: 60 of 61 days"
        );
        let mut month = months.clone();
        month.duration = Duration::Months { months: 1 };
        assert_eq!(earned(&month), [100, 0, 0], "{customers:?}: 30 of 30 days");
    }
}

/// A guest who is known by the address of each order alone is one buyer where a subscription says so.
#[test]
fn a_guests_subscription_is_capped_as_one() {
    let mut rule = Rule::ten_percent();
    rule.cap = Some(Cap {
        amount: 250,
        currency: usd(),
        period: Period::Lifetime,
    });
    let mut facts = subscribed(&[None, None, None]);
    for fact in &mut facts {
        if let Fact::Identity(identity) = fact {
            identity.email = Some("guest@example.com".to_owned());
        }
    }
    assert_eq!(left(&outcome(&facts, &with_rule(rule))), [100, 100, 50]);
}

/// <https://www.revenuecat.com/docs/integrations/attribution/singular>: some stores charge renewals before they are
/// due, the App Store up to a day. A year's commission of a yearly plan was paid twice, and of a monthly one 13 times.
#[test]
fn a_renewal_that_is_charged_a_day_ahead_belongs_to_the_period_after_the_end() {
    let mut rule = Rule::ten_percent();
    rule.duration = Duration::Months { months: 1 };
    let told_as = |billing| {
        // 2026-09-01 12:00 and 2026-09-30 18:00, which is 18 hours ahead.
        let mut facts = bought(&[(0, 1_000), (29, 1_000)]);
        if let Fact::Payment(renewal) = &mut facts[2] {
            renewal.occurred_at = renewal.occurred_at.plus_seconds(6 * 3_600);
            renewal.billing = billing;
        }
        left(&outcome(&facts, &with_rule(rule.clone())))
    };
    assert_eq!(told_as(Billing::SubscriptionRenewal), [100, 0]);
    assert_eq!(told_as(Billing::OneTime), [100, 100]);
}
