//! The inbox's statements.

use crate::store::Statement;

statements! {
    /// Adds events, or counts one more delivery of those that are there. Answers each event's id: another
    /// than the given one means that the event was there before.
    INSERT_EVENTS = Statement::new(
        "insert into events (organization_id, id, source_id, processor, account, livemode, external_id,
             api_version, type, occurred_at, received_at, deliveries, state, reason, mentions, neighbourhood_id,
             processed_at)
         select $1, r.id, r.source_id, r.processor, r.account, r.livemode, r.external_id,
             r.api_version, r.type, r.occurred_at, r.received_at, r.deliveries, r.state, r.reason, r.mentions,
             r.neighbourhood_id, r.processed_at
         from {rows r: id text, source_id text, processor text, account text, livemode int,
             external_id text, api_version text, type text, occurred_at int, received_at int,
             deliveries int, state text, reason text, mentions text, neighbourhood_id text, processed_at int}
         where true
         on conflict (organization_id, processor, account, livemode, external_id, api_version)
         do update set deliveries = events.deliveries + excluded.deliveries, repeated_at = excluded.received_at
         returning id, processor, account, livemode, external_id, api_version",
    );
    /// Of the events that deliveries tell of, those that are there.
    KNOWN_EVENTS = Statement::new(
        "select e.id, e.processor, e.account, e.livemode, e.external_id, e.api_version
         from {rows r: processor text, account text, livemode int, external_id text, api_version text}
         join events e on e.organization_id = $1 and e.external_id = r.external_id
             and e.processor = r.processor and e.account = r.account and e.livemode = r.livemode
             and e.api_version = r.api_version",
    );
    /// Counts deliveries of events that are there.
    COUNT_DELIVERIES = Statement::new(
        "update events set deliveries = deliveries + r.n, repeated_at = r.at from {rows r: id text, n int, at int}
         where events.organization_id = $1 and events.id = r.id",
    );
    /// Adds the bodies of new events.
    INSERT_BODIES = Statement::new(
        "insert into event_bodies (organization_id, event_id, headers, size_bytes, body)
         select $1, r.event_id, r.headers, r.size_bytes, r.body
         from {rows r: event_id text, headers text, size_bytes int, body bytes}",
    );
    /// What events were stored with.
    FIRST_BODIES = Statement::new(
        "select b.event_id, b.headers, b.body from {rows r: event_id text}
         join event_bodies b on b.organization_id = $1 and b.event_id = r.event_id",
    );
    /// The settings of sources.
    SETTINGS = Statement::new(
        "select s.id, s.settings from {rows r: id text}
         join sources s on s.organization_id = $1 and s.id = r.id",
    );
    /// Counts deliveries of events that said something else than the first.
    COUNT_CONFLICTS = Statement::new(
        "update events set conflicts = events.conflicts + r.n, conflict_at = r.at
         from {rows r: id text, n int, at int}
         where events.organization_id = $1 and events.id = r.id",
    );
}
