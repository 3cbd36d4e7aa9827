//! Mails: invitations, links into the portal, news for partners about their money, and news for owners about sources that refuse. Off unless a
//! server for them is set up.
//!
//! Whoever changes something that somebody is to be told of writes a row in the transaction of the change: a kind and ids, so that nothing personal
//! and no link is stored, and a late mail is never an old one. A row is there once for its cause. [`send`] composes and sends them, as a job; nothing
//! is ever sent within a transaction, and nothing here changes money.

mod compose;
mod letter;
mod post;
pub mod send;
pub mod server;
mod sources;

use std::time::Duration;

use providers::Micros;

use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::mails as sql;
use crate::changes::{self, Change, Details, What};
use crate::id;
use crate::jobs::{self, NewJob};
use crate::outbox::{Desk, Wanted};
use crate::store::{Rows, Store, StoreError, Transaction};

pub use server::{Server, Settings};

/// How long what was earned waits for more of the same partner, so that one mail tells of it all.
pub const GATHERED: Duration = Duration::from_mins(5);
/// Of what was earned longer ago nobody is told: it was imported.
const NEWS_DAYS: i64 = 3;
/// A partner is mailed one link within this time, however often somebody asks for it.
const LINK_EVERY_SECONDS: i64 = 300;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What a mail tells.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word under which it is stored; its template has the same name.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            const fn template(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("templates/", $word, ".txt")),)*
                }
            }
        }
    };
}

kinds! {
    /// A partner who has applied takes part.
    Approved = "application_approved",
    /// A sale or lead has earned something for a partner.
    Earned = "commission",
    /// Somebody is asked to be a partner.
    Invitation = "partner_invitation",
    /// Somebody is asked to be a member of the dashboard.
    MemberInvitation = "member_invitation",
    /// A payout has arrived, or was recorded as paid.
    PayoutPaid = "payout_paid",
    /// A payout is on its way.
    PayoutSent = "payout_sent",
    /// A partner has asked for a link into the portal.
    PortalLink = "portal_link",
    /// A source refuses what it is sent: for owners.
    SourceBroken = "source_broken",
}

impl Kind {
    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// What a change is told as, if at all. `approved`: it let somebody in who had applied.
    const fn of_change(what: What, approved: bool) -> Option<Self> {
        Some(match what {
            What::PartnerInvited => Self::Invitation,
            What::MemberInvited => Self::MemberInvitation,
            What::PartnerChanged if approved => Self::Approved,
            What::PayoutSent => Self::PayoutSent,
            What::PayoutPaid | What::PayoutRecorded => Self::PayoutPaid,
            _ => return None,
        })
    }
}

/// A mail to be written.
struct NewMail {
    kind: Kind,
    subject_id: String,
    /// Which of several people; empty where the subject says it.
    recipient_id: String,
    /// Makes of two causes two mails.
    occasion: String,
    next_at: Micros,
}

/// Writes mails, within the transaction of what they tell; those that were written already are left as they are.
async fn write(
    transaction: &mut dyn Transaction,
    desk: Desk<'_>,
    mails: &[NewMail],
) -> Result<(), StoreError> {
    let mut rows = Rows::new(6);
    for mail in mails {
        rows.push([
            desk.ids.make(id::MAIL).into(),
            mail.kind.word().into(),
            mail.subject_id.as_str().into(),
            mail.recipient_id.as_str().into(),
            mail.occasion.as_str().into(),
            mail.next_at.0.into(),
        ]);
    }
    let args = args![desk.org, desk.now.0; rows];
    transaction.run(&sql::INSERT, args).await?;
    Ok(())
}

/// Has the organization's mails sent once the transaction is committed.
async fn poke(transaction: &mut dyn Transaction, org: &str, now: Micros) -> Result<(), StoreError> {
    let job = NewJob {
        id: send::SEND.to_owned(),
        kind: send::SEND,
        payload: "{}".to_owned(),
        run_at: now,
    };
    jobs::poke(transaction, org, now, &[job]).await
}

async fn is_on(transaction: &mut dyn Transaction, org: &str) -> Result<bool, StoreError> {
    let rows = transaction.run(&sql::OUTGOING, args![org]).await?;
    Ok(Wanted::of_lock(&rows)?.has_mails())
}

/// Writes a mail about a change that somebody is to be told of, within the transaction that makes it.
pub(crate) async fn of_change(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    (what, approved): (What, bool),
    subject_id: &str,
) -> Result<(), StoreError> {
    let Some(kind) = Kind::of_change(what, approved) else {
        return Ok(());
    };
    if !is_on(transaction, scope.org).await? {
        return Ok(());
    }
    let occasion = match kind {
        Kind::PayoutSent | Kind::PayoutPaid => String::new(),
        _ => scope.now.0.to_string(),
    };
    now(transaction, scope, (kind, subject_id), occasion).await
}

/// Writes a mail that is sent at once.
async fn now(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    (kind, subject_id): (Kind, &str),
    occasion: String,
) -> Result<(), StoreError> {
    let desk = Desk {
        org: scope.org,
        now: scope.now,
        ids: scope.ids,
    };
    let mail = NewMail {
        kind,
        subject_id: subject_id.to_owned(),
        recipient_id: String::new(),
        occasion,
        next_at: scope.now,
    };
    write(transaction, desk, &[mail]).await?;
    poke(transaction, scope.org, scope.now).await
}

/// Writes mails about what some sales and leads have earned for the first time, each with when it was. The job finds them when it comes round.
pub(crate) async fn of_earnings(
    transaction: &mut dyn Transaction,
    desk: Desk<'_>,
    earned: &[(String, Micros)],
) -> Result<(), StoreError> {
    let oldest = desk.now.plus_days(-NEWS_DAYS);
    let gathered = i64::try_from(GATHERED.as_secs()).unwrap_or(0);
    let news = earned.iter().filter(|(_, at)| oldest <= *at);
    let mails: Vec<NewMail> = news
        .map(|(subject_id, _)| NewMail {
            kind: Kind::Earned,
            subject_id: subject_id.clone(),
            recipient_id: String::new(),
            occasion: String::new(),
            next_at: desk.now.plus_seconds(gathered),
        })
        .collect();
    if mails.is_empty() {
        return Ok(());
    }
    write(transaction, desk, &mails).await
}

/// Mails a partner a link into the portal, unless that has just been done.
pub async fn portal_link(scope: &WriteScope<'_>, partner_id: &str) -> Result<(), StoreError> {
    let lately = scope.now.0.div_euclid(LINK_EVERY_SECONDS * 1_000_000);
    let mut transaction = scope.store.begin().await?;
    let what = (Kind::PortalLink, partner_id);
    now(transaction.as_mut(), scope, what, lately.to_string()).await?;
    transaction.commit().await
}

/// Says in the database whether mails are written: whoever changes something looks there.
pub async fn switch(store: &dyn Store, on: bool) -> Result<(), StoreError> {
    let statement = if on {
        &sql::SWITCH_ON
    } else {
        &sql::SWITCH_OFF
    };
    let mut transaction = store.begin().await?;
    transaction.run(statement, args![]).await?;
    transaction.commit().await
}

/// A partner says whether it wants mails about what it earns.
pub async fn choose(
    scope: &WriteScope<'_>,
    partner_id: &str,
    earnings: bool,
) -> Result<(), StoreError> {
    let mut transaction = scope.store.begin().await?;
    let args = args![scope.org, partner_id, earnings];
    transaction.run(&sql::CHOOSE, args).await?;
    let details = Details::default().set("earnings", earnings);
    let change = Change::of(What::MailsChosen, partner_id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await
}

/// Tries a mail once more that was given up, or leaves it so and says no more of it; `false` where there is none.
pub async fn settle(scope: &WriteScope<'_>, id: &str, again: bool) -> Result<bool, StoreError> {
    let statement = if again { &sql::RETRY } else { &sql::DROP };
    let mut transaction = scope.store.begin().await?;
    let args = args![scope.org, id, scope.now.0];
    if transaction.run(statement, args).await?.is_empty() {
        return Ok(false);
    }
    let details = Details::default().set("again", again);
    let change = Change::of(What::MailSettled, id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    if again {
        poke(transaction.as_mut(), scope.org, scope.now).await?;
    }
    transaction.commit().await?;
    Ok(true)
}
