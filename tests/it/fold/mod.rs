//! The fold, without a database: facts in, sales out. Everything here is pure and deterministic.

mod absorbing;
mod credits;
mod fixtures;
mod histories;
mod labels;
mod names;
mod people;
mod policies;
mod properties;
mod rewards;
mod soup;
mod support;
mod takings;
