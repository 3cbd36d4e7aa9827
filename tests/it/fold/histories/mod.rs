//! Histories as processors tell them, at random, each with what it must add up to. The sum is worked out
//! here a second time, from what happened and not from the facts.

mod deliveries;
mod sums;

use proptest::prelude::*;
use providers::Micros;

use super::support::NOW;

/// The processors, by the way in which they tell a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Invoice, session, intent and charge; refunds one by one and as a charge's total.
    Stripe,
    /// An order; refunds one by one, goods and shipping apart.
    Shopify,
    /// A transaction; adjustments, some told net of tax.
    Paddle,
    /// An order that tells its refunds as a total alone.
    Polar,
    /// A store's transaction; refunds of all of it alone.
    RevenueCat,
}

/// What happens to a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefundEnd {
    Pending,
    Succeeded,
    Failed,
}

/// What happens to a dispute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DisputeEnd {
    Inquiry,
    Open,
    Won,
    Prevented,
    Lost,
    LostThenAppealed,
    LostThenWonOnAppeal,
}

/// One payment as it happened.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that may or may not have happened"
)]
pub(crate) struct Bought {
    pub(crate) net: i64,
    pub(crate) tax: i64,
    pub(crate) shipping: i64,
    /// Paid with nothing, as a trial is.
    pub(crate) free: bool,
    pub(crate) void: bool,
    /// In percent of what was paid.
    pub(crate) refunds: Vec<(i64, RefundEnd)>,
    pub(crate) dispute: Option<DisputeEnd>,
    /// How Stripe's names come to be one: 0 by aliases, 1 by an allocation, 2 by a hint, 3 by looks.
    pub(crate) link: u8,
    pub(crate) reported_by_hand: bool,
    pub(crate) told_by_two_endpoints: bool,
}

/// One customer's life.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that may or may not be so"
)]
pub(crate) struct Life {
    pub(crate) shape: Shape,
    pub(crate) subscribed: bool,
    pub(crate) trial_lead: bool,
    /// Which of the deliveries carries the click: that of the first payment, or one after all of them.
    pub(crate) late_click: bool,
    /// Whether the customer is told with the payments, or only afterwards.
    pub(crate) late_customer: bool,
    pub(crate) bought: Vec<Bought>,
}

/// A sale that a life must lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sold {
    pub(crate) object: String,
    pub(crate) kind: &'static str,
    pub(crate) net: i64,
    pub(crate) gross: i64,
    pub(crate) refunded: i64,
    pub(crate) disputed: i64,
    pub(crate) commission: i64,
    pub(crate) free: i64,
}

const CUSTOMER: &str = "cus_life";

fn refund() -> impl Strategy<Value = (i64, RefundEnd)> {
    let end = prop_oneof![
        4 => Just(RefundEnd::Succeeded),
        1 => Just(RefundEnd::Pending),
        1 => Just(RefundEnd::Failed),
    ];
    let percent = prop_oneof![3 => 1_i64..=60, 1 => Just(100)];
    (percent, end)
}

fn dispute() -> impl Strategy<Value = DisputeEnd> {
    prop::sample::select(
        &[
            DisputeEnd::Inquiry,
            DisputeEnd::Open,
            DisputeEnd::Won,
            DisputeEnd::Prevented,
            DisputeEnd::Lost,
            DisputeEnd::LostThenAppealed,
            DisputeEnd::LostThenWonOnAppeal,
        ][..],
    )
}

fn bought() -> impl Strategy<Value = Bought> {
    (
        (1_i64..100_000, 0_i64..20_000, 0_i64..3_000),
        (prop::bool::weighted(0.1), prop::bool::weighted(0.1)),
        prop::collection::vec(refund(), 0..4),
        prop::option::weighted(0.3, dispute()),
        0_u8..4,
        (prop::bool::weighted(0.2), any::<bool>()),
    )
        .prop_map(
            |((net, tax, shipping), (free, void), refunds, dispute, link, told)| Bought {
                net,
                tax,
                shipping,
                free,
                void: void && !free,
                refunds,
                dispute,
                link,
                reported_by_hand: told.0,
                told_by_two_endpoints: told.1,
            },
        )
}

/// A life with this processor.
pub(crate) fn life(shape: Shape) -> impl Strategy<Value = Life> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (flags, prop::collection::vec(bought(), 1..5)).prop_map(
        move |((subscribed, trial_lead, late_click, late_customer), bought)| Life {
            shape,
            subscribed,
            trial_lead,
            late_click,
            late_customer,
            bought,
        },
    )
}

impl Bought {
    fn shipping(&self, shape: Shape) -> i64 {
        if shape == Shape::Shopify {
            self.shipping
        } else {
            0
        }
    }

    fn gross(&self, shape: Shape) -> i64 {
        if self.free {
            0
        } else {
            self.net + self.tax + self.shipping(shape)
        }
    }

    /// Money back, refund by refund, never more than was paid: cash, and the goods' part of it.
    fn given_back(&self, shape: Shape) -> Vec<(i64, i64, RefundEnd)> {
        let (mut cash_left, mut goods_left) = (self.gross(shape), self.net + self.tax);
        let mut given = Vec::new();
        for (percent, end) in &self.refunds {
            let whole = shape == Shape::RevenueCat;
            let percent = if whole { 100 } else { *percent };
            let cash = (self.gross(shape) * percent / 100).min(cash_left);
            if cash == 0 {
                continue;
            }
            let goods = cash.min(goods_left);
            if *end != RefundEnd::Failed {
                cash_left -= cash;
                goods_left -= goods;
            }
            given.push((cash, goods, *end));
        }
        given
    }
}

impl Life {
    fn at(number: i64) -> Micros {
        NOW.plus_days(-60).plus_seconds(number * 30 * 3_600)
    }

    fn document(&self, number: i64) -> String {
        let start = match self.shape {
            Shape::Stripe => "in",
            Shape::Shopify => "order",
            Shape::Paddle => "txn",
            Shape::Polar => "polar",
            Shape::RevenueCat => "rc",
        };
        format!("{start}_{number}")
    }
}
