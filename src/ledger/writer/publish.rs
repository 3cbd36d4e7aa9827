//! From what a neighbourhood adds up to, to rows: sales, customers, leads, and the ledger entries that
//! make up the difference to what the ledger has.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Micros, Name};

use super::before::{Before, LeadRow};
use super::booking::{Account, Booking, available_at, book, book_differences, booking, moves};
use super::context::Lookups;
use super::figures::{Brought, Figures};
use super::neighbours::{NewNames, Place};
use super::people::write_customers;
use super::reason::Reason;
use super::record::Record;
use super::sql;
use super::{Published, told};
use crate::args;
use crate::id::{self, IdSource};
use crate::ledger::figures::takings;
use crate::ledger::fold::Outcome;
use crate::ledger::sale::LeadOutcome;
use crate::outbox::{Desk, Kind, News, Wanted};
use crate::store::{Rows, Statement, StoreError, Transaction, Value, without_nul};

/// One folded neighbourhood.
pub struct Folded {
    /// Its id.
    pub id: String,
    /// Its ledger.
    pub livemode: bool,
    /// What it adds up to.
    pub outcome: Outcome,
}

/// Publishes folded neighbourhoods.
pub struct Publisher<'a> {
    /// The organization.
    pub org: &'a str,
    /// The time.
    pub now: Micros,
    /// Makes ids.
    pub ids: &'a IdSource,
    /// What the folds have looked up.
    pub lookups: &'a Lookups,
    /// What endpoints of outgoing webhooks want to be told.
    pub outgoing: Wanted,
}

impl Publisher<'_> {
    /// Writes the difference between what there is and what the folds say, and the names that are new. Answers the sales.
    #[expect(
        clippy::too_many_lines,
        reason = "one pass over what was folded, and the statements in their order"
    )]
    pub async fn publish(
        &self,
        transaction: &mut dyn Transaction,
        folded: &[Folded],
        before: &mut Before,
        new_names: NewNames,
    ) -> Result<Published, StoreError> {
        let mut published = Published::default();
        let customers = std::mem::take(&mut before.customers);
        let customers = write_customers(transaction, self, folded, customers).await?;
        let mut sales = Record::rows();
        let mut leads = Rows::new(11);
        let mut references: BTreeMap<Place, Option<String>> = BTreeMap::new();
        let mut figures = Figures::default();
        let mut news = News::wanted(self.outgoing);
        let mut targets: BTreeMap<Account, i64> = BTreeMap::new();
        let mut bookings: BTreeMap<String, Booking> = BTreeMap::new();
        let mut moved: BTreeMap<String, [Brought; 2]> = BTreeMap::new();
        for neighbourhood in folded {
            let matched = self.match_sales(neighbourhood, before);
            for (sale, id) in neighbourhood.outcome.sales.iter().zip(&matched) {
                let customer_id = customers.id(&neighbourhood.id, sale.customer.as_ref());
                let livemode = neighbourhood.livemode;
                let directory = &self.lookups.context(livemode).directory;
                let earning = sale.earning.as_ref();
                let available_at =
                    available_at(directory, earning, sale.occurred_at, sale.held_from);
                let own = (id.as_str(), neighbourhood.id.as_str());
                let record = Record::of(sale, own, livemode, customer_id, available_at);
                figures.sale(before.sales.get(id), &record, takings(sale));
                told::sale(&mut news, before.sales.get(id), &record);
                if before.sales.get(id) != Some(&record) {
                    record.push(&mut sales);
                }
                for name in &sale.references {
                    let key = (neighbourhood.id.clone(), name.as_str().to_owned());
                    if before.references.get(&key) != Some(id) {
                        let place = (livemode, name.as_str().to_owned());
                        references.insert(place, Some(id.clone()));
                    }
                }
                book(&mut targets, id, sale.earning.as_ref());
                bookings.insert(id.clone(), booking(sale, livemode, available_at));
                published.add(sale, id, &record, livemode);
            }
            for (id, ended) in ended(neighbourhood, before, &matched) {
                figures.sale(before.sales.get(&id), &ended, Vec::new());
                told::sale(&mut news, before.sales.get(&id), &ended);
                ended.push(&mut sales);
                bookings.insert(id, self.ended_booking(&ended));
            }
            for lead in &neighbourhood.outcome.leads {
                let customer_id = customers.id(&neighbourhood.id, lead.customer.as_ref());
                let (id, brought) = self.push_lead(
                    (&mut leads, &mut figures),
                    lead,
                    neighbourhood,
                    before,
                    customer_id,
                );
                if let Some(had) = before.lead_rows.get(&id).map(Brought::of)
                    && had != brought
                {
                    moved.insert(id.clone(), [had, brought.clone()]);
                }
                if before.lead(&neighbourhood.id, &lead.id).is_none() {
                    news.note(Kind::LeadCreated, neighbourhood.livemode, &id);
                }
                book(&mut targets, &id, lead.earning.as_ref());
                let booking = self.lead_booking(lead, neighbourhood.livemode, brought);
                bookings.insert(id, booking);
            }
        }
        self.write(transaction, &sql::UPSERT_SALES, sales).await?;
        references.extend(lost_references(folded, before, &published));
        new_names.write(transaction, self.org, references).await?;
        self.write(transaction, &sql::UPSERT_LEADS, leads).await?;
        figures.move_to_links(transaction, self.org, &moved).await?;
        let sums = [&targets, &before.sums];
        book_differences(self, transaction, sums, &bookings, &mut figures).await?;
        figures.write(transaction, self.org, self.now).await?;
        told::commissions(&mut news, sums, &bookings);
        let desk = Desk {
            org: self.org,
            now: self.now,
            ids: self.ids,
        };
        news.write(transaction, desk).await?;
        Ok(published)
    }

    /// Runs a statement on a batch, unless the batch is empty.
    pub async fn write(
        &self,
        transaction: &mut dyn Transaction,
        statement: &'static Statement,
        rows: Rows,
    ) -> Result<(), StoreError> {
        if !rows.is_empty() {
            let args = args![self.org, self.now.0; rows];
            transaction.post(statement, args).await?;
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

    fn push_lead(
        &self,
        (rows, figures): (&mut Rows, &mut Figures),
        lead: &LeadOutcome,
        folded: &Folded,
        before: &Before,
        customer_id: Option<String>,
    ) -> (String, Brought) {
        let key = (folded.id.clone(), lead.id.clone());
        let known = before.leads.get(&key).cloned();
        let id = known.unwrap_or_else(|| self.ids.make(id::LEAD));
        let credit = lead.credit.as_ref();
        let row = LeadRow {
            event_name: without_nul(&lead.event_name),
            optional: [
                customer_id,
                credit.map(|credit| credit.partner_id.clone()),
                credit.map(|credit| credit.program_id.clone()),
                credit.and_then(|credit| credit.link_id.clone()),
                credit.and_then(|credit| credit.click_id.clone()),
            ],
            occurred_at: lead.occurred_at.0,
        };
        let brought = Brought::of(&row);
        if before.lead_rows.get(&id) == Some(&row) {
            return (id, brought);
        }
        figures.lead_row(folded.livemode, before.lead_rows.get(&id), &row);
        let own: [Value; 5] = [
            id.as_str().into(),
            folded.livemode.into(),
            folded.id.as_str().into(),
            without_nul(&lead.id).into(),
            row.event_name.into(),
        ];
        let optional = row.optional.into_iter().map(Value::from);
        rows.push(
            own.into_iter()
                .chain(optional)
                .chain([row.occurred_at.into()]),
        );
        (id, brought)
    }

    fn lead_booking(&self, lead: &LeadOutcome, livemode: bool, brought: Brought) -> Booking {
        let directory = &self.lookups.context(livemode).directory;
        Booking {
            livemode,
            reason: Reason::of(lead.earning.as_ref(), lead.arithmetic.clone()),
            occurred_at: lead.occurred_at,
            reversed_at: self.now,
            available_at: available_at(
                directory,
                lead.earning.as_ref(),
                lead.occurred_at,
                lead.occurred_at,
            ),
            moves: moves(lead.earning.as_ref()),
            brought,
        }
    }

    fn ended_booking(&self, ended: &Record) -> Booking {
        Booking {
            livemode: ended.livemode,
            reason: Reason::ended(&ended.state),
            occurred_at: self.now,
            reversed_at: self.now,
            available_at: ended.available_at(),
            moves: None,
            brought: Brought::default(),
        }
    }
}

/// Names that a live sale had and nobody has any more: a payment that turned out to be shared.
fn lost_references(
    folded: &[Folded],
    before: &Before,
    published: &Published,
) -> BTreeMap<Place, Option<String>> {
    let mut lost = BTreeMap::new();
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
            lost.insert((*livemode, name.clone()), None);
        }
    }
    lost
}

/// Rows whose sale is no more: their payment is another sale's, or is none any more.
fn ended(folded: &Folded, before: &Before, matched: &[String]) -> Vec<(String, Record)> {
    let matched: BTreeSet<&String> = matched.iter().collect();
    let own = before.sales.values();
    let ended: BTreeMap<&str, &Record> = own
        .filter(|record| record.neighbourhood_id == folded.id && !matched.contains(&record.id))
        .map(|record| (record.id.as_str(), record))
        .collect();
    if ended.is_empty() {
        return Vec::new();
    }
    let sales = folded.outcome.sales.iter();
    let named: BTreeSet<&str> = sales
        .flat_map(|sale| sale.references.iter().map(Name::as_str))
        .collect();
    let of_others: BTreeSet<&str> = before
        .references
        .iter()
        .filter(|((_, name), _)| named.contains(name.as_str()))
        .map(|(_, sale_id)| sale_id.as_str())
        .collect();
    let records = ended.into_values();
    records
        .map(|record| {
            let merged = of_others.contains(record.id.as_str());
            let state = if merged || record.state == "merged" {
                "merged"
            } else {
                "gone"
            };
            (record.id.clone(), record.ended(state))
        })
        .collect()
}
