//! Statements of an organization's own settings.

use crate::store::Statement;

statements! {
    GET =
        Statement::new("select id, name, created_at from organizations where id = $1");
}
