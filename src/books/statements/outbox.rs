//! The statements that write outgoing webhooks, and those that read what they write next. What is shown of them is read in [`crate::books::webhooks`].

use crate::store::Statement;

statements! {
    OUTGOING = Statement::new("select outgoing from organizations where id = $1");
    /// The same, with the lock under which messages are numbered.
    OUTGOING_LOCKED = Statement::per_dialect(
        "select outgoing from organizations where id = $1",
        "select outgoing from organizations where id = $1 for no key update",
    );
    /// The bit that says that mails are written stays as it is.
    SET_OUTGOING = Statement::new(
        "update organizations set outgoing = $2 + case when outgoing >= 4611686018427387904 then 4611686018427387904 else 0 end
         where id = $1",
    );
    /// Endpoints in use, each with the highest number that there is.
    NEWEST = Statement::new(
        "select e.id, coalesce((select max(m.number) from webhook_messages m where m.organization_id = $1), 0) as newest
         from webhook_endpoints e where e.organization_id = $1 and e.status = 'active' order by e.id",
    );
    INSERT_MESSAGES = Statement::new(
        "insert into webhook_messages (organization_id, number, id, kind, livemode, subject_id, endpoint_id, created_at)
         select $1, r.number, r.id, r.kind, r.livemode, r.subject_id, r.endpoint_id, $2
         from {rows r: number int, id text, kind text, livemode int, subject_id text, endpoint_id text}",
    );
    GET_ENDPOINT = Statement::new("select * from webhook_endpoints where organization_id = $1 and id = $2");
    ACTIVE = Statement::new(
        "select events, livemode from webhook_endpoints where organization_id = $1 and status = 'active'",
    );
    NEWEST_NUMBER = Statement::new(
        "select coalesce(max(number), 0) as newest from webhook_messages where organization_id = $1",
    );
    INSERT_ENDPOINT = Statement::new(
        "insert into webhook_endpoints (organization_id, id, url, livemode, events, status, secrets, position, failures, created_at)
         values ($1, $2, $3, $4, $5, 'active', $6, $7, 0, $8)",
    );
    UPDATE_ENDPOINT = Statement::new(
        "update webhook_endpoints set url = $3, events = $4, status = $5, secrets = $6, position = $7, failures = $8,
             failing_since = $9, paused_until = $10, disabled_reason = $11
         where organization_id = $1 and id = $2",
    );
    DELETE_ENDPOINT = Statement::new("delete from webhook_endpoints where organization_id = $1 and id = $2");
    DELETE_DELIVERIES = Statement::new(
        "delete from webhook_deliveries where organization_id = $1 and endpoint_id = $2",
    );
    DELETE_ATTEMPTS = Statement::new(
        "delete from webhook_attempts where organization_id = $1 and endpoint_id = $2",
    );
    /// Gives an endpoint its own of the messages from one number on up to another.
    TAKE_IN = Statement::new(
        "insert into webhook_deliveries (organization_id, endpoint_id, message_id, number, kind, subject_id, state, attempts,
             next_at, created_at)
         select m.organization_id, $2, m.id, m.number, m.kind, m.subject_id, 'pending', 0, $5, m.created_at
         from webhook_messages m
         where m.organization_id = $1 and m.number > $3 and m.number <= $4
             and (m.endpoint_id = $2 or m.endpoint_id is null and m.livemode = $6 and m.kind in (select k.kind from {rows k: kind text}))
         on conflict (organization_id, endpoint_id, message_id) do nothing",
    );
    SET_POSITION = Statement::new(
        "update webhook_endpoints set position = $3 where organization_id = $1 and id = $2 and position < $3",
    );
    /// What may be sent now: of those about one subject the oldest.
    DUE = Statement::new(
        "select d.message_id, d.number, d.kind, d.subject_id, d.attempts, d.created_at from webhook_deliveries d
         where d.organization_id = $1 and d.endpoint_id = $2 and d.state = 'pending' and d.next_at <= $3
             and not exists (select 1 from webhook_deliveries o where o.organization_id = $1 and o.endpoint_id = $2
                 and o.state = 'pending' and o.subject_id = d.subject_id and o.number < d.number)
         order by d.number limit $4",
    );
    /// When the next may be sent.
    NEXT = Statement::new(
        "select min(d.next_at) as next_at from webhook_deliveries d
         where d.organization_id = $1 and d.endpoint_id = $2 and d.state = 'pending'
             and not exists (select 1 from webhook_deliveries o where o.organization_id = $1 and o.endpoint_id = $2
                 and o.state = 'pending' and o.subject_id = d.subject_id and o.number < d.number)",
    );
    SENT = Statement::new(
        "update webhook_deliveries set state = r.state, attempts = r.attempts, next_at = r.next_at, last_at = r.last_at,
             last_status = r.last_status, last_error = r.last_error
         from {rows r: message_id text, state text, attempts int, next_at int, last_at int, last_status int, last_error text}
         where webhook_deliveries.organization_id = $1 and webhook_deliveries.endpoint_id = $2
             and webhook_deliveries.message_id = r.message_id",
    );
    SET_FAILING = Statement::new(
        "update webhook_endpoints set failures = $3, failing_since = $4, paused_until = $5
         where organization_id = $1 and id = $2",
    );
    INSERT_ATTEMPTS = Statement::new(
        "insert into webhook_attempts (organization_id, id, endpoint_id, message_id, attempted_at, milliseconds, status, error)
         select $1, r.id, $2, r.message_id, r.attempted_at, r.milliseconds, r.status, r.error
         from {rows r: id text, message_id text, attempted_at int, milliseconds int, status int, error text}",
    );
    /// Has one sent once more.
    REDELIVER = Statement::new(
        "update webhook_deliveries set state = 'pending', attempts = 0, next_at = $4
         where organization_id = $1 and endpoint_id = $2 and message_id = $3 returning message_id",
    );
    FORGET_MESSAGES = Statement::new(
        "delete from webhook_messages where organization_id = $1 and created_at < $2
             and number < (select max(n.number) from webhook_messages n where n.organization_id = $1)",
    );
    FORGET_DELIVERIES = Statement::new(
        "delete from webhook_deliveries where organization_id = $1 and created_at < $2 and state <> 'pending'",
    );
    FORGET_ATTEMPTS = Statement::new(
        "delete from webhook_attempts where organization_id = $1 and attempted_at < $2",
    );
}
