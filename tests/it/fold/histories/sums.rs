//! What a life must add up to, worked out from what happened and not from the facts.

use super::{Bought, DisputeEnd, Life, RefundEnd, Shape, Sold};

impl Bought {
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
