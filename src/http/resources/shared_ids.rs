//! `/api/customers/shared-ids`: ids of customers that more of them share than a person can have, and that therefore
//! join nobody; see [`crate::ledger::people`].
//!
//! What is shared follows from the stored facts. The ledger's writer keeps how many there are in a neighbourhood, so facts are read only where
//! there is one.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Answer;
use super::query::Query;
use crate::app::App;
use crate::args;
use crate::books::statements::shared_ids as sql;
use crate::catalog::{Listed, Page};
use crate::keys::Caller;
use crate::ledger::facts::FactSet;
use crate::ledger::people::{Ids, SharedId};
use crate::ledger::writer::refold::{Neighbourhoods, read_facts};
use crate::store::{StoreError, Transaction};

/// Neighbourhoods whose facts are read at once.
const AT_ONCE: i64 = 16;

/// An id that is shared.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shared {
    /// The merchant's id.
    id: String,
    /// The processor whose customers share it.
    processor: String,
    /// How many of its customers do.
    customers: usize,
    livemode: bool,
    /// The same in a sentence.
    says: String,
    #[serde(skip)]
    place: Place,
}

/// Where an id stands in the list: its neighbourhood and its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place(String, String);

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/customers/shared-ids", get(list))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Shared>> {
    let org = caller.organization_id.as_str();
    let page = query.page(org, &["livemode"])?;
    let livemode = query.ledger(&caller)? == 1;
    let mut transaction = app.store.snapshot().await?;
    let rows = shared(transaction.as_mut(), org, livemode, &page).await?;
    let position = |row: &Shared| format!("{} {}", row.place.0, row.place.1);
    Ok(Json(Listed::of(rows, &page, position)))
}

/// The ids after the page's begin, as far as the page needs them; the newest neighbourhood's first.
async fn shared(
    transaction: &mut dyn Transaction,
    org: &str,
    livemode: bool,
    page: &Page,
) -> Result<Vec<Shared>, StoreError> {
    let wanted = usize::try_from(page.rows()).unwrap_or(usize::MAX);
    let (from, name) = page.after.split_once(' ').unwrap_or_default();
    let after = Place(from.to_owned(), name.to_owned());
    let mut from = from.to_owned();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while found.len() < wanted {
        let args = args![org, livemode, from.as_str(), AT_ONCE];
        let mut crowded = Neighbourhoods::new();
        for row in transaction.run(&sql::CROWDED, args).await? {
            row.text("id")?.clone_into(&mut from);
            if seen.insert(from.clone()) {
                crowded.insert(from.clone(), (livemode, FactSet::new()));
            }
        }
        if crowded.is_empty() {
            break;
        }
        read_facts(transaction, org, &mut crowded).await?;
        for (home, (_, facts)) in crowded.iter().rev() {
            let ids = Ids::of(facts);
            let new = ids
                .shared()
                .map(|shared| Shared::of(shared, home, livemode));
            found.extend(new.filter(|row| row.place.0 != after.0 || row.place.1 > after.1));
        }
    }
    Ok(found)
}

impl Shared {
    fn of(shared: &SharedId, home: &str, livemode: bool) -> Self {
        let id = shared.id.value();
        Self {
            id: id.to_owned(),
            processor: shared.processor.clone(),
            customers: shared.customers,
            livemode,
            says: shared.says(id),
            place: Place(home.to_owned(), id.to_owned()),
        }
    }
}
