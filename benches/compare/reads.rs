//! What reading costs as a ledger grows: lists and lookups of the API, and what one more sale costs, with ten
//! thousand sales, ten times as many, and, where asked for, a million. The sales come the way that sales come:
//! delivered to the server.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tributary::store::Dialect;

use crate::client::Connection;
use crate::databases::name;
use crate::events::Events;
use crate::load::{Load, Mix};
use crate::probe::Probe;
use crate::run::{Bench, a_second, settle};
use crate::servers::{Server, Subject};

/// How often each is asked, each time for another sale.
const ASKED: usize = 41;

/// What is asked; `{…}` is that of a sale.
const READS: [(&str, &str); 13] = [
    ("a page of sales", "/api/sales"),
    ("sales by status", "/api/sales?status=pending"),
    ("a sale by invoice", "/api/sales?invoiceId={invoice}"),
    (
        "sales of a customer",
        "/api/sales?customerExternalId={customer}",
    ),
    ("a sale by id", "/api/sales/{sale}"),
    ("explain", "/api/sales/{sale}/explain"),
    ("a page of commissions", "/api/commissions"),
    ("a page of customers", "/api/customers"),
    ("balances", "/api/balances"),
    ("a page of events", "/api/events"),
    ("failed events", "/api/events?state=failed"),
    ("events of a type", "/api/events?type=invoice.paid"),
    ("open reviews", "/api/reviews?state=open"),
];

/// One ledger, as it grows.
struct Grown<'a> {
    server: &'a Server,
    load: Load,
    probe: &'a mut Probe,
    key: &'a str,
}

/// Measures and prints.
pub async fn run(bench: &Bench<'_>, dialect: Dialect, sizes: &[u64]) -> Result<()> {
    let database = bench.databases.create(dialect).await?;
    let events = Arc::new(Events::of("stripe")?);
    let server = bench.start(Subject::Tributary, &database, &events).await?;
    let mut probe = Probe::open(Subject::Tributary, dialect, &database).await?;
    let load = Load {
        address: server.address,
        events,
        connections: 64,
        mix: Mix::New,
    };
    let key = server.key.clone().context("no key")?;
    let mut grown = Grown {
        server: &server,
        load,
        probe: &mut probe,
        key: &key,
    };
    let mut columns = Vec::new();
    for size in sizes {
        columns.push(grown.measure(*size).await?);
    }
    print(dialect, sizes, &columns)?;
    probe.close().await?;
    server.process.stop()?;
    bench.remove(&database).await
}

/// What one size came to: for each read the median and the longest wait; then sales a second, and the wait that
/// 99 of 100 deliveries do not exceed.
struct Column {
    reads: Vec<Option<(u64, u64)>>,
    recorded: u64,
    wait: u64,
}

impl Grown<'_> {
    async fn measure(&mut self, size: u64) -> Result<Column> {
        self.grow(size).await?;
        let samples = self.samples().await?;
        let mut reads = Vec::new();
        for (_, path) in READS {
            reads.push(self.read(path, &samples).await?);
        }
        let (before, began) = (self.probe.sales().await?, Instant::now());
        let tally = self.load.run(Duration::from_secs(4)).await?;
        settle(self.server, self.probe, before + tally.sales).await?;
        Ok(Column {
            reads,
            recorded: a_second(tally.sales, began.elapsed()),
            wait: tally.wait(990),
        })
    }

    async fn grow(&mut self, size: u64) -> Result<()> {
        let mut sales = self.probe.sales().await?;
        while sales < size {
            // What is left of it is done in a second's steps, which may go beyond the size by one of them.
            let tally = self.load.run(Duration::from_secs(1)).await?;
            sales += tally.sales;
            settle(self.server, self.probe, sales).await?;
        }
        Ok(())
    }

    /// Sales to look for, from several pages.
    async fn samples(&self) -> Result<Vec<Value>> {
        let mut connection = Connection::open(self.load.address).await?;
        let line = "GET /api/sales?limit=500";
        let page = connection.json(line, self.key, None).await?;
        let sales = page.pointer("/data").and_then(Value::as_array);
        let sales = sales.context("no sales")?.iter().step_by(500 / ASKED);
        Ok(sales.take(ASKED).cloned().collect())
    }

    /// `None` where the server does not know the question.
    async fn read(&self, path: &str, samples: &[Value]) -> Result<Option<(u64, u64)>> {
        let mut connection = Connection::open(self.load.address).await?;
        let mut waits = Vec::new();
        for sale in samples {
            let text = |pointer: &str| sale.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
            let path = path
                .replace("{sale}", text("/id"))
                .replace("{invoice}", text("/invoiceId"))
                .replace("{customer}", text("/customer/externalId"));
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {}\r\n\r\n",
                self.key
            );
            let began = Instant::now();
            if connection.ask(request.as_bytes()).await? != 200 {
                return Ok(None);
            }
            waits.push(u64::try_from(began.elapsed().as_micros())?);
        }
        waits.sort_unstable();
        let median = waits.get(waits.len() / 2).copied();
        Ok(median.zip(waits.last().copied()))
    }
}

fn print(dialect: Dialect, sizes: &[u64], columns: &[Column]) -> Result<()> {
    let mut out = io::stdout();
    writeln!(
        out,
        "\nReads, {}; median and longest of {ASKED}, ms",
        name(dialect)
    )?;
    let heads: Vec<String> = sizes.iter().map(|size| format!("{size} sales")).collect();
    line(&mut out, "", &heads)?;
    for (at, (what, _)) in READS.iter().enumerate() {
        let cell = |column: &Column| match column.reads.get(at).copied().flatten() {
            Some((median, longest)) => format!("{} / {}", millis(median), millis(longest)),
            None => "-".to_owned(),
        };
        let cells: Vec<String> = columns.iter().map(cell).collect();
        line(&mut out, what, &cells)?;
    }
    let rates = columns.iter().map(|column| column.recorded.to_string());
    line(
        &mut out,
        "sales recorded a second",
        &rates.collect::<Vec<_>>(),
    )?;
    let waits = columns.iter().map(|column| millis(column.wait));
    line(
        &mut out,
        "p99 of their deliveries",
        &waits.collect::<Vec<_>>(),
    )
}

fn line(out: &mut impl io::Write, what: &str, cells: &[String]) -> Result<()> {
    write!(out, "{what:<26}")?;
    for cell in cells {
        write!(out, "{cell:>20}")?;
    }
    Ok(writeln!(out)?)
}

fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10)
}
