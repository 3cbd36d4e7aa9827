//! The inbox: deliveries verified and kept, from many callers at once, beside the plainest handler there is,
//! which inserts and commits each body by itself.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use providers::adapter::SignedDelivery;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tributary::args;
use tributary::inbox::{Inbox, Limits};
use tributary::ledger::writer::Ledger;
use tributary::store::{Dialect, Statement, Store};

use crate::databases::{Databases, name};
use crate::measure::{Sample, Size, in_turn, print};
use crate::world::{World, open, tools};

const ROUNDS: usize = 9;
/// Callers that each wait for an answer before they deliver again.
const CALLERS: usize = 256;
/// Sales of each round; each has some six deliveries.
const COPIES: usize = 800;
/// Bodies that are inserted singly in each round.
const SINGLE_INSERTS: usize = 800;

/// The databases name the type of bytes differently.
static CREATE_PLAIN: Statement = Statement::per_dialect(
    "create table plain (id text not null primary key, body blob not null) strict",
    "create table plain (id text not null primary key, body bytea not null)",
);
static INSERT_PLAIN: Statement = Statement::new("insert into plain (id, body) values ($1, $2)");

/// Measures and prints.
pub async fn run(databases: &Databases, dialect: Dialect, size: Size) -> Result<()> {
    let store = open(databases, dialect).await?;
    let tools = tools(store.clone());
    let (inbox, writer) = Inbox::new(
        store.clone(),
        tools.ids.clone(),
        Limits::default(),
        |_, _| {},
    );
    let writer = tokio::spawn(writer);
    // The ledger's own writer does not run: nothing but the inbox works here.
    let (ledger, _) = Ledger::new(tools, CancellationToken::new());
    let world = Arc::new(World::make(&ledger).await?);
    let mut transaction = store.begin().await?;
    transaction.run(&CREATE_PLAIN, args![]).await?;
    transaction.commit().await?;
    let (copies, mut rounds) = (size.of(COPIES), Vec::new());
    for round in 0..ROUNDS {
        let from = round * copies;
        let deliveries = world.deliveries(from..from + copies)?;
        let singles = deliveries.iter().take(size.of(SINGLE_INSERTS));
        let singles: Vec<Vec<u8>> = singles.map(|delivery| delivery.body.clone()).collect();
        let accepting = accept(&world, &inbox, deliveries);
        rounds.push(in_turn(round, accepting, insert(&*store, round, singles)).await?);
    }
    let what = format!("deliveries kept, {}", name(dialect));
    print(&what, "insert and commit, one by one", &rounds)?;
    drop(inbox);
    writer.await?;
    store.close().await;
    Ok(())
}

/// All deliveries, verified and kept, by callers at once.
async fn accept(
    world: &Arc<World>,
    inbox: &Inbox,
    deliveries: Vec<SignedDelivery>,
) -> Result<Sample> {
    let count = deliveries.len();
    let mut shares: Vec<Vec<SignedDelivery>> = Vec::new();
    shares.resize_with(CALLERS.min(count), Vec::new);
    for (share, delivery) in (0..shares.len()).cycle().zip(deliveries) {
        shares
            .get_mut(share)
            .into_iter()
            .for_each(|share| share.push(delivery.clone()));
    }
    let began = Instant::now();
    let mut callers: JoinSet<Result<()>> = JoinSet::new();
    for share in shares {
        let (world, inbox) = (world.clone(), inbox.clone());
        callers.spawn(async move {
            for delivery in share {
                inbox.accept(world.arrival(delivery)?).await?;
            }
            Ok(())
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(Sample::since(began, count))
}

/// Each body in a transaction of its own, one after another.
async fn insert(store: &dyn Store, round: usize, bodies: Vec<Vec<u8>>) -> Result<Sample> {
    let count = bodies.len();
    let began = Instant::now();
    for (number, body) in bodies.into_iter().enumerate() {
        let mut transaction = store.begin().await?;
        let id = format!("{round}/{number}");
        transaction.run(&INSERT_PLAIN, args![id, body]).await?;
        transaction.commit().await?;
    }
    Ok(Sample::since(began, count))
}
