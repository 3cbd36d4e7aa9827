//! Why an entry is written: the arithmetic that led to what is booked, or what has changed since. Pure.
//!
//! A reason is written once, with its entry, and never edited. It holds ids and amounts alone, no personal
//! data.

use providers::{Currency, Micros, Money};

use super::booking::{Account, CLAWBACK, COMMISSION};
use crate::ledger::sale::{Earning, Words};

/// What is to be said with the entries of one sale or lead.
pub struct Reason {
    earner: Option<Earner>,
    words: Words,
    /// Said where nobody earns by it any more.
    nobody: &'static str,
}

/// Who earns by it, and in which currency.
struct Earner {
    partner_id: String,
    program_id: String,
    currency: Currency,
}

impl Reason {
    /// Of what a sale or lead earns.
    pub fn of(earning: Option<&Earning>, words: Words) -> Self {
        let earner = earning.map(|earning| Earner {
            partner_id: earning.partner_id.clone(),
            program_id: earning.program_id.clone(),
            currency: earning.currency,
        });
        Self {
            earner,
            words,
            nobody: "no longer credited to a partner",
        }
    }

    /// Of a sale that is none any more, by the state of its row.
    pub fn ended(state: &str) -> Self {
        let nobody = match state {
            "merged" => "the payment belongs to another sale",
            _ => "the payment is no sale any more",
        };
        Self {
            nobody,
            ..Self::of(None, Words::default())
        }
    }

    /// Why what was to be paid from one time on is to be paid from another.
    pub fn paid_at(before: Micros, after: Micros, why: &str) -> String {
        let [before, after] = [before, after].map(day);
        format!("to be paid from {after} on instead of {before}, {why}")
    }

    /// Why an account that holds `sum` must hold `target`, in one line.
    pub fn says(&self, account: &Account, sum: i64, target: i64) -> String {
        let Some(earner) = &self.earner else {
            return self.nobody.to_owned();
        };
        let (_, partner, program, kind, currency) = account;
        if (partner, program) != (&earner.partner_id, &earner.program_id) {
            return format!("now credited to partner {}", earner.partner_id);
        }
        let Words { full, left, free } = &self.words;
        if earner.currency.code() != currency {
            return format!("now earned in {}: {}", earner.currency, full.join("; "));
        }
        let before = match sum {
            0 => String::new(),
            sum => {
                let sum = Money::new(sum.saturating_abs(), earner.currency);
                format!(", {sum} before")
            }
        };
        let less = target < sum;
        match *kind {
            COMMISSION if sum == 0 => full.join("; "),
            COMMISSION => format!("recomputed{before}: {}", full.join("; ")),
            CLAWBACK if less => format!("taken back{before}: {}", left.join("; ")),
            CLAWBACK => format!("given back{before}: {}", either(left, free)),
            _ if less => format!("{}{before}", free.join("; ")),
            _ => format!("released{before}: {}", either(free, left)),
        }
    }
}

fn day(at: Micros) -> String {
    at.to_string().chars().take(10).collect()
}

/// The lines that say why something still is as it is; else those that say why it is not.
fn either(lines: &[String], others: &[String]) -> String {
    let said = if lines.is_empty() { others } else { lines };
    if said.is_empty() {
        "the refund, dispute, review or decision no longer stands".to_owned()
    } else {
        said.join("; ")
    }
}
