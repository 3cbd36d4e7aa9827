//! Recording a payout of what is due, which is looked at first. What is recorded is what was shown: where something else is due by
//! then, nothing is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use providers::Currency;

use super::moves::is_preview;
use super::scope;
use crate::app::App;
use crate::books::payouts::{Payout, Status};
use crate::books::standing::{self, Balance};
use crate::catalog::check;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{amount, encoded, heading};
use crate::dashboard::view::proof;
use crate::dashboard::{Page, view};
use crate::payouts::{self, Due};

const PATH: &str = "/dashboard/payouts";

/// A button beside what is due.
pub(super) fn record_button(viewer: &Viewer, due: &standing::Due, name: &str) -> Markup {
    html! {
        @if viewer.may(Right::Change) {
            form method="post" action=(PATH) {
                (proof(viewer))
                input type="hidden" name="partner" value=(due.partner_id);
                input type="hidden" name="currency" value=(due.currency.code());
                button.quiet type="submit" name="do" value="preview" { "Record as paid" span.unseen { " to " (name) } }
            }
        }
    }
}

/// A link beside a payout that stands, to its page, where it can be taken back.
pub(super) fn reverse_link(viewer: &Viewer, payout: &Payout) -> Markup {
    html! {
        @if viewer.may(Right::Change) && payout.status == Status::Paid {
            a.button.quiet href=(viewer.href(&format!("{PATH}/{}", encoded(&payout.id)), &[])) { "Take back" }
        }
    }
}

/// What is due to a partner now.
async fn due(
    app: &App,
    viewer: &Viewer,
    (partner_id, currency): (&str, Currency),
) -> Result<i64, Problem> {
    let mut of = standing::of(&scope(app, viewer), true, [partner_id]).await?;
    let balances = of.remove(partner_id).unwrap_or_default();
    let own = balances.iter().find(|balance| balance.currency == currency);
    Ok(own.map_or(0, Balance::payable))
}

pub(in crate::dashboard) async fn record(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    if !viewer.livemode {
        return Err(Problem::Refused("test money is never paid out".to_owned()));
    }
    let is_preview = is_preview(&fields)?;
    let catalog = app.catalog(&viewer);
    let partner = catalog.partner(fields.get("partner")).await?;
    let currency = check::currency("currency", fields.get("currency"))?;
    if is_preview {
        let programs = catalog.programs_of(&partner.id).await?;
        let minor = due(&app, &viewer, (&partner.id, currency)).await?;
        let paid = (partner.name.as_str(), partner.id.as_str(), minor, currency);
        return Ok(ask_record(&viewer, paid, &programs));
    }
    // One program of several is paid by itself; what is due in it is not what was shown of all.
    let program_id = fields.given("program");
    let shown = fields.get("shown").parse::<i64>();
    let shown = shown.map_err(|_wrong| Problem::Forged)?;
    let new = Due {
        partner_id: &partner.id,
        currency,
        program_id,
        amount: program_id.is_none().then_some(shown),
        note: fields.given("note"),
    };
    payouts::pay(&app.scope(&viewer), new).await?;
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}

fn ask_record(
    viewer: &Viewer,
    (name, partner_id, minor, currency): (&str, &str, i64, Currency),
    programs: &[String],
) -> axum::response::Response {
    let title = "Record a payout";
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Payouts" } " / " (title) }
        (heading(title, &html! {}))
        p.verdict { strong { (amount(minor, currency)) } " are due to " bdi { (name) } "." }
        p.lead { "This moves no money: pay first, then record it. One entry takes the amount from what is owed, and what was earned by then is paid." }
        section.panel { div.body {
            @if minor > 0 {
                form.stacked method="post" action=(PATH) {
                    (proof(viewer))
                    input type="hidden" name="partner" value=(partner_id);
                    input type="hidden" name="currency" value=(currency.code());
                    input type="hidden" name="shown" value=(minor);
                    @if programs.len() > 1 {
                        label.field { "Of which program" select name="program" {
                            option value="" { "all of it" }
                            @for id in programs { option value=(id) { (id) } }
                        } }
                    }
                    label.field { "Note" input name="note" maxlength="2048" placeholder="how and when it was paid" autocomplete="off"; }
                    div.actions {
                        button.button.primary type="submit" name="do" value="run" { "It has been paid" }
                        a.button.quiet href=(viewer.href(PATH, &[])) { "Leave it" }
                    }
                }
            } @else { p { "Nothing can be paid now." } }
        } }
    };
    view::page(viewer, title, &body)
}
