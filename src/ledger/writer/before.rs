//! What the database holds of the neighbourhoods that a batch publishes.

use std::collections::{BTreeMap, BTreeSet};

use providers::Name;

use super::booking::{Account, read_sums};
use super::people::CustomerRows;
use super::publish::Folded;
use super::record::Record;
use super::sql;
use crate::args;
use crate::ledger::rate::Rate;
use crate::store::{Row, Rows, StoreError, Transaction};

/// What is in the database of the neighbourhoods to be published.
#[derive(Default)]
pub struct Before {
    /// Sales by id.
    pub sales: BTreeMap<String, Record>,
    /// The sale of each reference, by neighbourhood and name.
    pub references: BTreeMap<(String, String), String>,
    /// Customers.
    pub customers: CustomerRows,
    /// Lead ids by neighbourhood and lead key.
    pub leads: BTreeMap<(String, String), String>,
    /// What else is in the rows of these leads.
    pub lead_rows: BTreeMap<String, LeadRow>,
    /// Sums of the entries of these sales and leads.
    pub sums: BTreeMap<Account, i64>,
}

/// What can change in the row of a lead.
#[derive(Debug, PartialEq, Eq)]
pub struct LeadRow {
    /// Its event name.
    pub event_name: String,
    /// Customer, partner, program, link, click.
    pub optional: [Option<String>; 5],
    /// When it happened.
    pub occurred_at: i64,
}

impl LeadRow {
    /// The partner, the program and the link that the lead is credited to; empty where there is none.
    pub fn credited(&self) -> [&str; 3] {
        let [_, partner, program, link, _] = &self.optional;
        [partner, program, link].map(|one| one.as_deref().unwrap_or_default())
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let mut optional = [const { None }; 5];
        let columns = [
            "customer_id",
            "partner_id",
            "program_id",
            "link_id",
            "click_id",
        ];
        for (value, column) in optional.iter_mut().zip(columns) {
            *value = row.opt_text(column)?.map(str::to_owned);
        }
        Ok(Self {
            event_name: row.text("event_name")?.to_owned(),
            optional,
            occurred_at: row.int("occurred_at")?,
        })
    }
}

impl Before {
    /// Reads what there is of some neighbourhoods.
    pub async fn read(
        transaction: &mut dyn Transaction,
        org: &str,
        neighbourhoods: &BTreeSet<String>,
    ) -> Result<Self, StoreError> {
        let mut before = Self::default();
        if neighbourhoods.is_empty() {
            return Ok(before);
        }
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
            let id = row.text("id")?.to_owned();
            before.lead_rows.insert(id.clone(), LeadRow::read(&row)?);
            before.leads.insert(key, id);
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
