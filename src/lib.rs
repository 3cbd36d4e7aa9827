//! Tributary: the bridge between payment processors and partner programs.

pub mod attribution;
pub mod clock;
pub mod id;
pub mod inbox;
pub mod ledger;
pub mod store;
