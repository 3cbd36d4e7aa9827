//! Links: a short address that records a click and leads on. A key is taken once and for all: a deleted
//! link does not free it, since its short address is out in the world.

use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Listed, Page, Partner, check};
use crate::books::links::{self, By};
use crate::books::programs;
use crate::books::statements::links as sql;
use crate::changes::{Change, Details, What};
use crate::store::{StoreError, Transaction};
use crate::{args, id};

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
    /// Its key; one is made of the partner's name where absent.
    pub key: Option<String>,
    /// Where it leads; where the program's links lead where absent.
    pub url: Option<String>,
    /// Whose it is.
    pub partner_id: Option<String>,
    /// Its program; the oldest where absent.
    pub program_id: Option<String>,
    /// Its domain; the program's where absent, and the server's own where that has none.
    pub domain: Option<String>,
}

/// What a link is made of, but for its key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) program_id: &'a str,
    pub(super) partner_id: &'a str,
    pub(super) domain: &'a str,
    pub(super) url: &'a str,
}

/// How many keys are tried for a link that is made without one.
const KEYS_TRIED: usize = 8;
/// The longest key that follows from a name, in characters.
const KEY_OF_NAME_MAX_CHARS: usize = 24;

/// A key that follows from a name. An e-mail address makes none: a link is for everybody to see.
fn key_of(name: &str) -> Option<String> {
    if name.contains('@') {
        return None;
    }
    let mut key = String::new();
    for c in name.trim().to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => key.push(c),
            _ if !key.is_empty() && !key.ends_with('-') => key.push('-'),
            _ => {}
        }
    }
    let key: String = key.chars().take(KEY_OF_NAME_MAX_CHARS).collect();
    let key = key.trim_matches('-');
    (key.len() >= 2).then(|| key.to_owned())
}

/// What a partner shares.
pub fn short_url(public_url: &str, domain: &str, key: &str) -> String {
    if domain.is_empty() {
        format!("{public_url}/r/{key}")
    } else {
        format!("https://{domain}/{key}")
    }
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
        let key = new.key.as_deref();
        let key = key.map(|key| check::key("key", key)).transpose()?;
        let given = new.url.as_deref();
        let given = given.map(|url| check::url("url", url)).transpose()?;
        let domain = new.domain.as_deref();
        let given_domain = domain.map(|domain| check::domain("domain", Some(domain)));
        let given_domain = given_domain.transpose()?;
        let partner = self.partner_named(new.partner_id.as_deref()).await?;
        let program_id = self.program_id(new.program_id.as_deref()).await?;
        let page = programs::page(&self.books(), &program_id).await?;
        let page = page.unwrap_or_default();
        let url = given.or(page.link_url);
        let url = check::required("url", url.as_deref())?;
        let domain = given_domain.unwrap_or(page.link_domain);
        let domain = self.own_domain(&domain).await?;
        let made = Made {
            program_id: &program_id,
            partner_id: &partner.id,
            domain: &domain,
            url,
        };
        let mut transaction = self.store.begin().await?;
        let link = match &key {
            None => self.make_link(transaction.as_mut(), made, &partner).await?,
            Some(key) => {
                let link = self.link_of_key(transaction.as_mut(), made, key).await?;
                link.ok_or_else(|| CatalogError::invalid("key", "is taken: choose another"))?
            }
        };
        transaction.commit().await?;
        Ok(link)
    }

    /// Makes a link, within a transaction, with a key that follows from the partner's name, or with one drawn at random.
    pub(super) async fn make_link(
        &self,
        transaction: &mut dyn Transaction,
        made: Made<'_>,
        partner: &Partner,
    ) -> Result<Link, StoreError> {
        let name = key_of(&partner.name);
        for attempt in 0..KEYS_TRIED {
            let random = self.random_part();
            let key = match (&name, attempt) {
                (None, _) => random,
                (Some(name), 0) => name.clone(),
                (Some(name), _) => format!("{name}-{random}"),
            };
            let taken = args![made.domain, key.as_str()];
            if check::key("key", &key).is_err()
                || !transaction.run(&sql::IS_TAKEN, taken).await?.is_empty()
            {
                continue;
            }
            if let Some(link) = self.link_of_key(transaction, made, &key).await? {
                return Ok(link);
            }
        }
        Err(StoreError::Conflict)
    }

    fn random_part(&self) -> String {
        hex::encode(self.ids.random::<3>())
    }

    /// Makes a link of this key; `None` where it is taken.
    async fn link_of_key(
        &self,
        transaction: &mut dyn Transaction,
        made: Made<'_>,
        key: &str,
    ) -> Result<Option<Link>, StoreError> {
        let id = self.ids.make(id::LINK);
        let args = args![made.domain, key, self.org, id.as_str()];
        if transaction.run(&sql::TAKE_KEY, args).await?.is_empty() {
            return Ok(None);
        }
        let args = args![
            self.org,
            id.as_str(),
            made.program_id,
            made.partner_id,
            made.domain,
            key,
            made.url,
            self.now.0
        ];
        transaction.run(&sql::INSERT, args).await?;
        let details = Details::default()
            .set("key", key)
            .set("domain", made.domain)
            .set("url", made.url)
            .set("partnerId", made.partner_id)
            .set("programId", made.program_id);
        let change = Change::of(What::LinkCreated, &id).with(details);
        self.record(transaction, change).await?;
        Ok(Some(Link {
            short_url: self.short_url(made.domain, key),
            id,
            domain: made.domain.to_owned(),
            key: key.to_owned(),
            url: made.url.to_owned(),
            partner_id: made.partner_id.to_owned(),
            program_id: made.program_id.to_owned(),
            created_at: self.now.to_string(),
        }))
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
        let rows = transaction.run(&sql::HOLD, args![self.org, id]).await?;
        let Some(before) = rows.first() else {
            return Ok(());
        };
        let details = Details::default().edit("url", before.text("url")?, url);
        if details.is_empty() {
            return Ok(());
        }
        transaction
            .run(&sql::SET_URL, args![self.org, id, url])
            .await?;
        let change = Change::of(What::LinkChanged, id).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await
    }

    /// Deletes a link: it leads nowhere any more, and what it has brought stays.
    pub async fn delete_link(&self, id: &str) -> Result<(), CatalogError> {
        let mut transaction = self.store.begin().await?;
        let args = args![self.org, id, self.now.0];
        let deleted = transaction.run(&sql::DELETE, args).await?;
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
        short_url(self.public_url, domain, key)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_follows_from_a_name_but_never_from_an_address() {
        assert_eq!(key_of("Alice B. Müller").as_deref(), Some("alice-b-m-ller"));
        assert_eq!(key_of("  --x9 ").as_deref(), Some("x9"));
        assert_eq!(
            key_of(&"long ".repeat(20)).as_deref(),
            Some("long-long-long-long-long")
        );
        for none in ["alice@example.com", "日本", "a", ""] {
            assert_eq!(key_of(none), None, "{none}");
        }
    }
}
