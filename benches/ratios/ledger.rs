//! The ledger: events processed, beside reading the same bodies back and parsing them; and a grown ledger
//! beside a new one, which must not differ.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tributary::args;
use tributary::inbox::{Inbox, Limits, unpack};
use tributary::ledger::writer::{BATCH_SIZE, Ledger};
use tributary::store::{Dialect, Rows, Statement, Store};

use crate::databases::{Databases, name};
use crate::measure::{Sample, Size, in_turn, print};
use crate::world::{World, open, tools};

/// Sales of the grown ledger, in as many rounds.
const GROWN: usize = 10_000;
const GROWING_ROUNDS: usize = 10;
/// Sales that the grown and the new ledger then take in turn, in as many rounds.
const TAKEN: usize = 2_000;
const TAKING_ROUNDS: usize = 11;

static BODIES: Statement = Statement::new(
    "select b.body from event_bodies b
     where b.organization_id = $1 and b.event_id in (select r.id from {rows r: id text})",
);
static SALES: Statement = Statement::new(
    "select count(*) as sales from sales where organization_id = $1 and state = 'live'",
);

/// Measures and prints.
pub async fn run(databases: &Databases, dialect: Dialect, size: Size) -> Result<()> {
    let mut grown = Side::make(databases, dialect).await?;
    let mut rounds = Vec::new();
    for round in 0..GROWING_ROUNDS {
        let events = grown.deliver(size.of(GROWN / GROWING_ROUNDS)).await?;
        let processing = grown.process(events.len());
        rounds.push(in_turn(round, processing, grown.read(&events)).await?);
    }
    let what = format!("events processed, {}", name(dialect));
    print(&what, "body read back and parsed", &rounds)?;

    let mut new = Side::make(databases, dialect).await?;
    let mut rounds = Vec::new();
    for round in 0..TAKING_ROUNDS {
        let copies = size.of(TAKEN / TAKING_ROUNDS);
        let (to_grown, to_new) = (grown.deliver(copies).await?, new.deliver(copies).await?);
        let processing = grown.process(to_grown.len());
        rounds.push(in_turn(round, processing, new.process(to_new.len())).await?);
    }
    let what = format!("events in a grown ledger, {}", name(dialect));
    print(&what, "events in a new ledger", &rounds)?;
    new.check().await?;
    grown.check().await
}

/// One ledger. Its own writer does not run: events are processed when they are asked to be.
struct Side {
    store: Arc<dyn Store>,
    world: World,
    ledger: Ledger,
    inbox: Inbox,
    writer: JoinHandle<()>,
    /// Copies that it has.
    copies: usize,
}

impl Side {
    async fn make(databases: &Databases, dialect: Dialect) -> Result<Self> {
        let store = open(databases, dialect).await?;
        let tools = tools(store.clone());
        let ids = tools.ids.clone();
        let (inbox, writer) = Inbox::new(store.clone(), ids, Limits::default(), |_, _| {});
        let (ledger, _) = Ledger::new(tools, CancellationToken::new());
        Ok(Self {
            world: World::make(&ledger).await?,
            store,
            ledger,
            inbox,
            writer: tokio::spawn(writer),
            copies: 0,
        })
    }

    /// Puts more sales into the inbox; answers the ids of their events. Some are delivered twice.
    async fn deliver(&mut self, copies: usize) -> Result<Vec<String>> {
        let mut ids = BTreeSet::new();
        let end = self.copies + copies;
        while self.copies < end {
            let next = end.min(self.copies + 100);
            ids.extend(self.deliver_at_once(self.copies..next).await?);
            self.copies = next;
        }
        Ok(ids.into_iter().collect())
    }

    async fn deliver_at_once(&self, copies: Range<usize>) -> Result<Vec<String>> {
        let mut delivering = JoinSet::new();
        for delivery in self.world.deliveries(copies)? {
            let (inbox, arrival) = (self.inbox.clone(), self.world.arrival(delivery)?);
            delivering.spawn(async move { inbox.accept(arrival).await });
        }
        let mut ids = Vec::new();
        while let Some(receipt) = delivering.join_next().await {
            ids.push(receipt??.event_id);
        }
        Ok(ids)
    }

    async fn process(&self, events: usize) -> Result<Sample> {
        let began = Instant::now();
        Box::pin(self.ledger.work_all()).await?;
        Ok(Sample::since(began, events))
    }

    /// Reads bodies back in batches of the ledger's size, and parses them.
    async fn read(&self, events: &[String]) -> Result<Sample> {
        let org = self.world.source.organization_id.as_str();
        let began = Instant::now();
        for batch in events.chunks(usize::try_from(BATCH_SIZE)?) {
            let mut ids = Rows::new(1);
            for id in batch {
                ids.push([id.as_str().into()]);
            }
            let rows = self.store.read(&BODIES, args![org; ids]).await?;
            ensure!(rows.len() == batch.len(), "bodies are missing");
            for row in rows {
                let body = unpack(row.bytes("body")?)?;
                black_box(serde_json::from_slice::<Value>(&body)?);
            }
        }
        Ok(Sample::since(began, events.len()))
    }

    /// Each copy must have become one sale: else something else was measured than is said. Then closes.
    async fn check(self) -> Result<()> {
        let org = self.world.source.organization_id.as_str();
        let rows = self.store.read(&SALES, args![org]).await?;
        let sales = rows.first().context("no count")?.int("sales")?;
        let copies = i64::try_from(self.copies)?;
        ensure!(sales == copies, "{copies} copies became {sales} sales");
        drop(self.inbox);
        self.writer.await?;
        self.store.close().await;
        Ok(())
    }
}
