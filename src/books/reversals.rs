//! Refunds, disputes and credits by the id that their processor gives them: what they take back, and which event told of them.

use providers::{Fact, Name};

use super::Scope;
use super::row::text;
use crate::args;
use crate::ledger::writer::stored::kept;
use crate::store::{Statement, StoreError};

/// Rows read at once.
const ROWS: i64 = 2_000;

// What an event says is packed: this goes through all of it, a part at a time, and is for commands, where nothing else was found.
static NEXT: Statement = Statement::new(
    "select f.neighbourhood_id, f.key, f.event_id, f.processor, f.body from facts f
     where f.organization_id = $1 and (f.neighbourhood_id, f.key, f.event_id) > ($2, $3, $4)
     order by f.neighbourhood_id, f.key, f.event_id limit $5",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&NEXT];

/// A refund, dispute or credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// The event that tells of it.
    pub event_id: String,
    /// The payments that it takes something back of.
    pub of: Vec<Name>,
}

/// Those of an id, of all that events have said of them.
pub async fn meant(scope: &Scope<'_>, id: &str) -> Result<Vec<Reversal>, StoreError> {
    let mut found = Vec::new();
    let (mut home, mut key, mut event) = (String::new(), String::new(), String::new());
    loop {
        let args = args![scope.org, home.as_str(), key.as_str(), event.as_str(), ROWS];
        let rows = scope.store.read(&NEXT, args).await?;
        let Some(last) = rows.last() else {
            return Ok(found);
        };
        home = text(last, "neighbourhood_id")?;
        key = text(last, "key")?;
        event = text(last, "event_id")?;
        for row in &rows {
            for said in kept(row)? {
                match said.fact {
                    Fact::Reversal(reversal) if reversal.id == id => found.push(Reversal {
                        event_id: said.event_id,
                        of: reversal.of,
                    }),
                    _ => {}
                }
            }
        }
    }
}
