//! Events that have failed because something stored could not be read: a source's settings, a program's. They are tried
//! again from time to time, since it may have been mended; nobody else waits for them.

use super::{Tools, sql};
use crate::args;
use crate::store::StoreError;

/// The reason of such an event, as [`sql::MENDED`] finds it.
pub fn reason(what: &str) -> String {
    format!("waits for repair: {what}")
}

/// Makes an organization's wait to be processed, like new ones. Answers whether there are any.
pub async fn retry(tools: &Tools, org: &str) -> Result<bool, StoreError> {
    if tools
        .store
        .read(&sql::UNMENDED, args![org])
        .await?
        .is_empty()
    {
        return Ok(false);
    }
    let mut transaction = tools.store.begin().await?;
    transaction.run(&sql::MENDED, args![org]).await?;
    transaction.commit().await?;
    Ok(true)
}
