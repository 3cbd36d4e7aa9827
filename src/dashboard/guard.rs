//! Who looks at a page. A layer around all pages but signing in: without a session there is none, and a form counts only where it was made by a
//! page of this session, comes from this server, and is for the viewer's role: see [`rights`].

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN, REFERER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use providers::Micros;
use subtle::ConstantTimeEq as _;
use url::{Position, Url};

use super::KEPT_FOR_BACK;
use super::cookies::{self, Jar, Theme};
use super::pages::account::is_local;
use super::pages::sign_in;
use super::params::Params;
use super::problem::{self, Problem};
use super::rights::{self, Right};
use crate::actor::{Actor, LetIn};
use crate::app::App;
use crate::books::domains;
use crate::http::nowhere;
use crate::http::request::belongs_to;
use crate::id::key_digest;
use crate::members::Role;
use crate::organization::{self, Organization};
use crate::sessions;

/// The largest form, in bytes.
const FORM_MAX_BYTES: usize = 16 * 1_024;

/// Bytes that make the proof of each page another.
const SALT_BYTES: usize = 8;

/// The field of a form that shows where it was made.
pub(super) const PROOF: &str = "proof";

/// Who looks at a page, and how.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who it is, in whose name changes are made.
    pub actor: Actor,
    /// What may be done.
    pub role: Role,
    /// Whose page.
    pub organization: Organization,
    /// All that may be looked at.
    pub(super) organizations: Vec<Organization>,
    /// Live or test ledger.
    pub livemode: bool,
    /// The time.
    pub now: Micros,
    /// What a form must bring.
    pub(super) proof: String,
    pub(super) theme: Theme,
    /// The page's address.
    pub(super) path: String,
    /// The address's parameters.
    pub(super) params: Params,
}

impl LetIn for Viewer {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn org(&self) -> &str {
        &self.organization.id
    }

    fn only(&self) -> Option<bool> {
        None
    }
}

impl Viewer {
    /// Whether a form is for this viewer.
    pub(super) const fn may(&self, right: Right) -> bool {
        right.has(self.role)
    }

    /// The organization's id.
    pub fn org(&self) -> &str {
        &self.organization.id
    }

    /// The same, looking at a ledger.
    pub(super) fn in_ledger(&self, livemode: bool) -> Self {
        Self {
            livemode,
            ..self.clone()
        }
    }

    /// An address with these parameters, in the same ledger.
    pub(super) fn href(&self, path: &str, params: &[(&str, &str)]) -> String {
        self.href_in(self.livemode, path, params)
    }

    /// An address with these parameters in a ledger.
    #[expect(
        clippy::unused_self,
        reason = "beside the one for the ledger that is looked at"
    )]
    pub(super) fn href_in(&self, livemode: bool, path: &str, params: &[(&str, &str)]) -> String {
        let mode = (!livemode).then_some(("mode", "test"));
        let given = params
            .iter()
            .copied()
            .filter(|(_, value)| !value.is_empty());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(given.chain(mode)).finish();
        if query.is_empty() {
            return path.to_owned();
        }
        format!("{path}?{query}")
    }

    /// This address with one parameter changed, or taken out where the value is empty. A part of a list is left.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let others = self.params.pairs();
        let others = others.filter(|(known, _)| ![name, "mode", "cursor"].contains(known));
        let params: Vec<(&str, &str)> = others.chain([(name, value)]).collect();
        self.href(&self.path, &params)
    }

    /// This address, from another part of the list on.
    pub(super) fn with_cursor(&self, cursor: &str) -> String {
        let others = self.params.pairs();
        let others = others.filter(|(known, _)| !["mode", "cursor"].contains(known));
        let params: Vec<(&str, &str)> = others.chain([("cursor", cursor)]).collect();
        self.href(&self.path, &params)
    }
}

/// The fields of a form that has been checked.
#[derive(Debug, Clone)]
pub(super) struct Fields(pub(super) Params);

/// Links' own domains have no dashboard.
pub(crate) async fn own_address(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let domain = host.split(':').next().unwrap_or_default().to_lowercase();
    let own = Url::parse(&app.public_url).ok();
    let own = own.as_ref().and_then(Url::host_str).unwrap_or_default();
    if domain.is_empty() || domain == own {
        return next.run(request).await;
    }
    match domains::find(app.store.as_ref(), &domain).await {
        Ok(None) => next.run(request).await,
        Ok(Some(_)) => nowhere(&app, &domain).await,
        Err(error) => Problem::from(error).into_response(),
    }
}

/// Lets a request through to its page, with its [`Viewer`]; leads who is not signed in to where one signs in.
pub(super) async fn signed_in(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let (token, viewer) = match known(&app, &parts).await {
        Ok(Some(known)) => known,
        Ok(None) if is_misdirected(&parts) => {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        Ok(None) => return Redirect::to(sign_in::PATH).into_response(),
        Err(problem) => return problem.into_response(),
    };
    let back = came_from(&app.public_url, &parts.headers);
    let may_be_kept = parts.method == Method::GET
        && viewer.params.given("personal").is_none()
        && !says_who_somebody_is(parts.uri.path());
    let answer = match admitted(&app, parts, body, (token, viewer.clone())).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    let mut answer = problem::framed(&viewer, back.as_deref(), answer);
    if may_be_kept && is_page(&answer) {
        let headers = answer.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(KEPT_FOR_BACK);
    }
    answer
}

/// Whether it is a delivery for which only the server's name was given: its sender would follow the way to the sign-in, and take that for a yes.
fn is_misdirected(parts: &Parts) -> bool {
    parts.uri.path() == "/" && !matches!(parts.method, Method::GET | Method::HEAD)
}

/// Whether a page shows addresses and names of people without being asked to: a browser keeps none of it.
fn says_who_somebody_is(path: &str) -> bool {
    const ENDS: [&str; 3] = ["/statement", "/payout", "/payout-settings"];
    const BEGINS: [&str; 3] = [
        "/dashboard/members",
        "/dashboard/mails",
        "/dashboard/privacy",
    ];
    ENDS.iter().any(|end| path.ends_with(end)) || BEGINS.iter().any(|begin| path.starts_with(begin))
}

fn is_page(answer: &Response) -> bool {
    let kind = answer.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Who a request's session is, and its token.
async fn known(app: &App, parts: &Parts) -> Result<Option<(String, Viewer)>, Problem> {
    let jar = Jar::of(&app.public_url);
    let Some(token) = jar.session(&parts.headers).map(str::to_owned) else {
        return Ok(None);
    };
    let viewer = viewer(app, &token, parts).await?;
    Ok(viewer.map(|viewer| (token, viewer)))
}

/// The request of somebody who is signed in, where it may go on: a form counts only where it was made here and is for the viewer's role.
async fn admitted(
    app: &App,
    mut parts: Parts,
    body: Body,
    (token, viewer): (String, Viewer),
) -> Result<Request, Problem> {
    belongs_to(viewer.org());
    let body = if matches!(parts.method, Method::GET | Method::HEAD) {
        body
    } else {
        let right = parts.extensions.get::<MatchedPath>();
        let right = right.and_then(|path| rights::of(path.as_str()));
        let fields = fields(app, &parts, body).await?;
        if !proves(fields.get(PROOF), &token) {
            return Err(Problem::Forged);
        }
        if !viewer.may(right.ok_or(Problem::NotFound)?) {
            return Err(Problem::Forbidden);
        }
        parts.extensions.insert(Fields(fields));
        Body::empty()
    };
    parts.extensions.insert(viewer);
    parts.extensions.insert(SessionToken(token));
    Ok(Request::from_parts(parts, body))
}

/// The page of this server that the browser says a request came from.
fn came_from(public_url: &str, headers: &HeaderMap) -> Option<String> {
    let referrer = Url::parse(headers.get(REFERER)?.to_str().ok()?).ok()?;
    let own = Url::parse(public_url).map(|url| url.origin());
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let is_own =
        own.is_ok_and(|own| own == referrer.origin()) || host == Some(referrer.authority());
    let path = &referrer[Position::BeforePath..Position::AfterQuery];
    (is_own && is_local(path) && !path.starts_with(sign_in::PATH)).then(|| path.to_owned())
}

async fn viewer(app: &App, token: &str, parts: &Parts) -> Result<Option<Viewer>, Problem> {
    let store = app.store.as_ref();
    let Some(session) = sessions::find(store, token, app.now()).await? else {
        return Ok(None);
    };
    let mut all = organization::list(store).await?;
    all.retain(|one| session.everywhere || one.id == session.organization_id);
    let looked_at = all.iter().find(|one| one.id == session.organization_id);
    let Some(organization) = looked_at.cloned() else {
        return Ok(None);
    };
    let params = Params::read(parts.uri.query().unwrap_or_default().as_bytes());
    Ok(Some(Viewer {
        actor: session.actor,
        role: session.role,
        organization,
        organizations: all,
        livemode: params.get("mode") != "test",
        now: app.now(),
        proof: proof(token, app.ids.random()),
        theme: cookies::theme(&parts.headers),
        path: parts.uri.path().to_owned(),
        params,
    }))
}

/// The fields of a form that comes from this server.
pub(crate) async fn fields(app: &App, parts: &Parts, body: Body) -> Result<Params, Problem> {
    if !is_from_here(&app.public_url, &parts.headers) {
        return Err(Problem::Forged);
    }
    let body = to_bytes(body, FORM_MAX_BYTES).await;
    let body = body.map_err(|_large| Problem::Refused("the form is too large".to_owned()))?;
    Ok(Params::read(&body))
}

/// Whether the browser says that a request was made by a page of this server. One that says nothing is judged by the form's proof alone.
fn is_from_here(public_url: &str, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site".parse().unwrap_or(ORIGIN)) {
        return site == "same-origin";
    }
    let Some(origin) = text(ORIGIN) else {
        return true;
    };
    let own = Url::parse(public_url).map(|url| url.origin().ascii_serialization());
    let host = origin.split_once("://").map(|(_, host)| host);
    own.is_ok_and(|own| own == origin) || host.is_some_and(|host| text(HOST) == Some(host))
}

/// What a form of a session must bring: follows from the session and from what stands before it, and does not give the session away. It is
/// another on each page, so that the length of compressed pages says nothing about it.
pub(crate) fn proof(token: &str, salt: [u8; SALT_BYTES]) -> String {
    let salt = hex::encode(salt);
    let digest = key_digest(&format!("a form of {token} with {salt}"));
    format!("{salt}{}", hex::encode(digest))
}

/// Whether a form was made by a page of the session.
pub(crate) fn proves(given: &str, token: &str) -> bool {
    let salt = given.get(..2 * SALT_BYTES).unwrap_or_default();
    let mut bytes = [0; SALT_BYTES];
    if hex::decode_to_slice(salt, &mut bytes).is_err() {
        return false;
    }
    given
        .as_bytes()
        .ct_eq(proof(token, bytes).as_bytes())
        .into()
}

/// The session of a request.
#[derive(Clone)]
pub(super) struct SessionToken(pub(super) String);

macro_rules! from_the_layer {
    ($($extractor:ty),*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $extractor {
            type Rejection = Problem;

            /// What the layer has let through. A page that does not lie behind it has none.
            async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
                parts.extensions.get::<Self>().cloned().ok_or(Problem::Forged)
            }
        }
    )*};
}

from_the_layer!(Viewer, Fields, SessionToken);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::read(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn from_here(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        is_from_here("https://pay.example.com", &headers)
    }

    #[test]
    fn the_way_back_leads_to_pages_of_this_server_alone() {
        let from = |referrer: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("localhost:8080"));
            headers.insert(REFERER, HeaderValue::from_static(referrer));
            came_from("https://pay.example.com", &headers)
        };
        for (referrer, path) in [
            (
                "https://pay.example.com/dashboard/partners?mode=test",
                "/dashboard/partners?mode=test",
            ),
            (
                "http://localhost:8080/dashboard/partners/prt_1#add",
                "/dashboard/partners/prt_1",
            ),
            ("http://localhost:8080/", "/"),
        ] {
            assert_eq!(from(referrer).as_deref(), Some(path));
        }
        for other in [
            "https://evil.example/dashboard/partners",
            "https://user@evil.example/",
            "http://localhost:8080//evil.example/",
            "http://localhost:8080/portal",
            "https://pay.example.com/dashboard/sign-in?token=x",
            "nonsense",
        ] {
            assert_eq!(from(other), None, "{other}");
        }
    }

    #[test]
    fn a_form_of_another_site_is_known_by_what_the_browser_says() {
        assert!(from_here(&[("sec-fetch-site", "same-origin")]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!from_here(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(from_here(&[("origin", "https://pay.example.com")]));
        assert!(from_here(&[
            ("origin", "http://localhost:8080"),
            ("host", "localhost:8080")
        ]));
        for origin in [
            "null",
            "https://evil.example",
            "https://pay.example.com.evil.example",
        ] {
            assert!(
                !from_here(&[("origin", origin), ("host", "pay.example.com")]),
                "{origin}"
            );
        }
        assert!(from_here(&[]));
    }
}
