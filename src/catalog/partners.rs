//! Partners: who is paid. One partner for each e-mail address, enrolled in a program.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PARTNER_STATES;
use super::rules;
use super::versions::Whose;
use super::{Catalog, CatalogError, Given, Listed, Page, check, due};
use crate::books::partners::{self, By};
use crate::books::ranking::{self, Order, Ranked};
use crate::books::statements::partners as sql;
use crate::changes::{Change, Details, What};
use crate::ledger::rule::Rule;
use crate::store::StoreError;
use crate::{args, id};

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Partner {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its e-mail address, lower case.
    pub email: String,
    /// The merchant's own id of it.
    pub tenant_id: Option<String>,
    /// One of [`PARTNER_STATES`].
    pub status: String,
    /// When it was made.
    pub created_at: String,
}

/// A partner to be found or made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewPartner {
    /// Its name; the e-mail address where absent.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The merchant's own id of it.
    pub tenant_id: Option<String>,
    /// The program to enrol it in; the oldest where absent.
    pub program_id: Option<String>,
}

/// What is changed of a partner. What is absent stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PartnerChange {
    /// Its name.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// The merchant's own id of it, or `null`.
    pub tenant_id: Given<String>,
    /// One of [`PARTNER_STATES`].
    pub status: Option<String>,
    /// With a ban: `keep` or `void` what was earned and not paid; kept where absent.
    pub open_commissions: Option<String>,
    /// A commission rule of its own in the program, or `null` to end it.
    pub commission: Given<Value>,
    /// The program that `commission` is for; the oldest where absent.
    pub program_id: Option<String>,
    /// Why, in the words of who changes it; no member of a body.
    #[serde(skip)]
    pub reason: Option<String>,
}

impl Catalog<'_> {
    /// Partners, newest first.
    pub async fn partners(
        &self,
        page: &Page,
        by: &[By<'_>],
    ) -> Result<Listed<Partner>, CatalogError> {
        let found = partners::list(&self.books(), by, page.part()).await?;
        Ok(Listed::found(
            found,
            page,
            |partner| &partner.id,
            Partner::of,
        ))
    }

    /// The same in another order: of names, or of what there is in one ledger, in the currency that most is sold in.
    pub async fn partners_in_order(
        &self,
        page: &Page,
        by: &[By<'_>],
        (order, livemode): (Order, bool),
    ) -> Result<Listed<Partner>, CatalogError> {
        let books = self.books();
        let of = (livemode, ranking::currency(&books, livemode).await?);
        let found = ranking::list(&books, order, of, by, page.part()).await?;
        let position = |ranked: &Ranked| ranked.position.clone();
        let listed = Listed::of(found.rows, page, position);
        Ok(listed.map(|ranked| Partner::of(ranked.partner)))
    }

    /// One partner.
    pub async fn partner(&self, id: &str) -> Result<Partner, CatalogError> {
        let found = partners::find(&self.books(), id).await?;
        Ok(Partner::of(found.ok_or(CatalogError::NotFound("partner"))?))
    }

    /// The partner that a body names, which must be there.
    pub async fn partner_named(&self, given: Option<&str>) -> Result<Partner, CatalogError> {
        let id = check::required("partnerId", given)?;
        let unknown = || CatalogError::invalid("partnerId", "names no partner");
        if id.contains('\0') {
            return Err(unknown());
        }
        match self.partner(id).await {
            Err(CatalogError::NotFound(_)) => Err(unknown()),
            other => other,
        }
    }

    /// Finds a partner by its e-mail address or makes it, and enrols it. The flag says whether it is new.
    pub async fn create_partner(&self, new: &NewPartner) -> Result<(Partner, bool), CatalogError> {
        let email = check::required("email", new.email.as_deref())?;
        let email = check::email("email", email)?;
        let name = match new.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => check::name("name", name, check::NAME_MAX_CHARS)?,
            _ => email.clone(),
        };
        let tenant_id = new.tenant_id.as_deref();
        let tenant_id = tenant_id
            .map(|tenant| check::text("tenantId", tenant))
            .transpose()?;
        let program_id = self.program_id(new.program_id.as_deref()).await?;
        let id = self.ids.make(id::PARTNER);
        let mut transaction = self.store.begin().await?;
        let args = args![self.org, id, name, email.as_str(), tenant_id, self.now.0];
        let made = !transaction.run(&sql::INSERT, args).await?.is_empty();
        let rows = transaction
            .run(&sql::BY_EMAIL, args![self.org, email])
            .await?;
        let row = rows.first().ok_or(CatalogError::NotFound("partner"))?;
        let partner = Partner::of(partners::Partner::read(row)?);
        let enrolled = self.enrol(transaction.as_mut(), &program_id, &partner);
        let enrolled = enrolled.await?;
        let details = Details::default().set("programId", &program_id);
        let change = if made {
            let details = details.set("name", &partner.name);
            Some(Change::of(What::PartnerCreated, &partner.id).with(details))
        } else {
            enrolled.then(|| Change::of(What::PartnerEnrolled, &partner.id).with(details))
        };
        if let Some(change) = change {
            self.record(transaction.as_mut(), change).await?;
        }
        transaction.commit().await?;
        Ok((partner, made))
    }

    /// The programs a partner is enrolled in.
    pub async fn programs_of(&self, partner_id: &str) -> Result<Vec<String>, CatalogError> {
        Ok(partners::programs_of(&self.books(), partner_id).await?)
    }

    /// The rules of its own that a partner has now, by program.
    pub async fn rules_of(&self, partner_id: &str) -> Result<BTreeMap<String, Rule>, CatalogError> {
        let books = self.rules().await?.into_iter();
        let own = books.filter_map(|(program_id, book)| {
            let mut versions = book.0.into_iter();
            let newest = versions.rfind(|v| v.partner_id.as_deref() == Some(partner_id))?;
            Some((program_id, newest.rule?))
        });
        Ok(own.collect())
    }

    /// Changes a partner, and its own commission rule in a program.
    pub async fn change_partner(
        &self,
        id: &str,
        change: &PartnerChange,
    ) -> Result<Partner, CatalogError> {
        let rule = match &change.commission {
            Given::Absent => None,
            Given::Null => Some(Given::Null),
            Given::Value(value) => Some(Given::Value(rules::parse(value)?)),
        };
        let voids = change.voids()?;
        let reason = change.reason.as_deref();
        let reason = reason
            .map(|reason| check::reason(Some(reason)))
            .transpose()?;
        let program_id = match rule {
            Some(_) => self.program_id(change.program_id.as_deref()).await?,
            None => String::new(),
        };
        if let Some(Given::Value(rule)) = &rule {
            self.check_lead_in(&program_id, rule).await?;
        }
        let mut transaction = self.begin_alone().await?;
        let rows = transaction.run(&sql::GET, args![self.org, id]).await?;
        let row = rows.first().ok_or(CatalogError::NotFound("partner"))?;
        let before = Partner::of(partners::Partner::read(row)?);
        let after = change.applied(before.clone())?;
        let args = args![
            self.org,
            id,
            after.name.as_str(),
            after.email.as_str(),
            after.tenant_id.as_deref(),
            after.status.as_str()
        ];
        match transaction.run(&sql::UPDATE, args).await {
            Err(StoreError::Conflict) => {
                return Err(CatalogError::invalid("email", "is another partner's"));
            }
            other => drop(other?),
        }
        self.state_changed(transaction.as_mut(), &before, &after)
            .await?;
        // Who the partner is decides what counts as a self-referral.
        let moves = (&before.email, &before.tenant_id) != (&after.email, &after.tenant_id);
        if let Some(rule) = &rule {
            self.out_of_group(transaction.as_mut(), (&program_id, id))
                .await?;
            let whose = Whose {
                program_id: &program_id,
                partner_id: Some(id),
            };
            let rule: Option<&Rule> = match rule {
                Given::Value(rule) => Some(rule),
                _ => None,
            };
            self.add_rule(transaction.as_mut(), whose, rule).await?;
        }
        let details = before.edits(&after);
        if !details.is_empty() {
            let change = Change::of(What::PartnerChanged, id).with(details);
            let change = change.because(reason.as_deref());
            self.record(transaction.as_mut(), change).await?;
        }
        if moves {
            due::all(transaction.as_mut(), self.org).await?;
        }
        self.commit_and_wake(transaction).await?;
        if voids {
            self.void_open(id, reason).await?;
        }
        Ok(after)
    }
}

impl PartnerChange {
    fn applied(&self, mut partner: Partner) -> Result<Partner, CatalogError> {
        if let Some(name) = &self.name {
            partner.name = check::name("name", name, check::NAME_MAX_CHARS)?;
        }
        if let Some(email) = &self.email {
            partner.email = check::email("email", email)?;
        }
        match &self.tenant_id {
            Given::Absent => {}
            Given::Null => partner.tenant_id = None,
            Given::Value(id) => partner.tenant_id = Some(check::text("tenantId", id)?),
        }
        if let Some(status) = &self.status {
            if !PARTNER_STATES.contains(&status.as_str()) {
                let message = format!("must be one of {}", PARTNER_STATES.join(", "));
                return Err(CatalogError::invalid("status", &message));
            }
            partner.status.clone_from(status);
        }
        Ok(partner)
    }
}

impl Partner {
    fn edits(&self, after: &Self) -> Details {
        Details::default()
            .edit("name", &self.name, &after.name)
            .covered("email", &self.email, &after.email)
            .covered("tenantId", &self.tenant_id, &after.tenant_id)
            .edit("status", &self.status, &after.status)
    }

    /// As the API shows it.
    pub(crate) fn of(partner: partners::Partner) -> Self {
        Self {
            id: partner.id,
            name: partner.name.expose().to_owned(),
            email: partner.email.expose().to_owned(),
            tenant_id: partner.tenant_id.map(|id| id.expose().to_owned()),
            status: partner.status,
            created_at: partner.created_at.to_string(),
        }
    }
}
