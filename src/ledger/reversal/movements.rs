//! The sums of what single reversals move: what refunds and disputes take, what comes back of it without
//! naming one of them, and credits that lessened a document before it was paid.
//!
//! A return gives back no more than was taken by its time, so a return that is told again, or without
//! anything to give back, never makes room for a later refund. It must never depend on the order of facts.

use providers::Micros;
use providers::fact::{Payment, Reversal, ReversalKind, ReversalState};

use super::part::Part;

/// What one reversal moves, and when.
type Moved = (Micros, Part);

/// What the single reversals of one payment move.
#[derive(Default)]
pub(super) struct Movements {
    refunds: Vec<Moved>,
    refunds_returned: Vec<Moved>,
    lost: Vec<Moved>,
    lost_returned: Vec<Moved>,
    /// What the buyer had of disputes that say themselves that they were won.
    won: Vec<i64>,
    held: Part,
    credits: Part,
    credits_left_out: Part,
}

impl Movements {
    /// Takes one reversal of `payment` in.
    pub(super) fn note(&mut self, fact: &Reversal, part: Part, payment: &Payment) {
        use ReversalKind::{Credit, CreditReturn, Dispute, DisputeReturn, Refund, RefundReturn};
        use ReversalState::{Final, Held, Inert, Released};
        let moved = (fact.occurred_at, part);
        match (fact.kind, fact.state) {
            (Dispute, Released) => self.won.push(part.cash_of(payment)),
            (_, Inert | Released) => {}
            (Refund, _) => self.refunds.push(moved),
            (RefundReturn, _) => self.refunds_returned.push(moved),
            (Dispute, Final) => self.lost.push(moved),
            (Dispute, Held) => self.held = self.held.plus(part),
            (DisputeReturn, _) => self.lost_returned.push(moved),
            (Credit, _) if fact.occurred_at <= payment.occurred_at => {
                self.credits = self.credits.plus(part);
            }
            (Credit, _) => {}
            (CreditReturn, _) => self.credits_left_out = self.credits_left_out.plus(part),
        }
    }

    /// Refunds with credits, lost disputes, and disputes that are open.
    pub(super) fn sums(mut self, payment: &Payment) -> [Part; 3] {
        self.drop_returns_told_twice(payment);
        let credits = self.credits.without(self.credits_left_out, payment);
        let refunds = left_of(self.refunds, self.refunds_returned, payment);
        let lost = left_of(self.lost, self.lost_returned, payment);
        [refunds.plus(credits), lost, self.held]
    }

    /// A won dispute can be told by its own state and by a return of the same amount: that is one thing.
    fn drop_returns_told_twice(&mut self, payment: &Payment) {
        for won in std::mem::take(&mut self.won) {
            let same = |(_, part): &Moved| part.cash_of(payment) == won;
            if let Some(at) = self.lost_returned.iter().position(same) {
                self.lost_returned.remove(at);
            }
        }
    }
}

/// What is left of `taken` after `returned`, step by step in time; of one instant, what was taken first.
fn left_of(taken: Vec<Moved>, returned: Vec<Moved>, payment: &Payment) -> Part {
    if returned.is_empty() {
        let sum = |sum: Part, (_, part)| sum.plus(part);
        return taken.into_iter().fold(Part::default(), sum);
    }
    let taken = taken.into_iter().map(|moved| (false, moved));
    let returned = returned.into_iter().map(|moved| (true, moved));
    let mut steps: Vec<(bool, Moved)> = taken.chain(returned).collect();
    steps.sort_by_key(|(is_return, (at, part))| (*at, *is_return, part.cash_of(payment)));
    steps
        .into_iter()
        .fold(Part::default(), |left, (is_return, (_, part))| {
            if is_return {
                left.without(part, payment)
            } else {
                left.plus(part).capped(payment)
            }
        })
}
