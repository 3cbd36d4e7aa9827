//! The sales that an id may mean: the id of a sale or commission, any name of a payment, an event that
//! speaks of sales, by its id here or the processor's, or the number that is printed on an invoice.
//!
//! The cheaper way first, and the next only where the one before finds nothing.

use std::collections::BTreeSet;

use providers::Micros;

use crate::books::events::Event;
use crate::books::reversals::Reversal;
use crate::books::{Scope, events, names, reversals, sales};
use crate::id;
use crate::store::{Store, StoreError};

/// The ids of the sales that `id` may mean, sorted; none where it means nothing. `ledger` is the only one whose sales
/// are there, if any.
///
/// # Errors
/// What the database said.
pub async fn sales_meant(
    store: &dyn Store,
    org: &str,
    id: &str,
    ledger: Option<bool>,
) -> Result<Vec<String>, StoreError> {
    // What is looked for here is no figure of a time.
    let now = Micros::default();
    let books = Scope { store, org, now };
    let mut meant = sales::meant(&books, &sale_id(id)).await?;
    if meant.is_empty() {
        let told = events::meant(&books, id).await?;
        meant = events::Sales::of(&books, &told).await?.ids();
    }
    if meant.is_empty() {
        for name in names::printed_on(&books, id).await? {
            meant.extend(sales::meant(&books, &name).await?);
        }
    }
    if let Some(livemode) = ledger {
        meant = sales::of_ledger(&books, meant, livemode).await?;
    }
    Ok(meant.into_iter().collect())
}

/// The sales that a refund, dispute or credit takes something back of, by the id that its processor gives it, and the events that tell of it. It goes
/// through all that the organization's deliveries have said: for commands, where nothing else was found.
///
/// # Errors
/// What the database said.
pub async fn reversals_meant(
    store: &dyn Store,
    org: &str,
    id: &str,
) -> Result<(Vec<String>, Vec<Event>), StoreError> {
    let now = Micros::default();
    let books = Scope { store, org, now };
    let reversals = reversals::meant(&books, id).await?;
    taken(&books, reversals).await
}

/// The same for pages: it looks in the neighbourhoods that are `known` to name the id, else where such an id can be expected, and no further than a fixed
/// number of rows.
///
/// # Errors
/// What the database said.
pub async fn reversals_likely(
    store: &dyn Store,
    org: &str,
    id: &str,
    known: &BTreeSet<String>,
) -> Result<(Vec<String>, Vec<Event>), StoreError> {
    let now = Micros::default();
    let books = Scope { store, org, now };
    let reversals = reversals::likely(&books, id, known).await?;
    taken(&books, reversals).await
}

/// The sales that something is taken back of, and the events that tell of it.
async fn taken(
    books: &Scope<'_>,
    reversals: Vec<Reversal>,
) -> Result<(Vec<String>, Vec<Event>), StoreError> {
    let (mut meant, mut event_ids) = (BTreeSet::new(), BTreeSet::new());
    for reversal in reversals {
        for name in &reversal.of {
            meant.extend(sales::meant(books, name.value()).await?);
        }
        event_ids.insert(reversal.event_id);
    }
    let mut told = Vec::new();
    for event_id in &event_ids {
        told.extend(events::find(books, event_id).await?);
    }
    Ok((meant.into_iter().collect(), told))
}

/// A commission's id is that of its sale with another prefix.
fn sale_id(id: &str) -> String {
    let tail = id
        .strip_prefix(id::COMMISSION)
        .filter(|tail| tail.starts_with('_'));
    tail.map_or_else(|| id.to_owned(), |tail| format!("{}{tail}", id::SALE))
}
