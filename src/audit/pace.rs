//! How much of the machine an audit takes for itself.

use tokio::time::{Instant, sleep};

/// How fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As fast as it goes: somebody waits for it.
    Full,
    /// Resting as long as each step has taken: it runs beside deliveries, and nobody waits.
    Half,
}

/// A step under way.
pub(super) struct Step(Option<Instant>);

impl Pace {
    pub(super) fn begin(self) -> Step {
        Step((self == Self::Half).then(Instant::now))
    }
}

impl Step {
    pub(super) async fn rest(self) {
        if let Some(began) = self.0 {
            sleep(began.elapsed()).await;
        }
    }
}
