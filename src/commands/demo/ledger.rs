//! What the ledger holds, in the words of the fixtures.

use anyhow::Result;

use super::Partners;
use crate::books::balances;
use crate::books::health::{self, Tally};
use crate::books::sales::{self, Sale as Sold};
use crate::books::{Part, Scope};
use crate::fixtures::{Balance, Gross, Sale};
use crate::ledger::calls;

/// Rows of one read.
const ROWS: i64 = 500;

/// The ledger at one moment.
pub(super) struct Ledger {
    pub(super) sales: Vec<Counted>,
    /// Ordered, without those that are nothing.
    pub(super) balances: Vec<Balance>,
    pub(super) counts: Tally,
}

/// A sale, and how it came about.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) sale: Sale,
    /// How its partner was found: `click`, `customer`, `subscription`, `code`, `assignment`.
    pub(super) via: Option<String>,
    /// The commission before anything was taken back.
    pub(super) commission_full: i64,
    /// The commission without what open disputes hold back.
    pub(super) commission_free: i64,
}

impl Ledger {
    pub(super) async fn read(books: &Scope<'_>, partners: &Partners) -> Result<Self> {
        let all = all_sales(books).await?;
        let sales = all.into_iter().map(|sold| counted(sold, partners));
        let mut balances: Vec<Balance> = all_balances(books).await?;
        for balance in &mut balances {
            balance.partner = called(partners, &balance.partner);
        }
        balances.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(Self {
            sales: sales.collect(),
            balances,
            counts: tally(books).await?,
        })
    }
}

/// How much is in the inbox by webhook.
pub(super) async fn tally(books: &Scope<'_>) -> Result<Tally> {
    Ok(health::tally(books, calls::PROCESSOR).await?)
}

/// All sales, oldest first.
pub(super) async fn all_sales(books: &Scope<'_>) -> Result<Vec<Sold>> {
    let mut all: Vec<Sold> = Vec::new();
    loop {
        let after = all.last().map(|sale| sale.id.clone()).unwrap_or_default();
        let more = sales::next(books, &after, ROWS).await?;
        if more.is_empty() {
            return Ok(all);
        }
        all.extend(more);
    }
}

/// What every partner, by its id, is owed in both ledgers.
async fn all_balances(books: &Scope<'_>) -> Result<Vec<Balance>> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let part = Part {
            after: &after,
            rows: ROWS,
            looks: ROWS,
        };
        let more = balances::list(books, &[], part).await?;
        let Some(last) = more.last() else {
            return Ok(all);
        };
        after = last.position();
        let owed = more.into_iter().filter(|balance| balance.owed != 0);
        all.extend(owed.map(|balance| Balance {
            partner: balance.partner_id,
            currency: balance.currency.to_string(),
            livemode: balance.livemode,
            amount: balance.owed,
        }));
    }
}

/// The order in which balances are shown and compared: money first.
pub(super) fn order(balance: &Balance) -> (bool, &str, &str) {
    (!balance.livemode, &balance.partner, &balance.currency)
}

fn called(partners: &Partners, id: &str) -> String {
    partners.get(id).map_or(id, String::as_str).to_owned()
}

fn counted(sold: Sold, partners: &Partners) -> Counted {
    let amounts = sold.amounts;
    let sale = Sale {
        invoice_id: sold.invoice_id.unwrap_or_default(),
        references: sold.references,
        amount: amounts.net,
        currency: sold.currency.to_string(),
        amount_refunded: amounts.refunded,
        amount_disputed: amounts.disputed,
        net_amount: amounts.left(),
        gross: Gross {
            subtotal: amounts.subtotal,
            discount: amounts.discount,
            tax: amounts.tax,
            shipping: amounts.shipping,
            total: amounts.gross,
        },
        kind: sold.kind.word().to_owned(),
        livemode: sold.livemode,
        partner: sold.partner_id.map(|id| called(partners, &id)),
        commission_amount: sold.commission.left,
    };
    Counted {
        sale,
        via: sold.via,
        commission_full: sold.commission.full,
        commission_free: sold.commission.free,
    }
}
