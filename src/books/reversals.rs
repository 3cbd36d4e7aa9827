//! Refunds, disputes and credits by the id that their processor gives them: what they take back, and which event told of them.

use providers::{Fact, Name};

use super::Scope;
use super::row::text;
use crate::args;
use crate::store::{Rows, Statement, StoreError};

/// The words with which the keys of such facts begin, and stay: those of [`Fact::key`].
const KINDS: [&str; 6] = [
    "Refund",
    "Dispute",
    "Credit",
    "RefundReturn",
    "DisputeReturn",
    "CreditReturn",
];

// A fact is found by its neighbourhood, never by its key alone: this goes through all, and is for commands, where nothing else was found.
static OF_KEYS: Statement = Statement::new(
    "select f.event_id, f.body from {rows r: key text}
     join facts f on f.organization_id = $1 and f.key = r.key order by f.event_id",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OF_KEYS];

/// A refund, dispute or credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// The event that tells of it.
    pub event_id: String,
    /// The payments that it takes something back of.
    pub of: Vec<Name>,
}

/// Those of an id.
pub async fn meant(scope: &Scope<'_>, id: &str) -> Result<Vec<Reversal>, StoreError> {
    let mut keys = Rows::new(1);
    for kind in KINDS {
        keys.push([format!("reversal/{kind}/{id}").into()]);
    }
    let rows = scope.store.read(&OF_KEYS, args![scope.org; keys]).await?;
    let read = rows.iter().map(|row| {
        let fact = serde_json::from_str(row.text("body")?);
        let of = match fact.map_err(|_| StoreError::Corrupt("facts.body"))? {
            Fact::Reversal(reversal) => reversal.of,
            _ => Vec::new(),
        };
        let event_id = text(row, "event_id")?;
        Ok(Reversal { event_id, of })
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_reversal_is_looked_for() {
        let kinds = include_str!("../../providers/src/fact/reversal.rs");
        for kind in KINDS {
            assert!(kinds.contains(&format!("=> \"{kind}\"")), "{kind}");
        }
        assert_eq!(kinds.matches("=> \"").count(), KINDS.len());
    }
}
