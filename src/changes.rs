//! What has been changed, by whom and why: a line for each change, written in the transaction that makes it, so that neither is there without the
//! other. Lines are only ever added; both databases refuse anything else.
//!
//! A line holds no secret, and nothing personal of who buys: of a partner's e-mail address it says that it was changed. Lines are read in
//! [`crate::books::changes`].

use serde::Serialize;
use serde_json::{Map, Value};

use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::changes as sql;
use crate::id;
use crate::mails;
use crate::outbox;
use crate::store::{StoreError, Transaction};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum What {
            $($(#[$doc])* $name,)*
        }

        impl What {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word under which it is stored and shown; never changed, since lines are not.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

words! {
    /// A bonus or a correction was booked.
    AdjustmentCreated = "adjustment.created",
    /// A click from elsewhere was recorded.
    ClickImported = "click.imported",
    /// A discount code was given to a partner.
    CodeCreated = "code.created",
    /// A discount code was taken away.
    CodeDeleted = "code.deleted",
    /// The owner has decided about a commission.
    CommissionDecided = "commission.decided",
    /// A customer was given to a partner by hand, or back to what the clicks say.
    CustomerAssigned = "customer.assigned",
    /// A domain of links was let go.
    DomainDeleted = "domain.deleted",
    /// A domain of links was taken, or leads elsewhere those whose link is not known.
    DomainSet = "domain.set",
    /// Stored events are made into facts once more.
    EventsReprocessed = "events.reprocessed",
    /// A group of partners has another name or rule.
    GroupChanged = "group.changed",
    /// A group of partners was made.
    GroupCreated = "group.created",
    /// A group of partners was removed.
    GroupDeleted = "group.deleted",
    /// A partner came into a group.
    GroupJoined = "group.partner_added",
    /// A partner left a group.
    GroupLeft = "group.partner_removed",
    /// An invitation was taken back.
    InvitationRevoked = "invitation.revoked",
    /// An API key was made.
    KeyCreated = "key.created",
    /// An API key was revoked.
    KeyRevoked = "key.revoked",
    /// A link was made.
    LinkCreated = "link.created",
    /// A link leads elsewhere.
    LinkChanged = "link.changed",
    /// A link was deleted.
    LinkDeleted = "link.deleted",
    /// A mail that was given up is tried once more, or left so.
    MailSettled = "mail.settled",
    /// A partner has said which mails it wants.
    MailsChosen = "partner.mails_chosen",
    /// Somebody was invited to be a member.
    MemberInvited = "member.invited",
    /// Who was invited has become a member.
    MemberJoined = "member.joined",
    /// A member was removed.
    MemberRemoved = "member.removed",
    /// A member has another role.
    MemberRoleSet = "member.role_set",
    /// An organization was made.
    OrganizationCreated = "organization.created",
    /// An organization has another name.
    OrganizationRenamed = "organization.renamed",
    /// Somebody has applied to be a partner.
    PartnerApplied = "partner.applied",
    /// A partner was added.
    PartnerCreated = "partner.created",
    /// A partner was changed.
    PartnerChanged = "partner.changed",
    /// A partner was enrolled in another program.
    PartnerEnrolled = "partner.enrolled",
    /// A payout was approved.
    PayoutApproved = "payout.approved",
    /// How a partner is paid was written.
    PayoutDetailsSet = "payout.details_set",
    /// A draft of a payout was discarded.
    PayoutDiscarded = "payout.discarded",
    /// A payout was drafted.
    PayoutDrafted = "payout.drafted",
    /// A payout that was sent has failed.
    PayoutFailed = "payout.failed",
    /// A payout that was sent has arrived.
    PayoutPaid = "payout.paid",
    /// What another system had paid was recorded as paid.
    PayoutImported = "payout.imported",
    /// Somebody was asked to be a partner.
    PartnerInvited = "partner.invited",
    /// A payout was recorded.
    PayoutRecorded = "payout.recorded",
    /// A payout was sent.
    PayoutSent = "payout.sent",
    /// Who pays, and from where, was written.
    PayoutSettingsSet = "payout.settings_set",
    /// A payout was taken back.
    PayoutReversed = "payout.reversed",
    /// The owner has asked for personal data to be collected or erased.
    PrivacyAsked = "privacy.asked",
    /// Personal data were erased.
    PrivacyErased = "privacy.erased",
    /// Personal data were collected for the owner.
    PrivacyExported = "privacy.exported",
    /// A program was made.
    ProgramCreated = "program.created",
    /// A program was changed.
    ProgramChanged = "program.changed",
    /// A program shows partners something else, or takes them in another way.
    ProgramPageSet = "program.page_set",
    /// Exchange rates were imported.
    RatesImported = "rates.imported",
    /// A commission held for review was decided.
    ReviewDecided = "review.decided",
    /// A new version of a commission rule.
    RuleSet = "rule.set",
    /// A sale was given to a partner or nobody by hand, or back to what the clicks say.
    SaleAssigned = "sale.assigned",
    /// A sale that was reported was refunded by a call.
    SaleRefunded = "sale.refunded",
    /// A link that signs somebody in was made.
    SignInLinkCreated = "sign_in.link_created",
    /// Somebody has signed in.
    SignedIn = "sign_in.used",
    /// An endpoint of outgoing webhooks was added.
    EndpointCreated = "webhook_endpoint.created",
    /// An endpoint of outgoing webhooks was changed, or disabled since it took nothing.
    EndpointChanged = "webhook_endpoint.changed",
    /// An endpoint of outgoing webhooks has another secret.
    EndpointSecretRotated = "webhook_endpoint.secret_rotated",
    /// An endpoint of outgoing webhooks was removed.
    EndpointRemoved = "webhook_endpoint.removed",
    /// A message was sent to an endpoint once more, or a try.
    MessageResent = "webhook_endpoint.resent",
    /// A webhook source was added.
    SourceCreated = "source.created",
    /// A webhook source was changed.
    SourceSet = "source.set",
    /// A processor's short address leads to this source.
    SourceRouted = "source.routed",
}

/// A change.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// What was done.
    pub what: What,
    /// To what.
    pub subject_id: &'a str,
    /// Why, in the words of who did it.
    pub reason: Option<&'a str>,
    /// What has become different.
    pub details: Details,
}

impl<'a> Change<'a> {
    /// A change without more to say.
    pub fn of(what: What, subject_id: &'a str) -> Self {
        Self {
            what,
            subject_id,
            reason: None,
            details: Details::default(),
        }
    }

    /// The same with what has become different.
    #[must_use]
    pub fn with(self, details: Details) -> Self {
        Self { details, ..self }
    }

    /// The same with why.
    #[must_use]
    pub fn because(self, reason: Option<&'a str>) -> Self {
        Self { reason, ..self }
    }
}

/// What has become different, member by member.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details(Map<String, Value>);

impl Details {
    /// With a value that is new.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// With a value before and after, where the two differ.
    #[must_use]
    pub fn edit<T: Serialize + PartialEq + ?Sized>(
        mut self,
        name: &str,
        before: &T,
        after: &T,
    ) -> Self {
        if before != after {
            let value = serde_json::json!({"before": before, "after": after});
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// With the mere word that something personal or secret is another one, where it is.
    #[must_use]
    pub fn covered<T: PartialEq + ?Sized>(self, name: &str, before: &T, after: &T) -> Self {
        if before == after {
            return self;
        }
        self.set(name, "changed")
    }

    /// Whether a value has become another of these two.
    fn is_edit(&self, name: &str, before: &str, after: &str) -> bool {
        let edit = self.0.get(name);
        edit.is_some_and(|edit| edit["before"] == before && edit["after"] == after)
    }

    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes a line about a change, within the transaction that makes it.
pub async fn record(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    change: Change<'_>,
) -> Result<(), StoreError> {
    let approved = change.details.is_edit("status", "applied", "active");
    let args = args![
        scope.org,
        scope.ids.make(id::CHANGE),
        scope.now.0,
        scope.actor.kind(),
        scope.actor.id(),
        scope.actor.name(),
        change.what.word(),
        change.subject_id,
        change.reason,
        Value::Object(change.details.0).to_string()
    ];
    transaction.run(&sql::INSERT, args).await?;
    outbox::of_change(transaction, scope, (change.what, change.subject_id)).await?;
    mails::of_change(
        transaction,
        scope,
        (change.what, approved),
        change.subject_id,
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_told_only_where_something_is_different() {
        let details = Details::default()
            .edit("name", "a", "a")
            .edit("status", "active", "archived")
            .covered("email", "a@b", "c@d")
            .covered("tenantId", &1, &1)
            .set("none", None::<i64>);
        let expected = serde_json::json!({"status": {"before": "active", "after": "archived"}, "email": "changed"});
        assert_eq!(Value::Object(details.0), expected);
        assert!(Details::default().edit("n", &1, &1).is_empty());
    }

    #[test]
    fn no_two_changes_have_one_word() {
        let mut words: Vec<&str> = What::ALL.iter().map(|what| what.word()).collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
    }
}
