//! One run: a server on an empty database, warmed up, asked while it is idle, then loaded; and what that cost.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use providers::Secret;
use tributary::store::Dialect;

use crate::baseline::Baseline;
use crate::client::Connection;
use crate::databases::Databases;
use crate::events::{Events, Signature};
use crate::load::{Load, Mix, Tally};
use crate::probe::{Probe, tell};
use crate::process::{cpu_micros, peak_kib};
use crate::servers::{STRIPE_SECRET, Server, Subject, earns};

/// Before anything is measured: Node compiles what is used often.
const WARM_UP: Duration = Duration::from_millis(1_500);

/// Deliveries to an idle server, each after a pause.
const IDLE: usize = 31;
const PAUSE: Duration = Duration::from_millis(10);

/// How often it is looked whether all is recorded, and how long it may take.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const RECORDED_WITHIN: Duration = Duration::from_mins(5);

/// What is run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub dialect: Dialect,
    pub mix: Mix,
    pub connections: usize,
    pub time: Duration,
}

/// What it came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Answers a second.
    pub answered: u64,
    /// Sales a second, until all were recorded.
    pub recorded: u64,
    /// From the last answer until all were recorded.
    pub backlog_ms: u64,
    /// Waits of answers in microseconds: of half, of 99 in a hundred, of 999 in a thousand.
    pub waits: [u64; 3],
    /// Processor time of the server and of the database for each answer, in microseconds.
    pub server_us: u64,
    pub database_us: u64,
    pub peak_mib: u64,
    pub bytes_a_sale: u64,
    /// The median wait of one delivery while nothing else is done.
    pub idle_us: u64,
}

/// What servers run on.
pub struct Bench<'a> {
    pub databases: &'a Databases,
    pub baseline: Option<&'a Baseline>,
    pub postmaster: u32,
}

impl Bench<'_> {
    /// Runs it.
    pub async fn run(&self, subject: Subject, plan: &Plan) -> Result<Outcome> {
        let database = self.databases.create(plan.dialect).await?;
        if plan.dialect == Dialect::Postgres {
            tell(&self.databases.address, "checkpoint").await?;
        }
        let folder: &Path = &self.databases.folder;
        let server = Server::start(subject, &database, folder, self.baseline).await?;
        let mut probe = Probe::open(plan.dialect, &database).await?;
        let measured = self.measure(&server, &mut probe, plan).await;
        probe.close().await?;
        server.process.stop()?;
        if let Some(name) = database.strip_prefix(&self.databases.address) {
            tell(
                &self.databases.address,
                &format!("drop database {name} with (force)"),
            )
            .await?;
        } else {
            let _ = std::fs::remove_file(database.trim_start_matches("sqlite://"));
        }
        measured
    }

    async fn measure(&self, server: &Server, probe: &mut Probe, plan: &Plan) -> Result<Outcome> {
        let empty = probe.bytes().await?;
        let load = Load {
            address: server.address,
            events: Arc::new(Events::stripe(Secret::new(STRIPE_SECRET)?, &server.click)?),
            connections: plan.connections,
            mix: plan.mix,
        };
        let warm_up = load.run(WARM_UP).await?;
        let mut sales = warm_up.sales;
        settle(server, probe, sales).await?;
        let idle_us = idle(&load).await?;
        sales += IDLE as u64;
        settle(server, probe, sales).await?;

        let before = self.cpu(server)?;
        let began = Instant::now();
        let tally = load.run(plan.time).await?;
        settle(server, probe, sales + tally.sales).await?;
        let until_recorded = began.elapsed();
        let after = self.cpu(server)?;
        check(&tally)?;
        sales += tally.sales;
        let bytes = probe.bytes().await?.saturating_sub(empty);
        let answers = tally.accepted + tally.refused;
        Ok(Outcome {
            answered: a_second(answers, tally.took),
            recorded: a_second(tally.sales, until_recorded),
            backlog_ms: millis(until_recorded.saturating_sub(tally.took)),
            waits: [500, 990, 999].map(|of_thousand| tally.wait(of_thousand)),
            server_us: (after.0 - before.0) / answers.max(1),
            database_us: (after.1 - before.1) / answers.max(1),
            peak_mib: peak_kib(server.process.id())? / 1_024,
            bytes_a_sale: bytes / sales.max(1),
            idle_us,
        })
    }

    /// Of the server, and of PostgreSQL.
    fn cpu(&self, server: &Server) -> Result<(u64, u64)> {
        Ok((
            cpu_micros(server.process.id())?,
            cpu_micros(self.postmaster)?,
        ))
    }
}

/// Waits until so many sales are recorded and nothing waits to be processed; each that was promised is there.
async fn settle(server: &Server, probe: &mut Probe, sales: u64) -> Result<()> {
    let began = Instant::now();
    let mut connection = Connection::open(server.address).await?;
    while began.elapsed() < RECORDED_WITHIN {
        if probe.sales().await? >= sales && server.is_settled(&mut connection).await? {
            return earns(server, &mut connection).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let recorded = probe.sales().await?;
    bail!("{sales} sales were promised, and {recorded} are recorded")
}

async fn idle(load: &Load) -> Result<u64> {
    let mut connection = Connection::open(load.address).await?;
    let mut waits = Vec::new();
    for _ in 0..IDLE {
        tokio::time::sleep(PAUSE).await;
        let request = load.events.next(Signature::Own)?;
        let began = Instant::now();
        let status = connection.ask(&request).await?;
        waits.push(began.elapsed());
        ensure!(status == 200, "a delivery was answered with {status}");
    }
    waits.sort_unstable();
    let median = waits.get(IDLE / 2).copied().unwrap_or_default();
    Ok(u64::try_from(median.as_micros())?)
}

/// A server that breaks its word is not measured.
fn check(tally: &Tally) -> Result<()> {
    let Tally {
        failed, deceived, ..
    } = tally;
    ensure!(
        *failed == 0,
        "{failed} genuine deliveries were not accepted"
    );
    ensure!(*deceived == 0, "{deceived} forged deliveries were accepted");
    Ok(())
}

fn a_second(items: u64, time: Duration) -> u64 {
    items * 1_000 / millis(time).max(1)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
