//! What a batch stands on, asked of the database in one question: the settings of the organization's sources, its programs' policies and rules, whether
//! there is any of what most have none of; and what the deliveries that it brings name, as far as they were read when they came.
//!
//! Whatever is not in here is asked for by itself: nothing is wrong where it is asked for too little.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Currency, Micros, Settings};

use super::super::events::SourceSettings;
use super::super::neighbours::KnownNames;
use super::super::sql;
use super::clicks::{FoundClick, found, question};
use super::damaged::Damaged;
use super::wanted::clicks_of;
use crate::args;
use crate::attribution::{Directory, Model, Policy, PolicyVersion};
use crate::inbox::{Arrived, Known};
use crate::ledger::commission::Terms;
use crate::ledger::rule::RuleVersion;
use crate::store::{Question, Row, StoreError, Transaction};

/// What is read once for a batch.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether one kind of row is there at all"
)]
pub struct Ground {
    /// The settings of sources.
    pub settings: SourceSettings,
    /// Whether the owner has given people or payments to somebody.
    pub(super) assigned: bool,
    /// Whether the owner has decided about commissions.
    pub(super) decided: bool,
    /// Whether it is known of partners at which mailbox they are paid.
    pub(super) paid_at: bool,
    /// Whether somebody's data were erased.
    pub erased: bool,
    /// Rows about programs.
    programs: Vec<Row>,
    /// Names that were asked for.
    pub names: KnownNames,
    /// Clicks that were asked for.
    clicks: BTreeMap<String, Option<FoundClick>>,
}

impl Ground {
    /// Reads what concerns all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn read(transaction: &mut dyn Transaction, org: &str) -> Result<Self, StoreError> {
        Self::of(transaction.run(&sql::GROUND, args![org]).await?)
    }

    /// Reads it with what deliveries name; and which of them are in the inbox already.
    ///
    /// # Errors
    /// What the database says.
    pub async fn ahead(
        transaction: &mut dyn Transaction,
        org: &str,
        arrived: &Arrived<'_>,
    ) -> Result<(Self, Known), StoreError> {
        let Some(known) = arrived.question(org) else {
            return Ok((Self::read(transaction, org).await?, Known::default()));
        };
        let (mut names, mut clicks) = (BTreeSet::new(), BTreeSet::new());
        for (livemode, fact) in arrived.facts() {
            let of_fact = fact.names().into_iter();
            names.extend(of_fact.map(|name| (livemode, name.as_str().to_owned())));
            clicks.extend(clicks_of(fact).map(str::to_owned));
        }
        let ground: Question = (&sql::GROUND, args![org]);
        let (of_names, of_clicks) = (KnownNames::question(org, &names), question(org, &clicks));
        let asked = [of_names.is_some(), of_clicks.is_some()];
        let questions = [ground, known].into_iter().chain(of_names).chain(of_clicks);
        let answers = transaction.ask(questions.collect()).await?;
        let mut answers = answers.into_iter();
        let mut ground = Self::of(answers.next().unwrap_or_default())?;
        let known = Known::read(&answers.next().unwrap_or_default())?;
        if asked[0] {
            ground.names = KnownNames::read(names, &answers.next().unwrap_or_default())?;
        }
        if asked[1] {
            let mut found = found(answers.next().unwrap_or_default())?;
            let ids = clicks.into_iter().map(|id| {
                let click = found.remove(&id);
                (id, click)
            });
            ground.clicks = ids.collect();
        }
        Ok((ground, known))
    }

    fn of(rows: Vec<Row>) -> Result<Self, StoreError> {
        let mut ground = Self::default();
        for row in rows {
            match row.text("kind")? {
                "source" => {
                    let own = Settings::from_json(row.text("body")?);
                    ground.settings.insert(row.text("about")?.to_owned(), own);
                }
                "assigned" => ground.assigned = true,
                "decided" => ground.decided = true,
                "paid_at" => ground.paid_at = true,
                "erased" => ground.erased = true,
                _ => ground.programs.push(row),
            }
        }
        Ok(ground)
    }

    /// Clicks by id: those that were asked for ahead, and the others now.
    pub(super) async fn clicks(
        &self,
        transaction: &mut dyn Transaction,
        org: &str,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, FoundClick>, StoreError> {
        let (asked, others): (BTreeSet<_>, BTreeSet<_>) = ids
            .iter()
            .cloned()
            .partition(|id| self.clicks.contains_key(id));
        let mut clicks = super::clicks::read(transaction, org, &others).await?;
        for id in asked {
            if let Some(Some(click)) = self.clicks.get(&id) {
                clicks.insert(id, click.clone());
            }
        }
        Ok(clicks)
    }

    /// The policies and rules of all programs; answers which of them cannot be read.
    pub(super) fn programs(
        &self,
        directory: &mut Directory,
        terms: &mut Terms,
    ) -> Result<Damaged, StoreError> {
        let mut damaged = Damaged::default();
        for row in &self.programs {
            let program_id = row.text("about")?;
            match row.text("kind")? {
                "program" => match Currency::parse(row.text("body")?) {
                    Some(currency) => {
                        terms.currencies.insert(program_id.to_owned(), currency);
                    }
                    None => damaged.note(program_id, "the currency"),
                },
                "policy" => match policy(row)? {
                    Some(version) => {
                        let book = directory.policies.entry(program_id.to_owned());
                        book.or_default().0.push(version);
                    }
                    None => damaged.note(program_id, "a version of the settings"),
                },
                "rule" => match rule(row)? {
                    Some(version) => {
                        let book = terms.rules.entry(program_id.to_owned());
                        book.or_default().0.push(version);
                    }
                    None => damaged.note(program_id, "a commission rule"),
                },
                _ => return Err(StoreError::Corrupt("kind")),
            }
        }
        Ok(damaged)
    }
}

/// `None` where it cannot be read.
fn rule(row: &Row) -> Result<Option<RuleVersion>, StoreError> {
    let rule = row.opt_text("body")?.map(serde_json::from_str).transpose();
    let Ok(rule) = rule else {
        return Ok(None);
    };
    Ok(Some(RuleVersion {
        partner_id: row.opt_text("partner_id")?.map(str::to_owned),
        from: Micros(row.int("from_at")?),
        rule,
    }))
}

/// `None` where it cannot be read.
fn policy(row: &Row) -> Result<Option<PolicyVersion>, StoreError> {
    let model = match row.text("body")? {
        "first_click" => Model::FirstClick,
        "last_click" => Model::LastClick,
        _ => return Ok(None),
    };
    let customer_stays = match row.int("customer_stays")? {
        0 => false,
        1 => true,
        _ => return Ok(None),
    };
    let (window_days, hold_days) = (row.int("window_days")?, row.int("hold_days")?);
    if window_days < 0 || hold_days < 0 {
        return Ok(None);
    }
    Ok(Some(PolicyVersion {
        from: Micros(row.int("from_at")?),
        policy: Policy {
            model,
            window_days,
            customer_stays,
            hold_days,
        },
    }))
}
