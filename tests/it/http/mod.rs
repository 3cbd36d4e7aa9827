//! The service over HTTP: real signatures, real router, both databases.

mod clicks;
pub mod concurrent;
mod conflicts;
mod fixtures;
mod hostile;
pub mod ledger;
mod links;
mod mixtures;
mod orders;
mod refport;
mod refused;
mod track;
mod triggered;
mod webhooks;
