//! Whether a key opens what reconciling asks for: each list once, and the rights where the API names them. Keeps nothing of what it is answered.

use std::collections::BTreeSet;

use providers::history::{Asked, Span};

use super::{Reconciler, Trouble};
use crate::books::reconciliations as books;
use crate::sources::Source;
use crate::store::StoreError;

/// Every list that there is, also of those for what is older than events are kept.
const DAYS: i64 = 200;

/// How the way to a source's API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// There is no such API, or no key to it.
    None,
    /// Nothing speaks against it.
    Open,
    /// The key lacks rights.
    Lacking(Vec<Missing>),
    /// The key is not accepted, or something else that lasts.
    Refused(String),
    /// It did not answer as it should, which may pass.
    Away(String),
}

/// A right that a key lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name, or the path that it opens.
    pub right: String,
    /// Whether something is not found without it.
    pub needed: bool,
    /// What it is for, where that is known.
    pub wherefore: Option<&'static str>,
}

impl Reconciler {
    /// Tries a source's key. Asks the processor, at most once for each of its lists.
    ///
    /// # Errors
    /// What the database says. What the processor says is the answer.
    pub async fn access(&self, source: &Source) -> Result<Access, StoreError> {
        let known = books::of(&self.books(&source.organization_id), &source.id).await?;
        if known.is_none_or(|known| known.credential.is_none()) {
            return Ok(Access::None);
        }
        Ok(match self.try_key(source).await {
            Ok(lacking) if lacking.is_empty() => Access::Open,
            Ok(lacking) => Access::Lacking(lacking),
            Err(Trouble::Lasting(why)) => Access::Refused(why),
            Err(Trouble::Passing { why, .. }) => Access::Away(why),
        })
    }

    async fn try_key(&self, source: &Source) -> Result<Vec<Missing>, Trouble> {
        let Some(history) = providers::history(&source.processor) else {
            return Ok(Vec::new());
        };
        let line = self.open(source).await?;
        let mut lacking = Vec::new();
        if let Some(request) = history.rights() {
            let lacks = match line.try_right(&request).await? {
                Some(answer) => history.lacking(&answer)?,
                None => Vec::new(),
            };
            lacking.extend(lacks.into_iter().map(|lack| Missing {
                right: lack.right.to_owned(),
                needed: lack.needed,
                wherefore: Some(lack.wherefore),
            }));
            // A list that is refused says no more than its right.
            if lacking.iter().any(|lack| lack.needed) {
                return Ok(lacking);
            }
        }
        let now = self.clock.now();
        let asked = Asked {
            span: Span {
                since: now.plus_days(-DAYS),
                until: now,
            },
            settings: &source.settings,
            now,
        };
        let mut tried = BTreeSet::new();
        let steps = history.begin(asked).into_iter();
        for step in steps.filter(|step| !history.completes(step)) {
            let request = history.request(&step, asked);
            let path = request.path.split('?').next().unwrap_or_default();
            if tried.insert(path.to_owned()) && line.try_right(&request).await?.is_none() {
                lacking.push(Missing {
                    right: path.to_owned(),
                    needed: true,
                    wherefore: None,
                });
            }
        }
        Ok(lacking)
    }
}
