//! The fold, without a database: facts in, sales out. Everything here is pure and deterministic.

mod absorbing;
mod buyers_word;
mod credits;
mod decided;
mod fixtures;
mod going_on;
mod histories;
mod hostile;
mod labels;
mod names;
mod people;
mod policies;
mod properties;
mod reported;
mod rewards;
mod shopify;
mod soup;
mod stripe;
pub(crate) mod support;
mod takings;
mod told;
mod totals;
