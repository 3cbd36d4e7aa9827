//! Sales as rows: every column of one, read, compared and written as a whole.

use providers::{Micros, Money};

use crate::ledger::rate::Rate;
use crate::ledger::sale::Sale;
use crate::store::{Row, Rows, Statement, StoreError, Value, without_nul};

/// Writes sales: new ones and those that have changed.
pub static UPSERT_SALES: Statement = Statement::new(
    "insert into sales (organization_id, id, livemode, neighbourhood_id, state, invoice_id, event_name,
         payment_processor, metadata, currency, subtotal, discount, tax, shipping, gross, net, refunded,
         disputed, refunded_gross, kind, customer_id, partner_id, program_id, click_id, link_id, via,
         commission_full, commission_left, commission_free, commission_currency, rate, review,
         waits_for, occurred_at, available_at, created_at, updated_at)
     select $1, r.id, r.livemode, r.neighbourhood_id, r.state, r.invoice_id, r.event_name,
         r.payment_processor, r.metadata, r.currency, r.subtotal, r.discount, r.tax, r.shipping, r.gross,
         r.net, r.refunded, r.disputed, r.refunded_gross, r.kind, r.customer_id, r.partner_id,
         r.program_id, r.click_id, r.link_id, r.via, r.commission_full, r.commission_left,
         r.commission_free, r.commission_currency, r.rate, r.review, r.waits_for, r.occurred_at,
         r.available_at, $2, $2
     from {rows r: id text, livemode int, neighbourhood_id text, state text, invoice_id text,
         event_name text, payment_processor text, metadata text, currency text, subtotal int,
         discount int, tax int, shipping int, gross int, net int, refunded int, disputed int,
         refunded_gross int, kind text, customer_id text, partner_id text, program_id text,
         click_id text, link_id text, via text, commission_full int, commission_left int,
         commission_free int, commission_currency text, rate text, review text, waits_for text,
         occurred_at int, available_at int}
     where true
     on conflict (organization_id, id) do update set
         neighbourhood_id = excluded.neighbourhood_id, state = excluded.state,
         invoice_id = excluded.invoice_id, event_name = excluded.event_name,
         payment_processor = excluded.payment_processor, metadata = excluded.metadata,
         currency = excluded.currency, subtotal = excluded.subtotal, discount = excluded.discount,
         tax = excluded.tax, shipping = excluded.shipping, gross = excluded.gross, net = excluded.net,
         refunded = excluded.refunded, disputed = excluded.disputed,
         refunded_gross = excluded.refunded_gross, kind = excluded.kind,
         customer_id = excluded.customer_id, partner_id = excluded.partner_id,
         program_id = excluded.program_id, click_id = excluded.click_id, link_id = excluded.link_id,
         via = excluded.via, commission_full = excluded.commission_full,
         commission_left = excluded.commission_left, commission_free = excluded.commission_free,
         commission_currency = excluded.commission_currency, rate = excluded.rate,
         review = excluded.review, waits_for = excluded.waits_for, occurred_at = excluded.occurred_at,
         available_at = excluded.available_at, updated_at = excluded.updated_at",
);

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
        }
    }

    /// Reads a row of `select s.*`.
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
        Ok(Self {
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
        let [.., rate, _, _] = &self.optional;
        serde_json::from_str(rate.as_deref()?).ok()
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
        let [invoice_id, ..] = &self.optional;
        invoice_id.as_deref()
    }

    /// The customer's id.
    pub fn customer_id(&self) -> Option<&str> {
        let [_, _, customer_id, ..] = &self.optional;
        customer_id.as_deref()
    }

    /// The partner and the program that the sale is credited to.
    pub fn credited(&self) -> Option<(&str, &str)> {
        let [_, _, _, partner_id, program_id, ..] = &self.optional;
        Some((partner_id.as_deref()?, program_id.as_deref()?))
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

    /// An empty batch for [`UPSERT_SALES`].
    pub fn rows() -> Rows {
        Rows::new(34)
    }

    /// Adds the row to a batch for [`UPSERT_SALES`].
    pub fn push(&self, rows: &mut Rows) {
        let [event_name, processor, currency, kind, commission_currency] = &self.texts;
        let [
            invoice_id,
            metadata,
            customer,
            partner,
            program,
            click,
            link,
            via,
            rate,
            review,
            waits,
        ] = &self.optional;
        let [full, left, free] = self.commission;
        let [occurred_at, available_at] = self.times;
        let text = |text: &String| Value::from(text.as_str());
        let maybe = |text: &Option<String>| Value::from(text.as_deref());
        let mut row = vec![
            text(&self.id),
            self.livemode.into(),
            text(&self.neighbourhood_id),
            text(&self.state),
            maybe(invoice_id),
            text(event_name),
            text(processor),
            maybe(metadata),
            text(currency),
        ];
        row.extend(self.amounts.map(Value::from));
        row.extend([
            text(kind),
            maybe(customer),
            maybe(partner),
            maybe(program),
            maybe(click),
            maybe(link),
            maybe(via),
            full.into(),
            left.into(),
            free.into(),
            text(commission_currency),
            maybe(rate),
            maybe(review),
            maybe(waits),
            occurred_at.into(),
            available_at.into(),
        ]);
        rows.push(row);
    }
}

/// The reason written with an entry.
pub fn reason(sale: &Sale) -> String {
    let arithmetic = sale.why.arithmetic.first().cloned();
    arithmetic.unwrap_or_else(|| {
        let net = Money::new(sale.amounts.net, sale.currency);
        format!("commission on {net}")
    })
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
