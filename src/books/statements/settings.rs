//! Statements of an organization's own settings.

use crate::store::Statement;

statements! {
    GET =
        Statement::new("select id, name, created_at from organizations where id = $1");
    /// Holds the row until the end of the transaction, so that what it said before is what is replaced.
    HOLD = Statement::new(
        "update organizations set name = name where id = $1 returning name, created_at",
    );
    RENAME = Statement::new("update organizations set name = $2 where id = $1");
}
