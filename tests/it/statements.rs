//! Every statement of the program is understood by both databases.

use tributary::store::Statement;
use tributary::{clicks, commands, http, inbox, keys, ledger, organization, privacy, sources};

use crate::support::prepare_all;

fn all() -> Vec<&'static Statement> {
    let lists: [&[&Statement]; 7] = [
        inbox::STATEMENTS,
        keys::STATEMENTS,
        organization::STATEMENTS,
        sources::STATEMENTS,
        clicks::STATEMENTS,
        http::health::STATEMENTS,
        privacy::statements(),
    ];
    let mut all = ledger::writer::statements();
    all.extend(commands::statements());
    all.extend(lists.concat());
    all
}

on_both_databases! {
    async fn both_databases_understand_every_statement(db: TestDb) {
        prepare_all(&*db.store, &all()).await;
    }
}
