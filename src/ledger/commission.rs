//! What sales and leads earn: which rule, of how much, for how long, at most, in which currency.
//!
//! Pure. A customer's sales are gone through in the order of their times, because "the first sale" and a
//! cap need one; a sale that was taken back in full is passed over as if it had not been.

mod amount;
mod customer;
mod parts;

use std::collections::{BTreeMap, BTreeSet};

use providers::{Currency, Micros, Money, Name, NameKind};

use self::amount::earning_of;
use self::customer::CustomerLedger;
use super::decision::{self, Decided, Decision};
use super::fold::{Context, Outcome, is_guest};
use super::mailbox::mailbox;
use super::people::Customer;
use super::rate::{Rate, RateBook};
use super::rule::{Reward, RuleBook};
use super::sale::{Earning, Sale, Words};

/// What each program pays, and what must be known about partners.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Rules by program.
    pub rules: BTreeMap<String, RuleBook>,
    /// The currency in which a program pays; absent: in each sale's own.
    pub currencies: BTreeMap<String, Currency>,
    /// Partners' e-mail addresses as [`mailbox`] reads them, to notice a partner who buys by their own link.
    pub emails: BTreeMap<String, String>,
    /// Partners' own ids in the merchant's system, for the same.
    pub tenants: BTreeMap<String, String>,
    /// Imported rates.
    pub rates: RateBook,
    /// Rates that commissions have been converted at already, by the sale's names: used again.
    pub stamped: BTreeMap<Name, Rate>,
    /// The owner's decisions, by the names of payments and leads.
    pub decided: BTreeMap<String, Decided>,
}

impl Terms {
    /// What the owner has decided about the commission of a sale with these names.
    fn decided<'n>(&self, names: impl Iterator<Item = &'n str>) -> Option<Decided> {
        if self.decided.is_empty() {
            return None;
        }
        decision::newest(names.filter_map(|name| Some((name, *self.decided.get(name)?))))
    }
}

/// Computes what every sale and lead of a neighbourhood earns.
pub fn earn(outcome: &mut Outcome, context: &Context) {
    let mut ledgers: BTreeMap<(Name, String), CustomerLedger> = BTreeMap::new();
    // When each subscription was first sold: it may belong to nobody who is known, or move to another customer.
    let mut subscriptions: BTreeMap<(Name, String), Micros> = BTreeMap::new();
    for sale in &mut outcome.sales {
        let Some(credit) = sale.credit.clone() else {
            continue;
        };
        let in_program = |name: &Name| (name.clone(), credit.program_id.clone());
        let ledger = ledgers.entry(in_program(whose(sale))).or_default();
        let subscription = sale.subscription.as_ref().map(in_program);
        let sold_at = subscription.as_ref().and_then(|key| subscriptions.get(key));
        ledger.take_over(sold_at.copied());
        let mut arithmetic = Words::default();
        let mut earning = earning_of(sale, &credit, ledger, &context.terms, &mut arithmetic);
        let person = sale
            .customer
            .as_ref()
            .and_then(|name| outcome.customers.get(name));
        let same = person.is_some_and(|p| is_partner(p, &credit.partner_id, &context.terms));
        let names = sale.references.iter().map(Name::as_str);
        let decided = context.terms.decided(names);
        obey(decided, same, &mut earning, &mut arithmetic);
        ledger.note(sale, &earning);
        if let Some(key) = subscription.filter(|_| sale.net_left_final() > 0) {
            subscriptions.entry(key).or_insert(sale.occurred_at);
        }
        sale.earning = Some(earning);
        sale.why.arithmetic = arithmetic;
    }
    earn_leads(outcome, context);
}

/// Whose a sale is: a buyer who is known by one payment alone is the subscription's, where there is one.
fn whose(sale: &Sale) -> &Name {
    let known = sale.customer.as_ref().filter(|name| !is_guest(name));
    let told = known.or(sale.subscription.as_ref());
    told.or(sale.customer.as_ref()).unwrap_or(&sale.object)
}

fn is_partner(person: &Customer, partner_id: &str, terms: &Terms) -> bool {
    let email = person.email.as_deref().map(mailbox);
    let same_email = email.is_some() && email.as_ref() == terms.emails.get(partner_id);
    let tenant = terms.tenants.get(partner_id).map(String::as_str);
    let same_id = tenant.is_some()
        && person
            .names
            .iter()
            .any(|n| n.kind() == NameKind::External && Some(n.value()) == tenant);
    same_email || same_id || person.was_partner.contains(partner_id)
}

/// Why a commission is held that the owner has set aside.
const HELD_BY_OWNER: &str = "held by the owner";

/// Does what the owner has decided. A partner who buys by their own link is not paid before the owner has looked.
fn obey(decided: Option<Decided>, same_person: bool, earning: &mut Earning, words: &mut Words) {
    let hold = |earning: &mut Earning, words: &mut Words, reason: &'static str| {
        earning.review = Some(reason);
        earning.free = 0;
        words.free.push(reason.to_owned());
    };
    earning.decided = decided;
    let self_referral = "self-referral, approved by the owner";
    match decided.map(|decided| decided.decision) {
        Some(decision @ (Decision::Void | Decision::Fraud)) => {
            earning.left = 0;
            earning.free = 0;
            words.free.clear();
            words.left.push(refused(decision, same_person).to_owned());
        }
        Some(Decision::Held) => hold(earning, words, HELD_BY_OWNER),
        Some(Decision::Approved) => {
            let whose = if same_person {
                self_referral
            } else {
                "approved by the owner"
            };
            words
                .free
                .push(format!("{whose}, to be paid without waiting"));
        }
        Some(Decision::Cleared) if same_person => words.free.push(self_referral.to_owned()),
        Some(Decision::Cleared) => words.free.push("approved by the owner".to_owned()),
        None | Some(Decision::Reinstated) if same_person => {
            let reason = "held for review: the customer is the partner (self-referral)";
            hold(earning, words, reason);
        }
        None | Some(Decision::Reinstated) => {}
    }
}

fn refused(decision: Decision, same_person: bool) -> &'static str {
    match (decision, same_person) {
        (Decision::Fraud, _) => "marked as fraud by the owner",
        (_, true) => "self-referral, rejected by the owner",
        (_, false) => "voided by the owner",
    }
}

/// A customer's first lead earns, once, and none whose link was followed after the customer had bought. A
/// partner's own sign-up is held for review as a purchase is.
fn earn_leads(outcome: &mut Outcome, context: &Context) {
    if outcome.leads.is_empty() {
        return;
    }
    let terms = &context.terms;
    let bought_at = first_sales(&outcome.sales);
    let mut paid: BTreeSet<(Name, String)> = BTreeSet::new();
    for lead in &mut outcome.leads {
        let Some(credit) = &lead.credit else { continue };
        let book = terms.rules.get(&credit.program_id);
        let rule = book.and_then(|book| book.rule(&credit.partner_id, lead.occurred_at));
        let Some(Reward::Flat { amount, currency }) = rule.and_then(|rule| rule.lead) else {
            continue;
        };
        let Some(customer) = lead.customer.clone() else {
            continue;
        };
        let click = credit.click_id.as_ref();
        let click = click.and_then(|id| context.directory.clicks.get(id));
        let bought_at = bought_at.get(&customer);
        if click.is_some_and(|click| bought_at.is_some_and(|at| *at < click.at)) {
            let reason = "the customer had bought before following the link: no new lead";
            lead.arithmetic.full.push(reason.to_owned());
            continue;
        }
        if was_paid_for(&outcome.sales, &lead.id, lead.occurred_at) {
            let reason = "the subscription was paid for before this trial began: no new lead";
            lead.arithmetic.full.push(reason.to_owned());
            continue;
        }
        let person = outcome.customers.get(&customer);
        let same = person.is_some_and(|person| is_partner(person, &credit.partner_id, terms));
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
        let mut earning = Earning {
            partner_id: credit.partner_id.clone(),
            program_id: credit.program_id.clone(),
            full: amount,
            left: amount,
            free: amount,
            currency,
            rate: None,
            review: None,
            waits_for: None,
            decided: None,
        };
        let name = decision::name_of_lead(&lead.id);
        let decided = terms.decided(std::iter::once(name.as_str()));
        obey(decided, same, &mut earning, &mut lead.arithmetic);
        lead.earning = Some(earning);
    }
}

/// Whether the subscription of a trial had been paid for before it began: merchants move the day of payment by a trial. The id of a trial's lead
/// begins with that of its subscription where such a thing can be.
fn was_paid_for(sales: &[Sale], lead_id: &str, at: Micros) -> bool {
    let subscription = lead_id.split_once("/trial");
    let subscription = subscription.and_then(|(id, _)| Name::subscription(id));
    subscription.is_some_and(|subscription| {
        let mut own = sales
            .iter()
            .filter(|sale| sale.subscription.as_ref() == Some(&subscription));
        own.any(|sale| sale.occurred_at < at)
    })
}

/// When each customer first bought something that has not been taken back. Sales are given oldest first.
fn first_sales(sales: &[Sale]) -> BTreeMap<&Name, Micros> {
    let mut first = BTreeMap::new();
    for sale in sales.iter().filter(|sale| sale.net_left_final() > 0) {
        if let Some(customer) = &sale.customer {
            first.entry(customer).or_insert(sale.occurred_at);
        }
    }
    first
}
