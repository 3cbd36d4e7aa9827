//! What another system has paid already: sales that were imported and earned something which its own payouts have settled. For each partner, program and
//! currency of a call there is one payout of the method `imported`; an entry that any payout has paid, or a draft has claimed, is left as it is, so the
//! same call again pays nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, PAYOUT, number, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::ledger::LOCK;
use crate::changes::{self, Change, Details, What};
use crate::id;
use crate::store::{Row, Rows, StoreError, Transaction};

/// How such payouts were paid.
pub const METHOD: &str = "imported";

/// What became of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// Recorded as paid, by this payout.
    Paid(String),
    /// It was paid before, by this payout.
    Known(String),
    /// A draft pays it, or its hold is not over.
    Held,
    /// It has earned nothing, nothing of it is left, or it is not there.
    Nothing,
}

/// Partner, program and currency.
type Whose = (String, String, String);

/// What is paid together.
#[derive(Default)]
struct Group {
    amount: i64,
    entries: Vec<String>,
    sales: Vec<String>,
}

/// An entry of a sale.
struct Part {
    id: String,
    whose: Whose,
    amount: i64,
    may_be_paid: bool,
    paid_by: Option<String>,
}

/// Records as paid what some sales have earned. Answers what became of each.
pub async fn record(
    scope: &WriteScope<'_>,
    sale_ids: &[String],
    note: Option<&str>,
) -> Result<BTreeMap<String, Became>, StoreError> {
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![scope.org]).await?;
    let (mut became, mut groups) = (BTreeMap::new(), BTreeMap::<Whose, Group>::new());
    for (id, parts) in parts(transaction.as_mut(), scope, sale_ids).await? {
        let told = sort(&id, parts, &mut groups);
        became.extend(told.map(|told| (id, told)));
    }
    for (whose, group) in groups {
        let id = pay(transaction.as_mut(), scope, (&whose, &group), note).await?;
        for sale in group.sales {
            became.insert(sale, Became::Paid(id.clone()));
        }
    }
    transaction.commit().await?;
    Ok(became)
}

async fn parts(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    sale_ids: &[String],
) -> Result<BTreeMap<String, Vec<Part>>, StoreError> {
    let ids: BTreeSet<&str> = sale_ids.iter().map(String::as_str).collect();
    let mut parts: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    let mut rows = Rows::new(1);
    for id in ids {
        parts.insert(id.to_owned(), Vec::new());
        rows.push([id.into()]);
    }
    let args = args![scope.org, scope.now.0; rows];
    for row in transaction.run(&sql::OF_SALES, args).await? {
        let of = parts.entry(row.text("subject_id")?.to_owned()).or_default();
        of.push(Part::read(&row)?);
    }
    Ok(parts)
}

/// Puts a sale to those that are paid together, or says why it is not.
fn sort(id: &str, parts: Vec<Part>, groups: &mut BTreeMap<Whose, Group>) -> Option<Became> {
    let paid_by = parts.iter().find_map(|part| part.paid_by.clone());
    let open: Vec<Part> = parts
        .into_iter()
        .filter(|part| part.paid_by.is_none())
        .collect();
    if open.is_empty() {
        return Some(paid_by.map_or(Became::Nothing, Became::Known));
    }
    if open.iter().any(|part| !part.may_be_paid) {
        return Some(Became::Held);
    }
    let mut sums: BTreeMap<&Whose, i64> = BTreeMap::new();
    for part in &open {
        let sum = sums.entry(&part.whose).or_default();
        *sum = sum.saturating_add(part.amount);
    }
    if sums.values().any(|sum| *sum <= 0) {
        return Some(Became::Nothing);
    }
    for part in open {
        let group = groups.entry(part.whose).or_default();
        group.amount = group.amount.saturating_add(part.amount);
        group.entries.push(part.id);
        if !group.sales.iter().any(|known| known == id) {
            group.sales.push(id.to_owned());
        }
    }
    None
}

async fn pay(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    ((partner_id, program_id, currency), group): (&Whose, &Group),
    note: Option<&str>,
) -> Result<String, StoreError> {
    let (org, now) = (scope.org, scope.now);
    let id = scope.ids.make(id::PAYOUT);
    let args = args![
        org,
        id.as_str(),
        program_id.as_str(),
        partner_id.as_str(),
        group.amount,
        currency.as_str(),
        note,
        now.0,
        scope.actor.name()
    ];
    transaction.run(&sql::INSERT, args).await?;
    let args = args![org, id.as_str(), METHOD];
    transaction.run(&sql::SET_METHOD, args).await?;
    number(transaction, org, &id).await?;
    let entry = Entry {
        payout_id: &id,
        program_id,
        partner_id,
        currency,
        kind: PAYOUT,
        amount: group.amount.saturating_neg(),
        reason: "paid elsewhere, before the import",
    };
    entry.add(transaction, scope).await?;
    let mut entries = Rows::new(1);
    for entry in &group.entries {
        entries.push([entry.as_str().into()]);
    }
    let args = args![org, id.as_str(); entries];
    transaction.run(&sql::INSERT_PAID, args).await?;
    let details = Details::default()
        .set("partnerId", partner_id)
        .set("programId", program_id)
        .set("amount", group.amount)
        .set("currency", currency)
        .set("sales", group.sales.len());
    let change = Change::of(What::PayoutImported, &id).with(details);
    changes::record(transaction, scope, change.because(note)).await?;
    Ok(id)
}

impl Part {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |name| row.text(name).map(str::to_owned);
        Ok(Self {
            id: text("id")?,
            whose: (text("partner_id")?, text("program_id")?, text("currency")?),
            amount: row.int("amount")?,
            may_be_paid: row.opt_text("claimed_by")?.is_none() && row.flag("is_due")?,
            paid_by: row.opt_text("paid_by")?.map(str::to_owned),
        })
    }
}
