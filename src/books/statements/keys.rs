//! Statements of API keys.

use crate::store::Statement;

statements! {
    INSERT = Statement::new(
        "insert into api_keys (digest, id, organization_id, name, shown, livemode, created_at, scopes, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
         returning id",
    );
    FIND = Statement::new(
        "select id, name, organization_id, livemode, scopes, expires_at, last_used_at from api_keys
         where digest = $1 and revoked_at is null",
    );
    LIST = Statement::new(
        "select id, name, shown, livemode, scopes, created_at, revoked_at, expires_at, last_used_at from api_keys
         where organization_id = $1 order by created_at, id",
    );
    REVOKE = Statement::new(
        "update api_keys set revoked_at = $3
         where organization_id = $1 and id = $2 and revoked_at is null returning name",
    );
    USED = Statement::new(
        "update api_keys set last_used_at = $3
         where organization_id = $1 and id = $2 and (last_used_at is null or last_used_at < $3)",
    );
}
