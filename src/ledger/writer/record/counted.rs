//! What of a sale's row counts for the kept figures.

use providers::Micros;

use super::Record;
use crate::ledger::figures::Counted;

impl Record {
    /// What counts of it; `None` where it is no sale any more.
    pub fn counted(&self) -> Option<Counted> {
        if !self.is_live() {
            return None;
        }
        let [_, processor, currency, _, commission_currency] = &self.texts;
        let [.., gross, net, _, _, _] = self.amounts;
        let [commission, _, _] = self.commission;
        let [occurred_at, _] = self.times;
        let (partner, program) = self.credited().unwrap_or_default();
        Some(Counted {
            livemode: self.livemode,
            occurred_at: Micros(occurred_at),
            processor: processor.clone(),
            currency: currency.clone(),
            partner_id: partner.to_owned(),
            program_id: program.to_owned(),
            link_id: self.optional("link_id").unwrap_or_default().to_owned(),
            gross,
            net,
            commission,
            commission_currency: commission_currency.clone(),
        })
    }

    /// What has gone back of it, without tax and shipping.
    pub const fn refunded(&self) -> i64 {
        let [.., refunded, _, _] = self.amounts;
        refunded
    }

    /// Whether something has been taken back of it, or of its commission.
    pub fn has_takings(&self) -> bool {
        let [.., refunded, disputed, _] = self.amounts;
        let [full, left, _] = self.commission;
        self.is_live() && (refunded != 0 || disputed != 0 || full != left)
    }
}
