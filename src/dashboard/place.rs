//! Which part of a list a page shows, and where the next begins. Cursors are those of the API: sealed with whose list it is, and with its filters.

use super::guard::Viewer;
use super::problem::Problem;
use crate::books::list::LOOKS;
use crate::books::{Found, Part};
use crate::catalog::{Page, Series};

/// Rows of a part.
pub(super) const ROWS: i64 = 50;

/// A place in a list.
#[derive(Debug, Clone)]
pub(super) struct Place {
    series: Series,
    /// The position after which the part begins; empty for the first.
    pub(super) after: String,
}

impl Place {
    /// The place that a page's address names.
    pub(super) fn of(viewer: &Viewer) -> Result<Self, Problem> {
        let mut filters: Vec<(&str, &str)> = viewer.params.pairs().collect();
        filters.retain(|(name, _)| !["cursor", "format", "personal"].contains(name));
        filters.sort_unstable();
        let filters = filters.into_iter().flat_map(|(name, value)| [name, value]);
        let series = Series::of(
            [viewer.org(), viewer.path.as_str()]
                .into_iter()
                .chain(filters),
        );
        let after = match viewer.params.given("cursor") {
            None => String::new(),
            Some(cursor) => series.position(cursor).ok_or_else(|| {
                Problem::Refused("this part of the list belongs to other filters".to_owned())
            })?,
        };
        Ok(Self { series, after })
    }

    /// The part that is asked for: one row more than is shown tells whether there is more.
    pub(super) fn part(&self) -> Part<'_> {
        Part {
            after: &self.after,
            rows: ROWS + 1,
            looks: LOOKS,
        }
    }

    /// The same for lists of the catalog.
    pub(super) fn page(&self) -> Page {
        Page {
            limit: ROWS,
            after: self.after.clone(),
            series: self.series.clone(),
        }
    }

    /// The rows that are shown, and the cursor of the next part.
    pub(super) fn cut<T>(
        &self,
        found: Found<T>,
        position: impl Fn(&T) -> String,
    ) -> (Vec<T>, Option<String>) {
        let Found { mut rows, go_on } = found;
        let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let last = rows.last().filter(|_| more).map(position);
        let next = last.or(go_on).map(|position| self.series.cursor(&position));
        (rows, next)
    }
}
