//! Who may look at what is a partner's: tokens of embedded pages, links that sign in once, and the sessions that these open.
//!
//! Each is drawn at random, shown once and stored as a digest, and belongs to one partner of one organization and to one ledger. It names its
//! organization, so that it is found where that one's rows are. Nothing here knows a page or a cookie, and nothing here logs a token.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use providers::Micros;

use crate::actor::WriteScope;
use crate::args;
use crate::books::access::{self, Grant};
use crate::books::statements::partner_access as sql;
use crate::changes::{self, Change, What};
use crate::id::{IdSource, stored_digest};
use crate::store::{Store, StoreError, Transaction};

/// For how long a merchant's page may show the portal with one token.
pub const EMBED_SECONDS: i64 = 3 * 3_600;
/// For how long a link that signs a partner in works.
pub const LINK_DAYS: i64 = 7;
/// For how long a partner stays signed in.
pub const SESSION_SECONDS: i64 = 30 * 86_400;
/// For how long the link in a mail that ends such mails works.
pub const MAILS_DAYS: i64 = 90;
/// For how long it is known of a token that it was one, so that its page can say that its time is over.
const KNOWN_SECONDS: i64 = 86_400;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Shows the portal in a merchant's page.
    Embed,
    /// Signs in, once.
    Link,
    /// Stays signed in.
    Session,
    /// Ends mails about earnings, from a link in one.
    Mails,
}

impl Kind {
    /// The word under which it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Link => "link",
            Self::Session => "session",
            Self::Mails => "mails",
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Embed => "pt_",
            Self::Link => "pl_",
            Self::Session => "ps_",
            Self::Mails => "pm_",
        }
    }

    const fn seconds(self) -> i64 {
        match self {
            Self::Embed => EMBED_SECONDS,
            Self::Link => LINK_DAYS * 86_400,
            Self::Session => SESSION_SECONDS,
            Self::Mails => MAILS_DAYS * 86_400,
        }
    }
}

/// A secret as its owner sees it, once. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn new(ids: &IdSource, kind: Kind, org: &str) -> Self {
        let secret = URL_SAFE_NO_PAD.encode(ids.random::<32>());
        let org = org.strip_prefix(ORG).unwrap_or(org);
        Self(format!("{}{org}_{secret}", kind.prefix()))
    }

    /// The secret itself, for the one who is to have it; never for logs or storage.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

const ORG: &str = "org_";

/// The organization that a token names, where it can be one of this kind.
fn org_of(token: &str, kind: Kind) -> Option<String> {
    let (org, secret) = token.strip_prefix(kind.prefix())?.split_once('_')?;
    let plain = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let fits = !org.is_empty() && token.len() <= 128 && plain(org) && plain(secret);
    fits.then(|| format!("{ORG}{org}"))
}

/// What a token turns out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It opens this.
    Open(Grant),
    /// Its time is over.
    Over,
    /// There is no such token.
    Unknown,
}

/// Lets a partner look at one of its ledgers, within a transaction; answers the token, and until when it works.
pub async fn grant(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    (partner_id, livemode): (&str, bool),
    kind: Kind,
) -> Result<(Token, Micros), StoreError> {
    let token = Token::new(scope.ids, kind, scope.org);
    let until = scope.now.plus_seconds(kind.seconds());
    let long_over = scope.now.plus_seconds(-KNOWN_SECONDS);
    transaction
        .run(&sql::FORGET, args![scope.org, long_over.0])
        .await?;
    let args = args![
        scope.org,
        stored_digest(token.expose()),
        kind.word(),
        partner_id,
        livemode,
        scope.now.0,
        until.0
    ];
    transaction.run(&sql::GRANT, args).await?;
    Ok((token, until))
}

/// Makes a link that signs a partner in once, with a line about it; answers until when it works, too.
pub async fn link(
    scope: &WriteScope<'_>,
    partner_id: &str,
    livemode: bool,
) -> Result<(Token, Micros), StoreError> {
    let mut transaction = scope.store.begin().await?;
    let whose = (partner_id, livemode);
    let granted = grant(transaction.as_mut(), scope, whose, Kind::Link).await?;
    let change = Change::of(What::SignInLinkCreated, partner_id);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(granted)
}

/// Whom a token lets in.
pub async fn find(
    store: &dyn Store,
    token: &str,
    kind: Kind,
    now: Micros,
) -> Result<Found, StoreError> {
    let Some(org) = org_of(token, kind) else {
        return Ok(Found::Unknown);
    };
    let found = access::find(store, &org, &stored_digest(token), kind.word()).await?;
    Ok(match found {
        None => Found::Unknown,
        Some(grant) if grant.used_at.is_some() || grant.expires_at <= now => Found::Over,
        Some(grant) => Found::Open(grant),
    })
}

/// Uses a link up and opens a session; `None` where it was used, is over, or never was.
pub async fn redeem(
    store: &dyn Store,
    ids: &IdSource,
    link: &str,
    now: Micros,
) -> Result<Option<Token>, StoreError> {
    let Some(org) = org_of(link, Kind::Link) else {
        return Ok(None);
    };
    let scope = WriteScope::of_server(store, ids, &org, now);
    let mut transaction = store.begin().await?;
    let args = args![org.as_str(), stored_digest(link), now.0];
    let rows = transaction.run(&sql::REDEEM, args).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let whose = (row.text("partner_id")?.to_owned(), row.flag("livemode")?);
    let whose = (whose.0.as_str(), whose.1);
    let (session, _) = grant(transaction.as_mut(), &scope, whose, Kind::Session).await?;
    transaction.commit().await?;
    Ok(Some(session))
}

/// Ends a session.
pub async fn end(store: &dyn Store, session: &str, now: Micros) -> Result<(), StoreError> {
    let Some(org) = org_of(session, Kind::Session) else {
        return Ok(());
    };
    let mut transaction = store.begin().await?;
    let args = args![org.as_str(), stored_digest(session), now.0];
    transaction.run(&sql::END, args).await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::TestClock;

    #[test]
    fn a_token_names_its_organization_and_is_of_one_kind() {
        let ids = IdSource::seeded(Arc::new(TestClock::at(Micros(1_795_348_800_000_000))), 1);
        for _ in 0..64 {
            let token = Token::new(&ids, Kind::Embed, "org_01k9");
            assert!(token.expose().starts_with("pt_01k9_"), "{}", token.expose());
            assert_eq!(
                org_of(token.expose(), Kind::Embed).as_deref(),
                Some("org_01k9")
            );
            assert_eq!(org_of(token.expose(), Kind::Session), None);
            assert_eq!(format!("{token:?}"), "Token(…)");
        }
        for wrong in [
            "",
            "pt_",
            "pt_x",
            "pt__s",
            "pt_a_\u{e9}",
            "pt_a'_s",
            &format!("pt_a_{}", "s".repeat(200)),
        ] {
            assert_eq!(org_of(wrong, Kind::Embed), None, "{wrong}");
        }
    }
}
