//! Snapshots of objects that stand for a payment. Which of them are one payment is never said here.

use serde::{Deserialize, Serialize};

use super::Version;
use crate::money::share;
use crate::signature::digest_id;
use crate::{Currency, Micros, Name};

/// How good a snapshot is as the truth about the amount; the first is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// The document that defines the payment (invoice, order, transaction). Two different ones are
    /// always two payments, whatever links them.
    Canonical,
    /// A checkout that was paid.
    Checkout,
    /// A payment attempt that succeeded, seen without the document it belongs to.
    Intent,
    /// A single charge, seen without anything above it.
    Charge,
    /// A merchant's own report through the API.
    Manual,
}

impl Rank {
    /// The word for it in a stored key. Never changed.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Canonical => "Canonical",
            Self::Checkout => "Checkout",
            Self::Intent => "Intent",
            Self::Charge => "Charge",
            Self::Manual => "Manual",
        }
    }

    /// Whether this evidence may later turn out to belong to a document not seen yet, so that it waits
    /// a moment before it becomes a sale by itself.
    pub const fn settles(self) -> bool {
        matches!(self, Self::Intent | Self::Charge)
    }
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Not paid yet; may never be.
    Pending,
    /// Paid.
    Paid,
    /// Will never be paid.
    Void,
}

/// What kind of billing led to a payment, as far as its processor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// Not said.
    Unknown,
    /// Bought once.
    OneTime,
    /// The first payment of a subscription.
    SubscriptionFirst,
    /// A later period.
    SubscriptionRenewal,
    /// A change within a period (upgrade, more seats).
    SubscriptionUpdate,
}

/// Amounts of a payment in the ISO smallest unit of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    /// Before discount, tax and shipping, where the processor says so; else like `gross`.
    pub subtotal: i64,
    /// Taken off.
    pub discount: i64,
    /// Tax contained in `gross`.
    pub tax: i64,
    /// Shipping contained in `gross`.
    pub shipping: i64,
    /// What the buyer paid.
    pub gross: i64,
    /// What a commission is computed on by default: goods without tax and shipping. Never negative.
    pub net: i64,
    /// The part of `gross` that `net` stands for when money flows back: a refund of this much, counted
    /// without shipping, takes back all of `net`. Mostly `gross` itself.
    pub reversible: i64,
    /// The part of `gross` that bought gift cards: money that is spent, and counts, another day. No commission is of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gift_cards: i64,
    /// What the processor kept for itself, once it says so.
    pub fee: Option<i64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(amount: &i64) -> bool {
    *amount == 0
}

impl Amounts {
    /// What the buyer paid that counts here and now.
    pub fn gross_without_gift_cards(self) -> i64 {
        self.gross.saturating_sub(self.gift_cards).max(0)
    }

    /// The same amounts as if only `came` of `gross` had been paid; `None` where they do not fit.
    pub fn part(self, came: i64) -> Option<Self> {
        let part = |amount| share(amount, came, self.gross);
        let fee = match self.fee {
            Some(fee) => Some(part(fee)?),
            None => None,
        };
        Some(Self {
            subtotal: part(self.subtotal)?,
            discount: part(self.discount)?,
            tax: part(self.tax)?,
            shipping: part(self.shipping)?,
            gross: came,
            net: part(self.net)?,
            reversible: part(self.reversible)?,
            gift_cards: part(self.gift_cards)?,
            fee,
        })
    }

    /// Both together; `None` where they do not fit. The fee is known where it is known of both.
    pub fn plus(self, other: Self) -> Option<Self> {
        let fee = match (self.fee, other.fee) {
            (Some(one), Some(other)) => Some(one.checked_add(other)?),
            _ => None,
        };
        Some(Self {
            subtotal: self.subtotal.checked_add(other.subtotal)?,
            discount: self.discount.checked_add(other.discount)?,
            tax: self.tax.checked_add(other.tax)?,
            shipping: self.shipping.checked_add(other.shipping)?,
            gross: self.gross.checked_add(other.gross)?,
            net: self.net.checked_add(other.net)?,
            reversible: self.reversible.checked_add(other.reversible)?,
            gift_cards: self.gift_cards.checked_add(other.gift_cards)?,
            fee,
        })
    }
}

/// The same payment in the buyer's currency, for refunds that are told in that currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentment {
    /// The buyer's currency.
    pub currency: Currency,
    /// What the buyer paid.
    pub gross: i64,
    /// As [`Amounts::reversible`].
    pub reversible: i64,
}

impl Presentment {
    /// The same view of a payment of which only `came` of `whole` was paid; `None` where it does not fit.
    pub fn part(self, came: i64, whole: i64) -> Option<Self> {
        Some(Self {
            gross: share(self.gross, came, whole)?,
            reversible: share(self.reversible, came, whole)?,
            ..self
        })
    }
}

/// A snapshot of one object that stands for a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The object's own name.
    pub object: Name,
    /// How good it is as the truth about the amount.
    pub rank: Rank,
    /// Which snapshot.
    pub version: Version,
    /// How far it has come.
    pub state: PaymentState,
    /// Its amounts; all zero for a trial or a full discount, which is no sale but keeps its attribution.
    pub amounts: Amounts,
    /// Their currency.
    pub currency: Currency,
    /// The buyer's view, where it differs.
    pub presentment: Option<Presentment>,
    /// When it was paid (or, unpaid, when it began).
    pub occurred_at: Micros,
    /// What led to it.
    pub billing: Billing,
    /// Set on a document that may merely confirm another object's payment (a receipt), or on a payment
    /// that may belong to a document: if one with the same customer, currency and gross amount lies
    /// within this many seconds, they are one.
    pub twin_window_seconds: Option<i64>,
    /// Ids of what was bought, for rules by product: those of all prices first, then those of products.
    pub products: Vec<String>,
    /// How much of the goods each thing is: where things of several ids were bought and all of them are told, or
    /// line by line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bought: Vec<Bought>,
    /// A remark for the owner (`out_of_band`, `fx_estimated`, `unknown_currency`).
    pub remark: Option<String>,
}

impl Payment {
    /// What the keys of all snapshots of this object by this rank begin with.
    pub fn start_of_key(&self) -> String {
        format!("payment/{}/{}", self.rank.key(), self.object.as_str())
    }

    /// Of which lines it does not tell what they are, as a text to compare; `None` where there is none. A snapshot
    /// that has forgotten something does not take the place of one that knows it.
    pub(super) fn forgotten(&self) -> Option<String> {
        let forgotten = self.bought.iter().filter(|thing| thing.is_forgotten);
        let mut texts: Vec<String> = forgotten.map(|thing| thing.ids.join(",")).collect();
        texts.sort_unstable();
        (!texts.is_empty()).then(|| digest_id(texts.join(";").as_bytes()))
    }
}

/// A thing that was bought, and what of the payment's goods it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    /// Its ids: that of its price first, then that of its product; last those of its lines, where refunds name lines.
    pub ids: Vec<String>,
    /// Its amount before tax. Only how large it is beside the others counts.
    pub amount: i64,
    /// Whether the processor does not tell all its ids, and may have told them before: those of what was deleted
    /// are forgotten.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_forgotten: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
pub(super) const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Bought {
    /// The id of what goes back of shipping, where that counts: it is no thing of its own, and was earned with all of them.
    pub const SHIPPING: &str = "shipping";

    /// Shipping, of so much.
    pub fn shipping(amount: i64) -> Self {
        Self {
            ids: vec![Self::SHIPPING.to_owned()],
            amount,
            is_forgotten: false,
        }
    }

    /// Whether it is shipping.
    pub fn is_shipping(&self) -> bool {
        self.ids.iter().map(String::as_str).eq([Self::SHIPPING])
    }

    /// What things are worth, told line by line: lines of one thing are one, and what comes to nothing is left
    /// out. Nothing at all where there is only one thing: [`Payment::products`] say it already.
    pub fn of(lines: impl IntoIterator<Item = (Vec<String>, i64)>) -> Vec<Self> {
        let things = Self::united(lines);
        if things.len() < 2 {
            return Vec::new();
        }
        Self::worth(things)
    }

    /// The same where refunds name lines: each thing has the ids of its lines too.
    pub fn of_lines(
        lines: impl IntoIterator<Item = (Vec<String>, Option<String>, i64)>,
    ) -> Vec<Self> {
        let lines: Vec<_> = lines.into_iter().collect();
        let told = lines.iter().map(|(ids, _, amount)| (ids.clone(), *amount));
        let mut things = Self::of(told);
        for thing in &mut things {
            let own = lines.iter().filter(|(ids, ..)| *ids == thing.ids);
            let line_ids: Vec<String> = own.filter_map(|(_, id, _)| id.clone()).collect();
            thing.ids.extend(line_ids);
        }
        things
    }

    /// The same, be it one thing alone.
    pub fn sums(lines: impl IntoIterator<Item = (Vec<String>, i64)>) -> Vec<Self> {
        Self::worth(Self::united(lines))
    }

    /// The same things where all of them come to `whole`; nothing where they come to nothing.
    pub fn shares(things: &[Self], whole: i64) -> impl Iterator<Item = Self> {
        let all = things.iter().map(|thing| thing.amount);
        let all = all.fold(0, i64::saturating_add);
        things.iter().filter_map(move |thing| {
            Some(Self {
                amount: share(whole, thing.amount, all)?,
                ..thing.clone()
            })
        })
    }

    fn united(lines: impl IntoIterator<Item = (Vec<String>, i64)>) -> Vec<Self> {
        let mut things: Vec<Self> = Vec::new();
        for (ids, amount) in lines {
            match things.iter_mut().find(|thing| thing.ids == ids) {
                Some(thing) => thing.amount = thing.amount.saturating_add(amount),
                None => things.push(Self {
                    ids,
                    amount,
                    is_forgotten: false,
                }),
            }
        }
        things
    }

    fn worth(mut things: Vec<Self>) -> Vec<Self> {
        things.retain(|thing| thing.amount > 0);
        things
    }
}
