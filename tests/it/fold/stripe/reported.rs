//! Situations in which Stripe's events have cost others money, beyond those of the file above.

use providers::Micros;
use serde_json::{Value, json};
use tributary::ledger::rule::{Reward, Rule};

use super::super::support::{add_click, context, set_rule};
use super::{AT, event, fold_with, intent, invoice, left, refund, refunded_so_far, session, tie};

/// The payment of `pi_1` over 119, of which so much was captured.
fn captured(cash: i64) -> Value {
    event(
        600,
        "payment_intent.succeeded",
        json!({"id": "pi_1", "currency": "usd", "amount": 119,
        "amount_received": cash, "capture_method": "manual", "latest_charge": "ch_1", "customer": "cus_1"}),
    )
}

/// Its charge: what was let go looks as if it were refunded.
fn charge(captured: i64) -> Value {
    event(
        600,
        "charge.captured",
        json!({"id": "ch_1", "created": AT, "amount": 119, "amount_captured": captured,
        "captured": true, "paid": true, "status": "succeeded", "amount_refunded": 119 - captured, "currency": "usd",
        "payment_intent": "pi_1", "customer": "cus_1"}),
    )
}

/// A shop authorises 119 with 19 tax, and captures a part
/// (<https://github.com/woocommerce/woocommerce-gateway-stripe/issues/2799>,
/// <https://github.com/solidusio/solidus_stripe/issues/221>: the order stood in the books with its full total). The
/// checkout keeps its total, also when it is asked for later and says that it is paid.
#[test]
fn of_a_checkout_that_was_captured_in_part_its_part_is_sold_and_its_part_is_tax() {
    let told = [session(json!({})), captured(60), charge(60)];
    assert_eq!(left(&told), [50]);
    assert_eq!(left(&told[..2]), [50]);
    assert_eq!(left(&[session(json!({})), charge(60)]), [50]);
    let asked = session(json!({"payment_status": "paid", "status": "complete"}));
    assert_eq!(left(&[asked.clone(), captured(60), charge(60)]), [50]);
    let and = |more: Value| left(&[asked.clone(), captured(60), charge(60), more]);
    assert_eq!(and(refund(900, "re_1", 30)), [25]);
    assert_eq!(and(refund(900, "re_1", 60)), [0]);
    let total = json!({"id": "ch_1", "created": AT, "amount": 119, "amount_captured": 60, "captured": true,
        "amount_refunded": 119, "currency": "usd", "payment_intent": "pi_1"});
    assert_eq!(and(event(900, "charge.refunded", total)), [0]);
}

/// Stripe makes a refund of what a capture lets go, and no money has moved by it
/// (<https://github.com/woocommerce/woocommerce-gateway-stripe/issues/1073>: it stood in the books as a refund).
#[test]
fn the_refund_of_what_a_capture_lets_go_is_none_and_one_of_the_same_amount_after_it_is_one() {
    let told = [captured(60), charge(60), refund(600, "re_1", 59)];
    assert_eq!(left(&told), [60]);
    let a_second_later = refund(601, "re_1", 59);
    assert_eq!(left(&[captured(60), charge(60), a_second_later]), [60]);
    let total = |at: i64, refunded: i64| {
        let charge = json!({"id": "ch_1", "created": AT, "amount": 119, "amount_captured": 60, "captured": true,
            "amount_refunded": refunded, "currency": "usd", "payment_intent": "pi_1"});
        event(at, "charge.refunded", charge)
    };
    let and = |more: &[Value]| left(&[&told[..], more].concat());
    assert_eq!(and(&[total(600, 59)]), [60]);
    let back = refund(9_000, "re_2", 59);
    assert_eq!(and(std::slice::from_ref(&back)), [1]);
    assert_eq!(and(&[back.clone(), total(9_000, 118)]), [1]);
    let untold = [captured(60), charge(60), back];
    assert_eq!(left(&untold), [1]);
    assert_eq!(left(&[&untold[..], &[total(9_000, 118)]].concat()), [1]);
}

/// An invoice of 1000 and 190 tax, of which so much has been paid.
fn instalments(at: i64, event_type: &str, status: &str, paid: i64) -> Value {
    let object = json!({"id": "in_1", "object": "invoice", "status": status, "currency": "usd", "customer": "cus_1",
        "billing_reason": "manual", "total": 1_190, "total_excluding_tax": 1_000, "amount_paid": paid,
        "amount_remaining": 1_190 - paid});
    event(at, event_type, object)
}

fn part(number: i64, cash: i64) -> [Value; 2] {
    let intent = format!("pi_{number}");
    let paid = event(
        number,
        "payment_intent.succeeded",
        json!({"id": intent, "currency": "usd", "amount": cash,
        "amount_received": cash, "latest_charge": format!("ch_{number}"), "customer": "cus_1"}),
    );
    let tied = event(
        number,
        "invoice_payment.paid",
        json!({"id": format!("inpay_{number}"), "invoice": "in_1", "currency": "usd", "amount_paid": cash,
        "payment": {"type": "payment_intent", "payment_intent": intent}}),
    );
    [paid, tied]
}

/// Since 2025-03-31 an invoice can be paid in parts
/// (<https://docs.stripe.com/changelog/basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices>). What
/// has come is sold, whether or not the rest ever comes, and each part can go back by itself.
#[test]
fn of_an_invoice_that_is_never_paid_in_full_all_that_came_is_sold() {
    let mut told: Vec<Value> = [part(1, 400), part(2, 500)].concat();
    assert_eq!(left(&told), [900], "nothing has told the tax yet");
    let gave_up = instalments(900, "invoice.marked_uncollectible", "uncollectible", 900);
    told.push(gave_up);
    assert_eq!(left(&told), [756]);
    let back = json!({"id": "re_2", "created": AT + 950, "amount": 500, "currency": "usd", "status": "succeeded",
        "charge": "ch_2", "payment_intent": "pi_2"});
    let back = event(950, "refund.created", back);
    assert_eq!(left(&[&told[..], &[back]].concat()), [336]);
    let rest = part(3, 290);
    let paid = instalments(1_000, "invoice.paid", "paid", 1_190);
    assert_eq!(left(&[&told[..], &rest, &[paid]].concat()), [1_000]);
}

/// A subscription goes from a monthly to a yearly plan: the first line gives credit for the month
/// (<https://github.com/mozilla/fxa/pull/14013>, <https://github.com/koding/koding/pull/3394>: the old plan was
/// taken for what was bought).
#[test]
fn an_upgrade_earns_by_the_rule_of_the_new_plan_though_the_old_one_stands_first() {
    let mut context = context();
    add_click(&mut context, "clk", "alice", Micros((AT - 600) * 1_000_000));
    let mut rule = Rule::ten_percent();
    for (price, basis_points) in [("price_month", 5_000), ("price_year", 2_000)] {
        let reward = Reward::Percent { basis_points };
        rule.products.insert(price.to_owned(), reward);
    }
    set_rule(&mut context, rule);
    let new = |price: &str, amount: i64| json!({"amount": amount, "pricing": {"price_details": {"price": price, "product": "prod_1"}}});
    let old = |price: &str, amount: i64| json!({"amount": amount, "proration": amount < 0, "price": {"id": price, "product": "prod_1"}});
    for lines in [
        [new("price_month", -500), new("price_year", 10_000)],
        [old("price_month", -500), old("price_year", 10_000)],
        [new("price_month", 0), new("price_year", 10_000)],
    ] {
        let paid = json!({"total": 9_500, "amount_paid": 9_500, "metadata": {"refp_id": "clk"},
            "billing_reason": "subscription_update", "lines": {"data": lines}});
        let outcome = fold_with(&context, &[invoice(paid)]);
        assert_eq!(outcome.sales[0].earning.as_ref().unwrap().full, 1_900);
    }
}

/// An invoice of 119 with 19 tax, and its payment.
fn taxed() -> [Value; 3] {
    let paid = json!({"total": 119, "total_excluding_tax": 100, "amount_paid": 119});
    [invoice(paid), intent(119), tie(119)]
}

fn dispute(at: i64, event_type: &str, change: impl Into<Value>) -> Value {
    let change = change.into();
    let mut object = json!({"id": "du_1", "created": AT + 600, "amount": 119, "currency": "usd", "charge": "ch_1",
        "payment_intent": "pi_1", "reason": "fraudulent"});
    let members = object.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    event(at, event_type, object)
}

fn after(more: &[Value]) -> Vec<i64> {
    left(&[&taxed()[..], more].concat())
}

/// Visa's Rapid Dispute Resolution gives the buyer his money through the bank. The dispute is told as `prevented`, and
/// no refund is: <https://docs.stripe.com/changelog/basil/2025-08-27/add-preventions-to-dispute>.
#[test]
fn a_prevented_dispute_takes_what_it_has_withdrawn_and_no_more() {
    let closed = |moved: Value, case: &str| {
        let told = json!({"status": "prevented", "balance_transactions": moved,
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "case_type": case}}});
        dispute(700, "charge.dispute.closed", told)
    };
    let withdrawn = json!({"amount": -119, "fee": 0, "reporting_category": "dispute"});
    let returned = json!({"amount": 119, "fee": 0, "reporting_category": "dispute_reversal"});
    assert_eq!(after(&[closed(json!([withdrawn]), "resolution")]), [0]);
    assert_eq!(after(&[closed(Value::Null, "resolution")]), [0]);
    assert_eq!(after(&[closed(json!([]), "block")]), [100]);
    assert_eq!(after(&[closed(Value::Null, "block")]), [100]);
    let both = json!([withdrawn, returned]);
    assert_eq!(after(&[closed(both, "resolution")]), [100]);
    let by_seller = [refund(650, "re_1", 50), closed(json!([]), "resolution")];
    assert_eq!(after(&by_seller), [58], "the refund alone: 50 of 119");
}

/// A refund that was to prevent a dispute comes too late: the dispute is lost, and the refund fails
/// (<https://github.com/polarsource/polar/pull/11414>). The money has gone once.
#[test]
fn a_refund_that_fails_because_the_dispute_was_faster_takes_nothing_besides_it() {
    let half = json!({"amount": 60, "status": "lost"});
    let lost = dispute(700, "charge.dispute.closed", half);
    let made = refund(650, "re_1", 60);
    let failed = json!({"id": "re_1", "created": AT + 650, "amount": 60, "currency": "usd", "status": "failed",
        "failure_reason": "charge_for_pending_refund_disputed", "charge": "ch_1", "payment_intent": "pi_1"});
    let failed = event(720, "refund.failed", failed);
    let total = refunded_so_far(650, 60, 119);
    assert_eq!(after(&[lost.clone(), made.clone(), failed.clone()]), [50]);
    assert_eq!(after(&[lost, made, failed, total]), [50]);
}

/// A dispute was lost, and won on the next day
/// (<https://github.com/Automattic/woocommerce-payments/issues/4931>); and one that is lost was told once more by
/// `funds_reinstated` (<https://github.com/juspay/hyperswitch/pull/11687>).
#[test]
fn the_last_word_of_a_dispute_is_its_status_and_not_the_name_of_the_event() {
    let lost = dispute(700, "charge.dispute.closed", json!({"status": "lost"}));
    let won = dispute(86_400, "charge.dispute.updated", json!({"status": "won"}));
    let odd = json!({"status": "lost"});
    let odd = dispute(800, "charge.dispute.funds_reinstated", odd);
    assert_eq!(after(std::slice::from_ref(&lost)), [0]);
    assert_eq!(after(&[lost.clone(), won]), [100]);
    assert_eq!(after(&[lost, odd]), [0]);
}

/// A session that is complete though nothing is paid yet (`no_payment_required`: "the payment is delayed to a future
/// date", <https://docs.stripe.com/api/checkout/sessions/object>; <https://github.com/dubinc/dub/pull/3336>).
#[test]
fn a_session_whose_payment_is_delayed_is_no_sale_until_the_money_comes() {
    let delayed = session(json!({"payment_status": "no_payment_required"}));
    assert!(left(std::slice::from_ref(&delayed)).is_empty());
    assert_eq!(left(&[delayed, captured(119)]), [100]);
}

/// A merchant gives money back outside Stripe, and links the refund that was recorded to the credit note
/// (<https://docs.stripe.com/api/credit_notes/object>: `payment_record_refund`). No event of a refund tells of it.
#[test]
fn a_refund_that_stripe_only_has_a_record_of_is_taken_by_its_credit_note() {
    let note = |change: Value| {
        let mut object = json!({"id": "cn_1", "invoice": "in_1", "currency": "usd", "created": AT + 900, "status": "issued",
            "total": 119, "total_excluding_tax": 100, "post_payment_amount": 119});
        let members = object.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        event(900, "credit_note.created", object)
    };
    let recorded = |cash: i64| {
        let of = json!({"payment_record": "pr_1", "refund_group": "wire-7"});
        json!({"type": "payment_record_refund", "amount_refunded": cash, "refund": null, "payment_record_refund": of})
    };
    assert_eq!(after(&[note(json!({"refunds": [recorded(119)]}))]), [0]);
    let told_twice = json!({"refunds": [recorded(119)], "out_of_band_amount": 119});
    assert_eq!(after(&[note(told_twice)]), [0]);
    let half = json!({"total": 60, "total_excluding_tax": 50, "post_payment_amount": 60});
    let with = |more: Value| {
        let mut half = half.clone();
        half.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        note(half)
    };
    assert_eq!(
        after(&[with(
            json!({"refunds": [recorded(60)], "out_of_band_amount": 60})
        )]),
        [50]
    );
    assert_eq!(
        after(&[with(
            json!({"refunds": [recorded(36)], "out_of_band_amount": 24})
        )]),
        [50]
    );
    assert_eq!(
        after(&[with(
            json!({"refunds": [recorded(60)], "out_of_band_amount": 0})
        )]),
        [50]
    );
}

/// One refund is split over two credit notes, each with the part that applies to it (`amount_refunded`).
#[test]
fn a_refund_that_two_credit_notes_share_is_for_what_both_say() {
    let note = |id: &str, cash: i64, goods: i64| {
        let object = json!({"id": id, "invoice": "in_1", "currency": "usd", "created": AT + 900, "status": "issued", "total": cash,
            "total_excluding_tax": goods, "refunds": [{"type": "refund", "amount_refunded": cash, "refund": "re_1"}]});
        event(900, "credit_note.created", object)
    };
    let told = [
        refund(900, "re_1", 69),
        note("cn_1", 50, 50),
        note("cn_2", 19, 0),
    ];
    assert_eq!(after(&told), [50]);
}

/// A subscription begins with a setup fee beside its plan, of which the price was taken for the whole
/// (<https://github.com/invertase/stripe-firebase-extensions/pull/41>: `price` is that of the first item).
#[test]
fn a_setup_fee_earns_by_its_own_rule_and_the_plan_beside_it_by_the_plans() {
    let mut context = context();
    add_click(&mut context, "clk", "alice", Micros((AT - 600) * 1_000_000));
    let mut rule = Rule::ten_percent();
    let half = Reward::Percent {
        basis_points: 5_000,
    };
    rule.products.insert("price_plan".to_owned(), half);
    set_rule(&mut context, rule);
    let earned = |lines: Value| {
        let paid = json!({"total": 17_850, "total_excluding_tax": 15_000, "amount_paid": 17_850, "lines": lines,
            "metadata": {"refp_id": "clk"}, "billing_reason": "subscription_create"});
        let outcome = fold_with(&context, &[invoice(paid)]);
        outcome.sales[0].earning.as_ref().unwrap().full
    };
    let new = |price: &str, amount: i64| json!({"amount": amount, "pricing": {"price_details": {"price": price, "product": "prod_1"}}});
    let lines = [new("price_setup", 5_000), new("price_plan", 10_000)];
    assert_eq!(earned(json!({"data": lines, "has_more": false})), 5_500);
    let further = json!({"data": lines, "has_more": true});
    assert_eq!(earned(further), 7_500, "not all lines are told");
    let old = |price: &str, amount: i64, tax: i64| {
        json!({"amount": amount + tax, "amount_excluding_tax": amount,
        "tax_amounts": [{"amount": tax, "inclusive": true}], "price": {"id": price, "product": "prod_1"}, "plan": {"id": price, "product": "prod_1"}})
    };
    let lines = [
        old("price_setup", 5_000, 0),
        old("price_plan", 10_000, 2_850),
    ];
    assert_eq!(earned(json!({"data": lines})), 5_500);
}
