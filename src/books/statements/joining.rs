//! Statements of applications and the states of partners.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into partners (organization_id, id, name, email, status, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (organization_id, email) do nothing returning id",
    );
    SET_STATUS =
        Statement::new("update partners set status = $3 where organization_id = $1 and id = $2");
    APPLY = Statement::new(
        "insert into applications (organization_id, id, program_id, partner_id, website, message, applied_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    DECIDE = Statement::new(
        "update applications set decided_at = $3, decision = $4
         where organization_id = $1 and partner_id = $2 and decided_at is null",
    );
}
