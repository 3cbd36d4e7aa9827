//! What the planner knows of tables that are being filled.
//!
//! Without statistics PostgreSQL takes one organization's rows for a two-hundredth of a table, and goes through all of them to find a few by their
//! ids. It analyzes by itself, once a minute; until then a ledger that is being filled gets slower with each event, and plans that were made while a
//! table was small stay. So it is asked to analyze what has doubled, a few times early in a process's life. The server does the rest; a failure here
//! costs time and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::connections::Connections;
use super::lease::Lease;
use crate::store::error::StoreError;
use crate::store::guard::Session as _;

/// Runs on the server, since a table's name cannot be an argument. A tenth of the usual sample tells what matters here, and takes a tenth of the
/// time from those who wait; the server's own analysis takes the whole one later. In an order, so that replicas that do it at the same time wait for each other and
/// not in a circle.
const ANALYZE_WHAT_HAS_DOUBLED: &str = "
do $$
declare known record;
begin
    perform set_config('default_statistics_target', '10', true);
    for known in
        select n.nspname as space, c.relname as name
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = current_schema() and c.relkind = 'r' and pg_relation_size(c.oid) > 0
            and (c.reltuples < 0 or pg_relation_size(c.oid)
                >= 2 * c.relpages::bigint * current_setting('block_size')::bigint)
        order by c.relname
    loop
        execute format('analyze %I.%I', known.space, known.name);
    end loop;
end $$";

/// It looks at each power of two of begun transactions between these.
const LOOKS: std::ops::RangeInclusive<u32> = 1 << 6..=1 << 14;

/// Counts the transactions of this process.
#[derive(Default)]
pub(super) struct Statistics {
    begun: AtomicU32,
}

impl Statistics {
    /// To be called before each transaction. It does not wait for what it asks for.
    pub(super) fn look(&self, connections: &Arc<Connections>, within: Duration) {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        if !begun.is_power_of_two() || !LOOKS.contains(&begun) {
            return;
        }
        let connections = Arc::clone(connections);
        tokio::spawn(async move {
            if let Err(error) = analyze(&connections, within).await {
                tracing::debug!(%error, "tables were not analyzed");
            }
        });
    }
}

async fn analyze(connections: &Arc<Connections>, within: Duration) -> Result<(), StoreError> {
    let mut lease = Lease::of(connections).await?;
    lease.command(ANALYZE_WHAT_HAS_DOUBLED, within).await
}
