//! A bonus or a correction for a partner: the form on the partner's page, a look at what it does, and the booking.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::decide::{minor, reason_field};
use super::moves::{self, Asked, is_preview};
use crate::app::App;
use crate::books::standing::Balance;
use crate::catalog::{NewAdjustment, check};
use crate::dashboard::Page;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{amount, encoded};
use crate::dashboard::view::proof;

/// The form, for who may book; with the programs that may pay, by id and name, and the currency that is likely meant.
pub(super) fn form(
    app: &App,
    viewer: &Viewer,
    partner_id: &str,
    (programs, currency): (&[(String, String)], &str),
) -> Markup {
    if !viewer.may(Right::Change) {
        return html! {};
    }
    let action = format!("/dashboard/partners/{}/adjustments", encoded(partner_id));
    html! {
        section.panel {
            details.figures.first { summary { "Bonus or correction" @if !viewer.livemode { " " span.badge.test { "test" } } }
            div.body { form.stacked method="post" action=(viewer.href(&action, &[])) {
                (proof(viewer))
                input type="hidden" name="key" value=(app.ids.make("form"));
                label.field { "Kind" select name="kind" {
                    option value="bonus" { "bonus" }
                    option value="correction" { "correction, up or down" }
                } }
                label.field { "Amount" input name="amount" required inputmode="decimal" placeholder="50.00" autocomplete="off"; }
                label.field { "Currency" input name="currency" required maxlength="3" size="4" value=(currency) autocomplete="off" spellcheck="false"; }
                @if programs.len() > 1 {
                    label.field { "Program" select name="program" { @for (id, name) in programs { option value=(id) { (name) } } } }
                }
                (reason_field())
                p.muted { "The partner may see the reason." }
                div.actions { button.button type="submit" name="do" value="preview" { "Preview" } }
            } } }
        }
    }
}

pub(in crate::dashboard) async fn book(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let is_preview = is_preview(&fields)?;
    let currency = check::currency("currency", fields.get("currency"))?;
    let text = |name| fields.given(name).map(str::to_owned);
    let new = NewAdjustment {
        kind: text("kind"),
        amount: Some(minor(fields.get("amount"), currency)?),
        currency: text("currency"),
        program_id: text("program"),
        reason: text("reason"),
        idempotency_key: text("key"),
    };
    let ledger = (&new, viewer.livemode);
    let adjusted = app.catalog(&viewer).adjust(&id, ledger, is_preview).await?;
    let back = format!("/dashboard/partners/{}", encoded(&id));
    if !is_preview {
        return Ok(Redirect::to(&viewer.href(&back, &[])).into_response());
    }
    let title = match adjusted.kind {
        "bonus" => "A bonus",
        _ => "A correction",
    };
    let asked = Asked {
        title,
        says: html! { strong { (amount(adjusted.amount, currency)) } " would be booked, due at once." },
        action: &format!("{back}/adjustments"),
        fields: &["kind", "amount", "currency", "program", "reason", "key"],
        button: "Book it",
        about: (&back, "The partner"),
    };
    moves::preview(&app, &viewer, (asked, &fields), &adjusted.consequences).await
}

/// Which currency is likely meant: that of the partner's only balance.
pub(super) fn likely(balances: &[Balance]) -> String {
    match balances {
        [only] => only.currency.to_string(),
        _ => String::new(),
    }
}
