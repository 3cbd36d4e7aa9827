//! The service over HTTP: real signatures, real router, both databases.

mod concurrent;
mod fixtures;
pub mod ledger;
mod mixtures;
mod orders;
mod track;
mod webhooks;
