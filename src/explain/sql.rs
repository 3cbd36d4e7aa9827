//! What an explanation reads.

use crate::store::Statement;

pub static SALE: Statement =
    Statement::new("select s.* from sales s where s.organization_id = $1 and s.id = $2");

pub static REFERENCES: Statement = Statement::new(
    "select name from sale_references where organization_id = $1 and sale_id = $2 order by name",
);

pub static CUSTOMER: Statement = Statement::new(
    "select id, external_id, email, name, names from customers where organization_id = $1 and id = $2",
);

pub static EVENTS: Statement = Statement::new(
    "select id, source_id, processor, type, external_id, livemode, occurred_at, received_at, state,
         reason, deliveries, mentions
     from events where organization_id = $1 and neighbourhood_id = $2 order by id",
);

pub static ENTRIES: Statement = Statement::new(
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
pub static PAYOUTS: Statement = Statement::new(concat!(
    "select v.* from (",
    paid_by!("payout_entries"),
    " union all ",
    paid_by!("reversed_payout_entries"),
    ") v order by v.id"
));

pub static PARTNERS: Statement = Statement::new(
    "select p.id, p.name from {rows r: id text}
     join partners p on p.organization_id = $1 and p.id = r.id",
);

/// All of them, to be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[
    &SALE,
    &REFERENCES,
    &CUSTOMER,
    &EVENTS,
    &ENTRIES,
    &PAYOUTS,
    &PARTNERS,
];
