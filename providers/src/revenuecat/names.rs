//! How RevenueCat's payments, subscriptions and customers are named.
//!
//! A payment is its store's transaction, never RevenueCat's event: one transaction is told in many events
//! and moves from user to user. App user ids stand in no name of a payment.

use crate::lenient::Raw;
use crate::name::{Name, NameKind};

use super::objects::{Event, plain};
use super::options::APP_STORES;

/// Before every name that is not unique by itself.
const PREFIX: &str = "rc";

/// The beginning of the ids that RevenueCat invents for users who have not logged in.
const ANONYMOUS: &str = "$RCAnonymousID:";

/// The payment that the event is about: the transaction's id, with the store before it where the store's
/// ids are not known to be unique. Stripe's are not: RevenueCat says to take them with the renewal number
/// (<https://www.revenuecat.com/docs/integrations/scheduled-data-exports>); without one, the time and the
/// product stand in for it.
pub(super) fn payment(event: &Event<'_>, store: &str) -> Option<Name> {
    let id = plain(event.transaction_id)?;
    if APP_STORES.contains(&store) {
        return Name::payment(&id);
    }
    let store = store.to_ascii_lowercase();
    if store != "stripe" {
        return Name::payment(&format!("{PREFIX}/{store}/{id}"));
    }
    if let Some(number) = event.renewal_number.int() {
        return Name::payment(&format!("{PREFIX}/{store}/{id}/{number}"));
    }
    let purchased_at_ms = event.purchased_at_ms.int()?;
    let product = plain(event.product_id)?;
    Name::payment(&format!(
        "{PREFIX}/{store}/{id}/{purchased_at_ms}/{product}"
    ))
}

/// How the web store's own processor names the payment and the subscription, where RevenueCat passes its
/// ids on: then both reports are of one payment, should the processor be connected here as well.
pub(super) fn of_processor(event: &Event<'_>, store: &str) -> [Option<Name>; 2] {
    let begins: &[&str] = match store {
        "STRIPE" => &["in_", "pi_", "ch_", "cs_"],
        "PADDLE" => &["txn_"],
        _ => return [None, None],
    };
    let is_own = |id: &String| begins.iter().any(|start| id.starts_with(start));
    let payment = plain(event.transaction_id).filter(is_own);
    let subscription = plain(event.original_transaction_id).filter(|id| id.starts_with("sub_"));
    [
        payment.and_then(|id| Name::payment(&id)),
        subscription.and_then(|id| Name::subscription(&id)),
    ]
}

/// The subscription: its first transaction, which stays when the purchase moves to another user.
pub(super) fn subscription(event: &Event<'_>) -> Option<Name> {
    let first = plain(event.original_transaction_id)?;
    Name::subscription(&format!("{PREFIX}/{first}"))
}

/// A customer by app user id: the merchant's own, or one that RevenueCat invented. Case matters in both.
pub(super) fn customer(id: &str) -> Option<Name> {
    if id.starts_with(ANONYMOUS) {
        Name::customer(id)
    } else {
        Name::external(id)
    }
}

/// RevenueCat's own record of a customer, to say something of. The merchant's name is shared with other
/// processors and the API: speaking of it would replace what they have said. No app user id holds a slash.
pub(super) fn record(customers: &[Name]) -> Option<Name> {
    let own = customers
        .iter()
        .find(|name| name.kind() == NameKind::External);
    match own {
        Some(name) => Name::customer(&format!("{PREFIX}/{}", name.value())),
        None => customers.first().cloned(),
    }
}

/// All customers named in the fields, which hold one id or a list of ids; each once, in the given order.
pub(super) fn customers(fields: &[Raw<'_>]) -> Vec<Name> {
    let mut found = Vec::new();
    for field in fields {
        let ids = std::iter::once(*field).chain(field.items());
        found.extend(ids.filter_map(plain).filter_map(|id| customer(&id)));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|name| seen.insert(name.clone()));
    found
}
