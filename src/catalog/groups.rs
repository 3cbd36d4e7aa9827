//! Groups of partners with a commission rule of their own. A group's rule is written as a version of each of its partners' own rules, so that the
//! ledger knows no groups: what was earned before a partner came, or the rule was changed, stays as it was. A partner is in one group of a program at
//! most, and leaves it when it gets a rule that is its own alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::versions::Whose;
use super::{Catalog, CatalogError, check, rules};
use crate::args;
use crate::books::groups::{self, GROUPS_MAX};
use crate::books::partners;
use crate::books::statements::groups as sql;
use crate::changes::{Change, Details, What};
use crate::id;
use crate::ledger::rule::Rule;
use crate::store::{StoreError, Transaction};

/// A group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The program in which its rule holds.
    pub program_id: String,
    /// What its partners are paid.
    pub commission: Rule,
    /// How many partners are in it.
    pub partners: i64,
    /// When it was made.
    pub created_at: String,
}

/// A group to be made, or what is changed of one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewGroup {
    /// Its name.
    pub name: Option<String>,
    /// The program; the oldest where absent. It is never another one.
    pub program_id: Option<String>,
    /// What its partners are paid.
    pub commission: Option<Value>,
}

impl Catalog<'_> {
    /// All groups, newest first.
    pub async fn groups(&self) -> Result<Vec<Group>, CatalogError> {
        let all = groups::list(&self.books()).await?;
        Ok(all.into_iter().map(Group::of).collect())
    }

    /// One group.
    pub async fn group(&self, id: &str) -> Result<Group, CatalogError> {
        let found = groups::find(&self.books(), id).await?;
        Ok(Group::of(found.ok_or(CatalogError::NotFound("group"))?))
    }

    /// The ids of the partners in a group.
    pub async fn group_members(&self, id: &str) -> Result<Vec<String>, CatalogError> {
        self.group(id).await?;
        Ok(groups::members(&self.books(), id).await?)
    }

    /// Makes a group, which nobody is in yet.
    pub async fn create_group(&self, new: &NewGroup) -> Result<Group, CatalogError> {
        let name = check::required("name", new.name.as_deref())?;
        let name = check::text("name", name)?;
        let missing = || CatalogError::invalid("commission", "is required");
        let rule = rules::parse(new.commission.as_ref().ok_or_else(missing)?)?;
        let program_id = self.program_id(new.program_id.as_deref()).await?;
        self.check_lead_in(&program_id, &rule).await?;
        let known = groups::list(&self.books()).await?.len();
        if i64::try_from(known).is_ok_and(|known| known >= GROUPS_MAX) {
            return Err(CatalogError::invalid(
                "name",
                "is one too many: remove a group",
            ));
        }
        let id = self.ids.make(id::GROUP);
        let mut transaction = self.store.begin().await?;
        let args = args![
            self.org,
            id.as_str(),
            program_id.as_str(),
            name.as_str(),
            stored(&rule)?,
            self.now.0
        ];
        if transaction.run(&sql::INSERT, args).await?.is_empty() {
            return Err(CatalogError::invalid("name", "is another group's"));
        }
        let details = Details::default()
            .set("name", &name)
            .set("programId", &program_id)
            .set("commission", &rule);
        let change = Change::of(What::GroupCreated, &id).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await?;
        self.group(&id).await
    }

    /// Changes a group; another rule holds for each of its partners from now on.
    pub async fn change_group(&self, id: &str, new: &NewGroup) -> Result<Group, CatalogError> {
        if new.program_id.is_some() {
            let message = "stays as it is: make another group";
            return Err(CatalogError::invalid("programId", message));
        }
        let before = self.group(id).await?;
        let name = new.name.as_deref().map(|name| check::text("name", name));
        let name = name.transpose()?.unwrap_or_else(|| before.name.clone());
        let rule = new.commission.as_ref().map(rules::parse).transpose()?;
        let rule = rule.unwrap_or_else(|| before.commission.clone());
        self.check_lead_in(&before.program_id, &rule).await?;
        let mut transaction = self.begin_alone().await?;
        let args = args![self.org, id, name.as_str(), stored(&rule)?];
        match transaction.run(&sql::UPDATE, args).await {
            Err(StoreError::Conflict) => {
                return Err(CatalogError::invalid("name", "is another group's"));
            }
            other => drop(other?),
        }
        if rule != before.commission {
            let members = groups::members_within(transaction.as_mut(), self.org, id).await?;
            for partner_id in members {
                let whose = (before.program_id.as_str(), partner_id.as_str());
                self.pay(transaction.as_mut(), whose, Some(&rule)).await?;
            }
        }
        let details = Details::default().edit("name", &before.name, &name).edit(
            "commission",
            &before.commission,
            &rule,
        );
        let change = Change::of(What::GroupChanged, id).with(details);
        self.record(transaction.as_mut(), change).await?;
        self.commit_and_wake(transaction).await?;
        self.group(id).await
    }

    /// Removes a group: its partners are paid as the program says, from now on.
    pub async fn delete_group(&self, id: &str) -> Result<(), CatalogError> {
        let group = self.group(id).await?;
        let mut transaction = self.begin_alone().await?;
        let members = groups::members_within(transaction.as_mut(), self.org, id).await?;
        for partner_id in members {
            let whose = (group.program_id.as_str(), partner_id.as_str());
            self.pay(transaction.as_mut(), whose, None).await?;
        }
        for statement in [&sql::LEAVE_ALL, &sql::DELETE] {
            transaction.run(statement, args![self.org, id]).await?;
        }
        let details = Details::default().set("name", &group.name);
        let change = Change::of(What::GroupDeleted, id).with(details);
        self.record(transaction.as_mut(), change).await?;
        Ok(self.commit_and_wake(transaction).await?)
    }

    /// Puts a partner into a group, out of another of the same program. One who is in it already stays.
    pub async fn join_group(&self, id: &str, partner_id: &str) -> Result<Group, CatalogError> {
        let group = self.group(id).await?;
        let partner = self.partner_named(Some(partner_id)).await?;
        let mut transaction = self.begin_alone().await?;
        let whose = (group.program_id.as_str(), partner.id.as_str());
        let now = groups::of_partner(transaction.as_mut(), self.org, whose).await?;
        if now.is_some_and(|(known, _)| known == id) {
            return Ok(group);
        }
        let args = args![self.org, whose.0, whose.1, id, self.now.0];
        transaction.run(&sql::ADD, args).await?;
        self.pay(transaction.as_mut(), whose, Some(&group.commission))
            .await?;
        let details = Details::default().set("partnerId", &partner.id);
        let change = Change::of(What::GroupJoined, id).with(details);
        self.record(transaction.as_mut(), change).await?;
        self.commit_and_wake(transaction).await?;
        self.group(id).await
    }

    /// Takes a partner out of a group: it is paid as the program says, from now on.
    pub async fn leave_group(&self, id: &str, partner_id: &str) -> Result<(), CatalogError> {
        let group = self.group(id).await?;
        let mut transaction = self.begin_alone().await?;
        let whose = (group.program_id.as_str(), partner_id);
        let now = groups::of_partner(transaction.as_mut(), self.org, whose).await?;
        if now.is_none_or(|(known, _)| known != id) {
            return Err(CatalogError::NotFound("partner in this group"));
        }
        self.out_of_group(transaction.as_mut(), whose).await?;
        self.pay(transaction.as_mut(), whose, None).await?;
        Ok(self.commit_and_wake(transaction).await?)
    }

    /// Takes a partner out of whatever group of a program it is in, where it gets a rule of its own.
    pub(super) async fn out_of_group(
        &self,
        transaction: &mut dyn Transaction,
        (program_id, partner_id): (&str, &str),
    ) -> Result<(), StoreError> {
        let args = args![self.org, program_id, partner_id];
        let left = transaction.run(&sql::LEAVE, args).await?;
        let Some(row) = left.first() else {
            return Ok(());
        };
        let details = Details::default().set("partnerId", partner_id);
        let change = Change::of(What::GroupLeft, row.text("group_id")?).with(details);
        self.record(transaction, change).await
    }

    /// Gives a partner a rule; the line about the group says so. One who is banned goes on earning nothing, and has it when the ban ends.
    async fn pay(
        &self,
        transaction: &mut dyn Transaction,
        (program_id, partner_id): (&str, &str),
        rule: Option<&Rule>,
    ) -> Result<(), StoreError> {
        let whose = Whose {
            program_id,
            partner_id: Some(partner_id),
        };
        let from = self.holds_from(transaction, Some(whose)).await?;
        self.insert_rule(transaction, whose, rule, from).await?;
        let partner = partners::find_within(transaction, self.org, partner_id).await?;
        if partner.is_some_and(|partner| partner.status == "banned") {
            let nothing = Rule::nothing();
            self.insert_rule(transaction, whose, Some(&nothing), from)
                .await?;
        }
        Ok(())
    }
}

fn stored(rule: &Rule) -> Result<String, StoreError> {
    serde_json::to_string(rule).map_err(|_unwritable| StoreError::Corrupt("partner_groups.body"))
}

impl Group {
    fn of(group: groups::Group) -> Self {
        Self {
            id: group.id,
            name: group.name,
            program_id: group.program_id,
            commission: group.rule,
            partners: group.partners,
            created_at: group.created_at.to_string(),
        }
    }
}
