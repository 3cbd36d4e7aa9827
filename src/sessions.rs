//! Signing in to the dashboard: links that work once and for a short time, and the sessions they open.
//!
//! Links and sessions are drawn at random, shown once and stored as a digest. Who is signed in is a member of an organization, or the server's
//! owner: of one organization, or of all where the link was made so. A member's name and role are looked up each time, so that they hold at once.
//! Nothing here knows a cookie or a page.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use providers::Micros;

use crate::actor::{Actor, WriteScope};
use crate::args;
use crate::books::statements::sessions as sql;
use crate::changes::{self, Change, Details, What};
use crate::id::{IdSource, stored_digest};
use crate::members::{self, Role};
use crate::organization;
use crate::store::{Row, Store, StoreError, Transaction};

/// For how long a link works, in minutes.
pub const LINK_MINUTES: i64 = 15;

/// For how long somebody stays signed in.
pub const SESSION_SECONDS: i64 = 14 * 86_400;

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
        stored_digest(&self.0)
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
    /// Who it is.
    pub actor: Actor,
    /// What may be done.
    pub role: Role,
}

/// Whom a link signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom<'a> {
    /// The owner of the whole server.
    Server,
    /// The owner of the server, in one organization alone.
    Organization(&'a str),
    /// A member.
    Member {
        /// The organization.
        org: &'a str,
        /// The member.
        id: &'a str,
    },
    /// Who becomes a member by it.
    Invited {
        /// The organization.
        org: &'a str,
        /// The invitation.
        invitation_id: &'a str,
    },
}

impl<'a> Whom<'a> {
    const fn org(self) -> Option<&'a str> {
        match self {
            Self::Server => None,
            Self::Organization(org) | Self::Member { org, .. } | Self::Invited { org, .. } => {
                Some(org)
            }
        }
    }
}

/// Makes a link's secret that works for a quarter of an hour. Each organization that it opens gets a line about it. What is over is forgotten.
pub async fn invite(
    store: &dyn Store,
    ids: &IdSource,
    actor: &Actor,
    whom: Whom<'_>,
    now: Micros,
) -> Result<Token, StoreError> {
    let mut opened = organization::list(store).await?;
    opened.retain(|one| whom.org().is_none_or(|org| org == one.id));
    let mut transaction = store.begin().await?;
    let until = now.plus_seconds(LINK_MINUTES * 60);
    let token = link(transaction.as_mut(), ids, whom, now, until).await?;
    for organization in &opened {
        let org = organization.id.as_str();
        let scope = WriteScope {
            actor,
            ..WriteScope::of_server(store, ids, org, now)
        };
        let (subject, everywhere) = match whom {
            Whom::Member { id, .. } => (id, false),
            other => (org, other.org().is_none()),
        };
        let details = Details::default().set("everywhere", everywhere);
        let change = Change::of(What::SignInLinkCreated, subject).with(details);
        changes::record(transaction.as_mut(), &scope, change).await?;
    }
    transaction.commit().await?;
    Ok(token)
}

/// Makes a link's secret, within a transaction that says why.
pub(crate) async fn link(
    transaction: &mut dyn Transaction,
    ids: &IdSource,
    whom: Whom<'_>,
    now: Micros,
    until: Micros,
) -> Result<Token, StoreError> {
    let token = Token::new(ids);
    let (member, invitation) = match whom {
        Whom::Member { id, .. } => (Some(id), None),
        Whom::Invited { invitation_id, .. } => (None, Some(invitation_id)),
        Whom::Server | Whom::Organization(_) => (None, None),
    };
    transaction.run(&sql::FORGET_LINKS, args![now.0]).await?;
    let args = args![
        token.digest(),
        whom.org(),
        member,
        invitation,
        now.0,
        until.0
    ];
    transaction.run(&sql::INVITE, args).await?;
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
    let rows = transaction
        .run(&sql::REDEEM, args![stored_digest(link), now.0])
        .await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let only = row.opt_text("organization_id")?.map(str::to_owned);
    let everywhere = only.is_none();
    let Some(organization_id) = only.or(oldest.map(|oldest| oldest.id)) else {
        return Ok(None);
    };
    let scope = WriteScope::of_server(store, ids, &organization_id, now);
    let Some(actor) = who(transaction.as_mut(), &scope, row).await? else {
        return Ok(None);
    };
    let session = Token::new(ids);
    let until = now.plus_seconds(SESSION_SECONDS);
    let member_id = match &actor {
        Actor::Member { id, .. } => Some(id.as_str()),
        _ => None,
    };
    let args = args![
        session.digest(),
        organization_id.as_str(),
        everywhere,
        member_id,
        now.0,
        until.0
    ];
    transaction.run(&sql::BEGIN, args).await?;
    let scope = WriteScope {
        actor: &actor,
        ..scope
    };
    if let (Some(id), Some(_)) = (member_id, row.opt_text("invitation_id")?) {
        let change = Change::of(What::MemberJoined, id);
        changes::record(transaction.as_mut(), &scope, change).await?;
    }
    let subject = member_id.unwrap_or(&organization_id);
    let change = Change::of(What::SignedIn, subject);
    changes::record(transaction.as_mut(), &scope, change).await?;
    transaction.commit().await?;
    Ok(Some(session))
}

/// Whom a link that has just been used up signs in; `None` where he is no member, or the invitation holds no more.
async fn who(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    link: &Row,
) -> Result<Option<Actor>, StoreError> {
    if let Some(invitation_id) = link.opt_text("invitation_id")? {
        let member = members::accept(transaction, scope, invitation_id).await?;
        return Ok(member.map(|member| Actor::Member {
            id: member.id,
            name: member.name.expose().to_owned(),
        }));
    }
    let Some(id) = link.opt_text("member_id")? else {
        return Ok(Some(Actor::Operator));
    };
    let rows = transaction
        .run(&sql::IS_MEMBER, args![scope.org, id])
        .await?;
    let Some(member) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Actor::Member {
        id: id.to_owned(),
        name: member.text("name")?.to_owned(),
    }))
}

/// Who has this session.
pub async fn find(
    store: &dyn Store,
    token: &str,
    now: Micros,
) -> Result<Option<Session>, StoreError> {
    let rows = store
        .read(&sql::FIND, args![stored_digest(token), now.0])
        .await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let (actor, role) = match (row.opt_text("member_id")?, row.opt_text("name")?) {
        (None, _) => (Actor::Operator, Role::Owner),
        (Some(id), Some(name)) => {
            let (id, name) = (id.to_owned(), name.to_owned());
            (Actor::Member { id, name }, Role::read(row)?)
        }
        (Some(_), None) => return Ok(None),
    };
    Ok(Some(Session {
        organization_id: row.text("organization_id")?.to_owned(),
        everywhere: row.flag("everywhere")?,
        expires_at: Micros(row.int("expires_at")?),
        actor,
        role,
    }))
}

/// Ends a session.
pub async fn end(store: &dyn Store, token: &str, now: Micros) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction
        .run(&sql::END, args![stored_digest(token), now.0])
        .await?;
    transaction.commit().await
}

/// Ends all sessions of a member, and makes links of his useless, within a transaction that says why.
pub(crate) async fn end_all(
    transaction: &mut dyn Transaction,
    (org, member_id): (&str, &str),
    now: Micros,
) -> Result<(), StoreError> {
    for statement in [&sql::END_ALL, &sql::USE_UP] {
        let args = args![org, member_id, now.0];
        transaction.run(statement, args).await?;
    }
    Ok(())
}

/// Looks at another organization from here on; `false` where the session may not, or there is none of this id.
pub async fn switch(
    store: &dyn Store,
    token: &str,
    organization_id: &str,
) -> Result<bool, StoreError> {
    let mut transaction = store.begin().await?;
    let args = args![stored_digest(token), organization_id];
    let switched = !transaction.run(&sql::SWITCH, args).await?.is_empty();
    transaction.commit().await?;
    Ok(switched)
}

/// Whether anybody has ever signed in.
pub async fn anybody(store: &dyn Store) -> Result<bool, StoreError> {
    Ok(!store.read(&sql::ANY, args![]).await?.is_empty())
}
