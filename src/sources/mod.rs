//! Webhook sources: which deliveries come to which organization, and what they are verified with.
//!
//! A source without a secret cannot exist. Secrets go in and are never shown again.

mod cache;
pub mod odd;
pub mod setup;

use providers::settings::SettingError;
use providers::{Adapter, Micros, Secret, Settings};
use thiserror::Error;

pub use cache::SourceCache;

use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::sources as sql;
use crate::changes::{self, Change, Details, What};
use crate::id::{self, IdSource};
use crate::seal::{Seal, SealError};
use crate::store::{Row, Store, StoreError, Transaction};

/// A webhook source.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub organization_id: String,
    /// The processor's id.
    pub processor: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// `active`, `closed` (by the processor; still heard), `disabled`, `removed`.
    pub status: String,
    /// What the owner has set.
    pub settings: Settings,
    /// What deliveries are verified with; newest first.
    pub secrets: Vec<Secret>,
    /// When it was added.
    pub created_at: Micros,
    /// Whether `/webhooks/{processor}` is its address.
    pub is_default: bool,
}

/// Why a source cannot be added or changed.
#[derive(Debug, Error)]
pub enum SourceError {
    /// No such processor.
    #[error("there is no processor of this name")]
    Processor,
    /// No secret given.
    #[error("a source needs at least one secret")]
    NoSecret,
    /// A secret that cannot be one.
    #[error(transparent)]
    Secret(#[from] providers::secret::SecretError),
    /// A setting that cannot be used.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// No such source.
    #[error("there is no source of this id")]
    Unknown,
    /// The short address of the processor leads to another organization's source.
    #[error(
        "/webhooks/{processor} leads to {source_id}, a source of another organization: take the secrets out of the settings, \
         and add the source with `tributary sources add {processor}`, which gives it an address of its own; \
         `tributary sources default ID` then gives it the short one"
    )]
    ForeignRoute {
        /// The processor.
        processor: String,
        /// Where its short address leads.
        source_id: String,
    },
    /// The short address is not for this source.
    #[error(
        "/webhooks/{0} is for sources of the oldest organization alone: `tributary sources list` shows this one's own address"
    )]
    NotOldest(String),
    /// The stored secrets cannot be read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Those of one source cannot.
    #[error("{id}: {cause}")]
    Sealed {
        /// The source.
        id: String,
        /// Why.
        cause: SealError,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A source to be added.
#[derive(Debug, Clone)]
pub struct NewSource<'a> {
    /// The processor's id.
    pub processor: &'a str,
    /// What deliveries are verified with.
    pub secrets: Vec<Secret>,
    /// Live or test ledger.
    pub livemode: bool,
    /// What the owner sets.
    pub settings: Settings,
    /// Whether it may get its processor's short address.
    pub may_be_default: bool,
}

/// What finding sources takes, and, with a [`WriteScope`], changing them.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// Seals secrets.
    pub seal: &'a Seal,
    /// Ids.
    pub ids: &'a IdSource,
    /// The time.
    pub now: Micros,
}

/// The processor of a name.
///
/// # Errors
/// [`SourceError::Processor`].
pub fn adapter(processor: &str) -> Result<&'static dyn Adapter, SourceError> {
    providers::adapter(processor).ok_or(SourceError::Processor)
}

impl Desk<'_> {
    /// Adds a source. The first that the server's own organization, the oldest, has of a processor gets the short
    /// address `/webhooks/{processor}`, unless it is told not to.
    pub async fn add(
        &self,
        scope: &WriteScope<'_>,
        new: NewSource<'_>,
    ) -> Result<Source, SourceError> {
        self.add_as(scope, self.ids.make(id::SOURCE), new).await
    }

    /// The same under an id that was made before, so that its address could be shown.
    pub async fn add_as(
        &self,
        scope: &WriteScope<'_>,
        id: String,
        new: NewSource<'_>,
    ) -> Result<Source, SourceError> {
        let org = scope.org;
        let adapter = adapter(new.processor)?;
        adapter.check_settings(&new.settings)?;
        if new.secrets.is_empty() {
            return Err(SourceError::NoSecret);
        }
        let secrets = self.sealed(&id, &new.secrets)?;
        let settings = serde_json::to_string(&new.settings).unwrap_or_default();
        let mut transaction = self.store.begin().await?;
        let args = args![
            org,
            id.as_str(),
            new.processor,
            new.livemode,
            settings,
            secrets,
            self.now.0
        ];
        transaction.run(&sql::INSERT, args).await?;
        let args = args![id.as_str(), org, id.as_str()];
        let routed = transaction.run(&sql::INSERT_ROUTE, args).await?;
        if routed.is_empty() {
            return Err(StoreError::Conflict.into());
        }
        let mut is_default = false;
        if new.may_be_default {
            let args = args![new.processor, org, id.as_str()];
            let default = transaction.run(&sql::INSERT_DEFAULT_ROUTE, args).await?;
            is_default = !default.is_empty();
        }
        let details = Details::default()
            .set("processor", new.processor)
            .set("livemode", new.livemode)
            .set("settings", &new.settings)
            .set("secrets", new.secrets.len())
            .set("isDefault", is_default);
        let change = Change::of(What::SourceCreated, &id).with(details);
        changes::record(transaction.as_mut(), scope, change).await?;
        transaction.commit().await?;
        Ok(Source {
            id,
            organization_id: org.to_owned(),
            processor: new.processor.to_owned(),
            livemode: new.livemode,
            status: "active".to_owned(),
            settings: new.settings,
            secrets: new.secrets,
            created_at: self.now,
            is_default,
        })
    }

    /// All sources of an organization, oldest first.
    pub async fn list(&self, org: &str) -> Result<Vec<Source>, SourceError> {
        let rows = self.store.read(&sql::LIST, args![org]).await?;
        rows.iter().map(|row| self.source(row)).collect()
    }

    /// One source of an organization.
    pub async fn get(&self, org: &str, id: &str) -> Result<Source, SourceError> {
        let all = self.list(org).await?;
        all.into_iter()
            .find(|source| source.id == id)
            .ok_or(SourceError::Unknown)
    }

    /// Adds a secret to a source, before those it has; `only` drops the old ones at once.
    pub async fn rotate(
        &self,
        scope: &WriteScope<'_>,
        id: &str,
        secret: Secret,
        only: bool,
    ) -> Result<Source, SourceError> {
        self.change(scope, id, |source| {
            if only {
                source.secrets.clear();
            }
            source.add_secret(secret);
        })
        .await
    }

    /// Gives a source of the oldest organization the short address of its processor. Answers the source that had it,
    /// if another did: that has its long address left.
    ///
    /// # Errors
    /// [`SourceError::NotOldest`], [`SourceError::Unknown`].
    pub async fn make_default(
        &self,
        scope: &WriteScope<'_>,
        id: &str,
    ) -> Result<Option<Source>, SourceError> {
        let org = scope.org;
        let source = self.get(org, id).await?;
        let before = self.by_route(&source.processor).await?;
        let mut transaction = self.store.begin().await?;
        let args = args![source.processor.as_str(), org, id];
        let moved = transaction.run(&sql::MOVE_DEFAULT_ROUTE, args).await?;
        if moved.is_empty() {
            return Err(SourceError::NotOldest(source.processor));
        }
        let had_it = before.filter(|before| before.id != id);
        let details = Details::default()
            .set("processor", &source.processor)
            .set("before", had_it.as_ref().map(|before| &before.id));
        let change = Change::of(What::SourceRouted, id).with(details);
        changes::record(transaction.as_mut(), scope, change).await?;
        transaction.commit().await?;
        Ok(had_it.map(|source| Source {
            is_default: false,
            ..source
        }))
    }

    /// Changes a source's settings, status or secrets. Of two changes at the same time each finds what the other
    /// has written.
    pub async fn change(
        &self,
        scope: &WriteScope<'_>,
        id: &str,
        change: impl FnOnce(&mut Source) + Send,
    ) -> Result<Source, SourceError> {
        let org = scope.org;
        let mut transaction: Box<dyn Transaction> = self.store.begin().await?;
        transaction.run(&sql::HOLD, args![org, id]).await?;
        let rows = transaction.run(&sql::GET, args![org, id]).await?;
        let mut source = self.source(rows.first().ok_or(SourceError::Unknown)?)?;
        let before = source.clone();
        change(&mut source);
        if source.secrets.is_empty() && source.status != REMOVED {
            return Err(SourceError::NoSecret);
        }
        adapter(&source.processor)?.check_settings(&source.settings)?;
        let secrets = self.sealed(&source.id, &source.secrets)?;
        let settings = serde_json::to_string(&source.settings).unwrap_or_default();
        let args = args![
            source.organization_id.as_str(),
            source.id.as_str(),
            source.status.as_str(),
            settings,
            secrets
        ];
        transaction.run(&sql::UPDATE, args).await?;
        let details = before.edits(&source);
        if !details.is_empty() {
            let change = Change::of(What::SourceSet, id).with(details);
            changes::record(transaction.as_mut(), scope, change).await?;
        }
        transaction.commit().await?;
        Ok(source)
    }

    /// Whether what is stored opens with this program's master key. Asked before anything is sealed: what another key has sealed
    /// beside it, no single key would open.
    ///
    /// # Errors
    /// [`SourceError::Seal`], [`SourceError::Sealed`]: it is missing, or another one.
    pub async fn check_master_key(&self) -> Result<(), SourceError> {
        let rows = self.store.read(&sql::SOME, args![]).await?;
        rows.iter().try_for_each(|row| self.source(row).map(drop))?;
        let keys = self.store.read(&sql::KEYS, args![]).await?;
        for row in &keys {
            self.seal.has_key_of(row.bytes("key")?)?;
        }
        Ok(())
    }

    /// Takes a source away: its secrets are gone for good, its short address is free, and it hears nothing more. Its deliveries and what they led to
    /// stay. Goes without the key that its secrets are sealed with.
    pub async fn remove(&self, scope: &WriteScope<'_>, id: &str) -> Result<Source, SourceError> {
        let mut transaction = self.store.begin().await?;
        transaction.run(&sql::HOLD, args![scope.org, id]).await?;
        let rows = transaction.run(&sql::GET, args![scope.org, id]).await?;
        let before = rows.first().ok_or(SourceError::Unknown)?.text("status")?;
        let details = Details::default().edit("status", before, REMOVED);
        let args = args![scope.org, id, self.sealed(id, &[])?];
        transaction.run(&sql::REMOVE, args).await?;
        if !details.is_empty() {
            let change = Change::of(What::SourceSet, id).with(details);
            changes::record(transaction.as_mut(), scope, change).await?;
        }
        let rows = transaction.run(&sql::GET, args![scope.org, id]).await?;
        let source = self.source(rows.first().ok_or(SourceError::Unknown)?)?;
        let args = args![source.processor.as_str(), scope.org, id];
        transaction.run(&sql::FREE_ROUTE, args).await?;
        transaction.commit().await?;
        Ok(Source {
            is_default: false,
            ..source
        })
    }

    /// The organization and id of the source that a route leads to, as in [`Self::by_route`]; its secrets are not read.
    pub async fn at_route(&self, route: &str) -> Result<Option<(String, String)>, SourceError> {
        let rows = self.store.read(&sql::ROUTE, args![route]).await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let (org, id) = (row.text("organization_id")?, row.text("source_id")?);
        Ok(Some((org.to_owned(), id.to_owned())))
    }

    /// The source that a route leads to: a source's id, or a processor's id for its default source.
    pub async fn by_route(&self, route: &str) -> Result<Option<Source>, SourceError> {
        let Some((org, id)) = self.at_route(route).await? else {
            return Ok(None);
        };
        let rows = self.store.read(&sql::GET, args![org, id]).await?;
        rows.first().map(|row| self.source(row)).transpose()
    }

    fn sealed(&self, id: &str, secrets: &[Secret]) -> Result<Vec<u8>, SourceError> {
        let texts: Vec<&str> = secrets.iter().map(Secret::expose).collect();
        let plain = serde_json::to_vec(&texts).unwrap_or_default();
        Ok(self.seal.seal(&plain, id, self.ids)?)
    }

    fn source(&self, row: &Row) -> Result<Source, SourceError> {
        let id = row.text("id")?.to_owned();
        let opened = self.seal.open(row.bytes("secrets")?, &id);
        let plain = opened.map_err(|cause| SourceError::Sealed {
            id: id.clone(),
            cause,
        })?;
        let texts: Vec<String> =
            serde_json::from_slice(&plain).map_err(|_damaged| SealError::Damaged)?;
        let secrets = texts.iter().map(|text| Secret::new(text));
        Ok(Source {
            organization_id: row.text("organization_id")?.to_owned(),
            processor: row.text("processor")?.to_owned(),
            livemode: row.flag("livemode")?,
            status: row.text("status")?.to_owned(),
            settings: Settings::from_json(row.text("settings")?)
                .ok_or(StoreError::Corrupt("sources.settings"))?,
            secrets: secrets.collect::<Result<_, _>>()?,
            created_at: Micros(row.int("created_at")?),
            is_default: row.flag("is_default")?,
            id,
        })
    }
}

/// What has been taken away.
pub const REMOVED: &str = "removed";

/// The most secrets a source keeps; the oldest goes when another comes.
pub const KEPT_SECRETS: usize = 5;

impl Source {
    /// What differs: of secrets how many there are, and that they are others.
    fn edits(&self, after: &Self) -> Details {
        let details = Details::default()
            .edit("status", &self.status, &after.status)
            .edit("settings", &self.settings, &after.settings);
        let (before, after) = (&self.secrets, &after.secrets);
        if before.len() == after.len() {
            details.covered("secrets", before, after)
        } else {
            details.edit("secrets", &before.len(), &after.len())
        }
    }

    /// Adds a secret before those that there are; the oldest goes where there are too many.
    pub fn add_secret(&mut self, secret: Secret) {
        self.secrets.retain(|known| *known != secret);
        self.secrets.insert(0, secret);
        self.secrets.truncate(KEPT_SECRETS);
    }

    /// Whether deliveries to it are taken.
    pub fn is_open(&self) -> bool {
        self.status != "disabled" && self.status != REMOVED
    }

    /// The address to paste into the processor's dashboard.
    pub fn url(&self, public_url: &str) -> String {
        let base = public_url.trim_end_matches('/');
        if self.is_default {
            format!("{base}/webhooks/{}", self.processor)
        } else {
            format!("{base}/webhooks/{}/{}", self.processor, self.id)
        }
    }
}

/// Whether only this machine reaches an address.
pub fn is_local(url: &str) -> bool {
    let host = url::Url::parse(url);
    match host.as_ref().map(url::Url::host) {
        Ok(Some(url::Host::Ipv4(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(Some(url::Host::Ipv6(ip))) => ip.is_loopback() || ip.is_unspecified(),
        Ok(Some(url::Host::Domain(domain))) => domain == "localhost",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_only_this_machine_reaches_is_recognized() {
        assert!(is_local("http://127.0.0.1:8080/webhooks/stripe"));
        assert!(is_local("http://0.0.0.0:8080/webhooks/stripe"));
        assert!(is_local("http://[::1]:8080/webhooks/stripe"));
        assert!(is_local("http://localhost:8080/webhooks/stripe"));
        assert!(!is_local("https://pay.example.com/webhooks/stripe"));
    }
}
