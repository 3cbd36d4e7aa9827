//! A partner's links, each to be copied and as a QR code, its codes, and the form for another link.

use maud::{Markup, html};

use super::super::reader::{Closed, Reader};
use crate::app::App;
use crate::books::links::Link;
use crate::books::portal::{Own, Program};
use crate::catalog::short_url;
use crate::clicks::qr;
use crate::dashboard::params::Params;
use crate::dashboard::view::parts::copyable;

/// Links and codes on the page.
const SHOWN: i64 = 20;
/// As many are drawn.
const DRAWN: usize = 5;

/// `typed`: what stood in the form that was refused.
pub(super) async fn panel(
    app: &App,
    own: &Own<'_>,
    reader: &Reader,
    programs: &[Program],
    typed: Option<&Params>,
) -> Result<Markup, Closed> {
    let links = own.links(SHOWN).await?;
    let codes = own.codes(SHOWN).await?;
    Ok(html! {
        section.panel {
            div.title { h2 { @if links.len() > 1 { "Your links" } @else { "Your link" } } }
            div.body {
                @if links.is_empty() {
                    p.muted { "You have no link yet. Whoever runs the program makes one for you." }
                }
                @for (index, link) in links.iter().rev().enumerate() { (one(app, link, index < DRAWN)) }
                @for program in programs.iter().filter(|program| program.page.partners_make_links) {
                    (form(reader, program, (programs.len() > 1, typed)))
                }
            }
        }
        @if !codes.is_empty() {
            section.panel {
                div.title { h2 { "Your discount codes" } }
                div.body {
                    p.sub { "A sale with one of them is yours, without a click." }
                    @for code in &codes { p { (copyable(&code.code.to_uppercase())) } }
                }
            }
        }
    })
}

fn one(app: &App, link: &Link, is_drawn: bool) -> Markup {
    let url = short_url(&app.public_url, &link.domain, &link.key);
    html! {
        div.link {
            div {
                (copyable(&url))
                span.sub { "leads to " (link.url) }
            }
            @if is_drawn {
                @if let Some(code) = qr::code(&url) {
                    details {
                        summary { "QR code" span.unseen { " of " (url) } }
                        (code)
                        a href=(format!("/r/{}/qr.svg", link.key)) download={ (link.key) ".svg" } { "Download" }
                    }
                }
            }
        }
    }
}

/// The form for another link, with what stood in it where it was refused.
fn form(reader: &Reader, program: &Program, (is_named, typed): (bool, Option<&Params>)) -> Markup {
    let host = program.page.link_url.as_deref().unwrap_or_default();
    let typed = typed.filter(|typed| typed.get("program") == program.page.program_id);
    let url = typed.map_or(host, |typed| typed.get("url"));
    let key = typed.map_or("", |typed| typed.get("key"));
    html! {
        @if reader.grant.livemode {
            details open[typed.is_some()] {
                summary { "Another link" @if is_named { " (" (program.page.name) ")" } }
                form.fields method="post" action=(reader.form("links")) {
                    (reader.proof())
                    input type="hidden" name="program" value=(program.page.program_id);
                    label.field { "Leads to a page of the same site" input type="url" name="url" value=(url) required maxlength="2048"; }
                    label.field { "Name (optional)" input name="key" value=(key) maxlength="64" pattern="[A-Za-z0-9_\\-]+" autocomplete="off"; }
                    button.primary type="submit" { "Make a link" }
                }
            }
        }
    }
}
