//! What cannot be processed holds up nothing else, is marked, and can be repaired.

use tributary::args;
use tributary::audit::audit;
use tributary::reprocess::{Filter, reprocess};
use tributary::store::{Statement, Value};

use crate::scene::{NOW, Scene};
use crate::support::shipped::fixture;

static BODIES: Statement = Statement::new(
    "select event_id, body from event_bodies where organization_id = $1 order by event_id",
);
static SET_BODY: Statement = Statement::new(
    "update event_bodies set body = $3 where organization_id = $1 and event_id = $2",
);
static STATES: Statement = Statement::new(
    "select state, count(*) as n from events where organization_id = $1 group by state order by state",
);

static DAMAGE_FACT: Statement = Statement::new(
    "update facts set body = $2 where organization_id = $1
     and key = (select min(f.key) from facts f where f.organization_id = $1)
     returning neighbourhood_id",
);
static ALL_DUE: Statement =
    Statement::new("update neighbourhoods set due_at = 0 where organization_id = $1");
static DUE: Statement = Statement::new(
    "select id, due_at from neighbourhoods where organization_id = $1 and due_at is not null",
);

const HOUR_MICROS: i64 = 3_600_000_000;

/// How many events are in each state.
async fn states(scene: &Scene) -> Vec<(String, i64)> {
    let rows = scene.run(&STATES, args![scene.org.as_str()]).await;
    let shown = rows
        .iter()
        .map(|row| state(row.text("state").unwrap(), row.int("n").unwrap()));
    shown.collect()
}

fn state(name: &str, count: i64) -> (String, i64) {
    (name.to_owned(), count)
}

async fn again(scene: &Scene) {
    let all = Filter::default();
    reprocess(
        &scene.tools,
        &scene.org,
        &tributary::actor::Actor::Command,
        &all,
        false,
    )
    .await
    .unwrap();
}

async fn is_clean(scene: &Scene) -> bool {
    audit(&*scene.store, NOW, &scene.org).await.unwrap().clean
}

on_both_databases! {
    async fn an_event_that_cannot_be_processed_holds_up_no_other_and_can_be_repaired(db: TestDb) {
        let scene = Scene::new(&db).await;
        let org = scene.org.clone();
        let own = fixture("stripe/f13-two-partial-refunds");
        let source = scene.prepare("stripe", own).await;
        scene.deliver_at_once(scene.arrivals(&source, own)).await;
        let bodies = scene.run(&BODIES, args![org.as_str()]).await;
        let (first, body) = (bodies[0].text("event_id").unwrap(), bodies[0].bytes("body").unwrap());
        scene.run(&SET_BODY, args![org.as_str(), first, vec![0xff_u8; 3]]).await;

        scene.work().await;
        let processed = i64::try_from(bodies.len()).unwrap() - 1;
        assert_eq!(states(&scene).await, [state("failed", 1), state("processed", processed)]);

        scene.run(&SET_BODY, args![org.as_str(), first, body.to_vec()]).await;
        again(&scene).await;
        assert_eq!(states(&scene).await, [state("processed", processed + 1)]);
        assert!(is_clean(&scene).await);
    }

    async fn a_neighbourhood_that_cannot_be_folded_holds_up_no_other_and_is_tried_again(db: TestDb) {
        let scene = Scene::new(&db).await;
        let org = scene.org.clone();
        scene.feed("stripe/f13-two-partial-refunds").await;
        let damaged = scene.run(&DAMAGE_FACT, args![org.as_str(), Value::Bytes(b"damaged".to_vec())]).await;
        let damaged = damaged[0].text("neighbourhood_id").unwrap();
        scene.feed("polar/p10-two-partial-refunds").await;
        scene.run(&ALL_DUE, args![org.as_str()]).await;

        scene.feed("stripe/f18-dispute-lost").await;
        let states = states(&scene).await;
        assert!(!states.iter().any(|(state, _)| state == "failed" || state == "received"), "{states:?}");
        let due = scene.run(&DUE, args![org.as_str()]).await;
        assert_eq!(due.len(), 1);
        assert_eq!(due[0].text("id").unwrap(), damaged);
        assert_eq!(due[0].int("due_at").unwrap(), NOW.0 + HOUR_MICROS);

        again(&scene).await;
        assert!(is_clean(&scene).await);
        assert!(scene.run(&DUE, args![org.as_str()]).await.is_empty());
    }
}
