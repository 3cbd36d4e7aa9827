//! What is said to the database by those who keep something of their own in it: the writer of the ledger, the catalog, jobs, sessions, the outbox and
//! so on. A file for each, so that a statement is found where its aggregate's name says; whoever says it reads and makes the rows.
//!
//! Nothing here runs anything. Every statement names the organization for every table, but those that find it ([`keys`], [`sessions`], routes of
//! [`sources`], keys of [`links`]) and those that look at what is due of all.

/// Statements of a file, and the list of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub static $name: Statement = $sql;)*
        /// All of this file, to be prepared by a test.
        pub static STATEMENTS: &[&Statement] = &[$(&$name),*];
    };
}

pub mod audit;
pub mod changes;
pub mod clicked_links;
pub mod clicks;
pub mod codes;
pub mod domains;
pub mod due;
pub mod enrolments;
pub mod groups;
pub mod health;
pub mod imported_clicks;
pub mod inbox;
pub mod jobs;
pub mod joining;
pub mod keys;
pub mod ledger;
pub mod links;
pub mod mails;
pub mod members;
pub mod organizations;
pub mod outbox;
pub mod pages;
pub mod partner_access;
pub mod partners;
pub mod payouts;
pub mod policies;
pub mod privacy;
pub mod programs;
pub mod rates;
pub mod refusals;
pub mod retention;
pub mod rules;
pub mod sessions;
pub mod settings;
pub mod shared_ids;
pub mod sources;
pub mod versions;

use crate::store::Statement;

/// All of them, to be prepared by a test.
pub fn all() -> Vec<&'static Statement> {
    [
        audit::STATEMENTS,
        changes::STATEMENTS,
        clicked_links::STATEMENTS,
        clicks::STATEMENTS,
        codes::STATEMENTS,
        domains::STATEMENTS,
        due::STATEMENTS,
        enrolments::STATEMENTS,
        groups::STATEMENTS,
        health::STATEMENTS,
        imported_clicks::STATEMENTS,
        inbox::STATEMENTS,
        jobs::STATEMENTS,
        joining::STATEMENTS,
        keys::STATEMENTS,
        links::STATEMENTS,
        mails::STATEMENTS,
        members::STATEMENTS,
        organizations::STATEMENTS,
        outbox::STATEMENTS,
        pages::STATEMENTS,
        partner_access::STATEMENTS,
        partners::STATEMENTS,
        payouts::STATEMENTS,
        policies::STATEMENTS,
        privacy::STATEMENTS,
        programs::STATEMENTS,
        rates::STATEMENTS,
        refusals::STATEMENTS,
        retention::STATEMENTS,
        rules::STATEMENTS,
        sessions::STATEMENTS,
        settings::STATEMENTS,
        shared_ids::STATEMENTS,
        sources::STATEMENTS,
        versions::STATEMENTS,
    ]
    .into_iter()
    .chain(ledger::STATEMENTS.iter().copied())
    .flatten()
    .copied()
    .collect()
}
