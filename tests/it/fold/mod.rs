//! The fold, without a database: facts in, sales out. Everything here is pure and deterministic.

mod absorbing;
mod credits;
mod fixtures;
mod histories;
mod names;
mod policies;
mod properties;
mod rewards;
mod shopify;
mod soup;
mod support;
mod takings;
mod told;
