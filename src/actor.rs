//! Who changes something, and the scope in which changes are made: no write without both.
//!
//! An actor comes from where somebody has proved who he is, and nowhere else: `http::access` makes one of a key, the dashboard's guard one of a
//! session, the command line says what it is. What an actor may do is decided there too; nothing here allows or refuses.

use providers::Micros;

use crate::books;
use crate::id::IdSource;
use crate::store::Store;

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// The server by itself: its first start, its settings, what processors ask for.
    Server,
    /// Somebody at the command line of the server's machine.
    Command,
    /// Somebody in the dashboard whom a link of the server's own let in: its owner.
    Operator,
    /// A call with an API key.
    Key {
        /// The key's id.
        id: String,
        /// What the key is for.
        name: String,
    },
    /// A member of the organization, in the dashboard.
    Member {
        /// The member's id.
        id: String,
        /// The member's name.
        name: String,
    },
    /// A partner, in what is its own.
    Partner {
        /// The partner's id.
        id: String,
        /// The partner's name.
        name: String,
    },
}

impl Actor {
    /// The word for what it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Command => "command",
            Self::Operator => "operator",
            Self::Key { .. } => "key",
            Self::Member { .. } => "member",
            Self::Partner { .. } => "partner",
        }
    }

    /// Its id; of those that have none the word for what they are.
    pub fn id(&self) -> &str {
        match self {
            Self::Key { id, .. } | Self::Member { id, .. } | Self::Partner { id, .. } => id,
            Self::Server | Self::Command | Self::Operator => self.kind(),
        }
    }

    /// As people are shown it.
    pub fn name(&self) -> &str {
        match self {
            Self::Key { name, .. } | Self::Member { name, .. } | Self::Partner { name, .. } => name,
            Self::Server => "the server",
            Self::Command => "the command line",
            Self::Operator => "the server's owner",
        }
    }
}

/// Somebody who was let in: who he is, and to what.
pub trait LetIn {
    /// Who it is.
    fn actor(&self) -> &Actor;

    /// The organization.
    fn org(&self) -> &str;

    /// The only ledger that is there for him; `None` for both.
    fn only(&self) -> Option<bool>;
}

/// What a change takes: where it is made, when, in whose name.
#[derive(Clone, Copy)]
pub struct WriteScope<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// Ids.
    pub ids: &'a IdSource,
    /// The organization.
    pub org: &'a str,
    /// The time.
    pub now: Micros,
    /// Who changes.
    pub actor: &'a Actor,
    /// The only ledger whose rows are there; `None` for both.
    pub only: Option<bool>,
}

impl<'a> WriteScope<'a> {
    /// For what the server does by itself, in both ledgers.
    pub const fn of_server(
        store: &'a dyn Store,
        ids: &'a IdSource,
        org: &'a str,
        now: Micros,
    ) -> Self {
        Self {
            store,
            ids,
            org,
            now,
            actor: &Actor::Server,
            only: None,
        }
    }

    /// The same organization's books, to be read.
    pub const fn books(&self) -> books::Scope<'a> {
        books::Scope {
            store: self.store,
            org: self.org,
            now: self.now,
        }
    }

    /// Whether rows of a ledger are there.
    pub fn sees(&self, livemode: bool) -> bool {
        self.only.is_none_or(|only| only == livemode)
    }
}
