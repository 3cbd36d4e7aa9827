//! Sales as rows: every column of one, read and compared as a whole. It decides nothing: what is in a row
//! follows from the fold.

mod counted;
mod upsert;

use providers::Micros;

use crate::ledger::rate::Rate;
use crate::ledger::sale::Sale;
use crate::store::{Row, StoreError, without_nul};

/// One sale's row, without the times at which it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The sale's id.
    pub id: String,
    /// Live or test.
    pub livemode: bool,
    /// Its neighbourhood.
    pub neighbourhood_id: String,
    /// `live`; `merged` when it turned out to be another's payment; `gone` when it is none any more.
    pub state: String,
    texts: [String; 5],
    optional: [Option<String>; 11],
    amounts: [i64; 9],
    commission: [i64; 3],
    times: [i64; 2],
    rate: Option<Rate>,
}

/// Columns of [`Record::texts`], in order.
const TEXTS: [&str; 5] = [
    "event_name",
    "payment_processor",
    "currency",
    "kind",
    "commission_currency",
];

/// Columns of [`Record::commission`], in order.
const COMMISSION: [&str; 3] = ["commission_full", "commission_left", "commission_free"];

/// Columns of [`Record::times`], in order.
const TIMES: [&str; 2] = ["occurred_at", "available_at"];

/// Columns of [`Record::optional`], in order.
const OPTIONAL: [&str; 11] = [
    "invoice_id",
    "metadata",
    "customer_id",
    "partner_id",
    "program_id",
    "click_id",
    "link_id",
    "via",
    "rate",
    "review",
    "waits_for",
];

/// Columns of [`Record::amounts`], in order.
const AMOUNTS: [&str; 9] = [
    "subtotal",
    "discount",
    "tax",
    "shipping",
    "gross",
    "net",
    "refunded",
    "disputed",
    "refunded_gross",
];

impl Record {
    /// The row that a folded sale must have.
    pub fn of(
        sale: &Sale,
        (id, neighbourhood_id): (&str, &str),
        livemode: bool,
        customer_id: Option<String>,
        available_at: Micros,
    ) -> Self {
        let earning = sale.earning.as_ref();
        let credit = sale.credit.as_ref();
        let rate = earning.and_then(|earning| earning.rate.as_ref());
        let currency = earning.map_or(sale.currency, |earning| earning.currency);
        Self {
            id: id.to_owned(),
            livemode,
            neighbourhood_id: neighbourhood_id.to_owned(),
            state: "live".to_owned(),
            texts: [
                without_nul(&sale.event_name),
                without_nul(&sale.payment_processor),
                sale.currency.to_string(),
                sale.kind.word().to_owned(),
                currency.to_string(),
            ],
            optional: [
                sale.invoice_id.clone(),
                sale.metadata.as_deref().map(without_nul),
                customer_id,
                credit.map(|credit| credit.partner_id.clone()),
                credit.map(|credit| credit.program_id.clone()),
                credit.and_then(|credit| credit.click_id.clone()),
                credit.and_then(|credit| credit.link_id.clone()),
                credit.map(|credit| via_word(credit.via).to_owned()),
                rate.and_then(|rate| serde_json::to_string(rate).ok()),
                earning.and_then(|e| e.review.map(str::to_owned)),
                earning.and_then(|e| e.waits_for.clone()),
            ],
            amounts: [
                sale.amounts.subtotal,
                sale.amounts.discount,
                sale.amounts.tax,
                sale.amounts.shipping,
                sale.amounts.gross,
                sale.amounts.net,
                sale.taken.refunded,
                sale.taken.disputed,
                sale.taken.refunded_gross,
            ],
            commission: earning.map_or([0; 3], |e| [e.full, e.left, e.free]),
            times: [sale.occurred_at.0, available_at.0],
            rate: rate.cloned(),
        }
    }

    /// Reads a row of `select s.*`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where the rate that the sale was converted at cannot be read: another may not be taken.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| row.text(column).map(str::to_owned);
        let mut optional = OPTIONAL.map(|_| None);
        for (value, column) in optional.iter_mut().zip(OPTIONAL) {
            *value = row.opt_text(column)?.map(str::to_owned);
        }
        let mut texts = [""; TEXTS.len()];
        for (value, column) in texts.iter_mut().zip(TEXTS) {
            *value = row.text(column)?;
        }
        let mut amounts = [0; AMOUNTS.len()];
        for (value, column) in amounts.iter_mut().zip(AMOUNTS) {
            *value = row.int(column)?;
        }
        let rate = row.opt_text("rate")?.map(serde_json::from_str).transpose();
        Ok(Self {
            rate: rate.map_err(|_damaged| unreadable_rate(row))?,
            id: text("id")?,
            livemode: row.flag("livemode")?,
            neighbourhood_id: text("neighbourhood_id")?,
            state: text("state")?,
            texts: texts.map(str::to_owned),
            optional,
            amounts,
            commission: [
                row.int("commission_full")?,
                row.int("commission_left")?,
                row.int("commission_free")?,
            ],
            times: [row.int("occurred_at")?, row.int("available_at")?],
        })
    }

    /// The rate that the commission was converted at.
    pub fn rate(&self) -> Option<Rate> {
        self.rate.clone()
    }

    fn optional(&self, column: &str) -> Option<&str> {
        let mut columns = OPTIONAL.iter().zip(&self.optional);
        let (_, value) = columns.find(|(name, _)| **name == column)?;
        value.as_deref()
    }

    /// The row as it is when its sale is no more: its commission is nothing.
    #[must_use]
    pub fn ended(&self, state: &str) -> Self {
        Self {
            state: state.to_owned(),
            commission: [0; 3],
            ..self.clone()
        }
    }

    /// The columns that differ from another's, with this row's value and the other's. Ids of rows and
    /// neighbourhoods are not compared, and the merchant's own data is not shown: it may be personal.
    pub fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
        let (own, others) = (self.columns(), other.columns());
        let pairs = own.into_iter().zip(others);
        pairs
            .filter(|((_, a), (_, b))| a != b)
            .map(|((column, a), (_, b))| match column {
                "metadata" => (column, "(not shown)".to_owned(), "(not shown)".to_owned()),
                _ => (column, a, b),
            })
            .collect()
    }

    fn columns(&self) -> Vec<(&'static str, String)> {
        let texts = TEXTS.into_iter().zip(self.texts.iter().cloned());
        let optional = OPTIONAL
            .into_iter()
            .zip(self.optional.iter().map(|v| v.clone().unwrap_or_default()));
        let amounts = AMOUNTS.into_iter().zip(self.amounts.map(|n| n.to_string()));
        let commission = COMMISSION
            .into_iter()
            .zip(self.commission.map(|n| n.to_string()));
        let times = TIMES
            .into_iter()
            .zip(self.times.map(|at| Micros(at).to_string()));
        std::iter::once(("state", self.state.clone()))
            .chain(texts)
            .chain(optional)
            .chain(amounts)
            .chain(commission)
            .chain(times)
            .collect()
    }

    /// Whether it is a sale, and not one that was merged into another or is no more.
    pub fn is_live(&self) -> bool {
        self.state == "live"
    }

    /// The merchant's name of the sale.
    pub fn invoice_id(&self) -> Option<&str> {
        self.optional("invoice_id")
    }

    /// The customer's id.
    pub fn customer_id(&self) -> Option<&str> {
        self.optional("customer_id")
    }

    /// The partner and the program that the sale is credited to.
    pub fn credited(&self) -> Option<(&str, &str)> {
        Some((self.optional("partner_id")?, self.optional("program_id")?))
    }

    /// The commission when sold, what is left of it, and what of that is free; and its currency.
    pub fn commission(&self) -> ([i64; 3], &str) {
        let [.., currency] = &self.texts;
        (self.commission, currency)
    }

    /// When the commission may be paid.
    pub fn available_at(&self) -> Micros {
        let [_, available_at] = self.times;
        Micros(available_at)
    }
}

fn unreadable_rate(row: &Row) -> StoreError {
    let sale = row.text("id").unwrap_or_default();
    StoreError::Damaged(format!("the exchange rate of sale {sale} cannot be read"))
}

const fn via_word(via: crate::attribution::Via) -> &'static str {
    use crate::attribution::Via;
    match via {
        Via::Assignment => "assignment",
        Via::Subscription => "subscription",
        Via::Click => "click",
        Via::Customer => "customer",
        Via::Code => "code",
    }
}
