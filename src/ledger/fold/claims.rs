//! Clicks and codes by what carries them, and the credit that each payment gets by them.
//!
//! Collects and asks; the decision is [`attribution::attribute`]'s.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Billing, Claim, ClaimKind, Fact};
use providers::{Micros, Name, NameKind};

use super::kept::Kept;
use super::moments::Moment;
use crate::attribution::{
    self, Answer, Begun, Coded, Credit, Directory, Memory, Question, Touches, Via,
};
use crate::ledger::facts::FactSet;
use crate::ledger::people::{Customer, People};
use crate::ledger::unite::{self, Payments};

/// After so many days without a payment a subscription has ended, though its store goes on under the old name
/// (the App Store does) when its customer comes back.
const LAPSED_DAYS: i64 = 400;

/// Subscriptions that somebody pays for whom nobody has brought: when each began, and its last payment.
#[derive(Default)]
struct Unbrought(BTreeMap<Paid, (Micros, Micros)>);

/// A subscription by its name; or, where renewals name none (Shopify's), by its customer and one of the things that are renewed.
type Paid = (Name, String);

impl Unbrought {
    /// The subscription that a payment belongs to, under each of its names here.
    fn names(moment: &Moment<'_>) -> Vec<Paid> {
        if let Some(name) = &moment.subscription {
            return vec![(name.clone(), String::new())];
        }
        let (Some(customer), Some(shown)) = (&moment.customer, moment.shown()) else {
            return Vec::new();
        };
        // The first order of such a subscription looks like any other.
        if !matches!(
            shown.billing,
            Billing::SubscriptionRenewal | Billing::Unknown
        ) {
            return Vec::new();
        }
        let things = shown.products.iter();
        things.map(|id| (customer.clone(), id.clone())).collect()
    }

    /// The beginning of the subscription that a payment goes on with.
    fn begun(&self, moment: &Moment<'_>) -> Option<Begun> {
        let billing = moment.shown()?.billing;
        let is_named = moment.subscription.is_some();
        if billing == Billing::SubscriptionFirst || !is_named && billing == Billing::Unknown {
            return None;
        }
        let names = Self::names(moment);
        if let Some((at, last)) = names.iter().find_map(|name| self.0.get(name)) {
            let goes_on = moment.at <= last.plus_days(LAPSED_DAYS);
            return goes_on.then_some(Begun {
                at: *at,
                is_known: true,
            });
        }
        // A change of plan may be the first that is paid for: what came before can have cost nothing.
        let told = moment.paid_since.filter(|at| at.plus_days(1) < moment.at);
        let at = told.filter(|_| billing == Billing::SubscriptionRenewal)?;
        Some(Begun {
            at,
            is_known: false,
        })
    }

    /// Takes notice of a payment after it has been asked about.
    fn note(&mut self, moment: &Moment<'_>) {
        if moment.answer.credit.is_none() && moment.paid.is_some_and(|p| p.amounts.gross > 0) {
            let begun_at = self.begun(moment).map_or(moment.at, |begun| begun.at);
            for name in Self::names(moment) {
                self.0.insert(name, (begun_at, moment.at));
            }
        }
    }
}

/// Who brought a customer's last order of each thing: its renewals are the same partner's, where they name no subscription.
#[derive(Default)]
struct Ordered(BTreeMap<Paid, Credit>);

impl Ordered {
    /// The credit of the order that a payment renews.
    fn renewed(&self, moment: &Moment<'_>) -> Option<&Credit> {
        let is_renewal = moment.shown()?.billing == Billing::SubscriptionRenewal;
        if !is_renewal || moment.subscription.is_some() {
            return None;
        }
        let names = Unbrought::names(moment);
        names.iter().find_map(|name| self.0.get(name))
    }

    /// Takes notice of a payment after it has been asked about.
    fn note(&mut self, moment: &Moment<'_>) {
        let is_paid = moment.paid.is_some_and(|p| p.amounts.gross > 0);
        if !is_paid || moment.subscription.is_some() {
            return;
        }
        for name in Unbrought::names(moment) {
            match &moment.answer.credit {
                Some(credit) => self.0.insert(name, credit.clone()),
                None => self.0.remove(&name),
            };
        }
    }
}

/// Clicks and codes by what carries them.
#[derive(Default)]
pub(super) struct Claims {
    /// By the payment's smallest name.
    payments: BTreeMap<Name, Touches>,
    subscriptions: BTreeMap<Name, Touches>,
    /// By the customer's key.
    customers: BTreeMap<Name, Touches>,
    /// What a buyer wrote is remembered of the customer by these alone.
    kept: Kept,
}

impl Claims {
    /// Finds out what carries each claim.
    pub(super) fn of(
        facts: &FactSet,
        (people, payments): (&People<'_>, &Payments<'_>),
        kept: Kept,
    ) -> Self {
        let mut claims = Self {
            kept,
            ..Self::default()
        };
        for fact in facts.facts() {
            match fact {
                Fact::Claim(claim) => claims.add(claim, people, payments),
                Fact::Lead(lead) => {
                    if let Some(key) = people.customer_of_lead(lead) {
                        let customer = claims.customers.entry(key).or_default();
                        customer.remember_lead(lead);
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

    fn add(&mut self, claim: &Claim, people: &People<'_>, payments: &Payments<'_>) {
        let subject = &claim.subject;
        let group = payments.named(subject);
        let mut seen_at = claim.version.at;
        if let Some(group) = group {
            let shown = group.paid().or(group.payments.first().copied());
            seen_at = shown.map_or(seen_at, |payment| payment.occurred_at);
            let key = group.names.first().unwrap_or(subject);
            let own = self.payments.entry(key.clone()).or_default();
            own.add(claim, seen_at);
        } else if subject.kind() == NameKind::Subscription {
            let own = self.subscriptions.entry(subject.clone()).or_default();
            own.add(claim, seen_at);
        }
        if claim.label.is_buyers() && !self.kept.carries(subject, people, payments) {
            return;
        }
        let of_group = || unite::customers(group?, people).into_iter().next();
        if let Some(customer) = people.customer_of(subject).or_else(of_group) {
            let memory = self.customers.entry(customer).or_default();
            memory.add(claim, seen_at);
        }
    }

    /// Claims whose click or code is not known (yet).
    pub(super) fn unknown(&self, directory: &Directory) -> BTreeSet<(ClaimKind, String)> {
        let all = [&self.payments, &self.subscriptions, &self.customers];
        all.into_iter()
            .flat_map(BTreeMap::values)
            .flat_map(|touches| touches.unknown_claims(directory))
            .collect()
    }

    /// Answers for every moment who brought it, oldest first.
    pub(super) fn attribute(
        &self,
        moments: &mut [Moment<'_>],
        directory: &Directory,
        known: &BTreeMap<Name, Customer>,
    ) {
        let memories: BTreeMap<&Name, Memory<'_>> = self
            .customers
            .iter()
            .map(|(customer, touches)| (customer, touches.remember(directory)))
            .collect();
        let (nobody, nothing) = (BTreeSet::new(), Memory::default());
        let mut subscriptions: BTreeMap<Name, Credit> = BTreeMap::new();
        let mut coded: BTreeMap<Name, Coded> = BTreeMap::new();
        let (mut unbrought, mut ordered) = (Unbrought::default(), Ordered::default());
        for moment in moments {
            let own = self.own(moment);
            let customer = moment.customer.as_ref();
            let subscription = moment.subscription.as_ref();
            moment.answer = attribution::attribute(
                Question {
                    at: moment.at,
                    told_at: moment.told_at,
                    customer: customer
                        .and_then(|key| known.get(key))
                        .map_or(&nobody, |customer| &customer.names),
                    subscription: subscription
                        .and_then(|name| subscriptions.get(name))
                        .or_else(|| ordered.renewed(moment)),
                    begun: unbrought.begun(moment),
                    own: &own,
                    memory: customer
                        .and_then(|key| memories.get(key))
                        .unwrap_or(&nothing),
                    coded: customer.and_then(|key| coded.get(key)),
                },
                directory,
            );
            let is_kept = self.kept.has(Some(moment.group_at));
            moment.is_remembered = is_kept || !by_buyers_word(&moment.answer, &own);
            remember_code(moment, &mut coded);
            if let (Some(name), Some(credit)) = (subscription, &moment.answer.credit) {
                subscriptions
                    .entry(name.clone())
                    .or_insert_with(|| credit.clone());
            }
            unbrought.note(moment);
            ordered.note(moment);
            // What is said of one payment is said of no other, not even of the same subscription.
            let mut names = moment.group.names.iter();
            if let Some(owner) = names.find_map(|name| directory.assignments.get(name)) {
                moment.answer.set_by_owner(owner);
            }
        }
    }

    /// What came with a payment: its own claims, and those its subscription carried by then.
    fn own(&self, moment: &Moment<'_>) -> Touches {
        let mut own = Touches::default();
        let key = moment.group.names.first();
        if let Some(touches) = key.and_then(|name| self.payments.get(name)) {
            own.extend(touches);
        }
        let subscription = moment.subscription.as_ref();
        if let Some(touches) = subscription.and_then(|name| self.subscriptions.get(name)) {
            own.extend(&touches.seen_by(moment.at.plus_days(1)));
        }
        own.sort();
        own
    }
}

/// Whether a payment's partner was found by what the buyer wrote with it, and by nothing else.
fn by_buyers_word(answer: &Answer, own: &Touches) -> bool {
    let credit = answer.credit.as_ref();
    credit.is_some_and(|credit| match (credit.via, &credit.click_id) {
        (Via::Code, _) => true,
        (Via::Click, Some(id)) => own.is_buyers(id),
        _ => false,
    })
}

/// Notes that a customer has paid with a partner's code. An order that is not paid, or was given back, has brought nobody.
fn remember_code(moment: &Moment<'_>, coded: &mut BTreeMap<Name, Coded>) {
    let by_code = |credit: &&Credit| credit.via == Via::Code;
    let credit = moment.answer.credit.as_ref().filter(by_code);
    let (Some(credit), Some(customer), true) = (credit, &moment.customer, moment.is_remembered)
    else {
        return;
    };
    match coded.get_mut(customer) {
        Some(known) => known.and(credit),
        None => {
            coded.insert(customer.clone(), Coded::by(credit, moment.at));
        }
    }
}
