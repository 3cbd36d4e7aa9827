//! Statements of clicks that a merchant brings along from elsewhere.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, url, referrer,
             created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (organization_id, id) do nothing returning id",
    );
}
