//! The ledger writer's statements. All name their organization, so that each goes to one shard.
//!
//! Rows of some ids are asked for with `in`, not with a join: SQLite would go through all rows of the
//! organization and read the batch again for each.

pub mod figures;
mod inbox;
mod lookups;
mod neighbourhoods;
pub mod recomputed;
mod sales;

use crate::store::Statement;

pub use inbox::*;
pub use lookups::*;
pub use neighbourhoods::*;
pub use sales::*;

/// All of them, file by file, to be prepared by a test.
pub static STATEMENTS: &[&[&Statement]] = &[
    figures::STATEMENTS,
    inbox::STATEMENTS,
    lookups::STATEMENTS,
    neighbourhoods::STATEMENTS,
    recomputed::STATEMENTS,
    sales::STATEMENTS,
];
