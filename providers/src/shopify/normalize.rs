//! From a verified delivery to facts: one place that says which topic is read as what.
//!
//! Never fails, and never makes a fact of a topic that it does not know.

use super::verify::{TEST, TOPIC};
use crate::Settings;
use crate::delivery::{Reading, Verified};

/// What the delivery says.
pub fn normalize(verified: &Verified, _settings: &Settings) -> Reading {
    let Some(_topic) = verified.header(TOPIC) else {
        return Reading::unreadable("the delivery names no topic");
    };
    if verified.header(TEST) == Some("true") {
        return Reading::ignored("a test notification from the shop's admin");
    }
    Reading::ignored("this topic is not counted")
}
