//! What has become different: sale by sale and field by field, and for each partner.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ledger::writer::rebuild::Rebuilt;
use crate::ledger::writer::record::Record;

/// What happens to a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was none before.
    Appears,
    /// Some of its fields are others.
    Changes,
    /// It is none any more, or part of another.
    Vanishes,
}

/// A field of a sale that changes; named as its column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The field.
    pub field: &'static str,
    /// As it was.
    pub before: String,
    /// As it is then.
    pub after: String,
}

/// A sale that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SaleChange {
    /// Its id; `null` in a dry run for one that would appear.
    pub sale_id: Option<String>,
    /// The merchant's name of it.
    pub invoice_id: Option<String>,
    /// What happens.
    pub change: Change,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
}

/// What partners earn more or less, refunds and lost disputes taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommissionChange {
    /// The partner.
    pub partner_id: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// The currency.
    pub currency: String,
    /// Before, over the sales concerned, in the smallest unit.
    pub before: i64,
    /// After.
    pub after: i64,
}

/// The sales that are not as they were.
pub(super) fn sales(rebuilt: &Rebuilt, dry_run: bool) -> Vec<SaleChange> {
    let after = rebuilt.after.values();
    after
        .filter_map(|after| change(rebuilt.before.get(&after.id), after, dry_run))
        .collect()
}

fn change(before: Option<&Record>, after: &Record, dry_run: bool) -> Option<SaleChange> {
    let lived = before.is_some_and(Record::is_live);
    let change = match (lived, after.is_live()) {
        (false, false) => return None,
        (false, true) => Change::Appears,
        (true, false) => Change::Vanishes,
        (true, true) => Change::Changes,
    };
    let differences = before.map(|before| before.differences(after));
    let fields: Vec<FieldChange> = differences
        .unwrap_or_default()
        .into_iter()
        .map(|(field, before, after)| FieldChange {
            field,
            before,
            after,
        })
        .collect();
    if change == Change::Changes && fields.is_empty() {
        return None;
    }
    let is_new = before.is_none();
    Some(SaleChange {
        sale_id: (!(is_new && dry_run)).then(|| after.id.clone()),
        invoice_id: after.invoice_id().map(str::to_owned),
        change,
        fields,
    })
}

/// A partner's place in one ledger: partner, mode, currency.
type Place = (String, bool, String);

/// Adds up what partners earn by the sales of one part, before and after.
pub(super) fn add_commissions(rebuilt: &Rebuilt, sums: &mut BTreeMap<Place, [i64; 2]>) {
    for (side, records) in [&rebuilt.before, &rebuilt.after].into_iter().enumerate() {
        for record in records.values().filter(|record| record.is_live()) {
            let Some((partner, _)) = record.credited() else {
                continue;
            };
            let ([_, left, _], currency) = record.commission();
            let place = (partner.to_owned(), record.livemode, currency.to_owned());
            if let Some(sum) = sums.entry(place).or_default().get_mut(side) {
                *sum = sum.saturating_add(left);
            }
        }
    }
}

/// The partners for whom something changes.
pub(super) fn commissions(sums: BTreeMap<Place, [i64; 2]>) -> Vec<CommissionChange> {
    let changed = sums
        .into_iter()
        .filter(|(_, [before, after])| before != after);
    changed
        .map(
            |((partner_id, livemode, currency), [before, after])| CommissionChange {
                partner_id,
                livemode,
                currency,
                before,
                after,
            },
        )
        .collect()
}
