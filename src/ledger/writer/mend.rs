//! Events that have failed because something stored could not be read: a source's settings, a program's. They are tried
//! again from time to time, since it may have been mended; nobody else waits for them.

use super::{Tools, sql};
use crate::args;
use crate::store::StoreError;

/// The reason of such an event, as [`sql::MENDED`] finds it.
pub fn reason(what: &str) -> String {
    format!("waits for repair: {what}")
}

/// Makes them wait to be processed, like new ones.
pub async fn retry(tools: &Tools) -> Result<(), StoreError> {
    for row in tools.store.read(&sql::UNMENDED, args![]).await? {
        let mut transaction = tools.store.begin().await?;
        let org = row.text("organization_id")?;
        transaction.run(&sql::MENDED, args![org]).await?;
        transaction.commit().await?;
    }
    Ok(())
}
