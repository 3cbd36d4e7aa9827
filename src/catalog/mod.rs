//! What an owner sets up: programs, partners, links, codes, clicks from elsewhere, rates and decisions.
//!
//! Used by the API and by commands alike. Each change leaves a line in [`crate::changes`]. Nothing here writes a sale or an entry: a change that can move
//! figures marks the neighbourhoods concerned as due, in the same transaction, and the ledger's writer
//! does the rest.

mod adjust;
mod alone;
mod assignment;
pub mod check;
mod clicks;
mod codes;
mod consequences;
mod cursor;
mod decide;
mod domains;
pub(crate) mod due;
mod enrol;
mod groups;
mod joining;
mod links;
mod list;
pub mod organization;
mod pages;
mod partners;
mod policies;
mod programs;
mod rates;
mod refund;
mod review;
mod rules;
mod versions;

use std::ops::Deref;

use serde::{Deserialize, Deserializer};
use thiserror::Error;

pub use adjust::{Adjusted, NewAdjustment};
pub use assignment::{AssignedName, Assignee, NamedAssignment, NewAssignment, Owner, Reassigned};
pub use clicks::{Click, Imported, NewClick};
pub use codes::{Code, NewCode};
pub use consequences::{BalanceChange, Consequences, Earned, NewEntry, SaleChange};
pub use cursor::Series;
pub use decide::{BULK_MAX, DecidedCommission, DecidedOne, Verdict};
pub use domains::{Domain, NewDomain};
pub use enrol::{PARTNER_STATES, PartnerLink, Sought};
pub use groups::{Group, NewGroup};
pub use joining::{Application, Applied, NewApplication, NewInvitation, Open};
pub use links::{Link, NewLink, short_url};
pub use list::{Item, Listed, Page, item, opt_text, opt_time, text, time};
pub use pages::{ProgramPage, ProgramPageChange, may_lead};
pub use partners::{NewPartner, Partner, PartnerChange};
pub use programs::{Program, ProgramChange};
pub use rates::{NewRate, RateRow};
pub use refund::{NewRefund, Refund, Refunded};
pub use review::{NewReview, REVIEW_STATES, Review, ReviewFilter, Reviewed};

use self::alone::Alone;
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::ledger::LOCK;
use crate::changes::{self, Change};
use crate::ledger::writer::Ledger;
use crate::store::{StoreError, Transaction};

/// What changing and finding takes, for one organization.
#[derive(Clone, Copy)]
pub struct Catalog<'a> {
    /// Whose it is, when, and who changes it.
    pub scope: WriteScope<'a>,
    /// Told of changes that move figures.
    pub ledger: &'a Ledger,
    /// How the world reaches the server, without a slash at the end.
    pub public_url: &'a str,
}

impl<'a> Deref for Catalog<'a> {
    type Target = WriteScope<'a>;

    fn deref(&self) -> &Self::Target {
        &self.scope
    }
}

/// Why something cannot be found or changed.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// One member is wrong; the message names it and says what to change.
    #[error("{message}")]
    Invalid {
        /// The member as the client writes it.
        field: String,
        /// What to change.
        message: String,
    },
    /// There is no program that goes on.
    #[error("No active referral program found for the organization")]
    NoProgram,
    /// It contradicts what is recorded; the message says what stands in the way.
    #[error("{message}")]
    Conflict {
        /// The member that contradicts it.
        field: &'static str,
        /// What stands in the way.
        message: String,
    },
    /// Nothing has this id. Names the kind of thing: "link".
    #[error("no {0} has this id")]
    NotFound(&'static str),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CatalogError {
    /// One member is wrong: `message` goes on after its name.
    pub fn invalid(field: &str, message: &str) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            message: format!("{field} {message}"),
        }
    }
}

impl Catalog<'_> {
    /// Writes a line about a change, within its transaction.
    async fn record(
        &self,
        transaction: &mut dyn Transaction,
        change: Change<'_>,
    ) -> Result<(), StoreError> {
        changes::record(transaction, &self.scope, change).await
    }

    /// Begins a transaction that the ledger's writer does not work beside: what it must look at again can
    /// be marked without missing anything. Nothing is read beside it: another connection may be free only when it has ended.
    async fn begin_alone(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let turn = self.ledger.turn(self.org).await?;
        let mut transaction = self.store.begin().await?;
        transaction.run(&LOCK, args![self.org]).await?;
        Ok(Box::new(Alone::new(transaction, turn)))
    }

    /// Makes a change last, and tells the ledger's writer.
    async fn commit_and_wake(&self, transaction: Box<dyn Transaction>) -> Result<(), StoreError> {
        transaction.commit().await?;
        self.ledger.wake(self.org);
        Ok(())
    }
}

/// A member that may be absent, `null` or given. For members of structs that have defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// Not said: what there is stays.
    #[default]
    Absent,
    /// To be nothing.
    Null,
    /// To be this.
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}
