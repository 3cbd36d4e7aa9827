//! The audit's statements; all only read.

use crate::store::Statement;

statements! {
    EVENT_STATES = Statement::new(
        "select state, count(*) as n from events where organization_id = $1 group by state order by state",
    );
    /// Events that have gone into the ledger, with their bodies, by id. Both tables are told where the page
    /// begins: a merge of the two else begins at the first body.
    EVENTS = Statement::new(
        "select e.id, e.source_id, e.processor, e.livemode, e.received_at, e.state, b.headers, b.body
         from events e
         join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
         where e.organization_id = $1 and e.id > $2 and b.event_id > $2 and e.state in ('processed', 'ignored', 'parked')
         order by e.id limit $3",
    );
    NAMES = Statement::new(
        "select livemode, name, neighbourhood_id from name_homes
         where organization_id = $1 and (livemode, name) > ($2, $3)
         order by livemode, name limit $4",
    );
    /// Stored facts, and whether the body they came from is still there.
    FACTS = Statement::new(
        "select f.neighbourhood_id, f.event_id, f.processor, f.body, b.event_id as body_of
         from facts f
         left join event_bodies b on b.organization_id = f.organization_id and b.event_id = f.event_id
         where f.organization_id = $1 and f.neighbourhood_id in (select r.id from {rows r: id text})",
    );
    /// How often each neighbourhood has been folded.
    REVISIONS = Statement::new(
        "select n.id, n.revision from neighbourhoods n where n.organization_id = $1 and n.id > $2
         order by n.id limit $3",
    );
    /// The same of some, and when they must be folded again.
    TIMES = Statement::new(
        "select n.id, n.due_at, n.revision from neighbourhoods n
         where n.organization_id = $1 and n.id in (select r.id from {rows r: id text})",
    );
    SALES = Statement::new(
        "select s.*, n.revision from sales s
         left join neighbourhoods n on n.organization_id = $1 and n.id = s.neighbourhood_id
         where s.organization_id = $1 and s.id > $2 order by s.id limit $3",
    );
    /// Commission entries of nothing that is known.
    ORPHANS = Statement::new(
        "select distinct e.subject_id from entries e
         left join sales s on s.organization_id = $1 and s.id = e.subject_id
         left join leads l on l.organization_id = $1 and l.id = e.subject_id
         where e.organization_id = $1 and e.kind in ('commission', 'clawback', 'hold')
             and s.id is null and l.id is null
         order by e.subject_id limit 1000",
    );
    NAMELESS = Statement::new(
        "select s.id from sales s
         left join sale_references n on n.organization_id = $1 and n.sale_id = s.id
         where s.organization_id = $1 and s.state = 'live' and n.sale_id is null
         order by s.id limit 1000",
    );
    TEST_ENTRIES_PAID = Statement::new(
        "select p.entry_id, p.payout_id from payout_entries p
         join entries e on e.organization_id = $1 and e.id = p.entry_id
         where p.organization_id = $1 and e.livemode = 0
         order by p.entry_id limit 1000",
    );
    /// What each payout says it paid, and what its entries add up to; `strange` counts entries of another
    /// partner or currency, `misplaced` those that stand paid by a reversed payout or the other way round.
    PAYOUTS = Statement::new(
        "select p.id, p.amount, cast(coalesce(sum(e.amount), 0) as bigint) as entries,
             cast(coalesce(sum(case when e.partner_id <> p.partner_id or e.currency <> p.currency
                 then 1 else 0 end), 0) as bigint) as strange,
             cast(coalesce(sum(case when n.reversed <> case when p.reversed_at is null then 0 else 1 end
                 then 1 else 0 end), 0) as bigint) as misplaced
         from payouts p
         left join (
             select payout_id, entry_id, 0 as reversed from payout_entries where organization_id = $1
             union all
             select payout_id, entry_id, 1 from reversed_payout_entries where organization_id = $1
         ) n on n.payout_id = p.id
         left join entries e on e.organization_id = $1 and e.id = n.entry_id
         where p.organization_id = $1 and p.status not in ('draft', 'approved')
         group by p.id, p.amount order by p.id",
    );
    /// What each payout says of itself, and what the ledger has of it.
    BOOKED_PAYOUTS = Statement::new(
        "select p.id, p.amount, p.reversed_at,
             cast(coalesce(sum(case when e.kind = 'payout' then e.amount else 0 end), 0) as bigint) as paid,
             cast(coalesce(sum(case when e.kind = 'payout_reversal' then e.amount else 0 end), 0) as bigint)
                 as taken_back
         from payouts p
         left join entries e on e.organization_id = $1 and e.subject_id = p.id
         where p.organization_id = $1 and p.status not in ('draft', 'approved')
         group by p.id, p.amount, p.reversed_at order by p.id",
    );
    /// Bonuses and corrections whose entry is not there or is another, and entries of none that is known.
    ADJUSTMENTS = Statement::new(
        "select a.id, a.amount, count(e.id) as entries, cast(coalesce(sum(case when e.partner_id = a.partner_id
                 and e.program_id = a.program_id and e.currency = a.currency and e.livemode = a.livemode
                 and e.kind = a.kind then e.amount else 0 end), 0) as bigint) as booked
         from adjustments a
         left join entries e on e.organization_id = $1 and e.subject_id = a.id
         where a.organization_id = $1
         group by a.id, a.amount
         union all
         select e.subject_id, 0, count(*), cast(sum(e.amount) as bigint) from entries e
         left join adjustments a on a.organization_id = $1 and a.id = e.subject_id
         where e.organization_id = $1 and e.kind in ('bonus', 'correction') and a.id is null
         group by e.subject_id",
    );
    BALANCES = Statement::new(
        "select partner_id, currency, livemode, cast(sum(amount) as bigint) as amount
         from entries where organization_id = $1
         group by partner_id, currency, livemode order by partner_id, currency, livemode",
    );
    /// Deliveries that said something else than the first of their event.
    CONFLICTS = Statement::new(
        "select cast(coalesce(sum(conflicts), 0) as bigint) as n from events
         where organization_id = $1 and conflicts > 0",
    );
}
