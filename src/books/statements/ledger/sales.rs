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
    UPSERT_LEADS = Statement::new(
        "insert into leads (organization_id, id, livemode, neighbourhood_id, lead_key, event_name,
             customer_id, partner_id, program_id, link_id, click_id, occurred_at, created_at)
         select $1, r.id, r.livemode, r.neighbourhood_id, r.lead_key, r.event_name, r.customer_id,
             r.partner_id, r.program_id, r.link_id, r.click_id, r.occurred_at, $2
         from {rows r: id text, livemode int, neighbourhood_id text, lead_key text, event_name text,
             customer_id text, partner_id text, program_id text, link_id text, click_id text, occurred_at int}
         where true
         on conflict (organization_id, id) do update set
             neighbourhood_id = excluded.neighbourhood_id, event_name = excluded.event_name,
             customer_id = excluded.customer_id, partner_id = excluded.partner_id,
             program_id = excluded.program_id, link_id = excluded.link_id, click_id = excluded.click_id,
             occurred_at = excluded.occurred_at",
    );
    UPSERT_CUSTOMERS = Statement::new(
        "insert into customers (organization_id, id, livemode, neighbourhood_id, names, external_id, email,
             name, avatar, partner_id, program_id, click_id, created_at, updated_at)
         select $1, r.id, r.livemode, r.neighbourhood_id, r.names, r.external_id, r.email, r.name, r.avatar,
             r.partner_id, r.program_id, r.click_id, $2, $2
         from {rows r: id text, livemode int, neighbourhood_id text, names text, external_id text,
             email text, name text, avatar text, partner_id text, program_id text, click_id text}
         where true
         on conflict (organization_id, id) do update set
             neighbourhood_id = excluded.neighbourhood_id, names = excluded.names,
             external_id = excluded.external_id, email = excluded.email, name = excluded.name,
             avatar = excluded.avatar, partner_id = excluded.partner_id, program_id = excluded.program_id,
             click_id = excluded.click_id, updated_at = excluded.updated_at",
    );
    /// Writes sales: new ones and those that have changed.
    UPSERT_SALES = Statement::new(
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
}
