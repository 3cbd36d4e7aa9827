//! How partners are called, and what an id leads to.

use std::collections::{BTreeMap, BTreeSet};

use super::Scope;
use super::row::text;
use crate::args;
use crate::id;
use crate::store::{Rows, Statement, StoreError};

static PARTNERS: Statement = Statement::new(
    "select p.id, p.name from {rows r: id text}
     join partners p on p.organization_id = $1 and p.id = r.id",
);
static SALES: Statement = Statement::new(
    "select s.id, s.invoice_id as name from {rows r: id text}
     join sales s on s.organization_id = $1 and s.id = r.id where s.invoice_id is not null",
);
static LEADS: Statement = Statement::new(
    "select l.id, l.event_name as name from {rows r: id text}
     join leads l on l.organization_id = $1 and l.id = r.id",
);
static LINK: Statement = Statement::new(
    "select partner_id as id from links where organization_id = $1 and (id = $2 or key = $2)
     order by deleted_at is not null, created_at desc limit 1",
);
static CODE: Statement = Statement::new(
    "select partner_id as id from codes where organization_id = $1 and code = lower($2) limit 1",
);
static PARTNER: Statement = Statement::new(
    "select id from partners where organization_id = $1 and (id = $2 or email = lower($2)) limit 1",
);
static ENTRY: Statement =
    Statement::new("select subject_id as id from entries where organization_id = $1 and id = $2");
static PAYOUT: Statement =
    Statement::new("select partner_id as id from payouts where organization_id = $1 and id = $2");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &PARTNERS, &SALES, &LEADS, &LINK, &CODE, &PARTNER, &ENTRY, &PAYOUT,
];

/// Names by id.
pub type Names = BTreeMap<String, String>;

/// The names of some partners.
pub async fn partners<'i>(
    scope: &Scope<'_>,
    ids: impl IntoIterator<Item = &'i str>,
) -> Result<Names, StoreError> {
    called(scope, &PARTNERS, ids.into_iter().collect()).await
}

/// How sales and leads are called: by the payment's main name, and by the step that was taken. Those that have none are left out.
pub async fn subjects<'i>(
    scope: &Scope<'_>,
    ids: impl IntoIterator<Item = &'i str>,
) -> Result<Names, StoreError> {
    let of = |prefix| {
        move |given: &&str| {
            given
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.starts_with('_'))
        }
    };
    let ids: BTreeSet<&str> = ids.into_iter().collect();
    let sales = ids.iter().copied().filter(of(id::SALE)).collect();
    let leads = ids.iter().copied().filter(of(id::LEAD)).collect();
    let mut names = called(scope, &SALES, sales).await?;
    names.append(&mut called(scope, &LEADS, leads).await?);
    Ok(names)
}

async fn called(
    scope: &Scope<'_>,
    statement: &'static Statement,
    ids: BTreeSet<&str>,
) -> Result<Names, StoreError> {
    let mut rows = Rows::new(1);
    for id in ids {
        rows.push([id.into()]);
    }
    if rows.is_empty() {
        return Ok(Names::new());
    }
    let found = scope.store.read(statement, args![scope.org; rows]).await?;
    found
        .iter()
        .map(|row| Ok((text(row, "id")?, text(row, "name")?)))
        .collect()
}

/// The partner that an id, an address, a link or a code stands for, or a payout was made to.
pub async fn partner_meant(scope: &Scope<'_>, id: &str) -> Result<Option<String>, StoreError> {
    for statement in [&PARTNER, &LINK, &CODE, &PAYOUT] {
        if let Some(found) = first(scope, statement, id).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The sale, lead or payout that an entry is about.
pub async fn subject_of_entry(scope: &Scope<'_>, id: &str) -> Result<Option<String>, StoreError> {
    first(scope, &ENTRY, id).await
}

async fn first(
    scope: &Scope<'_>,
    statement: &'static Statement,
    id: &str,
) -> Result<Option<String>, StoreError> {
    let rows = scope.store.read(statement, args![scope.org, id]).await?;
    rows.first().map(|row| text(row, "id")).transpose()
}
