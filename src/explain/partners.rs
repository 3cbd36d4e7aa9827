//! Partners as people read them: by name, with the id. A partner's name is data of the business, not of a
//! buyer.

use std::collections::{BTreeMap, BTreeSet};

use crate::books::story;
use crate::store::{Rows, StoreError, Transaction};

/// The names of some partners, by id.
#[derive(Default)]
pub(super) struct Partners(BTreeMap<String, String>);

impl Partners {
    /// Reads the names.
    pub(super) async fn read(
        transaction: &mut dyn Transaction,
        org: &str,
        ids: impl IntoIterator<Item = &str> + Send,
    ) -> Result<Self, StoreError> {
        let ids: BTreeSet<&str> = ids.into_iter().collect();
        let mut rows = Rows::new(1);
        for id in ids {
            rows.push([id.into()]);
        }
        let mut names = BTreeMap::new();
        if !rows.is_empty() {
            for row in story::partners(transaction, org, rows).await? {
                names.insert(row.text("id")?.to_owned(), row.text("name")?.to_owned());
            }
        }
        Ok(Self(names))
    }

    /// `Alice (prt_…)`; the id alone where there is no name.
    pub(super) fn named(&self, id: &str) -> String {
        self.0
            .get(id)
            .map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"))
    }
}
