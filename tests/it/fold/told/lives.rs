//! Whole lives of payments at random: bodies are made from what happened, and what is left of the sale is
//! worked out a second time from what happened.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::Told;
use super::paddle::{adjustment, transaction};
use super::polar::order;

/// `amount * part / whole`, half up; none is negative.
fn share(amount: i64, part: i64, whole: i64) -> i64 {
    (2 * amount * part + whole) / (2 * whole)
}

pub(super) fn hundredths(amount: i64, percent: i64) -> i64 {
    amount * percent / 100
}

/// How a chargeback ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Charged {
    Lost,
    WonByRow,
    WonByStatus,
    WonByBoth,
    WonAndToldAgain,
}

/// A Paddle transaction: what it costs, what a balance covered, and what came of it.
#[derive(Debug, Clone)]
struct Transaction {
    currency: &'static str,
    net: i64,
    tax: i64,
    covered_percent: i64,
    /// Whether the refund is approved; the percentage is of what is left then.
    refunds: Vec<(i64, bool)>,
    chargebacks: Vec<(i64, Charged)>,
}

fn transactions() -> impl Strategy<Value = Transaction> {
    let charged = prop::sample::select(vec![
        Charged::Lost,
        Charged::WonByRow,
        Charged::WonByStatus,
        Charged::WonByBoth,
        Charged::WonAndToldAgain,
    ]);
    (
        prop::sample::select(vec!["USD", "JPY", "KRW", "KWD"]),
        (1_i64..100_000, 0_i64..20_000),
        prop_oneof![Just(0_i64), 0_i64..=100],
        prop::collection::vec((1_i64..=100, any::<bool>()), 0..4),
        prop::collection::vec((1_i64..=60, charged), 0..3),
    )
        .prop_map(
            |(currency, (net, tax), covered_percent, refunds, chargebacks)| Transaction {
                currency,
                net,
                tax,
                covered_percent,
                refunds,
                chargebacks,
            },
        )
}

impl Transaction {
    /// The bodies, and what is left of the net amount.
    fn told(&self) -> (Vec<Value>, i64) {
        let total = self.net + self.tax;
        let covered = hundredths(total, self.covered_percent);
        let cash = total - covered;
        let paid = if cash == total {
            self.net
        } else {
            share(cash, self.net, total)
        };
        let totals = json!({ "subtotal": self.net.to_string(), "tax": self.tax.to_string(),
            "total": total.to_string(), "credit": covered.to_string(),
            "grand_total": cash.to_string(), "currency_code": self.currency });
        let snapshot = |day, status: &str| {
            let failed = json!({ "status": "error", "amount": total.to_string() });
            let captured = json!({ "status": "captured", "amount": cash.to_string(), "captured_at": "2026-10-02T08:00:00Z" });
            let changes = json!({ "status": status, "payments": [captured, failed] });
            transaction("txn_1", day, totals.clone(), changes)
        };
        let mut bodies = vec![
            snapshot(1, "billed"),
            snapshot(2, "paid"),
            snapshot(3, "completed"),
            snapshot(18, "completed"),
        ];
        let (mut left, mut tax_left) = (paid, cash - paid);
        for (number, (percent, approved)) in (0_u32..).zip(&self.refunds) {
            let (net, tax) = (hundredths(left, *percent), hundredths(tax_left, *percent));
            let id = format!("adj_r{number}");
            let end = if *approved { "approved" } else { "rejected" };
            bodies.push(self.adjustment(&id, 20, "refund", "pending_approval", (net, tax)));
            bodies.push(self.adjustment(&id, 21, "refund", end, (net, tax)));
            if *approved {
                (left, tax_left) = (left - net, tax_left - tax);
            }
        }
        let mut seen = Vec::new();
        for (number, (percent, end)) in (0_u32..).zip(&self.chargebacks) {
            let (net, tax) = (hundredths(left, *percent), hundredths(tax_left, *percent));
            if net == 0 || seen.contains(&(net + tax)) {
                continue;
            }
            seen.push(net + tax);
            bodies.extend(self.chargeback(number, (net, tax), *end));
            if *end == Charged::Lost {
                (left, tax_left) = (left - net, tax_left - tax);
            }
        }
        let gone = cash == 0 || left + tax_left == 0;
        (bodies, if gone { 0 } else { left })
    }

    fn chargeback(&self, number: u32, amounts: (i64, i64), end: Charged) -> Vec<Value> {
        use Charged::{Lost, WonAndToldAgain, WonByBoth, WonByRow, WonByStatus};
        let id = format!("adj_c{number}");
        // One after the other: a bank cannot take back what is gone.
        let begun = 22 + 4 * number;
        let told = |day, status| {
            let told = self.adjustment(&id, day, "chargeback", status, amounts);
            made_on(begun, told)
        };
        let row = || {
            let id = format!("adj_w{number}");
            self.adjustment(&id, begun + 2, "chargeback_reverse", "approved", amounts)
        };
        let (lost, won, again) = (
            told(begun, "approved"),
            told(begun + 2, "reversed"),
            told(begun + 3, "approved"),
        );
        match end {
            Lost => vec![lost],
            WonByRow => vec![lost, row()],
            WonByStatus => vec![lost, won],
            WonByBoth => vec![lost, won, row()],
            WonAndToldAgain => vec![lost, won, row(), again],
        }
    }

    fn adjustment(
        &self,
        id: &str,
        day: u32,
        action: &str,
        status: &str,
        (net, tax): (i64, i64),
    ) -> Value {
        let totals = json!({ "subtotal": net.to_string(), "tax": tax.to_string(),
            "total": (net + tax).to_string(), "currency_code": self.currency });
        let changes = json!({ "action": action, "status": status, "totals": totals });
        made_on(day, adjustment(id, day, changes))
    }
}

/// An adjustment's body, made on this day whenever it is told.
fn made_on(day: u32, mut body: Value) -> Value {
    body["data"]["created_at"] = json!(format!("2026-10-{day:02}T09:00:00Z"));
    body
}

/// A Polar order: what it costs, what the balance did, and refunds that succeed or fail again.
#[derive(Debug, Clone)]
struct Order {
    net: i64,
    tax: i64,
    balance_percent: i64,
    refunds: Vec<(i64, bool)>,
}

fn orders() -> impl Strategy<Value = Order> {
    (
        (1_i64..100_000, 0_i64..20_000),
        prop_oneof![Just(0_i64), -100_i64..=20],
        prop::collection::vec((1_i64..=60, any::<bool>()), 0..4),
    )
        .prop_map(|((net, tax), balance_percent, refunds)| Order {
            net,
            tax,
            balance_percent,
            refunds,
        })
}

impl Order {
    fn told(&self) -> (Vec<Value>, i64) {
        let total = self.net + self.tax;
        let applied = total * self.balance_percent / 100;
        let due = total + applied;
        let base = if applied == 0 {
            self.net
        } else {
            share(due, self.net, total)
        };
        let snapshot = |minute, status: &str, (net, tax): (i64, i64)| {
            let told = json!({ "status": status, "applied_balance_amount": applied, "due_amount": due,
                "refunded_amount": net, "refunded_tax_amount": tax });
            order("o-1", minute, (self.net, self.tax), &told)
        };
        let mut bodies = vec![snapshot(1, "pending", (0, 0)), snapshot(2, "paid", (0, 0))];
        let (mut net, mut tax) = (0, 0);
        for (number, (percent, stays)) in (0_u32..).zip(&self.refunds) {
            let more = (
                hundredths(base - net, *percent),
                hundredths(due - base - tax, *percent),
            );
            let (with_net, with_tax) = (net + more.0, tax + more.1);
            let status = "partially_refunded";
            bodies.push(snapshot(3 + 2 * number, status, (with_net, with_tax)));
            if *stays {
                (net, tax) = (with_net, with_tax);
            } else {
                bodies.push(snapshot(4 + 2 * number, status, (net, tax)));
            }
        }
        // Less than 0.50 is not charged, but collected with a later order.
        let left = if due < 50 {
            0
        } else if applied == 0 {
            base - net
        } else {
            base - share(base, net + tax, due)
        };
        (bodies, left)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_a_paddle_transaction_what_was_paid_and_kept_is_left(life in transactions()) {
        let (bodies, left) = life.told();
        prop_assert_eq!(Told::by("paddle", &bodies).sum(), left);
    }

    #[test]
    fn whatever_becomes_of_a_polar_order_what_was_paid_and_kept_is_left(life in orders()) {
        let (bodies, left) = life.told();
        prop_assert_eq!(Told::by("polar", &bodies).sum(), left);
    }
}
