//! The first start on an empty database, and what belongs to the organization that it makes.

use std::sync::Arc;

use providers::{Secret, Settings};
use tokio::task::JoinSet;
use tributary::actor::{Actor, WriteScope};
use tributary::args;
use tributary::clock::TestClock;
use tributary::id::IdSource;
use tributary::organization;
use tributary::seal::Seal;
use tributary::sources::{Desk, KEPT_SECRETS, NewSource, SourceError};
use tributary::store::Statement;

use crate::scene::NOW;

/// As an older program gave short addresses away.
static ROUTE: Statement = Statement::new(
    "insert into source_routes (route, organization_id, source_id) values ('stripe', $1, $2)",
);

on_both_databases! {
    async fn replicas_that_start_together_make_one_organization(db: TestDb) {
        let mut starting = JoinSet::new();
        for seed in 0..8 {
            let store = db.another_replica().await;
            starting.spawn(async move {
                let ids = IdSource::seeded(Arc::new(TestClock::at(NOW)), seed);
                let (organization, made) = organization::first(&*store, &ids, NOW).await.unwrap();
                store.close().await;
                (organization.id, made)
            });
        }
        let started = starting.join_all().await;
        let there = organization::list(&*db.store).await.unwrap();
        assert_eq!(there.len(), 1);
        assert!(started.iter().all(|(id, _)| *id == there[0].id));
        assert_eq!(started.iter().filter(|(_, made)| *made).count(), 1);
    }

    async fn the_short_address_of_a_processor_is_the_oldest_organizations_alone(db: TestDb) {
        let ids = IdSource::seeded(Arc::new(TestClock::at(NOW)), 7);
        let own = organization::create(&*db.store, &ids, &Actor::Command, "Own", NOW).await.unwrap().id;
        let other = organization::create(&*db.store, &ids, &Actor::Command, "Other", NOW.plus_seconds(1)).await.unwrap().id;
        let seal = Seal::new(None);
        let scope = |org| WriteScope::of_server(&*db.store, &ids, org, NOW);
        let desk = Desk { store: &*db.store, seal: &seal, ids: &ids, now: NOW };
        let new = |secret: &str| NewSource {
            processor: "stripe",
            secrets: vec![Secret::new(secret).unwrap()],
            livemode: true,
            settings: Settings::default(),
            may_be_default: true,
        };
        let theirs = desk.add(&scope(&other), new("whsec_theirs_12345")).await.unwrap();
        assert!(!theirs.is_default);
        let ours = desk.add(&scope(&own), new("whsec_ours_1234567")).await.unwrap();
        assert!(ours.is_default);
        assert_eq!(desk.by_route("stripe").await.unwrap().unwrap().organization_id, own);
    }

    async fn a_short_address_that_another_organization_has_is_given_back(db: TestDb) {
        let ids = IdSource::seeded(Arc::new(TestClock::at(NOW)), 7);
        let own = organization::create(&*db.store, &ids, &Actor::Command, "Own", NOW).await.unwrap().id;
        let other = organization::create(&*db.store, &ids, &Actor::Command, "Other", NOW.plus_seconds(1)).await.unwrap().id;
        let seal = Seal::new(None);
        let scope = |org| WriteScope::of_server(&*db.store, &ids, org, NOW);
        let desk = Desk { store: &*db.store, seal: &seal, ids: &ids, now: NOW };
        let new = |secret: &str| NewSource {
            processor: "stripe",
            secrets: vec![Secret::new(secret).unwrap()],
            livemode: true,
            settings: Settings::default(),
            may_be_default: true,
        };
        let theirs = desk.add(&scope(&other), new("whsec_theirs_12345")).await.unwrap();
        let mut transaction = db.store.begin().await.unwrap();
        transaction.run(&ROUTE, args![other.as_str(), theirs.id.as_str()]).await.unwrap();
        transaction.commit().await.unwrap();
        let ours = desk.add(&scope(&own), new("whsec_ours_1234567")).await.unwrap();
        assert!(!ours.is_default);

        let refused = desk.make_default(&scope(&other), &theirs.id).await;
        assert!(matches!(refused, Err(SourceError::NotOldest(_))), "{refused:?}");
        let before = desk.make_default(&scope(&own), &ours.id).await.unwrap().unwrap();
        assert_eq!(before.url("https://pay.example"), format!("https://pay.example/webhooks/stripe/{}", theirs.id));
        assert_eq!(desk.by_route("stripe").await.unwrap().unwrap().id, ours.id);
        assert_eq!(desk.by_route(&theirs.id).await.unwrap().unwrap().organization_id, other);
        assert!(desk.make_default(&scope(&own), &ours.id).await.unwrap().is_none());
    }

    async fn of_two_changes_to_a_source_at_the_same_time_none_is_lost(db: TestDb) {
        let ids = Arc::new(IdSource::seeded(Arc::new(TestClock::at(NOW)), 7));
        let own = organization::create(&*db.store, &ids, &Actor::Command, "Own", NOW).await.unwrap().id;
        let secret = |number: usize| Secret::new(&format!("whsec_number_{number}_x")).unwrap();
        let new = NewSource {
            processor: "stripe",
            secrets: vec![secret(0)],
            livemode: true,
            settings: Settings::default(),
            may_be_default: true,
        };
        let seal = Seal::new(None);
        let scope = |org| WriteScope::of_server(&*db.store, &ids, org, NOW);
        let desk = Desk { store: &*db.store, seal: &seal, ids: &ids, now: NOW };
        let source = desk.add(&scope(&own), new).await.unwrap();
        let mut rotating = JoinSet::new();
        for number in 1..KEPT_SECRETS {
            let (store, ids, org, id) = (db.store.clone(), ids.clone(), own.clone(), source.id.clone());
            rotating.spawn(async move {
                let seal = Seal::new(None);
                let desk = Desk { store: &*store, seal: &seal, ids: &ids, now: NOW };
                desk.rotate(&WriteScope::of_server(&*store, &ids, &org, NOW), &id, secret(number), false).await.unwrap();
            });
        }
        rotating.join_all().await;
        let kept = desk.get(&own, &source.id).await.unwrap().secrets;
        assert_eq!(kept.len(), KEPT_SECRETS);
    }
}
