//! HTTP: what comes in is checked here and handed on typed; what goes out is JSON with stable codes.
//!
//! Nothing in here may put a body, a key, a secret or an e-mail address into a log line.

pub mod access;
pub mod body;
pub mod budget;
pub mod compressed;
pub mod csv;
pub mod embed;
pub mod error;
pub mod explain;
pub mod guesses;
pub mod health;
pub mod input;
pub mod nowhere;
pub mod openapi;
pub mod peer;
pub mod privacy;
pub mod rate_limit;
pub mod redirect;
pub mod refusals;
pub mod request;
pub mod resources;
pub mod router;
pub mod script;
pub mod surrogates;
pub mod track;
pub mod webhooks;

pub use nowhere::nowhere;
pub use router::router;
