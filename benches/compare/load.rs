//! The load: a closed loop over some connections, each of which waits for an answer before it delivers again.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::events::{Events, Signature};

/// What is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mix {
    /// Each delivery once.
    New,
    /// Each delivery twice, one after the other.
    Doubled,
    /// After each sale's deliveries as many with a forged signature.
    Forged,
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::New => "new",
            Self::Doubled => "doubled",
            Self::Forged => "genuine and forged",
        })
    }
}

/// Where it goes, and how much of it.
#[derive(Clone)]
pub struct Load {
    pub address: SocketAddr,
    pub events: Arc<Events>,
    pub connections: usize,
    pub mix: Mix,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// Sales that the receiver has promised to have.
    pub sales: u64,
    /// Deliveries answered with 200.
    pub accepted: u64,
    /// Forged ones that were turned away.
    pub refused: u64,
    /// Deliveries that were to be accepted and were not.
    pub failed: u64,
    /// Forged ones that were accepted: there must be none.
    pub deceived: u64,
    /// How long each accepted one waited, in microseconds; sorted.
    pub waits: Vec<u32>,
    /// From the beginning until the last answer.
    pub took: Duration,
}

impl Load {
    /// Delivers for so long.
    pub async fn run(&self, time: Duration) -> Result<Tally> {
        let mut connections = Vec::new();
        for _ in 0..self.connections {
            connections.push(Connection::open(self.address).await?);
        }
        let began = Instant::now();
        let mut delivering = JoinSet::new();
        for connection in connections {
            delivering.spawn(self.clone().deliver(connection, began + time));
        }
        let mut all = Tally::default();
        while let Some(ended) = delivering.join_next().await {
            all.add(ended??);
        }
        all.took = began.elapsed();
        all.waits.sort_unstable();
        Ok(all)
    }

    async fn deliver(self, mut connection: Connection, end: Instant) -> Result<Tally> {
        let mut tally = Tally::default();
        while Instant::now() < end {
            let mut all_accepted = true;
            for request in self.events.next(Signature::Own)? {
                let mut accepted = tally.send(&mut connection, &request).await?;
                if self.mix == Mix::Doubled {
                    accepted |= tally.send(&mut connection, &request).await?;
                }
                all_accepted &= accepted;
            }
            tally.sales += u64::from(all_accepted);
            if self.mix == Mix::Forged {
                for request in self.events.next(Signature::Forged)? {
                    match connection.ask(&request).await? / 100 {
                        4 => tally.refused += 1,
                        _ => tally.deceived += 1,
                    }
                }
            }
        }
        Ok(tally)
    }
}

impl Tally {
    async fn send(&mut self, connection: &mut Connection, request: &[u8]) -> Result<bool> {
        let began = Instant::now();
        let accepted = connection.ask(request).await? == 200;
        if accepted {
            self.accepted += 1;
            self.waits.push(u32::try_from(began.elapsed().as_micros())?);
        } else {
            self.failed += 1;
        }
        Ok(accepted)
    }

    fn add(&mut self, other: Self) {
        self.sales += other.sales;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.failed += other.failed;
        self.deceived += other.deceived;
        self.waits.extend(other.waits);
    }

    /// The wait that so many of a thousand do not exceed, in microseconds.
    pub fn wait(&self, of_thousand: usize) -> u64 {
        let last = self.waits.len().saturating_sub(1);
        let at = (self.waits.len() * of_thousand / 1_000).min(last);
        self.waits.get(at).copied().map_or(0, u64::from)
    }
}
