//! One batch: one organization, one transaction, from new events and reports to entries.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Fact, Micros, Name};

use super::before::Before;
use super::context::{self, Lookups, Wanted};
use super::neighbours::{Incoming, Placed, place};
use super::publish::{Folded, Publisher};
use super::record::Record;
use super::refold::{self, Neighbourhoods};
use super::{
    Answer, BATCH_SIZE, LeadAnswer, Published, Report, SaleAnswer, Told, Tools, answers, erased,
    events, sql,
};
use crate::ledger::calls::{self, Call};
use crate::ledger::facts::{FactSet, Kept, stored_text};
use crate::ledger::fold::Outcome;
use crate::ledger::reversal::Waiting;
use crate::store::{Rows, StoreError, Transaction, Value};
use crate::{args, id, inbox};

/// What a batch has done.
pub struct Done {
    /// The answer to each report, in order; `None` for one that has to go into the next batch.
    pub answers: Vec<Option<Answer>>,
    /// Whether there is more than fitted into the batch.
    pub more: bool,
}

/// Runs one batch for one organization.
pub async fn run(
    tools: &Tools,
    org: &str,
    reports: &[&Report],
    event_limit: i64,
) -> Result<Done, StoreError> {
    let mut transaction = tools.store.begin().await?;
    let now = tools.clock.now();
    transaction.run(&sql::LOCK, args![org]).await?;
    let mut batch = Batch {
        tools,
        org,
        now,
        transaction: transaction.as_mut(),
        answers: vec![None; reports.len()],
    };
    let more = batch.work(reports, event_limit).await?;
    let answers = batch.answers;
    transaction.commit().await?;
    Ok(Done { answers, more })
}

/// Brings what is due up to date within a transaction of the caller, who has locked the organization and
/// decides whether it lasts. New events wait.
pub async fn rework(
    tools: &Tools,
    org: &str,
    transaction: &mut dyn Transaction,
) -> Result<(), StoreError> {
    let mut batch = Batch {
        tools,
        org,
        now: tools.clock.now(),
        transaction,
        answers: Vec::new(),
    };
    batch.work(&[], 0).await.map(drop)
}

pub(super) struct Batch<'a> {
    pub(super) tools: &'a Tools,
    pub(super) org: &'a str,
    pub(super) now: Micros,
    pub(super) transaction: &'a mut dyn Transaction,
    pub(super) answers: Vec<Option<Answer>>,
}

/// A report that goes into the ledger.
pub(super) struct Accepted<'a> {
    index: usize,
    event_id: String,
    object: Option<Name>,
    report: &'a Report,
    /// Set when the sale was there already: what the report says is kept, its answer is "duplicate".
    duplicate_of: Option<String>,
}

impl Batch<'_> {
    async fn work(&mut self, reports: &[&Report], event_limit: i64) -> Result<bool, StoreError> {
        let events = events::pending(self.transaction, self.org, event_limit).await?;
        let accepted = self.accept(reports).await?;
        let full = i64::try_from(events.len()) == Ok(event_limit);
        let done = self.process(events, &accepted, None).await?;
        events::heed_notices(self.transaction, self.org, self.now, &done.events).await?;
        self.answer(&accepted, &done.results, &done.lookups);
        let (transaction, org) = (&mut *self.transaction, self.org);
        answers::remember(transaction, org, self.now, reports, &self.answers).await?;
        Ok(full || done.many_due)
    }

    /// Places what events and reports say, folds what has changed, and publishes it. `rebuilt` names
    /// neighbourhoods that are folded even if nothing in them has changed; without it, those that are due.
    pub(super) async fn process(
        &mut self,
        mut events: Vec<events::Event>,
        accepted: &[Accepted<'_>],
        rebuilt: Option<&BTreeSet<String>>,
    ) -> Result<Processed, StoreError> {
        let mut incoming: Vec<Incoming> = events
            .iter_mut()
            .flat_map(events::Event::take_facts)
            .collect();
        for report in accepted {
            incoming.extend(report.facts());
        }
        erased::strip(self.transaction, self.org, &mut incoming, &events).await?;
        let placed = place(self.transaction, self.org, incoming, &self.tools.ids).await?;
        events::heed_codes(self.transaction, self.org, &events).await?;
        let due = match rebuilt {
            Some(ids) => refold::existing(self.transaction, self.org, ids).await?,
            None => self.due().await?,
        };
        let homes = placed.of_event.clone();
        let many_due = i64::try_from(due.len()) == Ok(BATCH_SIZE);
        let neighbourhoods = self.absorb(placed, due).await?;
        let wanted = refold::wanted(&neighbourhoods);
        let lookups = context::load(self.transaction, self.org, &wanted, self.now).await?;
        let results = self.fold_and_publish(&neighbourhoods, &lookups).await?;
        let (transaction, org) = (&mut *self.transaction, self.org);
        let waiting = &results.waiting;
        events::finish(transaction, org, self.now, &events, &homes, waiting).await?;
        let touched = neighbourhoods.into_keys().collect();
        events::refresh_parked(transaction, org, self.now, &touched, waiting).await?;
        Ok(Processed {
            events,
            results,
            lookups,
            touched,
            many_due,
        })
    }

    /// Decides which reports go into the ledger, and answers the others.
    async fn accept<'r>(
        &mut self,
        reports: &[&'r Report],
    ) -> Result<Vec<Accepted<'r>>, StoreError> {
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let (transaction, org) = (&mut *self.transaction, self.org);
        answers::repeat(transaction, org, reports, &mut self.answers).await?;
        let mut wanted = Wanted::default();
        for report in reports {
            wanted.click(report.call.click_id());
        }
        let lookups = context::load(self.transaction, self.org, &wanted, self.now).await?;
        let known = self.known_sales(reports).await?;
        let mut claimed: BTreeSet<(bool, Name)> = BTreeSet::new();
        let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
        let mut accepted = Vec::new();
        for (index, report) in reports.iter().enumerate() {
            if self.answers.get(index).is_some_and(Option::is_some) {
                continue;
            }
            if let Some(idempotency) = &report.idempotency
                && keys.insert(&idempotency.key, index).is_some()
            {
                // The same key twice at once: the second is answered like the first, in the next batch.
                continue;
            }
            let event_id = self.tools.ids.make(id::EVENT);
            let object = report.call.object(&event_id);
            let directory = &lookups.context(report.livemode).directory;
            let click = directory.clicks.get(report.call.click_id());
            let usable = match &report.call {
                Call::Sale(_) => click.is_some_and(|click| click.link_id.is_some()),
                Call::Lead(_) => click.is_some(),
            };
            if !usable {
                self.set(index, Answer::InvalidClick);
                continue;
            }
            let place = object.clone().map(|object| (report.livemode, object));
            let known = place.as_ref().and_then(|place| known.get(place));
            let reported_before = known.is_some_and(|known| known.by_call);
            if reported_before || place.is_some_and(|place| !claimed.insert(place)) {
                let sale_id = known.and_then(|known| known.sale_id.clone());
                self.set(index, Answer::Duplicate { sale_id });
                continue;
            }
            accepted.push(Accepted {
                index,
                event_id,
                object,
                report,
                duplicate_of: known.and_then(|known| known.sale_id.clone()),
            });
        }
        self.store_calls(&accepted).await?;
        Ok(accepted)
    }

    fn set(&mut self, index: usize, answer: Answer) {
        if let Some(slot) = self.answers.get_mut(index) {
            *slot = Some(answer);
        }
    }

    /// What is known already under the names that sales are reported by.
    async fn known_sales(
        &mut self,
        reports: &[&Report],
    ) -> Result<BTreeMap<(bool, Name), KnownSale>, StoreError> {
        let (mut names, mut keys) = (Rows::new(2), Rows::new(2));
        for report in reports {
            if let Some(object) = report.call.object("-") {
                let key = format!("payment/Manual/{}", object.as_str());
                names.push([report.livemode.into(), object.as_str().into()]);
                keys.push([report.livemode.into(), key.into()]);
            }
        }
        let mut known: BTreeMap<(bool, Name), KnownSale> = BTreeMap::new();
        if names.is_empty() {
            return Ok(known);
        }
        let args = args![self.org; names];
        for row in self.transaction.run(&sql::SALES_NAMED, args).await? {
            if let Some(name) = Name::from_stored(row.text("name")?) {
                let sale = known.entry((row.flag("livemode")?, name)).or_default();
                sale.sale_id = Some(row.text("sale_id")?.to_owned());
            }
        }
        let args = args![self.org; keys];
        for row in self.transaction.run(&sql::FACT_KEYS, args).await? {
            let name = row.text("key")?.strip_prefix("payment/Manual/");
            if let Some(name) = name.and_then(Name::from_stored) {
                known
                    .entry((row.flag("livemode")?, name))
                    .or_default()
                    .by_call = true;
            }
        }
        Ok(known)
    }

    /// Keeps reports in the inbox, like deliveries, so that the inbox alone is enough to compute all.
    async fn store_calls(&mut self, accepted: &[Accepted<'_>]) -> Result<(), StoreError> {
        let (mut rows, mut bodies) = (Rows::new(11), Rows::new(4));
        for report in accepted {
            let id = report.event_id.as_str();
            let received_at = report.report.received_at.0;
            rows.push([
                id.into(),
                calls::PROCESSOR.into(),
                calls::PROCESSOR.into(),
                "".into(),
                report.report.livemode.into(),
                id.into(),
                "".into(),
                report.report.call.event_type().into(),
                received_at.into(),
                received_at.into(),
                1.into(),
            ]);
            let body = serde_json::to_vec(&report.report.call).unwrap_or_default();
            let size = i64::try_from(body.len()).unwrap_or(i64::MAX);
            bodies.push([
                id.into(),
                "[]".into(),
                size.into(),
                Value::Bytes(inbox::pack(&body)),
            ]);
        }
        if !rows.is_empty() {
            let args = args![self.org; rows];
            self.transaction.run(&inbox::INSERT_EVENTS, args).await?;
            let args = args![self.org; bodies];
            self.transaction.run(&inbox::INSERT_BODIES, args).await?;
        }
        Ok(())
    }

    async fn due(&mut self) -> Result<BTreeMap<String, bool>, StoreError> {
        let args = args![self.org, self.now.0, BATCH_SIZE];
        let rows = self.transaction.run(&sql::DUE, args).await?;
        rows.iter()
            .map(|row| Ok((row.text("id")?.to_owned(), row.flag("livemode")?)))
            .collect()
    }

    /// Joins the new facts with those that are there, and stores what has changed. Answers the
    /// neighbourhoods that have to be folded: changed or due.
    async fn absorb(
        &mut self,
        placed: Placed,
        due: BTreeMap<String, bool>,
    ) -> Result<Neighbourhoods, StoreError> {
        let mut neighbourhoods: Neighbourhoods = BTreeMap::new();
        for (id, livemode) in &due {
            neighbourhoods.insert(id.clone(), (*livemode, FactSet::new()));
        }
        for (id, (livemode, _)) in &placed.by_neighbourhood {
            neighbourhoods
                .entry(id.clone())
                .or_insert_with(|| (*livemode, FactSet::new()));
        }
        refold::read_facts(self.transaction, self.org, &mut neighbourhoods).await?;
        let mut changed = Rows::new(6);
        let mut untouched: BTreeSet<String> = BTreeSet::new();
        for (id, (livemode, facts)) in placed.by_neighbourhood {
            let Some((_, set)) = neighbourhoods.get_mut(&id) else {
                continue;
            };
            let mut keys: BTreeSet<String> = BTreeSet::new();
            for kept in facts {
                let key = kept.fact.key();
                if set.absorb(kept) {
                    keys.insert(key);
                }
            }
            for key in &keys {
                if let Some(kept) = set.get(key) {
                    changed.push(fact_row(livemode, &id, key, kept));
                }
            }
            if keys.is_empty() && !due.contains_key(&id) {
                untouched.insert(id);
            }
        }
        if !changed.is_empty() {
            let args = args![self.org; changed];
            self.transaction.run(&sql::UPSERT_FACTS, args).await?;
        }
        neighbourhoods.retain(|id, _| !untouched.contains(id));
        Ok(neighbourhoods)
    }

    async fn fold_and_publish(
        &mut self,
        neighbourhoods: &Neighbourhoods,
        lookups: &Lookups,
    ) -> Result<Results, StoreError> {
        if neighbourhoods.is_empty() {
            return Ok(Results::default());
        }
        let ids: BTreeSet<String> = neighbourhoods.keys().cloned().collect();
        let mut before = Before::read(self.transaction, self.org, &ids).await?;
        let folded = refold::fold_all(neighbourhoods, lookups, &before);
        let mut waiting: BTreeMap<String, Waiting> = BTreeMap::new();
        for neighbourhood in &folded {
            let facts = neighbourhoods
                .get(&neighbourhood.id)
                .map(|(_, facts)| facts);
            for (key, why) in &neighbourhood.outcome.waiting {
                if let Some(kept) = facts.and_then(|facts| facts.get(key)) {
                    waiting.insert(kept.event_id.clone(), *why);
                }
            }
        }
        let writer = Publisher {
            org: self.org,
            now: self.now,
            ids: &self.tools.ids,
            hold_days: &lookups.hold_days,
        };
        let published = writer
            .publish(self.transaction, &folded, &mut before)
            .await?;
        self.note_claims_and_due(&folded).await?;
        Ok(Results {
            published,
            waiting,
            outcomes: folded.into_iter().map(|folded| folded.outcome).collect(),
            sales_before: before.sales,
        })
    }

    /// Remembers what each neighbourhood still waits for: clicks and codes, and a time.
    async fn note_claims_and_due(&mut self, folded: &[Folded]) -> Result<(), StoreError> {
        let (mut cleared, mut claims, mut due) = (Rows::new(1), Rows::new(2), Rows::new(2));
        for neighbourhood in folded {
            let id = neighbourhood.id.as_str();
            cleared.push([id.into()]);
            due.push([
                id.into(),
                neighbourhood.outcome.due_at.map(|at| at.0).into(),
            ]);
            for (kind, value) in &neighbourhood.outcome.unknown_claims {
                claims.push([super::claim_text(*kind, value).into(), id.into()]);
            }
        }
        let args = args![self.org; cleared];
        self.transaction.run(&sql::DELETE_CLAIMS, args).await?;
        if !claims.is_empty() {
            let args = args![self.org; claims];
            self.transaction.run(&sql::INSERT_CLAIMS, args).await?;
        }
        let args = args![self.org; due];
        self.transaction.run(&sql::SET_DUE, args).await?;
        Ok(())
    }

    fn answer(&mut self, accepted: &[Accepted<'_>], results: &Results, lookups: &Lookups) {
        let mut told: BTreeSet<String> = BTreeSet::new();
        for report in accepted {
            let answer = match &report.report.call {
                Call::Sale(call) => {
                    let livemode = report.report.livemode;
                    let sale = report
                        .object
                        .as_ref()
                        .and_then(|object| results.published.named(livemode, object));
                    match sale {
                        Some(sale)
                            if report.duplicate_of.is_none() && told.insert(sale.id.clone()) =>
                        {
                            let status = if sale.available_at <= self.now {
                                "approved"
                            } else {
                                "pending"
                            };
                            Answer::Sale(SaleAnswer {
                                id: sale.id.clone(),
                                amount: sale.net,
                                currency: sale.currency.clone(),
                                commission: sale.commission,
                                status: status.to_owned(),
                                invoice_id: call.invoice_id.clone(),
                                payment_processor: call.payment_processor.clone(),
                                event_name: call.event_name.clone(),
                                customer: results.told(&call.customer, sale.customer.as_ref()),
                            })
                        }
                        other => Answer::Duplicate {
                            sale_id: other
                                .map(|sale| sale.id.clone())
                                .or_else(|| report.duplicate_of.clone()),
                        },
                    }
                }
                Call::Lead(call) => {
                    let name = Name::external(&call.customer.external_id);
                    Answer::Lead(LeadAnswer {
                        event_name: call.event_name.clone(),
                        click_id: call.click_id.clone(),
                        link: lookups.links.get(&call.click_id).cloned(),
                        customer: results.told(&call.customer, name.as_ref()),
                    })
                }
            };
            self.set(report.index, answer);
        }
    }
}

#[derive(Default)]
struct KnownSale {
    sale_id: Option<String>,
    by_call: bool,
}

/// What the folds of a batch have led to.
#[derive(Default)]
pub(super) struct Results {
    published: Published,
    waiting: BTreeMap<String, Waiting>,
    outcomes: Vec<Outcome>,
    /// The sales of the folded neighbourhoods as they were before.
    pub(super) sales_before: BTreeMap<String, Record>,
}

/// What came of events and reports.
pub(super) struct Processed {
    pub(super) events: Vec<events::Event>,
    pub(super) results: Results,
    /// Neighbourhoods that were folded.
    pub(super) touched: BTreeSet<String>,
    lookups: Lookups,
    many_due: bool,
}

impl Results {
    /// A customer as its caller is told: what was just said, else what is known.
    fn told(&self, said: &calls::Person, customer: Option<&Name>) -> Told {
        let known = customer.and_then(|name| {
            let mut all = self.outcomes.iter().flat_map(|o| o.customers.values());
            all.find(|customer| customer.names.contains(name))
        });
        let or = |said: &Option<String>, known: Option<&Option<String>>| {
            said.clone().or_else(|| known.cloned().flatten())
        };
        Told {
            external_id: said.external_id.clone(),
            email: or(&said.email, known.map(|known| &known.email)),
            name: or(&said.name, known.map(|known| &known.name)),
            avatar: or(&said.avatar, known.map(|known| &known.avatar)),
        }
    }
}

impl Accepted<'_> {
    fn facts(&self) -> Vec<Incoming> {
        let facts = self
            .report
            .call
            .facts(&self.event_id, self.report.received_at);
        let incoming = facts.into_iter().flat_map(Fact::split);
        incoming
            .map(|fact| Incoming {
                livemode: self.report.livemode,
                kept: Kept {
                    fact,
                    event_id: self.event_id.clone(),
                    processor: calls::PROCESSOR.to_owned(),
                },
            })
            .collect()
    }
}

fn fact_row(livemode: bool, neighbourhood_id: &str, key: &str, kept: &Kept) -> [Value; 6] {
    [
        livemode.into(),
        key.into(),
        neighbourhood_id.into(),
        kept.event_id.as_str().into(),
        kept.processor.as_str().into(),
        stored_text(&kept.fact).into(),
    ]
}
