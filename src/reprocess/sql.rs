//! The statements of reprocessing; the writing ones are the ledger's own.

use crate::store::Statement;

/// Events that have been looked at and whose body is there, by id. Filters that are null let all pass.
pub static EVENTS: Statement = Statement::new(
    "select e.id, e.neighbourhood_id from events e
     join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
     where e.organization_id = $1 and e.id > $2 and b.event_id > $2 and e.state <> 'received'
         and (cast($3 as text) is null or e.processor = cast($3 as text))
         and (cast($4 as text) is null or e.source_id = cast($4 as text))
         and (cast($5 as text) is null or e.type = cast($5 as text))
         and (cast($6 as text) is null or e.state = cast($6 as text))
         and (cast($7 as bigint) is null or e.received_at >= cast($7 as bigint))
         and (cast($8 as bigint) is null or e.received_at < cast($8 as bigint))
         and (cast($10 as bigint) is null or e.livemode = cast($10 as bigint))
     order by e.id limit $9",
);
/// The same among events of some ids.
pub static EVENTS_NAMED: Statement = Statement::new(
    "select e.id, e.neighbourhood_id from {rows r: id text}
     join events e on e.organization_id = $1 and e.id = r.id
     join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
     where e.organization_id = $1 and e.id > $2 and b.event_id > $2 and e.state <> 'received'
         and (cast($3 as text) is null or e.processor = cast($3 as text))
         and (cast($4 as text) is null or e.source_id = cast($4 as text))
         and (cast($5 as text) is null or e.type = cast($5 as text))
         and (cast($6 as text) is null or e.state = cast($6 as text))
         and (cast($7 as bigint) is null or e.received_at >= cast($7 as bigint))
         and (cast($8 as bigint) is null or e.received_at < cast($8 as bigint))
         and (cast($10 as bigint) is null or e.livemode = cast($10 as bigint))
     order by e.id limit $9",
);

/// All of them, to be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&EVENTS, &EVENTS_NAMED];
