//! Statements of what lets partners look: tokens, links, sessions.

use crate::store::Statement;

statements! {
    GRANT = Statement::new(
        "insert into partner_access (organization_id, digest, kind, partner_id, livemode, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    FORGET =
        Statement::new("delete from partner_access where organization_id = $1 and expires_at < $2");
    REDEEM = Statement::new(
        "update partner_access set used_at = $3
         where organization_id = $1 and digest = $2 and kind = 'link' and used_at is null and expires_at > $3
         returning partner_id, livemode",
    );
    END = Statement::new(
        "update partner_access set expires_at = $3 where organization_id = $1 and digest = $2 and expires_at > $3",
    );
}
