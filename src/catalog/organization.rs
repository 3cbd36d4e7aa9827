//! What an organization is called: by its members, and on what its partners see.

use providers::Micros;

use super::{CatalogError, check};
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::settings;
use crate::changes::{self, Change, Details, What};
use crate::organization::Organization;

/// Calls an organization something else.
///
/// # Errors
/// A name that is none.
pub async fn rename(scope: &WriteScope<'_>, name: &str) -> Result<Organization, CatalogError> {
    let name = check::text("name", name)?;
    let mut transaction = scope.store.begin().await?;
    let args = args![scope.org, name.as_str()];
    let rows = transaction.run(&settings::HOLD, args![scope.org]).await?;
    let row = rows.first().ok_or(CatalogError::NotFound("organization"))?;
    let before = row.text("name")?.to_owned();
    let created_at = Micros(row.int("created_at")?);
    transaction.run(&settings::RENAME, args).await?;
    let details = Details::default().edit("name", &before, &name);
    if !details.is_empty() {
        let change = Change::of(What::OrganizationRenamed, scope.org).with(details);
        changes::record(transaction.as_mut(), scope, change).await?;
    }
    transaction.commit().await?;
    Ok(Organization {
        id: scope.org.to_owned(),
        name,
        created_at,
    })
}
