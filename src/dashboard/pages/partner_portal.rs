//! A link that signs a partner in to the portal: made here, shown once, for whoever writes to the partner.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};

use crate::app::App;
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{copyable, encoded, heading};
use crate::dashboard::{Page, view};
use crate::partner_access::{self, LINK_DAYS};
use crate::portal;

/// The form on a partner's page.
pub(super) fn form(viewer: &Viewer, partner_id: &str) -> Markup {
    let path = format!("/dashboard/partners/{}/portal", encoded(partner_id));
    html! {
        form.inline method="post" action=(path) {
            (view::proof(viewer))
            button.button type="submit" { "Link into the portal" }
        }
    }
}

pub(in crate::dashboard) async fn link(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let partner = app.catalog(&viewer).partner(&id).await?;
    let granted = partner_access::link(&app.scope(&viewer), &id, viewer.livemode).await?;
    let url = portal::sign_in_link(&app.public_url, &granted.0);
    let back = viewer.href(&format!("/dashboard/partners/{}", encoded(&id)), &[]);
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/partners", &[])) { "Partners" } " / " a href=(back) { (partner.name) } }
        (heading("Link into the portal", &html! {}))
        div.notice role="status" {
            p { "This link signs " (partner.name) " in, once, within " (LINK_DAYS) " days. It is shown only now: send it to nobody else." }
            p { (copyable(&url)) }
        }
    };
    Ok(view::page(&viewer, "Link into the portal", &body))
}
