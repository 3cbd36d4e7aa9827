//! Members of an organization: who looks at its dashboard, and what each may do there.
//!
//! Somebody becomes a member by an invitation: a link that is shown once, to the owner who hands it on. There is always an owner left among members
//! who has once been there. What a role may do is decided in `dashboard::guard`; nothing here knows a form.

use providers::Micros;
use thiserror::Error;

use crate::actor::WriteScope;
use crate::args;
use crate::books::Personal;
use crate::books::statements::ledger::LOCK;
use crate::books::statements::members as sql;
use crate::changes::{self, Change, Details, What};
use crate::id;
use crate::sessions::{self, Token, Whom};
use crate::store::{Row, Store, StoreError, Transaction};

/// For how long an invitation holds, in days.
pub const INVITATION_DAYS: i64 = 7;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks at everything and changes nothing.
    ReadOnly,
    /// Changes everything but who may do what: members and keys.
    Member,
    /// Everything.
    Owner,
}

impl Role {
    /// All of them, who may most first.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Member, Self::ReadOnly];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Member => "member",
            Self::ReadOnly => "read-only",
        }
    }

    /// The role of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Self::of(row.text("role")?).ok_or(StoreError::Corrupt("members.role"))
    }
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Personal,
    /// Its e-mail address, lower case.
    pub email: Personal,
    /// What it may do.
    pub role: Role,
    /// Since when.
    pub created_at: Micros,
}

/// An invitation that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: String,
    /// Who is invited.
    pub name: Personal,
    /// The e-mail address, lower case.
    pub email: Personal,
    /// What the member may do.
    pub role: Role,
    /// Until when it can be accepted.
    pub expires_at: Micros,
}

/// Somebody to be invited, as checked.
#[derive(Clone, Copy)]
pub struct Invited<'a> {
    /// The name.
    pub name: &'a str,
    /// The e-mail address, lower case.
    pub email: &'a str,
    /// What the member may do.
    pub role: Role,
}

/// Why members stay as they are.
#[derive(Debug, Error)]
pub enum MemberError {
    /// There is none of this id.
    #[error("there is no such member")]
    Unknown,
    /// Another member has the address.
    #[error("somebody with this e-mail address is a member already")]
    Known,
    /// Nobody would be left who may do everything.
    #[error("this is the last owner: make somebody else an owner first")]
    LastOwner,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All members of an organization, by name.
pub async fn list(store: &dyn Store, org: &str) -> Result<Vec<Member>, StoreError> {
    let rows = store.read(&sql::LIST, args![org]).await?;
    rows.iter().map(Member::read).collect()
}

/// The member with an e-mail address.
pub async fn by_email(
    store: &dyn Store,
    org: &str,
    email: &str,
) -> Result<Option<Member>, StoreError> {
    let email = email.trim().to_lowercase();
    let rows = store.read(&sql::BY_EMAIL, args![org, email]).await?;
    rows.first().map(Member::read).transpose()
}

/// The invitations that can be accepted, newest first.
pub async fn invitations(
    store: &dyn Store,
    org: &str,
    now: Micros,
) -> Result<Vec<Invitation>, StoreError> {
    let rows = store.read(&sql::OPEN, args![org, now.0]).await?;
    rows.iter().map(Invitation::read).collect()
}

/// Invites somebody; answers the link's secret, the only time that it can be seen.
pub async fn invite(scope: &WriteScope<'_>, new: Invited<'_>) -> Result<Token, MemberError> {
    if by_email(scope.store, scope.org, new.email).await?.is_some() {
        return Err(MemberError::Known);
    }
    let id = scope.ids.make(id::INVITATION);
    let until = scope.now.plus_days(INVITATION_DAYS);
    let args = args![
        scope.org,
        id.as_str(),
        new.name,
        new.email,
        new.role.word(),
        scope.now.0,
        until.0
    ];
    let mut transaction = scope.store.begin().await?;
    transaction.run(&sql::INVITE, args).await?;
    let whom = Whom::Invited {
        org: scope.org,
        invitation_id: &id,
    };
    let token = sessions::link(transaction.as_mut(), scope.ids, whom, scope.now, until).await?;
    let details = Details::default()
        .set("name", new.name)
        .set("role", new.role.word());
    let change = Change::of(What::MemberInvited, &id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(token)
}

/// Makes who was invited a member, within a transaction; `None` where the invitation holds no more.
pub(crate) async fn accept(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    invitation_id: &str,
) -> Result<Option<Member>, StoreError> {
    let args = args![scope.org, invitation_id, scope.now.0];
    let rows = transaction.run(&sql::ACCEPT, args).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let args = args![
        scope.org,
        scope.ids.make(id::MEMBER),
        row.text("name")?,
        row.text("email")?,
        row.text("role")?,
        scope.now.0
    ];
    let rows = transaction.run(&sql::ADD, args).await?;
    rows.first().map(Member::read).transpose()
}

/// Takes an invitation back; `false` where it holds no more.
pub async fn revoke(scope: &WriteScope<'_>, invitation_id: &str) -> Result<bool, StoreError> {
    let mut transaction = scope.store.begin().await?;
    let args = args![scope.org, invitation_id, scope.now.0];
    let rows = transaction.run(&sql::REVOKE, args).await?;
    let Some(row) = rows.first() else {
        return Ok(false);
    };
    let details = Details::default().set("name", row.text("name")?);
    let change = Change::of(What::InvitationRevoked, invitation_id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Gives a member another role.
pub async fn set_role(scope: &WriteScope<'_>, id: &str, role: Role) -> Result<(), MemberError> {
    let (mut transaction, member) = held(scope, id).await?;
    if member.role == role {
        return Ok(());
    }
    must_leave_an_owner(transaction.as_mut(), scope, &member).await?;
    let args = args![scope.org, id, role.word()];
    transaction.run(&sql::SET_ROLE, args).await?;
    let details = Details::default()
        .edit("role", member.role.word(), role.word())
        .set("name", member.name.expose());
    let change = Change::of(What::MemberRoleSet, id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    Ok(transaction.commit().await?)
}

/// Removes a member, whose sessions end at once.
pub async fn remove(scope: &WriteScope<'_>, id: &str) -> Result<(), MemberError> {
    let (mut transaction, member) = held(scope, id).await?;
    must_leave_an_owner(transaction.as_mut(), scope, &member).await?;
    transaction.run(&sql::REMOVE, args![scope.org, id]).await?;
    sessions::end_all(transaction.as_mut(), (scope.org, id), scope.now).await?;
    let details = Details::default()
        .set("name", member.name.expose())
        .set("role", member.role.word());
    let change = Change::of(What::MemberRemoved, id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    Ok(transaction.commit().await?)
}

/// A transaction in which nobody else changes members, and one of them.
async fn held(
    scope: &WriteScope<'_>,
    id: &str,
) -> Result<(Box<dyn Transaction>, Member), MemberError> {
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![scope.org]).await?;
    let rows = transaction.run(&sql::GET, args![scope.org, id]).await?;
    let member = Member::read(rows.first().ok_or(MemberError::Unknown)?)?;
    Ok((transaction, member))
}

async fn must_leave_an_owner(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    member: &Member,
) -> Result<(), MemberError> {
    if member.role != Role::Owner {
        return Ok(());
    }
    let args = args![scope.org, member.id.as_str()];
    if transaction.run(&sql::OTHER_OWNER, args).await?.is_empty() {
        return Err(MemberError::LastOwner);
    }
    Ok(())
}

impl Member {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?.to_owned(),
            name: row.text("name")?.into(),
            email: row.text("email")?.into(),
            role: Role::read(row)?,
            created_at: Micros(row.int("created_at")?),
        })
    }
}

impl Invitation {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("id")?.to_owned(),
            name: row.text("name")?.into(),
            email: row.text("email")?.into(),
            role: Role::read(row)?,
            expires_at: Micros(row.int("expires_at")?),
        })
    }
}
