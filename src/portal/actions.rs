//! What a partner does: make a link, say how it is paid, choose its mails, leave. An embedded page's forms bring its token, which is the only credential there is; those of the page of
//! its own bring what follows from the session.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::look::Look;
use super::reader::{Closed, Reader, Way};
use super::view::{self, Refused, paid};
use crate::app::App;
use crate::catalog::PartnerLink;
use crate::dashboard::guard;
use crate::dashboard::params::Params;
use crate::mails;
use crate::payouts::details::{self, CHOICES, Details, DetailsError};

/// The largest form, in bytes.
const FORM_MAX_BYTES: usize = 16 * 1_024;

pub(super) async fn embedded_link(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Embed, request, Does::Link).await
}

pub(super) async fn own_link(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Page, request, Does::Link).await
}

pub(super) async fn embedded_leave(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Embed, request, Does::Leave).await
}

pub(super) async fn own_leave(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Page, request, Does::Leave).await
}

pub(super) async fn embedded_mails(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Embed, request, Does::Mails).await
}

pub(super) async fn own_mails(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Page, request, Does::Mails).await
}

pub(super) async fn embedded_paid(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Embed, request, Does::Paid).await
}

pub(super) async fn own_paid(State(app): State<Arc<App>>, request: Request) -> Response {
    done(&app, Way::Page, request, Does::Paid).await
}

#[derive(Debug, Clone, Copy)]
enum Does {
    Link,
    Leave,
    Mails,
    Paid,
}

impl Does {
    /// The form's name, as its address ends.
    const fn form(self) -> &'static str {
        match self {
            Self::Link => "links",
            Self::Leave => "leave",
            Self::Mails => "mails",
            Self::Paid => "paid",
        }
    }
}

/// Does it and leads back to the page, which shows it.
async fn done(app: &App, way: Way, request: Request, does: Does) -> Response {
    let (reader, fields) = match sent(app, way, request).await {
        Ok(sent) => sent,
        Err(closed) => return view::closed(way, &Look::default(), &closed),
    };
    let closed = match carry_out(app, &reader, &fields, does).await {
        Ok(()) => return Redirect::to(&reader.href(&[])).into_response(),
        Err(closed) => closed,
    };
    // What was refused is said on the page, and stands in the form again.
    let page = match &closed {
        Closed::Refused(_) => {
            let refused = Refused {
                why: &closed,
                form: does.form(),
                fields: &fields,
            };
            let page = view::page_with(app, &reader, Some(&refused));
            page.await.ok()
        }
        _ => None,
    };
    page.unwrap_or_else(|| view::closed(way, &reader.look, &closed))
}

async fn sent(app: &App, way: Way, request: Request) -> Result<(Reader, Params), Closed> {
    let (parts, body) = request.into_parts();
    let fields = match way {
        Way::Embed => {
            let body = to_bytes(body, FORM_MAX_BYTES).await;
            Params::read(
                &body.map_err(|_large| Closed::Refused("the form is too large".to_owned()))?,
            )
        }
        Way::Page => {
            let fields = guard::fields(app, &parts, body).await;
            fields.map_err(|_problem| Closed::Forged)?
        }
    };
    let reader = Reader::of_request(app, way, &parts, fields.clone()).await?;
    if !reader.made(&fields) {
        return Err(Closed::Forged);
    }
    Ok((reader, fields))
}

async fn carry_out(app: &App, reader: &Reader, fields: &Params, does: Does) -> Result<(), Closed> {
    if !reader.grant.livemode {
        return Err(Closed::Refused(
            "this is the test ledger: nothing is changed in it".to_owned(),
        ));
    }
    let catalog = app.catalog(reader);
    let id = &reader.grant.partner.id;
    match does {
        Does::Link => {
            let wanted = PartnerLink {
                partner_id: id,
                program_id: fields.get("program"),
                url: fields.given("url"),
                key: fields.given("key"),
            };
            catalog.create_partner_link(wanted).await?;
        }
        Does::Mails => {
            let wants = fields.get("earnings") == "yes";
            mails::choose(&app.scope(reader), id, wants).await?;
        }
        Does::Paid => say_how_paid(app, reader, fields).await?,
        Does::Leave if fields.get("sure") == "yes" => catalog.leave(id).await?,
        Does::Leave => {
            return Err(Closed::Refused(
                "tick the box to say that you are sure".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Writes how the partner is paid. A way that only the owner can set up stays where it is one already.
async fn say_how_paid(app: &App, reader: &Reader, fields: &Params) -> Result<(), Closed> {
    let own = reader.own(app)?;
    let before = paid::opened(app, &own, reader).await?;
    let before = before.map(|opened| opened.details).unwrap_or_default();
    let method = fields.given("method");
    if method != before.method.as_deref() && !method.is_some_and(|m| CHOICES.contains(&m)) {
        let message = format!("method must be one of {}", CHOICES.join(", "));
        return Err(Closed::Refused(message));
    }
    let (shown, account) = (paid::covered(before.clone()), before.stripe_account.clone());
    let given = |name: &str| fields.given(name).map(str::to_owned);
    let new = Details {
        stripe_account: account,
        ..Details::sent(given, before, shown)
    };
    let scope = app.scope(reader);
    let written = details::put(&scope, &app.seal, &reader.grant.partner.id, new);
    written.await.map_err(|error| match error {
        DetailsError::Invalid(error) => error.into(),
        DetailsError::Seal(error) => {
            tracing::error!(%error, "payout details cannot be sealed");
            Closed::Broken
        }
    })
}
