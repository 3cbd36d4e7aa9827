//! What a change moves of the kept figures: a sale or lead that counts, or counts no more as it did, and entries that are added. Pure.

use std::collections::BTreeMap;

use providers::Micros;

use super::{Account, Balance, Booked, Counted, Place, Sums, Taking, day, span};

/// What a change moves.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Figures of days.
    pub days: BTreeMap<Place, Sums>,
    /// Balances. One that moves by nothing is there too: its entries are.
    pub balances: BTreeMap<Account, Balance>,
    /// What becomes available on a day.
    pub maturing: BTreeMap<(Account, i64), i64>,
}

impl Moves {
    /// A sale counts, with what was taken back of it.
    pub fn add(&mut self, sale: &Counted, takings: &[Taking]) {
        self.sale(sale, takings, 1);
    }

    /// A sale counts no more as it did.
    pub fn take(&mut self, sale: &Counted, takings: &[Taking]) {
        self.sale(sale, takings, -1);
    }

    fn sale(&mut self, sale: &Counted, takings: &[Taking], sign: i64) {
        let on = day(sale.occurred_at);
        let sold = Sums {
            sales: 1,
            gross: sale.gross,
            net: sale.net,
            ..Sums::default()
        };
        let earned = Sums {
            commission: sale.commission,
            ..Sums::default()
        };
        self.both(sale, on, [sold, earned], sign);
        for taking in takings {
            let back = Sums {
                refunded: taking.refunded,
                disputed: taking.disputed,
                ..Sums::default()
            };
            let taken_back = Sums {
                taken_back: taking.commission,
                ..Sums::default()
            };
            self.both(sale, taking.day, [back, taken_back], sign);
        }
    }

    /// What is in the sale's currency, and what is in that of its commission.
    fn both(&mut self, sale: &Counted, day: i64, [sold, earned]: [Sums; 2], sign: i64) {
        let mut place = Place {
            livemode: sale.livemode,
            day,
            currency: sale.currency.clone(),
            processor: sale.processor.clone(),
            partner_id: sale.partner_id.clone(),
            program_id: sale.program_id.clone(),
            link_id: sale.link_id.clone(),
        };
        if sale.commission_currency == sale.currency {
            self.on(place, sold.and(earned).times(sign));
            return;
        }
        self.on(place.clone(), sold.times(sign));
        if earned != Sums::default() {
            place.currency.clone_from(&sale.commission_currency);
            self.on(place, earned.times(sign));
        }
    }

    /// Figures of a day move.
    pub fn on(&mut self, place: Place, sums: Sums) {
        let kept = self.days.entry(place).or_default();
        *kept = kept.and(sums);
    }

    /// A lead has come, or counts no more as it did; of which partner, program and link, each empty where there is none.
    pub fn lead(&mut self, livemode: bool, at: Micros, credited: [&str; 3], sign: i64) {
        let [partner, program, link] = credited;
        let place = Place {
            livemode,
            day: day(at),
            currency: String::new(),
            processor: String::new(),
            partner_id: partner.to_owned(),
            program_id: program.to_owned(),
            link_id: link.to_owned(),
        };
        let lead = Sums {
            leads: 1,
            ..Sums::default()
        };
        self.on(place, lead.times(sign));
    }

    /// What an entry of a lead, a bonus or a correction says was earned, or taken back, on the entry's day; by which link, empty where by none.
    pub fn earned_beside_sales(
        &mut self,
        (account, link): (&Account, &str),
        kind: &str,
        at: Micros,
        amount: i64,
    ) {
        let (commission, taken_back) = match kind {
            "commission" => (amount, 0),
            "bonus" | "correction" if amount > 0 => (amount, 0),
            "clawback" | "bonus" | "correction" => (0, amount.saturating_neg()),
            _ => return,
        };
        let place = Place {
            livemode: account.livemode,
            day: day(at),
            currency: account.currency.clone(),
            processor: String::new(),
            partner_id: account.partner_id.clone(),
            program_id: account.program_id.clone(),
            link_id: link.to_owned(),
        };
        let sums = Sums {
            commission,
            taken_back,
            ..Sums::default()
        };
        self.on(place, sums);
    }

    /// An entry is added.
    pub fn entry(&mut self, account: Account, booked: Booked, amount: i64, available_at: Micros) {
        let back = amount.saturating_neg();
        if booked != Booked::Payout {
            let matures = (account.clone(), day(available_at));
            let kept = self.maturing.entry(matures).or_default();
            *kept = kept.saturating_add(amount);
        }
        let balance = self.balances.entry(account).or_default();
        match booked {
            Booked::Payout => balance.paid = balance.paid.saturating_add(back),
            Booked::Hold => {
                balance.held = balance.held.saturating_add(back);
                balance.earned = balance.earned.saturating_add(amount);
            }
            Booked::Earning => balance.earned = balance.earned.saturating_add(amount),
        }
    }

    /// The figures of whole days: those of all partners together.
    pub fn of_all_partners(&self) -> BTreeMap<Place, Sums> {
        self.together(|place| Place {
            partner_id: String::new(),
            program_id: String::new(),
            link_id: String::new(),
            ..place.clone()
        })
    }

    /// The figures of each partner's spans: those of all processors together.
    pub fn of_spans(&self) -> BTreeMap<Place, Sums> {
        self.together(|place| Place {
            day: span(place.day),
            processor: String::new(),
            ..place.clone()
        })
    }

    fn together(&self, wider: impl Fn(&Place) -> Place) -> BTreeMap<Place, Sums> {
        let mut all: BTreeMap<Place, Sums> = BTreeMap::new();
        for (place, sums) in &self.days {
            let kept = all.entry(wider(place)).or_default();
            *kept = kept.and(*sums);
        }
        all
    }
}
