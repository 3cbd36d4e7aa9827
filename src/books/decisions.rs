//! The owner's decisions: about the commissions of sales and leads, and whose a customer or a payment is. Each stands under names, so it stays
//! whatever becomes of a row. They are written within the transaction of the call that makes them; nothing here folds or books.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::Scope;
use super::row::{opt_text, text, time};
use crate::args;
use crate::id;
use crate::ledger::decision::{self, Decided, Decision};
use crate::store::{Row, Rows, Statement, StoreError, Transaction, Value};

static SALES: Statement = Statement::new(
    "select s.id, s.livemode, s.neighbourhood_id, s.review, s.partner_id from {rows r: id text}
     join sales s on s.organization_id = $1 and s.id = r.id where s.state = 'live'",
);
static SALE_NAMES: Statement = Statement::new(
    "select n.sale_id, n.name from {rows r: id text}
     join sale_references n on n.organization_id = $1 and n.sale_id = r.id",
);
static LEADS: Statement = Statement::new(
    "select l.id, l.livemode, l.neighbourhood_id, l.lead_key, l.partner_id,
         case when exists (select 1 from entries e
                 where e.organization_id = $1 and e.subject_id = l.id and e.kind = 'commission')
             then 1 else 0 end as earned
     from {rows r: id text} join leads l on l.organization_id = $1 and l.id = r.id",
);
static STANDING: Statement = Statement::new(
    "select v.livemode, v.name, v.decision, v.reason, v.created_at from {rows r: livemode int, name text}
     join reviews v on v.organization_id = $1 and v.livemode = r.livemode and v.name = r.name",
);
static DECIDE: Statement = Statement::new(
    "insert into reviews (organization_id, livemode, name, decision, reason, created_at)
     select $1, r.livemode, r.name, $2, $3, $4 from {rows r: livemode int, name text}
     where true
     on conflict (organization_id, livemode, name) do update set
         decision = excluded.decision, reason = excluded.reason, created_at = excluded.created_at",
);
static ASSIGNED: Statement = Statement::new(
    "select a.name, a.partner_id, a.program_id, a.reason from {rows r: livemode int, name text}
     join assignments a on a.organization_id = $1 and a.livemode = r.livemode and a.name = r.name",
);
static FORGET_ASSIGNMENTS: Statement = Statement::new(
    "delete from assignments where organization_id = $1 and (livemode, name) in (
         select r.livemode, r.name from {rows r: livemode int, name text})",
);
static ASSIGN: Statement = Statement::new(
    "insert into assignments (organization_id, livemode, name, program_id, partner_id, reason, created_at)
     select $1, r.livemode, r.name, $2, $3, $4, $5 from {rows r: livemode int, name text}",
);

static HOMES: Statement = Statement::new(
    "select n.neighbourhood_id from {rows r: livemode int, name text}
     join name_homes n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &HOMES,
    &SALES,
    &SALE_NAMES,
    &LEADS,
    &STANDING,
    &DECIDE,
    &ASSIGNED,
    &FORGET_ASSIGNMENTS,
    &ASSIGN,
];

/// A decision that stands, with why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What was decided, and when.
    pub decided: Decided,
    /// Why, in the owner's words.
    pub reason: Option<String>,
}

/// A sale or lead whose commission can be decided about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// Its neighbourhood.
    pub home: String,
    /// Whether it has ever earned somebody something.
    pub has_earned: bool,
    /// Whether its commission is held for review.
    pub is_held: bool,
    /// The names under which decisions about it stand.
    pub names: BTreeSet<String>,
    /// The decision that counts.
    pub standing: Option<Standing>,
}

impl Subject {
    /// Its names, as a batch with its ledger.
    pub fn places(&self) -> Rows {
        places(self.livemode, &self.names)
    }
}

/// Names in a ledger, as a batch.
pub fn places<'n>(livemode: bool, names: impl IntoIterator<Item = &'n String>) -> Rows {
    let mut rows = Rows::new(2);
    for name in names {
        rows.push([livemode.into(), name.as_str().into()]);
    }
    rows
}

/// Those of some sales and leads that there are, with what has been decided about each.
pub async fn subjects(
    from: &mut dyn Transaction,
    org: &str,
    ids: impl IntoIterator<Item = &str> + Send,
) -> Result<BTreeMap<String, Subject>, StoreError> {
    let (mut sales, mut leads) = (Rows::new(1), Rows::new(1));
    for id in ids.into_iter().collect::<BTreeSet<_>>() {
        let rows = if id.starts_with(id::LEAD) {
            &mut leads
        } else {
            &mut sales
        };
        rows.push([id.into()]);
    }
    let mut subjects = BTreeMap::new();
    if !sales.is_empty() {
        for row in from.run(&SALES, args![org; sales.clone()]).await? {
            subjects.insert(text(&row, "id")?, Subject::of_sale(&row)?);
        }
        for row in from.run(&SALE_NAMES, args![org; sales]).await? {
            if let Some(subject) = subjects.get_mut(row.text("sale_id")?) {
                subject.names.insert(text(&row, "name")?);
            }
        }
    }
    if !leads.is_empty() {
        for row in from.run(&LEADS, args![org; leads]).await? {
            subjects.insert(text(&row, "id")?, Subject::of_lead(&row)?);
        }
    }
    read_standing(from, org, &mut subjects).await?;
    Ok(subjects)
}

async fn read_standing(
    from: &mut dyn Transaction,
    org: &str,
    subjects: &mut BTreeMap<String, Subject>,
) -> Result<(), StoreError> {
    let mut named: BTreeSet<(bool, &String)> = BTreeSet::new();
    for subject in subjects.values() {
        named.extend(subject.names.iter().map(|name| (subject.livemode, name)));
    }
    let mut rows = Rows::new(2);
    for (livemode, name) in named {
        rows.push([livemode.into(), name.as_str().into()]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut found: BTreeMap<(bool, String), Standing> = BTreeMap::new();
    for row in from.run(&STANDING, args![org; rows]).await? {
        let place = (row.flag("livemode")?, text(&row, "name")?);
        found.insert(place, Standing::read(&row)?);
    }
    if found.is_empty() {
        return Ok(());
    }
    for subject in subjects.values_mut() {
        let own = |name: &String| found.get(&(subject.livemode, name.clone()));
        let all = subject.names.iter();
        let all = all.filter_map(|name| Some((name.as_str(), own(name)?)));
        let all: Vec<(&str, &Standing)> = all.collect();
        let newest = decision::newest(all.iter().map(|(name, one)| (*name, one.decided)));
        let counts = all.iter().find(|(_, one)| Some(one.decided) == newest);
        subject.standing = counts.map(|(_, one)| (*one).clone());
    }
    Ok(())
}

/// What has been decided about some sales and leads, by id; those about which nothing has are left out.
pub async fn of<'i>(
    scope: &Scope<'_>,
    ids: impl IntoIterator<Item = &'i str> + Send,
) -> Result<BTreeMap<String, Standing>, StoreError> {
    let mut view = scope.store.snapshot().await?;
    let subjects = subjects(view.as_mut(), scope.org, ids).await?;
    let decided = subjects.into_iter();
    Ok(decided
        .filter_map(|(id, subject)| Some((id, subject.standing?)))
        .collect())
}

/// Writes a decision under all names of what it is about.
pub async fn decide(
    transaction: &mut dyn Transaction,
    org: &str,
    names: Rows,
    (decided, reason): (Decided, Option<&str>),
) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    let args = args![org, decided.decision.word(), reason, decided.at.0; names];
    transaction.run(&DECIDE, args).await.map(drop)
}

/// Whose something is by the owner's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The partner and the program; `None`: nobody's.
    pub owner: Option<(String, String)>,
    /// Why.
    pub reason: Option<String>,
}

/// The neighbourhoods that some names are in.
pub async fn homes(
    from: &mut dyn Transaction,
    org: &str,
    names: Rows,
) -> Result<BTreeSet<String>, StoreError> {
    let rows = from.run(&HOMES, args![org; names]).await?;
    rows.iter()
        .map(|row| text(row, "neighbourhood_id"))
        .collect()
}

/// What has been set under some names; of several the one under the smallest name counts.
pub async fn assigned(
    from: &mut dyn Transaction,
    org: &str,
    names: Rows,
) -> Result<Option<Assigned>, StoreError> {
    if names.is_empty() {
        return Ok(None);
    }
    let rows = from.run(&ASSIGNED, args![org; names]).await?;
    let mut all = BTreeMap::new();
    for row in &rows {
        let owner = opt_text(row, "partner_id")?.zip(opt_text(row, "program_id")?);
        let reason = opt_text(row, "reason")?;
        all.insert(text(row, "name")?, Assigned { owner, reason });
    }
    Ok(all.into_values().next())
}

/// Sets whose what has these names is; `None` takes back what was set.
pub async fn assign(
    transaction: &mut dyn Transaction,
    org: &str,
    names: Rows,
    (to, now): (Option<&Assigned>, Micros),
) -> Result<(), StoreError> {
    if names.is_empty() {
        return Ok(());
    }
    let args = args![org; names.clone()];
    transaction.run(&FORGET_ASSIGNMENTS, args).await?;
    let Some(to) = to else { return Ok(()) };
    let (partner, program) = to
        .owner
        .as_ref()
        .map_or((Value::Null, Value::Null), |owner| {
            (owner.0.as_str().into(), owner.1.as_str().into())
        });
    let args = args![org, program, partner, to.reason.as_deref(), now.0; names];
    transaction.run(&ASSIGN, args).await.map(drop)
}

impl Standing {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let decision = Decision::stored(row.text("decision")?);
        Ok(Self {
            decided: Decided {
                at: time(row, "created_at")?,
                decision: decision.ok_or(StoreError::Corrupt("reviews.decision"))?,
            },
            reason: opt_text(row, "reason")?,
        })
    }
}

impl Subject {
    fn of_sale(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            livemode: row.flag("livemode")?,
            home: text(row, "neighbourhood_id")?,
            has_earned: row.opt_text("partner_id")?.is_some(),
            is_held: row.opt_text("review")?.is_some(),
            names: BTreeSet::new(),
            standing: None,
        })
    }

    fn of_lead(row: &Row) -> Result<Self, StoreError> {
        let credited = row.opt_text("partner_id")?.is_some();
        Ok(Self {
            id: text(row, "id")?,
            livemode: row.flag("livemode")?,
            home: text(row, "neighbourhood_id")?,
            has_earned: credited && row.flag("earned")?,
            is_held: false,
            names: BTreeSet::from([decision::name_of_lead(row.text("lead_key")?)]),
            standing: None,
        })
    }
}
