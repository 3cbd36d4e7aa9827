//! API keys: made once, shown once, stored as a digest.

use providers::Micros;

use crate::args;
use crate::id::{self, ApiKey, IdSource, key_digest};
use crate::store::{Statement, Store, StoreError};

static INSERT: Statement = Statement::new(
    "insert into api_keys (digest, id, organization_id, name, shown, livemode, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
);
static FIND: Statement = Statement::new(
    "select id, organization_id, livemode from api_keys where digest = $1 and revoked_at is null",
);
static LIST: Statement = Statement::new(
    "select id, name, shown, livemode, created_at, revoked_at from api_keys
     where organization_id = $1 order by created_at, id",
);
static REVOKE: Statement = Statement::new(
    "update api_keys set revoked_at = $3
     where organization_id = $1 and id = $2 and revoked_at is null returning id",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&INSERT, &FIND, &LIST, &REVOKE];

/// Who makes a call: the organization of the key, and the ledger it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key's id.
    pub key_id: String,
    /// The organization.
    pub organization_id: String,
    /// Live or test ledger.
    pub livemode: bool,
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedKey {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its beginning, to recognize it by.
    pub shown: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// When it was made, microseconds.
    #[serde(skip)]
    pub created_at: Micros,
    /// When it was revoked, microseconds.
    #[serde(skip)]
    pub revoked_at: Option<Micros>,
}

/// Makes a key and answers it: the only time that it can be seen.
pub async fn create(
    store: &dyn Store,
    ids: &IdSource,
    (org, name, livemode): (&str, &str, bool),
    now: Micros,
) -> Result<(String, ApiKey), StoreError> {
    let key = ids.api_key(livemode);
    let id = add(store, ids, (org, name, livemode), key.expose(), now).await?;
    Ok((id, key))
}

/// Adds a key that the owner has chosen (for containers, `TRIBUTARY_API_KEY`). Adding it again changes
/// nothing.
pub async fn add(
    store: &dyn Store,
    ids: &IdSource,
    (org, name, livemode): (&str, &str, bool),
    token: &str,
    now: Micros,
) -> Result<String, StoreError> {
    let id = ids.make(id::KEY);
    let digest = hex::encode(key_digest(token));
    let shown: String = token.chars().take(14).chain("…".chars()).collect();
    let mut transaction = store.begin().await?;
    let args = args![digest, id.as_str(), org, name, shown, livemode, now.0];
    transaction.run(&INSERT, args).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Whose key this is; `None` for one that was never made or was revoked.
pub async fn find(store: &dyn Store, token: &str) -> Result<Option<Caller>, StoreError> {
    let digest = hex::encode(key_digest(token));
    let rows = store.read(&FIND, args![digest]).await?;
    let caller = rows.first().map(|row| {
        Ok(Caller {
            key_id: row.text("id")?.to_owned(),
            organization_id: row.text("organization_id")?.to_owned(),
            livemode: row.flag("livemode")?,
        })
    });
    caller.transpose()
}

/// An organization's keys, oldest first.
pub async fn list(store: &dyn Store, org: &str) -> Result<Vec<ListedKey>, StoreError> {
    let rows = store.read(&LIST, args![org]).await?;
    rows.iter()
        .map(|row| {
            Ok(ListedKey {
                id: row.text("id")?.to_owned(),
                name: row.text("name")?.to_owned(),
                shown: row.text("shown")?.to_owned(),
                livemode: row.flag("livemode")?,
                created_at: Micros(row.int("created_at")?),
                revoked_at: row.opt_int("revoked_at")?.map(Micros),
            })
        })
        .collect()
}

/// Revokes a key; `false` when there is no such key in use.
pub async fn revoke(
    store: &dyn Store,
    org: &str,
    id: &str,
    now: Micros,
) -> Result<bool, StoreError> {
    let mut transaction = store.begin().await?;
    let revoked = transaction.run(&REVOKE, args![org, id, now.0]).await?;
    transaction.commit().await?;
    Ok(!revoked.is_empty())
}
