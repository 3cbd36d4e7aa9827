//! Calls about a customer with more payments than are folded within a batch.

use std::sync::Arc;

use providers::Currency;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tributary::ledger::calls::{Call, LeadCall, Person, SaleCall};
use tributary::ledger::writer::Answer;
use tributary::store::Statement;

use super::{DUE, Gated, NAME, SALES, crowded, number, payment, payments};
use crate::scene::Scene;
use crate::support::TestDb;
use crate::support::shipped::fixture;

static TAKEN: Statement = Statement::new(
    "select count(*) as n from events where organization_id = $1 and state = 'parked'
     and reason = 'waits until its customer''s many payments are added up'",
);
static FOLDS: Statement = Statement::new(
    "select max(revision) as n from neighbourhoods where organization_id = $1 and facts > 1000",
);

static RECEIVED: Statement = Statement::new(
    "select count(*) as n from events where organization_id = $1 and state = 'received'",
);

fn person(id: &str) -> Person {
    Person {
        external_id: id.to_owned(),
        email: None,
        name: None,
        avatar: None,
    }
}

fn click_id() -> String {
    fixture(NAME).clicks[0].id.clone()
}

fn sale(customer: &str, invoice: &str) -> Call {
    Call::Sale(SaleCall {
        click_id: click_id(),
        customer: person(customer),
        amount: 5_000,
        currency: Currency::parse("usd").unwrap(),
        event_name: "Purchase".to_owned(),
        invoice_id: Some(invoice.to_owned()),
        payment_processor: "custom".to_owned(),
        metadata: None,
        occurred_at: None,
        imported: false,
    })
}

fn lead(customer: &str) -> Call {
    Call::Lead(LeadCall {
        click_id: click_id(),
        customer: person(customer),
        event_name: "Sign Up".to_owned(),
        metadata: None,
        occurred_at: None,
    })
}

/// A world in which the merchant knows the customer with the many payments as `giant`.
async fn known(db: &TestDb) -> (Scene, String) {
    let (scene, source) = crowded(db).await;
    let invoice = payment(0).expect.sales[0].invoice_id.clone();
    // It never gets to fold, and so folds nothing later on.
    let (writer, _closed) = behind(&scene);
    let mut call = sale("giant", &invoice);
    if let Call::Sale(sale) = &mut call {
        sale.customer.name = Some("Ada".to_owned());
    }
    let told = writer.call(&call).await;
    assert!(
        matches!(told, Answer::Duplicate { sale_id: Some(_) }),
        "{told:?}"
    );
    scene.work().await;
    assert_eq!(number(&scene, &TAKEN).await, 0);
    (scene, source)
}

/// Writers of their own, which fold nothing that is large until the gate is opened.
fn behind(scene: &Scene) -> (Arc<Scene>, Arc<Gated>) {
    let gated = Gated::new(scene.store.clone(), false, None);
    (Arc::new(scene.through(gated.clone())), gated)
}

fn open(gated: &Gated) {
    gated.gate.add_permits(Semaphore::MAX_PERMITS >> 1);
}

fn calling(scene: &Arc<Scene>, call: Call, key: Option<&'static str>) -> JoinHandle<Answer> {
    let scene = scene.clone();
    tokio::spawn(async move { scene.call_as(&call, key).await })
}

/// Waits until so many calls are in the ledger and nothing more.
async fn taken(scene: &Scene, calls: i64) {
    while number(scene, &TAKEN).await < calls {
        tokio::task::yield_now().await;
    }
}

fn sold(answer: Answer) -> (String, i64, i64) {
    match answer {
        Answer::Sale(sale) => (sale.id, sale.amount, sale.commission),
        other => panic!("{other:?}"),
    }
}

on_both_databases! {
    async fn a_call_of_a_large_customer_is_folded_while_strangers_go_on(db: TestDb) {
        let (scene, _) = known(&db).await;
        let (behind, gated) = behind(&scene);
        let giant = calling(&behind, sale("giant", "own-1"), None);
        taken(&scene, 1).await;
        let stranger = sold(behind.call(&sale("stranger", "own-2")).await);
        assert!(!giant.is_finished());
        assert_eq!(number(&scene, &DUE).await, 1);
        open(&gated);
        let giant = sold(giant.await.unwrap());
        assert_eq!((giant.1, giant.2), (stranger.1, stranger.2));
        assert!(giant.2 > 0 && giant.0 != stranger.0);
        assert_eq!((number(&scene, &TAKEN).await, number(&scene, &DUE).await), (0, 0));
        assert_eq!(number(&scene, &SALES).await, 122);
    }

    async fn calls_of_one_large_customer_share_a_fold(db: TestDb) {
        let (scene, _) = known(&db).await;
        let before = number(&scene, &FOLDS).await;
        let (behind, gated) = behind(&scene);
        let mut calls: JoinSet<Answer> = JoinSet::new();
        for n in 0..12 {
            let behind = behind.clone();
            calls.spawn(async move { behind.call(&sale("giant", &format!("own-{n}"))).await });
        }
        let lead = calling(&behind, lead("giant"), None);
        taken(&scene, 13).await;
        open(&gated);
        for answer in calls.join_all().await {
            sold(answer);
        }
        let Answer::Lead(lead) = lead.await.unwrap() else { panic!() };
        assert_eq!(lead.link.unwrap().key, "bob");
        assert_eq!(lead.customer.name.as_deref(), Some("Ada"));
        assert_eq!(number(&scene, &FOLDS).await, before + 1);
        assert_eq!(number(&scene, &SALES).await, 132);
    }

    async fn an_invoice_of_a_large_customer_is_a_duplicate_before_it_is_folded_too(db: TestDb) {
        let (scene, source) = known(&db).await;
        let (behind, gated) = behind(&scene);
        let first = calling(&behind, sale("giant", "own-1"), None);
        taken(&scene, 1).await;
        let second = behind.call(&sale("giant", "own-1")).await;
        assert!(matches!(second, Answer::Duplicate { .. }), "{second:?}");
        // Of this one its processor tells before it is folded.
        let told = payment(120).expect.sales[0].invoice_id.clone();
        let told = calling(&behind, sale("giant", &told), None);
        taken(&scene, 2).await;
        scene.deliver_at_once(payments(&scene, &source, 120..121)).await;
        while number(&scene, &RECEIVED).await > 0 {
            tokio::task::yield_now().await;
        }
        open(&gated);
        sold(first.await.unwrap());
        let told = told.await.unwrap();
        assert!(matches!(told, Answer::Duplicate { sale_id: Some(_) }), "{told:?}");
        assert_eq!(number(&scene, &SALES).await, 122);
    }

    async fn a_key_repeats_the_first_answer_also_after_a_crash_before_it_was_given(db: TestDb) {
        let (scene, source) = known(&db).await;
        let (behind, _gated) = behind(&scene);
        let lost = calling(&behind, sale("giant", "own-1"), Some("once"));
        taken(&scene, 1).await;
        lost.abort();
        drop(behind);
        let writer = Arc::new(scene.through(scene.store.clone()));
        let again = calling(&writer, sale("giant", "own-1"), Some("once"));
        let at_once = calling(&writer, sale("giant", "own-1"), Some("once"));
        let (again, at_once) = (again.await.unwrap(), at_once.await.unwrap());
        assert_eq!(again, at_once);
        let first = sold(again.clone());
        assert_eq!(first.1, 5_000);
        let other = writer.call_as(&sale("giant", "own-2"), Some("once")).await;
        assert_eq!(other, Answer::KeyReused);
        let unkeyed = writer.call(&sale("giant", "own-1")).await;
        assert_eq!(unkeyed, Answer::Duplicate { sale_id: Some(first.0) });
        scene.deliver_at_once(payments(&scene, &source, 120..121)).await;
        scene.work().await;
        assert_eq!(writer.call_as(&sale("giant", "own-1"), Some("once")).await, again);
        writer.work().await;
        assert_eq!(number(&scene, &SALES).await, 122);
    }
}
