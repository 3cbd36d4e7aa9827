//! What a change does to a neighbourhood: its sales, the balances of partners, and the entries that are written, compared within the transaction of the
//! change. A preview is the same thing, not made to last.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Currency, Micros};

use super::row::{currency, opt_text, text, time};
use crate::args;
use crate::store::{Row, Statement, StoreError, Transaction};

static SALES: Statement = Statement::new(
    "select s.id, s.partner_id, s.commission_left, s.commission_currency from sales s
     where s.organization_id = $1 and s.neighbourhood_id = $2 and s.state = 'live'",
);
static ENTRIES: Statement = Statement::new(
    "select e.id, e.subject_id, e.partner_id, e.kind, e.amount, e.currency, e.reason, e.available_at from entries e
     where e.organization_id = $1 and (
         e.subject_id in (select s.id from sales s
             where s.organization_id = $1 and s.neighbourhood_id = $2)
         or e.subject_id in (select l.id from leads l
             where l.organization_id = $1 and l.neighbourhood_id = $2))
     order by e.id",
);
static BALANCE: Statement = Statement::new(concat!(
    "select coalesce(",
    total!("e.amount"),
    ", 0) as amount from entries e
     where e.organization_id = $1 and e.partner_id = $2 and e.currency = $3 and e.livemode = $4"
));

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&SALES, &ENTRIES, &BALANCE];

/// Who earns what by a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// Who is paid.
    pub partner_id: Option<String>,
    /// What, in the smallest unit of the currency.
    pub commission: i64,
    /// The currency.
    pub currency: Currency,
}

/// How one sale changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleChange {
    /// The sale.
    pub sale_id: String,
    /// As it was.
    pub before: Option<Earned>,
    /// As it is then.
    pub after: Option<Earned>,
}

/// How a partner's balance changes, in the smallest unit of the currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceChange {
    /// The partner.
    pub partner_id: String,
    /// The currency.
    pub currency: Currency,
    /// As it was.
    pub before: i64,
    /// As it is then.
    pub after: i64,
}

/// An entry that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The sale, lead or adjustment it is about.
    pub subject_id: String,
    /// Whose it is.
    pub partner_id: String,
    /// What it stands for.
    pub kind: String,
    /// The amount.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// Why it is written.
    pub reason: String,
    /// From when on it may be paid.
    pub available_at: Micros,
}

/// All that a change does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequences {
    /// Sales that change.
    pub sales: Vec<SaleChange>,
    /// Balances that change.
    pub balances: Vec<BalanceChange>,
    /// Entries that are written.
    pub entries: Vec<Written>,
}

/// A neighbourhood as it is.
#[derive(Debug, Default)]
pub struct Look {
    sales: BTreeMap<String, Earned>,
    entries: BTreeMap<String, Written>,
}

impl Look {
    /// Looks at a neighbourhood.
    pub async fn at(
        from: &mut dyn Transaction,
        org: &str,
        neighbourhood_id: &str,
    ) -> Result<Self, StoreError> {
        let args = args![org, neighbourhood_id];
        let mut look = Self {
            sales: BTreeMap::new(),
            entries: BTreeMap::new(),
        };
        for row in from.run(&SALES, args.clone()).await? {
            let earned = Earned {
                partner_id: opt_text(&row, "partner_id")?,
                commission: row.int("commission_left")?,
                currency: currency(&row, "commission_currency")?,
            };
            look.sales.insert(text(&row, "id")?, earned);
        }
        for row in from.run(&ENTRIES, args).await? {
            look.entries.insert(text(&row, "id")?, Written::read(&row)?);
        }
        Ok(look)
    }

    /// Both together: of two neighbourhoods of one ledger.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.sales.extend(other.sales);
        self.entries.extend(other.entries);
        self
    }

    /// What has changed since an earlier look.
    pub async fn since(
        mut self,
        before: Self,
        from: &mut dyn Transaction,
        (org, livemode): (&str, bool),
    ) -> Result<Consequences, StoreError> {
        self.entries
            .retain(|id, _| !before.entries.contains_key(id));
        let entries: Vec<Written> = self.entries.into_values().collect();
        Ok(Consequences {
            balances: balances(from, (org, livemode), &entries).await?,
            sales: changed_sales(before.sales, self.sales),
            entries,
        })
    }
}

/// How balances change by entries that have just been written: whole ones, with what the partners have of everybody else.
pub async fn balances(
    from: &mut dyn Transaction,
    (org, livemode): (&str, bool),
    written: &[Written],
) -> Result<Vec<BalanceChange>, StoreError> {
    let accounts: BTreeSet<(&str, Currency)> = written
        .iter()
        .map(|entry| (entry.partner_id.as_str(), entry.currency))
        .collect();
    let mut balances = Vec::new();
    for (partner_id, currency) in accounts {
        let own = written
            .iter()
            .filter(|entry| entry.partner_id == partner_id && entry.currency == currency);
        let moved = own.fold(0_i64, |sum, entry| sum.saturating_add(entry.amount));
        if moved == 0 {
            continue;
        }
        let args = args![org, partner_id, currency.code(), livemode];
        let rows = from.run(&BALANCE, args).await?;
        let row = rows.first().ok_or(StoreError::Corrupt("entries"))?;
        let after = row.int("amount")?;
        balances.push(BalanceChange {
            partner_id: partner_id.to_owned(),
            currency,
            before: after.saturating_sub(moved),
            after,
        });
    }
    Ok(balances)
}

fn changed_sales(
    mut before: BTreeMap<String, Earned>,
    after: BTreeMap<String, Earned>,
) -> Vec<SaleChange> {
    let mut changes = Vec::new();
    for (sale_id, after) in after {
        let before = before.remove(&sale_id);
        if before.as_ref() != Some(&after) {
            changes.push(SaleChange {
                sale_id,
                before,
                after: Some(after),
            });
        }
    }
    changes.extend(before.into_iter().map(|(sale_id, before)| SaleChange {
        sale_id,
        before: Some(before),
        after: None,
    }));
    changes
}

impl Written {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            subject_id: text(row, "subject_id")?,
            partner_id: text(row, "partner_id")?,
            kind: text(row, "kind")?,
            amount: row.int("amount")?,
            currency: currency(row, "currency")?,
            reason: text(row, "reason")?,
            available_at: time(row, "available_at")?,
        })
    }
}
