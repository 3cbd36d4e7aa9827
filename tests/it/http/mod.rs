//! The service over HTTP: real signatures, real router, both databases.

mod concurrent;
mod fixtures;
mod ledger;
mod orders;
mod track;
mod webhooks;
