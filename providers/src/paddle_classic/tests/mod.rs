//! What the Paddle Classic adapter promises, case by case.

mod alerts;
mod money;
mod reversals;
mod signatures;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Settings;
use crate::adapter::Adapter;
use crate::delivery::{Reading, Verified};
use crate::paddle_classic::PaddleClassic;

const ORDER: &[(&str, &str)] = &[
    ("alert_name", "payment_succeeded"),
    ("alert_id", "9001"),
    ("order_id", "418211-33019"),
    ("currency", "EUR"),
    ("sale_gross", "59.50"),
    ("payment_tax", "9.50"),
    ("fee", "3.48"),
    ("event_time", "2026-10-05 09:02:41"),
];

const RENEWAL: &[(&str, &str)] = &[
    ("alert_name", "subscription_payment_succeeded"),
    ("alert_id", "9002"),
    ("subscription_id", "55012"),
    ("subscription_payment_id", "77001"),
    ("subscription_plan_id", "640"),
    ("user_id", "31007"),
    ("initial_payment", "0"),
];

/// An order's alert, with fields put over it.
fn alert(over: &[&[(&str, &str)]]) -> Verified {
    let mut fields = ORDER.to_vec();
    for (name, value) in over.iter().copied().flatten() {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let body = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect::<Vec<_>>()
        .join("&");
    Verified::from_inbox(body.into_bytes(), Vec::new())
}

fn read(over: &[&[(&str, &str)]]) -> Reading {
    PaddleClassic.normalize(&alert(over), &Settings::default())
}
