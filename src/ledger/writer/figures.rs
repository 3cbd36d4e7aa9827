//! The kept figures as rows: written in the transaction that moves what they count, aggregated first, with one statement for each table and batch.
//! Rows are written in the order of their keys, so that two transactions never wait for each other.
//!
//! A figure must never keep the ledger from being written: one that would leave 64 bits stays at their end, and the audit names it.

pub(crate) mod recomputed;

use std::collections::BTreeMap;

use providers::Micros;

pub use self::recomputed::mend;
use super::before::LeadRow;
use super::record::Record;
use super::sql::figures as sql;
use crate::args;
use crate::ledger::figures::{Account, Booked, Moves, Place, Reach, Sums, Taking, day};
use crate::store::{Row, Rows, StoreError, Transaction, Value};

/// Days for which what has become available is still kept by day: nobody's clock is further behind.
const PASSED_DAYS: i64 = 2;

/// Who brought a lead, and by which link; empty where nobody did and by none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    partner_id: String,
    link_id: String,
}

impl Brought {
    /// Of a lead's row.
    pub fn of(row: &LeadRow) -> Self {
        let [partner, _, link] = row.credited();
        Self {
            partner_id: partner.to_owned(),
            link_id: link.to_owned(),
        }
    }

    /// The link for which an entry of a partner counts: none for one to whom the lead is not credited any more.
    pub fn link_of(&self, partner_id: &str) -> &str {
        if self.partner_id == partner_id {
            &self.link_id
        } else {
            ""
        }
    }
}

/// What was taken of each sale, day by day.
pub type AllTakings = BTreeMap<String, Vec<Taking>>;

/// What a batch moves.
#[derive(Debug, Default)]
pub struct Figures {
    moves: Moves,
    /// Sales of which something was or is taken back.
    taken: Vec<Taken>,
}

#[derive(Debug)]
struct Taken {
    before: Option<Record>,
    after: Record,
    takings: Vec<Taking>,
}

impl Figures {
    /// A sale's row, as it was and as it is.
    pub fn sale(&mut self, before: Option<&Record>, after: &Record, takings: Vec<Taking>) {
        if !takings.is_empty() || before.is_some_and(Record::has_takings) {
            self.taken.push(Taken {
                before: before.cloned(),
                after: after.clone(),
                takings,
            });
        } else if before != Some(after) {
            self.replace(before, after, [&[], &[]]);
        }
    }

    fn replace(&mut self, before: Option<&Record>, after: &Record, [had, has]: [&[Taking]; 2]) {
        if let Some(counted) = before.and_then(Record::counted) {
            self.moves.take(&counted, had);
        }
        if let Some(counted) = after.counted() {
            self.moves.add(&counted, has);
        }
    }

    /// A lead's row, as it was and as it is.
    pub fn lead_row(&mut self, livemode: bool, before: Option<&LeadRow>, after: &LeadRow) {
        for (row, sign) in before.map(|row| (row, -1)).into_iter().chain([(after, 1)]) {
            let at = Micros(row.occurred_at);
            self.moves.lead(livemode, at, row.credited(), sign);
        }
    }

    /// An entry is added.
    pub fn entry(&mut self, account: Account, booked: Booked, amount: i64, available_at: Micros) {
        self.moves.entry(account, booked, amount, available_at);
    }

    /// An entry of a lead, a bonus or a correction, which counts for a day too; and for the link that brought the lead.
    pub fn earned_beside_sales(
        &mut self,
        earned_by: (&Account, &str),
        kind: &str,
        at: Micros,
        amount: i64,
    ) {
        self.moves.earned_beside_sales(earned_by, kind, at, amount);
    }

    /// What leads had earned counts for the links that they are credited to now.
    pub async fn move_to_links(
        &mut self,
        transaction: &mut dyn Transaction,
        org: &str,
        moved: &BTreeMap<String, [Brought; 2]>,
    ) -> Result<(), StoreError> {
        let mut ids = Rows::new(1);
        for id in moved.keys() {
            ids.push([id.as_str().into()]);
        }
        if ids.is_empty() {
            return Ok(());
        }
        for row in transaction.run(&sql::EARNED, args![org; ids]).await? {
            let Some([had, has]) = moved.get(row.text("subject_id")?) else {
                continue;
            };
            let account = account(&row)?;
            let kind = row.text("kind")?;
            let at = Micros(row.int("occurred_at")?);
            let amount = row.int("amount")?;
            for (brought, amount) in [(had, amount.saturating_neg()), (has, amount)] {
                let link = brought.link_of(&account.partner_id);
                self.earned_beside_sales((&account, link), kind, at, amount);
            }
        }
        Ok(())
    }

    /// Writes all of it, within the transaction that has moved what it counts.
    pub async fn write(
        mut self,
        transaction: &mut dyn Transaction,
        org: &str,
        now: Micros,
    ) -> Result<(), StoreError> {
        self.settle_takings(transaction, org).await?;
        let (balances, maturing) = self.balance_rows(now);
        for (statement, rows) in [
            (&sql::DAYS, self.day_rows()),
            (&sql::BALANCES, balances),
            (&sql::MATURING, maturing),
        ] {
            if !rows.is_empty() {
                transaction.post(statement, args![org; rows]).await?;
            }
        }
        Ok(())
    }

    /// Counts the sales of which something was or is taken back: the days are known by what was stored of them.
    async fn settle_takings(
        &mut self,
        transaction: &mut dyn Transaction,
        org: &str,
    ) -> Result<(), StoreError> {
        let all = std::mem::take(&mut self.taken);
        let mut ids = Rows::new(1);
        for taken in &all {
            if taken.before.as_ref().is_some_and(Record::has_takings) {
                ids.push([taken.after.id.as_str().into()]);
            }
        }
        let stored = read_takings(transaction, org, ids).await?;
        let (mut gone, mut new) = (Rows::new(1), Rows::new(5));
        for taken in &all {
            let id = taken.after.id.as_str();
            let had = stored.get(id).map_or(&[][..], Vec::as_slice);
            self.replace(taken.before.as_ref(), &taken.after, [had, &taken.takings]);
            if had == taken.takings {
                continue;
            }
            if !had.is_empty() {
                gone.push([id.into()]);
            }
            for taking in &taken.takings {
                new.push([
                    id.into(),
                    taking.day.into(),
                    taking.refunded.into(),
                    taking.disputed.into(),
                    taking.commission.into(),
                ]);
            }
        }
        for (statement, rows) in [(&sql::FORGET_TAKINGS, gone), (&sql::INSERT_TAKINGS, new)] {
            if !rows.is_empty() {
                transaction.post(statement, args![org; rows]).await?;
            }
        }
        Ok(())
    }

    fn day_rows(&self) -> Rows {
        let mut rows = Rows::new(16);
        let all = self.moves.of_all_partners();
        let all = all.iter().map(|figure| (Reach::All, figure));
        let each = self
            .moves
            .days
            .iter()
            .map(|figure| (Reach::Partner, figure));
        let spans = self.moves.of_spans();
        let spans = spans.iter().map(|figure| (Reach::Span, figure));
        let figures = all.chain(each).chain(spans);
        let mut figures: Vec<(Reach, (&Place, &Sums))> = figures.collect();
        figures.retain(|(_, (_, sums))| **sums != Sums::default());
        figures.sort_unstable_by_key(|(reach, (place, _))| (*reach, *place));
        for (reach, (place, sums)) in figures {
            let place: [Value; 8] = [
                place.livemode.into(),
                reach.number().into(),
                place.currency.as_str().into(),
                place.day.into(),
                place.processor.as_str().into(),
                place.partner_id.as_str().into(),
                place.program_id.as_str().into(),
                place.link_id.as_str().into(),
            ];
            rows.push(place.into_iter().chain(sums.all().map(Value::from)));
        }
        rows
    }

    fn balance_rows(&self, now: Micros) -> (Rows, Rows) {
        let (mut balances, mut maturing) = (Rows::new(7), Rows::new(6));
        for (account, balance) in &self.moves.balances {
            let amounts = [balance.earned, balance.held, balance.paid];
            let amounts = amounts.map(Value::from).into_iter();
            balances.push(own(account).into_iter().chain(amounts));
        }
        let passed = day(now) - PASSED_DAYS;
        for ((account, day), amount) in &self.moves.maturing {
            if *amount != 0 && *day > passed {
                maturing.push(
                    own(account)
                        .into_iter()
                        .chain([(*day).into(), (*amount).into()]),
                );
            }
        }
        (balances, maturing)
    }
}

/// The account of a row.
fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        partner_id: row.text("partner_id")?.to_owned(),
        currency: row.text("currency")?.to_owned(),
        livemode: row.flag("livemode")?,
        program_id: row.text("program_id")?.to_owned(),
    })
}

fn own(account: &Account) -> [Value; 4] {
    [
        account.partner_id.as_str().into(),
        account.currency.as_str().into(),
        account.livemode.into(),
        account.program_id.as_str().into(),
    ]
}

/// What is stored of what was taken of some sales.
pub(crate) async fn read_takings(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: Rows,
) -> Result<AllTakings, StoreError> {
    let mut all = AllTakings::new();
    if ids.is_empty() {
        return Ok(all);
    }
    for row in transaction.run(&sql::TAKINGS, args![org; ids]).await? {
        let taking = Taking {
            day: row.int("day")?,
            refunded: row.int("refunded")?,
            disputed: row.int("disputed")?,
            commission: row.int("commission")?,
        };
        all.entry(row.text("sale_id")?.to_owned())
            .or_default()
            .push(taking);
    }
    Ok(all)
}

/// Clicks are counted: when, and of which partner, program and link.
pub async fn clicks<'a>(
    transaction: &mut dyn Transaction,
    org: &str,
    clicks: impl IntoIterator<Item = (Micros, [&'a str; 3])> + Send,
) -> Result<(), StoreError> {
    let mut counts = ClickCounts::new();
    for (at, of) in clicks {
        count_clicks(&mut counts, (day(at), of), 1);
    }
    write_clicks(transaction, org, counts).await
}

/// Clicks by partner, and of all partners together: whether by partner, day, and of which partner, program and link.
type ClickCounts = BTreeMap<(bool, i64, [String; 3]), i64>;

fn count_clicks(counts: &mut ClickCounts, (day, of): (i64, [&str; 3]), more: i64) {
    for (by_partner, of) in [(false, [""; 3]), (true, of)] {
        let place = (by_partner, day, of.map(str::to_owned));
        *counts.entry(place).or_default() += more;
    }
}

async fn write_clicks(
    transaction: &mut dyn Transaction,
    org: &str,
    counts: ClickCounts,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(6);
    for ((by_partner, day, [partner, program, link]), count) in counts {
        rows.push([
            by_partner.into(),
            day.into(),
            partner.into(),
            program.into(),
            link.into(),
            count.into(),
        ]);
    }
    if !rows.is_empty() {
        transaction.run(&sql::CLICKS, args![org; rows]).await?;
    }
    Ok(())
}
