//! The statements of privacy requests.

use crate::store::Statement;

statements! {
    LIST = Statement::new("select id, kind, source_id, event_id, customers, payments, created_at, done_at
        from privacy_requests
        where organization_id = $1 and (cast($2 as text) is null or id < $2) order by id desc limit $3");
    ONE = Statement::new("select * from privacy_requests where organization_id = $1 and id = $2");
    REQUESTS = Statement::new("select * from privacy_requests where organization_id = $1");
    KEEP_EXPORT = Statement::new("update privacy_requests set export = $3, done_at = $4
        where organization_id = $1 and id = $2 and done_at is null");
    SET_DONE = Statement::new("update privacy_requests set done_at = $3
        where organization_id = $1 and id = $2 and done_at is null");
    /// What was collected of someone who is erased, and names that are personal themselves.
    CLEAR_REQUESTS = Statement::new("update privacy_requests set export = null, customers = r.customers
        from {rows r: id text, customers text}
        where privacy_requests.organization_id = $1 and privacy_requests.id = r.id");

    ERASE_NAMES = Statement::new("insert into erased_names (organization_id, livemode, name, erased_at)
        select $1, r.livemode, r.name, r.erased_at from {rows r: livemode int, name text, erased_at int}
        where true
        on conflict (organization_id, livemode, name) do update set erased_at = excluded.erased_at
        where erased_names.erased_at < excluded.erased_at");
    DELETE_FACTS = Statement::new("delete from facts where organization_id = $1 and (neighbourhood_id, key, event_id) in (
        select r.neighbourhood_id, r.key, r.event_id from {rows r: neighbourhood_id text, key text, event_id text})");
    /// The next batch folds them again, and who has read them to fold them must read them again.
    DUE_NOW = Statement::new("update neighbourhoods set due_at = 0, revision = revision + 1
        where organization_id = $1 and id in (select r.id from {rows r: id text})");
    RENAME_NAMES = Statement::new("update names set name = r.becomes from {rows r: livemode int, was text, becomes text}
        where names.organization_id = $1 and names.livemode = r.livemode and names.name = r.was");
    RENAME_ASSIGNMENTS = Statement::new("update assignments set name = r.becomes
        from {rows r: livemode int, was text, becomes text}
        where assignments.organization_id = $1 and assignments.livemode = r.livemode
            and assignments.name = r.was");
    CLEAR_CUSTOMERS = Statement::new("update customers set email = null, name = null, avatar = null, names = r.names,
            external_id = r.external_id
        from {rows r: id text, names text, external_id text}
        where customers.organization_id = $1 and customers.id = r.id");
    ANSWERS = Statement::new("select i.key, i.answer, i.customer from {rows r: name text}
        join idempotency i on i.organization_id = $1 and i.customer = r.name");
    CLEAR_ANSWERS = Statement::new("update idempotency set answer = r.answer, customer = r.customer
        from {rows r: key text, answer text, customer text}
        where idempotency.organization_id = $1 and idempotency.key = r.key");
}
