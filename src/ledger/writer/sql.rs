//! The ledger writer's statements. All name their organization, so that each goes to one shard.
//!
//! Rows of some ids are asked for with `in`, not with a join: SQLite would go through all rows of the
//! organization and read the batch again for each.

use crate::store::Statement;

macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub static $name: Statement = $sql;)*
        /// All of them, to be prepared by a test.
        pub static STATEMENTS: &[&Statement] = &[$(&$name),*];
    };
}

statements! {
    /// One organization's ledger is written by one transaction at a time. SQLite has one writer anyway;
    /// `no key` lets the inbox insert meanwhile on PostgreSQL.
    LOCK = Statement::per_dialect(
        "select id from organizations where id = $1",
        "select id from organizations where id = $1 for no key update",
    );
    /// The limit first: PostgreSQL else goes through all bodies that came before.
    PENDING = Statement::new(
        "select e.id, e.source_id, e.processor, e.livemode, e.received_at, e.state, b.headers, b.body
         from (select * from events where organization_id = $1 and state = 'received'
             order by id limit $2) e
         left join event_bodies b on b.organization_id = $1 and b.event_id = e.id
         order by e.id",
    );
    AGAIN = Statement::new(
        "select e.id, e.source_id, e.processor, e.livemode, e.received_at, e.state, b.headers, b.body
         from events e
         join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
         where e.organization_id = $1 and e.id in (select r.id from {rows r: id text})
             and e.state <> 'received'
         order by e.id",
    );
    HOMES = Statement::new(
        "select distinct e.neighbourhood_id from events e
         where e.organization_id = $1 and e.id in (select r.id from {rows r: id text})
             and e.neighbourhood_id is not null",
    );
    EVENTS_OF = Statement::new(
        "select e.id from events e
         where e.organization_id = $1 and e.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    FACTS_EVENTS = Statement::new(
        "select distinct f.event_id as id from facts f
         where f.organization_id = $1 and f.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    DELETE_FACTS = Statement::new(
        "delete from facts where organization_id = $1
         and neighbourhood_id in (select r.id from {rows r: id text})
         and event_id in (select b.event_id from event_bodies b
             where b.organization_id = $1 and b.event_id = facts.event_id)",
    );
    NEIGHBOURHOODS = Statement::new(
        "select n.id, n.livemode from neighbourhoods n
         where n.organization_id = $1 and n.id in (select r.id from {rows r: id text})",
    );
    SETTINGS = Statement::new("select id, settings from sources where organization_id = $1");
    DUE = Statement::new(
        "select id, livemode from neighbourhoods
         where organization_id = $1 and due_at is not null and due_at <= $2
         order by due_at, id limit $3",
    );
    ORGANIZATIONS_WITH_NEWS = Statement::new(
        "select organization_id from events where state = 'received'
         union select organization_id from neighbourhoods where due_at is not null and due_at <= $1
         union select organization_id from privacy_requests where done_at is null",
    );

    NAMES = Statement::new(
        "select n.livemode, n.name, n.neighbourhood_id
         from {rows r: livemode int, name text}
         join names n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name",
    );
    INSERT_NEIGHBOURHOODS = Statement::new(
        "insert into neighbourhoods (organization_id, id, livemode)
         select $1, r.id, r.livemode from {rows r: id text, livemode int}",
    );
    INSERT_NAMES = Statement::new(
        "insert into names (organization_id, livemode, name, neighbourhood_id)
         select $1, r.livemode, r.name, r.neighbourhood_id
         from {rows r: livemode int, name text, neighbourhood_id text}",
    );
    MOVE_NAMES = Statement::new(
        "update names set neighbourhood_id = r.target from {rows r: gone text, target text}
         where names.organization_id = $1 and names.neighbourhood_id = r.gone",
    );
    MOVE_FACTS = Statement::new(
        "update facts set neighbourhood_id = r.target from {rows r: gone text, target text}
         where facts.organization_id = $1 and facts.neighbourhood_id = r.gone",
    );
    MOVE_SALES = Statement::new(
        "update sales set neighbourhood_id = r.target from {rows r: gone text, target text}
         where sales.organization_id = $1 and sales.neighbourhood_id = r.gone",
    );
    MOVE_CUSTOMERS = Statement::new(
        "update customers set neighbourhood_id = r.target from {rows r: gone text, target text}
         where customers.organization_id = $1 and customers.neighbourhood_id = r.gone",
    );
    MOVE_LEADS = Statement::new(
        "update leads set neighbourhood_id = r.target from {rows r: gone text, target text}
         where leads.organization_id = $1 and leads.neighbourhood_id = r.gone",
    );
    MOVE_EVENTS = Statement::new(
        "update events set neighbourhood_id = r.target from {rows r: gone text, target text}
         where events.organization_id = $1 and events.neighbourhood_id = r.gone",
    );
    DELETE_CLAIMS = Statement::new(
        "delete from waiting_claims where organization_id = $1
         and neighbourhood_id in (select r.id from {rows r: id text})",
    );
    DELETE_NEIGHBOURHOODS = Statement::new(
        "delete from neighbourhoods where organization_id = $1
         and id in (select r.id from {rows r: id text})",
    );

    FACTS = Statement::new(
        "select f.neighbourhood_id, f.event_id, f.processor, f.body from facts f
         where f.organization_id = $1 and f.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    FACT_KEYS = Statement::new(
        "select f.livemode, f.key from {rows r: livemode int, key text}
         join facts f on f.organization_id = $1 and f.livemode = r.livemode and f.key = r.key",
    );
    UPSERT_FACTS = Statement::new(
        "insert into facts (organization_id, livemode, key, neighbourhood_id, event_id, processor, body)
         select $1, r.livemode, r.key, r.neighbourhood_id, r.event_id, r.processor, r.body
         from {rows r: livemode int, key text, neighbourhood_id text, event_id text, processor text,
             body text}
         where true
         on conflict (organization_id, livemode, key) do update set
             neighbourhood_id = excluded.neighbourhood_id, event_id = excluded.event_id,
             processor = excluded.processor, body = excluded.body",
    );

    CLICKS = Statement::new(
        "select c.id, c.partner_id, c.program_id, c.clicked_at, l.id as link_id, l.domain, l.key, l.url
         from {rows r: id text}
         join clicks c on c.organization_id = $1 and c.id = r.id
         left join links l on l.organization_id = $1 and l.id = c.link_id and l.deleted_at is null",
    );
    CODES = Statement::new(
        "select c.code, c.partner_id, c.program_id from {rows r: code text}
         join codes c on c.organization_id = $1 and c.code = r.code",
    );
    CODE_NAMES = Statement::new(
        "select n.id, n.code from {rows r: id text}
         join code_names n on n.organization_id = $1 and n.id = r.id",
    );
    UPSERT_CODE_NAMES = Statement::new(
        "insert into code_names (organization_id, id, code, version_at, version_step)
         select $1, r.id, r.code, r.version_at, r.version_step
         from {rows r: id text, code text, version_at int, version_step int}
         where true
         on conflict (organization_id, id) do update set
             code = excluded.code, version_at = excluded.version_at, version_step = excluded.version_step
         where code_names.version_at < excluded.version_at
             or code_names.version_at = excluded.version_at
                 and code_names.version_step < excluded.version_step
             or code_names.version_at = excluded.version_at
                 and code_names.version_step = excluded.version_step and code_names.code < excluded.code",
    );
    CLAIMED_AGAIN = Statement::new(
        "update neighbourhoods set due_at = 0 where organization_id = $1 and id in (
             select w.neighbourhood_id from waiting_claims w
             where w.organization_id = $1 and w.claim in (select r.claim from {rows r: claim text}))",
    );
    ASSIGNMENTS = Statement::new(
        "select a.livemode, a.name, a.partner_id, a.program_id from {rows r: livemode int, name text}
         join assignments a on a.organization_id = $1 and a.livemode = r.livemode and a.name = r.name",
    );
    REVIEWS = Statement::new(
        "select v.livemode, v.name, v.approved from {rows r: livemode int, name text}
         join reviews v on v.organization_id = $1 and v.livemode = r.livemode and v.name = r.name",
    );
    PROGRAMS = Statement::new(
        "select id, model, window_days, customer_stays, hold_days, currency
         from programs where organization_id = $1",
    );
    RULES = Statement::new(
        "select program_id, partner_id, from_at, body from rules where organization_id = $1
         order by created_at, id",
    );
    PARTNERS = Statement::new(
        "select p.id, p.email, p.tenant_id from {rows r: id text}
         join partners p on p.organization_id = $1 and p.id = r.id",
    );
    RATES = Statement::new(
        "select base, quote, day, digits, places, source from rates where organization_id = $1",
    );

    SALES = Statement::new(
        "select s.* from sales s
         where s.organization_id = $1 and s.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    REFERENCES = Statement::new(
        "select n.name, n.sale_id, s.neighbourhood_id from sales s
         join sale_references n on n.organization_id = s.organization_id and n.sale_id = s.id
         where s.organization_id = $1 and s.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    SALES_NAMED = Statement::new(
        "select n.livemode, n.name, n.sale_id from {rows r: livemode int, name text}
         join sale_references n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name
         join sales s on s.organization_id = $1 and s.id = n.sale_id and s.state = 'live'",
    );
    UPSERT_REFERENCES = Statement::new(
        "insert into sale_references (organization_id, livemode, name, sale_id)
         select $1, r.livemode, r.name, r.sale_id from {rows r: livemode int, name text, sale_id text}
         where true
         on conflict (organization_id, livemode, name) do update set sale_id = excluded.sale_id",
    );
    DELETE_REFERENCES = Statement::new(
        "delete from sale_references where organization_id = $1 and (livemode, name) in (
             select r.livemode, r.name from {rows r: livemode int, name text})",
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
         where e.organization_id = $1 and e.subject_id in (select r.id from {rows r: id text})
         group by e.subject_id, e.partner_id, e.program_id, e.kind, e.currency",
    );
    INSERT_ENTRIES = Statement::new(
        "insert into entries (organization_id, id, livemode, subject_id, program_id, partner_id, kind,
             amount, currency, reason, occurred_at, available_at, created_at)
         select $1, r.id, r.livemode, r.subject_id, r.program_id, r.partner_id, r.kind,
             r.amount, r.currency, r.reason, r.occurred_at, r.available_at, $2
         from {rows r: id text, livemode int, subject_id text, program_id text, partner_id text,
             kind text, amount int, currency text, reason text, occurred_at int, available_at int}",
    );

    FINISH_EVENTS = Statement::new(
        "update events set state = r.state, reason = r.reason, mentions = r.mentions,
             neighbourhood_id = r.neighbourhood_id, processed_at = $2
         from {rows r: id text, state text, reason text, mentions text, neighbourhood_id text}
         where events.organization_id = $1 and events.id = r.id",
    );
    OLDEST_EVENT = Statement::new(
        "select id from events where organization_id = $1 and state = 'received' order by id limit 1",
    );
    FAIL_EVENT = Statement::new(
        "update events set state = 'failed', reason = 'it cannot be processed; see the log', processed_at = $3
         where organization_id = $1 and id = $2 and state = 'received'",
    );
    DEFER = Statement::new(
        "update neighbourhoods set due_at = $3
         where organization_id = $1 and id = $2 and due_at is not null",
    );
    PARKED = Statement::new(
        "select e.id, e.reason from events e
         where e.organization_id = $1 and e.neighbourhood_id in (select r.id from {rows r: id text})
             and e.state in ('parked', 'processed')",
    );
    SET_STATE = Statement::new(
        "update events set state = r.state, reason = r.reason, processed_at = $2
         from {rows r: id text, state text, reason text}
         where events.organization_id = $1 and events.id = r.id and events.state <> r.state",
    );
    INSERT_CLAIMS = Statement::new(
        "insert into waiting_claims (organization_id, claim, neighbourhood_id)
         select $1, r.claim, r.id from {rows r: claim text, id text}
         where true on conflict do nothing",
    );
    SET_DUE = Statement::new(
        "update neighbourhoods set due_at = r.due_at from {rows r: id text, due_at int}
         where neighbourhoods.organization_id = $1 and neighbourhoods.id = r.id",
    );
    ANSWERED = Statement::new(
        "select i.key, i.request, i.answer from {rows r: key text}
         join idempotency i on i.organization_id = $1 and i.key = r.key",
    );
    INSERT_ANSWERS = Statement::new(
        "insert into idempotency (organization_id, key, request, answer, customer, created_at)
         select $1, r.key, r.request, r.answer, r.customer, $2
         from {rows r: key text, request text, answer text, customer text}
         where true on conflict do nothing",
    );
    INSERT_PRIVACY_REQUESTS = Statement::new(
        "insert into privacy_requests (organization_id, id, kind, source_id, event_id, customers, payments,
             created_at)
         select $1, r.id, r.kind, r.source_id, r.event_id, r.customers, r.payments, $2
         from {rows r: id text, kind text, source_id text, event_id text, customers text, payments text}
         where true on conflict do nothing",
    );
    ANY_ERASED = Statement::new("select name from erased_names where organization_id = $1 limit 1");
    ERASED_NAMES = Statement::new(
        "select e.livemode, e.name, e.erased_at from {rows r: livemode int, name text}
         join erased_names e on e.organization_id = $1 and e.livemode = r.livemode and e.name = r.name",
    );
    PARTNERS_BY_EMAIL = Statement::new(
        "select p.id, p.email from {rows r: email text}
         join partners p on p.organization_id = $1 and lower(trim(p.email)) = r.email
         order by p.id desc",
    );
    DELETE_BODIES = Statement::new(
        "delete from event_bodies where organization_id = $1
         and event_id in (select r.id from {rows r: id text})",
    );
    CLOSE_SOURCES = Statement::new(
        "update sources set status = 'closed', closed_at = $2
         where organization_id = $1 and id in (select r.id from {rows r: id text})",
    );
}
