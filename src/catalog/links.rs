//! Links: a short address that records a click and leads on. A key is taken once and for all: a deleted
//! link does not free it, since its short address is out in the world.

use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Listed, Page, check};
use crate::books::links::{self, By};
use crate::changes::{Change, Details, What};
use crate::store::{Statement, StoreError};
use crate::{args, id};

static TAKE_KEY: Statement = Statement::new(
    "insert into link_keys (domain, key, organization_id, link_id) values ($1, $2, $3, $4)
     on conflict (domain, key) do nothing returning link_id",
);
static INSERT: Statement = Statement::new(
    "insert into links (organization_id, id, program_id, partner_id, domain, key, url, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)",
);
/// Holds the row until the end of the transaction, so that what it said before is what is replaced.
static HOLD: Statement = Statement::new(
    "update links set url = url where organization_id = $1 and id = $2 and deleted_at is null
     returning url",
);
static SET_URL: Statement = Statement::new(
    "update links set url = $3 where organization_id = $1 and id = $2 and deleted_at is null
     returning id",
);
static DELETE: Statement = Statement::new(
    "update links set deleted_at = $3
     where organization_id = $1 and id = $2 and deleted_at is null
     returning key, domain, partner_id",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&TAKE_KEY, &INSERT, &HOLD, &SET_URL, &DELETE];

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Its id.
    pub id: String,
    /// Its domain; empty for the server's own.
    pub domain: String,
    /// Its key.
    pub key: String,
    /// Where it leads.
    pub url: String,
    /// What partners share.
    pub short_url: String,
    /// Whose it is.
    pub partner_id: String,
    /// Its program.
    pub program_id: String,
    /// When it was made.
    pub created_at: String,
}

/// A link to be made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewLink {
    /// Its key.
    pub key: Option<String>,
    /// Where it leads.
    pub url: Option<String>,
    /// Whose it is.
    pub partner_id: Option<String>,
    /// Its program; the oldest where absent.
    pub program_id: Option<String>,
    /// Its domain; the server's own where absent.
    pub domain: Option<String>,
}

impl Catalog<'_> {
    /// Links, newest first.
    pub async fn links(&self, page: &Page, by: &[By<'_>]) -> Result<Listed<Link>, CatalogError> {
        let found = links::list(&self.books(), by, page.part()).await?;
        let show = |link| self.link_of(link);
        Ok(Listed::found(found, page, |link| &link.id, show))
    }

    /// One link.
    pub async fn link(&self, id: &str) -> Result<Link, CatalogError> {
        let found = links::find(&self.books(), id).await?;
        Ok(self.link_of(found.ok_or(CatalogError::NotFound("link"))?))
    }

    /// The link of a short address.
    pub async fn link_by_key(&self, domain: &str, key: &str) -> Result<Link, CatalogError> {
        let found = links::at(&self.books(), domain, key).await?;
        Ok(self.link_of(found.ok_or(CatalogError::NotFound("link"))?))
    }

    /// Makes a link.
    pub async fn create_link(&self, new: &NewLink) -> Result<Link, CatalogError> {
        let key = check::key("key", check::required("key", new.key.as_deref())?)?;
        let url = check::url("url", check::required("url", new.url.as_deref())?)?;
        let domain = check::domain("domain", new.domain.as_deref())?;
        let partner = self.partner_named(new.partner_id.as_deref()).await?;
        let program_id = self.program_id(new.program_id.as_deref()).await?;
        let id = self.ids.make(id::LINK);
        let mut transaction = self.store.begin().await?;
        let args = args![domain.as_str(), key.as_str(), self.org, id.as_str()];
        if transaction.run(&TAKE_KEY, args).await?.is_empty() {
            return Err(CatalogError::invalid("key", "is taken: choose another"));
        }
        let args = args![
            self.org,
            id.as_str(),
            program_id.as_str(),
            partner.id.as_str(),
            domain.as_str(),
            key.as_str(),
            url.as_str(),
            self.now.0
        ];
        transaction.run(&INSERT, args).await?;
        let details = Details::default()
            .set("key", &key)
            .set("domain", &domain)
            .set("url", &url)
            .set("partnerId", &partner.id)
            .set("programId", &program_id);
        let change = Change::of(What::LinkCreated, &id).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await?;
        Ok(Link {
            short_url: self.short_url(&domain, &key),
            id,
            domain,
            key,
            url,
            partner_id: partner.id,
            program_id,
            created_at: self.now.to_string(),
        })
    }

    /// Makes a link lead elsewhere.
    pub async fn change_link(&self, id: &str, url: Option<&str>) -> Result<Link, CatalogError> {
        if let Some(url) = url {
            let url = check::url("url", url)?;
            self.set_url(id, &url).await?;
        }
        self.link(id).await
    }

    async fn set_url(&self, id: &str, url: &str) -> Result<(), StoreError> {
        let mut transaction = self.store.begin().await?;
        let rows = transaction.run(&HOLD, args![self.org, id]).await?;
        let Some(before) = rows.first() else {
            return Ok(());
        };
        let details = Details::default().edit("url", before.text("url")?, url);
        if details.is_empty() {
            return Ok(());
        }
        transaction.run(&SET_URL, args![self.org, id, url]).await?;
        let change = Change::of(What::LinkChanged, id).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await
    }

    /// Deletes a link: it leads nowhere any more, and what it has brought stays.
    pub async fn delete_link(&self, id: &str) -> Result<(), CatalogError> {
        let mut transaction = self.store.begin().await?;
        let args = args![self.org, id, self.now.0];
        let deleted = transaction.run(&DELETE, args).await?;
        let row = deleted.first().ok_or(CatalogError::NotFound("link"))?;
        let details = Details::default()
            .set("key", row.text("key")?)
            .set("domain", row.text("domain")?)
            .set("partnerId", row.text("partner_id")?);
        let change = Change::of(What::LinkDeleted, id).with(details);
        self.record(transaction.as_mut(), change).await?;
        Ok(transaction.commit().await?)
    }

    fn short_url(&self, domain: &str, key: &str) -> String {
        if domain.is_empty() {
            format!("{}/r/{key}", self.public_url)
        } else {
            format!("https://{domain}/{key}")
        }
    }

    fn link_of(&self, link: links::Link) -> Link {
        Link {
            short_url: self.short_url(&link.domain, &link.key),
            id: link.id,
            domain: link.domain,
            key: link.key,
            url: link.url,
            partner_id: link.partner_id,
            program_id: link.program_id,
            created_at: link.created_at.to_string(),
        }
    }
}
