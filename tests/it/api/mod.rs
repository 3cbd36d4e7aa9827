//! The JSON API from outside: every resource, on both databases.

mod access;
mod catalog;
mod client;
mod decisions;
mod figures;
mod inbox;
mod money;

use crate::support::prepare_all;

on_both_databases! {
    async fn every_statement_of_the_api_is_understood(db: TestDb) {
        let mut statements = tributary::http::resources::statements();
        statements.extend(tributary::catalog::statements());
        statements.extend(tributary::keys::STATEMENTS);
        statements.extend(tributary::sources::STATEMENTS);
        prepare_all(db.store.as_ref(), &statements).await;
    }
}
