//! API keys: all that there are, made with scopes and shown once, and revoked.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use providers::Micros;

use super::changes;
use crate::app::App;
use crate::catalog::check;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{
    ago, badge, copyable, day, empty, encoded, heading, test_badge,
};
use crate::dashboard::{Page, view};
use crate::keys::{self, ListedKey, NewKey, Scope, Scopes};

const PATH: &str = "/dashboard/keys";

/// The longest time for which a key is made, in days.
const DAYS_MAX: i64 = 36_500;

/// What each scope is for.
const SCOPES: [(Scope, &str); 3] = [
    (Scope::Track, "report clicks, leads and sales"),
    (Scope::Read, "read whatever the API shows"),
    (Scope::Admin, "everything"),
];

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    show(&app, &viewer, None).await
}

/// The page; with a key itself, this once, where it has just been made.
async fn show(app: &App, viewer: &Viewer, key: Option<&str>) -> Page {
    let mut all = keys::list(app.store.as_ref(), viewer.org()).await?;
    all.reverse();
    let rules = viewer.may(Right::Rule);
    let body = html! {
        (heading("API keys", &html! {}))
        p.lead { "A key works on one ledger and does what its scopes say. Only a digest of it is kept." }
        @if let Some(key) = key {
            div.notice role="status" {
                p { "The new key is shown only now:" }
                p { (copyable(key)) }
            }
        }
        section.panel {
            @if all.is_empty() { (empty("No key yet", &html! { p { "A shop's server needs one to report sales." } })) }
            @else { (table(viewer, &all, rules)) }
        }
        @if rules { (form(viewer)) }
    };
    Ok(view::page(viewer, "API keys", &body))
}

fn table(viewer: &Viewer, all: &[ListedKey], rules: bool) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "Name" } th { "Key" } th { "May" } th { "Made" } th { "Last used" } th { "Ends" } th { "State" } @if rules { th {} } } }
            tbody { @for key in all { (row(viewer, key, rules)) } }
        } }
    }
}

fn row(viewer: &Viewer, key: &ListedKey, rules: bool) -> Markup {
    let state = if key.revoked_at.is_some() {
        "revoked"
    } else if key.is_in_use(viewer.now) {
        "active"
    } else {
        "ended"
    };
    html! {
        tr {
            td.r1 { a href=(changes::of(viewer, &key.id)) { (key.name) } " " (test_badge(key.livemode)) }
            td data-label="Key" { code { (key.shown) } }
            td data-label="May" { (key.scopes.text()) }
            td.tight data-label="Made" { (day(key.created_at)) }
            td.tight data-label="Last used" { @match key.last_used_at { Some(at) => { (ago(at, viewer.now)) } None => { span.none { "never" } } } }
            td.tight data-label="Ends" { @match key.expires_at { Some(at) => { (day(at)) } None => { span.none { "never" } } } }
            td.r1.end { (badge(state)) }
            @if rules {
                td.n.all {
                    @if state == "active" {
                        form method="post" action=(format!("{PATH}/{}/revoke", encoded(&key.id))) {
                            (view::proof(viewer))
                            button.quiet type="submit" { "Revoke " span.unseen { (key.name) } }
                        }
                    }
                }
            }
        }
    }
}

fn form(viewer: &Viewer) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Make a key" } }
            div.body {
                form.fields method="post" action=(PATH) {
                    (view::proof(viewer))
                    label.field { "What it is for" input name="name" required maxlength="255" autocomplete="off"; }
                    label.field { "Ledger" select name="ledger" {
                        option value="live" selected[viewer.livemode] { "live" }
                        option value="test" selected[!viewer.livemode] { "test" }
                    } }
                    label.field { "Ends after days" input type="number" name="days" min="1" max=(DAYS_MAX) placeholder="never"; }
                    fieldset {
                        legend { "It may" }
                        @for (scope, what) in SCOPES {
                            label { input type="checkbox" name=(scope.word()) value="yes"; " " (scope.word()) span.muted { " " (what) } }
                        }
                    }
                    div.actions { button.button.primary type="submit" { "Make the key" } }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn create(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let name = check::text("name", fields.get("name"))?;
    let chosen = Scope::ALL.into_iter();
    let chosen = chosen.filter(|scope| fields.given(scope.word()).is_some());
    let scopes = Scopes::new(chosen)
        .ok_or_else(|| Problem::Refused("choose what the key may do".to_owned()))?;
    let ledger = fields.word("ledger", &["live", "test"], |word| word)?;
    let new = NewKey {
        name: &name,
        livemode: ledger != Some("test"),
        scopes,
        expires_at: expiry(&fields, viewer.now)?,
    };
    let (_id, key) = keys::create(&app.scope(&viewer), &new).await?;
    show(&app, &viewer, Some(key.expose())).await
}

fn expiry(fields: &Params, now: Micros) -> Result<Option<Micros>, Problem> {
    let Some(days) = fields.given("days") else {
        return Ok(None);
    };
    let days = days
        .parse()
        .ok()
        .filter(|days| (1..=DAYS_MAX).contains(days));
    let days = days.ok_or_else(|| Problem::Refused(format!("days must be 1 to {DAYS_MAX}")))?;
    Ok(Some(now.plus_days(days)))
}

pub(in crate::dashboard) async fn revoke(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let all = keys::list(app.store.as_ref(), viewer.org()).await?;
    if keys::is_last(&all, &id, viewer.now) {
        let message = "this is the last live key that may do everything: make another one first";
        return Err(Problem::Refused(message.to_owned()));
    }
    if !keys::revoke(&app.scope(&viewer), &id).await? {
        return Err(Problem::NotFound);
    }
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}
