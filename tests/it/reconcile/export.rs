//! What RevenueCat's export makes good, since its API lists nothing.
//! <https://www.revenuecat.com/docs/integrations/scheduled-data-exports/transactions>

use std::collections::{BTreeMap, BTreeSet};

use providers::revenuecat::export;
use providers::{Micros, Settings};
use serde_json::Value;
use tributary::reconcile::{Goal, Reconciler};
use tributary::sources::Source;

use super::{money, rows, same, server};
use crate::http::ledger::ledger;
use crate::support::TestDb;
use crate::support::shipped::{fixture, promised};

const SCENARIOS: &[&str] = &[
    "revenuecat/r06-charged-in-canadian-dollars",
    "revenuecat/r07-cents-are-exact",
    "revenuecat/r11-full-refund",
    "revenuecat/r13-partial-refund",
    "revenuecat/r22-two-partial-refunds",
];

fn day(value: &Value) -> String {
    Micros::from_millis(value.as_i64().unwrap()).to_string()
}

/// A decimal number in thousandths.
fn thousandths(value: &Value) -> i64 {
    let text = value.to_string();
    let (sign, text) = text
        .strip_prefix('-')
        .map_or((1, text.as_str()), |rest| (-1, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    sign * (whole.parse::<i64>().unwrap() * 1_000
        + format!("{fraction:0<3}")[..3].parse::<i64>().unwrap())
}

fn decimal(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// The export's rows after these events.
fn exported(events: &[Value]) -> Vec<BTreeMap<&'static str, String>> {
    let mut rows: BTreeMap<String, BTreeMap<&'static str, String>> = BTreeMap::new();
    let purchases = ["INITIAL_PURCHASE", "RENEWAL", "NON_RENEWING_PURCHASE"];
    for event in events
        .iter()
        .filter(|event| purchases.contains(&event["type"].as_str().unwrap()))
    {
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let paid = decimal(thousandths(&event["price_in_purchased_currency"]));
        let renews = event["type"] != "NON_RENEWING_PURCHASE";
        let mut row = BTreeMap::from([
            ("store_transaction_id", text("transaction_id")),
            (
                "original_store_transaction_id",
                text("original_transaction_id"),
            ),
            ("store", text("store").to_lowercase()),
            ("start_time", day(&event["purchased_at_ms"])),
            ("is_auto_renewable", renews.to_string()),
            ("is_sandbox", "false".to_owned()),
            ("purchased_currency", text("currency")),
            ("purchase_price_in_purchased_currency", paid.clone()),
            ("price_in_purchased_currency", paid),
            ("tax_percentage", event["tax_percentage"].to_string()),
            (
                "commission_percentage",
                event["commission_percentage"].to_string(),
            ),
            ("renewal_number", event["renewal_number"].to_string()),
            ("product_identifier", text("product_id")),
            ("rc_original_app_user_id", text("original_app_user_id")),
            ("rc_last_seen_app_user_id_alias", text("app_user_id")),
            (
                "custom_subscriber_attributes",
                event["subscriber_attributes"].to_string(),
            ),
        ]);
        if renews {
            row.insert("end_time", day(&event["expiration_at_ms"]));
        }
        rows.insert(text("transaction_id"), row);
    }
    // RevenueCat tells one refund twice at times.
    let mut told = BTreeSet::new();
    for event in events {
        let back = thousandths(&event["price_in_purchased_currency"]);
        let Some(row) = rows
            .get_mut(event["transaction_id"].as_str().unwrap())
            .filter(|_| back < 0)
        else {
            continue;
        };
        let when = &day(&event["event_timestamp_ms"])[..10];
        if !told.insert((event["transaction_id"].to_string(), back, when.to_owned())) {
            continue;
        }
        let left = thousandths(&serde_json::from_str(&row["price_in_purchased_currency"]).unwrap());
        row.insert("price_in_purchased_currency", decimal(left + back));
        row.insert("refunded_at", day(&event["event_timestamp_ms"]));
        row.insert("updated_at", day(&event["event_timestamp_ms"]));
    }
    rows.into_values().collect()
}

async fn import(
    reconciler: &Reconciler,
    source: &Source,
    rows: &[BTreeMap<&'static str, String>],
) -> usize {
    let events = rows.iter().flat_map(|row| {
        export::events(
            &row.iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect(),
        )
    });
    reconciler
        .found(source, events.collect(), Goal::Apply)
        .await
        .unwrap()
        .len()
}

/// Of the deliveries, those that arrive are told by their number; the export makes good the others.
async fn makes_good(db: TestDb, arrives: fn(usize) -> bool) {
    let fixtures: Vec<_> = SCENARIOS.iter().map(|name| fixture(name)).collect();
    let all = fixtures.iter().flat_map(|fixture| &fixture.deliveries);
    let all: Vec<_> = all.collect();
    let event = |body: &str| serde_json::from_str::<Value>(body).unwrap()["event"].clone();
    let events: Vec<Value> = all.iter().map(|sent| event(&sent.body)).collect();
    let nowhere = "http://127.0.0.1:9";
    let (mut app, reconciler, source) =
        server(&db, "revenuecat", nowhere, Settings::default()).await;
    for fixture in &fixtures {
        app.prepare("source", fixture).await;
    }
    for (_, sent) in all.iter().enumerate().filter(|(n, _)| arrives(*n)) {
        app.deliver("source", &sent.headers, &sent.body).await;
    }
    app.settle().await;
    let export = exported(&events);
    import(&reconciler, &source, &export).await;
    app.settle().await;
    let whole = money(promised(fixtures.iter().copied()));
    same(&money(ledger(&app).await), &whole);
    let before = rows(&app).await;
    assert_eq!(import(&reconciler, &source, &export).await, 0);
    app.settle().await;
    assert_eq!(rows(&app).await, before);
}

on_both_databases! {
    async fn an_export_makes_good_what_was_never_delivered(db: TestDb) {
        makes_good(db, |_| false).await;
    }

    async fn an_export_makes_good_every_second_delivery(db: TestDb) {
        makes_good(db, |n| n.is_multiple_of(2)).await;
    }

    async fn an_export_makes_good_one_delivery(db: TestDb) {
        makes_good(db, |n| n != 1).await;
    }

    async fn an_export_adds_nothing_to_what_was_delivered(db: TestDb) {
        makes_good(db, |_| true).await;
    }
}
