//! The fold: from the facts of one neighbourhood to its sales, customers and leads.
//!
//! Pure and total: the same facts, directory and rules always give the same outcome, in whatever order
//! the facts came. `now` matters for one thing alone: how long loose evidence waits for its document.

mod balance;
mod claims;
mod history;
mod kept;
mod leads;
mod moments;

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{ClaimKind, Fact, Payment, Rank, Report};
use providers::{Micros, Name};

use self::claims::Claims;
use self::history::History;
use self::kept::Kept;
use self::moments::{Moment, moments};
use super::commission::{self, Terms};
use super::facts::FactSet;
use super::lines::{self, Lines};
use super::people::{Customer, People, SharedId};
use super::reversal::{Reversals, Waiting};
use super::sale::{LeadOutcome, Sale, Why};
use super::unite::{Join, Payments};
use crate::attribution::{Credit, Directory};

pub use self::history::STARTED_TRIAL;
pub use self::moments::is_guest;

/// How long evidence without a document waits for it before it becomes a sale by itself, in seconds.
/// Processors' bursts have been seen to last 22 s.
pub const SETTLE_SECONDS: i64 = 90;

/// All that the fold may look up.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Clicks, codes, policies, assignments.
    pub directory: Directory,
    /// What each program pays.
    pub terms: Terms,
    /// The time.
    pub now: Micros,
}

/// What a neighbourhood adds up to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Sales, oldest first.
    pub sales: Vec<Sale>,
    /// Leads, oldest first.
    pub leads: Vec<LeadOutcome>,
    /// Customers by their smallest name.
    pub customers: BTreeMap<Name, Customer>,
    /// Ids that too many customers share, so that they join nobody.
    pub shared_ids: Vec<SharedId>,
    /// For each customer the first credit it ever had.
    pub first_credit: BTreeMap<Name, Credit>,
    /// Facts that wait for something: key and what for.
    pub waiting: Vec<(String, Waiting)>,
    /// Claims that may still become good: clicks and codes not known yet.
    pub unknown_claims: BTreeSet<(ClaimKind, String)>,
    /// When the neighbourhood must be looked at again although nothing arrives.
    pub due_at: Option<Micros>,
}

/// Folds a neighbourhood.
pub fn fold(facts: &FactSet, context: &Context) -> Outcome {
    let people = People::of(facts);
    let payments = Payments::of(facts, &people);
    let reversals = Reversals::of(facts, &payments);
    let mut customers = people.customers.clone();
    let mut moments = moments(&payments, &people, &mut customers);
    let raised = balance::raised(facts, &moments, &reversals);
    for moment in &mut moments {
        moment.paid = raised.get(&moment.group_at).or(moment.paid);
    }
    let mut outcome = Outcome {
        customers,
        shared_ids: people.ids().shared().cloned().collect(),
        waiting: reversals.waiting.clone(),
        ..Outcome::default()
    };
    let kept = Kept::of(facts, (&moments, &payments), &reversals);
    let claims = Claims::of(facts, (&people, &payments), kept);
    outcome.unknown_claims = claims.unknown(&context.directory);
    claims.attribute(&mut moments, &context.directory, &outcome.customers);
    outcome.leads = leads::of(facts, &people, &context.directory);
    outcome.first_credit = first_credits(&moments, &outcome.leads);
    let mut history = History::of(facts, &people);
    let mut reading = SaleReading {
        facts,
        reversals: &reversals,
        joins: payments.joins_by_group(),
        now: context.now,
        due_at: None,
    };
    for moment in moments {
        history.note(&moment);
        if let Some(sale) = reading.sale(&moment, &history) {
            history.sold(&moment);
            outcome.sales.push(sale);
        }
    }
    outcome.due_at = reading.due_at;
    commission::earn(&mut outcome, context);
    outcome
}

/// The first credit of each customer, be it of a lead or of a payment.
fn first_credits(moments: &[Moment<'_>], leads: &[LeadOutcome]) -> BTreeMap<Name, Credit> {
    let remembered = moments.iter().filter(|moment| moment.is_remembered);
    let paid = remembered.map(|moment| (moment.at, &moment.customer, &moment.answer.credit));
    let led = leads
        .iter()
        .map(|lead| (lead.occurred_at, &lead.customer, &lead.credit));
    let mut all: Vec<(Micros, &Name, &Credit)> = led
        .chain(paid)
        .filter_map(|(at, customer, credit)| Some((at, customer.as_ref()?, credit.as_ref()?)))
        .collect();
    all.sort_by_key(|(at, ..)| *at);
    let mut first = BTreeMap::new();
    for (_, customer, credit) in all {
        first
            .entry(customer.clone())
            .or_insert_with(|| credit.clone());
    }
    first
}

/// What is at hand while sales are read out of moments.
struct SaleReading<'a> {
    facts: &'a FactSet,
    reversals: &'a Reversals<'a>,
    joins: BTreeMap<usize, Vec<Join>>,
    now: Micros,
    due_at: Option<Micros>,
}

impl SaleReading<'_> {
    fn sale(&mut self, moment: &Moment<'_>, history: &History) -> Option<Sale> {
        let paid = moment.paid?;
        if paid.amounts.gross <= 0 && paid.rank != Rank::Manual {
            return None;
        }
        let settled_at = paid.occurred_at.plus_seconds(SETTLE_SECONDS);
        if paid.rank.settles() && self.now < settled_at {
            self.due_at = Some(self.due_at.map_or(settled_at, |due| due.min(settled_at)));
            return None;
        }
        let overpaid = moment.group.overpaid();
        let gone = self.reversals.taken(moment.group_at, paid, overpaid);
        let report = self.report(moment);
        let lines = Lines::of(self.facts, paid);
        let (products, bought) =
            lines::paged(self.facts, &moment.group.names).unwrap_or_else(|| {
                let bought = lines.name(&paid.bought);
                (lines::products(paid, &bought), bought)
            });
        Some(Sale {
            object: paid.object.clone(),
            invoice_id: (!is_own(&paid.object)).then(|| paid.object.value().to_owned()),
            references: moment.group.names.clone(),
            event_name: report.map_or_else(|| "Purchase".to_owned(), |r| r.event_name.clone()),
            payment_processor: self.processor(paid, report),
            metadata: report.and_then(|report| report.metadata.clone()),
            amounts: paid.amounts,
            currency: paid.currency,
            taken: gone.taken,
            returned: lines.name_returned(&gone.things, &bought),
            occurred_at: paid.occurred_at,
            held_from: self.held_from(paid),
            kind: history.kind(moment, paid.billing),
            billing: paid.billing,
            customer: moment.customer.clone(),
            subscription: moment.subscription.clone(),
            products,
            bought,
            credit: moment.answer.credit.clone(),
            earning: None,
            why: Why {
                joins: self.joins.remove(&moment.group_at).unwrap_or_default(),
                turned_down: moment.answer.turned_down.clone(),
                nobodys: moment.answer.nobodys,
                reversals: gone.applied,
                remarks: paid.remark.iter().cloned().collect(),
                ..Why::default()
            },
        })
    }

    /// What the merchant reported of this payment, under any of its names.
    fn report(&self, moment: &Moment<'_>) -> Option<&Report> {
        let names = moment.group.names.iter();
        let mut reports = names.filter_map(|name| {
            let kept = self.facts.get(&format!("report/{}", name.as_str()))?;
            match &kept.fact {
                Fact::Report(report) => Some(report),
                _ => None,
            }
        });
        reports.next()
    }

    /// An order that was sold on terms is paid later, and its commission is held from then on.
    fn held_from(&self, paid: &Payment) -> Micros {
        let later = self.facts.get(&format!("paid/{}", paid.object.as_str()));
        let later = later.and_then(|kept| match &kept.fact {
            Fact::PaidLater(later) => Some(later.paid_at),
            _ => None,
        });
        later.map_or(paid.occurred_at, |at| at.max(paid.occurred_at))
    }

    fn processor(&self, paid: &Payment, report: Option<&Report>) -> String {
        if let (Rank::Manual, Some(report)) = (paid.rank, report) {
            return report.payment_processor.clone();
        }
        let kept = self.facts.get(&Fact::Payment(paid.clone()).key());
        kept.map_or_else(|| "custom".to_owned(), |kept| kept.processor.clone())
    }
}

/// The prefix of names that Tributary gives to payments which have none.
pub const OWN_PREFIX: &str = "tributary/";

/// Whether a name is one that Tributary gave itself, and so no reference for anybody else.
pub fn is_own(name: &Name) -> bool {
    name.value().starts_with(OWN_PREFIX)
}
