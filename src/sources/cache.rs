//! Sources remembered for a moment, so that a burst of deliveries asks the database once.
//!
//! A source changed on another replica is seen within [`REMEMBERED_SECONDS`]; a delivery that does not
//! verify makes the next look go to the database at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use providers::Micros;

use super::{Desk, Source, SourceError};

/// How long a source is remembered.
pub const REMEMBERED_SECONDS: i64 = 1;

/// How many routes are remembered; asked for are unknown ones too, and anybody can ask.
const MOST: usize = 10_000;

/// What was found on a route, and when it was looked up.
type Known = HashMap<String, (Micros, Option<Arc<Source>>)>;

/// Sources by route.
#[derive(Default)]
pub struct SourceCache(Mutex<Known>);

impl SourceCache {
    /// The source of a route, from memory if it was looked up lately.
    pub async fn get(
        &self,
        desk: Desk<'_>,
        route: &str,
    ) -> Result<Option<Arc<Source>>, SourceError> {
        let fresh_since = desk.now.plus_seconds(-REMEMBERED_SECONDS);
        if let Some((read_at, source)) = self.lock().get(route)
            && *read_at > fresh_since
        {
            return Ok(source.clone());
        }
        self.reload(desk, route).await
    }

    /// The source of a route, from the database.
    pub async fn reload(
        &self,
        desk: Desk<'_>,
        route: &str,
    ) -> Result<Option<Arc<Source>>, SourceError> {
        let source = desk.by_route(route).await?.map(Arc::new);
        let mut known = self.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(route.to_owned(), (desk.now, source.clone()));
        Ok(source)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
