//! What some partners have, what is due to whom now, and what all have together: from the kept balances.

use std::collections::BTreeMap;

use providers::Currency;

use super::{Scope, balances, payouts};
use crate::store::{Rows, StoreError};

/// What a partner has in one currency, in its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: Currency,
    /// Earned, and not to be paid out yet.
    pub pending: i64,
    /// To be paid out now; negative where more was paid than is left.
    pub approved: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out.
    pub paid: i64,
}

/// What is due to a partner in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// To whom.
    pub partner_id: String,
    /// How much.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// What all partners have in one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Owed, due or not yet: what partners have above nothing.
    pub owed: i64,
    /// To be paid out now.
    pub due: i64,
    /// To how many partners.
    pub partners_due: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out.
    pub paid: i64,
}

/// Balances by partner.
pub type Balances = BTreeMap<String, Vec<Balance>>;

/// What some partners have in a ledger.
pub async fn of<'i>(
    scope: &Scope<'_>,
    livemode: bool,
    partners: impl IntoIterator<Item = &'i str>,
) -> Result<Balances, StoreError> {
    let mut rows = Rows::new(1);
    for id in partners {
        rows.push([id.into()]);
    }
    let mut all = Balances::new();
    if rows.is_empty() {
        return Ok(all);
    }
    for balance in balances::of(scope, livemode, rows).await? {
        let of = all.entry(balance.partner_id).or_default();
        of.push(Balance {
            currency: balance.currency,
            pending: balance.pending,
            approved: balance.approved,
            held: balance.held,
            paid: balance.paid,
        });
    }
    Ok(all)
}

/// Partners and currencies in which something may be paid, or is owed back, now.
pub async fn with_balance(scope: &Scope<'_>) -> Result<Vec<(String, Currency)>, StoreError> {
    let all = balances::all(scope, true).await?.into_iter();
    let some = all.filter(|balance| balance.approved != 0);
    Ok(some
        .map(|balance| (balance.partner_id, balance.currency))
        .collect())
}

/// Partners of whom more was taken back than they have: it is netted from what they earn later.
pub async fn negative(scope: &Scope<'_>) -> Result<Vec<Due>, StoreError> {
    let all = balances::all(scope, true).await?.into_iter();
    let negative = all.filter(|balance| balance.approved < 0);
    let due = negative.map(|balance| Due {
        partner_id: balance.partner_id,
        amount: balance.approved,
        currency: balance.currency,
    });
    Ok(due.collect())
}

/// What is due now, the largest first: what a payout made now would take. What drafts have claimed is in them.
pub async fn due(scope: &Scope<'_>, rows: usize) -> Result<Vec<Due>, StoreError> {
    let all = balances::all(scope, true).await?;
    let claimed = payouts::claimed(scope).await?;
    let mut due: Vec<Due> = all
        .into_iter()
        .map(|mut balance| {
            let whose = (balance.partner_id.clone(), balance.currency);
            let claimed = claimed.get(&whose).copied().unwrap_or(0);
            balance.approved = balance.approved.saturating_sub(claimed);
            balance
        })
        .filter(|balance| balance.approved > 0)
        .map(|balance| Due {
            partner_id: balance.partner_id,
            amount: balance.approved,
            currency: balance.currency,
        })
        .collect();
    due.sort_by(|a, b| (b.amount, &a.partner_id).cmp(&(a.amount, &b.partner_id)));
    due.truncate(rows);
    Ok(due)
}

/// What all partners of a ledger have together, by currency.
pub async fn totals(
    scope: &Scope<'_>,
    livemode: bool,
) -> Result<BTreeMap<Currency, Total>, StoreError> {
    let mut totals: BTreeMap<Currency, Total> = BTreeMap::new();
    for balance in balances::all(scope, livemode).await? {
        let total = totals.entry(balance.currency).or_default();
        total.owed = total.owed.saturating_add(balance.owed.max(0));
        total.due = total.due.saturating_add(balance.approved.max(0));
        total.partners_due += i64::from(balance.approved > 0);
        total.held = total.held.saturating_add(balance.held);
        total.paid = total.paid.saturating_add(balance.paid);
    }
    Ok(totals)
}
