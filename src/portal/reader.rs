//! Who reads a page of the portal, and why it may be closed to somebody. A reader is made of a token that opens something, and of nothing else.

use axum::http::StatusCode;
use axum::http::request::Parts;
use maud::{Markup, html};
use providers::Micros;

use super::look::Look;
use crate::actor::{Actor, LetIn};
use crate::app::App;
use crate::books::access::Grant;
use crate::books::portal::Own;
use crate::catalog::CatalogError;
use crate::dashboard::cookies::Jar;
use crate::dashboard::guard;
use crate::dashboard::params::Params;
use crate::dashboard::view::words::refusal;
use crate::http::request::belongs_to;
use crate::partner_access::{self, Found, Kind};
use crate::store::StoreError;

/// Parameters of an address that every link within an embedded page keeps.
const KEPT: [&str; 4] = ["theme", "cssVars", "themeOptions", "dynamicHeight"];

/// How the portal is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// In a merchant's page, by a token in the address.
    Embed,
    /// As a page of its own, by a cookie.
    Page,
}

/// Why a page cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    /// No token came along.
    NoToken,
    /// The token is none.
    Unknown,
    /// The token's time is over.
    Over,
    /// Nobody is signed in.
    SignIn {
        /// Whether a link can be mailed.
        mails: bool,
    },
    /// The partner has applied, and nobody has decided yet.
    Applied,
    /// The partner was invited and has not said yes.
    Invited(Box<Reader>),
    /// The partner takes part no more.
    Ended,
    /// There is no such thing.
    NotFound,
    /// What was asked for cannot be; says what to change.
    Refused(String),
    /// A form that was not made here, or is too old.
    Forged,
    /// Too many tries.
    TooOften,
    /// The database does not answer.
    Unavailable,
    /// Our fault.
    Broken,
}

impl Closed {
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::Unknown | Self::Over | Self::SignIn { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::Applied | Self::Ended | Self::Forged => StatusCode::FORBIDDEN,
            Self::Invited(_) => StatusCode::OK,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code that a merchant's page is told.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::NoToken => "TOKEN_MISSING",
            Self::Unknown => "TOKEN_INVALID",
            Self::Over => "TOKEN_EXPIRED",
            Self::SignIn { .. } => "UNAUTHORIZED",
            Self::Applied | Self::Invited(_) => "NOT_APPROVED",
            Self::Ended => "NOT_A_PARTNER",
            Self::NotFound => "NOT_FOUND",
            Self::Refused(_) => "VALIDATION_ERROR",
            Self::Forged => "FORBIDDEN",
            Self::TooOften => "RATE_LIMIT_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Broken => "INTERNAL_ERROR",
        }
    }

    /// What a reader is told: a title, and what to do.
    pub(super) fn says(&self) -> (&'static str, String) {
        let (title, text) = match self {
            Self::NoToken => (
                "Nothing to show",
                "This page needs a token: open it from the site that shows it.",
            ),
            Self::Unknown => (
                "This page cannot be opened",
                "Its token is not known here. Open it again from the site that shows it.",
            ),
            Self::Over => (
                "This page has expired",
                "For your safety it opens for three hours only. Load the page around it again.",
            ),
            Self::SignIn { .. } => (
                "Sign in",
                "This page opens with a link that works once. Ask whoever runs the program for one.",
            ),
            Self::Applied => (
                "Your application is being looked at",
                "You will find your link and your earnings here as soon as it has been approved.",
            ),
            Self::Invited(_) => (
                "You are invited",
                "Say yes, and your link and your earnings appear here.",
            ),
            Self::Ended => (
                "You take no part in this program",
                "If that should be otherwise, write to whoever runs it.",
            ),
            Self::NotFound => ("Nothing here", "There is nothing at this address."),
            Self::Refused(message) => return ("That cannot be done", format!("{message}.")),
            Self::Forged => (
                "That form is too old",
                "Go back, load the page again and repeat it.",
            ),
            Self::TooOften => ("Too many tries", "Wait a minute, then try again."),
            Self::Unavailable => (
                "Not to be reached",
                "The figures cannot be read right now. Nothing is lost; try again in a moment.",
            ),
            Self::Broken => (
                "Something went wrong here",
                "Nothing was changed. Try again in a moment.",
            ),
        };
        (title, text.to_owned())
    }
}

impl From<StoreError> for Closed {
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            tracing::warn!(%error, "the database did not answer a page for partners");
            return Self::Unavailable;
        }
        tracing::error!(%error, "a page for partners failed in the database");
        Self::Broken
    }
}

impl From<CatalogError> for Closed {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Store(error) => error.into(),
            CatalogError::NotFound(_) => Self::NotFound,
            CatalogError::Invalid { field, message } => Self::Refused(refusal(&field, &message)),
            CatalogError::Conflict { field, message } => Self::Refused(refusal(field, &message)),
            other @ CatalogError::NoProgram => Self::Refused(other.to_string()),
        }
    }
}

/// A partner who reads a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reader {
    pub(super) way: Way,
    pub(super) grant: Grant,
    pub(super) look: Look,
    pub(super) params: Params,
    pub(super) now: Micros,
    actor: Actor,
    token: String,
    /// What forms of the session must bring.
    proof: String,
}

impl LetIn for Reader {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn org(&self) -> &str {
        &self.grant.organization_id
    }

    fn only(&self) -> Option<bool> {
        Some(self.grant.livemode)
    }
}

impl Reader {
    /// Who makes a request.
    pub(super) async fn of_request(
        app: &App,
        way: Way,
        parts: &Parts,
        params: Params,
    ) -> Result<Self, Closed> {
        let token = match way {
            Way::Embed => params.get("token").to_owned(),
            Way::Page => {
                let jar = Jar::of_portal(&app.public_url);
                jar.session(&parts.headers).unwrap_or_default().to_owned()
            }
        };
        Self::of_token(app, way, &token, params).await
    }

    /// Whom a token lets in.
    pub(super) async fn of_token(
        app: &App,
        way: Way,
        token: &str,
        params: Params,
    ) -> Result<Self, Closed> {
        let kind = match way {
            Way::Embed => Kind::Embed,
            Way::Page => Kind::Session,
        };
        if token.is_empty() {
            return Err(match way {
                Way::Embed => Closed::NoToken,
                Way::Page => Closed::SignIn { mails: app.mails },
            });
        }
        let now = app.now();
        let found = partner_access::find(app.store.as_ref(), token, kind, now).await?;
        let grant = match (found, way) {
            (Found::Open(grant), _) => grant,
            (_, Way::Page) => return Err(Closed::SignIn { mails: app.mails }),
            (Found::Over, Way::Embed) => return Err(Closed::Over),
            (Found::Unknown, Way::Embed) => return Err(Closed::Unknown),
        };
        belongs_to(&grant.organization_id);
        let status = grant.partner.status.clone();
        let reader = Self {
            way,
            look: Look::of(&params),
            params,
            now,
            actor: Actor::Partner {
                id: grant.partner.id.clone(),
                name: grant.partner.name.expose().to_owned(),
            },
            grant,
            proof: guard::proof(token, app.ids.random()),
            token: token.to_owned(),
        };
        match (status.as_str(), way) {
            ("active" | "paused", _) => Ok(reader),
            ("invited", Way::Page) => Err(Closed::Invited(Box::new(reader))),
            ("applied" | "invited", _) => Err(Closed::Applied),
            _ => Err(Closed::Ended),
        }
    }

    /// What is this partner's own.
    pub(super) fn own<'a>(&'a self, app: &'a App) -> Result<Own<'a>, Closed> {
        let own = Own::of(app.books(self.org()), &self.actor, self.grant.livemode);
        own.ok_or(Closed::Broken)
    }

    /// The address of this page with these parameters.
    pub(super) fn href(&self, params: &[(&str, &str)]) -> String {
        let path = match self.way {
            Way::Embed => "/embed/referrals",
            Way::Page => "/portal",
        };
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if self.way == Way::Embed {
            query.append_pair("token", &self.token);
            for name in KEPT {
                if let Some(value) = self.params.given(name) {
                    query.append_pair(name, value);
                }
            }
        }
        for (name, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        if query.is_empty() {
            return path.to_owned();
        }
        format!("{path}?{query}")
    }

    /// The address that a form is sent to.
    pub(super) fn form(&self, name: &str) -> String {
        match self.way {
            Way::Embed => format!("/embed/{name}"),
            Way::Page => format!("/portal/{name}"),
        }
    }

    /// What makes a form count: the token itself where there is no cookie, else what follows from the session.
    pub(super) fn proof(&self) -> Markup {
        html! {
            @match self.way {
                Way::Embed => {
                    input type="hidden" name="token" value=(self.token);
                    @for name in KEPT {
                        @if let Some(value) = self.params.given(name) { input type="hidden" name=(name) value=(value); }
                    }
                }
                Way::Page => { input type="hidden" name="proof" value=(self.proof); }
            }
        }
    }

    /// Whether a form was made by a page of this reader's.
    pub(super) fn made(&self, fields: &Params) -> bool {
        match self.way {
            Way::Embed => true,
            Way::Page => guard::proves(fields.get("proof"), &self.token),
        }
    }
}
