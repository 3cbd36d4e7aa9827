//! Asking a source's processor for what never arrived: the key that it takes goes in by a form, is kept sealed and never shown, and is removed by another.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use providers::history::Terms;
use providers::{Adapter, Secret};

use super::scope;
use crate::app::App;
use crate::books::reconciliations::{self as books, Reconciliation};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{ago, badge, count, encoded, time};
use crate::dashboard::{Page, view};
use crate::reconcile::{self, CredentialError};
use crate::sources::Source;

/// What a source's page says of it; nothing where the processor has no API to ask.
pub(super) async fn panel(
    app: &App,
    viewer: &Viewer,
    source: &Source,
    adapter: &dyn Adapter,
) -> Result<Markup, Problem> {
    let title = adapter.about().title;
    let Some(api) = providers::history(&source.processor) else {
        return Ok(html! {
            section.panel #asking {
                div.title { h2 { "What never arrived" } }
                div.body { p.muted { (title) " has no API that tells what happened: only deliveries can." } }
            }
        });
    };
    let known = books::of(&scope(app, viewer), &source.id).await?;
    let known = known.unwrap_or_default();
    let terms = api.terms();
    Ok(html! {
        section.panel #asking {
            div.title { h2 { "What never arrived" } (state(&known)) }
            div.body {
                p.muted { "With a key to its API, " (title) " is asked every hour for what it never delivered. What is found is counted once, as a delivery is." }
                @if known.credential.is_some() { (standing(viewer, &known)) }
                @if viewer.may(Right::Change) { (form(viewer, source, &known, terms)) }
                @if !terms.blind.is_empty() { p.muted { (terms.blind) } }
            }
        }
    })
}

fn state(known: &Reconciliation) -> Markup {
    html! {
        @if known.credential.is_none() { (badge("off")) }
        @else if known.error.is_some() { (badge("failing")) }
        @else { (badge("active")) }
    }
}

fn standing(viewer: &Viewer, known: &Reconciliation) -> Markup {
    html! {
        @if let Some(error) = &known.error { p.notice { "It could not be asked: " (error) } }
        dl.facts {
            dt { "Asked last" }
            dd { @match known.finished_at { Some(at) => { (ago(at, viewer.now)) " " span.muted { "(" (time(at)) ")" } } None => { "not yet: within the hour" } } }
            @if let Some(at) = known.asked_until { dt { "All is known up to" } dd { (time(at)) } }
            @if known.finished_at.is_some() { dt { "Found then" } dd { (count(known.missing)) " missing of " (count(known.told)) " told" } }
        }
    }
}

fn form(viewer: &Viewer, source: &Source, known: &Reconciliation, terms: &Terms) -> Markup {
    let action = format!("/dashboard/sources/{}/api-key", encoded(&source.id));
    let has_key = known.credential.is_some();
    html! {
        form.stacked method="post" action=(viewer.href(&action, &[])) {
            (view::proof(viewer))
            label.field {
                @if has_key { "Another key" } @else { "Key" }
                input type="password" name="key" maxlength="4096" autocomplete="off" spellcheck="false";
                span.sub { (terms.key) " It is never shown again." }
            }
            div.actions {
                button.button type="submit" name="do" value="keep" { @if has_key { "Replace the key" } @else { "Keep the key" } }
                @if has_key { button.button.quiet type="submit" name="do" value="forget" { "Remove the key" } }
            }
        }
    }
}

pub(in crate::dashboard) async fn set(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let source = app.desk().get(viewer.org(), &id).await?;
    let change = app.scope(&viewer);
    match fields.get("do") {
        "keep" => {
            let key = fields.get("key");
            if let Some(odd) = odd(&source, key) {
                return Err(Problem::Refused(odd.to_owned()));
            }
            let key = Secret::new(key).map_err(|error| Problem::Refused(error.to_string()))?;
            reconcile::keep(&change, &app.seal, &source, &key).await?;
        }
        "forget" => reconcile::forget(&change, &source).await?,
        _ => return Err(Problem::Forged),
    }
    let path = format!("/dashboard/sources/{}", encoded(&id));
    let page = viewer.href_in(source.livemode, &path, &[]);
    Ok(Redirect::to(&format!("{page}#asking")).into_response())
}

/// What is odd about a key, as far as one sees without asking.
fn odd(source: &Source, key: &str) -> Option<&'static str> {
    let is_test = ["sk_test_", "rk_test_"]
        .iter()
        .any(|begin| key.starts_with(begin));
    let is_live = ["sk_live_", "rk_live_"]
        .iter()
        .any(|begin| key.starts_with(begin));
    match key {
        "" => Some("paste the key first"),
        _ if key.chars().any(char::is_whitespace) => {
            Some("there is a space within the key: paste it alone")
        }
        _ if key.starts_with("whsec_") => {
            Some("this is the secret of a webhook, which signs deliveries: make a key to the API")
        }
        _ if is_test && source.livemode => {
            Some("this is a key of test mode, and the source is live: take one of live mode")
        }
        _ if is_live && !source.livemode => Some(
            "this is a key of live mode, and the source is of test mode: take one of test mode",
        ),
        _ => None,
    }
}

impl From<CredentialError> for Problem {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::NoApi(_) => Self::Refused(error.to_string()),
            CredentialError::Seal(error) => {
                tracing::error!(%error, "a key cannot be sealed");
                Self::Broken
            }
            CredentialError::Store(error) => error.into(),
        }
    }
}
