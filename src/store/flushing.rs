//! What is committed and on its way to the disk.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::store::error::StoreError;

/// What has become of a flush: why it has failed.
pub(super) type Flushed = Result<(), String>;

/// A commit that others see. It survives a loss of power from when [`lasts`](Self::lasts) has answered.
#[must_use = "who is told of it has to wait until it lasts"]
#[derive(Debug)]
pub struct Flushing(Option<Asked>);

#[derive(Debug)]
struct Asked {
    answer: oneshot::Receiver<Flushed>,
    within: Duration,
}

impl Flushing {
    /// It lasts already.
    pub(super) const fn over() -> Self {
        Self(None)
    }

    /// It lasts when the answer comes; a failure says why.
    pub(super) const fn asked(answer: oneshot::Receiver<Flushed>, within: Duration) -> Self {
        Self(Some(Asked { answer, within }))
    }

    /// Waits until it survives a loss of power.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nobody knows whether it does.
    pub async fn lasts(self) -> Result<(), StoreError> {
        let Some(Asked { answer, within }) = self.0 else {
            return Ok(());
        };
        match timeout(within, answer).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(why))) => Err(StoreError::unavailable(why)),
            Ok(Err(_gone)) => Err(StoreError::unavailable("it is closed".to_owned())),
            Err(_late) => Err(StoreError::late(within)),
        }
    }
}
