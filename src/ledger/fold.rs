//! The fold: from the facts of one neighbourhood to its sales, customers and leads.
//!
//! Pure and total: the same facts, directory and rules always give the same outcome, in whatever order
//! the facts came. `now` matters for one thing alone: how long loose evidence waits for its document.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Billing, ClaimKind, Fact, Identity, Lead, Payment, Rank};
use providers::{Micros, Name};

use super::commission::{self, Terms};
use super::facts::FactSet;
use super::people::{Customer, People};
use super::reversal::{self, Reversals, Taken, Waiting};
use super::sale::{Kind, LeadOutcome, Sale, Why};
use super::unite::{self, Group, Payments};
use crate::attribution::{self, Answer, Credit, Directory, Question, Touches};

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
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sales, oldest first.
    pub sales: Vec<Sale>,
    /// Leads, oldest first.
    pub leads: Vec<LeadOutcome>,
    /// Customers by their smallest name.
    pub customers: BTreeMap<Name, Customer>,
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
    let mut outcome = Outcome {
        waiting: Reversals::of(facts, &payments).waiting,
        ..Outcome::default()
    };
    let claims = Claims::of(facts, &people, &payments);
    outcome.customers.clone_from(&people.customers);
    let mut moments = moments(&payments, &people, &mut outcome.customers);
    moments.sort_by(|a, b| (a.at, &a.object).cmp(&(b.at, &b.object)));
    attribute_all(&mut moments, &claims, context, &mut outcome);
    let mut history = History::default();
    for moment in moments {
        history.note(&moment, facts);
        let sale = sale_of(&moment, &history, facts, &payments, context, &mut outcome);
        if let Some(sale) = sale {
            history.sold(&moment);
            outcome.sales.push(sale);
        }
    }
    outcome.leads = leads(facts, &people, context, &mut outcome.unknown_claims);
    for lead in &outcome.leads {
        note_credit(
            &mut outcome.first_credit,
            lead.customer.as_ref(),
            lead.credit.as_ref(),
        );
    }
    commission::earn(&mut outcome, context);
    outcome
}

fn note_credit(
    first: &mut BTreeMap<Name, Credit>,
    customer: Option<&Name>,
    credit: Option<&Credit>,
) {
    if let (Some(customer), Some(credit)) = (customer, credit) {
        first
            .entry(customer.clone())
            .or_insert_with(|| credit.clone());
    }
}

/// A payment at its point in its customer's life.
struct Moment<'a> {
    group: &'a Group<'a>,
    paid: Option<&'a Payment>,
    object: Name,
    at: Micros,
    customer: Option<Name>,
    customer_names: Vec<Name>,
    subscription: Option<Name>,
    answer: Answer,
}

fn moments<'a>(
    payments: &'a Payments<'a>,
    people: &People<'a>,
    known: &mut BTreeMap<Name, Customer>,
) -> Vec<Moment<'a>> {
    let mut moments = Vec::new();
    for group in &payments.groups {
        let (Some(first), true) = (group.payments.first(), group.shared_by.is_empty()) else {
            continue;
        };
        let paid = group.paid();
        let shown = paid.unwrap_or(first);
        let customer = unite::customers(group, people)
            .into_iter()
            .next()
            .or_else(|| guest(&shown.object, group, people, known));
        let customer_names = customer
            .as_ref()
            .and_then(|key| known.get(key))
            .map(|customer| customer.names.iter().cloned().collect())
            .unwrap_or_default();
        let subscription = group
            .names
            .iter()
            .find_map(|name| people.identity(name)?.subscription.clone());
        moments.push(Moment {
            group,
            paid,
            object: shown.object.clone(),
            at: shown.occurred_at,
            customer,
            customer_names,
            subscription,
            answer: Answer::default(),
        });
    }
    moments
}

/// A buyer who is no customer of the processor, known by this one payment only.
fn guest(
    object: &Name,
    group: &Group<'_>,
    people: &People<'_>,
    known: &mut BTreeMap<Name, Customer>,
) -> Option<Name> {
    let identities: Vec<&Identity> = group
        .names
        .iter()
        .filter_map(|name| people.identity(name))
        .collect();
    let name = Name::customer(&format!("guest/{}", object.value()))?;
    let guest = Customer::guest(name.clone(), &identities)?;
    known.insert(name.clone(), guest);
    Some(name)
}

/// Clicks and codes by what carries them.
struct Claims {
    payments: BTreeMap<Name, Touches>,
    subscriptions: BTreeMap<Name, Touches>,
    customers: BTreeMap<Name, Touches>,
}

impl Claims {
    fn of(facts: &FactSet, people: &People<'_>, payments: &Payments<'_>) -> Self {
        let mut claims = Self {
            payments: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            customers: BTreeMap::new(),
        };
        for fact in facts.facts() {
            match fact {
                Fact::Claim(claim) => claims.add(claim, people, payments),
                Fact::Lead(lead) => {
                    if let Some(name) = lead.customers.first() {
                        let customer = claims.customers.entry(people.key(name)).or_default();
                        customer.add_lead(lead);
                    }
                }
                _ => {}
            }
        }
        let all = [
            &mut claims.payments,
            &mut claims.subscriptions,
            &mut claims.customers,
        ];
        for touches in all.into_iter().flat_map(BTreeMap::values_mut) {
            touches.sort();
        }
        claims
    }

    fn add(
        &mut self,
        claim: &providers::fact::Claim,
        people: &People<'_>,
        payments: &Payments<'_>,
    ) {
        let subject = &claim.subject;
        let mut seen_at = claim.version.at;
        if let Some(group) = payments.named(subject) {
            let first = group.payments.first();
            seen_at = group
                .paid()
                .or(first.copied())
                .map_or(seen_at, |p| p.occurred_at);
            let key = group.names.first().unwrap_or(subject);
            let own = self.payments.entry(key.clone()).or_default();
            own.add(claim, seen_at);
        } else if subject.kind() == providers::NameKind::Subscription {
            let own = self.subscriptions.entry(subject.clone()).or_default();
            own.add(claim, seen_at);
        }
        let group_customer = || {
            let group = payments.named(subject)?;
            unite::customers(group, people).into_iter().next()
        };
        if let Some(customer) = people.customer_of(subject).or_else(group_customer) {
            let memory = self.customers.entry(customer).or_default();
            memory.add(claim, seen_at);
        }
    }

    /// What came with a payment: its own claims, and those its subscription carried by then.
    fn own(&self, moment: &Moment<'_>) -> Touches {
        let mut own = Touches::default();
        if let Some(touches) = moment
            .group
            .names
            .first()
            .and_then(|n| self.payments.get(n))
        {
            own.extend(touches);
        }
        let subscription = moment.subscription.as_ref();
        if let Some(touches) = subscription.and_then(|name| self.subscriptions.get(name)) {
            own.extend(&touches.seen_by(moment.at.plus_days(1)));
        }
        own.sort();
        own
    }

    fn memory(&self, moment: &Moment<'_>) -> Touches {
        moment
            .customer
            .as_ref()
            .and_then(|customer| self.customers.get(customer))
            .cloned()
            .unwrap_or_default()
    }
}

fn attribute_all(
    moments: &mut [Moment<'_>],
    claims: &Claims,
    context: &Context,
    outcome: &mut Outcome,
) {
    let mut subscriptions: BTreeMap<Name, Credit> = BTreeMap::new();
    for moment in moments {
        let (own, memory) = (claims.own(moment), claims.memory(moment));
        let subscription = moment.subscription.as_ref();
        moment.answer = attribution::attribute(
            Question {
                at: moment.at,
                customer: &moment.customer_names,
                subscription: subscription.and_then(|name| subscriptions.get(name)),
                own: &own,
                memory: &memory,
            },
            &context.directory,
        );
        for touches in [&own, &memory] {
            note_unknown(touches, &context.directory, &mut outcome.unknown_claims);
        }
        let credit = moment.answer.credit.as_ref();
        note_credit(&mut subscriptions, subscription, credit);
        note_credit(&mut outcome.first_credit, moment.customer.as_ref(), credit);
    }
}

fn note_unknown(
    touches: &Touches,
    directory: &Directory,
    unknown: &mut BTreeSet<(ClaimKind, String)>,
) {
    let clicks = touches
        .clicks()
        .filter(|label| !directory.clicks.contains_key(&label.value))
        .map(|label| (ClaimKind::Click, label.value.clone()));
    let codes = touches
        .codes()
        .filter(|label| directory.code(&label.value).is_none())
        .map(|label| (ClaimKind::Code, directory.code_meant(&label.value)));
    unknown.extend(clicks.chain(codes));
}

/// What has happened so far, as the moments pass.
#[derive(Default)]
struct History {
    /// Subscriptions whose start has been seen, be it for nothing.
    started: BTreeSet<Name>,
    /// Subscriptions that have sold.
    sold: BTreeSet<Name>,
}

impl History {
    fn note(&mut self, moment: &Moment<'_>, facts: &FactSet) {
        let Some(subscription) = &moment.subscription else {
            return;
        };
        let for_nothing = moment.paid.is_some_and(|p| p.amounts.gross == 0);
        if for_nothing || !self.started.contains(subscription) && trial_known(moment, facts) {
            self.started.insert(subscription.clone());
        }
    }

    fn sold(&mut self, moment: &Moment<'_>) {
        if let Some(subscription) = &moment.subscription {
            self.sold.insert(subscription.clone());
        }
    }

    fn kind(&self, moment: &Moment<'_>, billing: Billing) -> Kind {
        let Some(subscription) = &moment.subscription else {
            return match billing {
                Billing::SubscriptionFirst => Kind::First,
                Billing::SubscriptionRenewal | Billing::SubscriptionUpdate => Kind::Recurring,
                Billing::OneTime | Billing::Unknown => Kind::OneTime,
            };
        };
        let later_period = matches!(
            billing,
            Billing::SubscriptionRenewal | Billing::SubscriptionUpdate
        );
        if self.sold.contains(subscription) || later_period && !self.started.contains(subscription)
        {
            Kind::Recurring
        } else {
            Kind::First
        }
    }
}

fn trial_known(moment: &Moment<'_>, facts: &FactSet) -> bool {
    facts.beginning("lead/").any(|(_, kept)| match &kept.fact {
        Fact::Lead(lead) => {
            lead.event_name == STARTED_TRIAL
                && lead.occurred_at <= moment.at
                && lead
                    .customers
                    .iter()
                    .any(|n| moment.customer_names.contains(n))
        }
        _ => false,
    })
}

/// The event name of the lead that a trial's start is.
pub const STARTED_TRIAL: &str = "Started trial";

fn sale_of(
    moment: &Moment<'_>,
    history: &History,
    facts: &FactSet,
    payments: &Payments<'_>,
    context: &Context,
    outcome: &mut Outcome,
) -> Option<Sale> {
    let paid = moment.paid?;
    if paid.amounts.gross <= 0 && paid.rank != Rank::Manual {
        return None;
    }
    let settled_at = paid.occurred_at.plus_seconds(SETTLE_SECONDS);
    if paid.rank.settles() && context.now < settled_at {
        outcome.due_at = Some(outcome.due_at.map_or(settled_at, |due| due.min(settled_at)));
        return None;
    }
    let (taken, reversals) = reversal::taken(moment.group, paid, payments, facts);
    let report = facts.get(&format!("report/{}", reported(moment, facts)?.as_str()));
    let report = report.and_then(|kept| match &kept.fact {
        Fact::Report(report) => Some(report),
        _ => None,
    });
    let key = Fact::Payment(paid.clone()).key();
    let processor = facts
        .get(&key)
        .map_or("custom", |kept| kept.processor.as_str());
    let told = |fallback: &str| match (paid.rank, report) {
        (Rank::Manual, Some(report)) => report.payment_processor.clone(),
        _ => fallback.to_owned(),
    };
    let mut sale = Sale {
        object: paid.object.clone(),
        invoice_id: invoice_id(&paid.object),
        references: moment.group.names.clone(),
        event_name: report.map_or_else(|| "Purchase".to_owned(), |r| r.event_name.clone()),
        payment_processor: told(processor),
        metadata: report.and_then(|report| report.metadata.clone()),
        amounts: paid.amounts,
        currency: paid.currency,
        taken,
        occurred_at: paid.occurred_at,
        kind: history.kind(moment, paid.billing),
        billing: paid.billing,
        customer: moment.customer.clone(),
        subscription: moment.subscription.clone(),
        products: paid.products.clone(),
        credit: moment.answer.credit.clone(),
        earning: None,
        why: Why {
            turned_down: moment.answer.turned_down.clone(),
            reversals,
            remarks: paid.remark.iter().cloned().collect(),
            ..Why::default()
        },
    };
    sale.why.joins = payments
        .joins
        .iter()
        .filter(|join| moment.group.names.contains(&join.a))
        .cloned()
        .collect();
    sale.taken = capped(sale.taken, sale.amounts.net);
    Some(sale)
}

/// The name under which the merchant reported this payment, or the payment's own.
fn reported(moment: &Moment<'_>, facts: &FactSet) -> Option<Name> {
    let name = moment
        .group
        .names
        .iter()
        .find(|name| facts.get(&format!("report/{}", name.as_str())).is_some());
    Some(name.unwrap_or(moment.group.names.first()?).clone())
}

fn capped(taken: Taken, net: i64) -> Taken {
    let refunded = taken.refunded.clamp(0, net.max(0));
    let disputed = taken.disputed.clamp(0, net.max(0) - refunded);
    Taken {
        refunded,
        disputed,
        lost: taken.lost.clamp(0, disputed),
        refunded_gross: taken.refunded_gross,
    }
}

/// The prefix of names that Tributary gives to payments which have none.
pub const OWN_PREFIX: &str = "tributary/";

/// Whether a name is one that Tributary gave itself, and so no reference for anybody else.
pub fn is_own(name: &Name) -> bool {
    name.value().starts_with(OWN_PREFIX)
}

fn invoice_id(object: &Name) -> Option<String> {
    (!is_own(object)).then(|| object.value().to_owned())
}

fn leads(
    facts: &FactSet,
    people: &People<'_>,
    context: &Context,
    unknown: &mut BTreeSet<(ClaimKind, String)>,
) -> Vec<LeadOutcome> {
    let mut leads: Vec<&Lead> = facts
        .beginning("lead/")
        .filter_map(|(_, kept)| match &kept.fact {
            Fact::Lead(lead) => Some(lead),
            _ => None,
        })
        .collect();
    leads.sort_by(|a, b| (a.occurred_at, &a.id).cmp(&(b.occurred_at, &b.id)));
    let outcome = |lead: &Lead| {
        let mut own = Touches::default();
        own.add_lead(lead);
        own.sort();
        note_unknown(&own, &context.directory, unknown);
        let customer = lead.customers.first().map(|name| people.key(name));
        let names = customer
            .as_ref()
            .and_then(|key| people.customers.get(key))
            .map_or_else(
                || lead.customers.clone(),
                |customer| customer.names.iter().cloned().collect(),
            );
        let answer = attribution::attribute(
            Question {
                at: lead.occurred_at,
                customer: &names,
                subscription: None,
                own: &own,
                memory: &Touches::default(),
            },
            &context.directory,
        );
        LeadOutcome {
            id: lead.id.clone(),
            event_name: lead.event_name.clone(),
            customer,
            occurred_at: lead.occurred_at,
            credit: answer.credit,
            earning: None,
            arithmetic: Vec::new(),
        }
    };
    leads.into_iter().map(outcome).collect()
}
