//! The figures that the writer keeps: they are what summing up again would say, on whatever way the ledger came to be.

use tributary::actor::Actor;
use tributary::args;
use tributary::audit::audit;
use tributary::ledger::writer::figures;
use tributary::reprocess::{Filter, reprocess};
use tributary::store::{Row, Statement};

use crate::scene::{NOW, Scene};
use crate::support::dice::Dice;
use crate::support::shipped::fixture;

static DAYS: Statement = Statement::new(
    "select day, currency, sales, gross, net, refunded, disputed, commission, taken_back, leads from daily_figures
     where organization_id = $1 and by_partner = 0 and not (sales = 0 and gross = 0 and refunded = 0 and disputed = 0
         and commission = 0 and taken_back = 0 and leads = 0)
     order by currency, day, processor",
);
static TAKEN: Statement = Statement::new(
    "select cast(sum(refunded) as bigint) as refunded, cast(sum(disputed) as bigint) as disputed,
         cast(sum(commission_full - commission_left) as bigint) as taken_back from sales where organization_id = $1",
);
static BREAK_DAYS: Statement = Statement::new(
    "update daily_figures set net = net + 1 where organization_id = $1 and by_partner = 1 and sales = 1",
);
static BREAK_ALL_PARTNERS: Statement = Statement::new(
    "update daily_figures set sales = sales + 1 where organization_id = $1 and by_partner = 0 and sales = 1",
);
static BREAK_BALANCES: Statement =
    Statement::new("update balances set held = held + 1 where organization_id = $1");
static BREAK_CLICKS: Statement =
    Statement::new("update daily_clicks set clicks = clicks + 1 where organization_id = $1");
static BREAK_TAKINGS: Statement =
    Statement::new("update sale_takings set refunded = refunded + 1 where organization_id = $1");
static LOSE_BALANCES: Statement = Statement::new("delete from balances where organization_id = $1");

const REFUNDED: &str = "stripe/f13-two-partial-refunds";

/// What the audit finds, as `what field`.
async fn found(scene: &Scene) -> Vec<String> {
    let report = audit(&*scene.store, NOW, &scene.org).await.unwrap();
    let differences = report.differences.iter();
    differences
        .map(|d| format!("{} {}", d.what, d.field))
        .collect()
}

async fn days(scene: &Scene) -> Vec<Row> {
    scene.run(&DAYS, args![scene.org.as_str()]).await
}

fn sum(rows: &[Row], column: &'static str) -> i64 {
    rows.iter().map(|row| row.int(column).unwrap()).sum()
}

on_both_databases! {
    async fn a_figure_changed_by_hand_is_named_and_put_right(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed(REFUNDED).await;
        assert_eq!(found(&scene).await, Vec::<String>::new());
        for (statement, named) in [
            (&BREAK_DAYS, "figure net of bob"),
            (&BREAK_ALL_PARTNERS, "figure sales of all partners by stripe"),
            (&BREAK_BALANCES, "balance held in usd"),
            (&BREAK_CLICKS, "figure clicks of bob"),
            (&LOSE_BALANCES, "balance row in usd"),
        ] {
            scene.run(statement, args![scene.org.as_str()]).await;
            let found_now = found(&scene).await;
            assert!(found_now.iter().any(|told| told.starts_with(named)), "{named}: {found_now:?}");
            figures::mend(&*scene.store, &scene.org, NOW).await.unwrap();
            assert_eq!(found(&scene).await, Vec::<String>::new(), "{named}");
        }
    }

    async fn a_refund_moved_to_another_day_is_named_and_folded_right(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed(REFUNDED).await;
        let before = days(&scene).await;
        scene.run(&BREAK_TAKINGS, args![scene.org.as_str()]).await;
        let named = found(&scene).await;
        assert!(named.iter().any(|told| told == "sale takings"), "{named:?}");
        figures::mend(&*scene.store, &scene.org, NOW).await.unwrap();
        reprocess(&scene.tools, &scene.org, &Actor::Server, &Filter::default(), false).await.unwrap();
        assert_eq!(found(&scene).await, Vec::<String>::new());
        assert_eq!(days(&scene).await, before);
    }

    async fn what_was_taken_back_counts_on_the_days_of_the_refunds(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed(REFUNDED).await;
        let days = days(&scene).await;
        let taken = &scene.run(&TAKEN, args![scene.org.as_str()]).await[0];
        for column in ["refunded", "disputed", "taken_back"] {
            assert_eq!(sum(&days, column), taken.int(column).unwrap(), "{column}");
        }
        let later: Vec<_> = days.iter().filter(|row| row.int("sales").unwrap() == 0).collect();
        assert!(later.iter().any(|row| row.int("refunded").unwrap() > 0), "{days:?}");
        let sold = days.iter().find(|row| row.int("sales").unwrap() == 1).unwrap();
        assert_eq!(sold.int("taken_back").unwrap(), 0);
    }

    async fn figures_follow_from_what_was_told_in_whatever_order(db: TestDb) {
        let names = [
            REFUNDED,
            "stripe/f01-subscription-checkout",
            "stripe/f03-one-time-checkout-refunded",
            "stripe/f18-dispute-lost",
            "stripe/f18-dispute-open",
            "stripe/f18-dispute-lost-after-refund",
            "polar/p10-two-partial-refunds",
        ];
        let in_order = Scene::numbered(&db, 1).await;
        for name in names {
            in_order.feed(name).await;
        }
        let shuffled = Scene::numbered(&db, 2).await;
        let mut arrivals = Vec::new();
        for name in names {
            let source = shuffled.prepare(name, fixture(name)).await;
            arrivals.extend(shuffled.arrivals(&source, fixture(name)));
        }
        Dice(5).shuffle(&mut arrivals);
        for arrival in arrivals {
            shuffled.inbox.accept(arrival).await.unwrap();
            shuffled.work().await;
        }
        assert_eq!(found(&shuffled).await, Vec::<String>::new());
        assert_eq!(days(&shuffled).await, days(&in_order).await);
    }
}
