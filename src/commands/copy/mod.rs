//! `copy`: moves everything from one database into another, empty one, and proves that it is the same.
//!
//! Read in one snapshot and written in one transaction: a copy that is interrupted has copied nothing, and is begun again. Before the commit every
//! row is read back and compared; after it the ledger is audited where it is now. Secrets are copied as they are stored: sealed.

mod schema;
mod tally;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use self::schema::Table;
use self::tally::Tally;
use super::output;
use crate::args;
use crate::audit::audit;
use crate::cli::{CopyArgs, Exit};
use crate::clock::{Clock as _, SystemClock};
use crate::config::DatabaseUrl;
use crate::organization;
use crate::store::{self, Args, Deadlines, Rows, Statement, Store, Transaction, Value};

/// Rows in one batch, and where they may be large.
const BATCH_ROWS: i64 = 1_000;
const BATCH_LARGE_ROWS: i64 = 200;

/// One transaction takes everything in; its commit may take its time.
const PATIENCE: Duration = Duration::from_hours(1);

const IN_DOUBT: &str = "whether the copy is there is not known: `tributary organizations list` with the address of --to shows it";

static STILL_HERE: Statement = Statement::new("select cast(1 as bigint) as n");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&[&Statement]] = &[schema::STATEMENTS, &[&STILL_HERE]];

pub(super) async fn run(command: CopyArgs, json: bool) -> Result<Exit> {
    let (from_url, to_url) = (url("--from", &command.from)?, url("--to", &command.to)?);
    ensure!(
        from_url.expose() != to_url.expose(),
        super::Usage("--from and --to are the same database".to_owned())
    );
    if let Some(file) = store::missing_file(from_url.expose()) {
        bail!("there is no database at {}", file.display());
    }
    let from = open(&from_url).await.context("--from cannot be opened")?;
    let to = open(&to_url).await.context("--to cannot be opened")?;
    let outcome = match copy(from.as_ref(), to.as_ref()).await {
        Ok((copied, target)) => match target.commit().await.context(IN_DOUBT) {
            Ok(()) => finish(to.as_ref(), (&from_url, &to_url), &copied, json).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error.context("nothing was copied: --to holds what it held before")),
    };
    from.close().await;
    to.close().await;
    outcome
}

fn url(flag: &str, text: &str) -> Result<DatabaseUrl> {
    DatabaseUrl::parse(text).map_err(|reason| super::Usage(format!("{flag} {reason}")).into())
}

async fn open(url: &DatabaseUrl) -> Result<std::sync::Arc<dyn Store>> {
    let options = store::Options {
        deadlines: Deadlines {
            statement: PATIENCE,
            commit: PATIENCE,
            ..Deadlines::default()
        },
        ..store::Options::default()
    };
    let store = store::open_with(url.expose(), options).await?;
    store.migrate().await?;
    Ok(store)
}

/// What was copied: rows by table, in the order in which they were.
type Copied = Vec<(String, u64)>;

/// A copy of all there is, in a database that is made for it. The one it is copied from may be in use.
pub(super) async fn all(from: &dyn Store, to: &DatabaseUrl) -> Result<std::sync::Arc<dyn Store>> {
    let to = open(to).await?;
    let (_, target) = copy_rows(from, to.as_ref(), false).await?;
    target.commit().await?;
    Ok(to)
}

/// Copies and compares; the copy is there once the transaction is committed.
async fn copy(from: &dyn Store, to: &dyn Store) -> Result<(Copied, Box<dyn Transaction>)> {
    copy_rows(from, to, true).await
}

async fn copy_rows(
    from: &dyn Store,
    to: &dyn Store,
    must_rest: bool,
) -> Result<(Copied, Box<dyn Transaction>)> {
    let mut source = from.snapshot().await?;
    let mut target = to.begin().await?;
    let tables = schema::tables(source.as_mut()).await?;
    let targets = schema::tables(target.as_mut()).await?;
    schema::ensure_same(&tables, &targets)?;
    ensure_empty(target.as_mut(), &targets).await?;
    let counts = counts(source.as_mut(), &tables).await?;
    let bar = progress_bar(counts.values().sum());
    let mut copied = Copied::new();
    // In the target's order: its keys are the ones that are checked.
    for into in &targets {
        let Some(table) = tables.iter().find(|table| table.name == into.name) else {
            continue;
        };
        bar.set_message(table.name.clone());
        let tally = one(source.as_mut(), target.as_mut(), table, into, &bar).await?;
        copied.push((table.name.clone(), tally.rows));
    }
    drop(source);
    if schema::wants_analyze(to.dialect()) {
        for table in &targets {
            target.run(&table.analyze(), args![]).await?;
        }
    }
    // Whoever has written to the source meanwhile would be forgotten here.
    let now = self::counts(from.snapshot().await?.as_mut(), &tables).await?;
    let changed = counts
        .iter()
        .find(|(table, rows)| now.get(*table) != Some(*rows));
    if let (Some((table, _)), true) = (changed, must_rest) {
        bail!(
            "the database was written to meanwhile ({table}): stop the server that uses it, then copy again"
        );
    }
    bar.finish_and_clear();
    Ok((copied, target))
}

/// Copies a table, reads it back, and answers what both have.
async fn one(
    source: &mut dyn Transaction,
    target: &mut dyn Transaction,
    table: &Table,
    into: &Table,
    bar: &ProgressBar,
) -> Result<Tally> {
    let into = into.in_order_of(table);
    let insert = into.insert();
    let mut sent = Tally::default();
    let mut pages = Pages::of(table);
    while let Some(page) = pages.next(source).await? {
        let mut rows = Rows::new(table.width());
        let count = page.len();
        for values in page {
            sent.add(&values);
            rows.push(values);
        }
        target
            .run(&insert, args![; rows])
            .await
            .with_context(|| format!("the table {} cannot be written", table.name))?;
        bar.inc(u64::try_from(count).unwrap_or(0));
    }
    let mut arrived = Tally::default();
    let mut pages = Pages::of(&into);
    while let Some(page) = pages.next(target).await? {
        // PostgreSQL ends a transaction that is idle for long.
        source.run(&STILL_HERE, args![]).await?;
        for values in page {
            arrived.add(&values);
        }
    }
    ensure!(
        sent == arrived,
        "the table {} did not arrive as it was",
        table.name
    );
    Ok(sent)
}

/// The rows of a table, some at a time, by key.
struct Pages<'a> {
    table: &'a Table,
    first: Statement,
    next: Statement,
    after: Option<Vec<Value>>,
    limit: i64,
}

impl<'a> Pages<'a> {
    fn of(table: &'a Table) -> Self {
        let limit = if table.has_bytes() {
            BATCH_LARGE_ROWS
        } else {
            BATCH_ROWS
        };
        Self {
            table,
            first: table.page(false),
            next: table.page(true),
            after: None,
            limit,
        }
    }

    async fn next(&mut self, from: &mut dyn Transaction) -> Result<Option<Vec<Vec<Value>>>> {
        let rows = match self.after.take() {
            None => from.run(&self.first, args![self.limit]).await?,
            Some(after) => {
                let args = after.into_iter().fold(Args::new(), Args::add);
                from.run(&self.next, args.add(self.limit)).await?
            }
        };
        let rows: Vec<Vec<Value>> = rows.into_iter().map(store::Row::into_values).collect();
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        let key = self.table.key();
        self.after = Some(
            key.into_iter()
                .filter_map(|at| last.get(at).cloned())
                .collect(),
        );
        Ok(Some(rows))
    }
}

async fn counts(
    transaction: &mut dyn Transaction,
    tables: &[Table],
) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for table in tables {
        let rows = transaction.run(&table.count(), args![]).await?;
        let count = rows.first().map_or(Ok(0), |row| row.int("n"))?;
        counts.insert(table.name.clone(), u64::try_from(count)?);
    }
    Ok(counts)
}

async fn ensure_empty(target: &mut dyn Transaction, tables: &[Table]) -> Result<()> {
    let counts = counts(target, tables).await?;
    let filled = counts.iter().find(|(_, rows)| **rows > 0);
    if let Some((table, rows)) = filled {
        bail!(
            "--to is not empty: {table} has {rows} rows. Copy into a database that no server has used yet"
        );
    }
    Ok(())
}

fn progress_bar(rows: u64) -> ProgressBar {
    let bar = ProgressBar::new(rows);
    let style = "{bar:40} {human_pos}/{human_len} rows  {msg}  {eta} left";
    bar.set_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}

/// Audits what is there now, and says what was done.
async fn finish(
    to: &dyn Store,
    (from_url, to_url): (&DatabaseUrl, &DatabaseUrl),
    copied: &Copied,
    json: bool,
) -> Result<Exit> {
    let mut reports = Vec::new();
    for organization in organization::list(to).await? {
        reports.push(audit(to, SystemClock.now(), &organization.id).await?);
    }
    let clean = reports.iter().all(|report| report.clean);
    if json {
        let tables: BTreeMap<&String, u64> =
            copied.iter().map(|(table, rows)| (table, *rows)).collect();
        output::json(&json!({
            "from": from_url.to_string(), "to": to_url.to_string(), "tables": tables, "clean": clean, "audit": reports,
        }))?;
    } else {
        for (table, rows) in copied.iter().filter(|(_, rows)| *rows > 0) {
            output::line(&format!("{rows:>12}  {table}"))?;
        }
        for report in &reports {
            let (sales, differences) = (report.sales, report.difference_count);
            output::line(&format!(
                "{}: {sales} sales, {differences} differences",
                report.organization_id
            ))?;
        }
        output::line(&format!(
            "Every row of {from_url} is in {to_url} as it was. Set DATABASE_URL to it and start the server, with the same TRIBUTARY_MASTER_KEY: \
             secrets are sealed by it."
        ))?;
        if !clean {
            output::line(
                "The audit names differences, which the copy has brought along: `tributary audit` shows them.",
            )?;
        }
    }
    Ok(if clean { Exit::Success } else { Exit::Failed })
}
