//! A walk through a processor's API: a queue of steps, page by page. Where it stands can be stored and gone on from, and holds nothing personal.

use std::collections::VecDeque;

use providers::history::{Asked, Misread, Span, Step};
use providers::{History, Micros, Verified};
use serde::{Deserialize, Serialize};

use super::client::Line;
use super::{Reconciler, Trouble};
use crate::books::reconciliations as books;
use crate::sources::Source;
use crate::store::StoreError;

/// Where a walk stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// What is asked for.
    pub span: Span,
    /// When it began: what is shown as it stands, stands so then.
    pub began_at: Micros,
    /// What is left to be asked.
    pub steps: VecDeque<Step>,
    /// How much the processor has told.
    pub told: i64,
    /// How much of it was missing here.
    pub missing: i64,
}

/// What is done with what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// It is told.
    Report,
    /// It is put into the inbox.
    Apply,
}

/// Something that is missing here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Its id at the processor.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub event_type: String,
    /// When.
    pub occurred_at: Option<String>,
    /// In which ledger.
    pub livemode: bool,
}

impl Walk {
    /// One that has not begun.
    pub fn new(history: &dyn History, source: &Source, span: Span, now: Micros) -> Self {
        let settings = &source.settings;
        let steps = history.begin(Asked {
            span,
            settings,
            now,
        });
        Self {
            span,
            began_at: now,
            steps: steps.into(),
            told: 0,
            missing: 0,
        }
    }

    /// Whether all has been asked.
    pub fn is_over(&self) -> bool {
        self.steps.is_empty()
    }

    /// What follows from an answer comes first, so that the queue stays short; what waits already is not asked twice.
    fn follow(&mut self, then: Vec<Step>) {
        for step in then.into_iter().rev() {
            if !self.steps.contains(&step) {
                self.steps.push_front(step);
            }
        }
    }
}

impl Reconciler {
    /// The way to a source's API, with the key that is kept.
    ///
    /// # Errors
    /// [`Trouble`]: no key, or none that is accepted.
    pub async fn open(&self, source: &Source) -> Result<Line, Trouble> {
        let known = books::of(&self.books(&source.organization_id), &source.id).await;
        let known = known.map_err(|error| away(&error))?.unwrap_or_default();
        let credential = self
            .credential(&known)
            .map_err(|error| Trouble::Lasting(error.to_string()))?;
        let credential = credential.ok_or_else(|| {
            Trouble::Lasting(format!(
                "{} has no key to its processor's API: set one with `tributary sources credential set {}`",
                source.id, source.id
            ))
        })?;
        self.line(source, credential).await
    }

    /// Makes the next step of a walk. A step that fails is still to be made.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn step(
        &self,
        line: &Line,
        source: &Source,
        walk: &mut Walk,
        goal: Goal,
    ) -> Result<Vec<Seen>, Trouble> {
        let Some(step) = walk.steps.front().cloned() else {
            return Ok(Vec::new());
        };
        let history = providers::history(&source.processor);
        let history = history
            .ok_or_else(|| Trouble::Lasting("the processor has no API to ask".to_owned()))?;
        let asked = Asked {
            span: walk.span,
            settings: &source.settings,
            now: walk.began_at,
        };
        let request = history.request(&step, asked);
        let completes = history.completes(&step);
        let answer = if completes {
            line.ask_aside(&request).await?
        } else {
            Some(line.ask(&request).await?)
        };
        let Some(answer) = answer else {
            walk.steps.pop_front();
            return Ok(Vec::new());
        };
        let page = history.read(&step, asked, &answer)?;
        let told = count(page.found.len());
        let seen = self.found(source, page.found, goal).await?;
        walk.steps.pop_front();
        walk.follow(page.then);
        walk.told = walk.told.saturating_add(told);
        // What completes a delivery was never to be delivered.
        if !completes {
            walk.missing = walk.missing.saturating_add(count(seen.len()));
        }
        Ok(seen)
    }
}

impl Reconciler {
    /// What of this is missing here: told, and put into the inbox where that is the goal.
    ///
    /// # Errors
    /// [`Trouble`]: the database.
    pub async fn found(
        &self,
        source: &Source,
        found: Vec<Verified>,
        goal: Goal,
    ) -> Result<Vec<Seen>, Trouble> {
        let adapter = providers::adapter(&source.processor);
        let adapter =
            adapter.ok_or_else(|| Trouble::Lasting("there is no such processor".to_owned()))?;
        let missing = self
            .missing(adapter, source, found)
            .await
            .map_err(|error| away(&error))?;
        let seen = missing.iter().map(seen).collect();
        if goal == Goal::Apply {
            self.take_in(&source.organization_id, &source.id, missing)
                .await?;
        }
        Ok(seen)
    }
}

fn seen(arrival: &crate::inbox::Arrival) -> Seen {
    let envelope = &arrival.envelope;
    Seen {
        id: envelope.event_id.clone(),
        event_type: envelope.event_type.clone(),
        occurred_at: envelope.occurred_at.map(|at| at.to_string()),
        livemode: arrival.livemode,
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn away(error: &StoreError) -> Trouble {
    Trouble::passing(error.to_string())
}

impl From<Misread> for Trouble {
    fn from(misread: Misread) -> Self {
        match misread {
            Misread::Throttled(seconds) => Self::Passing {
                why: misread.to_string(),
                after_seconds: Some(seconds),
            },
            // A page that was cut off, or one of a proxy, is another the next time.
            Misread::Shape(_) => Self::passing(misread.to_string()),
            Misread::Refused(_) => Self::Lasting(misread.to_string()),
        }
    }
}
