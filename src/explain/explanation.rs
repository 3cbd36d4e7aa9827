//! What an explanation says, as the API shows it. Personal data stand in [`Buyer`] alone.

use serde::Serialize;

use super::{Booked, PaidOut, Told};
use crate::attribution::{Credit, TurnedDown};

/// A sale and all that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The sale.
    pub sale: Shown,
    /// Who bought.
    pub customer: Option<Buyer>,
    /// Customer ids that stand with it and join nobody, and why.
    pub unjoined: Vec<Unjoined>,
    /// What was delivered about it, oldest first.
    pub deliveries: Vec<Told>,
    /// Every name it is known by.
    pub names: Vec<String>,
    /// Why those names are one payment.
    pub joins: Vec<Joined>,
    /// Who brought it.
    pub attribution: Attribution,
    /// What it earns; `null` for an organic sale.
    pub commission: Option<Commission>,
    /// What was taken back, in sentences.
    pub reversals: Vec<String>,
    /// Every entry of the ledger.
    pub entries: Vec<Booked>,
    /// Every payout that has paid some of it, also those that were reversed.
    pub payouts: Vec<PaidOut>,
    /// All of this as a short plain text.
    pub text: String,
}

/// The sale's own figures, in the smallest unit of `currency`; `amount` is net of tax and shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// `live`; `merged` when it turned out to be another's payment; `gone` when it is none any more.
    pub state: String,
    /// The merchant's name of it.
    pub invoice_id: Option<String>,
    /// What happened.
    pub event_name: String,
    /// The processor.
    pub payment_processor: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// `first`, `recurring` or `one_time`.
    pub kind: String,
    /// What a commission is computed on.
    pub amount: i64,
    /// What of it was refunded.
    pub amount_refunded: i64,
    /// What of it is disputed.
    pub amount_disputed: i64,
    /// What is left.
    pub net_amount: i64,
    /// What the buyer paid, tax and shipping included.
    pub gross: i64,
    /// The currency.
    pub currency: String,
    /// When it was paid, RFC 3339.
    pub occurred_at: String,
}

/// Who bought. The only place for personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Buyer {
    /// The customer's id here.
    pub id: String,
    /// The merchant's own id of the customer.
    pub external_id: Option<String>,
    /// The processors' ids of the customer.
    pub processor_ids: Vec<String>,
    /// The newest e-mail address told.
    pub email: Option<String>,
    /// The newest name told.
    pub name: Option<String>,
    /// How it is known that the sale is theirs, in sentences.
    pub says: Vec<String>,
}

/// A customer id that joins nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unjoined {
    /// The id; one that may be personal is not shown.
    pub id: String,
    /// Where a buyer can have written it; `null` for what the merchant or the processor wrote.
    pub place: Option<String>,
    /// Why it joins nobody, in a sentence.
    pub says: String,
}

/// Two names that are one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Joined {
    /// One name.
    pub a: String,
    /// The other.
    pub b: String,
    /// `proven`, `allocation`, `hint` or `twin`.
    pub why: &'static str,
    /// The same in a sentence.
    pub says: String,
}

/// Who brought a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribution {
    /// The partner found; `null` for an organic sale.
    pub credit: Option<Credit>,
    /// The same in a sentence.
    pub says: String,
    /// Why the owner has set it by hand, where that is so.
    pub reason: Option<String>,
    /// Clicks and codes that do not count, and why.
    pub turned_down: Vec<TurnedDown>,
}

/// What the owner has decided about a commission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// What.
    pub decision: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// When, RFC 3339.
    pub decided_at: String,
}

/// What a sale earns, in the smallest unit of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Commission {
    /// The rule in words; `null` when the program has none for the sale's date.
    pub rule: Option<String>,
    /// The arithmetic, line by line.
    pub arithmetic: Vec<String>,
    /// When sold.
    pub full: i64,
    /// What is left after refunds and lost disputes.
    pub left: i64,
    /// What of that open disputes and reviews do not hold.
    pub free: i64,
    /// The currency.
    pub currency: String,
    /// The exchange rate in words, where there is one.
    pub rate: Option<String>,
    /// Why it is held for review.
    pub review: Option<String>,
    /// Why it cannot be computed yet.
    pub waits_for: Option<String>,
    /// What the owner has decided about it.
    pub decision: Option<Decision>,
    /// From when on it may be paid out, RFC 3339.
    pub available_at: String,
}
