//! Statements of deliveries that were refused, counted.

use crate::store::Statement;

statements! {
    ADD = Statement::new(
        "insert into refusals (organization_id, source_id, hour, reason, refused, last_at, seconds)
         select r.organization_id, r.source_id, r.hour, r.reason, r.refused, r.last_at, r.seconds
         from {rows r: organization_id text, source_id text, hour int, reason text, refused int, last_at int, seconds int}
         where true
         on conflict (organization_id, source_id, hour, reason) do update set
             refused = refusals.refused + excluded.refused, last_at = excluded.last_at, seconds = excluded.seconds",
    );
    FORGET = Statement::new(
        "delete from refusals where organization_id = $1 and source_id = $2 and hour < $3",
    );
}
