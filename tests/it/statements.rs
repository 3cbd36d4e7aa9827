//! Every statement of the program is understood by both databases.

use tributary::store::Statement;
use tributary::{
    audit, catalog, clicks, commands, explain, http, inbox, keys, ledger, organization, payouts,
    privacy, reprocess, sources,
};

use crate::support::prepare_all;

fn all() -> Vec<&'static Statement> {
    let lists: [&[&Statement]; 11] = [
        audit::statements(),
        clicks::STATEMENTS,
        explain::statements(),
        http::health::STATEMENTS,
        inbox::STATEMENTS,
        keys::STATEMENTS,
        organization::STATEMENTS,
        payouts::STATEMENTS,
        privacy::statements(),
        reprocess::statements(),
        sources::STATEMENTS,
    ];
    let mut all = lists.concat();
    all.extend(ledger::writer::statements());
    all.extend(catalog::statements());
    all.extend(commands::statements());
    all.extend(http::resources::statements());
    all
}

on_both_databases! {
    async fn both_databases_understand_every_statement(db: TestDb) {
        prepare_all(&*db.store, &all()).await;
    }
}
