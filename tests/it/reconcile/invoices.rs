//! What Stripe's invoices leave out and its API tells: of many lines those beyond the first ten, and what an invoice was paid with.

use axum::http::Method;

use super::*;
use crate::http::ledger::sales;
use crate::support::processors::Forbidding;
use crate::support::processors::stripe::shown;

/// Eleven seats at 10, and then the plan at 90: the delivery ends before it.
fn many() -> Value {
    let line = |n: i64, price: &str, amount: i64| {
        json!({"id": format!("il_{n}"), "object": "line_item", "amount": amount, "currency": "usd", "livemode": true,
            "pricing": {"type": "price_details", "price_details": {"price": price, "product": "prod_1"}}})
    };
    let seats = (1..12).map(|n| line(n, "price_seat", 1_000));
    let lines: Vec<Value> = seats.chain([line(12, "price_plan", 9_000)]).collect();
    let at = NOW.seconds() - 3_600;
    json!({"id": "evt_many", "object": "event", "type": "invoice.paid", "created": at, "livemode": true,
        "data": {"object": {"id": "in_many", "object": "invoice", "status": "paid", "livemode": true, "created": at,
            "customer": "cus_1", "currency": "usd", "total": 20_000, "amount_paid": 20_000, "billing_reason": "manual",
            "metadata": {"refp_id": "clk_1"}, "status_transitions": {"paid_at": at},
            "lines": {"object": "list", "data": lines, "has_more": false}}}})
}

fn stripe() -> Stripe {
    Stripe {
        events: BTreeMap::from([(KEY.to_owned(), vec![many()])]),
        clock: Arc::new(TestClock::at(NOW)),
    }
}

/// Half of the plan, and a tenth of all else; the invoice was delivered.
async fn delivered(app: &TestApp) {
    app.click("clk_1", "alice", NOW.plus_days(-1)).await;
    let half = json!({"price_plan": {"type": "percent", "basisPoints": 5_000}});
    let rule = json!({"commission": {"type": "percent", "basisPoints": 1_000, "products": half}});
    let path = format!("/api/programs/{}", app.program);
    let (status, answer) = app.call(Method::PATCH, &path, Some(&rule)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let sent = shown(&many()).to_string();
    assert_eq!(app.deliver("source", &[], &sent).await, StatusCode::OK);
    app.settle().await;
}

async fn earned(app: &TestApp) -> Vec<i64> {
    let sales = sales(app).await;
    sales.iter().map(|sale| sale.commission_amount).collect()
}

on_both_databases! {
    async fn an_invoice_of_many_lines_earns_by_all_of_them_once_stripe_is_asked(db: TestDb) {
        let stripe = Processor::start(stripe()).await;
        let (app, reconciler, source) = server(&db, "stripe", &stripe.url(), Settings::default()).await;
        delivered(&app).await;
        assert_eq!(earned(&app).await, [2_000], "no line that was told has a rate of its own");

        keep_key(&app, &source, KEY).await;
        let span = Span { since: month_ago(), until: NOW };
        let asked = ask(&reconciler, &source, span, Goal::Apply).await;
        app.settle().await;
        assert_eq!(earned(&app).await, [5_600], "a tenth of 110, and half of 90");
        assert_eq!(ledger(&app).await.balances[0].amount, 5_600);
        let lost = books::only_found(&app.app.books(&app.org), true, NOW.plus_days(-1)).await;
        assert_eq!((asked.missing, lost.unwrap()), (0, vec![]), "no delivery was lost");

        let before = rows(&app).await;
        ask(&reconciler, &source, span, Goal::Apply).await;
        app.settle().await;
        assert_eq!(rows(&app).await, before, "a second run changes nothing");
    }

    /// Invoices of today's API versions do not name what they were paid with (<https://github.com/stripe/stripe-ruby/issues/1580>), and refunds name
    /// nothing but that: what was given back of sales from before the 30 days for which events are kept had taken no commission.
    async fn a_refund_of_an_invoice_from_before_all_events_is_found_with_what_paid_it(db: TestDb) {
        let at = NOW.plus_days(-60).seconds();
        let told = |kind: &str, more: Value| {
            let mut object = json!({"object": kind, "created": at, "livemode": true, "currency": "usd"});
            object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"id": format!("evt_{kind}"), "object": "event", "type": "any", "created": at, "livemode": true, "data": {"object": object}})
        };
        let events = vec![
            told("invoice", json!({"id": "in_1", "status": "paid", "customer": "cus_1", "total": 10_000, "amount_paid": 10_000,
                "billing_reason": "subscription_cycle", "status_transitions": {"paid_at": at}})),
            told("invoice_payment", json!({"id": "inpay_1", "status": "paid", "invoice": "in_1", "amount_paid": 10_000,
                "payment": {"type": "payment_intent", "payment_intent": "pi_1"}})),
            told("charge", json!({"id": "ch_1", "status": "succeeded", "payment_intent": "pi_1", "customer": "cus_1", "amount": 10_000,
                "amount_captured": 10_000, "captured": true, "amount_refunded": 4_000})),
            told("refund", json!({"id": "re_1", "status": "succeeded", "charge": "ch_1", "payment_intent": "pi_1", "amount": 4_000})),
        ];
        let stripe = Stripe { events: BTreeMap::from([(KEY.to_owned(), events)]), clock: Arc::new(TestClock::at(NOW)) };
        let stripe = Processor::start(stripe).await;
        let (app, reconciler, source) = server(&db, "stripe", &stripe.url(), Settings::default()).await;
        keep_key(&app, &source, KEY).await;
        let span = Span { since: NOW.plus_days(-90), until: NOW.plus_days(-40) };
        ask(&reconciler, &source, span, Goal::Apply).await;
        app.settle().await;
        let sales = sales(&app).await;
        assert_eq!(sales.len(), 1, "{sales:?}");
        assert_eq!((sales[0].amount, sales[0].amount_refunded), (10_000, 4_000));
    }

    async fn a_key_that_may_not_read_lines_keeps_nothing_else_from_being_found(db: TestDb) {
        let forbidding = Forbidding { api: stripe(), paths: vec!["/v1/invoices/in_many/lines"] };
        let stripe = Processor::start(forbidding).await;
        let (app, reconciler, source) = server(&db, "stripe", &stripe.url(), Settings::default()).await;
        delivered(&app).await;
        keep_key(&app, &source, KEY).await;
        let span = Span { since: month_ago(), until: NOW };
        assert!(ask(&reconciler, &source, span, Goal::Apply).await.is_over());
        assert_eq!((stripe.answered(403), earned(&app).await), (1, vec![2_000]));
    }
}
