//! API keys: made once, shown once, stored as a digest. A key works on one ledger, live or test, and may do what its
//! scopes say.
//!
//! What a key may not do is refused in `http::access`; nothing here knows a route.

use std::collections::BTreeSet;

use providers::Micros;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, LetIn, WriteScope};
use crate::args;
use crate::books::statements::keys as sql;
use crate::changes::{self, Change, Details, What};
use crate::id::{self, ApiKey, stored_digest};
use crate::store::{Row, Store, StoreError};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Report clicks, leads and sales: what a shop's server does.
    Track,
    /// Read whatever the API shows.
    Read,
    /// Everything.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 3] = [Self::Track, Self::Read, Self::Admin];

    /// The scope as it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    /// The scope of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

/// The scopes of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Some scopes; `None` where there is none, since such a key would be of no use.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Option<Self> {
        let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    /// Everything.
    pub fn admin() -> Self {
        Self(BTreeSet::from([Scope::Admin]))
    }

    /// Whether one of them allows what `scope` does.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&Scope::Admin) || self.0.contains(&scope)
    }

    /// Whether all that `others` allow is allowed.
    pub fn cover(&self, others: &Self) -> bool {
        others.0.iter().all(|scope| self.allow(*scope))
    }

    /// The scopes, separated by commas.
    pub fn text(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.word()).collect();
        words.join(",")
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let words = row.text("scopes")?.split(',');
        let scopes: Option<Vec<Scope>> = words.map(Scope::of).collect();
        scopes
            .and_then(Self::new)
            .ok_or(StoreError::Corrupt("api_keys.scopes"))
    }
}

/// Who makes a call: the organization of the key, the ledger it is for, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key, as who changes what is changed with it.
    pub actor: Actor,
    /// The key's id.
    pub key_id: String,
    /// The organization.
    pub organization_id: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// What it may do.
    pub scopes: Scopes,
    /// Until when it works.
    pub expires_at: Option<Micros>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Micros>,
}

impl LetIn for Caller {
    fn actor(&self) -> &Actor {
        &self.actor
    }

    fn org(&self) -> &str {
        &self.organization_id
    }

    fn only(&self) -> Option<bool> {
        self.bound_to()
    }
}

impl Caller {
    /// Whether something of a ledger may be seen and changed: a test key is shown nothing of the live one.
    pub const fn may_see(&self, livemode: bool) -> bool {
        self.livemode || !livemode
    }

    /// The ledger to which this key is bound; `None` where it may see both.
    pub fn bound_to(&self) -> Option<bool> {
        (!self.livemode).then_some(false)
    }
}

/// What a token turns out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A key in use.
    Caller(Caller),
    /// A key whose time is over.
    Expired,
    /// No key, or one that was revoked.
    Nothing,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey<'a> {
    /// What it is for.
    pub name: &'a str,
    /// Live or test ledger.
    pub livemode: bool,
    /// What it may do.
    pub scopes: Scopes,
    /// Until when it works.
    pub expires_at: Option<Micros>,
}

impl<'a> NewKey<'a> {
    /// A key that may do everything in one ledger, for ever.
    pub fn admin(name: &'a str, livemode: bool) -> Self {
        Self {
            name,
            livemode,
            scopes: Scopes::admin(),
            expires_at: None,
        }
    }
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its beginning, to recognize it by.
    pub shown: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Micros,
    /// When it was revoked.
    pub revoked_at: Option<Micros>,
    /// Until when it works.
    pub expires_at: Option<Micros>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Micros>,
}

impl ListedKey {
    /// Whether calls can be made with it.
    pub fn is_in_use(&self, now: Micros) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

/// Makes a key and answers it: the only time that it can be seen.
pub async fn create(
    scope: &WriteScope<'_>,
    new: &NewKey<'_>,
) -> Result<(String, ApiKey), StoreError> {
    let key = scope.ids.api_key(new.livemode);
    let id = scope.ids.make(id::KEY);
    add(scope, (&id, key.expose()), new).await?;
    Ok((id, key))
}

/// Adds a key that the owner has chosen (for containers, `TRIBUTARY_API_KEY`), under an id. Adding it again changes
/// nothing.
pub async fn add(
    scope: &WriteScope<'_>,
    (id, token): (&str, &str),
    new: &NewKey<'_>,
) -> Result<(), StoreError> {
    let digest = stored_digest(token);
    let shown: String = token.chars().take(14).chain("…".chars()).collect();
    let args = args![
        digest,
        id,
        scope.org,
        new.name,
        shown.as_str(),
        new.livemode,
        scope.now.0,
        new.scopes.text(),
        new.expires_at.map(|at| at.0)
    ];
    let mut transaction = scope.store.begin().await?;
    if transaction.run(&sql::INSERT, args).await?.is_empty() {
        return Ok(());
    }
    let details = Details::default()
        .set("name", new.name)
        .set("shown", shown)
        .set("livemode", new.livemode)
        .set("scopes", &new.scopes)
        .set("expiresAt", new.expires_at.map(|at| at.to_string()));
    let change = Change::of(What::KeyCreated, id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await
}

/// Whose key this is.
pub async fn find(store: &dyn Store, token: &str, now: Micros) -> Result<Found, StoreError> {
    let digest = stored_digest(token);
    let rows = store.read(&sql::FIND, args![digest]).await?;
    let Some(row) = rows.first() else {
        return Ok(Found::Nothing);
    };
    let caller = Caller {
        actor: Actor::Key {
            id: row.text("id")?.to_owned(),
            name: row.text("name")?.to_owned(),
        },
        key_id: row.text("id")?.to_owned(),
        organization_id: row.text("organization_id")?.to_owned(),
        livemode: row.flag("livemode")?,
        scopes: Scopes::read(row)?,
        expires_at: row.opt_int("expires_at")?.map(Micros),
        last_used_at: row.opt_int("last_used_at")?.map(Micros),
    };
    if caller.expires_at.is_some_and(|at| at <= now) {
        return Ok(Found::Expired);
    }
    Ok(Found::Caller(caller))
}

/// An organization's keys, oldest first.
pub async fn list(store: &dyn Store, org: &str) -> Result<Vec<ListedKey>, StoreError> {
    let rows = store.read(&sql::LIST, args![org]).await?;
    rows.iter()
        .map(|row| {
            Ok(ListedKey {
                id: row.text("id")?.to_owned(),
                name: row.text("name")?.to_owned(),
                shown: row.text("shown")?.to_owned(),
                livemode: row.flag("livemode")?,
                scopes: Scopes::read(row)?,
                created_at: Micros(row.int("created_at")?),
                revoked_at: row.opt_int("revoked_at")?.map(Micros),
                expires_at: row.opt_int("expires_at")?.map(Micros),
                last_used_at: row.opt_int("last_used_at")?.map(Micros),
            })
        })
        .collect()
}

/// Revokes a key; `false` when there is no such key in use.
pub async fn revoke(scope: &WriteScope<'_>, id: &str) -> Result<bool, StoreError> {
    let mut transaction = scope.store.begin().await?;
    let args = args![scope.org, id, scope.now.0];
    let revoked = transaction.run(&sql::REVOKE, args).await?;
    let Some(key) = revoked.first() else {
        return Ok(false);
    };
    let details = Details::default().set("name", key.text("name")?);
    let change = Change::of(What::KeyRevoked, id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Whether a key is the last live one in use that may do everything, among all of an organization: it must not go.
pub fn is_last(keys: &[ListedKey], id: &str, now: Micros) -> bool {
    let rules =
        |key: &&ListedKey| key.livemode && key.is_in_use(now) && key.scopes.allow(Scope::Admin);
    let mut ruling = keys.iter().filter(rules);
    matches!((ruling.next(), ruling.next()), (Some(only), None) if only.id == id)
}

/// Notes that a key was used.
pub async fn used(store: &dyn Store, org: &str, id: &str, now: Micros) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction.run(&sql::USED, args![org, id, now.0]).await?;
    transaction.commit().await
}
