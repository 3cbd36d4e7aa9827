//! The ledger: what all facts add up to, and the entries that say so.
//!
//! Pure parts: [`facts`] (the join), [`unite`], [`people`], [`reversal`], [`rule`], [`rate`],
//! [`commission`], [`decision`], [`fold`], `lines`, [`erased`], [`mailbox`]. They take everything as arguments, time included, and never do I/O.

pub mod calls;
pub mod commission;
pub mod decision;
pub mod erased;
pub mod facts;
pub mod figures;
pub mod fold;
mod lines;
pub mod mailbox;
pub mod people;
pub mod rate;
pub mod reversal;
pub mod rule;
pub mod sale;
pub mod sets;
pub mod unite;
pub mod writer;
