//! What sales and leads earn: which rule, of how much, for how long, at most, in which currency.
//!
//! Pure. A customer's sales are gone through in the order of their times, because "the first sale" and a
//! cap need one; a sale that was taken back in full is passed over as if it had not been.

mod amount;
mod customer;
mod doubt;
mod parts;

use std::collections::{BTreeMap, BTreeSet};

use providers::{Currency, Micros, Money, Name};

use self::amount::earning_of;
use self::customer::CustomerLedger;
use self::doubt::{Doubt, Frauds, bringers};
use super::decision::{self, Decided, Decision};
use super::fold::{Context, Outcome, is_guest};
use super::mailbox::PaidAt;
use super::rate::{Rate, RateBook};
use super::rule::{Reward, RuleBook};
use super::sale::{Earning, LeadOutcome, Sale, Words};
use crate::attribution::Credit;

/// What each program pays, and what must be known about partners.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Rules by program.
    pub rules: BTreeMap<String, RuleBook>,
    /// The currency in which a program pays; absent: in each sale's own.
    pub currencies: BTreeMap<String, Currency>,
    /// Partners' e-mail addresses as [`mailbox`](super::mailbox::mailbox) reads them, to notice a partner who buys by their own link.
    pub emails: BTreeMap<String, String>,
    /// Where partners are paid, for the same.
    pub paid_at: PaidAt,
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
    /// What the owner has decided about the commission of a sale.
    fn about_sale(&self, sale: &Sale) -> Option<Decided> {
        if self.decided.is_empty() {
            return None;
        }
        let names = sale.references.iter().map(Name::as_str);
        decision::newest(names.filter_map(|name| Some((name, *self.decided.get(name)?))))
    }

    /// What the owner has decided about the commission of a lead.
    fn about_lead(&self, lead: &LeadOutcome) -> Option<Decided> {
        if self.decided.is_empty() {
            return None;
        }
        let name = decision::name_of_lead(&lead.id);
        self.decided.get(&name).copied()
    }
}

/// Computes what every sale and lead of a neighbourhood earns.
pub fn earn(outcome: &mut Outcome, context: &Context) {
    let frauds = Frauds::of(outcome, &context.terms);
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
        let place = (credit.partner_id.as_str(), sale.occurred_at);
        let doubt = Doubt::of(
            sale.customer
                .as_ref()
                .and_then(|name| outcome.customers.get(name)),
            frauds.precede(bringers(sale), place),
            (&credit.partner_id, &context.terms),
        );
        let decided = context.terms.about_sale(sale);
        obey(decided, doubt, &mut earning, &mut arithmetic);
        ledger.note(sale, &earning);
        if let Some(key) = subscription.filter(|_| sale.net_left_final() > 0) {
            subscriptions.entry(key).or_insert(sale.occurred_at);
        }
        sale.earning = Some(earning);
        sale.why.arithmetic = arithmetic;
    }
    earn_leads(outcome, context, &frauds);
}

/// Whose a sale is: a buyer who is known by one payment alone is the subscription's, where there is one.
fn whose(sale: &Sale) -> &Name {
    let known = sale.customer.as_ref().filter(|name| !is_guest(name));
    let told = known.or(sale.subscription.as_ref());
    told.or(sale.customer.as_ref()).unwrap_or(&sale.object)
}

/// Why a commission is held that the owner has set aside.
const HELD_BY_OWNER: &str = "held by the owner";

/// Does what the owner has decided. What is in doubt is not paid before the owner has looked.
fn obey(decided: Option<Decided>, doubt: Option<Doubt>, earning: &mut Earning, words: &mut Words) {
    let hold = |earning: &mut Earning, words: &mut Words, reason: &'static str| {
        earning.review = Some(reason);
        earning.free = 0;
        words.free.push(reason.to_owned());
    };
    earning.decided = decided;
    let same_person = doubt == Some(Doubt::SelfReferral);
    let approved = if same_person {
        "self-referral, approved by the owner"
    } else {
        "approved by the owner"
    };
    match decided.map(|decided| decided.decision) {
        Some(decision @ (Decision::Void | Decision::Fraud)) => {
            earning.left = 0;
            earning.free = 0;
            words.free.clear();
            words.left.push(refused(decision, same_person).to_owned());
        }
        Some(Decision::Held) => hold(earning, words, HELD_BY_OWNER),
        Some(Decision::Approved) => {
            let at_once = format!("{approved}, to be paid without waiting");
            words.free.push(at_once);
        }
        Some(Decision::Cleared) => words.free.push(approved.to_owned()),
        None | Some(Decision::Reinstated) => {
            if let Some(doubt) = doubt.filter(|_| earning.left > 0) {
                hold(earning, words, doubt.held());
            }
        }
    }
}

fn refused(decision: Decision, same_person: bool) -> &'static str {
    match (decision, same_person) {
        (Decision::Fraud, _) => "marked as fraud by the owner",
        (_, true) => "self-referral, rejected by the owner",
        (_, false) => "voided by the owner",
    }
}

/// A customer's first lead earns, once, and none whose link was followed after the customer had bought, or that names
/// nobody. What is in doubt is held for review as a purchase is.
fn earn_leads(outcome: &mut Outcome, context: &Context, frauds: &Frauds) {
    if outcome.leads.is_empty() {
        return;
    }
    let terms = &context.terms;
    let bought_at = first_sales(&outcome.sales);
    let mut paid: BTreeSet<(Name, String)> = BTreeSet::new();
    let mut met: BTreeSet<(Name, String)> = BTreeSet::new();
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
        if is_guest(&customer) {
            let reason = "the lead names no customer, so that it is nobody's first";
            lead.arithmetic.full.push(reason.to_owned());
            continue;
        }
        let click = credit.click_id.as_ref();
        let click = click.and_then(|id| context.directory.clicks.get(id));
        let bought_at = bought_at.get(&customer);
        if click.is_some_and(|click| bought_at.is_some_and(|at| *at < click.at)) {
            let reason = "the customer had bought before following the link: no new lead";
            lead.arithmetic.full.push(reason.to_owned());
            continue;
        }
        let place = (credit.partner_id.as_str(), lead.occurred_at);
        let doubt = Doubt::of(
            outcome.customers.get(&customer),
            frauds.precede(std::iter::once(&customer), place),
            (&credit.partner_id, terms),
        );
        let key = (customer, credit.program_id.clone());
        if !paid.insert(key) {
            lead.arithmetic
                .full
                .push("the customer's first lead has earned already".to_owned());
            continue;
        }
        let meets = lead.meets.iter();
        let places = meets.map(|place| (place.clone(), credit.program_id.clone()));
        let known = met.len() + lead.meets.len();
        met.extend(places);
        let doubt = doubt.or((met.len() < known).then_some(Doubt::SameMailbox));
        lead.arithmetic
            .full
            .push(format!("{} for a lead", Money::new(amount, currency)));
        let mut earning = reward(credit, (amount, currency));
        let decided = terms.about_lead(lead);
        obey(decided, doubt, &mut earning, &mut lead.arithmetic);
        lead.earning = Some(earning);
    }
}

/// What is earned by one flat amount.
fn reward(credit: &Credit, (amount, currency): (i64, Currency)) -> Earning {
    Earning {
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
    }
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
