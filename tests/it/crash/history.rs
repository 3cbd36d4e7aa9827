//! What is sent to the program, and what it must add up to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use providers::Micros;
use serde_json::{Value, json};

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
        for name in ["f01-subscription-checkout", "f13-two-partial-refunds"] {
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
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/stripe")
            .join(format!("{name}.json"));
        let said: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let click = &said["clicks"][0];
        let at = Micros::parse_rfc3339(click["clickedAt"].as_str().unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.clicks
            .push((text(&click["id"]), text(&click["partner"]), at));
        for n in 0..COPIES {
            for delivery in said["deliveries"].as_array().unwrap() {
                let body = with_own_ids(delivery["body"].as_str().unwrap(), n);
                let id = serde_json::from_str::<Value>(&body).unwrap()["id"].clone();
                self.messages.push(Message::Delivery {
                    id: text(&id),
                    body,
                });
            }
            for sale in said["expect"]["sales"].as_array().unwrap() {
                let invoice = with_own_ids(sale["invoiceId"].as_str().unwrap(), n);
                let amounts = ["amount", "amountRefunded", "commissionAmount"];
                let amounts = amounts.map(|amount| sale[amount].as_i64().unwrap());
                self.sales.insert(invoice, amounts);
            }
            for balance in said["expect"]["balances"].as_array().unwrap() {
                let partner = format!("prt_{}", balance["partner"].as_str().unwrap());
                *self.balances.entry(partner).or_default() += balance["amount"].as_i64().unwrap();
            }
        }
    }
}

/// The text with every id of a processor made one of copy `n`.
fn with_own_ids(text: &str, n: usize) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut made = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        made.push_str(before);
        made.push_str(word);
        let last = word.rsplit_once('_').map_or("", |(_, last)| last);
        let drawn = last.len() >= 10
            && last.contains(|c: char| c.is_ascii_digit())
            && last.contains(|c: char| c.is_ascii_uppercase());
        if drawn {
            // Writing to a text cannot fail.
            let _ = write!(made, "c{n}");
        }
        rest = after;
    }
    made + rest
}
