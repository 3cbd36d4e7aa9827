//! Own domains of links: hosts that belong to links alone. A domain belongs to the organization that first used it, and a visitor whose link is not
//! known there is led to its fallback address, where it has one.

use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Given, check};
use crate::args;
use crate::books::domains;
use crate::books::statements::domains as sql;
use crate::changes::{Change, Details, What};

/// A domain of links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// The host's name.
    pub domain: String,
    /// Where a visitor is led whose link is not known; `None`: a page says that the link leads nowhere.
    pub fallback_url: Option<String>,
    /// When it was taken.
    pub created_at: String,
}

/// A domain to be taken, or changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewDomain {
    /// The host's name.
    pub domain: Option<String>,
    /// Where a visitor is led whose link is not known, or `null`.
    pub fallback_url: Given<String>,
}

impl Catalog<'_> {
    /// The organization's domains.
    pub async fn domains(&self) -> Result<Vec<Domain>, CatalogError> {
        let found = domains::of(&self.books()).await?;
        Ok(found.into_iter().map(Domain::of).collect())
    }

    /// Takes a domain, or changes where it leads those whose link is not known.
    pub async fn set_domain(&self, new: &NewDomain) -> Result<Domain, CatalogError> {
        let domain = check::required("domain", new.domain.as_deref())?;
        let domain = check::domain("domain", Some(domain))?;
        if domain.is_empty() || domain == self.own_host() {
            let message = "must be another host than the server's own, for example go.example.com";
            return Err(CatalogError::invalid("domain", message));
        }
        let fallback = match &new.fallback_url {
            Given::Value(url) => Some(check::url("fallbackUrl", url)?),
            Given::Absent | Given::Null => None,
        };
        let before = self.own_domain_row(&domain).await?;
        if before.is_none() {
            may_be_taken(&domain, self.own_host())?;
        }
        let mut transaction = self.store.begin().await?;
        let args = args![domain.as_str(), self.org, self.now.0];
        transaction.run(&sql::TAKE, args).await?;
        if new.fallback_url != Given::Absent {
            let args = args![domain.as_str(), self.org, fallback.as_deref()];
            transaction.run(&sql::SET, args).await?;
        }
        let kept = before.as_ref().and_then(|row| row.fallback_url.clone());
        let after = if new.fallback_url == Given::Absent {
            kept.clone()
        } else {
            fallback
        };
        let details = Details::default()
            .set("domain", &domain)
            .edit("fallbackUrl", &kept, &after);
        let change = Change::of(What::DomainSet, &domain).with(details);
        self.record(transaction.as_mut(), change).await?;
        transaction.commit().await?;
        let row = self.own_domain_row(&domain).await?;
        row.map(Domain::of).ok_or_else(taken)
    }

    /// Lets a domain go that no link has ever had.
    pub async fn delete_domain(&self, domain: &str) -> Result<(), CatalogError> {
        let row = self.own_domain_row(domain).await;
        if !matches!(row, Ok(Some(_))) {
            return Err(CatalogError::NotFound("domain"));
        }
        let mut transaction = self.store.begin().await?;
        let args = args![domain, self.org];
        if transaction.run(&sql::LET_GO, args).await?.is_empty() {
            return Err(CatalogError::invalid(
                "domain",
                "has links: their short addresses are out in the world",
            ));
        }
        let change = Change::of(What::DomainDeleted, domain);
        self.record(transaction.as_mut(), change).await?;
        Ok(transaction.commit().await?)
    }

    /// A domain as a link stands with it: empty for the server's own. It is taken with the first link.
    pub(super) async fn own_domain(&self, domain: &str) -> Result<String, CatalogError> {
        if domain.is_empty() || domain == self.own_host() {
            return Ok(String::new());
        }
        if self.own_domain_row(domain).await?.is_none() {
            may_be_taken(domain, self.own_host())?;
            let mut transaction = self.store.begin().await?;
            let args = args![domain, self.org, self.now.0];
            transaction.run(&sql::TAKE, args).await?;
            transaction.commit().await?;
            self.own_domain_row(domain).await?.ok_or_else(taken)?;
        }
        Ok(domain.to_owned())
    }

    async fn own_domain_row(&self, domain: &str) -> Result<Option<domains::Domain>, CatalogError> {
        let found = domains::find(self.store, domain).await?;
        match found {
            Some(row) if row.organization_id != self.org => Err(taken()),
            found => Ok(found),
        }
    }

    fn own_host(&self) -> &str {
        self.public_url.split("//").nth(1).unwrap_or_default()
    }
}

/// Refuses what is no name of a host in the world, and what the server itself may be reached by: it would have no dashboard there any more, for nobody.
fn may_be_taken(domain: &str, own_host: &str) -> Result<(), CatalogError> {
    let own_name = own_host.split(':').next().unwrap_or_default();
    if domain == own_name || !is_in_the_world(domain) {
        let message = "must be the name of a host in the world that leads to links alone, for example go.example.com";
        return Err(CatalogError::invalid("domain", message));
    }
    Ok(())
}

/// Whether it is a name of several parts, and neither an address nor a name that every machine gives itself.
fn is_in_the_world(domain: &str) -> bool {
    const LABEL_MAX_CHARS: usize = 63;
    let is_label = |label: &str| {
        (1..=LABEL_MAX_CHARS).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let Some((_, last)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_address = last.chars().all(|c| c.is_ascii_digit());
    domain.split('.').all(is_label)
        && !is_address
        && !["localhost", "local", "internal"].contains(&last)
}

fn taken() -> CatalogError {
    CatalogError::invalid("domain", "is another organization's")
}

impl Domain {
    fn of(row: domains::Domain) -> Self {
        Self {
            domain: row.domain,
            fallback_url: row.fallback_url,
            created_at: row.created_at.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_is_reached_by_is_no_domain_of_links() {
        let may = |domain: &str| may_be_taken(domain, "pay.acme.com:8443").is_ok();
        for domain in [
            "go.acme.com",
            "acme.link",
            "a-1.b.example",
            "xn--bcher-kva.example",
        ] {
            assert!(may(domain), "{domain}");
        }
        for domain in [
            "pay.acme.com",
            "localhost",
            "app.localhost",
            "127.0.0.1",
            "10.1",
            "pay.internal",
            "nas.local",
            "server",
            "a..b",
            "go.acme.com.",
            ".acme.com",
            "-a.example",
            "go.acme.com:8080",
        ] {
            assert!(!may(domain), "{domain}");
        }
    }
}
