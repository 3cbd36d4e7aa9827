//! Answers given to calls with an `Idempotency-Key`, kept to be repeated.

use std::collections::BTreeMap;

use providers::{Micros, Name};

use super::{Answer, Report, sql};
use crate::args;
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
        if *answer == Answer::KeyReused {
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
