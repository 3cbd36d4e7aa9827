//! Domains of links. Found by an index: the domain. Whoever asks by a host knows no organization yet.

use providers::Micros;

use super::Scope;
use super::row::{opt_text, text, time};
use crate::args;
use crate::store::{Row, Statement, Store, StoreError};

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// The host's name.
    pub domain: String,
    /// Whose it is.
    pub organization_id: String,
    /// Where a visitor is led whose link is not known.
    pub fallback_url: Option<String>,
    /// When it was taken.
    pub created_at: Micros,
}

static FIND: Statement = Statement::new("select * from link_domains where domain = $1");
static OF: Statement =
    Statement::new("select * from link_domains where organization_id = $1 order by domain");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&FIND, &OF];

/// A domain, in lower case.
pub async fn find(store: &dyn Store, domain: &str) -> Result<Option<Domain>, StoreError> {
    if domain.is_empty() || domain.contains('\0') {
        return Ok(None);
    }
    let rows = store.read(&FIND, args![domain]).await?;
    rows.first().map(Domain::read).transpose()
}

/// An organization's domains.
pub async fn of(scope: &Scope<'_>) -> Result<Vec<Domain>, StoreError> {
    let rows = scope.store.read(&OF, args![scope.org]).await?;
    rows.iter().map(Domain::read).collect()
}

impl Domain {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            domain: text(row, "domain")?,
            organization_id: text(row, "organization_id")?,
            fallback_url: opt_text(row, "fallback_url")?,
            created_at: time(row, "created_at")?,
        })
    }
}
