//! What people who book money from Stripe's webhooks reported, as the events that they got, in any order and
//! doubled.

mod balance;
mod lines;
mod reported;
mod trials;

use providers::{Fact, Micros, Settings, Verified};
use serde_json::{Value, json};
use tributary::ledger::fold::{Context, Outcome};
use tributary::ledger::rule::{Reward, Rule};
use tributary::ledger::sale::Sale;

use super::support::{add_click, add_code, context, outcome, set_rule};
use crate::support::dice::Dice;

/// 2026-10-05 09:30:00 UTC.
pub(super) const AT: i64 = 1_791_192_600;

pub(super) fn event(at: i64, event_type: &str, object: impl Into<Value>) -> Value {
    let object = object.into();
    json!({"id": "evt", "object": "event", "created": AT + at, "type": event_type, "data": {"object": object}})
}

fn facts(event: &Value) -> Vec<Fact> {
    let stripe = providers::registry::adapter("stripe").unwrap();
    let body = Verified::from_inbox(event.to_string().into_bytes(), Vec::new());
    let reading = stripe.normalize(&body, &Settings::default());
    assert!(!reading.unreadable, "{:?}", reading.note);
    reading.facts
}

/// The outcome of events, which is the same in any order and doubled.
fn fold_with(context: &Context, events: &[Value]) -> Outcome {
    let told: Vec<Vec<Fact>> = events.iter().map(facts).collect();
    let all: Vec<Fact> = told.iter().flatten().cloned().collect();
    let once = outcome(&all, context);
    let mut twice: Vec<Vec<Fact>> = told.iter().chain(&told).cloned().collect();
    for seed in 1..20 {
        Dice(seed).shuffle(&mut twice);
        let all: Vec<Fact> = twice.iter().flatten().cloned().collect();
        assert_eq!(outcome(&all, context), once);
    }
    once
}

/// Net amounts that are left of each sale.
pub(super) fn left(events: &[Value]) -> Vec<i64> {
    let outcome = fold_with(&context(), events);
    assert_eq!(outcome.waiting, []);
    outcome.sales.iter().map(Sale::net_left).collect()
}

pub(super) fn invoice(change: impl Into<Value>) -> Value {
    let change = change.into();
    let mut object = json!({"id": "in_1", "object": "invoice", "status": "paid", "currency": "usd", "customer": "cus_1",
        "billing_reason": "manual", "status_transitions": {"paid_at": AT}});
    object
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    event(0, "invoice.paid", object)
}

pub(super) fn intent(amount: i64) -> Value {
    event(
        0,
        "payment_intent.succeeded",
        json!({"id": "pi_1", "currency": "usd", "amount": amount,
        "amount_received": amount, "latest_charge": "ch_1", "customer": "cus_1"}),
    )
}

pub(super) fn tie(amount: i64) -> Value {
    event(
        1,
        "invoice_payment.paid",
        json!({"id": "inpay_1", "invoice": "in_1", "currency": "usd", "amount_paid": amount,
        "payment": {"type": "payment_intent", "payment_intent": "pi_1"}}),
    )
}

pub(super) fn refund(at: i64, id: &str, amount: i64) -> Value {
    event(
        at,
        "refund.created",
        json!({"id": id, "created": AT + at, "amount": amount, "currency": "usd",
        "status": "succeeded", "charge": "ch_1", "payment_intent": "pi_1"}),
    )
}

pub(super) fn refunded_so_far(at: i64, amount: i64, of: i64) -> Value {
    event(
        at,
        "charge.refunded",
        json!({"id": "ch_1", "created": AT, "amount": of, "amount_captured": of,
        "captured": true, "amount_refunded": amount, "currency": "usd", "payment_intent": "pi_1"}),
    )
}

fn note(at: i64, change: impl Into<Value>) -> Value {
    let change = change.into();
    let mut object = json!({"id": "cn_1", "invoice": "in_1", "currency": "usd", "created": AT + at, "status": "issued"});
    object
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    event(at, "credit_note.created", object)
}

/// Training for 100 untaxed, software for 100 and 19 tax.
fn mixed_invoice() -> [Value; 3] {
    let invoice = json!({"total": 219, "total_excluding_tax": 200, "amount_paid": 219});
    [self::invoice(invoice), intent(219), tie(219)]
}

fn after(events: [Value; 3], more: &[Value]) -> Vec<Value> {
    events.into_iter().chain(more.iter().cloned()).collect()
}

#[test]
fn a_credit_note_of_the_untaxed_line_takes_that_line_alone() {
    let noted = note(
        9,
        json!({"total": 100, "total_excluding_tax": 100, "refund": "re_1"}),
    );
    let row = refund(9, "re_1", 100);
    let total = refunded_so_far(9, 100, 219);
    for told in [
        vec![noted.clone(), row.clone()],
        vec![noted.clone(), row.clone(), total.clone()],
        vec![noted.clone(), total.clone()],
        vec![noted.clone()],
    ] {
        assert_eq!(
            left(&after(mixed_invoice(), &told)),
            [100],
            "{} events",
            told.len()
        );
    }
    assert_eq!(
        left(&after(mixed_invoice(), &[row])),
        [109],
        "nothing tells better than a share"
    );
}

/// What the partner has of a sale of two things, after credit notes and refunds.
fn earned_of_two(events: &[Value]) -> i64 {
    let mut context = context();
    add_click(&mut context, "clk_1", "alice", Micros::from_seconds(AT));
    let mut rule = Rule::ten_percent();
    let half = Reward::Percent {
        basis_points: 5_000,
    };
    rule.products.insert("prod_plan".to_owned(), half);
    set_rule(&mut context, rule);
    let told = fold_with(&context, events);
    told.sales[0].earning.as_ref().unwrap().left
}

/// The lines of a credit note say which things go back (<https://docs.stripe.com/api/credit_notes/line_item>): their commission goes, and no
/// share of the others'. Dub's pull request 3824 and goaffpro 186 have the rate of one product paid on another.
#[test]
fn reported_a_credit_note_of_one_line_takes_what_that_line_has_earned() {
    let line = |id: &str, amount: i64| {
        json!({"id": format!("il_{id}"), "amount": amount,
            "pricing": {"price_details": {"price": format!("price_{id}"), "product": format!("prod_{id}")}}})
    };
    let lines = json!({"data": [line("plan", 10_000), line("setup", 10_000)]});
    let invoice = json!({"total": 20_000, "total_excluding_tax": 20_000, "amount_paid": 20_000, "lines": lines,
        "metadata": {"refp_id": "clk_1"}});
    let sold = [self::invoice(invoice), intent(20_000), tie(20_000)];
    assert_eq!(earned_of_two(&sold), 6_000);
    let noted = |lines: Value| {
        let change = json!({"total": 10_000, "total_excluding_tax": 10_000, "refund": "re_1", "lines": {"data": lines}});
        after(sold.clone(), &[note(9, change), refund(9, "re_1", 10_000)])
    };
    let of = |id: &str, amount: i64| json!({"type": "invoice_line_item", "invoice_line_item": format!("il_{id}"), "amount": amount});
    assert_eq!(earned_of_two(&noted(json!([of("setup", 10_000)]))), 5_000);
    assert_eq!(earned_of_two(&noted(json!([of("plan", 10_000)]))), 1_000);
    let half_of_each = json!([of("plan", 5_000), of("setup", 5_000)]);
    assert_eq!(earned_of_two(&noted(half_of_each)), 3_000);
    // A line of the note's own is for nothing in particular.
    let own = json!({"type": "custom_line_item", "invoice_line_item": null, "amount": 5_000});
    let mixed = json!([of("setup", 5_000), own]);
    assert_eq!(earned_of_two(&noted(mixed)), 3_000);
    let alone = after(sold.clone(), &[refund(9, "re_1", 10_000)]);
    assert_eq!(earned_of_two(&alone), 3_000);
}

#[test]
fn a_credit_note_of_tax_alone_takes_nothing_until_the_rest_goes_back_too() {
    let noted = note(
        9,
        json!({"total": 19, "total_excluding_tax": 0, "refund": "re_1"}),
    );
    let row = refund(9, "re_1", 19);
    assert_eq!(
        left(&after(mixed_invoice(), &[noted.clone(), row.clone()])),
        [200]
    );
    let rest = refund(99, "re_2", 200);
    assert_eq!(left(&after(mixed_invoice(), &[noted, row, rest])), [0]);
}

#[test]
fn a_refund_that_failed_takes_nothing_though_its_credit_note_stands() {
    let noted = note(
        9,
        json!({"total": 100, "total_excluding_tax": 100, "refund": "re_1"}),
    );
    let mut failed = refund(9, "re_1", 100);
    failed["type"] = json!("refund.failed");
    failed["created"] = json!(AT + 500);
    failed["data"]["object"]["status"] = json!("failed");
    let told = [noted, refund(9, "re_1", 100), failed];
    assert_eq!(left(&after(mixed_invoice(), &told)), [200]);
}

#[test]
fn what_a_credit_note_takes_off_before_payment_was_never_paid() {
    let paid = json!({"total": 1_190, "total_excluding_tax": 1_000, "amount_paid": 952});
    let noted = note(
        -9,
        json!({"total": 238, "total_excluding_tax": 200, "pre_payment_amount": 238}),
    );
    assert_eq!(left(&[invoice(paid), noted]), [800]);
}

#[test]
fn an_overpayment_that_goes_back_takes_nothing() {
    let paid = json!({"total": 100, "amount_paid": 120, "amount_overpaid": 20});
    let paid = [invoice(paid), intent(120), tie(120)];
    assert_eq!(left(&paid), [100]);
    assert_eq!(left(&after(paid.clone(), &[refund(9, "re_1", 20)])), [100]);
    assert_eq!(
        left(&after(paid.clone(), &[refunded_so_far(9, 20, 120)])),
        [100]
    );
    assert_eq!(left(&after(paid.clone(), &[refund(9, "re_1", 70)])), [50]);
    assert_eq!(left(&after(paid, &[refund(9, "re_1", 120)])), [0]);
}

fn session(change: impl Into<Value>) -> Value {
    let change = change.into();
    let mut object = json!({"id": "cs_1", "mode": "payment", "payment_status": "unpaid", "currency": "usd",
        "amount_total": 119, "total_details": {"amount_tax": 19}, "payment_intent": "pi_1", "customer": "cus_1"});
    object
        .as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    event(-9, "checkout.session.completed", object)
}

#[test]
fn a_session_that_was_not_paid_yet_has_told_the_tax_of_its_payment() {
    assert_eq!(left(&[session(json!({})), intent(119)]), [100]);
    assert_eq!(
        left(&[session(json!({})), intent(119), refund(9, "re_1", 119)]),
        [0]
    );
    assert_eq!(left(&[session(json!({}))]), Vec::<i64>::new());
    assert_eq!(
        left(&[session(json!({})), intent(130)]),
        [130],
        "of a larger amount it says nothing"
    );
}

#[test]
fn a_charge_whose_intent_was_never_told_is_a_sale_by_itself() {
    let charge = event(
        0,
        "charge.succeeded",
        json!({"id": "ch_1", "created": AT, "amount": 100, "amount_captured": 100,
        "captured": true, "paid": true, "status": "succeeded", "currency": "usd", "payment_intent": "pi_1", "customer": "cus_1"}),
    );
    assert_eq!(left(std::slice::from_ref(&charge)), [100]);
    assert_eq!(left(&[charge.clone(), intent(100)]), [100]);
    let paid = json!({"total": 100, "amount_paid": 100});
    assert_eq!(left(&[charge, invoice(paid), tie(100)]), [100]);
}

#[test]
fn a_promotion_code_that_only_the_customers_discount_tells_finds_its_partner() {
    let mut context = context();
    add_code(&mut context, "promo_1", "alice");
    let discount = json!({"id": "di_1", "customer": "cus_1", "promotion_code": "promo_1", "coupon": {"id": "SUMMER"}});
    for told in facts(&event(-9, "customer.discount.created", discount)) {
        if let Fact::Code(code) = told {
            let names = &mut context.directory.code_names;
            names.insert(code.id.to_lowercase(), code.code.to_lowercase());
        }
    }
    let paid = invoice(json!({"total": 100, "amount_paid": 100, "discounts": ["di_1"]}));
    let outcome = fold_with(&context, &[paid]);
    let credit = outcome.sales[0].credit.clone().unwrap();
    assert_eq!(credit.partner_id, "alice");
}

#[test]
fn a_rule_by_price_is_narrower_than_one_by_product_wherever_they_stand() {
    let mut context = context();
    add_click(&mut context, "clk", "alice", Micros((AT - 600) * 1_000_000));
    let mut rule = Rule::ten_percent();
    let percent = |basis_points| Reward::Percent { basis_points };
    rule.products.insert("prod_1".to_owned(), percent(2_000));
    rule.products.insert("price_2".to_owned(), percent(3_000));
    set_rule(&mut context, rule);
    let earned = |change: Value| {
        let mut object =
            json!({"total": 1_000, "amount_paid": 1_000, "metadata": {"refp_id": "clk"}});
        object
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let outcome = fold_with(&context, &[invoice(object)]);
        let sale = &outcome.sales[0];
        (
            sale.earning.clone().unwrap().full,
            sale.why.arithmetic.lines().join(" "),
        )
    };
    let line = |price: &str, product: &str| json!({"pricing": {"price_details": {"price": price, "product": product}}});
    assert_eq!(
        earned(json!({"lines": {"data": [line("price_1", "prod_1")]}})).0,
        200
    );
    let both = json!({"lines": {"data": [line("price_1", "prod_1"), line("price_2", "prod_1")]}});
    assert_eq!(earned(both).0, 300);
    for old in [
        json!({"price": {"id": "price_2", "product": "prod_1"}}),
        json!({"plan": {"id": "price_2", "product": "prod_1"}}),
    ] {
        assert_eq!(earned(json!({"lines": {"data": [old]}})).0, 300);
    }
    let (amount, words) = earned(json!({}));
    assert_eq!(amount, 100);
    assert!(words.contains("names no product"), "{words}");
}

#[test]
fn a_fee_that_stripe_never_tells_is_said_to_be_unknowable() {
    let mut context = context();
    add_click(&mut context, "clk", "alice", Micros((AT - 600) * 1_000_000));
    let mut rule = Rule::ten_percent();
    rule.base = tributary::ledger::rule::Base::NetOfFee;
    set_rule(&mut context, rule);
    let paid = invoice(json!({"total": 100, "amount_paid": 100, "metadata": {"refp_id": "clk"}}));
    let outcome = fold_with(&context, &[paid]);
    let words = outcome.sales[0].why.arithmetic.lines().join(" ");
    assert!(words.contains("never tell its fee"), "{words}");
}

#[test]
fn with_a_test_clock_in_the_past_a_click_counts_that_came_with_the_session() {
    let mut context = context();
    add_click(&mut context, "clk", "alice", Micros(AT * 1_000_000));
    let year = 365 * 86_400;
    let paid =
        json!({"total": 100, "amount_paid": 100, "status_transitions": {"paid_at": AT - year}});
    let mut paid = invoice(paid);
    paid["created"] = json!(AT - year);
    let change = json!({"mode": "subscription", "payment_status": "paid", "amount_total": 100, "total_details": null,
        "payment_intent": null, "invoice": "in_1", "created": AT + 600, "client_reference_id": "refp_id_clk"});
    let mut session = session(change);
    session["created"] = json!(AT - year);
    let outcome = fold_with(&context, &[paid, session]);
    assert_eq!(outcome.sales.len(), 1);
    assert_eq!(outcome.sales[0].credit.clone().unwrap().partner_id, "alice");
}
