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

impl History {
    /// Subscriptions of eight events each, payments with two refunds, and the merchant's own calls.
    pub fn new() -> Self {
        let mut history = Self::default();
        for name in [
            "stripe/f01-subscription-checkout",
            "stripe/f13-two-partial-refunds",
        ] {
            history.add_copies(name);
        }
        let click = history.clicks[0].0.clone();
        for n in 0..CALLS {
            let invoice = format!("inv_manual_{n}");
            history.messages.push(Message::Call(json!({
                "clickId": click, "customerExternalId": format!("user_{n}"),
                "amount": 1000 + n, "invoiceId": invoice,
            })));
            let amount = 1000 + i64::try_from(n).unwrap();
            let commission = (amount + 5) / 10;
            history.sales.insert(invoice, [amount, 0, commission]);
            *history.balances.entry("prt_alice".to_owned()).or_default() += commission;
        }
        history
    }

    fn add_copies(&mut self, name: &str) {
        let original = fixture(name);
        let click = &original.clicks[0];
        let at = Micros::parse_rfc3339(&click.clicked_at).unwrap();
        self.clicks
            .push((click.id.clone(), click.partner.clone(), at));
        for n in 0..COPIES {
            let Fixture {
                deliveries, expect, ..
            } = copy(original, &format!("x{n}"));
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
}
