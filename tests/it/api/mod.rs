//! The JSON API from outside: every resource, on both databases.

mod access;
mod bulk;
mod catalog;
mod changes;
pub mod client;
mod crowds;
mod decisions;
mod explained;
mod figures;
mod groups;
mod inbox;
mod keys;
mod moments;
pub mod money;
mod openapi;
mod outgoing;
mod payout_runs;
mod payouts;
mod reasons;
mod requests;
mod reviews;
mod shared_ids;
mod sheets;
mod statistics;
mod strict;
mod verdicts;
mod versions;
