//! What the ledger holds, in the words of the fixtures.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Partners;
use crate::args;
use crate::fixtures::{Balance, Gross, Sale};
use crate::ledger::calls;
use crate::ledger::fold::is_own;
use crate::store::{Row, Statement, Store, StoreError};

static SALES: Statement =
    Statement::new("select * from sales where organization_id = $1 and state = 'live' order by id");
static REFERENCES: Statement = Statement::new(
    "select sale_id, name from sale_references where organization_id = $1 order by sale_id, name",
);
static BALANCES: Statement = Statement::new(
    "select partner_id, currency, livemode, cast(sum(amount) as bigint) as amount from entries
     where organization_id = $1 group by partner_id, currency, livemode",
);
static COUNTS: Statement = Statement::new(
    "select cast(count(*) as bigint) as events,
         cast(coalesce(sum(deliveries), 0) as bigint) as deliveries,
         cast(coalesce(sum(case when state = 'parked' then 1 else 0 end), 0) as bigint) as parked,
         cast(coalesce(sum(case when state = 'received' then 1 else 0 end), 0) as bigint) as waiting
     from events where organization_id = $1 and processor <> $2",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&SALES, &REFERENCES, &BALANCES, &COUNTS];

/// The ledger at one moment.
pub(super) struct Ledger {
    pub(super) sales: Vec<Counted>,
    /// Ordered, without those that are nothing.
    pub(super) balances: Vec<Balance>,
    pub(super) counts: Counts,
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

/// How much is in the inbox by webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) events: i64,
    /// With repetitions.
    pub(super) deliveries: i64,
    pub(super) parked: i64,
    pub(super) waiting: i64,
}

impl Ledger {
    pub(super) async fn read(store: &dyn Store, org: &str, partners: &Partners) -> Result<Self> {
        let mut references: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in store.read(&REFERENCES, args![org]).await? {
            let name = providers::Name::from_stored(row.text("name")?);
            let name = name.ok_or(StoreError::Corrupt("sale_references.name"))?;
            let names = references
                .entry(row.text("sale_id")?.to_owned())
                .or_default();
            if !is_own(&name) {
                names.push(name.value().to_owned());
            }
        }
        let mut sales = Vec::new();
        for row in store.read(&SALES, args![org]).await? {
            let names = references.remove(row.text("id")?).unwrap_or_default();
            sales.push(counted(&row, names, partners)?);
        }
        let mut balances = Vec::new();
        for row in store.read(&BALANCES, args![org]).await? {
            balances.push(balance(&row, partners)?);
        }
        balances.retain(|balance| balance.amount != 0);
        balances.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(Self {
            sales,
            balances,
            counts: Counts::read(store, org).await?,
        })
    }
}

impl Counts {
    pub(super) async fn read(store: &dyn Store, org: &str) -> Result<Self> {
        let rows = store.read(&COUNTS, args![org, calls::PROCESSOR]).await?;
        let row = rows.first().ok_or(StoreError::Corrupt("events"))?;
        Ok(Self {
            events: row.int("events")?,
            deliveries: row.int("deliveries")?,
            parked: row.int("parked")?,
            waiting: row.int("waiting")?,
        })
    }
}

/// The order in which balances are shown and compared: money first.
pub(super) fn order(balance: &Balance) -> (bool, &str, &str) {
    (!balance.livemode, &balance.partner, &balance.currency)
}

fn balance(row: &Row, partners: &Partners) -> Result<Balance, StoreError> {
    Ok(Balance {
        partner: called(partners, row.text("partner_id")?),
        currency: row.text("currency")?.to_owned(),
        livemode: row.flag("livemode")?,
        amount: row.int("amount")?,
    })
}

fn called(partners: &Partners, id: &str) -> String {
    partners.get(id).map_or(id, String::as_str).to_owned()
}

fn counted(row: &Row, references: Vec<String>, partners: &Partners) -> Result<Counted, StoreError> {
    let (net, refunded, disputed) = (row.int("net")?, row.int("refunded")?, row.int("disputed")?);
    let partner = row.opt_text("partner_id")?;
    let sale = Sale {
        invoice_id: row.opt_text("invoice_id")?.unwrap_or_default().to_owned(),
        references,
        amount: net,
        currency: row.text("currency")?.to_owned(),
        amount_refunded: refunded,
        amount_disputed: disputed,
        net_amount: net.saturating_sub(refunded).saturating_sub(disputed),
        gross: Gross {
            subtotal: row.int("subtotal")?,
            discount: row.int("discount")?,
            tax: row.int("tax")?,
            shipping: row.int("shipping")?,
            total: row.int("gross")?,
        },
        kind: row.text("kind")?.to_owned(),
        livemode: row.flag("livemode")?,
        partner: partner.map(|id| called(partners, id)),
        commission_amount: row.int("commission_left")?,
    };
    Ok(Counted {
        sale,
        via: row.opt_text("via")?.map(str::to_owned),
        commission_full: row.int("commission_full")?,
        commission_free: row.int("commission_free")?,
    })
}
