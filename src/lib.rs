//! Tributary: the open, self-hosted bridge between payment processors and partner programs.

pub mod store;
