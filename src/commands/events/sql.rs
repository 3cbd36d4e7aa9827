//! The statements of `events`. An empty text filters nothing.

use crate::store::Statement;

/// Events of an organization, newest first.
pub static LIST: Statement = Statement::new(
    "select id, source_id, processor, external_id, type, api_version, livemode, state, reason,
         received_at, processed_at, deliveries, conflicts, conflict_at
     from events
     where organization_id = $1
       and (cast($2 as text) = '' or processor = $2)
       and (cast($3 as text) = '' or source_id = $3)
       and (cast($4 as text) = '' or type = $4)
       and (cast($5 as text) = '' or state = $5)
       and received_at >= $6 and received_at < $7
     order by received_at desc, id desc limit $8",
);

/// The next events of an organization with what was delivered, oldest first; not those of processor `$10`.
pub static EXPORT: Statement = Statement::new(
    "select e.id, e.source_id, e.processor, e.external_id, e.type, e.livemode, e.state,
         e.received_at, b.headers, b.body
     from events e
     join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
     where e.organization_id = $1
       and (cast($2 as text) = '' or e.processor = $2)
       and (cast($3 as text) = '' or e.source_id = $3)
       and (cast($4 as text) = '' or e.type = $4)
       and (cast($5 as text) = '' or e.state = $5)
       and e.received_at >= $6 and e.received_at < $7
       and e.id > $8 and b.event_id > $8 and e.processor <> $10
     order by e.id limit $9",
);

/// The events of an id: ours, or the processor's.
pub static GET: Statement = Statement::new(
    "select id, source_id, processor, external_id, type, api_version, livemode, state, reason,
         received_at, processed_at, deliveries, conflicts, conflict_at, mentions
     from events where organization_id = $1 and (id = $2 or external_id = $2)
     order by id",
);

/// What was delivered.
pub static BODY: Statement = Statement::new(
    "select headers, body from event_bodies where organization_id = $1 and event_id = $2",
);

/// All of them, to be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &EXPORT, &GET, &BODY];
