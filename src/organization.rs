//! Organizations, and what the first start makes: one organization with a program that pays 10 % of each
//! sale, recurring, held for 30 days.

use providers::Micros;

use crate::actor::{Actor, WriteScope};
use crate::args;
use crate::books::statements::organizations as sql;
use crate::changes::{self, Change, Details, What};
use crate::id::{self, IdSource};
use crate::ledger::rule::Rule;
use crate::store::{Row, Store, StoreError, Transaction};

/// The time from which a program's first rule and settings hold: sales from before the program's start count too.
pub const BEGINNING: Micros = Micros(0);

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Micros,
}

/// All organizations, oldest first.
pub async fn list(store: &dyn Store) -> Result<Vec<Organization>, StoreError> {
    read(&store.read(&sql::LIST, args![]).await?)
}

fn read(rows: &[Row]) -> Result<Vec<Organization>, StoreError> {
    rows.iter()
        .map(|row| {
            Ok(Organization {
                id: row.text("id")?.to_owned(),
                name: row.text("name")?.to_owned(),
                created_at: Micros(row.int("created_at")?),
            })
        })
        .collect()
}

/// Makes an organization with its first program.
pub async fn create(
    store: &dyn Store,
    ids: &IdSource,
    actor: &Actor,
    name: &str,
    now: Micros,
) -> Result<Organization, StoreError> {
    let mut transaction = store.begin().await?;
    let organization = insert(transaction.as_mut(), ids, name, now).await?;
    tell(transaction.as_mut(), (store, ids, actor), &organization).await?;
    transaction.commit().await?;
    Ok(organization)
}

/// Writes the first line about what is changed in it.
async fn tell(
    transaction: &mut dyn Transaction,
    (store, ids, actor): (&dyn Store, &IdSource, &Actor),
    organization: &Organization,
) -> Result<(), StoreError> {
    let org = organization.id.as_str();
    let scope = WriteScope {
        actor,
        ..WriteScope::of_server(store, ids, org, organization.created_at)
    };
    let details = Details::default().set("name", &organization.name);
    let change = Change::of(What::OrganizationCreated, org).with(details);
    changes::record(transaction, &scope, change).await
}

async fn insert(
    transaction: &mut dyn Transaction,
    ids: &IdSource,
    name: &str,
    now: Micros,
) -> Result<Organization, StoreError> {
    let organization = Organization {
        id: ids.short(id::ORGANIZATION),
        name: name.to_owned(),
        created_at: now,
    };
    let org = organization.id.as_str();
    let program_id = ids.make(id::PROGRAM);
    let rule = serde_json::to_string(&Rule::ten_percent()).unwrap_or_default();
    transaction
        .run(&sql::INSERT, args![org, name, now.0])
        .await?;
    let args = args![org, program_id.as_str(), "Partner program", now.0];
    transaction.run(&sql::INSERT_PROGRAM, args).await?;
    let policy_id = ids.make("policy");
    let args = args![org, policy_id, program_id.as_str(), BEGINNING.0, now.0];
    transaction.run(&sql::INSERT_POLICY, args).await?;
    let rule_id = ids.make("rule");
    let args = args![org, rule_id, program_id, BEGINNING.0, rule, now.0];
    transaction.run(&sql::INSERT_RULE, args).await?;
    Ok(organization)
}

/// The organization that commands and default routes speak of: the oldest. Makes it on an empty database,
/// which the flag says; replicas that do so at the same time make one.
pub async fn first(
    store: &dyn Store,
    ids: &IdSource,
    now: Micros,
) -> Result<(Organization, bool), StoreError> {
    if let Some(organization) = list(store).await?.into_iter().next() {
        return Ok((organization, false));
    }
    let mut transaction = store.begin().await?;
    transaction.run(&sql::LOCK, args![]).await?;
    let there = read(&transaction.run(&sql::LIST, args![]).await?)?;
    if let Some(organization) = there.into_iter().next() {
        return Ok((organization, false));
    }
    let made = insert(transaction.as_mut(), ids, "My organization", now).await?;
    tell(transaction.as_mut(), (store, ids, &Actor::Server), &made).await?;
    transaction.commit().await?;
    Ok((made, true))
}
