//! Statements of whether the database can be written to.

use crate::store::Statement;

statements! {
    WRITE = Statement::new(
        "insert into health (id, at) values ('ready', $1) on conflict (id) do update set at = excluded.at",
    );
}
