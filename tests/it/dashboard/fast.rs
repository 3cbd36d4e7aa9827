//! Pages over many sales: what they read is looked up, and what they send is small. Times are printed when asked for, never judged.

use std::time::Instant;

use tributary::args;
use tributary::audit::audit;
use tributary::books;
use tributary::store::{Args, Dialect, Statement, Store};

use super::browser::Browser;
use crate::support::app::{NOW, TestApp};
use crate::support::bulk;

/// The largest page, in bytes.
const PAGE_MAX_BYTES: usize = 150_000;

/// The most that comes over the wire when somebody opens the dashboard for the first time, in bytes.
const FIRST_LOAD_MAX_BYTES: usize = 100_000;

/// Pages that read much, and what shows that they are what they should be.
const PAGES: &[(&str, &str)] = &[
    ("/", "By partner"),
    ("/?period=7d", "By partner"),
    ("/?period=90d", "By partner"),
    ("/?period=365d", "Partner "),
    ("/?period=365d&currency=eur&show=commission", "Partner "),
    ("/?from=2024-12-03&to=2026-11-20", "Partner "),
    ("/dashboard/sales", SALE_WORD),
    (
        "/dashboard/sales?processor=paddle&from=2026-05-01&to=2026-05-31",
        "Sales",
    ),
    ("/dashboard/sales/sale_100000077", "Written into the ledger"),
    ("/dashboard/partners", "Partner "),
    ("/dashboard/partners/prt_100000007", "Partner 7"),
    ("/dashboard/payouts", "Payouts"),
    ("/dashboard/events", "invoice.paid"),
    ("/dashboard/changes", "Changes"),
    ("/dashboard/search?id=in_77", ""),
];

const SALE_WORD: &str = "/dashboard/sales/sale_";

static BY_INDEX: Statement = Statement::new("set local enable_seqscan = off");

/// Whether a step of a plan goes through more of the kept figures than is asked for.
fn is_wide(store: &dyn Store, step: &str) -> bool {
    let of_figures = |step: &str| step.contains("daily_figures") || step.contains("daily_clicks");
    match store.dialect() {
        Dialect::Sqlite => {
            let aliases = ["SCAN f", "SCAN c", "SCAN d "];
            let whole =
                aliases.iter().any(|scan| step.starts_with(scan)) && !step.contains("(subquery");
            let by_organization =
                step.starts_with("SEARCH") && step.ends_with("(organization_id=?)");
            whole || by_organization
        }
        Dialect::Postgres => step.contains("Seq Scan") && of_figures(step),
    }
}

async fn plan(store: &dyn Store, statement: &'static Statement, args: Args) -> Vec<String> {
    let (explain, column) = match store.dialect() {
        Dialect::Sqlite => ("explain query plan", "detail"),
        Dialect::Postgres => ("explain (costs off)", "QUERY PLAN"),
    };
    let text = format!("{explain} {}", statement.source(store.dialect()));
    let statement: &'static Statement = Box::leak(Box::new(Statement::new(text.leak())));
    let mut transaction = store.begin().await.unwrap();
    if store.dialect() == Dialect::Postgres {
        // What an index can serve, however much of the table is asked for.
        transaction.run(&BY_INDEX, args![]).await.unwrap();
    }
    let rows = transaction.run(statement, args).await.unwrap();
    let line = |row: &tributary::store::Row| row.text(column).unwrap().trim().to_owned();
    rows.iter().map(line).collect()
}

on_both_databases! {
    async fn figures_of_many_partners_are_looked_up_by_their_days(db: TestDb) {
        let app = TestApp::start(&db).await;
        bulk::fill(&app, 20_000, 500).await;
        let store = &*app.app.store;
        let found = audit(store, NOW, &app.org).await.unwrap();
        let figures = found.differences.iter().filter(|found| ["figure", "balance"].contains(&found.what));
        let figures: Vec<String> = figures.map(|found| format!("{} {}", found.what, found.field)).collect();
        assert!(figures.is_empty(), "{figures:?}");
        let today = NOW.0 / 86_400_000_000;
        for sample in books::sums::samples(&app.org, today) {
            let plan = plan(store, sample.statement, sample.args).await;
            let wide: Vec<&String> = plan.iter().filter(|step| is_wide(store, step)).collect();
            assert!(wide.is_empty(), "{}:\n{}", sample.statement.source(store.dialect()), plan.join("\n"));
        }
    }

    async fn pages_over_many_sales_are_small(db: TestDb) {
        let app = TestApp::start(&db).await;
        bulk::fill(&app, 3_000, 200).await;
        let mut browser = Browser::signed_in_to(&app).await;
        for (path, holds) in PAGES {
            let answer = browser.get(path).await;
            if answer.status == 303 {
                continue;
            }
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            assert!(answer.body.contains(holds), "{path} has {holds}");
            assert!(answer.bytes.len() < PAGE_MAX_BYTES, "{path} has {} bytes", answer.bytes.len());
        }
    }

    async fn who_opens_the_dashboard_for_the_first_time_loads_little(db: TestDb) {
        let app = TestApp::start(&db).await;
        bulk::fill(&app, 2_000, 200).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let page = browser.page("/?period=365d").await;
        let assets = page.split('"').filter(|part| part.starts_with("/dashboard/assets/"));
        let mut paths: Vec<String> = assets.map(str::to_owned).collect();
        assert_eq!(paths.len(), 3, "{paths:?}");
        paths.push("/?period=365d".to_owned());
        let mut plain = Vec::new();
        for path in &paths {
            plain.push(browser.get(path).await.bytes);
        }
        browser.headers = vec![("accept-encoding", "gzip, br, zstd")];
        let mut sent = 0;
        for (path, plain) in paths.iter().zip(&plain) {
            let answer = browser.get(path).await;
            if path.contains("/assets/") {
                assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
            }
            sent += answer.bytes.len();
            if plain.len() < 1_024 {
                continue;
            }
            assert_eq!((answer.header("content-encoding"), answer.header("vary")), ("zstd", "accept-encoding"), "{path}");
            let unpacked = zstd::bulk::decompress(&answer.bytes, PAGE_MAX_BYTES).unwrap();
            // Each page has a proof of its own, of the same length.
            assert_eq!(unpacked.len(), plain.len(), "{path}");
        }
        let plain: usize = plain.iter().map(Vec::len).sum();
        assert!(plain < FIRST_LOAD_MAX_BYTES, "{plain} bytes");
        assert!(sent < plain / 3, "{sent} of {plain} bytes");
    }

    #[ignore = "prints times over many sales: run by `make bench-pages`"]
    async fn how_long_pages_take(db: TestDb) {
        let sales = std::env::var_os("PAGES_SALES").and_then(|sales| sales.to_str()?.parse().ok()).unwrap_or(100_000);
        let app = TestApp::start(&db).await;
        bulk::fill(&app, sales, 1_000).await;
        let mut browser = Browser::signed_in_to(&app).await;
        let database = match app.app.store.dialect() { Dialect::Sqlite => "SQLite", Dialect::Postgres => "PostgreSQL" };
        println!("{database}, {sales} sales of 1,000 partners in a year: the middle of five times, in microseconds");
        for (path, _) in PAGES {
            let mut times = Vec::new();
            let mut bytes = 0;
            for _ in 0..5 {
                let began = Instant::now();
                let answer = browser.get(path).await;
                times.push(began.elapsed());
                bytes = answer.bytes.len();
            }
            times.sort_unstable();
            println!("{:>8} us {bytes:>8} bytes  {path}", times[2].as_micros());
        }
    }
}
