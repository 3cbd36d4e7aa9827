//! Tributary: the bridge between payment processors and partner programs.

pub mod attribution;
pub mod ledger;
pub mod store;
