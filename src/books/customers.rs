//! Customers: who has bought or signed up.
//!
//! Found by an index: the merchant's id, the e-mail address, the partner, the test ledger.

use std::collections::BTreeSet;

use providers::Micros;

use super::list::{Clause, Condition, List, Way, clause, found, newest_first, picked};
use super::row::{opt_text, personal, text, time};
use super::{Found, Part, Personal, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError, Transaction};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Its id here.
    pub id: String,
    /// The merchant's own id.
    pub external_id: Option<Personal>,
    /// The newest e-mail address known.
    pub email: Option<Personal>,
    /// The newest name known.
    pub name: Option<Personal>,
    /// The newest picture known.
    pub avatar: Option<Personal>,
    /// Live or test ledger.
    pub livemode: bool,
    /// Who brought it.
    pub partner_id: Option<String>,
    /// The program.
    pub program_id: Option<String>,
    /// The click that brought it.
    pub click_id: Option<String>,
    /// When it was recorded.
    pub created_at: Micros,
    /// When the record last changed.
    pub updated_at: Micros,
}

/// What a list of customers may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// The merchant's own id.
    External(&'a str),
    /// The e-mail address, as it is known.
    Email(&'a str),
    /// Who brought it.
    Partner(&'a str),
    /// Known since then or later.
    From(Micros),
    /// Known earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Ledger(true) => clause(Way::Usual, " and c.livemode = 1", []),
            Self::Ledger(false) => found(" and c.livemode = 0", []),
            // The id is a name: it tells where the customer is. Both ledgers are named, so that the key is used as far as it goes.
            Self::External(id) => found(
                " and c.neighbourhood_id in (select n.neighbourhood_id from name_homes n
                     where n.organization_id = $1 and n.livemode in (0, 1) and n.name = ?)
                 and c.external_id = ?",
                [format!("x:{id}").into(), id.into()],
            ),
            Self::Email(email) => found(" and c.email = ?", [email.into()]),
            Self::Partner(id) => found(" and c.partner_id = ?", [id.into()]),
            Self::From(at) => picked(" and c.created_at >= ?", at.0),
            Self::To(at) => picked(" and c.created_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Ledger(true),
    By::Ledger(false),
    By::External("u_1"),
    By::Email("a@example.com"),
    By::Partner("prt_1"),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = newest_first!(
    "customers" as "c",
    "select c.* from customers c where c.organization_id = $1"
);

static GET: Statement =
    Statement::new("select * from customers where organization_id = $1 and id = $2");

static NAMES: Statement = Statement::new(
    "select names, livemode, neighbourhood_id from customers where organization_id = $1 and id = $2",
);

static ADDRESSES: Statement = Statement::new(
    "select id, email from customers
     where organization_id = $1 and id > $2 and email is not null order by id limit $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&GET, &NAMES, &ADDRESSES];

pub(super) fn samples() -> Vec<Sample> {
    LIST.samples(
        "customers",
        &args!["org"],
        ("cus_00019000", "cus_00018000"),
        &[],
        ALL,
    )
}

/// A part of the customers that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Customer>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Customer::read(&row))
}

/// A customer by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Customer>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Customer::read).transpose()
}

/// The next customers whose e-mail address is known, with it: goes through all, so never for a page.
pub async fn addresses(
    scope: &Scope<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Personal)>, StoreError> {
    let args = args![scope.org, after, limit];
    let rows = scope.store.read(&ADDRESSES, args).await?;
    let read = rows.iter().map(|row| {
        let email = personal(row, "email")?.ok_or(StoreError::Corrupt("customers.email"))?;
        Ok((text(row, "id")?, email))
    });
    read.collect()
}

/// The names that are one customer, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnNames {
    /// Live or test ledger.
    pub livemode: bool,
    /// Its neighbourhood.
    pub home: String,
    /// The names.
    pub names: BTreeSet<String>,
}

/// The names of a customer, within a transaction.
pub async fn own_names(
    from: &mut dyn Transaction,
    org: &str,
    id: &str,
) -> Result<Option<OwnNames>, StoreError> {
    let rows = from.run(&NAMES, args![org, id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let names = serde_json::from_str(row.text("names")?);
    Ok(Some(OwnNames {
        livemode: row.flag("livemode")?,
        home: text(row, "neighbourhood_id")?,
        names: names.map_err(|_damaged| StoreError::Corrupt("customers.names"))?,
    }))
}

impl Customer {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            external_id: personal(row, "external_id")?,
            email: personal(row, "email")?,
            name: personal(row, "name")?,
            avatar: personal(row, "avatar")?,
            livemode: row.flag("livemode")?,
            partner_id: opt_text(row, "partner_id")?,
            program_id: opt_text(row, "program_id")?,
            click_id: opt_text(row, "click_id")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }
}
