//! The key to a source's API: sealed as secrets are, and never shown again.

use providers::Secret;
use thiserror::Error;

use super::Reconciler;
use crate::actor::WriteScope;
use crate::books::reconciliations::{self as books, Reconciliation};
use crate::changes::{self, Change, Details, What};
use crate::seal::{Seal, SealError};
use crate::sources::Source;
use crate::store::StoreError;

/// Why a key cannot be kept.
#[derive(Debug, Error)]
pub enum CredentialError {
    /// The processor has no API to ask.
    #[error("{0} has no API that tells of the past")]
    NoApi(String),
    /// It cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the sealed value is bound to.
pub fn about(source_id: &str) -> String {
    format!("{source_id}/api")
}

/// Keeps a source's key, in the place of the one before.
///
/// # Errors
/// [`CredentialError`].
pub async fn keep(
    scope: &WriteScope<'_>,
    seal: &Seal,
    source: &Source,
    credential: &Secret,
) -> Result<(), CredentialError> {
    if providers::history(&source.processor).is_none() {
        return Err(CredentialError::NoApi(source.processor.clone()));
    }
    let plain = credential.expose().as_bytes();
    let sealed = seal.seal(plain, &about(&source.id), scope.ids)?;
    set(scope, source, Some(sealed)).await
}

/// Forgets a source's key: it is not asked any more.
///
/// # Errors
/// [`CredentialError::Store`].
pub async fn forget(scope: &WriteScope<'_>, source: &Source) -> Result<(), CredentialError> {
    set(scope, source, None).await
}

async fn set(
    scope: &WriteScope<'_>,
    source: &Source,
    sealed: Option<Vec<u8>>,
) -> Result<(), CredentialError> {
    let details = Details::default().set("apiKey", sealed.is_some());
    let mut transaction = scope.store.begin().await?;
    books::set_credential(transaction.as_mut(), scope.org, &source.id, sealed).await?;
    let change = Change::of(What::SourceSet, &source.id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(())
}

impl Reconciler {
    /// The key that is kept; `None` where there is none.
    pub(super) fn credential(&self, one: &Reconciliation) -> Result<Option<Secret>, SealError> {
        let Some(sealed) = &one.credential else {
            return Ok(None);
        };
        let plain = self.seal.open(sealed, &about(&one.source_id))?;
        let text = String::from_utf8(plain).map_err(|_damaged| SealError::Damaged)?;
        let secret = Secret::new(&text).map_err(|_damaged| SealError::Damaged)?;
        Ok(Some(secret))
    }
}
