//! Statements of exchange rates.

use crate::store::Statement;

statements! {
    LIST = Statement::new(
        "select * from rates where organization_id = $1
             and (cast($2 as bigint) = -1 or (day, base, quote) < ($2, cast($3 as text), cast($4 as text)))
             and (cast($5 as text) = '' or base = $5) and (cast($6 as text) = '' or quote = $6)
         order by day desc, base desc, quote desc limit $7",
    );
    UPSERT = Statement::new(
        "insert into rates (organization_id, base, quote, day, digits, places, source, created_at)
         select $1, r.base, r.quote, r.day, r.digits, r.places, r.source, $2
         from {rows r: base text, quote text, day int, digits int, places int, source text}
         where true
         on conflict (organization_id, base, quote, day) do update set
             digits = excluded.digits, places = excluded.places, source = excluded.source",
    );
    KNOWN = Statement::new(
        "select k.* from {rows r: base text, quote text, day int}
         join rates k on k.organization_id = $1 and k.base = r.base and k.quote = r.quote and k.day = r.day",
    );
}
