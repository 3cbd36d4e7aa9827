//! Asking a processor on the command line: what is missing, what it would bring, and that it is booked once.

use providers::Settings;
use serde_json::json;

use super::*;
use crate::http::ledger::ledger;
use crate::support::app::TestApp;
use crate::support::processors::Processor;
use crate::support::processors::polar::Polar;
use crate::support::shipped::{fixture, promised};

const KEY: &str = "polar_oat_read_canary";

on_both_databases! {
    async fn a_range_of_the_past_is_previewed_then_taken_in_and_then_nothing_is_missing(db: TestDb) {
        let fixture = fixture("polar/p10-two-partial-refunds");
        let events = fixture.deliveries.iter().map(|sent| serde_json::from_str(&sent.body).unwrap());
        let polar = Processor::start(Polar { key: KEY.to_owned(), events: events.collect(), disputes: Vec::new() }).await;
        let mut app = TestApp::start(&db).await;
        let source = app.source("source", "polar", true, Settings::default()).await.id.clone();
        app.prepare("source", fixture).await;
        let place = Place::of(&db).with("TRIBUTARY_POLAR_API_URL", &polar.url()).with("POLAR_KEY", KEY);
        // The processor answers from this process meanwhile.
        let run = |line: &[&str]| tokio::task::block_in_place(|| place.run(line));
        let ok = |line: &[&str]| tokio::task::block_in_place(|| place.ok(line));
        let range = ["reconcile", "polar", "--since", "2026-01-01", "--until", "2026-11-22"];
        let refused = run(&range);
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        assert!(refused.stderr.contains("tributary sources credential set"), "{}", refused.stderr);

        // Right after the set-up nothing is said of a range that nobody gave.
        let refused = run(&["reconcile", "polar"]);
        assert!(refused.stderr.contains("tributary sources credential set"), "{}", refused.stderr);

        let kept = ok(&["sources", "credential", "set", &source, "--from-env", "POLAR_KEY"]);
        assert!(!kept.contains(KEY) && kept.contains("every hour"), "{kept}");
        let report = run(&[&range[..], &["--json"]].concat());
        assert_eq!(report.code, 1, "something is missing: {}", report.stderr);
        let report: Value = serde_json::from_str(&report.stdout).unwrap();
        assert_eq!(report["sources"][0]["missing"], 1, "{report}");
        let promised = promised([fixture]);
        let (sale, balance) = (&promised.sales[0], &promised.balances[0]);
        let new = json!([{"partnerId": format!("prt_{}", balance.partner), "partner": balance.partner, "currency": sale.currency,
            "sales": 1, "netAmount": sale.amount, "commissionAmount": balance.amount}]);
        assert_eq!(report["preview"], new);
        assert!(ledger(&app).await.sales.is_empty(), "a preview writes nothing");
        let shown = run(&range).stdout;
        assert!(shown.contains("It would bring:") && shown.contains(&balance.partner), "{shown}");

        let taken = ok(&[&range[..], &["--apply"]].concat());
        assert!(taken.contains("in the inbox"), "{taken}");
        app.settle().await;
        assert_eq!(ledger(&app).await, promised);
        assert!(ok(&range).contains("nothing is missing"));
        let sale = ok(&["explain", &sale.invoice_id]);
        assert!(sale.contains("by asking polar"), "{sale}");

        ok(&["sources", "credential", "forget", &source]);
        assert_eq!(run(&["reconcile"]).code, 2, "there is nobody to ask");
    }
}
