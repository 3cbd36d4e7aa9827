//! The pages, a file for each. They read and show; what they change is how somebody looks at them.

pub(super) mod account;
pub(super) mod again;
pub(super) mod changes;
pub(super) mod clicks;
pub(super) mod commissions;
pub(super) mod connect;
pub(super) mod customers;
pub(super) mod events;
pub(super) mod keys;
pub(super) mod leads;
pub(super) mod members;
pub(super) mod overview;
pub(super) mod partner_portal;
pub(super) mod partners;
pub(super) mod payouts;
pub(crate) mod period;
pub(super) mod programs;
pub(super) mod sales;
pub(super) mod search;
pub(super) mod set_up;
mod sheets;
pub(super) mod sign_in;
pub(super) mod source;
pub(super) mod sources;
mod story;
pub(super) mod todo;
pub(super) mod waiting;

use super::guard::Viewer;
use crate::app::App;
use crate::books::Scope;

/// What a commission can be worth by now: the word in addresses, and as it is shown.
const STATUSES: [(&str, &str); 4] = [
    ("pending", "pending"),
    ("approved", "approved"),
    ("paid", "paid"),
    ("rejected", "rejected"),
];

/// Whose books a page reads.
fn scope<'a>(app: &'a App, viewer: &'a Viewer) -> Scope<'a> {
    Scope {
        store: app.store.as_ref(),
        org: viewer.org(),
        now: viewer.now,
    }
}

/// The processors that sales may come from, as they are stored and as they are called.
fn processors() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = providers::adapters()
        .iter()
        .map(|adapter| (adapter.about().payment_processor, adapter.about().title))
        .collect();
    all.push(("custom", "Reported"));
    all.dedup_by_key(|(name, _)| *name);
    all
}
