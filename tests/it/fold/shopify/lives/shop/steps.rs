//! What happens to an order that is paid.

use super::super::{Moves, Step};
use super::{Refund, Shop};

impl Shop {
    pub(in super::super) fn step(&mut self, step: Step) {
        if self.outstanding() > 0 {
            self.pay("orders/paid");
        }
        match step {
            Step::Return {
                line,
                shipping,
                moves,
            } => self.take_back(line, shipping, moves),
            Step::ReturnForFee { line } => self.take_back_for_fee(line),
            Step::Exchange { line, dearer } => self.exchange(line, dearer * 100),
            Step::EditOut { line, refunded } => self.edit_out(line, refunded),
            // Else what the buyer is owed would pay for it.
            Step::EditIn { price, paid } if self.outstanding() == 0 => {
                self.add(price * 100, self.rate, 1);
                self.updated("orders/updated");
                if paid {
                    self.pay("orders/paid");
                }
            }
            Step::EditIn { .. } => {}
            Step::Goodwill { amount } => self.give(amount),
            Step::Duties => {
                let duties = std::mem::take(&mut self.duties_left);
                if duties > 0 {
                    let amounts = vec![duties];
                    self.refund(Refund {
                        duties,
                        amounts,
                        ..self.nothing()
                    });
                    self.updated("orders/updated");
                }
            }
        }
    }

    fn take_back(&mut self, line: usize, shipping: bool, moves: Moves) {
        let Some(at) = self.pick(line) else { return };
        let shipping = shipping && self.shipping_left > 0;
        let beside = if shipping {
            std::mem::take(&mut self.shipping_left)
        } else {
            0
        };
        let unit = self.lines[at].gross();
        let amounts = match moves {
            Moves::InTwo => vec![unit / 10, unit - unit / 10 + beside],
            _ => vec![unit + beside],
        };
        self.lines[at].current -= 1;
        let status = if moves == Moves::Later {
            "pending"
        } else {
            "success"
        };
        self.refund(Refund {
            unit: Some(at),
            shipping,
            amounts,
            status,
            ..self.nothing()
        });
        self.updated("orders/updated");
        match moves {
            Moves::Later => self.settle("success"),
            Moves::Fails => self.settle("failure"),
            _ => {}
        }
        if moves == Moves::Fails {
            self.shipping_stuck |= shipping;
        } else {
            self.lines[at].kept -= 1;
        }
        self.updated("orders/updated");
    }

    fn take_back_for_fee(&mut self, line: usize) {
        let Some(at) = self.pick(line).filter(|_| self.may_leave("fee")) else {
            return;
        };
        let (gross, net) = (self.lines[at].gross(), self.lines[at].price);
        let fee = gross / 10;
        self.lines[at].current -= 1;
        self.lines[at].kept -= 1;
        self.adjusted += fee;
        if !self.lines[at].is_card {
            self.kept_beside += net / 10;
        }
        self.refund(Refund {
            unit: Some(at),
            discrepancy: fee,
            amounts: vec![gross - fee],
            ..self.nothing()
        });
        self.updated("orders/updated");
    }

    fn exchange(&mut self, line: usize, dearer: i64) {
        let Some(at) = self.pick(line).filter(|_| self.may_leave("exchange")) else {
            return;
        };
        let dearer = if self.outstanding() == 0 {
            dearer
        } else {
            dearer.min(0)
        };
        let (price, gross) = (self.lines[at].price, self.lines[at].gross());
        let rate = self.lines[at].tax * 10 / price;
        let is_card = self.lines[at].is_card;
        let new = self.add((price + dearer).max(100), rate, 1);
        self.lines[new].is_card = is_card;
        self.lines[at].current -= 1;
        self.lines[at].kept -= 1;
        let difference = self.lines[new].gross() - gross;
        let amounts = if difference < 0 {
            vec![-difference]
        } else {
            Vec::new()
        };
        if difference <= 0 {
            self.lines[new].kept = 1;
        }
        self.refund(Refund {
            unit: Some(at),
            amounts,
            ..self.nothing()
        });
        self.updated("orders/updated");
        if difference > 0 {
            self.pay("orders/updated");
        }
    }

    fn edit_out(&mut self, line: usize, refunded: bool) {
        let Some(at) = self.pick(line).filter(|_| self.may_leave("edit")) else {
            return;
        };
        self.lines[at].current -= 1;
        self.owed.push(at);
        self.refund(Refund {
            unit: Some(at),
            ..self.nothing()
        });
        self.updated("orders/updated");
        if refunded {
            let owed = std::mem::take(&mut self.owed);
            let amount: i64 = owed.iter().map(|at| self.lines[*at].gross()).sum();
            for at in owed {
                self.lines[at].kept -= 1;
            }
            self.refund(Refund {
                discrepancy: -amount,
                amounts: vec![amount],
                ..self.nothing()
            });
            self.updated("orders/updated");
        }
    }

    /// Of goods without tax, so that it can be said what of them the money is for.
    fn give(&mut self, amount: i64) {
        let is_plain = self.is_uniform && self.rate == 0;
        if is_plain && self.kept() > amount && self.outstanding() == 0 {
            (self.adjusted, self.kept_beside) = (self.adjusted - amount, self.kept_beside - amount);
            self.refund(Refund {
                discrepancy: -amount,
                amounts: vec![amount],
                ..self.nothing()
            });
            self.updated("orders/updated");
        }
    }
}
