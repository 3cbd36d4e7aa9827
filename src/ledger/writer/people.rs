//! Customers as rows. A customer's id stays as long as any of its names does; when two turn out to be
//! one, the older id stays.

use std::collections::{BTreeMap, BTreeSet};

use providers::Name;

use super::publish::{Folded, Publisher};
use super::sql;
use crate::args;
use crate::id;
use crate::store::{Rows, StoreError, Transaction, Value, without_nul};

/// Columns of a customer's row that follow from the fold, in the order of the statement.
const COLUMNS: [&str; 8] = [
    "external_id",
    "email",
    "name",
    "avatar",
    "partner_id",
    "program_id",
    "click_id",
    "names",
];

struct CustomerRow {
    neighbourhood_id: String,
    names: BTreeSet<String>,
    columns: [Option<String>; 8],
}

/// Customers as they are in the database, by id.
#[derive(Default)]
pub struct CustomerRows(BTreeMap<String, CustomerRow>);

impl CustomerRows {
    /// Reads those of some neighbourhoods.
    pub async fn read(
        transaction: &mut dyn Transaction,
        org: &str,
        neighbourhoods: Rows,
    ) -> Result<Self, StoreError> {
        let mut customers = BTreeMap::new();
        for row in transaction
            .run(&sql::CUSTOMERS, args![org; neighbourhoods])
            .await?
        {
            let mut columns = COLUMNS.map(|_| None);
            for (value, column) in columns.iter_mut().zip(COLUMNS) {
                *value = row.opt_text(column)?.map(str::to_owned);
            }
            let names: Vec<String> = serde_json::from_str(row.text("names")?)
                .map_err(|_damaged| StoreError::Corrupt("customers.names"))?;
            let customer = CustomerRow {
                neighbourhood_id: row.text("neighbourhood_id")?.to_owned(),
                names: names.into_iter().collect(),
                columns,
            };
            customers.insert(row.text("id")?.to_owned(), customer);
        }
        Ok(Self(customers))
    }
}

/// The id of each folded customer.
#[derive(Default)]
pub struct CustomerIds(BTreeMap<(String, Name), String>);

impl CustomerIds {
    /// The id of a customer by its neighbourhood and smallest name.
    pub fn id(&self, neighbourhood_id: &str, customer: Option<&Name>) -> Option<String> {
        let key = (neighbourhood_id.to_owned(), customer?.clone());
        self.0.get(&key).cloned()
    }
}

/// Writes the customers of folded neighbourhoods: new and changed ones; those that have become another's
/// part are removed.
pub async fn write_customers(
    transaction: &mut dyn Transaction,
    publisher: &Publisher<'_>,
    folded: &[Folded],
    before: CustomerRows,
) -> Result<CustomerIds, StoreError> {
    let mut ids = CustomerIds::default();
    let mut rows = Rows::new(11);
    let mut kept: BTreeSet<String> = BTreeSet::new();
    let mut by_name: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (id, row) in &before.0 {
        for name in &row.names {
            let place = (row.neighbourhood_id.as_str(), name.as_str());
            by_name.entry(place).or_default().insert(id);
        }
    }
    for neighbourhood in folded {
        for (key, customer) in &neighbourhood.outcome.customers {
            let known: BTreeSet<&str> = customer
                .names
                .iter()
                .filter_map(|name| by_name.get(&(neighbourhood.id.as_str(), name.as_str())))
                .flatten()
                .copied()
                .collect();
            let oldest = known.into_iter().find(|id| !kept.contains(*id));
            let id = oldest.map_or_else(|| publisher.ids.make(id::CUSTOMER), str::to_owned);
            kept.insert(id.clone());
            ids.0
                .insert((neighbourhood.id.clone(), key.clone()), id.clone());
            let credit = neighbourhood.outcome.first_credit.get(key);
            let names: Vec<&str> = customer.names.iter().map(Name::as_str).collect();
            let columns = [
                customer.external_id().map(str::to_owned),
                customer.email.as_deref().map(without_nul),
                customer.name.as_deref().map(without_nul),
                customer.avatar.as_deref().map(without_nul),
                credit.map(|credit| credit.partner_id.clone()),
                credit.map(|credit| credit.program_id.clone()),
                credit.and_then(|credit| credit.click_id.clone()),
                serde_json::to_string(&names).ok(),
            ];
            let unchanged = before.0.get(&id).is_some_and(|row| row.columns == columns);
            if !unchanged {
                let [told @ .., names] = columns;
                let own: [Value; 4] = [
                    id.into(),
                    neighbourhood.livemode.into(),
                    neighbourhood.id.as_str().into(),
                    names.into(),
                ];
                rows.push(own.into_iter().chain(told.map(Value::from)));
            }
        }
    }
    let mut gone = Rows::new(1);
    for id in before.0.keys().filter(|id| !kept.contains(*id)) {
        gone.push([id.as_str().into()]);
    }
    let org = publisher.org;
    if !rows.is_empty() {
        let args = args![org, publisher.now.0; rows];
        transaction.post(&sql::UPSERT_CUSTOMERS, args).await?;
    }
    if !gone.is_empty() {
        let args = args![org; gone];
        transaction.post(&sql::DELETE_CUSTOMERS, args).await?;
    }
    Ok(ids)
}
