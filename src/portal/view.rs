//! Pages of the portal: the frame around them, and what stands in it. Whatever is given is escaped.

mod balance;
mod earnings;
mod links;
mod over_time;
pub(super) mod paid;
mod payouts;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};

use super::look::Look;
use super::reader::{Closed, Reader, Way};
use super::{SIGN_IN, mails, statics};
use crate::actor::LetIn as _;
use crate::app::App;
use crate::books::portal::{Own, Program};
use crate::books::programs::Page;
use crate::books::standing::Balance;
use crate::books::sums::DAY;
use crate::dashboard::assets;
use crate::dashboard::params::Params;
use crate::dashboard::view::mark;
use crate::dashboard::view::parts::{minimum, number};
use crate::dashboard::view::words::worded;
use crate::explain;

/// A page, and what it tells its script.
struct Document<'a> {
    title: &'a str,
    look: &'a Look,
    way: Way,
    /// For how many seconds it may be shown yet.
    expires_in: Option<i64>,
    /// Why it is closed, where it is.
    closed: Option<&'a Closed>,
}

impl Document<'_> {
    fn answer(&self, body: &Markup) -> Response {
        let told = self.closed.map(|closed| (closed.code(), closed.says()));
        let code = told.as_ref().map(|(code, _)| *code);
        let message = told
            .as_ref()
            .map(|(_, (title, text))| format!("{title}. {text}"));
        let embedded = (self.way == Way::Embed).then_some("");
        let markup = html! {
            (DOCTYPE)
            html lang="en" data-theme=(self.look.theme.word()) data-embedded=[embedded] data-expires-in=[self.expires_in]
                data-error-code=[code] data-error-message=[message] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="robots" content="noindex";
                    title { (self.title) }
                    link rel="stylesheet" href=(statics::style());
                    link rel="icon" href=(assets::icon()) type="image/svg+xml";
                    // Given by the page around this one, and checked; the policy calls it by its digest.
                    @if let Some(style) = self.look.style() { style { (maud::PreEscaped(style)) } }
                    script src=(statics::script()) defer {}
                }
                body { (body) }
            }
        };
        let mut answer = Html(markup.into_string()).into_response();
        let frames = match self.way {
            Way::Embed => statics::ANYBODY,
            Way::Page => "'none'",
        };
        let policy: Option<HeaderValue> = statics::policy(self.look.source().as_deref(), frames);
        if let Some(policy) = policy {
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        if let Some(closed) = self.closed {
            *answer.status_mut() = closed.status();
        }
        answer
    }
}

/// A page that says why there is nothing to see.
pub(super) fn closed(way: Way, look: &Look, closed: &Closed) -> Response {
    let (title, text) = closed.says();
    let document = Document {
        title,
        look,
        way,
        expires_in: None,
        closed: Some(closed),
    };
    document.answer(&html! {
        main.bare #content {
            h1 { (title) }
            p role="alert" { (text) }
            @if let Closed::SignIn { mails } = closed { (sign_in_form("")) (mails::link_form(*mails)) }
            @if let Closed::Invited(reader) = closed { (yes_form(reader)) }
        }
    })
}

/// The page where a partner signs in.
pub(super) fn sign_in(app: &App, token: &str, notice: Option<&str>) -> Response {
    let document = Document {
        title: "Sign in",
        look: &Look::default(),
        way: Way::Page,
        expires_in: None,
        closed: None,
    };
    document.answer(&html! {
        main.bare #content {
            h1 { "Sign in" }
            @if let Some(notice) = notice { p.notice role="alert" { (notice) } }
            @if token.is_empty() { p { (Closed::SignIn { mails: app.mails }.says().1) } }
            @else { p { "Your link works once, on this browser, when you press the button." } }
            (sign_in_form(token))
            @if token.is_empty() { (mails::link_form(app.mails)) }
        }
    })
}

/// Who was invited says yes, or closes the page.
fn yes_form(reader: &Reader) -> Markup {
    html! {
        form method="post" action="/portal/join" {
            (reader.proof())
            label.check { input type="checkbox" name="sure" value="yes" required; "I want to take part in the program" }
            button.primary type="submit" { "Join" }
        }
    }
}

fn sign_in_form(token: &str) -> Markup {
    html! {
        form method="post" action=(SIGN_IN) {
            @if token.is_empty() {
                label.field { "Paste the link here" input name="token" required autocomplete="off" spellcheck="false"; }
            } @else {
                input type="hidden" name="token" value=(token);
            }
            button.primary type="submit" { "Sign in" }
        }
    }
}

/// A page that stands alone, for who is no partner yet.
pub(super) fn bare(title: &str, body: &Markup) -> Response {
    let document = Document {
        title,
        look: &Look::default(),
        way: Way::Page,
        expires_in: None,
        closed: None,
    };
    document.answer(&html! { main.bare #content { h1 { (title) } (body) } })
}

/// The page that a reader asks for.
pub(super) async fn page(app: &App, reader: &Reader) -> Result<Response, Closed> {
    page_with(app, reader, None).await
}

/// A form that was refused: why, which one, and what was typed into it.
pub(super) struct Refused<'a> {
    pub(super) why: &'a Closed,
    pub(super) form: &'static str,
    pub(super) fields: &'a Params,
}

impl Refused<'_> {
    /// What was typed into this form, if it is the one.
    fn typed_into(&self, form: &str) -> Option<&Params> {
        (self.form == form).then_some(self.fields)
    }
}

/// The page whose form was refused, which says why.
pub(super) async fn page_with(
    app: &App,
    reader: &Reader,
    refused: Option<&Refused<'_>>,
) -> Result<Response, Closed> {
    let own = reader.own(app)?;
    let programs = own.programs().await?;
    let title = title_of(&programs);
    let body = match reader.params.given("payout") {
        Some(id) => payouts::one(app, &own, reader, id).await?,
        None => overview(app, &own, reader, (&programs, refused)).await?,
    };
    let body = html! { @if let Some(one) = programs.first() { (by(&one.page.merchant)) } (body) };
    let left = reader.grant.expires_at.0.saturating_sub(reader.now.0) / 1_000_000;
    let document = Document {
        title: &title,
        look: &reader.look,
        way: reader.way,
        expires_in: (reader.way == Way::Embed).then_some(left),
        closed: refused.map(|refused| refused.why),
    };
    Ok(document.answer(&html! {
        main #content {
            p.notice.bad #expired role="alert" hidden { (Closed::Over.says().0) ". " (Closed::Over.says().1) }
            (heading(reader, &title))
            @if let Some(refused) = refused { p.notice.bad role="alert" { strong { (refused.why.says().0) } ": " (refused.why.says().1) } }
            (body)
        }
    }))
}

fn title_of(programs: &[Program]) -> String {
    match programs {
        [one] => one.page.name.clone(),
        _ => "Partner program".to_owned(),
    }
}

fn heading(reader: &Reader, title: &str) -> Markup {
    html! {
        div.heading {
            h1 { @if reader.way == Way::Page { (mark()) } (title) }
            @if reader.way == Way::Page {
                div.who {
                    span.muted { (reader.actor().name()) }
                    form method="post" action="/portal/sign-out" { (reader.proof()) button.quiet type="submit" { "Sign out" } }
                }
            }
        }
        @if !reader.grant.livemode { p.notice { "Test mode: nothing here is real money." } }
        @if reader.grant.partner.status == "paused" {
            p.notice { "You are paused: your links lead on, but new clicks do not count. What you have earned stays yours." }
        }
    }
}

async fn overview(
    app: &App,
    own: &Own<'_>,
    reader: &Reader,
    (programs, refused): (&[Program], Option<&Refused<'_>>),
) -> Result<Markup, Closed> {
    let typed = |form| refused.and_then(|refused| refused.typed_into(form));
    let balances = most_used_first(own, reader, own.balances().await?).await?;
    Ok(html! {
        (links::panel(app, own, reader, programs, typed("links")).await?)
        (balance::panel(own, reader, &balances).await?)
        (over_time::panel(own, reader, &balances).await?)
        (earnings::panel(own, reader).await?)
        (earnings::adjustments(own).await?)
        (payouts::panel(own, reader).await?)
        @if reader.grant.livemode { (paid::panel(app, own, reader, typed("paid")).await?) }
        (about(reader, programs, &mails::choice(app, reader).await?))
    })
}

/// Days whose sales say which currency is used most.
const DAYS_OF_USE: i64 = 365;

/// Balances in the order of how many sales each currency has had in a year.
async fn most_used_first(
    own: &Own<'_>,
    reader: &Reader,
    mut balances: Vec<Balance>,
) -> Result<Vec<Balance>, Closed> {
    if balances.len() < 2 {
        return Ok(balances);
    }
    let to = reader.now.0.div_euclid(DAY) + 1;
    let brought = own.brought((to - DAYS_OF_USE, to)).await?;
    balances.sort_by_key(|balance| {
        let days = brought.earned.get(&balance.currency);
        let sales = days.map(|days| days.iter().map(|(_, sums)| sums.sales).sum::<i64>());
        std::cmp::Reverse(sales.unwrap_or_default())
    });
    Ok(balances)
}

/// Who runs a program.
pub(super) fn by(merchant: &str) -> Markup {
    html! { @if !merchant.is_empty() { p.muted { "by " (merchant) } } }
}

/// For how long a click counts, and when what was earned is paid.
pub(super) fn when(page: &Page) -> Markup {
    html! {
        dt { "A click counts" } dd { (number(page.window_days, "day", "days")) }
        dt { "Payable" } dd { @if page.hold_days == 0 { "at once" } @else { (number(page.hold_days, "day", "days")) " after the sale" } }
        @if let Some(least) = minimum(page.payout_minimum, page.currency) {
            dt { "Paid out" } dd { "from " (least) " on; less stays for the next payout" }
        }
    }
}

/// What the programs pay, and the way out.
fn about(reader: &Reader, programs: &[Program], mails: &Markup) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "The program" } }
            div.body {
                @for program in programs {
                    @if programs.len() > 1 { h3 { (program.page.name) } }
                    @if let Some(about) = &program.page.about { p { (about) } }
                    dl.facts {
                        dt { "You earn" }
                        dd {
                            @match &program.rule {
                                Some(rule) => { (worded(&explain::rule_in_words(rule))) @if program.is_own { " (agreed with you)" } }
                                None => "nothing at the moment",
                            }
                        }
                        (when(&program.page))
                        @if let Some(terms) = &program.page.terms_url {
                            dt { "Terms" } dd { a href=(terms) target="_blank" rel="noopener noreferrer" { (terms) } }
                        }
                    }
                }
                (mails)
                @if reader.grant.livemode {
                    details {
                        summary { "Leave the program" }
                        form.stacked method="post" action=(reader.form("leave")) {
                            (reader.proof())
                            p.sub { "Your links lead on, but earn nothing more. What you have earned is still paid." }
                            label.check { input type="checkbox" name="sure" value="yes" required; "I am sure" }
                            button type="submit" { "Leave" }
                        }
                    }
                }
            }
        }
    }
}
