//! The pages, a file for each. They read and show, and hand on what a form asks for; they decide nothing themselves.

pub(super) mod account;
pub(super) mod adjust;
pub(super) mod adjustments;
pub(super) mod again;
pub(super) mod bulk;
pub(super) mod changes;
pub(super) mod clicks;
pub(super) mod commissions;
pub(super) mod connect;
pub(super) mod customers;
pub(super) mod decide;
pub(super) mod doctor;
pub(super) mod events;
pub(super) mod groups;
pub(super) mod keys;
pub(super) mod leads;
pub(super) mod mails;
pub(super) mod members;
mod moves;
pub(super) mod overview;
pub(super) mod partner_portal;
pub(super) mod partners;
pub(super) mod pay;
pub(super) mod payout;
pub(super) mod payout_forms;
pub(super) mod payouts;
pub(crate) mod period;
pub(super) mod privacy;
pub(super) mod program_page;
pub(super) mod programs;
pub(super) mod reconciling;
mod rule_fields;
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
pub(super) mod webhooks;

use super::guard::Viewer;
use super::problem::Problem;
use crate::app::App;
use crate::books::{Scope, names};

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

/// How a partner is called.
async fn names_of(app: &App, viewer: &Viewer, id: &str) -> Result<String, Problem> {
    let mut names = names::partners(&scope(app, viewer), [id]).await?;
    Ok(names.remove(id).unwrap_or_else(|| id.to_owned()))
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
