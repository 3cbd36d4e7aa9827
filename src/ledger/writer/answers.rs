//! Answers to reports: made from what the batch has published, and kept to be repeated where the call came
//! with an `Idempotency-Key`.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Micros, Name};

use super::accept::Accepted;
use super::batch::{Batch, Results};
use super::context::Lookups;
use super::{Answer, LeadAnswer, Report, SaleAnswer, Told, sql};
use crate::args;
use crate::ledger::calls::{self, Call};
use crate::store::{Rows, StoreError, Transaction};

/// Fills in the answers to calls whose key has been answered before.
pub async fn repeat(
    transaction: &mut dyn Transaction,
    org: &str,
    reports: &[&Report],
    answers: &mut [Option<Answer>],
) -> Result<(), StoreError> {
    let mut rows = Rows::new(1);
    for idempotency in reports.iter().filter_map(|r| r.idempotency.as_ref()) {
        rows.push([idempotency.key.as_str().into()]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut known: BTreeMap<String, (String, Answer)> = BTreeMap::new();
    for row in transaction.run(&sql::ANSWERED, args![org; rows]).await? {
        let answer = serde_json::from_str(row.text("answer")?)
            .map_err(|_damaged| StoreError::Corrupt("idempotency.answer"))?;
        let request = row.text("request")?.to_owned();
        known.insert(row.text("key")?.to_owned(), (request, answer));
    }
    for (report, slot) in reports.iter().zip(answers) {
        let Some(idempotency) = &report.idempotency else {
            continue;
        };
        *slot = known.get(&idempotency.key).map(|(request, answer)| {
            if *request == idempotency.request {
                answer.clone()
            } else {
                Answer::KeyReused
            }
        });
    }
    Ok(())
}

/// Keeps the answers of a batch. Those that were repeated are there already.
pub async fn remember(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    reports: &[&Report],
    answers: &[Option<Answer>],
) -> Result<(), StoreError> {
    let mut rows = Rows::new(4);
    for (report, answer) in reports.iter().zip(answers) {
        let (Some(idempotency), Some(answer)) = (&report.idempotency, answer) else {
            continue;
        };
        if matches!(answer, Answer::KeyReused | Answer::Untimely) {
            continue;
        }
        rows.push([
            idempotency.key.as_str().into(),
            idempotency.request.as_str().into(),
            serde_json::to_string(answer).unwrap_or_default().into(),
            answer
                .told()
                .and_then(|told| Name::external(&told.external_id))
                .map(|name| name.as_str().to_owned())
                .into(),
        ]);
    }
    if !rows.is_empty() {
        let args = args![org, now.0; rows];
        transaction.run(&sql::INSERT_ANSWERS, args).await?;
    }
    Ok(())
}

impl Batch<'_> {
    /// Answers the reports that went into the ledger.
    pub(super) fn answer(
        &mut self,
        accepted: &[Accepted<'_>],
        results: &Results,
        lookups: &Lookups,
    ) {
        let mut told: BTreeSet<String> = BTreeSet::new();
        for report in accepted {
            let answer = match &report.report.call {
                Call::Sale(call) => {
                    let livemode = report.report.livemode;
                    let sale = report
                        .object
                        .as_ref()
                        .and_then(|object| results.published.named(livemode, object));
                    // A processor may have told of it under another name (an invoice's number).
                    let is_new = sale.is_some_and(|sale| {
                        report.duplicate_of.is_none()
                            && report.object.as_ref() == Some(&sale.object)
                            && told.insert(sale.id.clone())
                    });
                    match sale {
                        Some(sale) if is_new => {
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
