//! The fold, without a database: facts in, sales out. Everything here is pure and deterministic.

mod fixtures;
mod histories;
mod properties;
mod soup;
mod support;
