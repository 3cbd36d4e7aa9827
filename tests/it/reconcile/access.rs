//! Whether a key opens what is asked for: told before a delivery is missed, in the words of the processor's own rights.

use std::sync::Mutex;

use tributary::reconcile::{Access, Missing};

use super::*;
use crate::support::processors::Forbidding;

fn polar() -> Polar {
    Polar {
        key: KEY.to_owned(),
        events: Vec::new(),
        disputes: Vec::new(),
    }
}

fn stripe() -> Stripe {
    Stripe {
        events: BTreeMap::from([(KEY.to_owned(), Vec::new())]),
        clock: Arc::new(TestClock::at(NOW)),
    }
}

fn paths(paths: &[&str]) -> Access {
    let missing = paths.iter().map(|path| Missing {
        right: (*path).to_owned(),
        needed: true,
        wherefore: None,
    });
    Access::Lacking(missing.collect())
}

/// The rights that the key lacks, and whether each is needed.
async fn lacking(reconciler: &Reconciler, source: &Source) -> Vec<(String, bool)> {
    match reconciler.access(source).await.unwrap() {
        Access::Open => Vec::new(),
        Access::Lacking(all) => all.into_iter().map(|one| (one.right, one.needed)).collect(),
        other => panic!("{other:?}"),
    }
}

on_both_databases! {
    async fn a_key_that_is_not_accepted_is_told_and_one_that_is_opens_every_list(db: TestDb) {
        let polar = Processor::start(polar()).await;
        let (app, reconciler, source) = server(&db, "polar", &polar.url(), Settings::default()).await;
        assert_eq!(reconciler.access(&source).await.unwrap(), Access::None);
        keep_key(&app, &source, "polar_oat_of_another").await;
        let Access::Refused(why) = reconciler.access(&source).await.unwrap() else { panic!() };
        assert!(why.contains("401") && !why.contains("polar_oat"), "{why}");
        keep_key(&app, &source, KEY).await;
        assert_eq!(reconciler.access(&source).await.unwrap(), Access::Open);
        assert_eq!(polar.answered(200), 3, "each list once");
        polar.weather(Weather { broken: 1, ..Weather::default() });
        assert!(matches!(reconciler.access(&source).await.unwrap(), Access::Away(_)));
    }

    async fn a_list_that_a_key_may_not_read_is_named(db: TestDb) {
        let forbidding = Forbidding { api: polar(), paths: vec!["/v1/disputes/"] };
        let polar = Processor::start(forbidding).await;
        let (app, reconciler, source) = server(&db, "polar", &polar.url(), Settings::default()).await;
        keep_key(&app, &source, KEY).await;
        assert_eq!(reconciler.access(&source).await.unwrap(), paths(&["/v1/disputes/"]));
    }

    async fn the_lists_that_a_restricted_key_of_stripe_may_not_read_are_named(db: TestDb) {
        let forbidding = Forbidding { api: stripe(), paths: vec!["/v1/refunds", "/v1/events"] };
        let stripe = Processor::start(forbidding).await;
        let (app, reconciler, source) = server(&db, "stripe", &stripe.url(), Settings::default()).await;
        keep_key(&app, &source, KEY).await;
        assert_eq!(reconciler.access(&source).await.unwrap(), paths(&["/v1/refunds", "/v1/events"]));
    }

    async fn shopify_tells_which_scopes_a_key_lacks(db: TestDb) {
        let scopes = Arc::new(Mutex::new(Vec::new()));
        let shop = Shopify { key: KEY.to_owned(), told: Vec::new(), asked: AtomicUsize::new(0), scopes: scopes.clone() };
        let shopify = Processor::start(shop).await;
        let settings = Settings::from_json(r#"{"shop":"acme.myshopify.com"}"#).unwrap();
        let (app, reconciler, source) = server(&db, "shopify", &shopify.url(), settings).await;
        keep_key(&app, &source, KEY).await;
        let lacks = |right: &str, needed: bool| (right.to_owned(), needed);
        for (given, expected) in [
            (vec!["read_orders", "read_customers", "read_all_orders"], vec![]),
            (vec!["write_orders", "read_customers"], vec![lacks("read_all_orders", false)]),
            (vec!["read_orders", "read_all_orders"], vec![lacks("read_customers", true)]),
        ] {
            *scopes.lock().unwrap() = given;
            assert_eq!(lacking(&reconciler, &source).await, expected);
        }
    }
}
