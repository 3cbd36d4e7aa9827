//! Lives of purchases in apps at random, told by RevenueCat.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Told;
use super::lives::hundredths;
use super::revenuecat::event;

/// What happens to a purchase in an app after it was made, in percent of its price.
#[derive(Debug, Clone, Copy)]
enum Step {
    Refund(i64),
    RefundAll,
    Returned(i64),
    ReturnedAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_i64..=60).prop_map(Step::Refund),
        1 => Just(Step::RefundAll),
        2 => (1_i64..=100).prop_map(Step::Returned),
        1 => Just(Step::ReturnedAll),
    ];
    prop::collection::vec(step, 0..6)
}

/// A decimal with so many places, as JSON has it.
fn decimal(minor: i64, places: u32) -> Value {
    let unit = 10_i64.pow(places);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, rest) = (minor.abs() / unit, minor.abs() % unit);
    let width = usize::try_from(places).unwrap();
    let text = match places {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{rest:0width$}"),
    };
    serde_json::from_str(&text).unwrap()
}

fn purchase(price: i64, (currency, places): (&str, u32), steps: &[Step]) -> (Vec<Value>, i64) {
    let told = |kind: &str, day, amount: Option<i64>| {
        let amount = amount.map_or(Value::Null, |minor| decimal(minor, places));
        let changes = json!({ "currency": currency, "price": null, "price_in_purchased_currency": amount,
            "cancel_reason": "CUSTOMER_SUPPORT" });
        event(kind, day, &changes)
    };
    let mut bodies = vec![told("INITIAL_PURCHASE", 0, Some(price))];
    let mut gone = 0;
    for (day, step) in (1_i64..).zip(steps) {
        let (kind, amount) = match step {
            Step::Refund(percent) => ("CANCELLATION", Some(-hundredths(price, *percent))),
            Step::RefundAll => ("CANCELLATION", None),
            Step::Returned(percent) => ("REFUND_REVERSED", Some(hundredths(price, *percent))),
            Step::ReturnedAll => ("REFUND_REVERSED", None),
        };
        if amount == Some(0) {
            continue;
        }
        bodies.push(told(kind, day, amount));
        let amount = amount.map_or(price, i64::abs);
        gone = match step {
            Step::Refund(_) | Step::RefundAll => (gone + amount).min(price),
            Step::Returned(_) | Step::ReturnedAll => (gone - amount).max(0),
        };
    }
    (bodies, price - gone)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_a_purchase_in_an_app_what_was_paid_and_kept_is_left(
        price in 1_i64..1_000_000, currency in prop::sample::select(vec![("USD", 2_u32), ("JPY", 0), ("KWD", 3)]), steps in steps(),
    ) {
        let (bodies, left) = purchase(price, currency, &steps);
        prop_assert_eq!(Told::by("revenuecat", &bodies).sum(), left);
    }
}
