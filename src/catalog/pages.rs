//! What a program shows partners, and how somebody becomes one.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Catalog, CatalogError, Given, check};
use crate::args;
use crate::books::programs::{self, Applications};
use crate::books::statements::pages as sql;
use crate::changes::{Change, Details, What};

/// The longest text about a program, in characters.
const ABOUT_MAX_CHARS: usize = 4_000;

/// What a program shows partners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgramPage {
    /// The program.
    pub program_id: String,
    /// `closed`, `approve` or `open`.
    pub applications: &'static str,
    /// Where people apply; `None` where they cannot.
    pub apply_url: Option<String>,
    /// Where links lead that are made on enrolment; without it none is made.
    pub link_url: Option<String>,
    /// Their domain; empty for the server's own.
    pub link_domain: String,
    /// Whether partners may make links themselves, to the host that `link_url` has.
    pub partners_make_links: bool,
    /// What the program is about.
    pub about: Option<String>,
    /// Where its terms are.
    pub terms_url: Option<String>,
}

/// What is changed of it. What is absent stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ProgramPageChange {
    /// `closed`, `approve` or `open`.
    pub applications: Option<String>,
    /// Where links lead that are made on enrolment, or `null`.
    pub link_url: Given<String>,
    /// Their domain, or `null` for the server's own.
    pub link_domain: Given<String>,
    /// Whether partners may make links themselves.
    pub partners_make_links: Option<bool>,
    /// What the program is about, or `null`.
    pub about: Given<String>,
    /// Where its terms are, or `null`.
    pub terms_url: Given<String>,
}

impl Catalog<'_> {
    /// What a program shows partners.
    pub async fn program_page(&self, id: &str) -> Result<ProgramPage, CatalogError> {
        let page = programs::page(&self.books(), id).await?;
        Ok(self.shown_page(page.ok_or(CatalogError::NotFound("program"))?))
    }

    /// Changes what a program shows partners.
    pub async fn change_program_page(
        &self,
        id: &str,
        change: &ProgramPageChange,
    ) -> Result<ProgramPage, CatalogError> {
        let before = programs::page(&self.books(), id).await?;
        let before = before.ok_or(CatalogError::NotFound("program"))?;
        let mut after = change.applied(before.clone())?;
        after.link_domain = self.own_domain(&after.link_domain).await?;
        let args = args![
            self.org,
            id,
            after.applications.word(),
            after.link_url.as_deref(),
            after.link_domain.as_str(),
            after.partners_make_links,
            after.about.as_deref(),
            after.terms_url.as_deref()
        ];
        let details = edits(&before, &after);
        if !details.is_empty() {
            let mut transaction = self.store.begin().await?;
            transaction.run(&sql::SET, args).await?;
            let change = Change::of(What::ProgramPageSet, id).with(details);
            self.record(transaction.as_mut(), change).await?;
            transaction.commit().await?;
        }
        Ok(self.shown_page(after))
    }

    fn shown_page(&self, page: programs::Page) -> ProgramPage {
        let apply = (page.applications != Applications::Closed)
            .then(|| apply_url(self.public_url, self.org, &page.program_id));
        ProgramPage {
            apply_url: apply,
            program_id: page.program_id,
            applications: page.applications.word(),
            link_url: page.link_url,
            link_domain: page.link_domain,
            partners_make_links: page.partners_make_links,
            about: page.about,
            terms_url: page.terms_url,
        }
    }
}

impl ProgramPageChange {
    fn applied(&self, mut page: programs::Page) -> Result<programs::Page, CatalogError> {
        if let Some(word) = &self.applications {
            let found = Applications::ALL.iter().find(|one| one.word() == word);
            page.applications = *found.ok_or_else(|| {
                CatalogError::invalid("applications", "must be closed, approve or open")
            })?;
        }
        if let Some(may) = self.partners_make_links {
            page.partners_make_links = may;
        }
        let url = |field, given: &String| check::url(field, given);
        set(&mut page.link_url, &self.link_url, |given| {
            url("linkUrl", given)
        })?;
        set(&mut page.terms_url, &self.terms_url, |given| {
            url("termsUrl", given)
        })?;
        set(&mut page.about, &self.about, |given| {
            check::limited("about", given, ABOUT_MAX_CHARS)
        })?;
        match &self.link_domain {
            Given::Absent => {}
            Given::Null => page.link_domain.clear(),
            Given::Value(given) => page.link_domain = check::domain("linkDomain", Some(given))?,
        }
        if page.partners_make_links && page.link_url.is_none() {
            let message = "needs linkUrl: partners' links lead to its host";
            return Err(CatalogError::invalid("partnersMakeLinks", message));
        }
        Ok(page)
    }
}

fn set(
    value: &mut Option<String>,
    given: &Given<String>,
    checked: impl Fn(&String) -> Result<String, CatalogError>,
) -> Result<(), CatalogError> {
    match given {
        Given::Absent => {}
        Given::Null => *value = None,
        Given::Value(text) => *value = Some(checked(text)?),
    }
    Ok(())
}

fn edits(before: &programs::Page, after: &programs::Page) -> Details {
    let (a, b) = (before.applications.word(), after.applications.word());
    Details::default()
        .edit("applications", a, b)
        .edit("linkUrl", &before.link_url, &after.link_url)
        .edit("linkDomain", &before.link_domain, &after.link_domain)
        .edit(
            "partnersMakeLinks",
            &before.partners_make_links,
            &after.partners_make_links,
        )
        .edit("about", &before.about, &after.about)
        .edit("termsUrl", &before.terms_url, &after.terms_url)
}

/// Where people apply to be a partner.
fn apply_url(public_url: &str, org: &str, program_id: &str) -> String {
    let org = org.strip_prefix("org_").unwrap_or(org);
    format!("{public_url}/portal/apply/{org}/{program_id}")
}

/// Whether a link of a partner's own making may lead somewhere: to the host of the program's links.
pub fn may_lead(page: &programs::Page, url: &str) -> bool {
    let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_lowercase);
    let allowed = page.link_url.as_deref().and_then(host);
    page.partners_make_links && allowed.is_some() && host(url) == allowed
}
