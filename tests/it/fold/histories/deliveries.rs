//! A life as its processor tells it.

use providers::fact::{
    Allocation, Billing, Extent, Identity, Lead, Payment, PaymentState, Rank, Refunded,
    ReversalKind, ReversalState, Strength, Version,
};
use providers::{Fact, Micros, Name};

use super::{Bought, CUSTOMER, DisputeEnd, Life, RefundEnd, Shape};
use crate::fold::support::{NOW, alias, identity, paid, payment_name, reversal, usd};

impl Life {
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
            let_go: 0,
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
