//! What the facts of a neighbourhood add up to: sales, leads and what each earns.

use std::collections::BTreeSet;

use providers::fact::{Amounts, Billing, Bought};
use providers::{Currency, Micros, Name};
use serde::{Deserialize, Serialize};

use super::decision::{Decided, Decision};
use super::rate::Rate;
use super::reversal::{Applied, Taken};
use super::unite::Join;
use crate::attribution::{Credit, TurnedDown};

/// The place of a sale in its customer's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first payment of a subscription.
    First,
    /// A later payment of a subscription.
    Recurring,
    /// Not of a subscription.
    OneTime,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[Self::First, Self::Recurring, Self::OneTime];

    /// The word in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Recurring => "recurring",
            Self::OneTime => "one_time",
        }
    }
}

/// One sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The name of the object whose amounts count.
    pub object: Name,
    /// What the merchant calls it: `None` for a manual call without an invoice id.
    pub invoice_id: Option<String>,
    /// Every payment name, sorted.
    pub references: BTreeSet<Name>,
    /// The event's name (`Purchase` unless the merchant says otherwise).
    pub event_name: String,
    /// The value of `paymentProcessor`.
    pub payment_processor: String,
    /// The merchant's own data, as JSON text.
    pub metadata: Option<String>,
    /// Amounts as sold.
    pub amounts: Amounts,
    /// Their currency.
    pub currency: Currency,
    /// What is gone since.
    pub taken: Taken,
    /// The things that went back, and the net amount of each, as far as refunds name them, with the ids of their lines.
    pub returned: Vec<Bought>,
    /// When it was paid.
    pub occurred_at: Micros,
    /// Its place in the customer's history.
    pub kind: Kind,
    /// What the processor says led to it.
    pub billing: Billing,
    /// The customer, by its smallest name.
    pub customer: Option<Name>,
    /// The subscription.
    pub subscription: Option<Name>,
    /// What was bought.
    pub products: Vec<String>,
    /// How much of the goods each thing is, where there are several.
    pub bought: Vec<Bought>,
    /// Who brought it.
    pub credit: Option<Credit>,
    /// What it earns; `None` when organic.
    pub earning: Option<Earning>,
    /// How all this was found.
    pub why: Why,
}

impl Sale {
    /// The net amount that is left, open disputes counted as gone.
    pub fn net_left(&self) -> i64 {
        self.amounts.net - self.taken.refunded - self.taken.disputed
    }

    /// The net amount that is left when only what is final counts as gone.
    pub fn net_left_final(&self) -> i64 {
        self.amounts.net - self.taken.refunded - self.taken.lost
    }
}

/// What a sale or lead earns its partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earning {
    /// The partner.
    pub partner_id: String,
    /// The program.
    pub program_id: String,
    /// What it earned when sold.
    pub full: i64,
    /// What is left after refunds and lost disputes.
    pub left: i64,
    /// What is left when open disputes and reviews are held back too.
    pub free: i64,
    /// The currency of the three.
    pub currency: Currency,
    /// The rate they were converted at, if they were.
    pub rate: Option<Rate>,
    /// Why it is held for review.
    pub review: Option<&'static str>,
    /// Why it cannot be computed yet.
    pub waits_for: Option<String>,
    /// What the owner has decided about it.
    pub decided: Option<Decided>,
}

impl Earning {
    /// From when on it may be paid, by the owner's word, where it need not wait for the end of its hold.
    pub fn approved_at(&self) -> Option<Micros> {
        let decided = self.decided?;
        (decided.decision == Decision::Approved).then_some(decided.at)
    }
}

/// A commission's arithmetic in words, line by line: what led to each figure of an [`Earning`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// To what it earned when sold.
    pub full: Vec<String>,
    /// To what is left of that after refunds, lost disputes and a refusal.
    pub left: Vec<String>,
    /// To what of that is not held back.
    pub free: Vec<String>,
}

impl Words {
    /// All lines, in the order of the arithmetic.
    pub fn lines(&self) -> Vec<String> {
        let Self { full, left, free } = self;
        [full, left, free].into_iter().flatten().cloned().collect()
    }
}

/// How a sale was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Why {
    /// What united its names.
    pub joins: Vec<Join>,
    /// Clicks and codes that do not count.
    pub turned_down: Vec<TurnedDown>,
    /// The owner has said that nobody brought it.
    pub nobodys: bool,
    /// Refunds and disputes.
    pub reversals: Vec<Applied>,
    /// The commission's arithmetic.
    pub arithmetic: Words,
    /// Remarks of the adapters.
    pub remarks: Vec<String>,
}

/// A lead, with its credit and what it earns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadOutcome {
    /// The lead's id.
    pub id: String,
    /// What happened.
    pub event_name: String,
    /// The customer, by its smallest name.
    pub customer: Option<Name>,
    /// Where it meets leads of other customers that came by the same click, with an address of the same mailbox.
    pub meets: BTreeSet<Name>,
    /// When.
    pub occurred_at: Micros,
    /// Who brought it.
    pub credit: Option<Credit>,
    /// What it earns.
    pub earning: Option<Earning>,
    /// The arithmetic.
    pub arithmetic: Words,
}
