//! Connecting a processor, step by step: choose it, paste our address there, paste its secret here, then wait for the first delivery.
//!
//! A secret that looks odd is noticed before it is saved, and is never shown again, not even in the form that comes back.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use providers::adapter::About;
use providers::{Adapter, Secret, Settings};

use crate::app::App;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{copyable, encoded, heading, number};
use crate::dashboard::view::proof;
use crate::dashboard::{Page, view};
use crate::id;
use crate::sources::odd::{Oddity, oddities};
use crate::sources::setup::{self, Field, Kind};
use crate::sources::{NewSource, Source, SourceError};

pub(super) const PATH: &str = "/dashboard/sources/new";

/// How long an address that was shown may wait for its secret, in seconds.
const RESERVED_SECONDS: i64 = 86_400;

/// What is wrong with what was filled in.
#[derive(Default)]
struct Refused {
    oddities: Vec<Oddity>,
    message: Option<String>,
}

pub(in crate::dashboard) async fn ask(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let Some(processor) = viewer.params.given("processor") else {
        return Ok(view::page(&viewer, "Connect a processor", &choose(&viewer)));
    };
    let adapter = providers::adapter(processor).ok_or(Problem::NotFound)?;
    let id = app.ids.make(id::SOURCE);
    let filled = Params::default();
    Ok(form(
        &app,
        &viewer,
        adapter,
        &id,
        &filled,
        &Refused::default(),
    ))
}

fn choose(viewer: &Viewer) -> Markup {
    let adapters = providers::adapters().iter().map(|adapter| adapter.about());
    html! {
        p.crumbs { a href=(viewer.href("/dashboard/sources", &[])) { "Sources" } }
        (heading("Connect a processor", &html! {}))
        p.lead {
            "Payments come from one of these. You need to be signed in there as somebody who may add webhooks; it takes about three minutes."
            @if !viewer.livemode { " This one will be for tests: what it delivers goes to the test ledger." }
        }
        div.choices {
            @for about in adapters {
                a href=(viewer.href(PATH, &[("processor", about.id)])) {
                    span.what { (about.title) }
                    span.why { @if about.opt_in { "Only for accounts that are still on it" } @else { (number(about.events.len(), "event", "events")) ", " (number(about.steps.len(), "step", "steps")) } }
                }
            }
        }
    }
}

fn form(
    app: &App,
    viewer: &Viewer,
    adapter: &dyn Adapter,
    id: &str,
    filled: &Params,
    refused: &Refused,
) -> axum::response::Response {
    let about = adapter.about();
    let url = format!("{}/webhooks/{}/{id}", app.public_url, about.id);
    let title = format!("Connect {}", about.title);
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/sources", &[])) { "Sources" } " / " a href=(viewer.href(PATH, &[])) { "Connect a processor" } }
        (heading(&title, &html! { @if !viewer.livemode { span.badge.test { "test" } } }))
        div.wide-narrow {
            div.side-panels {
                section.panel {
                    div.title { h2 { "1. At " (about.title) } }
                    div.body { (there(about, &url)) }
                }
                section.panel {
                    div.title { h2 { "2. Here" } }
                    div.body { (here(viewer, adapter, id, filled, refused)) }
                }
            }
            (ticks(about))
        }
    };
    view::page(viewer, &title, &body)
}

/// What is done at the processor, and the address for it.
fn there(about: &About, url: &str) -> Markup {
    html! {
        p { "The address that it delivers to:" }
        p { (copyable(url)) }
        @if is_local(url) {
            p.notice { "The processor cannot reach this address. Start the server with --public-url, the address that the world sees, and come back." }
        }
        ol.steps { @for step in about.steps { li { (step) } } }
    }
}

/// Whether an address is of this machine alone.
fn is_local(url: &str) -> bool {
    let url = url::Url::parse(url);
    match url.as_ref().map(url::Url::host) {
        Ok(Some(url::Host::Ipv4(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(Some(url::Host::Ipv6(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(Some(url::Host::Domain(domain))) => domain == "localhost",
        _ => false,
    }
}

/// The events to tick, for reading and for taking along.
pub(super) fn ticks(about: &About) -> Markup {
    let names: Vec<&str> = about.events.iter().map(|event| event.name).collect();
    html! {
        section.panel {
            div.title { h2 { "Events to tick" } }
            div.body {
                p { code data-copy=(names.join(" ")) { (number(names.len(), "event", "events")) } }
                ul.ticks {
                    @for event in about.events {
                        li { code { (event.name) } @if !event.required { " " span.muted { "may be left out" } } }
                    }
                }
            }
        }
    }
}

fn here(
    viewer: &Viewer,
    adapter: &dyn Adapter,
    id: &str,
    filled: &Params,
    refused: &Refused,
) -> Markup {
    let settings = setup::read(adapter, &Settings::default(), |name| filled.all(name));
    html! {
        form.stacked method="post" action=(viewer.href(PATH, &[])) {
            (proof(viewer))
            input type="hidden" name="processor" value=(adapter.about().id);
            input type="hidden" name="id" value=(id);
            (notices(&refused.oddities, refused.message.as_deref()))
            (secret_fields(adapter.about()))
            @if refused.oddities.iter().any(|odd| !odd.is_certain) { (sure()) }
            details.settings open[refused.message.is_some()] {
                summary { "Settings, for later if you like" }
                (setting_fields(adapter, &settings))
            }
            div.actions { button.button.primary type="submit" { "Save, and wait for the first delivery" } }
        }
    }
}

/// What is wrong with what was filled in.
pub(super) fn notices(oddities: &[Oddity], message: Option<&str>) -> Markup {
    html! {
        @for odd in oddities { p.notice role="alert" { (odd.says) } }
        @if let Some(message) = message { p.notice role="alert" { (message) } }
    }
}

/// Says that an odd secret is to be taken all the same.
pub(super) fn sure() -> Markup {
    html! { label.check { input type="checkbox" name="sure" value="yes"; " I have compared it: take it all the same" } }
}

/// The secrets of RevenueCat, each with a field of its own, whose name is what stands before it when it is kept.
const KINDS: [(&str, &str); 2] = [
    ("auth", "Value of the Authorization header"),
    ("hmac", "Signing secret"),
];

/// The secrets that were pasted.
fn secret_texts(fields: &Params) -> Vec<String> {
    let mut texts = fields.all("secret");
    for (kind, _) in KINDS {
        let pasted = fields.all(kind).into_iter();
        let pasted = pasted.filter(|text| !text.trim().is_empty());
        texts.extend(pasted.map(|text| {
            let text = text.trim();
            let begins = |kind| {
                text.split_once(':')
                    .is_some_and(|(before, _)| before == kind)
            };
            let is_told = KINDS.iter().any(|(kind, _)| begins(*kind));
            if is_told {
                text.to_owned()
            } else {
                format!("{kind}:{text}")
            }
        }));
    }
    texts
}

/// Where a secret is pasted.
pub(super) fn secret_fields(about: &About) -> Markup {
    html! {
        @match about.id {
            "paddle-classic" => {
                label.field { "Public key" textarea name="secret" rows="6" required autocomplete="off" spellcheck="false" placeholder="-----BEGIN PUBLIC KEY-----" {} }
            }
            "revenuecat" => {
                @for (kind, label) in KINDS {
                    label.field { (label) input type="password" name=(kind) autocomplete="off" spellcheck="false"; }
                }
            }
            _ => {
                label.field { "Its secret" input type="password" name="secret" required autocomplete="off" spellcheck="false" placeholder=(hint(about.id)); }
            }
        }
    }
}

fn hint(processor: &str) -> &'static str {
    match processor {
        "stripe" | "polar" => "whsec_…",
        "paddle" => "pdl_ntfset_…",
        _ => "as it stands below the list of webhooks",
    }
}

/// The settings as fields, filled in with what holds.
pub(super) fn setting_fields(adapter: &dyn Adapter, settings: &Settings) -> Markup {
    html! { @for field in setup::fields(adapter) { (setting_field(&field, &setup::shown(&field, settings))) } }
}

fn setting_field(field: &Field, values: &[String]) -> Markup {
    let first = values.first().map(String::as_str).unwrap_or_default();
    html! {
        @match &field.kind {
            Kind::Flag(_) => {
                label.check { input type="checkbox" name=(field.name) value="true" checked[first == "true"]; " " (field.label) span.sub { (field.hint) } }
            }
            Kind::Words(words) => {
                fieldset {
                    legend { (field.label) }
                    span.sub { (field.hint) }
                    @for word in words {
                        label.check { input type="checkbox" name=(field.name) value=(word) checked[values.iter().any(|value| value == word)]; " " (word) }
                    }
                }
            }
            Kind::Word(words) => {
                label.field {
                    (field.label)
                    select name=(field.name) {
                        option value="" { "as usual" }
                        @for word in *words { option value=(word) selected[*word == first] { (word) } }
                    }
                    span.sub { (field.hint) }
                }
            }
            Kind::Text | Kind::List => {
                label.field { (field.label) input name=(field.name) value=(first) autocomplete="off" spellcheck="false" maxlength="512"; span.sub { (field.hint) } }
            }
        }
    }
}

pub(in crate::dashboard) async fn add(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let adapter = providers::adapter(fields.get("processor")).ok_or(Problem::NotFound)?;
    let id = fields.get("id");
    let made_at = id::made_at(id).filter(|_| id.starts_with("src_"));
    let is_ours = made_at.is_some_and(|at| {
        let age = viewer.now.seconds().saturating_sub(at.seconds());
        (0..=RESERVED_SECONDS).contains(&age)
    });
    if !is_ours {
        return Err(Problem::Forged);
    }
    let outcome = try_add(&app, &viewer, adapter, id, &fields).await?;
    Ok(match outcome {
        Ok(source) => {
            let path = format!("/dashboard/sources/{}/first", encoded(&source.id));
            Redirect::to(&viewer.href(&path, &[])).into_response()
        }
        Err(refused) => form(&app, &viewer, adapter, id, &fields, &refused),
    })
}

async fn try_add(
    app: &App,
    viewer: &Viewer,
    adapter: &dyn Adapter,
    id: &str,
    fields: &Params,
) -> Result<Result<Source, Refused>, Problem> {
    let others = app.desk().list(viewer.org()).await?;
    // The button was pressed twice.
    if let Some(known) = others.iter().find(|other| other.id == id) {
        return Ok(Ok(known.clone()));
    }
    let secrets = match secrets(adapter.about().id, fields, &others, viewer.livemode) {
        Ok(secrets) => secrets,
        Err(oddities) => {
            return Ok(Err(Refused {
                oddities,
                message: None,
            }));
        }
    };
    let new = NewSource {
        processor: adapter.about().id,
        secrets,
        livemode: viewer.livemode,
        settings: setup::read(adapter, &Settings::default(), |name| fields.all(name)),
        // Its long address has been pasted.
        may_be_default: false,
    };
    let added = app
        .desk()
        .add_as(&app.scope(viewer), id.to_owned(), new)
        .await;
    match added {
        Ok(source) => {
            app.sources.reload(app.desk(), &source.id).await?;
            Ok(Ok(source))
        }
        Err(error @ (SourceError::Setting(_) | SourceError::NoSecret)) => Ok(Err(Refused {
            message: Some(format!("{error}.")),
            ..Refused::default()
        })),
        Err(error) => Err(error.into()),
    }
}

/// The secrets that were pasted, or what is odd about them.
pub(super) fn secrets(
    processor: &str,
    fields: &Params,
    others: &[Source],
    livemode: bool,
) -> Result<Vec<Secret>, Vec<Oddity>> {
    let is_sure = fields.get("sure") == "yes";
    let mut texts = secret_texts(fields);
    texts.retain(|text| !text.trim().is_empty());
    let (mut secrets, mut odd) = (Vec::new(), Vec::new());
    for text in &texts {
        match Secret::new(text) {
            Ok(secret) => {
                odd.extend(of_other_ledger(&secret, others, livemode));
                secrets.push(secret);
            }
            Err(error) => odd.push(Oddity {
                says: format!("{error}."),
                is_certain: true,
            }),
        }
        odd.extend(oddities(processor, text));
    }
    odd.retain(|odd| odd.is_certain || !is_sure);
    if odd.is_empty() {
        Ok(secrets)
    } else {
        Err(odd)
    }
}

/// The secret of a test source in a live one, and the other way round.
fn of_other_ledger(secret: &Secret, others: &[Source], livemode: bool) -> Option<Oddity> {
    let mut others = others.iter().filter(|other| other.livemode != livemode);
    others
        .find(|other| other.secrets.contains(secret))
        .map(|other| Oddity {
            says: format!(
                "This is the secret of your {} source, and this one is {}.",
                if other.livemode { "live" } else { "test" },
                if livemode { "live" } else { "for tests" },
            ),
            is_certain: false,
        })
}
