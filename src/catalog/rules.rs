//! Commission rules, and the versions that they become: what is stored is [`Rule`] as JSON.

mod read;

use std::collections::BTreeMap;

use providers::Micros;

use super::versions::Whose;
use super::{Catalog, CatalogError};
use crate::args;
use crate::books::groups;
use crate::books::statements::rules as sql;
use crate::changes::{Change, Details, What};
use crate::ledger::rule::{Reward, Rule, RuleBook, RuleVersion};
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

    /// Refuses a rule whose reward for leads is not in the currency that its program pays in: see [`check_lead`].
    pub(super) async fn check_lead_in(
        &self,
        program_id: &str,
        rule: &Rule,
    ) -> Result<(), CatalogError> {
        let program = self.program(program_id).await?;
        check_lead("commission.lead", rule, program.currency.as_deref())
    }

    /// Refuses a currency for a program in which partners are paid for leads in another one.
    pub(super) async fn check_leads_of(
        &self,
        transaction: &mut dyn Transaction,
        program_id: &str,
        currency: Option<&str>,
    ) -> Result<(), CatalogError> {
        let mut newest: BTreeMap<Option<String>, Option<Rule>> = BTreeMap::new();
        for row in transaction.run(&sql::LIST, args![self.org]).await? {
            if row.text("program_id")? == program_id {
                let RuleVersion {
                    partner_id, rule, ..
                } = version(&row)?;
                newest.insert(partner_id, rule);
            }
        }
        let groups = groups::list_within(transaction, self.org).await?;
        let of_groups = groups
            .into_iter()
            .filter(|group| group.program_id == program_id);
        let of_groups = of_groups.map(|group| group.rule);
        for rule in newest.into_values().flatten().chain(of_groups) {
            check_lead("currency", &rule, currency)?;
        }
        Ok(())
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

/// A lead has no sale whose rate it could be converted at: what it earns is said in the currency that the program pays in.
pub(super) fn check_lead(
    field: &str,
    rule: &Rule,
    program_currency: Option<&str>,
) -> Result<(), CatalogError> {
    let (Some(Reward::Flat { currency, .. }), Some(wanted)) = (&rule.lead, program_currency) else {
        return Ok(());
    };
    if currency.code() == wanted {
        return Ok(());
    }
    let message = format!(
        "the program pays in {wanted}, and a rule pays for leads in {currency}: what leads earn is not converted, so say it in {wanted}"
    );
    Err(CatalogError::invalid(field, &message))
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
