//! A shop with one order: what it does, what it tells, and what it keeps.

mod steps;

use super::super::Told;
use super::told::Currencies;
use super::{Life, LineLife};

/// Figures of one unit.
pub(super) struct Line {
    pub(super) id: i64,
    /// Net, after the discount.
    pub(super) price: i64,
    pub(super) tax: i64,
    pub(super) discount: i64,
    pub(super) is_card: bool,
    /// Units that were ever in the order, and that are now.
    pub(super) sold: i64,
    pub(super) current: i64,
    /// Units that were paid for, and that the buyer has, or the shop the money for.
    kept: i64,
}

impl Line {
    fn gross(&self) -> i64 {
        self.price + self.tax
    }
}

pub(super) struct Refund {
    pub(super) id: i64,
    /// The line of which a unit leaves the order.
    pub(super) unit: Option<usize>,
    pub(super) shipping: bool,
    pub(super) duties: i64,
    /// How much less the buyer gets than all this is worth.
    pub(super) discrepancy: i64,
    pub(super) amounts: Vec<i64>,
    pub(super) status: &'static str,
}

pub(super) struct Shop {
    pub(super) currencies: Currencies,
    pub(super) lines: Vec<Line>,
    pub(super) tax_inside: bool,
    pub(super) shipping: i64,
    pub(super) shipping_tax: i64,
    pub(super) tip: i64,
    pub(super) duties: i64,
    pub(super) fees: i64,
    pub(super) refunds: Vec<Refund>,
    /// All that the buyer has paid, and got back.
    pub(super) received: i64,
    pub(super) returned: i64,
    pub(super) told: Vec<Told>,
    /// Which of `told` is the newest snapshot of the order that is paid in full.
    pub(super) newest_paid: usize,
    /// How many seconds lie between two snapshots.
    pace: usize,
    seconds: usize,
    /// What the order is worth beyond its lines, shipping and so on, once they have gone back: fees kept, less
    /// goodwill.
    adjusted: i64,
    /// The same of the net amount that was paid and kept.
    kept_beside: i64,
    /// What of the shipping with its tax, and of the duties, has not gone back.
    shipping_left: i64,
    duties_left: i64,
    /// Whether the bank sent the shipping back.
    shipping_stuck: bool,
    /// The units edited out whose money is still to go back.
    owed: Vec<usize>,
    /// Whether all lines have one rate of tax, so that it does not matter which of them money is for.
    is_uniform: bool,
    rate: i64,
    /// The one kind of leaving that may happen without money where the rates differ.
    leaves: Option<&'static str>,
}

impl Shop {
    /// The order is made, some of it is taken out, and the rest is paid. Prices are in whole hundreds and tax in
    /// tenths of them, so that nothing is rounded.
    pub(super) fn open(life: &Life) -> Self {
        let uniform = |line: &LineLife| line.rate == life.lines[0].rate && !line.is_card;
        let mut shop = Self {
            currencies: life.currencies,
            lines: Vec::new(),
            tax_inside: life.tax_inside,
            shipping: life.shipping * 100,
            shipping_tax: life.shipping * life.shipping_tax * 10,
            tip: life.tip * 100,
            duties: life.duties * 100,
            fees: life.fees * 100,
            refunds: Vec::new(),
            received: 0,
            returned: 0,
            told: Vec::new(),
            newest_paid: 0,
            pace: usize::from(!life.at_once),
            seconds: 0,
            adjusted: 0,
            kept_beside: 0,
            shipping_left: life.shipping * (100 + life.shipping_tax * 10),
            duties_left: life.duties * 100,
            shipping_stuck: false,
            owed: Vec::new(),
            is_uniform: life.lines.iter().all(uniform),
            rate: life.lines[0].rate,
            leaves: None,
        };
        for line in &life.lines {
            let rate = if line.is_card { 0 } else { line.rate };
            let at = shop.add(line.price * 100, rate, line.quantity);
            (shop.lines[at].discount, shop.lines[at].is_card) = (line.discount * 100, line.is_card);
        }
        shop.snapshot("orders/create", "authorized");
        for line in &life.removed {
            if let Some(at) = shop.pick(*line)
                && shop.may_leave("unpaid")
            {
                shop.lines[at].current -= 1;
                shop.refund(Refund {
                    unit: Some(at),
                    ..shop.nothing()
                });
                shop.snapshot("orders/updated", "authorized");
            }
        }
        shop.pay("orders/paid");
        shop
    }

    fn add(&mut self, price: i64, rate: i64, quantity: i64) -> usize {
        self.lines.push(Line {
            id: i64::try_from(self.lines.len()).unwrap() + 1,
            price,
            tax: price / 10 * rate,
            discount: 0,
            is_card: false,
            sold: quantity,
            current: quantity,
            kept: 0,
        });
        self.lines.len() - 1
    }

    /// What a unit costs on the order: with its tax where that is inside.
    pub(super) fn shown(&self, line: &Line) -> i64 {
        if self.tax_inside {
            line.gross()
        } else {
            line.price
        }
    }

    fn beside(&self) -> i64 {
        self.shipping + self.shipping_tax + self.tip + self.duties + self.fees
    }

    /// What the order cost with all that was ever in it.
    pub(super) fn total(&self) -> i64 {
        self.lines.iter().map(|l| l.gross() * l.sold).sum::<i64>() + self.beside()
    }

    /// What the order is worth now.
    pub(super) fn now(&self) -> i64 {
        let lines: i64 = self.lines.iter().map(|l| l.gross() * l.current).sum();
        lines + self.tip + self.fees + self.shipping_left + self.duties_left + self.adjusted
    }

    fn outstanding(&self) -> i64 {
        self.now() - (self.received - self.returned)
    }

    /// What was paid and kept of the goods, without tax.
    pub(super) fn kept(&self) -> i64 {
        let goods = self.lines.iter().filter(|l| !l.is_card);
        let left = goods.map(|l| l.price * l.kept).sum::<i64>() + self.kept_beside;
        left.max(0)
    }

    /// What was paid and kept of the shipping, without tax.
    pub(super) const fn shipping_kept(&self) -> i64 {
        if self.shipping_left > 0 || self.shipping_stuck {
            self.shipping
        } else {
            0
        }
    }

    fn snapshot(&mut self, topic: &'static str, status: &str) {
        self.seconds += self.pace;
        self.told.push((topic, self.order(status, self.seconds)));
    }

    fn updated(&mut self, topic: &'static str) {
        let is_owed = self.outstanding() > 0;
        let status = match (self.returned, is_owed) {
            (0, true) => "partially_paid",
            (0, false) => "paid",
            (returned, _) if returned == self.received => "refunded",
            _ => "partially_refunded",
        };
        self.snapshot(topic, status);
        if !is_owed {
            self.newest_paid = self.told.len() - 1;
        }
    }

    /// The buyer pays what is owed.
    fn pay(&mut self, topic: &'static str) {
        self.received += self.outstanding().max(0);
        for line in &mut self.lines {
            line.kept = line.kept.max(line.current);
        }
        self.updated(topic);
    }

    /// A refund of nothing yet.
    fn nothing(&self) -> Refund {
        Refund {
            id: 900 + i64::try_from(self.refunds.len()).unwrap(),
            unit: None,
            shipping: false,
            duties: 0,
            discrepancy: 0,
            amounts: Vec::new(),
            status: "success",
        }
    }

    fn refund(&mut self, refund: Refund) {
        if refund.status == "success" {
            self.returned += refund.amounts.iter().sum::<i64>();
        }
        self.told
            .push(("refunds/create", self.refund_body(&refund)));
        self.refunds.push(refund);
    }

    /// The newest refund's money changes.
    fn settle(&mut self, status: &'static str) {
        let at = self.refunds.len() - 1;
        let amount: i64 = self.refunds[at].amounts.iter().sum();
        self.returned += if status == "success" { amount } else { -amount };
        self.refunds[at].status = status;
        for transaction in 0..self.refunds[at].amounts.len() {
            let body = self.transaction(&self.refunds[at], transaction);
            self.told.push(("order_transactions/create", body));
        }
    }

    /// The line that a step means, if a unit of it is left whose money the shop can give back.
    fn pick(&self, line: usize) -> Option<usize> {
        let at = line % self.lines.len();
        let is_paid = self.received == 0 || self.lines[at].gross() <= self.received - self.returned;
        (self.lines[at].current > 0 && is_paid).then_some(at)
    }

    /// Where rates of tax differ, nobody can say of which unit money is held, unless all leave in one way.
    fn may_leave(&mut self, how: &'static str) -> bool {
        self.is_uniform || *self.leaves.get_or_insert(how) == how
    }
}
