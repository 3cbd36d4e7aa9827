//! RevenueCat: stores nobody knows yet, refunds without ids, transfers, and payments told by others too.

use serde_json::{Value, json};
use tributary::ledger::sale::Sale;

use super::{Told, with};

const DAY_MS: i64 = 86_400_000;

/// 2026-10-01T00:00:00Z.
const START_MS: i64 = 1_790_812_800_000;

/// An event about the transaction `t-1` on this day of October.
pub(super) fn event(kind: &str, day: i64, changes: &Value) -> Value {
    let event = json!({ "id": format!("{kind}-{day}"), "type": kind, "event_timestamp_ms": START_MS + day * DAY_MS,
        "purchased_at_ms": START_MS, "app_user_id": "user_1", "environment": "PRODUCTION", "store": "APP_STORE",
        "period_type": "NORMAL", "transaction_id": "t-1", "original_transaction_id": "t-0", "currency": "USD",
        "product_id": "pro" });
    json!({ "api_version": "1.0", "event": with(event, changes) })
}

pub(super) fn bought(price: &str) -> Value {
    event("INITIAL_PURCHASE", 0, &priced(price))
}

fn priced(price: &str) -> Value {
    let price: serde_json::Number = price.parse().unwrap();
    json!({ "price": price.clone(), "price_in_purchased_currency": price })
}

fn refund(day: i64, price: &str) -> Value {
    let reason = json!({ "cancel_reason": "CUSTOMER_SUPPORT" });
    event("CANCELLATION", day, &with(priced(price), &reason))
}

fn sum(bodies: &[Value]) -> i64 {
    Told::by("revenuecat", bodies).sum()
}

#[test]
fn two_partial_refunds_of_one_transaction_count_both_and_one_told_again_counts_once() {
    let (first, second) = (refund(2, "-3.00"), refund(5, "-2.00"));
    let again = {
        let told = json!({ "id": "another", "event_timestamp_ms": START_MS + 2 * DAY_MS + 57_000 });
        let body = refund(2, "-3.00");
        json!({ "api_version": "1.0", "event": with(body["event"].clone(), &told) })
    };
    assert_eq!(sum(&[bought("9.99"), first.clone()]), 699);
    assert_eq!(sum(&[bought("9.99"), first.clone(), second.clone()]), 499);
    let same_amount = refund(9, "-3.00");
    assert_eq!(
        sum(&[bought("9.99"), first.clone(), same_amount.clone()]),
        399
    );
    assert_eq!(
        sum(&[bought("9.99"), first, again, second, same_amount]),
        199
    );
}

#[test]
fn a_reversed_refund_gives_back_what_was_taken_by_then_and_no_more() {
    let (first, second) = (refund(2, "-3.00"), refund(5, "-2.00"));
    let reversed = |day, price: &str| event("REFUND_REVERSED", day, &priced(price));
    let taken = [bought("9.99"), first, second];
    let and = |more: Value| sum(&[&taken[..], &[more]].concat());
    assert_eq!(and(reversed(6, "3.00")), 799);
    assert_eq!(and(reversed(6, "9.99")), 999);
    let silent = json!({ "price": null, "price_in_purchased_currency": null });
    assert_eq!(and(event("REFUND_REVERSED", 6, &silent)), 999);
    // Before the second refund: only the first is given back.
    assert_eq!(and(reversed(3, "9.99")), 799);
    // With nothing to give back it makes no room for a later refund.
    assert_eq!(and(reversed(1, "9.99")), 499);
}

#[test]
fn a_store_of_tomorrow_counts() {
    let store = |name: &str| {
        let told = with(priced("4.99"), json!({ "store": name }));
        sum(&[event("INITIAL_PURCHASE", 0, &told)])
    };
    assert_eq!(store("GALAXY"), 499);
    assert_eq!(store("STRIPE"), 0);
}

/// ramonclaudio/convex-revenuecat 15: stores that its list did not have (`GALAXY`, `EXTERNAL`,
/// `UNKNOWN_STORE`), and refunds that are known by a negative price alone.
#[test]
fn reported_unknown_stores_and_refunds_by_their_price_alone() {
    for store in ["GALAXY", "EXTERNAL", "UNKNOWN_STORE"] {
        let of = json!({ "store": store });
        let bought = event("INITIAL_PURCHASE", 0, &with(priced("10.00"), &of));
        let told = json!({ "store": store, "cancel_reason": "UNSUBSCRIBE" });
        let back = event("CANCELLATION", 3, &with(priced("-4.00"), &told));
        assert_eq!(sum(&[bought, back]), 600, "{store}");
    }
}

/// RevenueCat/docs 625: the converted dollars were taken for an amount in the currency of the purchase.
#[test]
fn reported_dollars_are_never_taken_for_the_currency_of_the_purchase() {
    for (currency, own, minor) in [
        ("JPY", "1500", 1_500),
        ("KWD", "1.995", 1_995),
        ("EUR", "9.99", 999),
    ] {
        let own: serde_json::Number = own.parse().unwrap();
        let told =
            json!({ "currency": currency, "price": 10.25, "price_in_purchased_currency": own });
        let sales = Told::by("revenuecat", &[event("INITIAL_PURCHASE", 0, &told)]).sales();
        let sale = &sales["t-1"];
        assert_eq!(sale.net_left(), minor, "{currency}");
        assert_eq!(sale.currency.code(), currency.to_lowercase());
    }
}

/// RevenueCat/react-native-purchases 649: a `TRANSFER` was taken for a purchase.
#[test]
fn reported_a_transfer_is_no_purchase_and_takes_none_along() {
    let click = json!({ "subscriber_attributes": { "refp_id": { "value": "clk_told", "updated_at_ms": START_MS - 1 } } });
    let first = event("INITIAL_PURCHASE", 0, &with(priced("9.99"), &click));
    let users = json!({ "transferred_from": ["user_1"], "transferred_to": ["user_2"], "price": 9.99,
        "transaction_id": null, "app_user_id": null });
    let transfer = event("TRANSFER", 5, &users);
    let renewed = json!({ "transaction_id": "t-2", "app_user_id": "user_2" });
    let renewal = event("RENEWAL", 30, &with(priced("9.99"), &renewed));
    let sales = Told::by("revenuecat", &[first, transfer, renewal]).sales();
    assert_eq!(sales.len(), 2);
    for sale in sales.values() {
        let credit = sale.credit.as_ref().unwrap();
        assert_eq!(credit.partner_id, "alice");
    }
}

/// RevenueCat/purchases-flutter 1107: a buyer goes from a month on trial to a year, and the change is told with a
/// price of nothing and an end of the old plan. The store charges the year when the rest of the trial is over.
#[test]
fn reported_an_upgrade_out_of_a_trial_is_the_one_payment_that_is_charged() {
    let play = |changes: Value| with(json!({ "store": "PLAY_STORE" }), changes);
    let month = json!({ "transaction_id": "GPA.1", "original_transaction_id": "GPA.1" });
    let year = json!({ "transaction_id": "GPA.2", "original_transaction_id": "GPA.2", "product_id": "year" });
    let click = json!({ "period_type": "TRIAL",
        "subscriber_attributes": { "refp_id": { "value": "clk_told", "updated_at_ms": START_MS - 1 } } });
    let trial = play(with(with(priced("0"), &month), &click));
    let ended = with(priced("0"), json!({ "cancel_reason": "BILLING_ERROR" }));
    let renewed = json!({ "transaction_id": "GPA.2..0", "original_transaction_id": "GPA.2", "product_id": "year" });
    let later = json!({ "purchased_at_ms": START_MS + 6 * DAY_MS, "renewal_number": 2 });
    let bodies = [
        event("INITIAL_PURCHASE", 0, &trial),
        event("PRODUCT_CHANGE", 2, &play(with(priced("133.99"), &month))),
        event("INITIAL_PURCHASE", 2, &play(with(priced("0"), &year))),
        event("CANCELLATION", 2, &play(with(ended, &month))),
        event(
            "RENEWAL",
            6,
            &play(with(with(priced("133.99"), &renewed), &later)),
        ),
    ];
    let sales = Told::by("revenuecat", &bodies).sales();
    let left: Vec<i64> = sales.values().map(Sale::net_left).collect();
    assert_eq!(left, [13_399]);
    let credit = sales["GPA.2..0"].credit.as_ref().unwrap();
    assert_eq!(credit.partner_id, "alice");
}

/// <https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields>: access that is granted while the
/// store is away ends by itself, an invoice is issued before it is paid, and a renewal that the store puts off is told
/// as an extension first. Each has a price, or the id of a payment that never was.
#[test]
fn what_comes_before_a_payment_is_none() {
    let granted = json!({ "transaction_id": "t-temporary", "expiration_reason": "UNKNOWN" });
    let granted = with(priced("9.99"), &granted);
    let bodies = [
        event("TEMPORARY_ENTITLEMENT_GRANT", 0, &granted),
        bought("9.99"),
        event("EXPIRATION", 1, &granted),
        event("INVOICE_ISSUANCE", 29, &priced("9.99")),
        event("SUBSCRIPTION_EXTENDED", 29, &priced("9.99")),
        event(
            "RENEWAL",
            30,
            &with(priced("9.99"), json!({ "transaction_id": "t-2" })),
        ),
    ];
    assert_eq!(sum(&bodies), 1_998);
    // Of the first period, after the second was paid.
    let back = [&bodies[..], &[refund(31, "-9.99")]].concat();
    let left = Told::by("revenuecat", &back).left();
    assert_eq!((left["t-1"], left["t-2"]), (0, 999));
}

#[test]
fn a_web_payment_that_its_processor_tells_too_is_one_sale() {
    let settings = r#"{"stores":["PADDLE"]}"#;
    let web =
        json!({ "store": "PADDLE", "transaction_id": "txn_1", "original_transaction_id": "sub_1" });
    let mirrored = event("INITIAL_PURCHASE", 0, &with(priced("11.90"), &web));
    let totals = json!({ "subtotal": "1000", "tax": "190", "total": "1190" });
    let own = super::paddle::transaction("txn_1", 1, totals, json!({ "subscription_id": "sub_1" }));
    let told = Told::default().and("revenuecat", settings, &mirrored);
    assert_eq!(told.sum(), 1_190);
    let both = told.clone().and("paddle", "{}", &own);
    let sales = both.sales();
    assert_eq!(sales.len(), 1);
    assert_eq!(sales["txn_1"].net_left(), 1_000);
    // Of a refund that both tell, the processor's counts.
    let mirrored = with(web, json!({ "cancel_reason": "CUSTOMER_SUPPORT" }));
    let mirrored = event("CANCELLATION", 20, &with(priced("-2.38"), &mirrored));
    let totals = json!({ "subtotal": "200", "tax": "38", "total": "238" });
    let own = super::paddle::adjustment("adj_1", 20, json!({ "totals": totals }));
    let both = both.and("revenuecat", settings, &mirrored);
    assert_eq!(both.sum(), 1_000);
    assert_eq!(both.and("paddle", "{}", &own).sum(), 800);
    let alone = told.and("revenuecat", settings, &mirrored);
    assert_eq!(alone.sum(), 952);
}

#[test]
fn an_id_in_the_app_joins_nobody_and_the_users_own_does() {
    let bought = |user: &str, transaction: &str, changes: Value| {
        let told = json!({ "app_user_id": user, "transaction_id": transaction, "original_transaction_id": transaction });
        event(
            "INITIAL_PURCHASE",
            0,
            &with(with(priced("9.99"), &told), &changes),
        )
    };
    let click = json!({ "refp_id": { "value": "clk_told", "updated_at_ms": START_MS - 1 } });
    let first = bought("victim", "t-1", json!({ "subscriber_attributes": click }));
    let forged =
        json!({ "subscriber_attributes": { "customerExternalId": { "value": "victim" } } });
    let bodies = [first.clone(), bought("stranger", "t-2", forged)];
    let sales = Told::by("revenuecat", &bodies).sales();
    assert!(sales["t-1"].credit.is_some() && sales["t-2"].credit.is_none());
    let same_user = [first, bought("victim", "t-2", json!({}))];
    assert!(
        Told::by("revenuecat", &same_user).sales()["t-2"]
            .credit
            .is_some()
    );
}

/// Attributes stay with the app's user: who has subscribed by himself and follows a partner's link later brings its
/// click with every renewal from then on (as in wpsharks/s2member 508).
#[test]
fn reported_an_attribute_that_is_set_after_the_subscription_began_takes_no_renewal() {
    let click = |day: i64| {
        let written = START_MS + day * DAY_MS;
        json!({ "subscriber_attributes": { "refp_id": { "value": "clk_told", "updated_at_ms": written } } })
    };
    let began_on = |day: i64| {
        let first = json!({ "transaction_id": "t-1", "purchased_at_ms": START_MS + day * DAY_MS });
        let renewed = json!({ "transaction_id": "t-2", "purchased_at_ms": START_MS + 30 * DAY_MS });
        let bodies = [
            event("INITIAL_PURCHASE", day, &with(priced("9.99"), &first)),
            event(
                "RENEWAL",
                30,
                &with(with(priced("9.99"), &renewed), click(29)),
            ),
        ];
        let sales = Told::by("revenuecat", &bodies).sales();
        ["t-1", "t-2"].map(|name| sales[name].credit.is_some())
    };
    // The click is of the 3rd of September.
    assert_eq!(began_on(-60), [false, false]);
    assert_eq!(began_on(0), [true, true]);
}

/// Stripe's subscription exists before it is paid. Where its first payment fails, RevenueCat tells a purchase with its
/// price, a billing issue and a cancellation, all of one moment
/// (<https://community.revenuecat.com/third-party-integrations-53/webhook-event-order-4102>): a commission of nothing
/// was paid.
#[test]
fn reported_a_first_payment_that_failed_is_no_sale_until_a_renewal_tells_of_one() {
    let stores = r#"{"stores":["STRIPE"]}"#;
    let of_stripe = json!({"store": "STRIPE", "transaction_id": "si_1", "renewal_number": 1});
    let told = |kind: &str, day, more: &Value| {
        let moment = json!({"event_timestamp_ms": START_MS + day * DAY_MS + 2_000});
        event(kind, day, &with(with(of_stripe.clone(), moment), more))
    };
    let sum = |bodies: &[Value]| {
        let and = |told: Told, body| told.and("revenuecat", stores, body);
        bodies.iter().fold(Told::default(), and).sum()
    };
    let purchase = told("INITIAL_PURCHASE", 0, &priced("9.99"));
    let issue = told("BILLING_ISSUE", 0, &priced("9.99"));
    let by_error = with(priced("0"), json!({"cancel_reason": "BILLING_ERROR"}));
    let cancelled = told("CANCELLATION", 0, &by_error);
    assert_eq!(sum(std::slice::from_ref(&purchase)), 999);
    assert_eq!(sum(&[purchase.clone(), issue.clone()]), 0);
    assert_eq!(sum(&[purchase.clone(), cancelled.clone()]), 0);
    let failed = [purchase.clone(), issue.clone(), cancelled];
    assert_eq!(sum(&failed), 0);
    let later = json!({"renewal_number": 2, "purchased_at_ms": START_MS + DAY_MS});
    let renewal = told("RENEWAL", 1, &with(priced("9.99"), &later));
    assert_eq!(
        sum(&[&failed[..], std::slice::from_ref(&renewal)].concat()),
        999
    );
    // A billing issue of a month later is about the second payment, a renewal's about that one.
    let next_month = told("BILLING_ISSUE", 30, &priced("9.99"));
    assert_eq!(sum(&[purchase.clone(), next_month]), 999);
    let of_renewal = told("BILLING_ISSUE", 1, &later);
    assert_eq!(sum(&[purchase, renewal, of_renewal]), 1_998);
}
