//! What a payout's statement says besides its entries: who pays whom, and what the law asks for. The owner's page and the partner's show the same.

use maud::{Markup, html};

use super::parts::{badge, day};
use crate::books::payouts::Payout;
use crate::payouts::details::Details;
use crate::payouts::settings::Settings;

/// Who pays whom.
pub(crate) struct Told {
    /// What the organization is called; who pays where the settings say nothing else.
    pub(crate) merchant: String,
    /// Who pays.
    pub(crate) settings: Settings,
    /// What the partner is called; who is paid where the details say nothing else.
    pub(crate) payee: String,
    /// Who is paid.
    pub(crate) details: Details,
}

impl Told {
    /// What it is called.
    pub(crate) fn title(&self) -> &'static str {
        if self.is_self_billed() {
            "Self-billing credit note"
        } else {
            "Statement of commissions"
        }
    }

    /// From whom and to whom.
    pub(crate) fn parties(&self) -> Markup {
        let (by, to) = (&self.settings, &self.details);
        let payer = by.company_name.as_deref().unwrap_or(&self.merchant);
        let partner = to.legal_name.as_deref().unwrap_or(&self.payee);
        html! {
            div.two {
                div { p.label { "From" } p { strong { (payer) } } (address([by.company_address.as_deref(), by.company_country.as_deref()], by.company_vat_id.as_deref())) }
                div { p.label { "To" } p { strong { (partner) } } (address([to.address.as_deref(), to.country.as_deref()], to.vat_id.as_deref())) }
            }
        }
    }

    fn is_self_billed(&self) -> bool {
        self.details.self_billing == Some(true)
    }

    /// What the law asks to be said, where what it depends on is known. It is shown, and decided by nobody here.
    pub(crate) fn notes(&self) -> Vec<&'static str> {
        let mut notes = Vec::new();
        if self.is_self_billed() {
            notes.push("Self-billing: written by the payer, as both have agreed.");
        }
        let abroad = self.details.country.is_some()
            && self.settings.company_country.is_some()
            && self.details.country != self.settings.company_country;
        if abroad && self.details.vat_id.is_some() && self.settings.company_vat_id.is_some() {
            notes.push("Reverse charge, where both are taxable persons of the EU.");
        }
        notes
    }

    /// What is not known of who is paid.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        self.details.missing()
    }
}

/// When it was sent, and what it is called.
pub(crate) fn facts(payout: &Payout) -> Markup {
    let at = payout
        .sent
        .as_ref()
        .map_or(payout.created_at, |(at, _)| *at);
    html! {
        dl.facts {
            dt { "Date" } dd { (day(at)) }
            dt { "Payout" } dd { code { (payout.id) } }
            @if let Some(reference) = &payout.reference { dt { "Reference" } dd { (reference) } }
            @if payout.reversed_at.is_some() { dt { "State" } dd { (badge(payout.status.word())) } }
        }
    }
}

fn address(lines: [Option<&str>; 2], vat_id: Option<&str>) -> Markup {
    html! {
        @for line in lines.into_iter().flatten() { p { (line) } }
        @if let Some(vat_id) = vat_id { p { "VAT " (vat_id) } }
    }
}
