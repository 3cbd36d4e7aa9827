//! Enrolment: how a partner comes into a program, with its first link, where the program says where links lead. One link for each enrolment, made in
//! its transaction; a partner that is enrolled already gets none.

use super::links::Made;
use super::{Catalog, CatalogError, NewPartner, Partner, PartnerChange, check};
use crate::books::partners::{self, By};
use crate::books::programs;
use crate::books::statements::enrolments as sql;
use crate::books::{Part, access, links};
use crate::changes::{Change, Details, What};
use crate::store::{StoreError, Transaction};
use crate::{args, id};

/// The states of a partner. Links of all but `active` ones lead on without counting.
pub const PARTNER_STATES: [&str; 7] = [
    "active", "applied", "invited", "paused", "banned", "left", "archived",
];

/// Whose portal a merchant's page wants to show: by one of three names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// The merchant's own id of the partner.
    pub tenant_id: Option<String>,
    /// The enrolment.
    pub enrollment_id: Option<String>,
    /// E-mail address and name: who is not known by them becomes a partner.
    pub partner: Option<(String, Option<String>)>,
}

impl Catalog<'_> {
    /// Enrols a partner in a program; answers whether it was not enrolled before.
    pub(super) async fn enrol(
        &self,
        transaction: &mut dyn Transaction,
        program_id: &str,
        partner: &Partner,
    ) -> Result<bool, StoreError> {
        let args = args![
            self.org,
            self.ids.make(id::ENROLLMENT),
            program_id,
            partner.id.as_str(),
            self.now.0
        ];
        let is_new = !transaction.run(&sql::ENROL, args).await?.is_empty();
        if is_new {
            self.first_link(transaction, program_id, partner).await?;
        }
        Ok(is_new)
    }

    async fn first_link(
        &self,
        transaction: &mut dyn Transaction,
        program_id: &str,
        partner: &Partner,
    ) -> Result<(), StoreError> {
        let page = programs::page_within(transaction, self.org, program_id).await?;
        let Some((url, domain)) = page.and_then(|page| Some((page.link_url?, page.link_domain)))
        else {
            return Ok(());
        };
        let made = Made {
            program_id,
            partner_id: &partner.id,
            domain: &domain,
            url: &url,
        };
        self.make_link(transaction, made, partner).await.map(drop)
    }

    /// Enrols a partner that is known, in a change of its own.
    pub(super) async fn enrol_known(
        &self,
        program_id: &str,
        partner: &Partner,
    ) -> Result<(), StoreError> {
        let mut transaction = self.store.begin().await?;
        if !self
            .enrol(transaction.as_mut(), program_id, partner)
            .await?
        {
            return Ok(());
        }
        let details = Details::default().set("programId", program_id);
        let change = Change::of(What::PartnerEnrolled, &partner.id).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await
    }

    /// The partner that a merchant's page means, found by the enrolment, then by the merchant's own id, then by the e-mail address; else made of
    /// what is told. It is enrolled in the program that goes on. `may_make`: whether somebody may become a partner by it.
    pub async fn sought(&self, sought: &Sought, may_make: bool) -> Result<Partner, CatalogError> {
        let books = self.books();
        let program_id = programs::oldest_active(&books).await?;
        let program_id = program_id.ok_or(CatalogError::NoProgram)?;
        if let Some(partner) = self.known(sought).await? {
            let enrolled = partners::programs_of(&books, &partner.id).await?;
            if may_make && partner.status == "active" && !enrolled.contains(&program_id) {
                self.enrol_known(&program_id, &partner).await?;
            }
            return Ok(partner);
        }
        let Some((email, name)) = &sought.partner else {
            return Err(CatalogError::NotFound("partner"));
        };
        if !may_make {
            let message = "names nobody who is a partner: make one with a live key";
            return Err(CatalogError::invalid("partner.email", message));
        }
        let new = NewPartner {
            name: name.clone(),
            email: Some(email.clone()),
            tenant_id: sought.tenant_id.clone(),
            program_id: Some(program_id),
        };
        Ok(self.create_partner(&new).await?.0)
    }

    async fn known(&self, sought: &Sought) -> Result<Option<Partner>, CatalogError> {
        let books = self.books();
        if let Some(id) = &sought.enrollment_id
            && let Some(found) = access::of_enrollment(&books, id).await?
        {
            return Ok(Some(Partner::of(found)));
        }
        let one = |by| async move {
            let found = partners::list(&self.books(), &[by], Part::first(1)).await?;
            Ok::<_, CatalogError>(found.rows.into_iter().next().map(Partner::of))
        };
        if let Some(id) = &sought.tenant_id
            && let Some(found) = one(By::Tenant(id)).await?
        {
            return Ok(Some(found));
        }
        let Some((email, _)) = &sought.partner else {
            return Ok(None);
        };
        let Some(found) = one(By::Email(email)).await? else {
            return Ok(None);
        };
        match (&sought.tenant_id, &found.tenant_id) {
            // From now on the merchant's own id is enough.
            (Some(id), None) if self.only.is_none() => {
                let change = PartnerChange {
                    tenant_id: super::Given::Value(id.clone()),
                    ..PartnerChange::default()
                };
                Ok(Some(self.change_partner(&found.id, &change).await?))
            }
            // An address that somebody has typed in a sign-up form gives nobody another one's portal.
            (Some(id), Some(other)) if id != other => {
                let message = "is the address of a partner that has another tenantId";
                Err(CatalogError::invalid("partner.email", message))
            }
            _ => Ok(Some(found)),
        }
    }
}

impl Sought {
    /// Checks who is told: the address is one, and a name that cannot be used counts as not given.
    pub fn with_partner(mut self, email: &str, name: Option<&str>) -> Result<Self, CatalogError> {
        let email = check::email("partner.email", email)?;
        let name =
            name.and_then(|name| check::name("partner.name", name, check::NAME_MAX_CHARS).ok());
        self.partner = Some((email, name));
        Ok(self)
    }
}

/// A link that a partner makes for itself.
#[derive(Debug, Clone, Copy)]
pub struct PartnerLink<'a> {
    /// The partner.
    pub partner_id: &'a str,
    /// The program.
    pub program_id: &'a str,
    /// Where it is to lead; where the program's links lead where absent.
    pub url: Option<&'a str>,
    /// Its key; one is made of the partner's name where absent.
    pub key: Option<&'a str>,
}

/// As many links a partner may have that makes them itself.
const LINKS_MAX: i64 = 50;

impl Catalog<'_> {
    /// Makes a link for a partner who asks for it, where the program allows it: to the host of the program's links alone.
    pub async fn create_partner_link(&self, wanted: PartnerLink<'_>) -> Result<(), CatalogError> {
        let books = self.books();
        let enrolled = programs::of_partner(&books, wanted.partner_id).await?;
        let page = enrolled
            .into_iter()
            .find(|page| page.program_id == wanted.program_id);
        let page = page.filter(|page| page.partners_make_links);
        let page = page.ok_or(CatalogError::NotFound("program"))?;
        if let Some(url) = wanted.url
            && !super::may_lead(&page, url)
        {
            let message = "must lead to the site that the program is for";
            return Err(CatalogError::invalid("url", message));
        }
        let by = [links::By::Partner(wanted.partner_id)];
        let known = links::list(&books, &by, Part::first(LINKS_MAX)).await?;
        if i64::try_from(known.rows.len()).unwrap_or(i64::MAX) >= LINKS_MAX {
            let message = "cannot be added: there are as many links as a partner may make";
            return Err(CatalogError::invalid("url", message));
        }
        let text = |text: Option<&str>| text.map(str::to_owned);
        let new = super::NewLink {
            key: text(wanted.key),
            url: text(wanted.url),
            partner_id: Some(wanted.partner_id.to_owned()),
            program_id: Some(wanted.program_id.to_owned()),
            domain: None,
        };
        self.create_link(&new).await.map(drop)
    }

    /// A partner leaves: its links lead on and count no more, and what it has earned stays its own.
    pub async fn leave(&self, partner_id: &str) -> Result<(), CatalogError> {
        let change = PartnerChange {
            status: Some("left".to_owned()),
            ..PartnerChange::default()
        };
        self.change_partner(partner_id, &change).await.map(drop)
    }
}
