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

pub static PARTNERS: Statement = Statement::new(
    "select p.id, p.name from {rows r: id text}
     join partners p on p.organization_id = $1 and p.id = r.id",
);

/// All of them, to be prepared by a test.
pub static STATEMENTS: &[&Statement] =
    &[&SALE, &REFERENCES, &CUSTOMER, &EVENTS, &ENTRIES, &PARTNERS];
