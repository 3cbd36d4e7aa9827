//! Statements of partners: made, changed, found.

use crate::store::Statement;

statements! {
    /// Within a transaction that changes it.
    GET =
        Statement::new("select * from partners where organization_id = $1 and id = $2");
    BY_EMAIL =
        Statement::new("select * from partners where organization_id = $1 and email = $2");
    INSERT = Statement::new(
        "insert into partners (organization_id, id, name, email, tenant_id, status, created_at)
         values ($1, $2, $3, $4, $5, 'active', $6)
         on conflict (organization_id, email) do nothing returning id",
    );
    UPDATE = Statement::new(
        "update partners set name = $3, email = $4, tenant_id = $5, status = $6
         where organization_id = $1 and id = $2",
    );
}
