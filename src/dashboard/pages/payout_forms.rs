//! Who pays, and how a partner is paid: forms whose secrets come back covered, and stay as they are where nothing else is written.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::payouts::PATH;
use super::scope;
use crate::app::App;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::typed::{Typed, refused};
use crate::dashboard::view::parts::{badge, encoded, heading};
use crate::dashboard::{Page, view};
use crate::payouts::details::{self, Details, DetailsError, METHODS};
use crate::payouts::settings::{self, Settings};

const SETTINGS: &str = "/dashboard/payout-settings";

pub(in crate::dashboard) async fn settings(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if !viewer.may(Right::Change) {
        return Err(Problem::Forbidden);
    }
    settings_page(&app, &viewer, None).await
}

/// What is said after a refusal: what a form must not show again is lost.
const AGAIN: &str =
    "What is covered stands there as it was before: write again what you have changed of it.";

/// The page of who pays, after a refusal with what was typed but for account and key.
async fn settings_page(app: &App, viewer: &Viewer, typed: Option<(Settings, &Typed)>) -> Page {
    let shown = settings::get(&scope(app, viewer), &app.seal)
        .await?
        .masked();
    let (shown, typed) = match typed {
        None => (shown, None),
        Some((given, typed)) => {
            let held = Settings {
                iban: shown.iban,
                stripe_key: shown.stripe_key,
                ..given
            };
            (held, Some(typed))
        }
    };
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Payouts" } " / " "Who pays" }
        (heading("Who pays", &html! {}))
        section.panel { div.body {
            @if let Some(typed) = typed { (typed.notice()) p.muted { (AGAIN) } }
            form.fields method="post" action=(viewer.href(SETTINGS, &[])) {
                (view::proof(viewer))
                fieldset.group { legend { "On statements and files" }
                    (field("companyName", "Name", shown.company_name.as_deref()))
                    (field("companyAddress", "Address", shown.company_address.as_deref()))
                    (field("companyCountry", "Country, two letters", shown.company_country.as_deref()))
                    (field("companyVatId", "VAT id", shown.company_vat_id.as_deref()))
                }
                fieldset.group { legend { "Where the money comes from" }
                    (field("iban", "IBAN that SEPA files pay from", shown.iban.as_deref()))
                    (field("bic", "BIC, where the bank wants one", shown.bic.as_deref()))
                    (field("stripeKey", "Secret key of Stripe, for Connect transfers", shown.stripe_key.as_deref()))
                }
                div.actions { button.button.primary type="submit" { "Save" } }
                p.muted { (stored(app)) " What is covered stays as it is unless you write something else." }
            }
        } }
    };
    Ok(view::page(viewer, "Who pays", &body))
}

/// How what a form brings is kept.
fn stored(app: &App) -> &'static str {
    if app.seal.is_active() {
        "Stored sealed with the master key."
    } else {
        "Stored as it is, readable in the database: no master key is set (TRIBUTARY_MASTER_KEY)."
    }
}

fn field(name: &str, label: &str, value: Option<&str>) -> Markup {
    html! {
        label.field { (label) input name=(name) value=(value.unwrap_or_default()) maxlength="255" autocomplete="off" spellcheck="false"; }
    }
}

pub(in crate::dashboard) async fn save_settings(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let given = |name| fields.given(name).map(str::to_owned);
    let new = Settings {
        company_name: given("companyName"),
        company_address: given("companyAddress"),
        company_country: given("companyCountry"),
        company_vat_id: given("companyVatId"),
        iban: given("iban"),
        bic: given("bic"),
        stripe_key: given("stripeKey"),
    };
    let typed = new.clone();
    match settings::change(&app.scope(&viewer), &app.seal, new).await {
        Ok(_written) => Ok(Redirect::to(&viewer.href(SETTINGS, &[])).into_response()),
        Err(problem) => {
            let refusal = Typed::of(problem.into(), fields)?;
            let page = settings_page(&app, &viewer, Some((typed, &refusal)));
            Ok(refused(page.await?))
        }
    }
}

fn path(partner_id: &str) -> String {
    format!("/dashboard/partners/{}/payout", encoded(partner_id))
}

pub(in crate::dashboard) async fn details(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    if !viewer.may(Right::Change) {
        return Err(Problem::Forbidden);
    }
    details_page(&app, &viewer, &id, None).await
}

/// The page of how a partner is paid, after a refusal with what was typed but for account and tax id.
async fn details_page(
    app: &App,
    viewer: &Viewer,
    id: &str,
    typed: Option<(&Params, &Typed)>,
) -> Page {
    let partner = app.catalog(viewer).partner(id).await?;
    let mut all = details::of_partners(&scope(app, viewer), &app.seal, [id]).await?;
    let opened = all.remove(id);
    let missing = opened.as_ref().map(|opened| opened.missing.clone());
    let shown = opened
        .map(|opened| opened.details.masked())
        .unwrap_or_default();
    let shown = match typed {
        Some((fields, _)) => {
            Details::typed(|name: &str| fields.given(name).map(str::to_owned), shown)
        }
        None => shown,
    };
    let home = viewer.href(&format!("/dashboard/partners/{}", encoded(id)), &[]);
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/partners", &[])) { "Partners" } " / " a href=(home) { (partner.name) } " / " "How they are paid" }
        (heading("How they are paid", &html! { div.beside { @match missing.as_deref() {
            None => { (badge("missing")) }
            Some([]) => { (badge("complete")) }
            Some(some) => { (badge("incomplete")) span.muted { (some.join(", ")) } }
        } } }))
        section.panel { div.body {
            @if let Some((_, typed)) = typed { (typed.notice()) p.muted { (AGAIN) } }
            (details_form(app, viewer, id, &shown))
        } }
    };
    Ok(view::page(viewer, "How they are paid", &body))
}

fn details_form(app: &App, viewer: &Viewer, id: &str, shown: &Details) -> Markup {
    let method = shown.method.as_deref().unwrap_or("paypal");
    let kind = shown.kind.as_deref().unwrap_or_default();
    html! {
        form.fields method="post" action=(viewer.href(&path(id), &[])) {
            (view::proof(viewer))
            fieldset.group { legend { "The way: fill in what it needs" }
                label.field { "By" select name="method" { @for word in METHODS { option value=(word) selected[*word == method] { (word) } } } }
                (field("email", "E-mail at PayPal or Wise", shown.email.as_deref()))
                (field("accountHolder", "Account holder", shown.account_holder.as_deref()))
                (field("iban", "IBAN", shown.iban.as_deref()))
                (field("bic", "BIC", shown.bic.as_deref()))
                (field("stripeAccount", "Account at Stripe, acct_…", shown.stripe_account.as_deref()))
            }
            fieldset.group { legend { "On statements" }
                (field("legalName", "Name", shown.legal_name.as_deref()))
                (field("address", "Address", shown.address.as_deref()))
                (field("country", "Country, two letters", shown.country.as_deref()))
                label.field { "Is a" select name="kind" { @for word in ["", "person", "company"] { option value=(word) selected[word == kind] { (word) } } } }
                (field("vatId", "VAT id", shown.vat_id.as_deref()))
                (field("taxId", "Tax id", shown.tax_id.as_deref()))
            }
            label { input type="checkbox" name="selfBilling" value="yes" checked[shown.self_billing == Some(true)]; " Has agreed that you write the invoices" }
            div.actions { button.button.primary type="submit" { "Save" } }
            p.muted { (stored(app)) }
        }
    }
}

pub(in crate::dashboard) async fn save_details(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    app.catalog(&viewer).partner(&id).await?;
    let mut all = details::of_partners(&scope(&app, &viewer), &app.seal, [id.as_str()]).await?;
    let before = all
        .remove(&id)
        .map(|opened| opened.details)
        .unwrap_or_default();
    let shown = before.clone().masked();
    let given = |name: &str| fields.given(name).map(str::to_owned);
    let new = Details::sent(given, before, shown);
    match details::put(&app.scope(&viewer), &app.seal, &id, new).await {
        Ok(()) => Ok(Redirect::to(&viewer.href(&path(&id), &[])).into_response()),
        Err(problem) => {
            let refusal = Typed::of(problem.into(), fields.clone())?;
            let page = details_page(&app, &viewer, &id, Some((&fields, &refusal)));
            Ok(refused(page.await?))
        }
    }
}

impl From<DetailsError> for Problem {
    fn from(error: DetailsError) -> Self {
        match error {
            DetailsError::Invalid(error) => error.into(),
            DetailsError::Seal(error) => {
                tracing::error!(%error, "payout details or settings cannot be read");
                Self::Broken
            }
        }
    }
}
