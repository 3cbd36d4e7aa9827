//! What a partner's token, link or session opens. Found by its key.

use providers::Micros;

use super::Scope;
use super::partners::Partner;
use super::row::{opt_time, time};
use crate::args;
use crate::store::{Row, Statement, Store, StoreError};

/// What is opened, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The organization.
    pub organization_id: String,
    /// The partner.
    pub partner: Partner,
    /// Live or test ledger.
    pub livemode: bool,
    /// Until when.
    pub expires_at: Micros,
    /// When a link was used.
    pub used_at: Option<Micros>,
}

static FIND: Statement = Statement::new(
    "select p.*, a.livemode, a.expires_at, a.used_at from partner_access a
     join partners p on p.organization_id = $1 and p.id = a.partner_id
     where a.organization_id = $1 and a.digest = $2 and a.kind = $3",
);
static OF_ENROLLMENT: Statement = Statement::new(
    "select p.* from enrollments n
     join partners p on p.organization_id = $1 and p.id = n.partner_id
     where n.organization_id = $1 and n.id = $2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&FIND, &OF_ENROLLMENT];

/// What stands under a digest.
pub async fn find(
    store: &dyn Store,
    org: &str,
    digest: &str,
    kind: &str,
) -> Result<Option<Grant>, StoreError> {
    let rows = store.read(&FIND, args![org, digest, kind]).await?;
    rows.first().map(|row| Grant::read(org, row)).transpose()
}

/// The partner of an enrollment.
pub async fn of_enrollment(scope: &Scope<'_>, id: &str) -> Result<Option<Partner>, StoreError> {
    let args = args![scope.org, id];
    let rows = scope.store.read(&OF_ENROLLMENT, args).await?;
    rows.first().map(Partner::read).transpose()
}

impl Grant {
    fn read(org: &str, row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            organization_id: org.to_owned(),
            partner: Partner::read(row)?,
            livemode: row.flag("livemode")?,
            expires_at: time(row, "expires_at")?,
            used_at: opt_time(row, "used_at")?,
        })
    }
}
