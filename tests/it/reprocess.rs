//! Stored deliveries read again: the dry run shows what the real run does, and nothing is edited.

use providers::Settings;
use tributary::actor::Actor;
use tributary::args;
use tributary::audit::audit;
use tributary::fixtures::Fixture;
use tributary::reprocess::{Change, Filter, ReprocessReport, reprocess};
use tributary::store::Statement;

use crate::scene::{NOW, Scene};
use crate::support::shipped::fixture;

static SET_SETTINGS: Statement =
    Statement::new("update sources set settings = $3 where organization_id = $1 and id = $2");
static ENTRIES: Statement =
    Statement::new("select id, amount from entries where organization_id = $1 order by id");
static SALES: Statement = Statement::new(
    "select id, partner_id, updated_at from sales where organization_id = $1 order by id",
);
static DELETE_FACTS: Statement = Statement::new(
    "delete from facts where organization_id = $1 and event_id in (
         select e.id from events e where e.organization_id = $1 and e.type like '%refund%')
     returning key",
);
static DELETE_BODIES: Statement =
    Statement::new("delete from event_bodies where organization_id = $1 returning event_id");

const FIXTURE: &str = "polar/p10-two-partial-refunds";

async fn run(scene: &Scene, dry_run: bool) -> ReprocessReport {
    let filter = Filter::default();
    reprocess(&scene.tools, &scene.org, &Actor::Command, &filter, dry_run)
        .await
        .unwrap()
}

async fn clean(scene: &Scene) -> bool {
    audit(&*scene.store, NOW, &scene.org).await.unwrap().clean
}

async fn entries(scene: &Scene) -> Vec<(String, i64)> {
    let rows = scene.run(&ENTRIES, args![scene.org.as_str()]).await;
    let entry = |row: &tributary::store::Row| {
        (
            row.text("id").unwrap().to_owned(),
            row.int("amount").unwrap(),
        )
    };
    rows.iter().map(entry).collect()
}

/// A shop that puts its click id under a key of its own.
fn own_key() -> Fixture {
    let mut own = fixture(FIXTURE).clone();
    for delivered in &mut own.deliveries {
        for key in providers::settings::CLICK_KEYS {
            delivered.body = delivered.body.replace(&format!("\"{key}\""), "\"aff\"");
        }
    }
    own
}

on_both_databases! {
    async fn a_changed_setting_is_shown_and_then_applied(db: TestDb) {
        let scene = Scene::new(&db).await;
        let source = scene.feed_as("polar", &own_key()).await;
        assert!(clean(&scene).await);
        assert_eq!(entries(&scene).await, []);
        let settings = r#"{"clickKeys":["aff"]}"#;
        assert!(Settings::from_json(settings).is_some());
        scene.run(&SET_SETTINGS, args![scene.org.as_str(), source.as_str(), settings]).await;
        assert!(!clean(&scene).await);

        let shown = run(&scene, true).await;
        assert_eq!(entries(&scene).await, []);
        assert_eq!(shown.sales.len(), 1, "{shown:?}");
        assert_eq!(shown.sales[0].change, Change::Changes);
        assert!(shown.sales[0].fields.iter().any(|f| f.field == "partner_id" && f.before.is_empty()));
        assert_eq!(shown.commissions.len(), 1, "{shown:?}");
        assert_eq!(shown.commissions[0].before, 0);

        let done = run(&scene, false).await;
        assert_eq!((&done.sales, &done.commissions), (&shown.sales, &shown.commissions));
        let sum: i64 = entries(&scene).await.iter().map(|(_, amount)| amount).sum();
        assert_eq!(sum, shown.commissions[0].after);
        assert!(clean(&scene).await);
        let again = run(&scene, false).await;
        assert_eq!((again.sales.len(), again.commissions.len()), (0, 0), "{again:?}");
    }

    async fn nothing_changes_where_nothing_has_changed(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed_all().await;
        let before = entries(&scene).await;
        for dry_run in [true, false] {
            let report = run(&scene, dry_run).await;
            assert!(report.events_read >= report.events_found);
            assert_eq!((report.sales, report.commissions), (Vec::new(), Vec::new()));
        }
        assert_eq!(entries(&scene).await, before);
        assert!(clean(&scene).await);
    }

    async fn lost_facts_come_back(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f13-two-partial-refunds").await;
        let before = entries(&scene).await;
        let lost = scene.run(&DELETE_FACTS, args![scene.org.as_str()]).await;
        assert!(!lost.is_empty());
        assert!(!clean(&scene).await);
        run(&scene, false).await;
        assert!(clean(&scene).await);
        assert_eq!(entries(&scene).await, before);
    }

    async fn what_deliveries_left_whose_body_is_gone_stays(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f25-manual-call-with-invoice-id").await;
        let before = scene.run(&SALES, args![scene.org.as_str()]).await;
        scene.run(&DELETE_BODIES, args![scene.org.as_str()]).await;
        let report = run(&scene, false).await;
        assert_eq!((report.events_found, report.sales.len()), (0, 0));
        assert_eq!(scene.run(&SALES, args![scene.org.as_str()]).await, before);
        assert!(clean(&scene).await);
    }

    async fn a_filter_finds_events_by_what_they_are(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        scene.feed(FIXTURE).await;
        let found = async |filter: Filter| {
            let report = reprocess(&scene.tools, &scene.org, &Actor::Command, &filter, true).await.unwrap();
            report.events_found
        };
        let stripe = fixture("stripe/f01-subscription-checkout").deliveries.len();
        let polar = fixture(FIXTURE).deliveries.len();
        assert_eq!(found(Filter::default()).await, stripe + polar);
        assert_eq!(found(Filter { processor: Some("stripe".into()), ..Filter::default() }).await, stripe);
        assert_eq!(found(Filter { event_type: Some("invoice.paid".into()), ..Filter::default() }).await, 1);
        assert_eq!(found(Filter { state: Some("failed".into()), ..Filter::default() }).await, 0);
        assert_eq!(found(Filter { until: Some(NOW), ..Filter::default() }).await, 0);
        assert_eq!(found(Filter { since: Some(NOW), ..Filter::default() }).await, stripe + polar);
    }
}
