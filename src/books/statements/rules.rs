//! Statements of rules, a version after another.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into rules (organization_id, id, program_id, partner_id, from_at, body, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    LIST = Statement::new(
        "select program_id, partner_id, from_at, body from rules where organization_id = $1
         order by created_at, id",
    );
    NEWEST = Statement::new(
        "select body from rules where organization_id = $1 and program_id = $2
             and (partner_id = $3 or (partner_id is null and cast($3 as text) is null))
         order by created_at desc, id desc limit 1",
    );
}
