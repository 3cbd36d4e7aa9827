//! Changing the master key: every sealed value is opened with the key that it was sealed with and sealed with the current one.
//!
//! It may be broken off and begun again, and servers may go on working meanwhile: what somebody changes between is sealed with the current key already.

use thiserror::Error;

use crate::actor::WriteScope;
use crate::books::Scope;
use crate::books::sealed::{self, Sealed, Table};
use crate::payouts::{batch, details, settings};
use crate::seal::{Seal, SealError};
use crate::store::StoreError;

/// How often a value that changes meanwhile is looked at again.
const LOOKS: usize = 3;

/// How many values there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sealed anew.
    pub changed: usize,
    /// Sealed with the current key before.
    pub current: usize,
}

/// Why it could not be done.
#[derive(Debug, Error)]
pub enum RekeyError {
    /// A value does not open.
    #[error(
        "{table:?} {id}: {cause}; set TRIBUTARY_MASTER_KEY_OLD to the key that it was sealed with"
    )]
    Seal {
        /// Where it stands.
        table: Table,
        /// Its row.
        id: String,
        /// Why.
        cause: SealError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals everything of an organization with the current key; with `dry_run` it only counts and tries whether all opens.
///
/// # Errors
/// [`RekeyError`]; what was sealed before it stays so.
pub async fn rekey(
    scope: &WriteScope<'_>,
    seal: &Seal,
    dry_run: bool,
) -> Result<Tally, RekeyError> {
    let books = Scope {
        store: scope.store,
        org: scope.org,
        now: scope.now,
    };
    let mut tally = Tally::default();
    for table in Table::ALL.iter().copied() {
        for look in 0..LOOKS {
            let mut is_done = true;
            for one in sealed::all(&books, table).await? {
                if seal.is_current(&one.stored) {
                    tally.current += usize::from(look == 0);
                    continue;
                }
                let anew = anew(scope, seal, table, &one)?;
                if dry_run || sealed::replace(scope, table, &one, anew).await? {
                    tally.changed += 1;
                } else {
                    is_done = false;
                }
            }
            if is_done {
                break;
            }
        }
    }
    Ok(tally)
}

fn anew(
    scope: &WriteScope<'_>,
    seal: &Seal,
    table: Table,
    one: &Sealed,
) -> Result<Vec<u8>, RekeyError> {
    let about = about(scope.org, table, &one.id);
    let plain = seal.open(&one.stored, &about);
    let sealed = plain.and_then(|plain| seal.seal(&plain, &about, scope.ids));
    sealed.map_err(|cause| RekeyError::Seal {
        table,
        id: one.id.clone(),
        cause,
    })
}

/// What a value is bound to, as each of its owners binds it.
fn about(org: &str, table: Table, id: &str) -> String {
    match table {
        Table::Sources | Table::Endpoints => id.to_owned(),
        Table::PayoutDetails => details::about(org, id),
        Table::PayoutSettings => settings::about(org),
        Table::PayoutFiles => batch::about(org, id),
    }
}
