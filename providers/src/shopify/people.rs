//! Customers, their merges, and the contracts they are billed by.
//!
//! Nothing here moves money; it joins names.

use serde::Deserialize;

use super::identity;
use super::objects::{
    Customer, Unreadable, customer_name, digits, first_time, order_gid, order_name,
};
use crate::delivery::Reading;
use crate::fact::{Alias, Identity, Strength, Version};
use crate::lenient::Raw;
use crate::{Fact, Name};

/// The end of a merge of two customers.
#[derive(Deserialize)]
pub struct Merge<'a> {
    #[serde(borrow, default)]
    admin_graphql_api_customer_kept_id: Raw<'a>,
    #[serde(borrow, default)]
    admin_graphql_api_customer_deleted_id: Raw<'a>,
    #[serde(borrow, default)]
    status: Raw<'a>,
}

/// A subscription contract. Shopify shows an app its own contracts only.
#[derive(Deserialize)]
pub struct Contract<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    customer_id: Raw<'a>,
    #[serde(borrow, default)]
    origin_order_id: Raw<'a>,
    #[serde(borrow, default)]
    revision_id: Raw<'a>,
}

/// An attempt to bill a contract that led to an order.
#[derive(Deserialize)]
pub struct BillingAttempt<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    subscription_contract_id: Raw<'a>,
}

/// `customers/create` and `customers/update`.
pub fn customer(customer: &Customer<'_>) -> Result<Reading, Unreadable> {
    let name = customer_name(customer.id).ok_or(Unreadable::Id)?;
    let version = Version {
        at: first_time(&[customer.updated_at]).unwrap_or_default(),
        step: 0,
    };
    Ok(match identity::of_customer(customer, name, version) {
        Some(fact) => Reading::facts(vec![fact]),
        None => Reading::ignored("the customer's personal data are withheld"),
    })
}

/// `customers/merge`: from now on one person. The kept id is the first of the two names.
pub fn merge(merge: &Merge<'_>) -> Result<Reading, Unreadable> {
    if merge.status.text().is_some_and(|s| s != "completed") {
        return Ok(Reading::ignored("the merge is not completed"));
    }
    let kept = customer_name(merge.admin_graphql_api_customer_kept_id);
    let deleted = customer_name(merge.admin_graphql_api_customer_deleted_id);
    let (Some(a), Some(b)) = (kept, deleted) else {
        return Err(Unreadable::Id);
    };
    let strength = Strength::Proven;
    Ok(Reading::facts(vec![Fact::Alias(Alias { a, b, strength })]))
}

/// `subscription_contracts/create`: the order that a contract began with, and whose it is. A contract
/// begins with one order, so its gid is one more name of that order; the identity stands under that
/// name, where no snapshot of the order replaces it.
pub fn contract(contract: &Contract<'_>) -> Result<Reading, Unreadable> {
    let id = digits(contract.id).ok_or(Unreadable::Id)?;
    let version = Version {
        at: crate::Micros::default(),
        step: contract.revision_id.int().unwrap_or(0),
    };
    let subscription = contract_name(&id).ok_or(Unreadable::Id)?;
    let mut whose = Identity::of(subscription.clone(), version);
    whose.customers.extend(customer_name(contract.customer_id));
    let mut facts = Vec::new();
    if let Some(order) = order_name(contract.origin_order_id) {
        let name = Name::payment(subscription.value()).ok_or(Unreadable::Id)?;
        facts.extend(billed(order, name, subscription, version));
    }
    if whose.says_something() {
        facts.push(Fact::Identity(whose));
    }
    Ok(Reading::facts(facts))
}

/// `subscription_billing_attempts/success`: the order that renews a contract.
pub fn billing_attempt(attempt: &BillingAttempt<'_>) -> Result<Reading, Unreadable> {
    let id = digits(attempt.id).ok_or(Unreadable::Id)?;
    let name = Name::payment(&format!("gid://shopify/SubscriptionBillingAttempt/{id}"));
    let contract = digits(attempt.subscription_contract_id).and_then(|id| contract_name(&id));
    let (Some(order), Some(name), Some(contract)) = (order_name(attempt.order_id), name, contract)
    else {
        return Ok(Reading::ignored("the billing attempt names no order"));
    };
    Ok(Reading::facts(billed(
        order,
        name,
        contract,
        Version::default(),
    )))
}

fn contract_name(id: &str) -> Option<Name> {
    Name::subscription(&format!("gid://shopify/SubscriptionContract/{id}"))
}

/// `order` is also called `name`, and belongs to `subscription`.
fn billed(order: Name, name: Name, subscription: Name, version: Version) -> Vec<Fact> {
    let mut identity = Identity::of(name.clone(), version);
    identity.subscription = Some(subscription);
    let proven = |a, b| {
        Fact::Alias(Alias {
            a,
            b,
            strength: Strength::Proven,
        })
    };
    let gid = order_gid(&order).map(|gid| proven(order.clone(), gid));
    let mut facts: Vec<Fact> = gid.into_iter().collect();
    facts.push(proven(order, name));
    facts.push(Fact::Identity(identity));
    facts
}
