//! The pages, a file for each. They read and show, and hand on what a form asks for; they decide nothing themselves.

pub(super) mod account;
pub(super) mod adjust;
pub(super) mod adjustments;
pub(super) mod again;
mod ban;
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
mod partner_activity;
pub(super) mod partner_list;
pub(super) mod partner_portal;
pub(super) mod partners;
pub(super) mod pay;
pub(super) mod payout;
pub(super) mod payout_forms;
pub(super) mod payout_run;
pub(super) mod payouts;
pub(crate) mod period;
pub(super) mod privacy;
pub(super) mod program_form;
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
mod summary;
pub(super) mod todo;
pub(super) mod waiting;
pub(super) mod webhooks;

use maud::Markup;

use super::guard::Viewer;
use super::problem::Problem;
use super::view::parts::{choice, text_field};
use crate::app::App;
use crate::books::{Part, Scope, names, partners as partner_books};

/// What a commission can be worth by now: the word in addresses, and as it is shown.
const STATUSES: [(&str, &str); 4] = [
    ("pending", "payable later, or held"),
    ("approved", "payable now"),
    ("paid", "paid"),
    ("rejected", "taken back"),
];

/// Whose books a page reads.
fn scope<'a>(app: &'a App, viewer: &'a Viewer) -> Scope<'a> {
    Scope {
        store: app.store.as_ref(),
        org: viewer.org(),
        now: viewer.now,
    }
}

/// The most partners that a filter offers by name.
const PARTNERS_NAMED: usize = 100;

/// The filter of a list by partner: a choice by name, or an id where there are many.
async fn partner_filter(scope: &Scope<'_>, viewer: &Viewer) -> Result<Markup, Problem> {
    let rows = i64::try_from(PARTNERS_NAMED).unwrap_or(i64::MAX) + 1;
    let all = partner_books::list(scope, &[], Part::first(rows))
        .await?
        .rows;
    let given = viewer.params.get("partner");
    let is_offered = given.is_empty() || all.iter().any(|one| one.id == given);
    if all.len() > PARTNERS_NAMED || !is_offered {
        return Ok(text_field(viewer, ("partner", "Partner"), "prt_…"));
    }
    let mut named: Vec<(&str, &str)> = all
        .iter()
        .map(|one| (one.id.as_str(), one.name.expose()))
        .collect();
    named.sort_by_key(|(_, name)| name.to_lowercase());
    Ok(choice(viewer, ("partner", "Partner"), &named))
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
