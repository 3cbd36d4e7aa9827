//! Groups of partners, each with a commission rule of its own in a program, and who is in which.

use providers::Micros;

use super::Scope;
use super::row::{text, time};
use crate::args;
use crate::ledger::rule::Rule;
use crate::store::{Row, Statement, StoreError, Transaction};

/// The most groups of an organization.
pub const GROUPS_MAX: i64 = 200;

/// A group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// The program in which its rule holds.
    pub program_id: String,
    /// Its name.
    pub name: String,
    /// What its partners are paid.
    pub rule: Rule,
    /// How many partners are in it.
    pub partners: i64,
    /// When it was made.
    pub created_at: Micros,
}

macro_rules! groups {
    ($rest:literal) => {
        concat!(
            "select g.id, g.program_id, g.name, g.body, g.created_at,
                 (select cast(count(*) as bigint) from partner_group_members m
                  where m.organization_id = $1 and m.group_id = g.id) as partners
             from partner_groups g where g.organization_id = $1",
            $rest
        )
    };
}

static LIST: Statement = Statement::new(groups!(" order by g.id desc limit $2"));
static FIND: Statement = Statement::new(groups!(" and g.id = $2"));
static MEMBERS: Statement = Statement::new(
    "select m.partner_id from partner_group_members m
     where m.organization_id = $1 and m.group_id = $2 order by m.partner_id",
);
static GROUP_OF: Statement = Statement::new(groups!(
    " and g.id = (select o.group_id from partner_group_members o
         where o.organization_id = $1 and o.program_id = $2 and o.partner_id = $3)"
));
static OF_PARTNER: Statement = Statement::new(
    "select g.id, g.program_id, g.body from partner_group_members m
     join partner_groups g on g.organization_id = $1 and g.id = m.group_id
     where m.organization_id = $1 and m.program_id = $2 and m.partner_id = $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&LIST, &FIND, &GROUP_OF, &MEMBERS, &OF_PARTNER];

/// All groups, newest first.
pub async fn list(scope: &Scope<'_>) -> Result<Vec<Group>, StoreError> {
    let args = args![scope.org, GROUPS_MAX];
    let rows = scope.store.read(&LIST, args).await?;
    rows.iter().map(Group::read).collect()
}

/// The same within a transaction.
pub async fn list_within(
    transaction: &mut dyn Transaction,
    org: &str,
) -> Result<Vec<Group>, StoreError> {
    let rows = transaction.run(&LIST, args![org, GROUPS_MAX]).await?;
    rows.iter().map(Group::read).collect()
}

/// A group by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Group>, StoreError> {
    let rows = scope.store.read(&FIND, args![scope.org, id]).await?;
    rows.first().map(Group::read).transpose()
}

/// The group that a partner is in, in a program.
pub async fn of(
    scope: &Scope<'_>,
    (program_id, partner_id): (&str, &str),
) -> Result<Option<Group>, StoreError> {
    let args = args![scope.org, program_id, partner_id];
    let rows = scope.store.read(&GROUP_OF, args).await?;
    rows.first().map(Group::read).transpose()
}

/// The ids of the partners in a group.
pub async fn members(scope: &Scope<'_>, id: &str) -> Result<Vec<String>, StoreError> {
    let rows = scope.store.read(&MEMBERS, args![scope.org, id]).await?;
    rows.iter().map(|row| text(row, "partner_id")).collect()
}

/// The same within a transaction.
pub async fn members_within(
    transaction: &mut dyn Transaction,
    org: &str,
    id: &str,
) -> Result<Vec<String>, StoreError> {
    let rows = transaction.run(&MEMBERS, args![org, id]).await?;
    rows.iter().map(|row| text(row, "partner_id")).collect()
}

/// The group that a partner is in, in a program, and what that pays; within a transaction.
pub async fn of_partner(
    transaction: &mut dyn Transaction,
    org: &str,
    (program_id, partner_id): (&str, &str),
) -> Result<Option<(String, Rule)>, StoreError> {
    let args = args![org, program_id, partner_id];
    let rows = transaction.run(&OF_PARTNER, args).await?;
    let found = rows.first().map(|row| Ok((text(row, "id")?, rule(row)?)));
    found.transpose()
}

fn rule(row: &Row) -> Result<Rule, StoreError> {
    let body = serde_json::from_str(row.text("body")?);
    body.map_err(|_damaged| StoreError::Corrupt("partner_groups.body"))
}

impl Group {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            program_id: text(row, "program_id")?,
            name: text(row, "name")?,
            rule: rule(row)?,
            partners: row.int("partners")?,
            created_at: time(row, "created_at")?,
        })
    }
}
