//! Decisions about commissions: approve, hold, void, mark as fraud, and undo. They stand beside the facts ([`crate::ledger::decision`]) and the fold
//! obeys them; nothing here books anything.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::consequences::Consequences;
use super::{Catalog, CatalogError, check, due};
use crate::books::decisions::{self, Standing, Subject};
use crate::changes::{Change, Details, What};
use crate::id;
use crate::ledger::decision::{Decided, Decision};
use crate::store::{StoreError, Transaction};

/// The most commissions of one call. As many neighbourhoods are folded at once.
pub const BULK_MAX: usize = 200;

/// What is decided, and why.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What.
    pub decision: Decision,
    /// Why.
    pub reason: Option<String>,
}

/// A decision about a commission, and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecidedCommission {
    /// The commission.
    pub id: String,
    /// Its sale.
    pub sale_id: Option<String>,
    /// Or its lead.
    pub lead_id: Option<String>,
    /// What is decided, as it stands.
    pub decision: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub decided_at: String,
    /// Whether something else stood before.
    pub changed: bool,
    /// Whether nothing of this has been made to last.
    pub preview: bool,
    /// What it does.
    #[serde(flatten)]
    pub consequences: Consequences,
}

/// What became of one of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DecidedOne {
    /// The id as it was given.
    pub id: String,
    /// `decided`; `unchanged`, where that stood already; `not_found`.
    pub outcome: &'static str,
    /// What went wrong.
    pub message: Option<&'static str>,
}

/// The outcome of what is decided now.
const DECIDED: &str = "decided";

impl DecidedOne {
    /// What becomes of the subject that an id means.
    fn of(id: &str, subject: Option<&Subject>, verdict: &Verdict) -> Self {
        let (outcome, message) = match subject {
            None => ("not_found", Some("no commission has this id")),
            Some(subject) if verdict.is_standing(subject.standing.as_ref()) => ("unchanged", None),
            Some(_) => (DECIDED, None),
        };
        Self {
            id: id.to_owned(),
            outcome,
            message,
        }
    }
}

impl Verdict {
    /// Checks what a caller says. Every decision has a reason.
    pub fn new(decision: Option<&str>, reason: Option<&str>) -> Result<Self, CatalogError> {
        let given = check::required("decision", decision)?;
        let mut all = Decision::ALL.iter().copied();
        let decision = all.find(|one| one.verb() == given).ok_or_else(|| {
            let verbs: Vec<&str> = Decision::ALL.iter().map(|one| one.verb()).collect();
            let message = format!("must be one of {}", verbs.join(", "));
            CatalogError::invalid("decision", &message)
        })?;
        let reason = Some(check::reason(reason)?);
        Ok(Self { decision, reason })
    }

    /// Whether it would leave everything as it stands.
    fn is_standing(&self, standing: Option<&Standing>) -> bool {
        match standing {
            None => self.decision == Decision::Reinstated,
            Some(standing) => {
                standing.decided.decision == self.decision && standing.reason == self.reason
            }
        }
    }
}

impl Catalog<'_> {
    /// Decides about one commission. With `preview` nothing of it lasts.
    pub async fn decide(
        &self,
        id: &str,
        verdict: &Verdict,
        preview: bool,
    ) -> Result<DecidedCommission, CatalogError> {
        let unknown = || CatalogError::NotFound("commission");
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let found = self.subject(work, id).await?.ok_or_else(unknown)?;
        let before = self.look(work, &found.home).await?;
        // What was due may have changed it.
        let subject = self.subject(work, id).await?.ok_or_else(unknown)?;
        let decided = self.stand(work, &subject, verdict).await?;
        let place = (subject.home.as_str(), subject.livemode);
        let consequences = self.consequences(work, place, before).await?;
        let changed = !verdict.is_standing(subject.standing.as_ref());
        if !preview && changed {
            self.tell(work, &subject, verdict).await?;
            self.commit_and_wake(transaction).await?;
        }
        let is_lead = subject.id.starts_with(id::LEAD);
        Ok(DecidedCommission {
            id: commission_id(&subject.id),
            sale_id: (!is_lead).then(|| subject.id.clone()),
            lead_id: is_lead.then_some(subject.id),
            decision: verdict.decision.word(),
            reason: verdict.reason.clone(),
            decided_at: decided.at.to_string(),
            changed,
            preview,
            consequences,
        })
    }

    /// Decides the same about several; each has its own outcome. The figures follow at once, and are not waited for.
    pub async fn decide_all(
        &self,
        ids: &[String],
        verdict: &Verdict,
    ) -> Result<Vec<DecidedOne>, CatalogError> {
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let wanted: BTreeSet<String> = ids.iter().flat_map(|id| subjects_meant(id)).collect();
        let mut subjects = self.subjects(work, &wanted).await?;
        let (mut outcomes, mut homes) = (Vec::new(), BTreeSet::new());
        for id in ids {
            let meant = subjects_meant(id);
            let own = meant.iter().find_map(|id| subjects.get(id)).cloned();
            let outcome = DecidedOne::of(id, own.as_ref(), verdict);
            if let Some(subject) = own.filter(|_| outcome.outcome == DECIDED) {
                let decided = self.stand(work, &subject, verdict).await?;
                self.tell(work, &subject, verdict).await?;
                homes.insert(subject.home.clone());
                // The same id twice: the second finds what the first has left.
                let standing = Standing {
                    decided,
                    reason: verdict.reason.clone(),
                };
                if let Some(subject) = subjects.get_mut(&subject.id) {
                    subject.standing = Some(standing);
                }
            }
            outcomes.push(outcome);
        }
        for home in &homes {
            due::this(work, self.org, home).await?;
        }
        self.commit_and_wake(transaction).await?;
        Ok(outcomes)
    }

    /// What [`Catalog::decide_all`] would do, and nothing of it lasts: what becomes of each, and all that changes with it.
    pub async fn preview_all(
        &self,
        ids: &[String],
        verdict: &Verdict,
    ) -> Result<(Vec<DecidedOne>, Consequences), CatalogError> {
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let wanted: BTreeSet<String> = ids.iter().flat_map(|id| subjects_meant(id)).collect();
        let homes = homes(&self.subjects(work, &wanted).await?);
        let mut before = Vec::new();
        for homes in homes.values() {
            before.push(self.look_at_all(work, homes).await?);
        }
        // What was due may have changed them.
        let subjects = self.subjects(work, &wanted).await?;
        let outcome = |id: &String| {
            let meant = subjects_meant(id);
            let own = meant.iter().find_map(|id| subjects.get(id));
            DecidedOne::of(id, own, verdict)
        };
        let outcomes = ids.iter().map(outcome).collect();
        for subject in subjects.values() {
            self.stand(work, subject, verdict).await?;
        }
        let mut all = Consequences::default();
        for ((livemode, homes), before) in homes.iter().zip(before) {
            let after = self.look_at_all(work, homes).await?;
            let moved = after.since(before, work, (self.org, *livemode)).await?;
            all = all.and(Consequences::of(*livemode, moved));
        }
        Ok((outcomes, all))
    }

    /// The sale or lead of a commission that is there for the caller.
    pub(super) async fn subject(
        &self,
        transaction: &mut dyn Transaction,
        id: &str,
    ) -> Result<Option<Subject>, StoreError> {
        let wanted = subjects_meant(id).into_iter().collect();
        let subjects = self.subjects(transaction, &wanted).await?;
        Ok(subjects.into_values().next())
    }

    async fn subjects(
        &self,
        transaction: &mut dyn Transaction,
        wanted: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Subject>, StoreError> {
        let ids = wanted.iter().map(String::as_str);
        let mut subjects = decisions::subjects(transaction, self.org, ids).await?;
        subjects.retain(|_, subject| subject.has_earned && self.sees(subject.livemode));
        Ok(subjects)
    }

    /// Writes a decision under all names of what it is about. The same decision with another reason keeps its time.
    pub(super) async fn stand(
        &self,
        transaction: &mut dyn Transaction,
        subject: &Subject,
        verdict: &Verdict,
    ) -> Result<Decided, StoreError> {
        let standing = subject.standing.as_ref().map(|standing| standing.decided);
        let same = standing.filter(|standing| standing.decision == verdict.decision);
        let decided = same.unwrap_or(Decided {
            at: self.now,
            decision: verdict.decision,
        });
        if subject.standing.is_none() && verdict.decision == Decision::Reinstated {
            return Ok(decided);
        }
        let what = (decided, verdict.reason.as_deref());
        decisions::decide(transaction, self.org, subject.places(), what).await?;
        Ok(decided)
    }

    async fn tell(
        &self,
        transaction: &mut dyn Transaction,
        subject: &Subject,
        verdict: &Verdict,
    ) -> Result<(), StoreError> {
        let standing = subject.standing.as_ref();
        let before = standing.map(|standing| standing.decided.decision.word());
        let details = Details::default()
            .edit("decision", &before, &Some(verdict.decision.word()))
            .set("livemode", subject.livemode);
        let change = Change::of(What::CommissionDecided, &subject.id).with(details);
        let change = change.because(verdict.reason.as_deref());
        self.record(transaction, change).await
    }
}

/// The neighbourhoods of some sales and leads, by ledger.
fn homes(subjects: &BTreeMap<String, Subject>) -> BTreeMap<bool, BTreeSet<String>> {
    let mut homes: BTreeMap<bool, BTreeSet<String>> = BTreeMap::new();
    for subject in subjects.values() {
        homes
            .entry(subject.livemode)
            .or_default()
            .insert(subject.home.clone());
    }
    homes
}

/// The sales and leads that an id can mean: a commission's is that of its sale or lead with another prefix.
fn subjects_meant(id: &str) -> Vec<String> {
    let Some((prefix, tail)) = id.split_once('_').filter(|_| !id.contains('\0')) else {
        return Vec::new();
    };
    match prefix {
        id::COMMISSION => vec![
            format!("{}_{tail}", id::SALE),
            format!("{}_{tail}", id::LEAD),
        ],
        id::SALE | id::LEAD => vec![id.to_owned()],
        _ => Vec::new(),
    }
}

fn commission_id(subject_id: &str) -> String {
    let tail = subject_id
        .split_once('_')
        .map_or(subject_id, |(_, tail)| tail);
    format!("{}_{tail}", id::COMMISSION)
}
