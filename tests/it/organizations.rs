//! The first start on an empty database.

use std::sync::Arc;

use tokio::task::JoinSet;
use tributary::clock::TestClock;
use tributary::id::IdSource;
use tributary::organization;

use crate::scene::NOW;

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
}
