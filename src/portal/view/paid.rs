//! How the partner is paid, covered, what is missing for it, and the form by which it says so itself.

use maud::{Markup, html};

use super::super::reader::{Closed, Reader};
use crate::actor::LetIn as _;
use crate::app::App;
use crate::books::portal::Own;
use crate::dashboard::params::Params;
use crate::dashboard::view::parts::cover;
use crate::payouts::details::{self, CHOICES, Details, Opened};

/// How a method is called.
fn called(method: &str) -> &str {
    match method {
        "paypal" => "PayPal",
        "wise" => "Wise",
        "sepa" => "bank transfer (SEPA)",
        "stripe" => "Stripe",
        _ => "as agreed",
    }
}

/// How what is missing is called.
fn wanted(member: &str) -> &str {
    match member {
        "email" => "e-mail address",
        "iban" => "IBAN",
        "stripeAccount" => "account at Stripe",
        "accountHolder" => "account holder",
        "legalName" => "name",
        other => other,
    }
}

/// What is stored, opened.
///
/// # Errors
/// [`Closed::Broken`] where it cannot be.
pub(in crate::portal) async fn opened(
    app: &App,
    own: &Own<'_>,
    reader: &Reader,
) -> Result<Option<Opened>, Closed> {
    let found = own.payout_details().await?;
    let opened = found.map(|sealed| details::open(&app.seal, reader.org(), sealed));
    opened.transpose().map_err(|error| {
        tracing::error!(%error, "payout details cannot be read");
        Closed::Broken
    })
}

/// The same as the page shows it: what somebody who looks over a shoulder could use is covered.
pub(in crate::portal) fn covered(details: Details) -> Details {
    let email = details.email.as_deref().map(cover);
    Details {
        email,
        ..details.masked()
    }
}

/// `typed`: what stood in the form that was refused.
pub(super) async fn panel(
    app: &App,
    own: &Own<'_>,
    reader: &Reader,
    typed: Option<&Params>,
) -> Result<Markup, Closed> {
    let opened = opened(app, own, reader).await?;
    let shown = opened.map(|opened| (covered(opened.details), opened.missing));
    Ok(html! {
        section.panel {
            div.title { h2 { "How you are paid" } }
            div.body {
                @match &shown {
                    None => { p { "Nobody has said yet how you are paid." } }
                    Some((details, missing)) => {
                        dl.facts {
                            dt { "By" } dd { (called(details.method.as_deref().unwrap_or_default())) }
                            @if let Some(email) = &details.email { dt { "To" } dd { (email) } }
                            @if let Some(iban) = &details.iban { dt { "Account" } dd { (iban) } }
                            @if let Some(name) = details.name() { dt { "Name" } dd { (name) } }
                            @if let Some(country) = &details.country { dt { "Country" } dd { (country) } }
                        }
                        @if !missing.is_empty() { p.notice { "Still missing: " (missing.iter().map(|one| wanted(one)).collect::<Vec<_>>().join(", ")) "." } }
                    }
                }
                details open[typed.is_some()] {
                    summary { @if shown.is_some() { "Change how you are paid" } @else { "Say how you are paid" } }
                    @if typed.is_some() { p.sub { "An account or a tax id that you have written stands here no more: write it again." } }
                    (form(reader, &held(shown.map(|(details, _)| details).unwrap_or_default(), typed)))
                }
            }
        }
    })
}

/// What the fields hold: what was typed, otherwise what there is. A way that nobody can choose is none.
fn held(shown: Details, typed: Option<&Params>) -> Details {
    let Some(typed) = typed else {
        return shown;
    };
    let method = typed.given("method").filter(|way| CHOICES.contains(way));
    let method = method.map(str::to_owned).or_else(|| shown.method.clone());
    let given = |name: &str| typed.given(name).map(str::to_owned);
    Details {
        method,
        ..Details::typed(given, shown)
    }
}

fn form(reader: &Reader, shown: &Details) -> Markup {
    let method = shown.method.as_deref().unwrap_or("paypal");
    let own = Some(method).filter(|method| !CHOICES.contains(method));
    let kind = shown.kind.as_deref().unwrap_or_default();
    html! {
        form.fields method="post" action=(reader.form("paid")) {
            (reader.proof())
            label.field { "By" select name="method" {
                @for word in own.iter().chain(CHOICES) { option value=(word) selected[*word == method] { (called(word)) } }
            } }
            (field("email", "E-mail address at PayPal or Wise", shown.email.as_deref()))
            (field("accountHolder", "Account holder", shown.account_holder.as_deref()))
            (field("iban", "IBAN, for a bank transfer", shown.iban.as_deref()))
            (field("bic", "BIC, where the bank wants one", shown.bic.as_deref()))
            (field("legalName", "Your name on statements", shown.legal_name.as_deref()))
            (field("address", "Address", shown.address.as_deref()))
            (field("country", "Country, two letters", shown.country.as_deref()))
            label.field { "You are a" select name="kind" {
                @for (word, name) in [("", ""), ("person", "person"), ("company", "company")] { option value=(word) selected[word == kind] { (name) } }
            } }
            (field("vatId", "VAT id", shown.vat_id.as_deref()))
            (field("taxId", "Tax id", shown.tax_id.as_deref()))
            label.check { input type="checkbox" name="selfBilling" value="yes" checked[shown.self_billing == Some(true)]; "Whoever runs the program writes the invoices for what it pays me" }
            button.primary type="submit" { "Save" }
            p.sub { "What is covered stays as it is unless you write something else. Whoever runs the program can see that you have changed it." }
        }
    }
}

fn field(name: &str, label: &str, value: Option<&str>) -> Markup {
    html! {
        label.field { (label) input name=(name) value=(value.unwrap_or_default()) maxlength="255" autocomplete="off" spellcheck="false"; }
    }
}
