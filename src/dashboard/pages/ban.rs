//! Banning a partner, which is looked at first: what is open and would be voided, and a reason for the audit log.

use maud::{Markup, html};

use super::decide::reason_field;
use super::partner_portal::path_of;
use crate::app::App;
use crate::catalog::Open;
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{code, count, heading, money, test_badge};
use crate::dashboard::{Page, view};

/// The page that shows what a ban would do.
pub(super) async fn ask(app: &App, viewer: &Viewer, partner_id: &str) -> Page {
    let catalog = app.catalog(viewer);
    let partner = catalog.partner(partner_id).await?;
    let open = catalog.open_of(partner_id).await?;
    let back = viewer.href(&path_of(partner_id), &[]);
    let title = "Ban a partner";
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/partners", &[])) { "Partners" } " / " a href=(back) { (partner.name) } " / " (title) }
        (heading(title, &html! {}))
        p.verdict { strong { (partner.name) } " would be banned: links lead on and do not count, and new sales earn nothing." }
        section.panel {
            div.title { h2 { "Earned and not paid" } span.muted { "nothing is decided yet" } }
            @if open.is_empty() { div.body { p { "Nothing is open: there is nothing to void." } } }
            @else { (table(&open)) }
        }
        section.panel { div.body {
            form.stacked method="post" action=(viewer.href(&format!("{}/status", path_of(partner_id)), &[])) {
                (view::proof(viewer))
                input type="hidden" name="status" value="banned";
                @if !open.is_empty() {
                    label.field { "What is open" select name="open" {
                        option value="keep" { "keep it: it is paid as it would have been" }
                        option value="void" { "void it: nothing of the above is paid" }
                    } }
                }
                (reason_field())
                div.actions {
                    button.button.primary type="submit" name="do" value="run" { "Ban" }
                    a.button.quiet href=(back) { "Leave it" }
                }
            }
        } }
    };
    Ok(view::page(viewer, title, &body))
}

fn table(open: &[Open]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Currency" } th.n { "Commissions" } th.n { "Amount" } } }
            tbody { @for one in open {
                tr {
                    td { (code(one.currency)) " " (test_badge(one.livemode)) }
                    td.n { (count(one.commissions)) }
                    td.n { (money(one.amount, one.currency)) }
                }
            } }
        } }
    }
}
