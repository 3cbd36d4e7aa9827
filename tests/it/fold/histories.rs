//! Histories as processors tell them, at random, each with what it must add up to. The sum is worked out
//! here a second time, from what happened and not from the facts.

use proptest::prelude::*;
use providers::fact::{
    Allocation, Billing, Extent, Identity, Lead, Payment, PaymentState, Rank, Refunded,
    ReversalKind, ReversalState, Strength, Version,
};
use providers::{Fact, Micros, Name};

use super::support::{NOW, alias, identity, paid, payment_name, reversal, usd};

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

    /// What refunds and the dispute take of the net amount: refunded, and disputed for good or for now.
    fn taken(&self, shape: Shape) -> (i64, i64, i64) {
        let counted = self
            .given_back(shape)
            .into_iter()
            .filter(|g| g.2 != RefundEnd::Failed);
        let (cash, goods) = counted.fold((0, 0), |sum, g| (sum.0 + g.0, sum.1 + g.1));
        let refunded = if cash >= self.gross(shape) {
            self.net
        } else {
            rounded(self.net, goods, self.net + self.tax)
        };
        let rest = self.net - refunded;
        match self.dispute {
            Some(DisputeEnd::Lost) => (refunded, rest, 0),
            Some(DisputeEnd::Open | DisputeEnd::LostThenAppealed) => (refunded, 0, rest),
            _ => (refunded, 0, 0),
        }
    }
}

/// `amount * part / whole`, half up: all three are positive here.
fn rounded(amount: i64, part: i64, whole: i64) -> i64 {
    (2 * amount * part + whole) / (2 * whole)
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

    /// The deliveries of the whole life, in the order in which things happened.
    pub(crate) fn deliveries(&self) -> Vec<Vec<Fact>> {
        let mut all = Vec::new();
        if self.trial_lead {
            all.push(vec![Fact::Lead(Lead {
                id: "trial".to_owned(),
                event_name: "Started trial".to_owned(),
                customers: Name::customer(CUSTOMER).into_iter().collect(),
                clicks: Vec::new(),
                occurred_at: Self::at(-1),
            })]);
        }
        for (number, bought) in (0..).zip(&self.bought) {
            all.extend(self.payment(number, bought));
            all.extend(self.takings(number, bought));
        }
        let late = (0..).zip(&self.bought).map(|(number, _)| {
            let mut identity = self.identity(number, true);
            identity.version.at = NOW;
            vec![Fact::Identity(identity)]
        });
        all.extend(late);
        all
    }

    fn identity(&self, number: i64, last: bool) -> Identity {
        let carries = number == 0 && (last || !self.late_click);
        let clicks: &[&str] = if carries { &["clk"] } else { &[] };
        let mut identity = identity(&self.document(number), CUSTOMER, clicks, Self::at(number));
        if self.late_customer && !last {
            identity.customers.clear();
        }
        if self.subscribed {
            identity.subscription = Name::subscription("sub_life");
        }
        identity
    }

    fn payment(&self, number: i64, bought: &Bought) -> Vec<Vec<Fact>> {
        let at = Self::at(number);
        let name = self.document(number);
        let mut document = paid(&name, Rank::Canonical, bought.gross(self.shape), at);
        document.version.step = 1;
        self.set_amounts(&mut document, bought);
        document.billing = self.billing(number);
        if bought.void {
            document.state = PaymentState::Void;
        }
        let mut pending = document.clone();
        pending.state = PaymentState::Pending;
        pending.version.step = 0;
        let mut deliveries = vec![
            vec![Fact::Payment(pending)],
            vec![
                Fact::Payment(document.clone()),
                Fact::Identity(self.identity(number, false)),
            ],
        ];
        if self.shape == Shape::Stripe && !bought.free && !bought.void {
            deliveries.extend(stripe_names(number, bought, &document));
        }
        if bought.reported_by_hand && !bought.free && !bought.void {
            let by_hand = paid(&name, Rank::Manual, document.amounts.gross, NOW);
            deliveries.push(vec![Fact::Payment(by_hand)]);
        }
        if bought.told_by_two_endpoints {
            deliveries.extend(deliveries.clone());
        }
        deliveries
    }

    fn set_amounts(&self, document: &mut Payment, bought: &Bought) {
        if !bought.free {
            document.amounts.tax = bought.tax;
            document.amounts.shipping = bought.shipping(self.shape);
            document.amounts.net = bought.net;
            document.amounts.reversible = bought.net + bought.tax;
        }
        if self.shape == Shape::Stripe && bought.link == 3 {
            document.twin_window_seconds = Some(60);
        }
    }

    fn billing(&self, number: i64) -> Billing {
        match (self.subscribed, number) {
            (false, _) => Billing::OneTime,
            (true, 0) => Billing::SubscriptionFirst,
            (true, 2) => Billing::SubscriptionUpdate,
            (true, _) => Billing::SubscriptionRenewal,
        }
    }

    fn takings(&self, number: i64, bought: &Bought) -> Vec<Vec<Fact>> {
        if bought.free || bought.void {
            return Vec::new();
        }
        let at = Self::at(number);
        let of: Vec<String> = match self.shape {
            Shape::Stripe => vec![format!("ch_{number}"), format!("pi_{number}")],
            _ => vec![self.document(number)],
        };
        let of: Vec<&str> = of.iter().map(String::as_str).collect();
        let mut deliveries = Vec::new();
        let (mut cash_total, mut goods_total) = (0, 0);
        for (index, (cash, goods, end)) in (1..).zip(bought.given_back(self.shape)) {
            let id = format!("re_{number}_{index}");
            let begun = at.plus_seconds(index * 100);
            let single = |state, at| {
                let mut single = reversal(&id, &of, ReversalKind::Refund, state, (cash, at));
                single.extent = self.extent((cash, goods), bought);
                Fact::Reversal(single)
            };
            let singles = match end {
                RefundEnd::Pending => vec![single(ReversalState::Held, begun)],
                RefundEnd::Succeeded => vec![
                    single(ReversalState::Held, begun),
                    single(ReversalState::Final, begun.plus_seconds(10)),
                ],
                RefundEnd::Failed => vec![
                    single(ReversalState::Final, begun),
                    single(ReversalState::Released, begun.plus_seconds(10)),
                ],
            };
            if self.shape != Shape::Polar {
                deliveries.extend(singles.into_iter().map(|fact| vec![fact]));
            }
            if end != RefundEnd::Failed {
                cash_total += cash;
                goods_total += goods;
            }
            let total = (cash_total, goods_total, begun.plus_seconds(20));
            deliveries.extend(self.total(of[0], total));
        }
        deliveries.extend(self.dispute(number, bought, &of));
        deliveries
    }

    fn extent(&self, (cash, counted): (i64, i64), bought: &Bought) -> Extent {
        let everything = cash == bought.gross(self.shape);
        match self.shape {
            Shape::RevenueCat => Extent::All,
            Shape::Paddle if everything => Extent::All,
            _ => Extent::Gross { cash, counted },
        }
    }

    fn total(&self, object: &str, (cash, counted, at): (i64, i64, Micros)) -> Option<Vec<Fact>> {
        let told = matches!(self.shape, Shape::Stripe | Shape::Polar);
        let total = Refunded {
            object: payment_name(object),
            extent: Extent::Gross { cash, counted },
            currency: usd(),
            version: Version { at, step: 0 },
            occurred_at: at,
        };
        told.then(|| vec![Fact::Refunded(total)])
    }

    fn dispute(&self, number: i64, bought: &Bought, of: &[&str]) -> Vec<Vec<Fact>> {
        use DisputeEnd::{Inquiry, LostThenAppealed, LostThenWonOnAppeal, Open, Prevented, Won};
        use ReversalState::{Final, Held, Inert, Released};
        let Some(end) = bought.dispute else {
            return Vec::new();
        };
        let states: &[ReversalState] = match end {
            Inquiry => &[Inert],
            Open => &[Inert, Held],
            Won => &[Held, Released],
            Prevented => &[Inert, Released],
            DisputeEnd::Lost => &[Held, Final],
            LostThenAppealed => &[Held, Final, Held],
            LostThenWonOnAppeal => &[Held, Final, Held, Released],
        };
        let gross = bought.gross(self.shape);
        let snapshots = (1..).zip(states).map(|(step, state)| {
            let at = Self::at(number).plus_seconds(5_000 + step * 60);
            let id = format!("dp_{number}");
            let mut told = reversal(&id, of, ReversalKind::Dispute, *state, (gross, at));
            if self.shape == Shape::RevenueCat {
                told.extent = Extent::All;
            }
            vec![Fact::Reversal(told)]
        });
        snapshots.collect()
    }

    /// What all of it must add up to.
    pub(crate) fn sold(&self) -> Vec<Sold> {
        let mut sold: Vec<Sold> = Vec::new();
        let mut started = self.trial_lead;
        for (number, bought) in (0..).zip(&self.bought) {
            started |= bought.free && !bought.void;
            if bought.free || bought.void {
                continue;
            }
            let begun_unseen = number > 0 && !started;
            let kind = match (self.subscribed, sold.is_empty() && !begun_unseen) {
                (false, _) => "one_time",
                (true, true) => "first",
                (true, false) => "recurring",
            };
            let (refunded, lost, held) = bought.taken(self.shape);
            let full = rounded(bought.net, 1, 10);
            let left = bought.net - refunded - lost;
            sold.push(Sold {
                object: self.document(number),
                kind,
                net: bought.net,
                gross: bought.gross(self.shape),
                refunded,
                disputed: lost + held,
                commission: rounded(full, left, bought.net),
                free: rounded(full, left - held, bought.net),
            });
        }
        sold
    }
}

/// The other objects that Stripe tells of a paid invoice, and what makes them one with it.
fn stripe_names(number: i64, bought: &Bought, document: &Payment) -> Vec<Vec<Fact>> {
    let (at, gross) = (document.occurred_at, document.amounts.gross);
    let invoice = document.object.value();
    let [intent, charge] = ["pi", "ch"].map(|start| format!("{start}_{number}"));
    let mut paid_intent = paid(&intent, Rank::Intent, gross, at.plus_seconds(1));
    paid_intent.twin_window_seconds = (bought.link == 3).then_some(60);
    let charged = paid(&charge, Rank::Charge, gross, at.plus_seconds(1));
    let who = identity(&intent, CUSTOMER, &[], at);
    let mut deliveries = vec![
        vec![Fact::Payment(paid_intent), Fact::Identity(who)],
        vec![
            Fact::Payment(charged),
            alias(&charge, &intent, Strength::Proven),
        ],
    ];
    let link = match bought.link {
        0 => Some(alias(invoice, &intent, Strength::Proven)),
        1 => Some(Fact::Allocation(Allocation {
            invoice: document.object.clone(),
            payment: payment_name(&intent),
            amount: gross,
            currency: usd(),
            version: Version { at, step: 0 },
        })),
        2 => Some(alias(&intent, invoice, Strength::Hint)),
        _ => None,
    };
    deliveries.extend(link.map(|fact| vec![fact]));
    deliveries
}
