//! What belongs to one sale's story, read within the snapshot that the sale is folded in. The rows are as they are stored: an explanation compares them
//! with what the fold says.

use crate::args;
use crate::store::{Row, Rows, Statement, StoreError, Transaction};

static SALE: Statement =
    Statement::new("select s.* from sales s where s.organization_id = $1 and s.id = $2");

static REFERENCES: Statement = Statement::new(
    "select name from sale_references where organization_id = $1 and sale_id = $2 order by name",
);

static CUSTOMER: Statement = Statement::new(
    "select id, external_id, email, name, names from customers where organization_id = $1 and id = $2",
);

static EVENTS: Statement = Statement::new(
    "select e.id, e.source_id, e.processor, e.type, e.external_id, e.livemode, e.occurred_at, e.received_at, e.state,
         e.reason, e.deliveries, e.mentions, e.body_removed_at, f.found_at
     from events e left join findings f
         on f.organization_id = $1 and f.source_id = e.source_id and f.external_id = e.external_id
     where e.organization_id = $1 and e.neighbourhood_id = $2 order by e.id",
);

static ENTRIES: Statement = Statement::new(
    "select id, partner_id, kind, amount, currency, reason, occurred_at, available_at, created_at
     from entries where organization_id = $1 and subject_id = $2 order by id",
);

macro_rules! paid_by {
    ($table:literal) => {
        concat!(
            "select o.id, o.partner_id, o.currency, o.created_at, o.reversed_at, o.reversed_reason,
                 cast(sum(e.amount) as bigint) as paid
             from entries e
             join ",
            $table,
            " n on n.organization_id = $1 and n.entry_id = e.id
             join payouts o on o.organization_id = $1 and o.id = n.payout_id
             where e.organization_id = $1 and e.subject_id = $2
             group by o.id, o.partner_id, o.currency, o.created_at, o.reversed_at, o.reversed_reason"
        )
    };
}

/// What payouts have paid of a sale, and what those that were reversed had.
static PAYOUTS: Statement = Statement::new(concat!(
    "select v.* from (",
    paid_by!("payout_entries"),
    " union all ",
    paid_by!("reversed_payout_entries"),
    ") v order by v.id"
));

static PARTNERS: Statement = Statement::new(
    "select p.id, p.name from {rows r: id text}
     join partners p on p.organization_id = $1 and p.id = r.id",
);

static CLICKS: Statement = Statement::new(
    "select c.id, c.link_id, c.partner_id, c.clicked_at, c.url, c.referrer from {rows r: id text}
     join clicks c on c.organization_id = $1 and c.id = r.id",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &SALE,
    &REFERENCES,
    &CUSTOMER,
    &EVENTS,
    &ENTRIES,
    &PAYOUTS,
    &PARTNERS,
    &CLICKS,
];

type Snapshot<'a> = &'a mut dyn Transaction;

/// The sale.
pub async fn sale(from: Snapshot<'_>, org: &str, id: &str) -> Result<Option<Row>, StoreError> {
    Ok(from.run(&SALE, args![org, id]).await?.pop())
}

/// Its names.
pub async fn names(from: Snapshot<'_>, org: &str, sale_id: &str) -> Result<Vec<Row>, StoreError> {
    from.run(&REFERENCES, args![org, sale_id]).await
}

/// Its customer.
pub async fn customer(from: Snapshot<'_>, org: &str, id: &str) -> Result<Option<Row>, StoreError> {
    Ok(from.run(&CUSTOMER, args![org, id]).await?.pop())
}

/// The events of its neighbourhood, oldest first.
pub async fn events(from: Snapshot<'_>, org: &str, home: &str) -> Result<Vec<Row>, StoreError> {
    from.run(&EVENTS, args![org, home]).await
}

/// Its entries, oldest first.
pub async fn entries(from: Snapshot<'_>, org: &str, sale_id: &str) -> Result<Vec<Row>, StoreError> {
    from.run(&ENTRIES, args![org, sale_id]).await
}

/// What payouts have paid of it, oldest first.
pub async fn payouts(from: Snapshot<'_>, org: &str, sale_id: &str) -> Result<Vec<Row>, StoreError> {
    from.run(&PAYOUTS, args![org, sale_id]).await
}

/// Partners of these ids.
pub async fn partners(from: Snapshot<'_>, org: &str, ids: Rows) -> Result<Vec<Row>, StoreError> {
    from.run(&PARTNERS, args![org; ids]).await
}

/// Clicks of these ids.
pub async fn clicks(from: Snapshot<'_>, org: &str, ids: Rows) -> Result<Vec<Row>, StoreError> {
    from.run(&CLICKS, args![org; ids]).await
}
