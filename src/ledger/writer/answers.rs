//! Answers to reports: made from what the batch has published, and kept to be repeated where the call came
//! with an `Idempotency-Key`.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Micros, Name};

use super::accept::Accepted;
use super::batch::{Batch, Processed, Results};
use super::{Answer, LeadAnswer, Report, SaleAnswer, Told, Tools, sql};
use crate::args;
use crate::ledger::calls::{self, Call};
use crate::store::{Row, Rows, StoreError, Transaction};

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
        let answer = stored(&row)?;
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
            text(answer).into(),
            about(report, answer)
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

/// The customer whom an answer tells of, or will.
fn about(report: &Report, answer: &Answer) -> Option<Name> {
    match answer {
        Answer::Taken { .. } => Name::external(&report.call.customer().external_id),
        _ => Name::external(&answer.told()?.external_id),
    }
}

/// Puts answers in the places that were kept for them. Where another was given meanwhile, it is that one.
/// Each is given as its call, the call's event, and its place among the answers.
pub async fn give(
    tools: &Tools,
    org: &str,
    given: impl Iterator<Item = (&Report, &str, usize)>,
    answers: &mut BTreeMap<usize, Answer>,
) -> Result<(), StoreError> {
    let (mut rows, mut keys) = (Rows::new(3), Rows::new(1));
    let mut indexes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (report, event_id, index) in given {
        let (Some(idempotency), Some(answer)) = (&report.idempotency, answers.get(&index)) else {
            continue;
        };
        let key = idempotency.key.as_str();
        let taken = Answer::Taken {
            event_id: event_id.to_owned(),
        };
        let same_key = indexes.entry(key).or_default();
        if same_key.is_empty() {
            rows.push([key.into(), text(&taken).into(), text(answer).into()]);
            keys.push([key.into()]);
        }
        same_key.push(index);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut transaction = tools.store.begin().await?;
    let args = args![org; rows];
    transaction.run(&sql::GIVE_ANSWERS, args).await?;
    let rows = transaction.run(&sql::ANSWERED, args![org; keys]).await?;
    transaction.commit().await?;
    for row in rows {
        let answer = stored(&row)?;
        for index in indexes.get(row.text("key")?).into_iter().flatten() {
            answers.insert(*index, answer.clone());
        }
    }
    Ok(())
}

fn text(answer: &Answer) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}

fn stored(row: &Row) -> Result<Answer, StoreError> {
    serde_json::from_str(row.text("answer")?)
        .map_err(|_damaged| StoreError::Corrupt("idempotency.answer"))
}

impl Batch<'_> {
    /// Answers the reports that went into the ledger.
    pub(super) fn answer(&mut self, accepted: &[Accepted<'_>], done: &Processed) {
        let (results, lookups) = (&done.results, &done.lookups);
        let mut told: BTreeSet<String> = BTreeSet::new();
        for report in accepted {
            let answer = match &report.report.call {
                _ if done.unfolded.contains(&report.event_id) => match &report.duplicate_of {
                    Some(sale_id) => Answer::Duplicate {
                        sale_id: Some(sale_id.clone()),
                    },
                    None => Answer::Taken {
                        event_id: report.event_id.clone(),
                    },
                },
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
                        Some(sale) if is_new => Answer::Sale(SaleAnswer {
                            id: sale.id.clone(),
                            amount: sale.net,
                            currency: sale.currency.clone(),
                            commission: sale.commission,
                            status: SaleAnswer::status(sale.available_at, self.now).to_owned(),
                            invoice_id: call.invoice_id.clone(),
                            payment_processor: call.payment_processor.clone(),
                            event_name: call.event_name.clone(),
                            customer: results.told(&call.customer, sale.customer.as_ref()),
                        }),
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
    /// A customer as its caller is told.
    fn told(&self, said: &calls::Person, customer: Option<&Name>) -> Told {
        let known = customer.and_then(|name| {
            let mut all = self.outcomes.iter().flat_map(|o| o.customers.values());
            all.find(|customer| customer.names.contains(name))
        });
        Told::of(
            said,
            known.and_then(|known| known.email.as_ref()),
            known.and_then(|known| known.name.as_ref()),
            known.and_then(|known| known.avatar.as_ref()),
        )
    }
}
