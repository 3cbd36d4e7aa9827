//! Statements about what the fold looks up: what owners and visitors have recorded. None of them
//! writes but the one for codes that processors tell.

use crate::store::Statement;

statements! {
    CLICKS = Statement::new(
        "select c.id, c.partner_id, c.program_id, c.clicked_at, l.id as link_id, l.domain, l.key, l.url,
             coalesce(p.email, '') as email, p.tenant_id
         from {rows r: id text}
         join clicks c on c.organization_id = $1 and c.id = r.id
         left join partners p on p.organization_id = $1 and p.id = c.partner_id
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
    /// By what all of an organization is read and folded, in one answer: settings of sources; currencies, policies and rules of programs; and whether
    /// there is any of what most have none of, which is not looked for one by one then.
    GROUND = Statement::new(
        "select cast('source' as text) as kind, id as about, cast(null as text) as partner_id, cast(0 as bigint) as from_at,
             settings as body, cast(0 as bigint) as window_days, cast(0 as bigint) as customer_stays,
             cast(0 as bigint) as hold_days, cast(0 as bigint) as created_at, id
             from sources where organization_id = $1
         union all
         select 'program', id, null, 0, currency, 0, 0, 0, 0, id
             from programs where organization_id = $1 and currency is not null
         union all
         select 'policy', program_id, null, from_at, model, window_days, customer_stays, hold_days, created_at, id
             from policies where organization_id = $1
         union all
         select 'rule', program_id, partner_id, from_at, body, 0, 0, 0, created_at, id
             from rules where organization_id = $1
         union all
         select 'assigned', '', null, 0, null, 0, 0, 0, 0, '' from organizations o
             where o.id = $1 and exists (select 1 from assignments a where a.organization_id = $1)
         union all
         select 'decided', '', null, 0, null, 0, 0, 0, 0, '' from organizations o
             where o.id = $1 and exists (select 1 from reviews r where r.organization_id = $1)
         union all
         select 'paid_at', '', null, 0, null, 0, 0, 0, 0, '' from organizations o
             where o.id = $1 and exists (select 1 from partner_mailboxes m where m.organization_id = $1)
         union all
         select 'erased', '', null, 0, null, 0, 0, 0, 0, '' from organizations o
             where o.id = $1 and exists (select 1 from erased_names e where e.organization_id = $1)
         order by kind, created_at, id",
    );
    /// By names of people and of payments.
    ASSIGNMENTS = Statement::new(
        "select a.livemode, a.name, a.partner_id, a.program_id from {rows r: livemode int, name text}
         join assignments a on a.organization_id = $1 and a.livemode = r.livemode and a.name = r.name",
    );
    /// By names of payments and leads.
    DECISIONS = Statement::new(
        "select v.livemode, v.name, v.decision, v.created_at from {rows r: livemode int, name text}
         join reviews v on v.organization_id = $1 and v.livemode = r.livemode and v.name = r.name",
    );
    PARTNERS = Statement::new(
        "select p.id, p.email, p.tenant_id from {rows r: id text}
         join partners p on p.organization_id = $1 and p.id = r.id",
    );
    /// From the newest that is not younger than `$2`.
    RATES = Statement::new(
        "select t.base, t.quote, t.day, t.digits, t.places, t.source from {each r: base text, quote text}
         join rates t on t.organization_id = $1 and t.base = r.base and t.quote = r.quote
             and t.day <= $3 and t.day >= coalesce((select max(e.day) from rates e
                 where e.organization_id = $1 and e.base = r.base and e.quote = r.quote and e.day <= $2), $2)",
    );
    ERASED_NAMES = Statement::new(
        "select e.livemode, e.name, e.erased_at from {rows r: livemode int, name text}
         join erased_names e on e.organization_id = $1 and e.livemode = r.livemode and e.name = r.name",
    );
    PARTNERS_BY_EMAIL = Statement::new(
        "select p.id, p.email from {rows r: email text}
         join partners p on p.organization_id = $1 and lower(trim(p.email)) = r.email",
    );
    /// Where partners are or have been paid, by partner.
    PAID_AT = Statement::new(
        "select m.partner_id, m.mailbox from {rows r: id text}
         join partner_mailboxes m on m.organization_id = $1 and m.partner_id = r.id",
    );
    /// The same by mailbox.
    PARTNERS_PAID_AT = Statement::new(
        "select m.partner_id, m.mailbox from {rows r: mailbox text}
         join partner_mailboxes m on m.organization_id = $1 and m.mailbox = r.mailbox",
    );
}
