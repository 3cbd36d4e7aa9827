//! Commission rules, and the versions that they become: what is stored is [`Rule`] as JSON.

mod read;

use std::collections::BTreeMap;

use providers::Micros;

use super::Catalog;
use super::versions::Whose;
use crate::args;
use crate::books::statements::rules as sql;
use crate::changes::{Change, Details, What};
use crate::ledger::rule::{Rule, RuleBook, RuleVersion};
use crate::store::{Row, StoreError, Transaction};

pub(super) use read::parse;

impl Catalog<'_> {
    /// Adds a version of a rule; `None` ends a partner's own. See [`Catalog::holds_from`].
    pub(super) async fn add_rule(
        &self,
        transaction: &mut dyn Transaction,
        whose: Whose<'_>,
        rule: Option<&Rule>,
    ) -> Result<(), StoreError> {
        let from = self.holds_from(transaction, Some(whose)).await?;
        let args = args![self.org, whose.program_id, whose.partner_id];
        let rows = transaction.run(&sql::NEWEST, args).await?;
        let before = rows.first().map(|row| row.opt_text("body")).transpose()?;
        let before: Option<Rule> = body(before.flatten())?;
        self.insert_rule(transaction, whose, rule, from).await?;
        let details = Details::default()
            .edit("commission", &before.as_ref(), &rule)
            .set("programId", whose.program_id)
            .set("from", from.to_string());
        let subject = whose.partner_id.unwrap_or(whose.program_id);
        let change = Change::of(What::RuleSet, subject).with(details);
        self.record(transaction, change).await
    }

    /// Writes a version that holds from a time on.
    pub(super) async fn insert_rule(
        &self,
        transaction: &mut dyn Transaction,
        whose: Whose<'_>,
        rule: Option<&Rule>,
        from: Micros,
    ) -> Result<(), StoreError> {
        let body = rule.and_then(|rule| serde_json::to_string(rule).ok());
        let args = args![
            self.org,
            self.ids.make("rule"),
            whose.program_id,
            whose.partner_id,
            from.0,
            body,
            self.now.0
        ];
        transaction.run(&sql::INSERT, args).await?;
        Ok(())
    }

    /// All rules by program.
    pub(super) async fn rules(&self) -> Result<BTreeMap<String, RuleBook>, StoreError> {
        let mut books: BTreeMap<String, RuleBook> = BTreeMap::new();
        for row in self.store.read(&sql::LIST, args![self.org]).await? {
            let program_id = row.text("program_id")?.to_owned();
            books.entry(program_id).or_default().0.push(version(&row)?);
        }
        Ok(books)
    }
}

fn version(row: &Row) -> Result<RuleVersion, StoreError> {
    Ok(RuleVersion {
        partner_id: row.opt_text("partner_id")?.map(str::to_owned),
        from: Micros(row.int("from_at")?),
        rule: body(row.opt_text("body")?)?,
    })
}

fn body(text: Option<&str>) -> Result<Option<Rule>, StoreError> {
    let rule = text.map(serde_json::from_str).transpose();
    rule.map_err(|_damaged| StoreError::Corrupt("rules.body"))
}
