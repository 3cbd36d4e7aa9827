//! How partners are called, and what an id leads to.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Fact, Name, NameKind};

use super::list::lookup;
use super::row::text;
use super::statements::ledger::FACTS;
use super::{Sample, Scope};
use crate::args;
use crate::id;
use crate::ledger::writer::stored::kept;
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
// Both ledgers are named, so that the key is used as far as it goes.
const HOMES_TEXT: &str = "select n.neighbourhood_id as id from name_homes n
     where n.organization_id = $1 and n.livemode in (0, 1) and n.name in ($2, $3, $4, $5)";
static HOMES: Statement = Statement::new(HOMES_TEXT);
const HINTED_TEXT: &str = "select n.neighbourhood_id as id from name_homes n
     where n.organization_id = $1 and n.livemode in (0, 1) and n.name in ($2, $3)";
static HINTED: Statement = Statement::new(HINTED_TEXT);
const CUSTOMERS_TEXT: &str = "select c.id, c.names as name from customers c
     where c.organization_id = $1 and c.neighbourhood_id = $2 limit 100";
static CUSTOMERS: Statement = Statement::new(CUSTOMERS_TEXT);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &PARTNERS, &SALES, &LEADS, &LINK, &CODE, &PARTNER, &ENTRY, &PAYOUT, &HOMES, &HINTED, &CUSTOMERS,
];

pub(super) fn samples() -> Vec<Sample> {
    let names = args!["org", "p:in_1", "c:in_1", "s:in_1", "h:in_1"];
    vec![
        lookup("homes of names", HOMES_TEXT, names),
        lookup(
            "homes of hints",
            HINTED_TEXT,
            args!["org", "p:in_1", "h:in_1"],
        ),
        lookup("customers of a home", CUSTOMERS_TEXT, args!["org", "nbh_1"]),
    ]
}

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

/// The neighbourhoods that know an id as the name of a payment, a processor's customer or a subscription.
pub async fn homes(scope: &Scope<'_>, id: &str) -> Result<BTreeSet<String>, StoreError> {
    let kinds = [
        Name::payment,
        Name::customer,
        Name::subscription,
        Name::hint,
    ];
    let [
        Some(payment),
        Some(customer),
        Some(subscription),
        Some(hint),
    ] = kinds.map(|of| of(id))
    else {
        return Ok(BTreeSet::new());
    };
    let [payment, customer] = [payment.as_str(), customer.as_str()];
    let args = args![
        scope.org,
        payment,
        customer,
        subscription.as_str(),
        hint.as_str()
    ];
    let rows = scope.store.read(&HOMES, args).await?;
    rows.iter().map(|row| text(row, "id")).collect()
}

/// The customers of a neighbourhood that an id is a name of; all of them where it is none's own, as a subscription's is.
pub async fn customers_of(
    scope: &Scope<'_>,
    home: &str,
    id: &str,
) -> Result<Vec<String>, StoreError> {
    let rows = scope.store.read(&CUSTOMERS, args![scope.org, home]).await?;
    let own = Name::customer(id);
    let (mut meant, mut all) = (Vec::new(), Vec::new());
    for row in &rows {
        let names: Vec<Name> = serde_json::from_str(row.text("name")?)
            .map_err(|_damaged| StoreError::Corrupt("customers.names"))?;
        let customer = text(row, "id")?;
        if own.as_ref().is_some_and(|own| names.contains(own)) {
            meant.push(customer.clone());
        }
        all.push(customer);
    }
    Ok(if meant.is_empty() { all } else { meant })
}

/// What else a payment is called in a neighbourhood that knows an id only as a hint, such as the number printed on its invoice.
pub async fn others_of(
    scope: &Scope<'_>,
    home: &str,
    id: &str,
) -> Result<BTreeSet<String>, StoreError> {
    let mut wanted = Rows::new(1);
    wanted.push([home.into()]);
    let mut others = BTreeSet::new();
    for row in scope.store.read(&FACTS, args![scope.org; wanted]).await? {
        for said in kept(&row)? {
            let Fact::Alias(alias) = said.fact else {
                continue;
            };
            for (one, other) in [(&alias.a, &alias.b), (&alias.b, &alias.a)] {
                let is_of_payment = matches!(one.kind(), NameKind::Payment | NameKind::Hint);
                if is_of_payment && one.value() == id {
                    others.insert(other.value().to_owned());
                }
            }
        }
    }
    Ok(others)
}

/// What payments are called that an id is known of only as a hint: those on whose invoice it is printed. Such a number may stand on several.
pub async fn printed_on(scope: &Scope<'_>, id: &str) -> Result<BTreeSet<String>, StoreError> {
    let (Some(payment), Some(hint)) = (Name::payment(id), Name::hint(id)) else {
        return Ok(BTreeSet::new());
    };
    let args = args![scope.org, payment.as_str(), hint.as_str()];
    let mut others = BTreeSet::new();
    for row in &scope.store.read(&HINTED, args).await? {
        others.extend(others_of(scope, row.text("id")?, id).await?);
    }
    Ok(others)
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
