//! How somebody becomes a partner: by applying, by an invitation that he accepts, and what the owner decides about it. Nobody is made a partner
//! without a yes of his own, or the word of the merchant's server.
//!
//! States: `applied` and `invited` wait, `active` takes part, `paused` keeps what it has and earns by no new click or code's sale, `banned` earns
//! nothing more at all, `left` has gone by itself, `archived` was put away.

use std::collections::BTreeMap;

use providers::Currency;
use serde::{Deserialize, Serialize};

use super::decide::Verdict;
use super::versions::Whose;
use super::{Catalog, CatalogError, Partner, PartnerChange, check};
use crate::books::applications;
use crate::books::commissions::Commission;
use crate::books::partners::{self, By};
use crate::books::programs::{self, Applications};
use crate::books::sales::Status;
use crate::books::statements::joining as sql;
use crate::books::{Part, commissions, portal};
use crate::changes::{Change, Details, What};
use crate::ledger::decision::Decision;
use crate::ledger::rule::Rule;
use crate::store::{StoreError, Transaction};
use crate::{args, id};

/// The longest name of somebody who applies, in characters: it is a stranger's.
const APPLICANT_NAME_MAX_CHARS: usize = 100;
/// The longest message, in characters.
const MESSAGE_MAX_CHARS: usize = 2_000;

/// What somebody says who wants to be a partner.
#[derive(Debug, Clone, Default)]
pub struct NewApplication<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its e-mail address.
    pub email: &'a str,
    /// Where it reaches people.
    pub website: Option<&'a str>,
    /// What else.
    pub message: Option<&'a str>,
}

/// What became of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The owner decides. Also what somebody is told who is known already: nobody learns who is a partner.
    Waits,
    /// He is a partner now.
    Joined,
}

/// Somebody who is asked to be a partner.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewInvitation {
    /// Its name; the e-mail address where absent.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The program; the oldest where absent.
    pub program_id: Option<String>,
}

/// What somebody has said who applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// The program.
    pub program_id: String,
    /// Where the partner reaches people.
    pub website: Option<String>,
    /// What else was said.
    pub message: Option<String>,
    /// When.
    pub applied_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
    /// `accepted` or `declined`.
    pub decision: Option<String>,
}

impl PartnerChange {
    /// Whether it voids what is open.
    pub(super) fn voids(&self) -> Result<bool, CatalogError> {
        let refuse = |message| Err(CatalogError::invalid("openCommissions", message));
        let Some(word) = self.open_commissions.as_deref() else {
            return Ok(false);
        };
        if !["keep", "void"].contains(&word) {
            return refuse("must be keep or void");
        }
        if self.status.as_deref() != Some("banned") {
            return refuse("goes with the status banned alone");
        }
        Ok(word == "void")
    }
}

/// Why what was open is void.
const BANNED: &str = "the partner is banned";
/// Commissions that are voided at a time.
const VOIDED: i64 = 100;
/// What is earned and not paid.
const OPEN: [Status; 2] = [Status::Pending, Status::Approved];

/// What a partner has earned and not been paid in one currency of one ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Live or test ledger.
    pub livemode: bool,
    /// The currency.
    pub currency: Currency,
    /// How many commissions.
    pub commissions: i64,
    /// What is left of them, in the currency's smallest unit.
    pub amount: i64,
}

impl Catalog<'_> {
    /// Voids what a partner has earned and not been paid, part by part. What is cut short is done by the same call again.
    pub(super) async fn void_open(
        &self,
        partner_id: &str,
        reason: Option<String>,
    ) -> Result<(), CatalogError> {
        let verdict = Verdict {
            decision: Decision::Void,
            reason: Some(reason.unwrap_or_else(|| BANNED.to_owned())),
        };
        for status in OPEN {
            let mut after = Some(String::new());
            while let Some(place) = after {
                let (rows, next) = self.part_of_open((partner_id, status), &place).await?;
                let ids = rows
                    .iter()
                    .map(|one| format!("{}_{}", id::COMMISSION, one.tail));
                let ids: Vec<String> = ids.collect();
                if !ids.is_empty() {
                    self.decide_all(&ids, &verdict).await?;
                }
                after = next;
            }
        }
        Ok(())
    }

    /// What a partner has earned and not been paid, by ledger and currency: what would be voided.
    pub async fn open_of(&self, partner_id: &str) -> Result<Vec<Open>, CatalogError> {
        let mut open: BTreeMap<(bool, Currency), (i64, i64)> = BTreeMap::new();
        for status in OPEN {
            let mut after = Some(String::new());
            while let Some(place) = after {
                let (rows, next) = self.part_of_open((partner_id, status), &place).await?;
                for one in rows.iter().filter(|one| one.amount != 0) {
                    // Live money first.
                    let (commissions, amount) =
                        open.entry((!one.livemode, one.currency)).or_default();
                    *commissions += 1;
                    *amount = amount.saturating_add(one.amount);
                }
                after = next;
            }
        }
        let open = open.into_iter();
        let open = open.map(|((is_test, currency), (commissions, amount))| Open {
            livemode: !is_test,
            currency,
            commissions,
            amount,
        });
        Ok(open.collect())
    }

    /// A part of what is open, and where the next begins.
    async fn part_of_open(
        &self,
        (partner_id, status): (&str, Status),
        after: &str,
    ) -> Result<(Vec<Commission>, Option<String>), CatalogError> {
        let by = [
            commissions::By::Partner(partner_id),
            commissions::By::Status(status),
        ];
        let part = Part {
            after,
            ..Part::first(VOIDED)
        };
        let found = commissions::list(&self.books(), &by, part).await?;
        let is_full = i64::try_from(found.rows.len()).is_ok_and(|many| many >= VOIDED);
        let last = found.rows.last().filter(|_| is_full);
        let next = found.go_on.or_else(|| last.map(|one| one.tail.clone()));
        Ok((found.rows, next))
    }

    /// Takes an application, where the program takes any.
    pub async fn apply(
        &self,
        program_id: &str,
        new: &NewApplication<'_>,
    ) -> Result<Applied, CatalogError> {
        let page = programs::page(&self.books(), program_id).await?;
        let page = page.filter(|page| page.applications != Applications::Closed);
        let page = page.ok_or(CatalogError::NotFound("program"))?;
        let name = check::name("name", new.name, APPLICANT_NAME_MAX_CHARS)?;
        let email = check::email("email", new.email)?;
        let website = new
            .website
            .map(|url| check::url("website", url))
            .transpose()?;
        let message = new.message;
        let message = message.map(|text| check::limited("message", text, MESSAGE_MAX_CHARS));
        let message = message.transpose()?;
        let is_open = page.applications == Applications::Open;
        let mut transaction = self.store.begin().await?;
        let made = self.insert(transaction.as_mut(), (&name, &email), "applied");
        let Some(partner) = made.await? else {
            drop(transaction);
            return self
                .apply_again(&email, program_id, (website, message))
                .await;
        };
        let said = (website.as_deref(), message.as_deref());
        self.note(transaction.as_mut(), &partner, program_id, said)
            .await?;
        let details = Details::default()
            .set("programId", program_id)
            .set("name", &partner.name);
        let change = Change::of(What::PartnerApplied, &partner.id).with(details);
        self.record(transaction.as_mut(), change).await?;
        if is_open {
            self.accept(transaction.as_mut(), &partner).await?;
        }
        transaction.commit().await?;
        Ok(if is_open {
            Applied::Joined
        } else {
            Applied::Waits
        })
    }

    /// Who has left may apply again; for whoever else is known nothing changes.
    async fn apply_again(
        &self,
        email: &str,
        program_id: &str,
        (website, message): (Option<String>, Option<String>),
    ) -> Result<Applied, CatalogError> {
        let Some(partner) = self.of_email(email).await? else {
            return Ok(Applied::Waits);
        };
        if partner.status == "left" {
            let mut transaction = self.begin_alone().await?;
            let said = (website.as_deref(), message.as_deref());
            self.note(transaction.as_mut(), &partner, program_id, said)
                .await?;
            self.set_status(transaction.as_mut(), &partner, "applied")
                .await?;
            self.commit_and_wake(transaction).await?;
        }
        Ok(Applied::Waits)
    }

    async fn of_email(&self, email: &str) -> Result<Option<Partner>, StoreError> {
        let found = partners::list(&self.books(), &[By::Email(email)], Part::first(1)).await?;
        Ok(found.rows.into_iter().next().map(Partner::of))
    }

    /// Asks somebody to be a partner: nothing is enrolled before he says yes.
    pub async fn invite_partner(&self, new: &NewInvitation) -> Result<Partner, CatalogError> {
        let email = check::required("email", new.email.as_deref())?;
        let email = check::email("email", email)?;
        let name = match new.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => check::name("name", name, check::NAME_MAX_CHARS)?,
            _ => email.clone(),
        };
        let program_id = self.program_id(new.program_id.as_deref()).await?;
        let mut transaction = self.begin_alone().await?;
        let made = self.insert(transaction.as_mut(), (&name, &email), "invited");
        let partner = match made.await? {
            Some(partner) => partner,
            None => self.known_to_invite(transaction.as_mut(), &email).await?,
        };
        self.note(transaction.as_mut(), &partner, &program_id, (None, None))
            .await?;
        let details = Details::default().set("programId", &program_id);
        let change = Change::of(What::PartnerInvited, &partner.id).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await?;
        Ok(partner)
    }

    /// Who takes no part may be asked again.
    async fn known_to_invite(
        &self,
        transaction: &mut dyn Transaction,
        email: &str,
    ) -> Result<Partner, CatalogError> {
        let known = partners::of_email_within(transaction, self.org, email).await?;
        let known = known.map(Partner::of);
        let known = known.ok_or(CatalogError::NotFound("partner"))?;
        match known.status.as_str() {
            "invited" => {}
            "left" | "archived" => {
                let args = args![self.org, known.id.as_str(), "invited"];
                transaction.run(&sql::SET_STATUS, args).await?;
            }
            _ => return Err(CatalogError::invalid("email", "is a partner's already")),
        }
        Ok(known)
    }

    /// Who was invited says yes.
    pub async fn join(&self, partner_id: &str) -> Result<(), CatalogError> {
        let partner = self.partner(partner_id).await?;
        if partner.status != "invited" {
            return Err(CatalogError::invalid(
                "status",
                "says that nobody has invited this partner",
            ));
        }
        let mut transaction = self.begin_alone().await?;
        self.accept(transaction.as_mut(), &partner).await?;
        Ok(self.commit_and_wake(transaction).await?)
    }

    /// What the newest application of a partner says.
    pub async fn application_of(
        &self,
        partner_id: &str,
    ) -> Result<Option<Application>, CatalogError> {
        let found = applications::newest(&self.books(), partner_id).await?;
        Ok(found.map(|one| Application {
            program_id: one.program_id,
            website: one.website,
            message: one.message,
            applied_at: one.applied_at.to_string(),
            decided_at: one.decided_at.map(|at| at.to_string()),
            decision: one.decision,
        }))
    }

    /// What else a change of a partner's state does, within its transaction.
    pub(super) async fn state_changed(
        &self,
        transaction: &mut dyn Transaction,
        before: &Partner,
        after: &Partner,
    ) -> Result<(), CatalogError> {
        if before.status == after.status {
            return Ok(());
        }
        match (before.status.as_str(), after.status.as_str()) {
            (_, "applied" | "invited") => {
                let message = "cannot be set: people apply, and are invited";
                return Err(CatalogError::invalid("status", message));
            }
            ("invited", "active") => {
                let message = "cannot be active before the partner has accepted the invitation";
                return Err(CatalogError::invalid("status", message));
            }
            ("applied", "active") => self.decide_application(transaction, after, true).await?,
            ("applied" | "invited", _) => {
                self.decide_application(transaction, after, false).await?;
            }
            _ => {}
        }
        if after.status == "banned" {
            self.stop_earning(transaction, &after.id).await?;
        } else if before.status == "banned" {
            self.earn_again(transaction, &after.id).await?;
        }
        Ok(())
    }

    async fn accept(
        &self,
        transaction: &mut dyn Transaction,
        partner: &Partner,
    ) -> Result<(), StoreError> {
        self.set_status(transaction, partner, "active").await?;
        self.decide_application(transaction, partner, true).await
    }

    /// Enrols whoever is accepted in the program that he has applied for.
    async fn decide_application(
        &self,
        transaction: &mut dyn Transaction,
        partner: &Partner,
        accepted: bool,
    ) -> Result<(), StoreError> {
        let found = applications::newest_within(transaction, self.org, &partner.id).await?;
        let word = if accepted { "accepted" } else { "declined" };
        let args = args![self.org, partner.id.as_str(), self.now.0, word];
        transaction.run(&sql::DECIDE, args).await?;
        if let (true, Some(application)) = (accepted, found) {
            self.enrol(transaction, &application.program_id, partner)
                .await?;
        }
        Ok(())
    }

    async fn set_status(
        &self,
        transaction: &mut dyn Transaction,
        partner: &Partner,
        status: &str,
    ) -> Result<(), StoreError> {
        let args = args![self.org, partner.id.as_str(), status];
        transaction.run(&sql::SET_STATUS, args).await?;
        let details = Details::default().edit("status", partner.status.as_str(), status);
        let change = Change::of(What::PartnerChanged, &partner.id).with(details);
        self.record(transaction, change).await
    }

    async fn insert(
        &self,
        transaction: &mut dyn Transaction,
        (name, email): (&str, &str),
        status: &str,
    ) -> Result<Option<Partner>, StoreError> {
        let id = self.ids.make(id::PARTNER);
        let args = args![self.org, id.as_str(), name, email, status, self.now.0];
        if transaction.run(&sql::INSERT, args).await?.is_empty() {
            return Ok(None);
        }
        Ok(Some(Partner {
            id,
            name: name.to_owned(),
            email: email.to_owned(),
            tenant_id: None,
            status: status.to_owned(),
            created_at: self.now.to_string(),
        }))
    }

    async fn note(
        &self,
        transaction: &mut dyn Transaction,
        partner: &Partner,
        program_id: &str,
        (website, message): (Option<&str>, Option<&str>),
    ) -> Result<(), StoreError> {
        let args = args![
            self.org,
            self.ids.make("app"),
            program_id,
            partner.id.as_str(),
            website,
            message,
            self.now.0
        ];
        transaction.run(&sql::APPLY, args).await?;
        Ok(())
    }

    /// A rule of its own by which nothing is earned, in each program, from now on: renewals and codes count no more either.
    async fn stop_earning(
        &self,
        transaction: &mut dyn Transaction,
        partner_id: &str,
    ) -> Result<(), StoreError> {
        for page in programs::of_partner_within(transaction, self.org, partner_id).await? {
            let whose = Whose {
                program_id: &page.program_id,
                partner_id: Some(partner_id),
            };
            self.add_rule(transaction, whose, Some(&Rule::nothing()))
                .await?;
        }
        Ok(())
    }

    /// What held before the ban holds again, from now on.
    async fn earn_again(
        &self,
        transaction: &mut dyn Transaction,
        partner_id: &str,
    ) -> Result<(), StoreError> {
        for page in programs::of_partner_within(transaction, self.org, partner_id).await? {
            let whose = Whose {
                program_id: &page.program_id,
                partner_id: Some(partner_id),
            };
            let enrolment = (whose.program_id, partner_id);
            let before = portal::rule_before(transaction, self.org, enrolment).await?;
            self.add_rule(transaction, whose, before.as_ref()).await?;
        }
        Ok(())
    }
}
