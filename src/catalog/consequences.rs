//! What a decision does, told before it is made to last: the sales and balances that change, and the entries that are written. The figures are brought
//! up to date within the decision's own transaction, by the ledger's writer; a preview is that, not committed.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Catalog, due};
use crate::books::consequences::{self as books, Look};
use crate::ledger::writer::rework;
use crate::store::{StoreError, Transaction};

/// All that a decision does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Consequences {
    /// Sales that change.
    pub sales: Vec<SaleChange>,
    /// Balances that change, as `/api/balances` has them.
    pub balances: Vec<BalanceChange>,
    /// Entries that are written.
    pub entries: Vec<NewEntry>,
}

/// How one sale changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SaleChange {
    /// The sale.
    pub sale_id: String,
    /// As it was.
    pub before: Option<Earned>,
    /// As it is then.
    pub after: Option<Earned>,
}

/// Who earns what by a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Earned {
    /// Who is paid.
    pub partner_id: Option<String>,
    /// What, in the smallest unit of the currency.
    pub commission_amount: i64,
    /// The currency.
    pub commission_currency: String,
}

/// How a partner's balance changes, in the smallest unit of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BalanceChange {
    /// The partner.
    pub partner_id: String,
    /// The currency.
    pub currency: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// As it was.
    pub before: i64,
    /// As it is then.
    pub after: i64,
}

/// An entry that is written, in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewEntry {
    /// The sale, lead or adjustment it is about.
    pub subject_id: String,
    /// Whose it is.
    pub partner_id: String,
    /// What it stands for.
    pub kind: String,
    /// The amount.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    /// Why it is written.
    pub reason: String,
    /// From when on it may be paid.
    pub available_at: String,
}

impl Consequences {
    pub(super) fn of(livemode: bool, all: books::Consequences) -> Self {
        let earned = |one: books::Earned| Earned {
            partner_id: one.partner_id,
            commission_amount: one.commission,
            commission_currency: one.currency.to_string(),
        };
        let sale = |one: books::SaleChange| SaleChange {
            sale_id: one.sale_id,
            before: one.before.map(earned),
            after: one.after.map(earned),
        };
        let balance = |one: books::BalanceChange| BalanceChange {
            partner_id: one.partner_id,
            currency: one.currency.to_string(),
            livemode,
            before: one.before,
            after: one.after,
        };
        Self {
            sales: all.sales.into_iter().map(sale).collect(),
            balances: all.balances.into_iter().map(balance).collect(),
            entries: all.entries.into_iter().map(NewEntry::of).collect(),
        }
    }

    /// Both together: of two ledgers.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.sales.extend(other.sales);
        self.balances.extend(other.balances);
        self.entries.extend(other.entries);
        self
    }
}

impl NewEntry {
    fn of(entry: books::Written) -> Self {
        Self {
            subject_id: entry.subject_id,
            partner_id: entry.partner_id,
            kind: entry.kind,
            amount: entry.amount,
            currency: entry.currency.to_string(),
            reason: entry.reason,
            available_at: entry.available_at.to_string(),
        }
    }
}

impl Catalog<'_> {
    /// Brings a neighbourhood up to date, since what was due anyway is no consequence, and looks at it.
    pub(super) async fn look(
        &self,
        transaction: &mut dyn Transaction,
        home: &str,
    ) -> Result<Look, StoreError> {
        self.bring_up_to_date(transaction, home).await?;
        Look::at(transaction, self.org, home).await
    }

    /// Brings it up to date with what has been decided since a look, and tells what that has changed.
    pub(super) async fn consequences(
        &self,
        transaction: &mut dyn Transaction,
        (home, livemode): (&str, bool),
        before: Look,
    ) -> Result<Consequences, StoreError> {
        let after = self.look(transaction, home).await?;
        let all = after
            .since(before, transaction, (self.org, livemode))
            .await?;
        Ok(Consequences::of(livemode, all))
    }

    /// The same for several neighbourhoods of one ledger: all of them are looked at before anything is decided.
    pub(super) async fn look_at_all(
        &self,
        transaction: &mut dyn Transaction,
        homes: &BTreeSet<String>,
    ) -> Result<Look, StoreError> {
        for home in homes {
            due::this(transaction, self.org, home).await?;
        }
        rework(self.ledger.tools(), self.org, transaction).await?;
        let mut all = Look::default();
        for home in homes {
            all = all.and(Look::at(transaction, self.org, home).await?);
        }
        Ok(all)
    }

    pub(super) async fn bring_up_to_date(
        &self,
        transaction: &mut dyn Transaction,
        home: &str,
    ) -> Result<(), StoreError> {
        due::this(transaction, self.org, home).await?;
        rework(self.ledger.tools(), self.org, transaction).await
    }
}
