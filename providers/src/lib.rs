//! Payment processors' webhooks, verified and reduced to facts.
//!
//! A delivery goes one way through this crate: raw bytes and headers -> [`Adapter::verify`] ->
//! [`Verified`] -> [`Adapter::normalize`] -> [`Fact`]s. What the facts add up to is not decided here.
//!
//! This crate never does I/O, never reads a clock and never draws a random number: time, secrets and
//! settings are arguments. It never trusts a byte that [`Adapter::verify`] has not passed.

pub mod adapter;
pub mod currency;
pub mod decimal;
pub mod delivery;
pub mod fact;
pub mod history;
pub mod lenient;
pub mod money;
pub mod name;
pub mod nearest;
pub mod nobody;
pub mod paddle;
pub mod paddle_classic;
pub mod place;
pub mod polar;
pub mod registry;
pub mod revenuecat;
pub mod secret;
pub mod settings;
pub mod shopify;
pub mod signature;
pub mod stripe;
pub mod time;

pub use adapter::{About, Adapter, EventChoice};
pub use currency::Currency;
pub use delivery::{Delivery, Envelope, Headers, Reading, Rejection, Verified};
pub use fact::Fact;
pub use history::{History, history};
pub use money::Money;
pub use name::{Name, NameKind};
pub use place::{Holds, Place, Writer};
pub use registry::{adapter, adapters};
pub use secret::Secret;
pub use settings::Settings;
pub use time::Micros;
