//! Which reports go into the ledger: those whose click is known, whose invoice has not been reported, and
//! whose `Idempotency-Key` has not been answered.

use std::collections::{BTreeMap, BTreeSet};

use providers::Name;

use super::batch::Batch;
use super::context::clicks;
use super::{Answer, Report, answers, events, sql};
use crate::ledger::calls::{self, Call};
use crate::store::{Rows, StoreError, Value};
use crate::{args, id, inbox};

/// A report that goes into the ledger.
pub(super) struct Accepted<'a> {
    pub(super) index: usize,
    pub(super) event_id: String,
    pub(super) object: Option<Name>,
    pub(super) report: &'a Report,
    /// Set when the sale was there already: what the report says is kept, its answer is "duplicate".
    pub(super) duplicate_of: Option<String>,
}

impl Accepted<'_> {
    /// The report as the inbox event that it has become.
    pub(super) fn event(&self) -> events::Event {
        let call = &self.report.call;
        let facts = call.facts(&self.event_id, self.report.received_at);
        events::Event::of_call(&self.event_id, self.report.livemode, facts, self.row())
    }

    fn row(&self) -> inbox::Outside {
        let (id, received_at) = (self.event_id.as_str(), self.report.received_at.0);
        [
            id.into(),
            calls::PROCESSOR.into(),
            calls::PROCESSOR.into(),
            "".into(),
            self.report.livemode.into(),
            id.into(),
            "".into(),
            self.report.call.event_type().into(),
            received_at.into(),
            received_at.into(),
            1.into(),
        ]
    }
}

#[derive(Default)]
struct KnownSale {
    sale_id: Option<String>,
    by_call: bool,
}

impl Batch<'_> {
    /// Decides which reports go into the ledger, and answers the others.
    pub(super) async fn accept<'r>(
        &mut self,
        reports: &[&'r Report],
    ) -> Result<Vec<Accepted<'r>>, StoreError> {
        if reports.is_empty() {
            return Ok(Vec::new());
        }
        let (transaction, org) = (&mut *self.transaction, self.org);
        answers::repeat(transaction, org, reports, &mut self.answers).await?;
        let named = reports.iter().map(|report| report.call.click_id());
        let named = named.map(str::to_owned).collect();
        let clicks = clicks::read(self.transaction, self.org, &named).await?;
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
            // Only here: a call that was answered long ago is answered again.
            if !report.call.is_timely(report.received_at) {
                self.set(index, Answer::Untimely);
                continue;
            }
            let event_id = self.tools.ids.make(id::EVENT);
            let object = report.call.object(&event_id);
            let click = clicks.get(report.call.click_id());
            let usable = match &report.call {
                Call::Sale(_) => click.is_some_and(|found| found.link.is_some()),
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

    pub(super) fn set(&mut self, index: usize, answer: Answer) {
        if let Some(slot) = self.answers.get_mut(index) {
            *slot = Some(answer);
        }
    }

    /// What is known already under the names that sales are reported by.
    async fn known_sales(
        &mut self,
        reports: &[&Report],
    ) -> Result<BTreeMap<(bool, Name), KnownSale>, StoreError> {
        let (mut names, mut keys) = (Rows::new(2), Rows::new(3));
        for report in reports {
            if let Some(object) = report.call.object("-") {
                let key = format!("payment/Manual/{}", object.as_str());
                names.push([report.livemode.into(), object.as_str().into()]);
                keys.push([report.livemode.into(), object.as_str().into(), key.into()]);
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

    /// Keeps the bodies of reports in the inbox, like those of deliveries, so that the inbox alone is enough to compute
    /// all.
    async fn store_calls(&mut self, accepted: &[Accepted<'_>]) -> Result<(), StoreError> {
        let mut bodies = Rows::new(4);
        for report in accepted {
            let body = serde_json::to_vec(&report.report.call).unwrap_or_default();
            let size = i64::try_from(body.len()).unwrap_or(i64::MAX);
            bodies.push([
                report.event_id.as_str().into(),
                "[]".into(),
                size.into(),
                Value::Bytes(inbox::pack(calls::PROCESSOR, &body)?),
            ]);
        }
        if !bodies.is_empty() {
            let args = args![self.org; bodies];
            self.transaction.post(&inbox::INSERT_BODIES, args).await?;
        }
        Ok(())
    }
}
