//! What a scrape looks up: how much waits now, in memory and in the database.

use prometheus_client::encoding::text::encode;

use super::{Metrics, Of, Queue};
use crate::app::App;
use crate::books::{audits, health, mails, reconciliations, webhooks};
use crate::store::StoreError;

/// What is not done yet; each is told even where there is none, so that an alarm can end.
const STATES: [&str; 3] = ["received", "parked", "failed"];

impl Metrics {
    /// Everything, as text. Where the database does not answer, what it would have said keeps its last value: the figures of failing are wanted most
    /// just then.
    pub(super) async fn scrape(&self, app: &App) -> Result<String, std::fmt::Error> {
        if let Err(error) = self.look_up(app).await {
            tracing::debug!(%error, "the events that wait were not counted for a scrape");
        }
        for (queue, length) in [
            ("inbox", app.inbox.queued()),
            ("ledger", app.ledger.queued()),
        ] {
            let level = self.queues.get_or_create(&Queue { queue });
            level.set(i64::try_from(length).unwrap_or(i64::MAX));
        }
        if let Some(bytes) = resident_bytes() {
            self.memory.set(bytes);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    // Jobs: their lengths by kind and their failures belong here, from the table of jobs.
    async fn look_up(&self, app: &App) -> Result<(), StoreError> {
        let open = health::open_of_all(app.store.as_ref()).await?;
        for state in STATES {
            let events = open.get(state).map_or(0, |open| open.events);
            self.events.get_or_create(&Of { state }).set(events);
        }
        let oldest = open.get("received").map(|open| open.oldest_at);
        let age = oldest.map_or(0, |at| app.now().0.saturating_sub(at.0) / 1_000_000);
        self.oldest.set(age.max(0));
        let waiting = webhooks::waiting_of_all(app.store.as_ref()).await?;
        self.webhooks.set(waiting);
        let unsent = mails::of_all(app.store.as_ref()).await?;
        for (state, mails) in [("waiting", unsent.waiting), ("failed", unsent.failed)] {
            self.mails.get_or_create(&Of { state }).set(mails);
        }
        let since = app.now().plus_days(-1);
        let asked = reconciliations::of_all(app.store.as_ref(), since).await?;
        self.found.set(asked.found);
        self.not_asked.set(asked.failing);
        let (differences, oldest) = audits::of_all(app.store.as_ref()).await?;
        self.differences.set(differences);
        if let Some(at) = oldest {
            self.compared.set(at.0 / 1_000_000);
        }
        Ok(())
    }
}

/// The memory of this process, where the system tells it.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1_024)
}
