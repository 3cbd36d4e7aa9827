//! What sales and leads earn: which rule, of how much, for how long, at most, in which currency.
//!
//! Pure. A customer's sales are gone through in the order of their times, because "the first sale" and a
//! cap need one; a sale that was taken back in full is passed over as if it had not been.

mod amount;
mod customer;

use std::collections::{BTreeMap, BTreeSet};

use providers::{Currency, Money, Name, NameKind};

use self::amount::earning_of;
use self::customer::CustomerLedger;
use super::fold::{Context, Outcome};
use super::people::Customer;
use super::rate::{Rate, RateBook};
use super::rule::{Reward, RuleBook};
use super::sale::{Earning, LeadOutcome, Sale, Words};

/// What each program pays, and what must be known about partners.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Rules by program.
    pub rules: BTreeMap<String, RuleBook>,
    /// The currency in which a program pays; absent: in each sale's own.
    pub currencies: BTreeMap<String, Currency>,
    /// Partners' e-mail addresses, lower case, to notice a partner who buys by their own link.
    pub emails: BTreeMap<String, String>,
    /// Partners' own ids in the merchant's system, for the same.
    pub tenants: BTreeMap<String, String>,
    /// Imported rates.
    pub rates: RateBook,
    /// Rates that commissions have been converted at already, by the sale's names: used again.
    pub stamped: BTreeMap<Name, Rate>,
    /// The owner's decisions about commissions held for review, by the sale's names: whether approved.
    pub reviewed: BTreeMap<Name, bool>,
}

/// Computes what every sale and lead of a neighbourhood earns.
pub fn earn(outcome: &mut Outcome, context: &Context) {
    let mut ledgers: BTreeMap<(Name, String), CustomerLedger> = BTreeMap::new();
    for sale in &mut outcome.sales {
        let Some(credit) = sale.credit.clone() else {
            continue;
        };
        let customer = sale.customer.clone().unwrap_or_else(|| sale.object.clone());
        let key = (customer, credit.program_id.clone());
        let ledger = ledgers.entry(key).or_default();
        let mut arithmetic = Words::default();
        let mut earning = earning_of(sale, &credit, ledger, &context.terms, &mut arithmetic);
        let person = sale
            .customer
            .as_ref()
            .and_then(|name| outcome.customers.get(name));
        let same = person.is_some_and(|p| is_partner(p, &credit.partner_id, &context.terms));
        hold_for_review(sale, &mut earning, same, &context.terms, &mut arithmetic);
        ledger.note(sale, &earning);
        sale.earning = Some(earning);
        sale.why.arithmetic = arithmetic;
    }
    earn_leads(&mut outcome.leads, &context.terms);
}

fn is_partner(person: &Customer, partner_id: &str, terms: &Terms) -> bool {
    let email = person
        .email
        .as_ref()
        .map(|email| email.trim().to_lowercase());
    let same_email = email.is_some() && email.as_ref() == terms.emails.get(partner_id);
    let tenant = terms.tenants.get(partner_id).map(String::as_str);
    let same_id = tenant.is_some()
        && person
            .names
            .iter()
            .any(|n| n.kind() == NameKind::External && Some(n.value()) == tenant);
    same_email || same_id || person.was_partner.contains(partner_id)
}

/// A partner who buys by their own link is not paid before the owner has looked.
fn hold_for_review(
    sale: &Sale,
    earning: &mut Earning,
    same_person: bool,
    terms: &Terms,
    words: &mut Words,
) {
    if !same_person {
        return;
    }
    match sale.references.iter().find_map(|n| terms.reviewed.get(n)) {
        Some(true) => words
            .free
            .push("self-referral, approved by the owner".to_owned()),
        Some(false) => {
            earning.left = 0;
            earning.free = 0;
            words.free.clear();
            words
                .left
                .push("self-referral, rejected by the owner".to_owned());
        }
        None => {
            let reason = "held for review: the customer is the partner (self-referral)";
            earning.review = Some(reason);
            earning.free = 0;
            words.free.push(reason.to_owned());
        }
    }
}

/// A customer's first lead earns, once.
fn earn_leads(leads: &mut [LeadOutcome], terms: &Terms) {
    let mut paid: BTreeSet<(Name, String)> = BTreeSet::new();
    for lead in leads {
        let Some(credit) = &lead.credit else { continue };
        let book = terms.rules.get(&credit.program_id);
        let rule = book.and_then(|book| book.rule(&credit.partner_id, lead.occurred_at));
        let Some(Reward::Flat { amount, currency }) = rule.and_then(|rule| rule.lead) else {
            continue;
        };
        let Some(customer) = lead.customer.clone() else {
            continue;
        };
        let key = (customer, credit.program_id.clone());
        if !paid.insert(key) {
            lead.arithmetic
                .full
                .push("the customer's first lead has earned already".to_owned());
            continue;
        }
        lead.arithmetic
            .full
            .push(format!("{} for a lead", Money::new(amount, currency)));
        lead.earning = Some(Earning {
            partner_id: credit.partner_id.clone(),
            program_id: credit.program_id.clone(),
            full: amount,
            left: amount,
            free: amount,
            currency,
            rate: None,
            review: None,
            waits_for: None,
        });
    }
}
