//! Labels that no database could keep, in every place where the fixtures have a click, a code or an
//! address: they cost no sale, and nobody is paid for them.

use axum::http::StatusCode;
use providers::Writer;
use tributary::fixtures::{Fixture, Sale};

use super::ledger::{sales, states};
use crate::support::TestDb;
use crate::support::app::TestApp;
use crate::support::labels::{hostile as unlikely, labelled};
use crate::support::shipped;

/// What a buyer writes, in the form in which it stands in a delivery.
fn hostile(body: &str) -> [String; 2] {
    let is_json = body.trim_start().starts_with('{');
    let nul = if is_json { "a\\u0000b" } else { "a%00b" };
    [nul.to_owned(), "x".repeat(3_000)]
}

fn with_labels(fixture: &Fixture, body: &str, label: &str) -> String {
    let clicks = fixture.clicks.iter().map(|click| &click.id);
    let codes = fixture.codes.iter().map(|code| &code.code);
    let mut labels: Vec<&String> = clicks.chain(codes).collect();
    // The longest first: one may be part of another.
    labels.sort_by_key(|label| std::cmp::Reverse(label.len()));
    let body = labels
        .iter()
        .fold(body.to_owned(), |body, one| body.replace(*one, label));
    body.replace("@example", &format!("{label}@example"))
}

async fn deliver_all(processor: &str, db: TestDb) {
    let service = TestApp::start(&db).await;
    let labelled = shipped::of(processor).into_iter().filter(|fixture| {
        let labels = fixture.clicks.len() + fixture.codes.len();
        // A number in JSON cannot be replaced by a text.
        let number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        let numbers = fixture.clicks.iter().any(|click| number(&click.id));
        labels > 0 && fixture.calls.is_empty() && !numbers
    });
    for fixture in labelled {
        let mut failed = None;
        for which in [None, Some(0), Some(1)] {
            let mut app = service.another_organization().await;
            app.prepare("source", fixture).await;
            for sent in &fixture.deliveries {
                let body = which.map_or_else(
                    || sent.body.clone(),
                    |which: usize| with_labels(fixture, &sent.body, &hostile(&sent.body)[which]),
                );
                let status = app.deliver("source", &sent.headers, &body).await;
                assert_eq!(status, StatusCode::OK);
            }
            app.settle().await;
            let about = format!("{} {which:?}", shipped::name(fixture));
            let sales = sales(&app).await;
            assert_eq!(sales.len(), fixture.expect.sales.len(), "{about}");
            let states = states(&app).await;
            if which.is_none() {
                failed = states.get("failed").copied();
                continue;
            }
            let organic = sales.iter().all(|sale| sale.partner.is_none());
            assert!(organic, "{about} {sales:#?}");
            assert_eq!(states.get("failed").copied(), failed, "{about}");
        }
    }
}

/// Two fixtures of each processor, with what nobody's id looks like in all places of buyers and merchants at once.
async fn deliver_unlikely(db: TestDb) {
    let service = TestApp::start(&db).await;
    for adapter in providers::adapters() {
        let about = adapter.about();
        let writable = about.places.iter();
        let writable = writable.filter(|place| place.writer != Writer::Processor);
        let writable: Vec<&str> = writable.map(|place| place.name).collect();
        let sold = shipped::of(about.id).into_iter().filter(|fixture| {
            !fixture.expect.sales.is_empty()
                && fixture.calls.is_empty()
                && fixture.expect.parked == 0
        });
        for (fixture, text) in sold
            .take(2)
            .flat_map(|f| unlikely().into_iter().map(move |t| (f, t)))
        {
            let mut app = service.another_organization().await;
            app.prepare("source", fixture).await;
            let written = labelled(fixture, &writable, &text);
            for sent in &written.deliveries {
                let status = app.deliver("source", &sent.headers, &sent.body).await;
                assert_eq!(status, StatusCode::OK);
            }
            app.settle().await;
            let about = format!("{}, {}", shipped::name(fixture), text.name);
            let paid = |sale: &Sale| (sale.invoice_id.clone(), sale.net_amount, sale.gross.clone());
            let found: Vec<_> = sales(&app).await.iter().map(paid).collect();
            let promised = shipped::promised([fixture]).sales;
            assert_eq!(
                found,
                promised.iter().map(paid).collect::<Vec<_>>(),
                "{about}"
            );
            assert_eq!(states(&app).await.get("failed"), None, "{about}");
        }
    }
}

on_both_databases! {
    async fn what_nobodys_id_looks_like_costs_no_sale_on_the_whole_way(db: TestDb) {
        deliver_unlikely(db).await;
    }

    async fn labels_that_cannot_be_kept_cost_no_sale_of_stripe(db: TestDb) {
        deliver_all("stripe", db).await;
    }

    async fn labels_that_cannot_be_kept_cost_no_sale_of_shopify(db: TestDb) {
        deliver_all("shopify", db).await;
    }

    async fn labels_that_cannot_be_kept_cost_no_sale_of_paddle(db: TestDb) {
        deliver_all("paddle", db).await;
    }

    async fn labels_that_cannot_be_kept_cost_no_sale_of_paddle_classic(db: TestDb) {
        deliver_all("paddle-classic", db).await;
    }

    async fn labels_that_cannot_be_kept_cost_no_sale_of_polar(db: TestDb) {
        deliver_all("polar", db).await;
    }

    async fn labels_that_cannot_be_kept_cost_no_sale_of_revenuecat(db: TestDb) {
        deliver_all("revenuecat", db).await;
    }
}
