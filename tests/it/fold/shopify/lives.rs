//! Lives of an order, made up at random, and the snapshots that Shopify makes of each step.
//!
//! The oracle knows nothing of webhooks: it keeps, for each unit, what was paid for it without tax, and whether it is still with the buyer.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Told, net_of};
use crate::support::dice::Dice;

const ID: i64 = 5_500_000_000_009;

/// Something that happens to a paid order.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A unit of a line goes back, and its money.
    Return { line: usize, shipping: bool },
    /// A unit of a line is exchanged for a new line of the same price.
    Exchange { line: usize },
    /// A return whose money fails at the bank.
    Fail { line: usize },
    /// Money without goods.
    Goodwill { cents: i64 },
}

#[derive(Debug, Clone)]
struct Line {
    price: i64,
    tax: i64,
    quantity: i64,
    current: i64,
    /// Units that went back and whose money the bank did not take.
    stuck: i64,
    is_card: bool,
}

#[derive(Debug, Clone)]
struct Life {
    lines: Vec<(i64, i64, i64, bool)>,
    tax_inside: bool,
    shipping: i64,
    tip: i64,
    steps: Vec<Step>,
    seed: u64,
}

fn lives() -> impl Strategy<Value = Life> {
    let line = (1_i64..200, 0_i64..3, 1_i64..4, prop::bool::weighted(0.15));
    let step = prop_oneof![
        3 => (0_usize..4, any::<bool>()).prop_map(|(line, shipping)| Step::Return { line, shipping }),
        2 => (0_usize..4).prop_map(|line| Step::Exchange { line }),
        1 => (0_usize..4).prop_map(|line| Step::Fail { line }),
        1 => (1_i64..300).prop_map(|cents| Step::Goodwill { cents }),
    ];
    let lines = prop::collection::vec(line, 1..4);
    (
        lines,
        any::<bool>(),
        0_i64..20,
        0_i64..5,
        prop::collection::vec(step, 0..5),
        any::<u64>(),
    )
        .prop_map(|(lines, tax_inside, shipping, tip, steps, seed)| Life {
            lines,
            tax_inside,
            shipping,
            tip,
            steps,
            seed,
        })
}

/// The order as the shop has it.
struct Shop {
    lines: Vec<Line>,
    tax_inside: bool,
    shipping: i64,
    shipping_back: bool,
    tip: i64,
    refunds: Vec<Value>,
    /// What goodwill took, in cash; the generator keeps it apart from lines.
    goodwill: i64,
    told: Vec<Told>,
    minute: usize,
}

fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

impl Shop {
    /// A price in whole units, with a tenth of tax for each step of the rate, so that nothing is rounded.
    fn open(life: &Life) -> Self {
        let sold = |&(price, rate, quantity, is_card): &(i64, i64, i64, bool)| Line {
            price: price * 100,
            tax: if is_card { 0 } else { price * rate * 10 },
            quantity,
            current: quantity,
            stuck: 0,
            is_card,
        };
        let mut shop = Self {
            lines: life.lines.iter().map(sold).collect(),
            tax_inside: life.tax_inside,
            shipping: life.shipping * 100,
            shipping_back: false,
            tip: life.tip * 100,
            refunds: Vec::new(),
            goodwill: 0,
            told: Vec::new(),
            minute: 0,
        };
        shop.snapshot("orders/create", "pending");
        shop.snapshot("orders/paid", "paid");
        shop
    }

    /// What a unit costs on the order: with its tax where that is inside.
    fn shown(&self, line: &Line) -> i64 {
        if self.tax_inside {
            line.price + line.tax
        } else {
            line.price
        }
    }

    fn snapshot(&mut self, topic: &'static str, status: &str) {
        self.minute += 1;
        let sum = |units: fn(&Line) -> i64| -> i64 {
            self.lines
                .iter()
                .map(|l| (l.price + l.tax) * units(l))
                .sum()
        };
        let beside = self.shipping + self.tip;
        let tax: i64 = self.lines.iter().map(|l| l.tax * l.quantity).sum();
        let lines: Vec<Value> = (1..)
            .zip(&self.lines)
            .map(|(id, l)| self.line(id, l))
            .collect();
        let shipping: Vec<Value> = (self.shipping > 0)
            .then(|| json!({"price": amount(self.shipping)}))
            .into_iter()
            .collect();
        let body = json!({
            "id": ID, "currency": "USD", "financial_status": status, "taxes_included": self.tax_inside,
            "created_at": "2026-09-01T10:00:00Z", "processed_at": "2026-09-01T10:00:00Z",
            "updated_at": format!("2026-09-01T10:{:02}:00Z", self.minute),
            "total_price": amount(sum(|l| l.quantity) + beside), "current_total_price": amount(sum(|l| l.current) + beside),
            "total_tax": amount(tax), "total_tip_received": amount(self.tip), "total_outstanding": "0.00",
            "line_items": lines, "shipping_lines": shipping, "refunds": self.refunds,
        });
        self.told.push((topic, body));
    }

    fn line(&self, id: usize, line: &Line) -> Value {
        json!({
            "id": id, "price": amount(self.shown(line)), "quantity": line.quantity, "current_quantity": line.current,
            "gift_card": line.is_card, "tax_lines": [{"price": amount(line.tax * line.quantity)}],
        })
    }

    fn status(&self) -> &'static str {
        let is_back = |refund: &Value| {
            refund["transactions"]
                .as_array()
                .is_some_and(|all| all.iter().any(|t| t["status"] == "success"))
        };
        if self.refunds.iter().any(is_back) {
            "partially_refunded"
        } else {
            "paid"
        }
    }

    /// The line that a step means, if a unit of it is left.
    fn pick(&self, line: usize) -> Option<usize> {
        let at = line % self.lines.len();
        (self.lines[at].current > 0).then_some(at)
    }

    fn refund(&mut self, at: Option<usize>, extra: i64, shipping: bool, status: Option<&str>) {
        let number = i64::try_from(self.refunds.len()).unwrap();
        let (mut items, mut cash) = (Vec::new(), extra);
        if let Some(at) = at {
            let line = &self.lines[at];
            items.push(json!({
                "line_item_id": at + 1, "quantity": 1, "subtotal": amount(self.shown(line)), "total_tax": amount(line.tax),
                "line_item": self.line(at + 1, line),
            }));
            cash += line.price + line.tax;
        }
        let mut adjustments = Vec::new();
        if shipping {
            adjustments.push(json!({"kind": "shipping_refund", "amount": format!("-{}", amount(self.shipping)), "tax_amount": "0.00"}));
            cash += self.shipping;
        }
        let transaction = status.map(|status| json!({
            "id": 700 + number, "order_id": ID, "kind": "refund", "status": status, "amount": amount(cash), "currency": "USD",
            "created_at": format!("2026-09-02T10:{number:02}:00Z"),
        }));
        let transactions: Vec<Value> = transaction.into_iter().collect();
        let refund = json!({
            "id": 900 + number, "order_id": ID, "created_at": "2026-09-02T10:00:00Z", "refund_line_items": items,
            "order_adjustments": adjustments, "transactions": transactions,
        });
        self.told.push(("refunds/create", refund.clone()));
        self.refunds.push(refund);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Return { line, shipping } => {
                let Some(at) = self.pick(line) else { return };
                let shipping = shipping && self.shipping > 0 && !self.shipping_back;
                self.shipping_back |= shipping;
                self.refund(Some(at), 0, shipping, Some("success"));
                self.lines[at].current -= 1;
            }
            Step::Exchange { line } => {
                let Some(at) = self.pick(line) else { return };
                self.refund(Some(at), 0, false, None);
                self.lines[at].current -= 1;
                let new = Line {
                    quantity: 1,
                    current: 1,
                    stuck: 0,
                    ..self.lines[at].clone()
                };
                self.lines.push(new);
            }
            Step::Fail { line } => {
                let Some(at) = self.pick(line) else { return };
                self.refund(Some(at), 0, false, Some("success"));
                let number = self.refunds.len() - 1;
                self.snapshot("orders/updated", "partially_refunded");
                self.refunds[number]["transactions"][0]["status"] = json!("failure");
                (self.lines[at].current, self.lines[at].stuck) =
                    (self.lines[at].current - 1, self.lines[at].stuck + 1);
                let transaction = self.refunds[number]["transactions"][0].clone();
                self.told.push(("order_transactions/create", transaction));
            }
            Step::Goodwill { cents } => {
                let can_give =
                    self.lines.iter().all(|l| l.tax == 0 && !l.is_card) && self.goodwill == 0;
                let left: i64 = self.lines.iter().map(|l| l.price * l.current).sum();
                if can_give && left > cents && self.tip == 0 && self.shipping == 0 {
                    self.refund(None, cents, false, Some("success"));
                    self.goodwill = cents;
                }
            }
        }
        let status = self.status();
        self.snapshot("orders/updated", status);
    }

    /// What was paid and kept, without tax: units that are with the buyer or whose money is with the shop, less
    /// goodwill.
    fn kept(&self) -> i64 {
        let goods = self.lines.iter().filter(|l| !l.is_card);
        let left: i64 = goods.map(|l| l.price * (l.current + l.stuck)).sum();
        (left - self.goodwill).max(0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Returns, exchanges, failing refunds and goodwill, in whatever order and number the deliveries come.
    #[test]
    fn what_a_shopify_order_comes_to_is_what_was_paid_and_kept(life in lives()) {
        let mut shop = Shop::open(&life);
        for step in &life.steps {
            shop.step(*step);
        }
        let mut told: Vec<&Told> = shop.told.iter().chain(&shop.told).collect();
        Dice(life.seed).shuffle(&mut told);
        let left = net_of(&told).unwrap_or(0);
        prop_assert_eq!(left, shop.kept());
    }

    /// The newest snapshot tells the whole story by itself, be all others lost.
    #[test]
    fn the_newest_snapshot_of_an_order_is_enough(life in lives()) {
        let mut shop = Shop::open(&life);
        for step in &life.steps {
            shop.step(*step);
        }
        let newest: Vec<&Told> = shop.told.iter().rev().find(|(topic, _)| topic.starts_with("orders/")).into_iter().collect();
        prop_assert_eq!(net_of(&newest).unwrap_or(0), shop.kept());
    }
}
