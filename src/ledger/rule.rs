//! What a program pays: its rules, their versions, and the arithmetic of one commission.
//!
//! Exact integers, rounded half away from zero once (see [`providers::money`]); never more than the net
//! amount. A rule applies to sales from its date on, so that a change never touches what was earned.

use std::collections::BTreeMap;

use providers::money::{basis_points, share};
use providers::{Currency, Micros};
use serde::{Deserialize, Serialize};

/// What one sale or lead earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Reward {
    /// A part of the base amount, in hundredths of a percent.
    Percent {
        /// 1000 is 10 %.
        basis_points: i64,
    },
    /// The same amount each time.
    Flat {
        /// In the smallest unit of `currency`.
        amount: i64,
        /// Its currency.
        currency: Currency,
    },
}

/// For how long a customer's sales earn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Duration {
    /// Only the first sale. One that was refunded in full has not been the first.
    FirstSale,
    /// Sales within so many calendar months of the first.
    Months {
        /// How many.
        months: u16,
    },
    /// All sales.
    #[default]
    Lifetime,
}

/// What a percentage is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Base {
    /// Without tax and shipping.
    #[default]
    Net,
    /// What the buyer paid.
    Gross,
    /// Net, less what the processor kept.
    NetOfFee,
}

/// Over which time a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Period {
    /// A calendar month, UTC.
    Month,
    /// A calendar year, UTC.
    Year,
    /// Ever.
    Lifetime,
}

/// The most that one customer's sales earn in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cap {
    /// In the smallest unit of `currency`.
    pub amount: i64,
    /// Its currency; sales in another are not capped.
    pub currency: Currency,
    /// Over which time.
    pub period: Period,
}

/// A program's or a partner's commission rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// What a sale earns (the customer's first, where `recurring` is set).
    #[serde(flatten)]
    pub reward: Reward,
    /// What the customer's later sales earn, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurring: Option<Reward>,
    /// What a lead earns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<Reward>,
    /// What a sale of a product earns, by the processor's product or price id. Of a sale's ids the first that
    /// stands here decides, and its prices come before its products: the narrower rule wins.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub products: BTreeMap<String, Reward>,
    /// For how long.
    #[serde(default)]
    pub duration: Duration,
    /// What a percentage is taken of.
    #[serde(default)]
    pub base: Base,
    /// The most per customer and period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
    /// Sales with a smaller net amount earn nothing; smallest unit of the sale's currency.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minimum_amount: i64,
}

impl Rule {
    /// The currencies of the flat amounts that a sale may earn by it.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        let rewards = [&self.reward].into_iter().chain(&self.recurring);
        rewards
            .chain(self.products.values())
            .filter_map(|reward| match reward {
                Reward::Flat { currency, .. } => Some(*currency),
                Reward::Percent { .. } => None,
            })
    }
}

// serde hands over a reference.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

/// What is wrong with a rule, with the member's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct RuleError {
    /// The member.
    pub field: &'static str,
    /// What must change.
    pub problem: &'static str,
}

impl Rule {
    /// 10 % of each sale, as a new program has it.
    pub fn ten_percent() -> Self {
        Self::of(Reward::Percent {
            basis_points: 1_000,
        })
    }

    /// A rule by which nothing is earned.
    pub fn nothing() -> Self {
        Self::of(Reward::Percent { basis_points: 0 })
    }

    /// A rule that pays the same for each sale, for ever.
    pub fn of(reward: Reward) -> Self {
        Self {
            reward,
            recurring: None,
            lead: None,
            products: BTreeMap::new(),
            duration: Duration::Lifetime,
            base: Base::Net,
            cap: None,
            minimum_amount: 0,
        }
    }

    /// Checks that all parts make sense.
    ///
    /// # Errors
    /// The first member that does not.
    pub fn check(&self) -> Result<(), RuleError> {
        let rewards = std::iter::once(("commission", &self.reward))
            .chain(self.recurring.iter().map(|r| ("commission.recurring", r)))
            .chain(self.lead.iter().map(|r| ("commission.lead", r)))
            .chain(self.products.values().map(|r| ("commission.products", r)));
        for (field, reward) in rewards {
            reward.check(field)?;
        }
        if matches!(self.lead, Some(Reward::Percent { .. })) {
            return Err(RuleError {
                field: "commission.lead",
                problem: "must be a flat amount: a lead has no amount to take a percentage of",
            });
        }
        if self.duration == (Duration::Months { months: 0 }) {
            return Err(RuleError {
                field: "commission.duration",
                problem: "must be of 1 month or more; {\"type\":\"firstSale\"} pays for the first sale alone",
            });
        }
        if self.cap.is_some_and(|cap| cap.amount < 0) {
            return Err(RuleError {
                field: "commission.cap",
                problem: "must not be negative",
            });
        }
        if self.minimum_amount < 0 {
            return Err(RuleError {
                field: "commission.minimumAmount",
                problem: "must not be negative",
            });
        }
        Ok(())
    }
}

impl Reward {
    fn check(&self, field: &'static str) -> Result<(), RuleError> {
        let problem = match self {
            Self::Percent { basis_points } if !(0..=10_000).contains(basis_points) => {
                "must be between 0 and 10000 basis points"
            }
            Self::Flat { amount, .. } if *amount < 0 => "must not be a negative amount",
            Self::Flat { currency, .. } if !currency.is_known() => "must have an ISO 4217 currency",
            _ => return Ok(()),
        };
        Err(RuleError { field, problem })
    }

    /// For the explanation: `10 % of 49.00 usd`.
    pub fn words(&self) -> String {
        match self {
            Self::Percent { basis_points } => {
                let (whole, rest) = (basis_points / 100, basis_points % 100);
                if rest == 0 {
                    format!("{whole} %")
                } else {
                    format!("{whole}.{rest:02} %")
                }
            }
            Self::Flat { amount, currency } => {
                format!("{} flat", providers::Money::new(*amount, *currency))
            }
        }
    }

    /// The reward for a base amount, before conversion, in its own currency (`base_currency` for a
    /// percentage). `None` when it does not fit 64 bits.
    pub fn amount(&self, base: i64, base_currency: Currency) -> Option<(i64, Currency)> {
        match self {
            Self::Percent {
                basis_points: points,
            } => Some((basis_points(base, *points)?, base_currency)),
            Self::Flat { amount, currency } => Some((*amount, *currency)),
        }
    }
}

/// One rule from a date on, for all partners of a program or for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVersion {
    /// Only for this partner.
    pub partner_id: Option<String>,
    /// From this time on.
    pub from: Micros,
    /// The rule; `None` ends a partner's own rule.
    pub rule: Option<Rule>,
}

/// All rules of one program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleBook(pub Vec<RuleVersion>);

impl RuleBook {
    /// The rule for a partner's sale at a time: the partner's own if it has one, else the program's.
    pub fn rule(&self, partner_id: &str, at: Micros) -> Option<&Rule> {
        let newest = |whose: Option<&str>| {
            self.0
                .iter()
                .filter(|version| version.partner_id.as_deref() == whose && version.from <= at)
                .max_by_key(|version| version.from)
                .and_then(|version| version.rule.as_ref())
        };
        newest(Some(partner_id)).or_else(|| newest(None))
    }
}

/// What is left of a commission when `remaining` of `whole` is left of its sale: nothing of nothing, all
/// of all.
pub fn remaining(commission: i64, remaining: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return commission;
    }
    share(commission, remaining.clamp(0, whole), whole).unwrap_or(0)
}

#[cfg(test)]
mod tests;
