//! The kinds of jobs that a program knows, and the function of each.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::{Failure, Job, Outcome};

type Working = Pin<Box<dyn Future<Output = Result<Outcome, Failure>> + Send>>;

/// One kind.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// How often it is done, where it is done again and again for each organization. Such a job has its kind for its id.
    pub(super) period: Option<Duration>,
    /// Failures in a row after which nobody tries again; `None`: never given up.
    pub(super) attempts_max: Option<i64>,
    pub(super) work: Arc<dyn Fn(Job) -> Working + Send + Sync>,
}

/// All kinds.
#[derive(Default, Clone)]
pub struct Kinds(pub(super) Vec<Kind>);

impl Kinds {
    /// With a kind of which each job is done once. After `attempts_max` failures in a row it stops, and stays to be seen.
    #[must_use]
    pub fn once<C, F>(
        self,
        name: &'static str,
        attempts_max: u32,
        context: C,
        work: fn(C, Job) -> F,
    ) -> Self
    where
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
    {
        self.with(name, None, Some(attempts_max.into()), context, work)
    }

    /// With a kind that is done for each organization, again and again. A failure is tried again, and never given up.
    #[must_use]
    pub fn every<C, F>(
        self,
        name: &'static str,
        period: Duration,
        context: C,
        work: fn(C, Job) -> F,
    ) -> Self
    where
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
    {
        self.with(name, Some(period), None, context, work)
    }

    fn with<C, F>(
        mut self,
        name: &'static str,
        period: Option<Duration>,
        attempts_max: Option<i64>,
        context: C,
        work: fn(C, Job) -> F,
    ) -> Self
    where
        C: Clone + Send + Sync + 'static,
        F: Future<Output = Result<Outcome, Failure>> + Send + 'static,
    {
        let work = Arc::new(move |job| Box::pin(work(context.clone(), job)) as Working);
        self.0.push(Kind {
            name,
            period,
            attempts_max,
            work,
        });
        self
    }

    pub(super) fn find(&self, name: &str) -> Option<&Kind> {
        self.0.iter().find(|kind| kind.name == name)
    }
}
