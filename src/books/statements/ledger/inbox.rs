//! Statements about what has arrived: events, their bodies and states, what they ask for, and answers
//! to calls.

use crate::store::Statement;

statements! {
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
    SETTINGS = Statement::new("select id, settings from sources where organization_id = $1");
    ORGANIZATIONS_WITH_NEWS = Statement::new(
        "select organization_id from events where state = 'received'
         union select organization_id from neighbourhoods where due_at is not null and due_at <= $1",
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
        "update events set state = 'failed', processed_at = $3, reason = $4
         where organization_id = $1 and id = $2 and state = 'received'",
    );
    UNMENDED = Statement::new(
        "select id from events
         where organization_id = $1 and state = 'failed' and reason like 'waits for repair: %' limit 1",
    );
    MENDED = Statement::new(
        "update events set state = 'received', reason = null, processed_at = null
         where organization_id = $1 and state = 'failed' and reason like 'waits for repair: %'",
    );
    PARKED = Statement::new(
        "select e.id, e.state, e.reason from events e
         where e.organization_id = $1 and e.neighbourhood_id in (select r.id from {rows r: id text})
             and e.state in ('parked', 'processed')",
    );
    WAITING_FOR = Statement::new(
        "select e.id from {rows r: id text} join events e on e.organization_id = $1 and e.id = r.id
         where e.state = 'parked' and e.reason = $2",
    );
    SET_STATE = Statement::new(
        "update events set state = r.state, reason = r.reason, processed_at = $2
         from {rows r: id text, state text, reason text}
         where events.organization_id = $1 and events.id = r.id and events.state <> r.state",
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
    GIVE_ANSWERS = Statement::new(
        "update idempotency set answer = r.answer from {rows r: key text, taken text, answer text}
         where idempotency.organization_id = $1 and idempotency.key = r.key and idempotency.answer = r.taken",
    );
    INSERT_PRIVACY_REQUESTS = Statement::new(
        "insert into privacy_requests (organization_id, id, kind, source_id, event_id, customers, payments,
             created_at)
         select $1, r.id, r.kind, r.source_id, r.event_id, r.customers, r.payments, $2
         from {rows r: id text, kind text, source_id text, event_id text, customers text, payments text}
         where true on conflict do nothing",
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
