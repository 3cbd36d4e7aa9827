//! From what a neighbourhood adds up to, to rows: sales, customers, leads, and the ledger entries that
//! make up the difference to what the ledger has.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::ReversalKind;
use providers::{Micros, Name};

use super::people::{CustomerRows, write_customers};
use super::record::{self, Record, UPSERT_SALES};
use super::refold::texts;
use super::{Published, sql};
use crate::args;
use crate::id::{self, IdSource};
use crate::ledger::fold::Outcome;
use crate::ledger::rate::Rate;
use crate::ledger::sale::{Earning, LeadOutcome, Sale};
use crate::store::{Rows, Statement, StoreError, Transaction};

static UPSERT_LEADS: Statement = Statement::new(
    "insert into leads (organization_id, id, livemode, neighbourhood_id, lead_key, event_name,
         customer_id, partner_id, program_id, click_id, occurred_at, created_at)
     select $1, r.id, r.livemode, r.neighbourhood_id, r.lead_key, r.event_name, r.customer_id,
         r.partner_id, r.program_id, r.click_id, r.occurred_at, $2
     from {rows r: id text, livemode int, neighbourhood_id text, lead_key text, event_name text,
         customer_id text, partner_id text, program_id text, click_id text, occurred_at int}
     where true
     on conflict (organization_id, id) do update set
         neighbourhood_id = excluded.neighbourhood_id, event_name = excluded.event_name,
         customer_id = excluded.customer_id, partner_id = excluded.partner_id,
         program_id = excluded.program_id, click_id = excluded.click_id,
         occurred_at = excluded.occurred_at",
);

/// Statements of this file and its neighbours, to be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&UPSERT_LEADS, &UPSERT_SALES];

/// One folded neighbourhood.
pub struct Folded {
    /// Its id.
    pub id: String,
    /// Its ledger.
    pub livemode: bool,
    /// What it adds up to.
    pub outcome: Outcome,
}

/// What is in the database of the neighbourhoods to be published.
#[derive(Default)]
pub struct Before {
    /// Sales by id.
    pub sales: BTreeMap<String, Record>,
    /// The sale of each reference, by neighbourhood and name.
    references: BTreeMap<(String, String), String>,
    customers: CustomerRows,
    /// Lead ids by neighbourhood and lead key.
    leads: BTreeMap<(String, String), String>,
    /// Sums of the entries of these sales and leads.
    pub sums: BTreeMap<Account, i64>,
}

/// What an amount is booked on: subject, partner, program, kind, currency.
pub type Account = (String, String, String, &'static str, String);

impl Before {
    /// Reads what there is of some neighbourhoods.
    pub async fn read(
        transaction: &mut dyn Transaction,
        org: &str,
        neighbourhoods: &BTreeSet<String>,
    ) -> Result<Self, StoreError> {
        let mut before = Self::default();
        let mut rows = Rows::new(1);
        for id in neighbourhoods {
            rows.push([id.as_str().into()]);
        }
        for row in transaction
            .run(&sql::SALES, args![org; rows.clone()])
            .await?
        {
            let record = Record::read(&row)?;
            before.sales.insert(record.id.clone(), record);
        }
        for row in transaction
            .run(&sql::REFERENCES, args![org; rows.clone()])
            .await?
        {
            let key = (
                row.text("neighbourhood_id")?.to_owned(),
                row.text("name")?.to_owned(),
            );
            before
                .references
                .insert(key, row.text("sale_id")?.to_owned());
        }
        before.customers = CustomerRows::read(transaction, org, rows.clone()).await?;
        for row in transaction.run(&sql::LEADS, args![org; rows]).await? {
            let key = (
                row.text("neighbourhood_id")?.to_owned(),
                row.text("lead_key")?.to_owned(),
            );
            before.leads.insert(key, row.text("id")?.to_owned());
        }
        let subjects = before.sales.keys().chain(before.leads.values());
        before.sums = read_sums(transaction, org, subjects).await?;
        Ok(before)
    }

    /// Rates that commissions have been converted at, by neighbourhood and the sale's names.
    pub fn stamped(&self) -> BTreeMap<String, BTreeMap<Name, Rate>> {
        let mut stamped: BTreeMap<String, BTreeMap<Name, Rate>> = BTreeMap::new();
        for ((neighbourhood, name), sale_id) in &self.references {
            let rate = self.sales.get(sale_id).and_then(Record::rate);
            if let (Some(rate), Some(name)) = (rate, Name::from_stored(name)) {
                let rates = stamped.entry(neighbourhood.clone()).or_default();
                rates.insert(name, rate);
            }
        }
        stamped
    }

    /// The row of each folded sale: that which has its main name, else the oldest that has one of its names
    /// and is no other sale's; `None` where there is none.
    pub fn matched(&self, folded: &Folded) -> Vec<Option<String>> {
        let row_of = |name: &Name| self.reference(&folded.id, name).cloned();
        let sales = &folded.outcome.sales;
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut matched: Vec<Option<String>> = Vec::with_capacity(sales.len());
        for sale in sales {
            let own = row_of(&sale.object).filter(|id| taken.insert(id.clone()));
            matched.push(own);
        }
        for (sale, id) in sales.iter().zip(&mut matched) {
            if id.is_none() {
                let rows: BTreeSet<String> = sale.references.iter().filter_map(row_of).collect();
                *id = rows.into_iter().find(|id| taken.insert(id.clone()));
            }
        }
        matched
    }

    /// The sale that a name is a reference of.
    pub fn reference(&self, neighbourhood_id: &str, name: &Name) -> Option<&String> {
        let key = (neighbourhood_id.to_owned(), name.as_str().to_owned());
        self.references.get(&key)
    }

    /// The id of a lead's row.
    pub fn lead(&self, neighbourhood_id: &str, lead_id: &str) -> Option<&String> {
        let key = (neighbourhood_id.to_owned(), lead_id.to_owned());
        self.leads.get(&key)
    }
}

/// What the entries of some sales and leads add up to.
pub async fn read_sums(
    transaction: &mut dyn Transaction,
    org: &str,
    subjects: impl IntoIterator<Item = &String> + Send,
) -> Result<BTreeMap<Account, i64>, StoreError> {
    let mut sums = BTreeMap::new();
    let subjects = texts(subjects);
    if subjects.is_empty() {
        return Ok(sums);
    }
    for row in transaction.run(&sql::SUMS, args![org; subjects]).await? {
        let told = row.text("kind")?;
        let Some(kind) = KINDS.into_iter().find(|kind| *kind == told) else {
            continue;
        };
        let account = (
            row.text("subject_id")?.to_owned(),
            row.text("partner_id")?.to_owned(),
            row.text("program_id")?.to_owned(),
            kind,
            row.text("currency")?.to_owned(),
        );
        sums.insert(account, row.int("amount")?);
    }
    Ok(sums)
}

/// What a partner earned by a sale or lead.
pub const COMMISSION: &str = "commission";
/// What refunds and lost disputes took back.
pub const CLAWBACK: &str = "clawback";
/// What open disputes and reviews hold back.
pub const HOLD: &str = "hold";

const KINDS: [&str; 3] = [COMMISSION, CLAWBACK, HOLD];

/// How entries of one subject are written.
struct Booking {
    livemode: bool,
    reason: String,
    occurred_at: Micros,
    reversed_at: Micros,
    available_at: Micros,
}

/// Publishes folded neighbourhoods.
pub struct Publisher<'a> {
    /// The organization.
    pub org: &'a str,
    /// The time.
    pub now: Micros,
    /// Makes ids.
    pub ids: &'a IdSource,
    /// Hold days by program.
    pub hold_days: &'a BTreeMap<String, i64>,
}

impl Publisher<'_> {
    /// Writes the difference between what there is and what the folds say. Answers the sales.
    pub async fn publish(
        &self,
        transaction: &mut dyn Transaction,
        folded: &[Folded],
        before: &mut Before,
    ) -> Result<Published, StoreError> {
        let mut published = Published::default();
        let customers = std::mem::take(&mut before.customers);
        let customers = write_customers(transaction, self, folded, customers).await?;
        let mut sales = Record::rows();
        let mut references = Rows::new(3);
        let mut leads = Rows::new(10);
        let mut targets: BTreeMap<Account, i64> = BTreeMap::new();
        let mut bookings: BTreeMap<String, Booking> = BTreeMap::new();
        for neighbourhood in folded {
            let matched = self.match_sales(neighbourhood, before);
            for (sale, id) in neighbourhood.outcome.sales.iter().zip(&matched) {
                let customer_id = customers.id(&neighbourhood.id, sale.customer.as_ref());
                let available_at = self.available_at(sale.earning.as_ref(), sale.occurred_at);
                let own = (id.as_str(), neighbourhood.id.as_str());
                let livemode = neighbourhood.livemode;
                let record = Record::of(sale, own, livemode, customer_id, available_at);
                if before.sales.get(id) != Some(&record) {
                    record.push(&mut sales);
                }
                for name in &sale.references {
                    let key = (neighbourhood.id.clone(), name.as_str().to_owned());
                    if before.references.get(&key) != Some(id) {
                        references.push([
                            livemode.into(),
                            name.as_str().into(),
                            id.as_str().into(),
                        ]);
                    }
                }
                book(&mut targets, id, sale.earning.as_ref());
                bookings.insert(id.clone(), booking(sale, livemode, available_at));
                published.add(sale, id, &record, livemode);
            }
            for (id, ended) in ended(neighbourhood, before, &matched) {
                ended.push(&mut sales);
                bookings.insert(id, self.ended_booking(&ended));
            }
            for lead in &neighbourhood.outcome.leads {
                let customer_id = customers.id(&neighbourhood.id, lead.customer.as_ref());
                let id = self.push_lead(&mut leads, lead, neighbourhood, before, customer_id);
                book(&mut targets, &id, lead.earning.as_ref());
                bookings.insert(id, self.lead_booking(lead, neighbourhood.livemode));
            }
        }
        self.write(transaction, &UPSERT_SALES, sales).await?;
        let lost = lost_references(folded, &before, &published);
        if !lost.is_empty() {
            let args = args![self.org; lost];
            transaction.run(&sql::DELETE_REFERENCES, args).await?;
        }
        if !references.is_empty() {
            let args = args![self.org; references];
            transaction.run(&sql::UPSERT_REFERENCES, args).await?;
        }
        self.write(transaction, &UPSERT_LEADS, leads).await?;
        self.book_differences(transaction, &targets, &before.sums, &bookings)
            .await?;
        Ok(published)
    }

    async fn write(
        &self,
        transaction: &mut dyn Transaction,
        statement: &'static Statement,
        rows: Rows,
    ) -> Result<(), StoreError> {
        if !rows.is_empty() {
            let args = args![self.org, self.now.0; rows];
            transaction.run(statement, args).await?;
        }
        Ok(())
    }

    /// The id of each folded sale: that of its row, else a new one.
    fn match_sales(&self, folded: &Folded, before: &Before) -> Vec<String> {
        let matched = before.matched(folded).into_iter();
        matched
            .map(|id| id.unwrap_or_else(|| self.ids.make(id::SALE)))
            .collect()
    }

    fn available_at(&self, earning: Option<&Earning>, occurred_at: Micros) -> Micros {
        available_at(self.hold_days, earning, occurred_at)
    }

    fn push_lead(
        &self,
        rows: &mut Rows,
        lead: &LeadOutcome,
        folded: &Folded,
        before: &Before,
        customer_id: Option<String>,
    ) -> String {
        let key = (folded.id.clone(), lead.id.clone());
        let known = before.leads.get(&key).cloned();
        let id = known.unwrap_or_else(|| self.ids.make("lead"));
        let credit = lead.credit.as_ref();
        rows.push([
            id.as_str().into(),
            folded.livemode.into(),
            folded.id.as_str().into(),
            record::clean(&lead.id).into(),
            record::clean(&lead.event_name).into(),
            customer_id.into(),
            credit.map(|credit| credit.partner_id.as_str()).into(),
            credit.map(|credit| credit.program_id.as_str()).into(),
            credit.and_then(|credit| credit.click_id.as_deref()).into(),
            lead.occurred_at.0.into(),
        ]);
        id
    }

    fn lead_booking(&self, lead: &LeadOutcome, livemode: bool) -> Booking {
        Booking {
            livemode,
            reason: lead.arithmetic.first().cloned().unwrap_or_default(),
            occurred_at: lead.occurred_at,
            reversed_at: self.now,
            available_at: self.available_at(lead.earning.as_ref(), lead.occurred_at),
        }
    }

    fn ended_booking(&self, ended: &Record) -> Booking {
        Booking {
            livemode: ended.livemode,
            reason: "the payment belongs to another sale".to_owned(),
            occurred_at: self.now,
            reversed_at: self.now,
            available_at: ended.available_at(),
        }
    }

    /// Adds an entry wherever the ledger's sum is not what it must be.
    async fn book_differences(
        &self,
        transaction: &mut dyn Transaction,
        targets: &BTreeMap<Account, i64>,
        sums: &BTreeMap<Account, i64>,
        bookings: &BTreeMap<String, Booking>,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(11);
        let accounts: BTreeSet<&Account> = targets.keys().chain(sums.keys()).collect();
        for account in accounts {
            let target = targets.get(account).copied().unwrap_or(0);
            let sum = sums.get(account).copied().unwrap_or(0);
            let difference = target.saturating_sub(sum);
            let (subject, partner, program, kind, currency) = account;
            let Some(booking) = bookings.get(subject).filter(|_| difference != 0) else {
                continue;
            };
            let occurred_at = if *kind == COMMISSION && sum == 0 {
                booking.occurred_at
            } else {
                booking.reversed_at
            };
            rows.push([
                self.ids.make(id::LEDGER_ENTRY).into(),
                booking.livemode.into(),
                subject.as_str().into(),
                program.as_str().into(),
                partner.as_str().into(),
                (*kind).into(),
                difference.into(),
                currency.as_str().into(),
                why(kind, sum, target, booking).into(),
                occurred_at.0.into(),
                booking.available_at.0.into(),
            ]);
        }
        self.write(transaction, &sql::INSERT_ENTRIES, rows).await
    }
}

/// Why an entry is written, in one line.
fn why(kind: &str, sum: i64, target: i64, booking: &Booking) -> String {
    match (kind, sum, target) {
        (COMMISSION, 0, _) => booking.reason.clone(),
        (COMMISSION, _, 0) => "no longer this partner's sale".to_owned(),
        (COMMISSION, _, _) => format!("recomputed: {}", booking.reason),
        (CLAWBACK, sum, target) if target < sum => "refund or lost dispute".to_owned(),
        (CLAWBACK, _, _) => "a refund or dispute was undone".to_owned(),
        (_, sum, target) if target < sum => "held: open dispute or review".to_owned(),
        _ => "no longer held".to_owned(),
    }
}

fn booking(sale: &Sale, livemode: bool, available_at: Micros) -> Booking {
    let reversals = sale.why.reversals.iter();
    let newest = reversals
        .filter(|applied| matches!(applied.kind, ReversalKind::Refund | ReversalKind::Dispute))
        .map(|applied| applied.occurred_at)
        .max();
    Booking {
        livemode,
        reason: record::reason(sale),
        occurred_at: sale.occurred_at,
        reversed_at: newest.unwrap_or(sale.occurred_at),
        available_at,
    }
}

/// When a commission may be paid: after its program's hold.
pub fn available_at(
    hold_days: &BTreeMap<String, i64>,
    earning: Option<&Earning>,
    occurred_at: Micros,
) -> Micros {
    let program = earning.map(|earning| &earning.program_id);
    let days = program.and_then(|program| hold_days.get(program));
    occurred_at.plus_days(days.copied().unwrap_or(0))
}

/// Adds what the ledger must hold for one sale or lead.
pub fn book(targets: &mut BTreeMap<Account, i64>, subject: &str, earning: Option<&Earning>) {
    let Some(earning) = earning else { return };
    let parts = [
        (COMMISSION, earning.full),
        (CLAWBACK, earning.left - earning.full),
        (HOLD, earning.free - earning.left),
    ];
    for (kind, amount) in parts.into_iter().filter(|(_, amount)| *amount != 0) {
        let account = (
            subject.to_owned(),
            earning.partner_id.clone(),
            earning.program_id.clone(),
            kind,
            earning.currency.to_string(),
        );
        targets.insert(account, amount);
    }
}

/// Names that a live sale had and nobody has any more: a payment that turned out to be shared.
fn lost_references(folded: &[Folded], before: &Before, published: &Published) -> Rows {
    let mut rows = Rows::new(2);
    let live: BTreeSet<&str> = published
        .sales
        .values()
        .map(|sale| sale.id.as_str())
        .collect();
    let modes: BTreeMap<&str, bool> = folded.iter().map(|f| (f.id.as_str(), f.livemode)).collect();
    for ((neighbourhood, name), sale_id) in &before.references {
        let Some(livemode) = modes.get(neighbourhood.as_str()) else {
            continue;
        };
        let still_live = live.contains(sale_id.as_str());
        let named = Name::from_stored(name).and_then(|name| published.named(*livemode, &name));
        if still_live && named.is_none() {
            rows.push([(*livemode).into(), name.as_str().into()]);
        }
    }
    rows
}

/// Rows whose sale is no more: their payment is another sale's, or is none any more.
fn ended(folded: &Folded, before: &Before, matched: &[String]) -> Vec<(String, Record)> {
    let own = before
        .sales
        .values()
        .filter(|record| record.neighbourhood_id == folded.id && !matched.contains(&record.id));
    let names = |id: &str| {
        before
            .references
            .iter()
            .filter(move |(_, sale_id)| *sale_id == id)
            .map(|((_, name), _)| name.clone())
            .collect::<Vec<_>>()
    };
    own.map(|record| {
        let names = names(&record.id);
        let merged = folded.outcome.sales.iter().any(|sale| {
            let mut references = sale.references.iter();
            references.any(|name| names.iter().any(|own| own == name.as_str()))
        });
        let state = if merged || record.state == "merged" {
            "merged"
        } else {
            "gone"
        };
        (record.id.clone(), record.ended(state))
    })
    .collect()
}
