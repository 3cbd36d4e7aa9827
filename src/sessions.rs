//! Signing in to the dashboard: links that work once and for a short time, and the sessions they open.
//!
//! Links and sessions are drawn at random, shown once and stored as a digest. Who is signed in is the owner: of one organization, or of the whole
//! server where the link was made for it. Nothing here knows a cookie or a page.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use providers::Micros;

use crate::args;
use crate::id::{IdSource, key_digest};
use crate::organization;
use crate::store::{Statement, Store, StoreError};

/// For how long a link works, in minutes.
pub const LINK_MINUTES: i64 = 15;

/// For how long somebody stays signed in.
pub const SESSION_SECONDS: i64 = 14 * 86_400;

static INVITE: Statement = Statement::new(
    "insert into sign_ins (digest, organization_id, created_at, expires_at) values ($1, $2, $3, $4)",
);
static FORGET_LINKS: Statement = Statement::new("delete from sign_ins where expires_at < $1");
static REDEEM: Statement = Statement::new(
    "update sign_ins set used_at = $2 where digest = $1 and used_at is null and expires_at > $2
     returning organization_id",
);
static BEGIN: Statement = Statement::new(
    "insert into sessions (digest, organization_id, everywhere, created_at, expires_at)
     values ($1, $2, $3, $4, $5)",
);
static FIND: Statement = Statement::new(
    "select organization_id, everywhere, expires_at from sessions
     where digest = $1 and ended_at is null and expires_at > $2",
);
static END: Statement =
    Statement::new("update sessions set ended_at = $2 where digest = $1 and ended_at is null");
static SWITCH: Statement = Statement::new(
    "update sessions set organization_id = $2
     where digest = $1 and everywhere = 1 and ended_at is null
         and exists (select 1 from organizations o where o.id = $2)
     returning organization_id",
);
static ANY: Statement = Statement::new("select digest from sessions limit 1");

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[
    &INVITE,
    &FORGET_LINKS,
    &REDEEM,
    &BEGIN,
    &FIND,
    &END,
    &SWITCH,
    &ANY,
];

/// A secret as its owner sees it, once. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn new(ids: &IdSource) -> Self {
        Self(URL_SAFE_NO_PAD.encode(ids.random::<32>()))
    }

    /// The secret itself, for the one who is to have it; never for logs or storage.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn digest(&self) -> String {
        digest(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The organization that is looked at.
    pub organization_id: String,
    /// Whether others may be looked at too.
    pub everywhere: bool,
    /// Until when.
    pub expires_at: Micros,
}

/// Makes a link's secret, for the owner of an organization, or of the whole server. What is over is forgotten.
pub async fn invite(
    store: &dyn Store,
    ids: &IdSource,
    organization_id: Option<&str>,
    now: Micros,
) -> Result<Token, StoreError> {
    let token = Token::new(ids);
    let until = now.plus_seconds(LINK_MINUTES * 60);
    let mut transaction = store.begin().await?;
    transaction.run(&FORGET_LINKS, args![now.0]).await?;
    let args = args![token.digest(), organization_id, now.0, until.0];
    transaction.run(&INVITE, args).await?;
    transaction.commit().await?;
    Ok(token)
}

/// Opens a session with a link's secret; `None` where it was used, is over, or never was.
pub async fn redeem(
    store: &dyn Store,
    ids: &IdSource,
    link: &str,
    now: Micros,
) -> Result<Option<Token>, StoreError> {
    let oldest = organization::list(store).await?.into_iter().next();
    let mut transaction = store.begin().await?;
    let rows = transaction.run(&REDEEM, args![digest(link), now.0]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let only = row.opt_text("organization_id")?.map(str::to_owned);
    let everywhere = only.is_none();
    let Some(organization_id) = only.or(oldest.map(|oldest| oldest.id)) else {
        return Ok(None);
    };
    let session = Token::new(ids);
    let until = now.plus_seconds(SESSION_SECONDS);
    let args = args![
        session.digest(),
        organization_id,
        everywhere,
        now.0,
        until.0
    ];
    transaction.run(&BEGIN, args).await?;
    transaction.commit().await?;
    Ok(Some(session))
}

/// Who has this session.
pub async fn find(
    store: &dyn Store,
    token: &str,
    now: Micros,
) -> Result<Option<Session>, StoreError> {
    let rows = store.read(&FIND, args![digest(token), now.0]).await?;
    let session = rows.first().map(|row| {
        Ok(Session {
            organization_id: row.text("organization_id")?.to_owned(),
            everywhere: row.flag("everywhere")?,
            expires_at: Micros(row.int("expires_at")?),
        })
    });
    session.transpose()
}

/// Ends a session.
pub async fn end(store: &dyn Store, token: &str, now: Micros) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction.run(&END, args![digest(token), now.0]).await?;
    transaction.commit().await
}

/// Looks at another organization from here on; `false` where the session may not, or there is none of this id.
pub async fn switch(
    store: &dyn Store,
    token: &str,
    organization_id: &str,
) -> Result<bool, StoreError> {
    let mut transaction = store.begin().await?;
    let args = args![digest(token), organization_id];
    let switched = !transaction.run(&SWITCH, args).await?.is_empty();
    transaction.commit().await?;
    Ok(switched)
}

/// Whether anybody has ever signed in.
pub async fn anybody(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(!store.read(&ANY, args![]).await?.is_empty())
}

fn digest(token: &str) -> String {
    hex::encode(key_digest(token))
}
