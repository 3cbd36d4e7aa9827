//! Statements about what is published: sales, customers, leads and entries. Entries
//! are only ever added.

use crate::store::Statement;

statements! {
    SALES = Statement::new(
        "select s.* from sales s
         where s.organization_id = $1 and s.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    REFERENCES = Statement::new(
        "select n.name, n.sale_id, s.neighbourhood_id from sales s
         join sale_references n on n.organization_id = $1 and n.sale_id = s.id
         where s.organization_id = $1 and s.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    SALES_NAMED = Statement::new(
        "select n.livemode, n.name, n.sale_id from {rows r: livemode int, name text}
         join sale_references n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name
         join sales s on s.organization_id = $1 and s.id = n.sale_id and s.state = 'live'",
    );
    /// Each with all its references, and what is known of its customer.
    SALES_TOLD = Statement::new(
        "select n.livemode, n.name, s.id as sale_id, s.neighbourhood_id, s.net, s.currency,
             s.commission_left, s.available_at, c.email, c.name as customer_name, c.avatar, o.name as reference
         from {rows r: livemode int, name text}
         join sale_references n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name
         join sales s on s.organization_id = $1 and s.id = n.sale_id and s.state = 'live'
         join sale_references o on o.organization_id = $1 and o.sale_id = s.id
         left join customers c on c.organization_id = $1 and c.id = s.customer_id",
    );
    LEADS_KEYED = Statement::new(
        "select l.livemode, l.lead_key, c.email, c.name as customer_name, c.avatar
         from {rows r: livemode int, lead_key text}
         join leads l on l.organization_id = $1 and l.livemode = r.livemode and l.lead_key = r.lead_key
         left join customers c on c.organization_id = $1 and c.id = l.customer_id",
    );
    CUSTOMERS = Statement::new(
        "select c.* from customers c
         where c.organization_id = $1 and c.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    DELETE_CUSTOMERS = Statement::new(
        "delete from customers where organization_id = $1
         and id in (select r.id from {rows r: id text})",
    );
    LEADS = Statement::new(
        "select l.* from leads l
         where l.organization_id = $1 and l.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    SUMS = Statement::new(
        "select e.subject_id, e.partner_id, e.program_id, e.kind, e.currency,
             cast(sum(e.amount) as bigint) as amount
         from entries e
         where e.organization_id = $1 and e.subject_id in (select r.id from {each r: id text})
         group by e.subject_id, e.partner_id, e.program_id, e.kind, e.currency",
    );
    /// The same by the time at which it may be paid: of the few that the owner has decided about.
    SUMS_BY_TIME = Statement::new(
        "select e.subject_id, e.partner_id, e.program_id, e.kind, e.currency, e.available_at,
             cast(sum(e.amount) as bigint) as amount
         from entries e
         where e.organization_id = $1 and e.subject_id in (select r.id from {rows r: id text})
         group by e.subject_id, e.partner_id, e.program_id, e.kind, e.currency, e.available_at
         order by e.subject_id, e.partner_id, e.program_id, e.kind, e.currency, e.available_at",
    );
    INSERT_ENTRIES = Statement::new(
        "insert into entries (organization_id, id, livemode, subject_id, program_id, partner_id, kind,
             amount, currency, reason, occurred_at, available_at, created_at)
         select $1, r.id, r.livemode, r.subject_id, r.program_id, r.partner_id, r.kind,
             r.amount, r.currency, r.reason, r.occurred_at, r.available_at, $2
         from {rows r: id text, livemode int, subject_id text, program_id text, partner_id text,
             kind text, amount int, currency text, reason text, occurred_at int, available_at int}",
    );
}
