//! The dashboard: pages for owners, rendered on the server, below `/dashboard/`, and the overview at `/`.
//!
//! Every page works without JavaScript. All of them lie behind [`guard::signed_in`], which also checks each form, so that no page can be open and no
//! form unprotected by mistake; only signing in and the static files do not. What changes money is the catalog's to do, and nothing personal is shown unmasked
//! before it was asked for. Paths have two parts at least: `/{key}` belongs to links.

pub mod assets;
pub(crate) mod cookies;
pub mod guard;
pub(crate) mod pages;
pub(crate) mod params;
mod place;
mod pretty;
pub(crate) mod problem;
pub mod rights;
mod typed;
pub(crate) mod view;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{any, get, post};

use crate::app::App;
use crate::http::compressed;
use pages::{account, adjust, again, connect, decide, pay, set_up, sign_in, source, waiting};
use problem::Problem;

pub use guard::Viewer;
pub use pages::sign_in::link as sign_in_link;

/// What a page may load and where its forms may go: this server alone, and nothing inline.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
);

/// What every answer says besides, unless it has said something else.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // A link with a secret in it stays here. Without any referrer, browsers would not say where a form comes from.
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// What pages say that show nothing personal and no secret: kept by the reader's own browser, so that its way back works and has what was written into
/// forms, and asked for again before they are shown anew. Every other answer is kept nowhere.
const KEPT_FOR_BACK: HeaderValue = HeaderValue::from_static("private, no-cache");

/// What an answer of the dashboard is.
type Page = Result<Response, Problem>;

/// All pages.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let private = money()
        .route("/", get(pages::overview::show))
        .route("/dashboard", get(account::home))
        .route("/dashboard/sales", get(pages::sales::list))
        .route("/dashboard/sales/{id}", get(pages::sales::one))
        .merge(partners())
        .merge(groups())
        .route("/dashboard/commissions", get(pages::commissions::list))
        .merge(customers())
        .route("/dashboard/leads", get(pages::leads::list))
        .route("/dashboard/leads/{id}", get(pages::leads::one))
        .route("/dashboard/clicks", get(pages::clicks::list))
        .route("/dashboard/clicks/{id}", get(pages::clicks::one))
        .route("/dashboard/reviews", get(pages::todo::reviews))
        .route(pages::changes::PATH, get(pages::changes::list))
        .route("/dashboard/events", get(pages::events::list))
        .route("/dashboard/events/again", get(again::ask).post(again::run))
        .route("/dashboard/events/{id}", get(pages::events::one))
        .route("/dashboard/events/{id}/payload", get(pages::events::bytes))
        .route(pages::doctor::PATH, get(pages::doctor::show))
        .route("/dashboard/sources", get(pages::sources::list))
        .route(
            "/dashboard/sources/new",
            get(connect::ask).post(connect::add),
        )
        .route("/dashboard/sources/{id}", get(source::show))
        .route("/dashboard/sources/{id}/first", get(waiting::show))
        .route("/dashboard/sources/{id}/secret", post(source::secret))
        .route("/dashboard/sources/{id}/settings", post(source::settings))
        .route(
            "/dashboard/sources/{id}/api-key",
            post(pages::reconciling::set),
        )
        .route("/dashboard/sources/{id}/status", post(source::status))
        .route("/dashboard/search", get(pages::search::find))
        .merge(people())
        .route("/dashboard/sign-out", post(account::sign_out))
        .route("/dashboard/theme", post(account::theme))
        .route(
            "/dashboard/organization",
            get(account::organizations).post(account::organization),
        )
        .merge(payouts())
        .merge(outgoing())
        .route("/dashboard/{*rest}", any(account::nothing))
        .method_not_allowed_fallback(account::form_alone)
        .route_layer(from_fn_with_state(app.clone(), guard::signed_in));
    let open = Router::new()
        .route(sign_in::PATH, get(sign_in::ask).post(sign_in::redeem))
        .route("/dashboard/assets/{name}", get(assets::serve));
    private
        .merge(open)
        .layer(from_fn_with_state(app.clone(), guard::own_address))
        .layer(from_fn(compressed::compressed))
        .layer(map_response(with_headers))
}

/// Who may come in.
fn people() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/organization/name", post(pages::members::rename))
        .route(
            "/dashboard/members",
            get(pages::members::list).post(pages::members::invite),
        )
        .route(
            "/dashboard/members/{id}/role",
            post(pages::members::set_role),
        )
        .route(
            "/dashboard/members/{id}/remove",
            post(pages::members::remove),
        )
        .route(
            "/dashboard/invitations/{id}/revoke",
            post(pages::members::revoke),
        )
        .route(
            "/dashboard/keys",
            get(pages::keys::list).post(pages::keys::create),
        )
        .route("/dashboard/keys/{id}/revoke", post(pages::keys::revoke))
}

/// Those who buy, and what they may ask for.
fn customers() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/customers", get(pages::customers::list))
        .route("/dashboard/customers/{id}", get(pages::customers::one))
        .route(
            "/dashboard/customers/{id}/privacy",
            post(pages::privacy::ask),
        )
        .route(pages::privacy::PATH, get(pages::privacy::list))
        .route("/dashboard/privacy/{id}", get(pages::privacy::document))
}

/// Payouts and what they need.
fn payouts() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/dashboard/payouts",
            get(pages::payouts::list).post(pay::record),
        )
        .route("/dashboard/payouts/runs", post(pages::payout_run::run))
        .route("/dashboard/payouts/approve", post(pages::payouts::approve))
        .route("/dashboard/payouts/batches", post(pages::payouts::send))
        .route(
            "/dashboard/payouts/batches/{id}/file",
            get(pages::payouts::file),
        )
        .route(
            "/dashboard/payouts/batches/{id}/confirm",
            post(pages::payouts::confirm),
        )
        .route("/dashboard/payouts/{id}", get(pages::payout::one))
        .route("/dashboard/payouts/{id}/step", post(pages::payout::step))
        .route(
            "/dashboard/payouts/{id}/statement",
            get(pages::payout::statement_of),
        )
        .route(
            "/dashboard/payout-settings",
            get(pages::payout_forms::settings).post(pages::payout_forms::save_settings),
        )
        .route(
            "/dashboard/partners/{id}/payout",
            get(pages::payout_forms::details).post(pages::payout_forms::save_details),
        )
}

/// What goes out: webhooks and mails.
fn outgoing() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/mails", get(pages::mails::list))
        .route("/dashboard/mails/{id}", post(pages::mails::settle))
        .route(
            "/dashboard/webhooks",
            get(pages::webhooks::list).post(pages::webhooks::add),
        )
        .route("/dashboard/webhooks/{id}", get(pages::webhooks::one))
        .route(
            "/dashboard/webhooks/{id}/status",
            post(pages::webhooks::status),
        )
        .route(
            "/dashboard/webhooks/{id}/secret",
            post(pages::webhooks::secret),
        )
        .route("/dashboard/webhooks/{id}/ping", post(pages::webhooks::ping))
        .route(
            "/dashboard/webhooks/{id}/resend",
            post(pages::webhooks::resend),
        )
        .route(
            "/dashboard/webhooks/{id}/remove",
            post(pages::webhooks::remove),
        )
}

/// Pages about programs and partners.
fn partners() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/dashboard/partners",
            get(pages::partner_list::list).post(pages::partner_portal::add),
        )
        .route("/dashboard/links/{id}", post(set_up::change_link))
        .route("/dashboard/links/{id}/delete", post(set_up::delete_link))
        .route("/dashboard/codes/{id}/delete", post(set_up::delete_code))
        .route(
            "/dashboard/programs",
            get(pages::programs::list).post(pages::program_form::create),
        )
        .route("/dashboard/programs/new", get(pages::program_form::new))
        .route(
            "/dashboard/programs/{id}/page",
            get(pages::program_page::page).post(pages::program_page::save),
        )
        .route(
            "/dashboard/domains",
            get(pages::program_page::domains).post(pages::program_page::take_domain),
        )
        .route(
            "/dashboard/domains/{domain}/delete",
            post(pages::program_page::delete_domain),
        )
        .route(
            "/dashboard/programs/{id}",
            get(pages::program_form::one).post(pages::program_form::change),
        )
        .route("/dashboard/partners/{id}", get(pages::partners::one))
        .route("/dashboard/partners/{id}/links", post(set_up::add_link))
        .route("/dashboard/partners/{id}/codes", post(set_up::add_code))
        .route(
            "/dashboard/partners/{id}/portal",
            post(pages::partner_portal::link),
        )
        .route(
            "/dashboard/partners/{id}/status",
            post(pages::partner_portal::set_status),
        )
}

/// Pages about groups of partners.
fn groups() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/dashboard/groups",
            get(pages::groups::list).post(pages::groups::create),
        )
        .route(
            "/dashboard/groups/{id}",
            get(pages::groups::one).post(pages::groups::change),
        )
        .route("/dashboard/groups/{id}/delete", post(pages::groups::remove))
        .route("/dashboard/groups/{id}/partners", post(pages::groups::join))
        .route(
            "/dashboard/groups/{id}/partners/{partner}/remove",
            post(pages::groups::leave),
        )
}

/// Decisions about money.
fn money() -> Router<Arc<App>> {
    Router::new()
        .route("/dashboard/sales/{id}/partner", post(decide::assign))
        .route("/dashboard/sales/{id}/refund", post(decide::refund))
        .route(
            "/dashboard/commissions/decisions",
            get(pages::bulk::list).post(pages::bulk::decide),
        )
        .route("/dashboard/commissions/{id}", get(decide::commission))
        .route("/dashboard/commissions/{id}/decision", post(decide::decide))
        .route("/dashboard/partners/{id}/adjustments", post(adjust::book))
        .route("/dashboard/adjustments", get(pages::adjustments::list))
        .route("/dashboard/adjustments/{id}", get(pages::adjustments::one))
}

async fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    response
}
