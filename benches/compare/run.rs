//! One run: a server on an empty database, warmed up, asked while it is idle, then loaded; and what that cost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use tributary::store::Dialect;

use crate::baseline::Baseline;
use crate::client::Connection;
use crate::databases::Databases;
use crate::events::{Events, Signature};
use crate::floors;
use crate::load::{Load, Mix, Tally};
use crate::probe::{Probe, tell};
use crate::process::{cpu_micros, own_cpu_micros, peak_kib};
use crate::servers::{Server, Subject};

/// Before anything is measured: Node compiles what is used often.
const WARM_UP: Duration = Duration::from_millis(1_500);

/// Sales that an idle server is told, each after a pause.
const IDLE: u64 = 31;
const PAUSE: Duration = Duration::from_millis(10);

/// How often it is looked whether all is recorded, and how long it may take.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const RECORDED_WITHIN: Duration = Duration::from_mins(5);

/// What is run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub processor: &'static str,
    pub dialect: Dialect,
    pub mix: Mix,
    pub connections: usize,
    pub time: Duration,
}

/// What it came to; 0 is what was not measured.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Answers a second, of refusals too.
    pub answered: u64,
    /// Sales a second, until all were recorded.
    pub recorded: u64,
    /// From the last answer until all were recorded.
    pub backlog_ms: u64,
    /// Waits of accepted deliveries in microseconds: of half, of 99 in a hundred, of 999 in a thousand.
    pub waits: [u64; 3],
    /// Processor time of the server and of the database for each answer, in microseconds.
    pub server_us: u64,
    pub database_us: u64,
    /// And of the generator.
    pub generator_us: u64,
    pub peak_mib: u64,
    pub bytes_a_sale: u64,
    /// The median time that the disk took just before to make a page durable.
    pub flush_us: u64,
    /// The median wait of one delivery while nothing else is done.
    pub idle_us: u64,
}

/// What servers run on.
pub struct Bench<'a> {
    pub databases: &'a Databases,
    pub baseline: Option<&'a Baseline>,
    /// The process of PostgreSQL that has all others of it below.
    pub postmaster: u32,
}

impl Bench<'_> {
    /// Runs it.
    pub async fn run(&self, subject: Subject, plan: &Plan) -> Result<Outcome> {
        let database = self.databases.create(plan.dialect).await?;
        if plan.dialect == Dialect::Postgres {
            // No run pays for what another has left to be written.
            tell(&self.databases.address, "checkpoint").await?;
        }
        let flush_us = floors::flush_micros(&self.databases.folder)?;
        let measured = match subject {
            Subject::PlainWriter => self.write(plan, &database).await,
            _ => self.serve(subject, plan, &database).await,
        };
        self.remove(&database).await?;
        Ok(Outcome {
            flush_us,
            ..measured?
        })
    }

    /// Starts a server.
    pub async fn start(&self, subject: Subject, database: &str, events: &Events) -> Result<Server> {
        let place = (database, self.databases.folder.as_path());
        Server::start(subject, place, self.baseline, events).await
    }

    /// Removes a database that nobody uses any more.
    pub async fn remove(&self, database: &str) -> Result<()> {
        let server = &self.databases.address;
        if let Some(name) = database.strip_prefix(server) {
            let drop = format!("drop database {name} with (force)");
            return tell(server, &drop).await;
        }
        // Where nothing was kept there is none.
        let _ = std::fs::remove_file(database.trim_start_matches("sqlite://"));
        Ok(())
    }

    async fn write(&self, plan: &Plan, database: &str) -> Result<Outcome> {
        let before = cpu_micros(self.postmaster)?;
        let (written, took) = floors::write(plan.dialect, database, plan.time).await?;
        let used = cpu_micros(self.postmaster)?.saturating_sub(before);
        let is_server = plan.dialect == Dialect::Postgres;
        Ok(Outcome {
            recorded: a_second(written, took),
            database_us: if is_server { used / written.max(1) } else { 0 },
            ..Outcome::default()
        })
    }

    async fn serve(&self, subject: Subject, plan: &Plan, database: &str) -> Result<Outcome> {
        let events = Arc::new(Events::of(plan.processor)?);
        let server = self.start(subject, database, &events).await?;
        let load = Load {
            address: server.address,
            events,
            connections: plan.connections,
            mix: plan.mix,
        };
        let mut probe = Probe::open(subject, plan.dialect, database).await?;
        let measured = self.measure(&server, &mut probe, &load, plan.time).await;
        probe.close().await?;
        server.process.stop()?;
        measured
    }

    async fn measure(
        &self,
        server: &Server,
        probe: &mut Probe,
        load: &Load,
        time: Duration,
    ) -> Result<Outcome> {
        let empty = probe.bytes().await?;
        let mut sales = load.run(WARM_UP).await?.sales;
        settle(server, probe, sales).await?;
        let idle_us = idle(load).await?;
        sales += IDLE;
        settle(server, probe, sales).await?;

        let (before, own_before) = (self.used(server)?, own_cpu_micros());
        let tally = load.run(time).await?;
        let ended = Instant::now();
        let own = own_cpu_micros() - own_before;
        sales += tally.sales;
        settle(server, probe, sales).await?;
        let backlog = ended.elapsed();
        let until_recorded = tally.took + backlog;
        let after = self.used(server)?;
        check(&tally)?;
        let bytes = probe.bytes().await?.saturating_sub(empty);
        let answers = (tally.accepted + tally.refused).max(1);
        let is_kept = !matches!(probe, Probe::Nothing);
        Ok(Outcome {
            answered: a_second(answers, tally.took),
            recorded: if is_kept {
                a_second(tally.sales, until_recorded)
            } else {
                0
            },
            backlog_ms: millis(backlog),
            waits: [500, 990, 999].map(|of_thousand| tally.wait(of_thousand)),
            server_us: after.0.saturating_sub(before.0) / answers,
            database_us: after.1.saturating_sub(before.1) / answers,
            generator_us: own / answers,
            peak_mib: peak_kib(server.process.id())? / 1_024,
            bytes_a_sale: bytes / sales.max(1),
            idle_us,
            ..Outcome::default()
        })
    }

    /// Processor time that the server has used, and PostgreSQL.
    fn used(&self, server: &Server) -> Result<(u64, u64)> {
        Ok((
            cpu_micros(server.process.id())?,
            cpu_micros(self.postmaster)?,
        ))
    }
}

/// Waits until so many sales are recorded and nothing waits to be processed.
pub async fn settle(server: &Server, probe: &mut Probe, sales: u64) -> Result<()> {
    if matches!(probe, Probe::Nothing) {
        return Ok(());
    }
    let began = Instant::now();
    let mut connection = Connection::open(server.address).await?;
    while began.elapsed() < RECORDED_WITHIN {
        if probe.sales().await? >= sales && server.is_settled(&mut connection).await? {
            return server.check_commission(&mut connection).await;
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
        for request in load.events.next(Signature::Own)? {
            let began = Instant::now();
            let status = connection.ask(&request).await?;
            waits.push(began.elapsed());
            ensure!(status == 200, "a delivery was answered with {status}");
        }
    }
    waits.sort_unstable();
    let median = waits.get(waits.len() / 2).copied().unwrap_or_default();
    Ok(u64::try_from(median.as_micros())?)
}

/// A server that breaks its word is not measured.
fn check(tally: &Tally) -> Result<()> {
    let (failed, deceived) = (tally.failed, tally.deceived);
    ensure!(failed == 0, "{failed} genuine deliveries were not accepted");
    ensure!(deceived == 0, "{deceived} forged deliveries were accepted");
    Ok(())
}

/// How many that is in a second.
pub fn a_second(items: u64, time: Duration) -> u64 {
    items * 1_000 / millis(time).max(1)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
