//! The JSON API from outside: every resource, on both databases.

mod access;
mod catalog;
pub mod client;
mod decisions;
mod explained;
mod figures;
mod inbox;
mod keys;
mod moments;
mod money;
mod reasons;
mod reviews;
mod strict;
mod versions;
