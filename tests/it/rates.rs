//! Exchange rates are read by their pairs: what a batch reads does not grow with those that are imported.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use providers::Micros;
use tributary::args;
use tributary::store::{
    Args, Dialect, Flushing, Row, Rows, Statement, Store, StoreError, Transaction,
};

use crate::scene::Scene;

static IN_EURO: Statement =
    Statement::new("update programs set currency = 'eur' where organization_id = $1");
static IMPORT: Statement = Statement::new(
    "insert into rates (organization_id, base, quote, day, digits, places, source, created_at)
     select $1, r.base, r.quote, r.day, r.digits, 2, 'test', 0
     from {rows r: base text, quote text, day int, digits int}",
);
static CONVERTED: Statement = Statement::new(
    "select commission_full, commission_currency, rate from sales where organization_id = $1",
);

/// A database that counts the rates it has answered, read by read.
struct Counting {
    inner: Arc<dyn Store>,
    reads: Arc<Mutex<Vec<usize>>>,
}

struct Counted {
    inner: Box<dyn Transaction>,
    reads: Arc<Mutex<Vec<usize>>>,
}

#[async_trait]
impl Transaction for Counted {
    async fn run(&mut self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        let rows = self.inner.run(statement, args).await?;
        let is_of_rates = rows.first().is_some_and(|row| row.int("digits").is_ok());
        if is_of_rates {
            self.reads.lock().unwrap().push(rows.len());
        }
        Ok(rows)
    }

    async fn commit_ahead(self: Box<Self>) -> Result<Flushing, StoreError> {
        self.inner.commit_ahead().await
    }
}

#[async_trait]
impl Store for Counting {
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.inner.read(statement, args).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.inner.snapshot().await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let inner = self.inner.begin().await?;
        let reads = self.reads.clone();
        Ok(Box::new(Counted { inner, reads }))
    }

    async fn prepare(&self, statement: &Statement) -> Result<(), StoreError> {
        self.inner.prepare(statement).await
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        self.inner.migrate().await
    }

    async fn close(&self) {}

    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }
}

/// Many pairs over many days; of dollars in euro 0.50 before the payment of the fixture, 0.75 on the day before it, and
/// 0.90 after it.
fn imported() -> Rows {
    let mut rows = Rows::new(4);
    let day = |text: &str| {
        Micros::parse_rfc3339(&format!("{text}T00:00:00Z"))
            .unwrap()
            .0
    };
    for quote in ["gbp", "sek", "dkk", "chf", "pln"] {
        for date in 1..=28 {
            let at = day(&format!("2026-10-{date:02}"));
            for base in ["usd", "cad", "aud"] {
                rows.push([base.into(), quote.into(), at.into(), 100.into()]);
            }
        }
    }
    for (date, digits) in [("2026-09-01", 50), ("2026-10-12", 75), ("2026-12-01", 90)] {
        rows.push(["usd".into(), "eur".into(), day(date).into(), digits.into()]);
    }
    rows
}

on_both_databases! {
    async fn a_batch_reads_the_rates_that_it_needs_and_no_others(db: TestDb) {
        let scene = Scene::new(&db).await;
        let org = scene.org.as_str();
        scene.run(&IN_EURO, args![org]).await;
        scene.run(&IMPORT, args![org; imported()]).await;
        scene.rest().await;
        let reads: Arc<Mutex<Vec<usize>>> = Arc::default();
        let counting = Counting { inner: scene.store.clone(), reads: reads.clone() };
        scene.through(Arc::new(counting)).feed("stripe/f13-two-partial-refunds").await;
        let sale = &scene.run(&CONVERTED, args![org]).await[0];
        assert_eq!(sale.text("commission_currency").unwrap(), "eur");
        assert!(sale.text("rate").unwrap().contains("\"digits\":75"), "{sale:?}");
        let reads = reads.lock().unwrap();
        assert!(!reads.is_empty() && reads.iter().all(|rows| *rows == 1), "{reads:?}");
    }
}
