//! What is exported, page by page in the order of ids.

use crate::store::Statement;

/// The next sales that stand.
pub static SALES: Statement = Statement::new(
    "select s.*, p.name as partner_name, p.email as partner_email, c.external_id as customer_external_id,
         c.email as customer_email
     from sales s
     left join partners p on p.organization_id = $1 and p.id = s.partner_id
     left join customers c on c.organization_id = $1 and c.id = s.customer_id
     where s.organization_id = $1 and s.state = 'live' and s.id > $2
     order by s.id limit $3",
);

/// The names of these sales.
pub static REFERENCES: Statement = Statement::new(
    "select n.sale_id, n.name from {rows r: id text}
     join sale_references n on n.organization_id = $1 and n.sale_id = r.id
     order by n.sale_id, n.name",
);

/// What partners earn: the entries of the next sales and leads, added up for each partner and currency.
pub static COMMISSIONS: Statement = Statement::new(
    "select e.subject_id as id, e.partner_id, p.name as partner_name, p.email as partner_email,
         e.program_id, e.livemode, e.currency, cast(sum(e.amount) as bigint) as amount,
         cast(sum(case when o.payout_id is null then 0 else e.amount end) as bigint) as paid,
         min(e.occurred_at) as occurred_at, max(e.available_at) as available_at
     from entries e
     join partners p on p.organization_id = $1 and p.id = e.partner_id
     left join payout_entries o on o.organization_id = $1 and o.entry_id = e.id
     where e.organization_id = $1 and e.kind not in ('payout', 'payout_reversal')
         and e.subject_id > $2 and e.subject_id <= (
         select max(n.subject_id) from (
             select distinct x.subject_id from entries x
             where x.organization_id = $1 and x.kind not in ('payout', 'payout_reversal')
                 and x.subject_id > $2
             order by x.subject_id limit $3) n)
     group by e.subject_id, e.partner_id, p.name, p.email, e.program_id, e.livemode, e.currency
     order by e.subject_id, e.partner_id, e.currency",
);

/// The next payouts.
pub static PAYOUTS: Statement = Statement::new(
    "select o.*, p.name as partner_name, p.email as partner_email
     from payouts o
     join partners p on p.organization_id = $1 and p.id = o.partner_id
     where o.organization_id = $1 and o.id > $2
     order by o.id limit $3",
);

/// All of them, to be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&SALES, &REFERENCES, &COMMISSIONS, &PAYOUTS];
