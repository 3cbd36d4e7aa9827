//! What is sent to the program, and what it must add up to.

use std::collections::BTreeMap;

use providers::Micros;
use serde_json::{Value, json};
use tributary::fixtures::{Fixture, Sent};

use crate::support::copies::copy;
use crate::support::shipped::fixture;

const COPIES: usize = 15;
const CALLS: usize = 30;

/// What is sent until it is answered.
#[derive(Clone)]
pub enum Message {
    Delivery { id: String, body: String },
    Call(Value),
}

/// All that is sent, and what it must add up to.
#[derive(Default)]
pub struct History {
    pub messages: Vec<Message>,
    /// Amount, refunded and commission, by invoice id.
    pub sales: BTreeMap<String, [i64; 3]>,
    pub balances: BTreeMap<String, i64>,
    pub clicks: Vec<(String, String, Micros)>,
}

/// Subscriptions of eight events each, and payments with two refunds.
const FIXTURES: [&str; 2] = [
    "stripe/f01-subscription-checkout",
    "stripe/f13-two-partial-refunds",
];

impl History {
    /// Some copies of each fixture, and the merchant's own calls.
    pub fn new() -> Self {
        let mut history = Self::of_clicks();
        for name in FIXTURES {
            for n in 0..COPIES {
                history.add_copy(name, n);
            }
        }
        for n in 0..CALLS {
            history.add_call(n);
        }
        history
    }

    /// Nothing but the clicks.
    pub fn of_clicks() -> Self {
        let clicks = FIXTURES.map(|name| {
            let click = &fixture(name).clicks[0];
            let at = Micros::parse_rfc3339(&click.clicked_at).unwrap();
            (click.id.clone(), click.partner.clone(), at)
        });
        Self {
            clicks: clicks.into(),
            ..Self::default()
        }
    }

    /// One more copy of each fixture, and a call. The messages that it has taken, in the order in which they came.
    pub fn add_round(&mut self, n: usize) -> &mut [Message] {
        let before = self.messages.len();
        for name in FIXTURES {
            self.add_copy(name, n);
        }
        self.add_call(n);
        &mut self.messages[before..]
    }

    fn add_call(&mut self, n: usize) {
        let click = &self.clicks[0].0;
        let invoice = format!("inv_manual_{n}");
        self.messages.push(Message::Call(json!({
            "clickId": click, "customerExternalId": format!("user_{n}"),
            "amount": 1000 + n, "invoiceId": invoice,
        })));
        let amount = 1000 + i64::try_from(n).unwrap();
        let commission = (amount + 5) / 10;
        self.sales.insert(invoice, [amount, 0, commission]);
        *self.balances.entry("prt_alice".to_owned()).or_default() += commission;
    }

    fn add_copy(&mut self, name: &str, n: usize) {
        let Fixture {
            deliveries, expect, ..
        } = copy(fixture(name), &format!("x{n}"));
        for Sent { body, .. } in deliveries {
            let said: Value = serde_json::from_str(&body).unwrap();
            let id = said["id"].as_str().unwrap().to_owned();
            self.messages.push(Message::Delivery { id, body });
        }
        for sale in expect.sales {
            let amounts = [sale.amount, sale.amount_refunded, sale.commission_amount];
            self.sales.insert(sale.invoice_id, amounts);
        }
        for balance in expect.balances {
            let partner = format!("prt_{}", balance.partner);
            *self.balances.entry(partner).or_default() += balance.amount;
        }
    }
}
