//! What is sealed at rest, table by table, for changing the key. The one thing here that is written without an owner's decision: the same value, sealed
//! with another key.

use super::Scope;
use super::row::text;
use crate::actor::WriteScope;
use crate::args;
use crate::store::{Statement, StoreError};

/// A table with a sealed column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The secrets of sources.
    Sources,
    /// The secrets of endpoints of outgoing webhooks.
    Endpoints,
    /// How partners are paid.
    PayoutDetails,
    /// Who pays, and with which key.
    PayoutSettings,
    /// The files of payouts that were sent together.
    PayoutFiles,
}

macro_rules! table {
    ($all:ident, $replace:ident, $table:literal, $id:literal, $column:literal) => {
        static $all: Statement = Statement::new(concat!(
            "select ",
            $id,
            " as id, ",
            $column,
            " as sealed from ",
            $table,
            " where organization_id = $1 and ",
            $column,
            " is not null order by ",
            $id
        ));
        static $replace: Statement = Statement::new(concat!(
            "update ",
            $table,
            " set ",
            $column,
            " = $4 where organization_id = $1 and ",
            $id,
            " = $2 and ",
            $column,
            " = $3 returning ",
            $id,
            " as id"
        ));
    };
}

table!(SOURCES, PUT_SOURCE, "sources", "id", "secrets");
table!(
    ENDPOINTS,
    PUT_ENDPOINT,
    "webhook_endpoints",
    "id",
    "secrets"
);
table!(
    DETAILS,
    PUT_DETAILS,
    "payout_details",
    "partner_id",
    "details"
);
table!(
    SETTINGS,
    PUT_SETTINGS,
    "payout_settings",
    "organization_id",
    "settings"
);
table!(FILES, PUT_FILE, "payout_batches", "id", "file");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &SOURCES,
    &PUT_SOURCE,
    &ENDPOINTS,
    &PUT_ENDPOINT,
    &DETAILS,
    &PUT_DETAILS,
    &SETTINGS,
    &PUT_SETTINGS,
    &FILES,
    &PUT_FILE,
];

impl Table {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Sources,
        Self::Endpoints,
        Self::PayoutDetails,
        Self::PayoutSettings,
        Self::PayoutFiles,
    ];

    fn statements(self) -> (&'static Statement, &'static Statement) {
        match self {
            Self::Sources => (&SOURCES, &PUT_SOURCE),
            Self::Endpoints => (&ENDPOINTS, &PUT_ENDPOINT),
            Self::PayoutDetails => (&DETAILS, &PUT_DETAILS),
            Self::PayoutSettings => (&SETTINGS, &PUT_SETTINGS),
            Self::PayoutFiles => (&FILES, &PUT_FILE),
        }
    }
}

/// A sealed value and the id of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The row's id: that of a source, an endpoint, a partner, the organization or a batch.
    pub id: String,
    /// The stored form.
    pub stored: Vec<u8>,
}

/// All sealed values of an organization in a table.
pub async fn all(scope: &Scope<'_>, table: Table) -> Result<Vec<Sealed>, StoreError> {
    let (all, _) = table.statements();
    let rows = scope.store.read(all, args![scope.org]).await?;
    let read = rows.iter().map(|row| {
        let stored = row.bytes("sealed")?.to_vec();
        let id = text(row, "id")?;
        Ok(Sealed { id, stored })
    });
    read.collect()
}

/// Stores another form of a value, unless the value has changed meanwhile; answers whether it did.
pub async fn replace(
    scope: &WriteScope<'_>,
    table: Table,
    before: &Sealed,
    after: Vec<u8>,
) -> Result<bool, StoreError> {
    let (_, put) = table.statements();
    let mut transaction = scope.store.begin().await?;
    let args = args![scope.org, before.id.as_str(), before.stored.clone(), after];
    let replaced = transaction.run(put, args).await?;
    transaction.commit().await?;
    Ok(!replaced.is_empty())
}
