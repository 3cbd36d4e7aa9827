//! The inbox's statements.

use crate::store::Statement;

/// Adds events, or counts one more delivery of those that are there. Answers each event's id: another
/// than the given one means that the event was there before.
pub static INSERT_EVENTS: Statement = Statement::new(
    "insert into events (organization_id, id, source_id, processor, account, livemode, external_id,
         api_version, type, occurred_at, received_at, state, deliveries, mentions)
     select $1, r.id, r.source_id, r.processor, r.account, r.livemode, r.external_id,
         r.api_version, r.type, r.occurred_at, r.received_at, 'received', r.deliveries, '[]'
     from {rows r: id text, source_id text, processor text, account text, livemode int,
         external_id text, api_version text, type text, occurred_at int, received_at int,
         deliveries int}
     where true
     on conflict (organization_id, processor, account, livemode, external_id, api_version)
     do update set deliveries = events.deliveries + excluded.deliveries
     returning id, processor, account, livemode, external_id, api_version",
);

/// Adds the bodies of new events.
pub static INSERT_BODIES: Statement = Statement::new(
    "insert into event_bodies (organization_id, event_id, headers, size_bytes, body)
     select $1, r.event_id, r.headers, r.size_bytes, r.body
     from {rows r: event_id text, headers text, size_bytes int, body bytes}",
);

/// All of them, to be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&INSERT_EVENTS, &INSERT_BODIES];
