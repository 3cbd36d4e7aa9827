//! Every number of a sale can explain itself.

use tributary::args;
use tributary::explain::{Explanation, explain};
use tributary::store::Statement;

use crate::scene::{NOW, Scene};
use crate::support::shipped::fixture;

static DELETE_BODIES: Statement =
    Statement::new("delete from event_bodies where organization_id = $1");
static ALL_SALES: Statement =
    Statement::new("select id from sales where organization_id = $1 order by id");
static ALL_CUSTOMERS: Statement =
    Statement::new("select email, name from customers where organization_id = $1");

static NAME_ALICE: Statement = Statement::new(
    "update partners set name = 'Alice of the Blog' where organization_id = $1 and id = 'alice'",
);

const INVOICE: &str = "in_1TYlTjb0Wngst608I884yDX1";

async fn explained(scene: &Scene, id: &str) -> Explanation {
    let explanation = explain(&*scene.store, NOW, &scene.org, id).await.unwrap();
    explanation.unwrap()
}

fn says(explanation: &Explanation) -> Vec<&str> {
    let told = explanation.deliveries.iter();
    told.flat_map(|told| told.says.iter().map(String::as_str))
        .collect()
}

on_both_databases! {
    async fn all_deliveries_of_a_subscription_checkout_are_named(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        let told = explained(&scene, &scene.sale(INVOICE).await).await;
        let mut types: Vec<&str> = told.deliveries.iter().map(|d| d.event_type.as_str()).collect();
        types.sort_unstable();
        assert_eq!(told.deliveries.len(), fixture("stripe/f01-subscription-checkout").deliveries.len(), "{types:?}");
        for wanted in ["charge.succeeded", "checkout.session.completed", "invoice.paid", "invoice_payment.paid", "payment_intent.succeeded"] {
            assert!(types.contains(&wanted), "{wanted} is not in {types:?}");
        }
        let said = says(&told);
        let paid = format!("document {INVOICE} was paid: 49.00 usd gross, 49.00 usd net");
        assert!(said.contains(&paid.as_str()), "{said:#?}");
        assert!(said.iter().any(|s| s.contains("came with click clk_f01YaIwygJi_alice (client_reference_id)")), "{said:#?}");
        let itself = |s: &&str| s.split_once(" belongs to ").is_some_and(|(a, b)| a == b);
        assert!(!said.iter().any(itself), "{said:#?}");
        assert_eq!(told.names.len(), 4);
        assert!(!told.joins.is_empty());
    }

    async fn the_commission_explains_itself(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        let told = explained(&scene, &scene.sale(INVOICE).await).await;
        assert!(told.attribution.says.starts_with("partner alice (alice): a click came with the payment"));
        let commission = told.commission.unwrap();
        assert_eq!(commission.rule.as_deref(), Some("10 % of the net amount of every sale"));
        assert_eq!(commission.arithmetic, ["10 % of 49.00 usd (net amount) = 4.90 usd"]);
        assert_eq!((commission.full, commission.left, commission.free), (490, 490, 490));
        assert_eq!(told.entries.len(), 1);
        assert_eq!(told.entries[0].running_sum, 490);
        for part in ["What was delivered:", "Brought by partner alice", "Commission rule:", "Ledger:"] {
            assert!(told.text.contains(part), "{part} is missing in:\n{}", told.text);
        }
    }

    async fn the_text_names_the_customer_and_how_it_was_found(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        let told = explained(&scene, &scene.sale(INVOICE).await).await;
        let buyer = told.customer.unwrap();
        let [processor_id] = buyer.processor_ids.as_slice() else {
            panic!("{buyer:?}")
        };
        assert!(processor_id.starts_with("cus_"));
        let line = format!("Bought by customer {}, known as ", buyer.id);
        let line = told.text.lines().find(|l| l.starts_with(&line)).expect(&told.text);
        assert!(line.ends_with(processor_id.as_str()), "{line}");
        let owned = format!("{INVOICE} belongs to customer {processor_id}");
        assert!(buyer.says.iter().any(|s| s.starts_with(&owned)), "{:?}", buyer.says);
        for sentence in &buyer.says {
            assert!(told.text.contains(&format!("\n  {sentence}\n")), "{}", told.text);
        }
    }

    async fn a_guest_is_known_by_the_payment_alone(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("paddle-classic/c15-passthrough-is-plain-text").await;
        let told = explained(&scene, &scene.sale("421737-63780988").await).await;
        let buyer = told.customer.unwrap();
        let says = "known by what came with this payment alone";
        assert_eq!((&buyer.processor_ids[..], &buyer.says[..]), (&[][..], &[says.to_owned()][..]));
        let lines = format!("Bought by customer {}\n  {says}\n", buyer.id);
        assert!(told.text.contains(&lines), "{}", told.text);
    }

    async fn the_text_names_partners_and_the_day_of_a_payout(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        scene.run(&NAME_ALICE, args![scene.org.as_str()]).await;
        let told = explained(&scene, &scene.sale(INVOICE).await).await;
        let available_at = told.commission.unwrap().available_at;
        for part in [
            "Brought by partner Alice of the Blog (alice): a click came with the payment",
            "commission 4.90 usd for Alice of the Blog (alice) = 4.90 usd",
            &format!("may be paid out from {} on", &available_at[..10]),
        ] {
            assert!(told.text.contains(part), "{part} is missing in:\n{}", told.text);
        }
        assert_eq!(told.attribution.credit.unwrap().partner_id, "alice");
        assert_eq!(told.entries[0].partner_id, "alice");
    }

    async fn refunds_and_the_sum_of_entries_are_told(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f13-two-partial-refunds").await;
        let rows = scene.run(&ALL_SALES, args![scene.org.as_str()]).await;
        let told = explained(&scene, rows[0].text("id").unwrap()).await;
        assert!(told.sale.amount_refunded > 0);
        assert!(!told.reversals.is_empty());
        let commission = told.commission.unwrap();
        assert!(commission.left < commission.full);
        assert_eq!(told.entries.last().unwrap().running_sum, commission.left);
    }

    async fn facts_speak_where_the_body_is_gone(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        scene.run(&DELETE_BODIES, args![scene.org.as_str()]).await;
        let told = explained(&scene, &scene.sale(INVOICE).await).await;
        assert!(told.deliveries.iter().all(|d| d.from_stored_facts));
        assert!(says(&told).iter().any(|s| s.contains("was paid")));
    }

    async fn an_unknown_sale_has_no_explanation(db: TestDb) {
        let scene = Scene::new(&db).await;
        let none = explain(&*scene.store, NOW, &scene.org, "sale_0").await.unwrap();
        assert_eq!(none, None);
    }

    async fn personal_data_stands_in_the_customer_member_alone(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed_all().await;
        let mut personal: Vec<String> = Vec::new();
        for row in scene.run(&ALL_CUSTOMERS, args![scene.org.as_str()]).await {
            let email = row.opt_text("email").unwrap().map(str::to_owned);
            let name = row.opt_text("name").unwrap().map(str::to_owned);
            personal.extend(email);
            personal.extend(name.filter(|name| name.contains(' ')));
        }
        assert!(personal.len() > 20);
        let sales = scene.run(&ALL_SALES, args![scene.org.as_str()]).await;
        assert!(sales.len() > 50);
        for row in sales {
            let mut told = explained(&scene, row.text("id").unwrap()).await;
            told.customer = None;
            let shown = serde_json::to_string(&told).unwrap();
            assert!(!shown.contains("@example.com"), "{shown}");
            for text in &personal {
                assert!(!shown.contains(text.as_str()), "{text} is in {shown}");
            }
        }
    }
}
