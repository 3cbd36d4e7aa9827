//! A program's settings, and from when on each version of them holds.
//!
//! Which version decides depends on times in the facts alone, so that a change never touches what was earned
//! before it.

use providers::Micros;
use serde::{Deserialize, Serialize};

/// Which of several clicks counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// The last before the payment.
    #[default]
    LastClick,
    /// The first.
    FirstClick,
}

/// A program's settings about who gets the credit, and when it may be paid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Which of several clicks counts.
    pub model: Model,
    /// How many days a click counts.
    pub window_days: i64,
    /// Whether a customer, once brought by a partner, stays with that partner whatever is clicked later.
    pub customer_stays: bool,
    /// How many days after the sale a commission may be paid out.
    pub hold_days: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            model: Model::LastClick,
            window_days: 90,
            customer_stays: false,
            hold_days: 30,
        }
    }
}

/// A policy from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyVersion {
    /// From this time on.
    pub from: Micros,
    /// The policy.
    pub policy: Policy,
}

/// All policies of one program, in the order in which they were made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyBook(pub Vec<PolicyVersion>);

impl PolicyBook {
    /// The policy at a time; the default one before the first. Of two that hold from one time on, the one
    /// made later.
    pub fn at(&self, time: Micros) -> Policy {
        let begun = self.0.iter().filter(|version| version.from <= time);
        let newest = begun.max_by_key(|version| version.from);
        newest.map_or_else(Policy::default, |version| version.policy)
    }
}
