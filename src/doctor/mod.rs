//! The doctor: what is wrong with this installation and its sources, in plain words, and what to do about each.
//!
//! [`gather`] reads the facts and judges nothing; [`judge`] is a pure function of them, and the only place that says what is wrong. The command line
//! and the dashboard show what it finds. Nothing here changes anything, and no secret, body or person is part of a fact or a finding.

pub mod disk;
mod facts;
pub mod gather;
mod judge;
mod pauses;

pub use facts::{Disk, Facts, KeyState, Schema, Server, SourceFacts, StoppedJobs};
pub use judge::{Finding, Level, judge, judge_unreachable};
