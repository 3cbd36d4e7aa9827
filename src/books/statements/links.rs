//! Statements of links and the keys they take.

use crate::store::Statement;

statements! {
    TAKE_KEY = Statement::new(
        "insert into link_keys (domain, key, organization_id, link_id) values ($1, $2, $3, $4)
         on conflict (domain, key) do nothing returning link_id",
    );
    /// A key that differs in its letters' case alone is another's.
    IS_TAKEN =
        Statement::new("select link_id from link_keys where domain = $1 and lower(key) = $2 limit 1");
    INSERT = Statement::new(
        "insert into links (organization_id, id, program_id, partner_id, domain, key, url, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    /// Holds the row until the end of the transaction, so that what it said before is what is replaced.
    HOLD = Statement::new(
        "update links set url = url where organization_id = $1 and id = $2 and deleted_at is null
         returning url",
    );
    SET_URL = Statement::new(
        "update links set url = $3 where organization_id = $1 and id = $2 and deleted_at is null
         returning id",
    );
    DELETE = Statement::new(
        "update links set deleted_at = $3
         where organization_id = $1 and id = $2 and deleted_at is null
         returning key, domain, partner_id",
    );
}
