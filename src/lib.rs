//! Tributary: the bridge between payment processors and partner programs.
//!
//! Everything that does I/O is here; the processors themselves are in the crate `providers`, which is pure.
//! Dependencies point one way: `cli` -> `http` -> `inbox`, `ledger`, `attribution` -> `store` -> `providers`.

pub mod actor;
pub mod app;
pub mod attribution;
pub mod audit;
mod background;
pub mod books;
pub mod catalog;
pub mod changes;
pub mod cli;
pub mod clicks;
pub mod clock;
pub mod commands;
pub mod config;
pub mod dashboard;
pub mod doctor;
pub mod explain;
pub mod fixtures;
pub mod http;
pub mod id;
pub mod inbox;
pub mod jobs;
pub mod keys;
pub mod ledger;
pub mod mails;
pub mod members;
pub mod metrics;
pub mod organization;
pub mod outbox;
mod own_thread;
pub mod partner_access;
pub mod payouts;
pub mod portal;
pub mod privacy;
pub mod rekey;
pub mod reprocess;
pub mod retention;
pub mod seal;
pub mod server;
pub mod sessions;
pub mod sheet;
pub mod sources;
pub mod store;
pub mod telemetry;
