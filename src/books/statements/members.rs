//! Statements of members and their invitations.

use crate::store::Statement;

statements! {
    LIST =
        Statement::new("select * from members where organization_id = $1 order by name, id");
    GET =
        Statement::new("select * from members where organization_id = $1 and id = $2");
    BY_EMAIL =
        Statement::new("select * from members where organization_id = $1 and email = $2");
    ADD = Statement::new(
        "insert into members (organization_id, id, name, email, role, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (organization_id, email) do nothing returning *",
    );
    OTHER_OWNER = Statement::new(
        "select id from members where organization_id = $1 and role = 'owner' and id <> $2 limit 1",
    );
    SET_ROLE =
        Statement::new("update members set role = $3 where organization_id = $1 and id = $2");
    REMOVE =
        Statement::new("delete from members where organization_id = $1 and id = $2");
    INVITE = Statement::new(
        "insert into invitations (organization_id, id, name, email, role, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    OPEN = Statement::new(
        "select * from invitations
         where organization_id = $1 and accepted_at is null and revoked_at is null and expires_at > $2 order by id desc",
    );
    ACCEPT = Statement::new(
        "update invitations set accepted_at = $3
         where organization_id = $1 and id = $2 and accepted_at is null and revoked_at is null and expires_at > $3
         returning name, email, role",
    );
    REVOKE = Statement::new(
        "update invitations set revoked_at = $3
         where organization_id = $1 and id = $2 and accepted_at is null and revoked_at is null returning name",
    );
}
