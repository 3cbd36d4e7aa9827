//! What a mail says and whom it goes to, read when it is sent. What has become pointless meanwhile is not sent: an invitation that was taken back,
//! a commission of which nothing is left.

use std::collections::BTreeMap;

use lettre::Address;
use lettre::message::Mailbox;
use providers::{Currency, Micros, Money};

use super::letter::{Letter, Values, letter};
use super::send::Due;
use super::{Kind, Settings, sources};
use crate::actor::WriteScope;
use crate::books::commissions::{self, Commission, Subject};
use crate::books::partners::{self, Partner};
use crate::books::payouts::{self, Status};
use crate::books::{Personal, mails as choices};
use crate::http::refusals::words::words;
use crate::members::{self, Role};
use crate::partner_access::{self, Kind as Access};
use crate::seal::Seal;
use crate::sessions::{self, Whom};
use crate::sources::{Desk, SourceError};
use crate::store::StoreError;
use crate::{dashboard, portal};

/// As many things that were earned are told one by one.
const LINES_MAX: usize = 20;

/// A letter and who gets it.
pub(super) type Addressed = (Mailbox, Letter);

/// What composing takes.
pub(super) struct Composer<'a> {
    /// The server's own, in the organization.
    pub(super) scope: WriteScope<'a>,
    /// How the organization is called.
    pub(super) organization: &'a str,
    /// How the world reaches the server.
    pub(super) public_url: &'a str,
    pub(super) settings: &'a Settings,
    pub(super) seal: &'a Seal,
}

impl Composer<'_> {
    /// What one mail says; `None` where it has become pointless.
    pub(super) async fn one(&self, due: &Due) -> Result<Option<Addressed>, StoreError> {
        match due.kind {
            Kind::Invitation => self.with_link(due, &["invited"]).await,
            Kind::Approved => self.with_link(due, &["active", "paused"]).await,
            Kind::PortalLink => {
                let states = ["active", "paused", "invited", "applied"];
                self.with_link(due, &states).await
            }
            Kind::PayoutSent | Kind::PayoutPaid => self.payout(due).await,
            Kind::MemberInvitation => self.member_invitation(due).await,
            Kind::SourceBroken => self.source_broken(due).await,
            // Told together.
            Kind::Earned => Ok(None),
        }
    }

    /// Of what was earned, which partner each is of; what is pointless has none.
    pub(super) async fn earned(&self, due: &Due) -> Result<Option<Commission>, StoreError> {
        let Some((_, tail)) = due.subject_id.split_once('_') else {
            return Ok(None);
        };
        let found = commissions::find(&self.scope.books(), tail).await?;
        Ok(found.filter(|one| one.amount > 0 && one.subject_id() == due.subject_id))
    }

    /// One letter about all of what a partner has earned; `None` where it does not want one.
    pub(super) async fn earnings(
        &self,
        partner_id: &str,
        earned: &[Commission],
    ) -> Result<Option<Addressed>, StoreError> {
        let books = self.scope.books();
        let Some(partner) = self.partner(partner_id, &["active", "paused"]).await? else {
            return Ok(None);
        };
        if !choices::wants_earnings(&books, partner_id).await? {
            return Ok(None);
        }
        let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
        for one in earned {
            let sum = sums.entry(one.currency).or_default();
            *sum = sum.saturating_add(one.amount);
        }
        let sums: Vec<String> = sums.into_iter().map(|(of, sum)| money(sum, of)).collect();
        let mut lines: Vec<String> = earned.iter().take(LINES_MAX).map(line).collect();
        if earned.len() > LINES_MAX {
            lines.push(format!("and {} more", earned.len() - LINES_MAX));
        }
        let mut transaction = self.scope.store.begin().await?;
        let whose = (partner_id, true);
        let granted =
            partner_access::grant(transaction.as_mut(), &self.scope, whose, Access::Mails).await?;
        transaction.commit().await?;
        let more = vec![
            ("sum", sums.join(" and ")),
            ("lines", lines.join("\n")),
            ("stop", portal::stop_link(self.public_url, &granted.0)),
        ];
        Ok(self.to_partner(Kind::Earned, &partner, more))
    }

    async fn partner(&self, id: &str, states: &[&str]) -> Result<Option<Partner>, StoreError> {
        let found = partners::find(&self.scope.books(), id).await?;
        Ok(found.filter(|one| states.contains(&one.status.as_str())))
    }

    /// A mail with a link that signs its partner in, made now.
    async fn with_link(&self, due: &Due, states: &[&str]) -> Result<Option<Addressed>, StoreError> {
        let Some(partner) = self.partner(&due.subject_id, states).await? else {
            return Ok(None);
        };
        let (token, until) = partner_access::link(&self.scope, &partner.id, true).await?;
        let more = vec![
            ("link", portal::sign_in_link(self.public_url, &token)),
            ("until", day(until)),
        ];
        Ok(self.to_partner(due.kind, &partner, more))
    }

    async fn payout(&self, due: &Due) -> Result<Option<Addressed>, StoreError> {
        let books = self.scope.books();
        let wanted = if due.kind == Kind::PayoutSent {
            Status::Sent
        } else {
            Status::Paid
        };
        let found = payouts::find(&books, &due.subject_id).await?;
        let Some(payout) = found.filter(|one| one.status == wanted) else {
            return Ok(None);
        };
        let Some(partner) = partners::find(&books, &payout.partner_id).await? else {
            return Ok(None);
        };
        let more = vec![
            ("sum", money(payout.amount, payout.currency)),
            ("method", method(payout.method.as_deref()).to_owned()),
        ];
        Ok(self.to_partner(due.kind, &partner, more))
    }

    async fn member_invitation(&self, due: &Due) -> Result<Option<Addressed>, StoreError> {
        let scope = &self.scope;
        let open = members::invitations(scope.store, scope.org, scope.now).await?;
        let Some(invited) = open.into_iter().find(|one| one.id == due.subject_id) else {
            return Ok(None);
        };
        let whom = Whom::Invited {
            org: scope.org,
            invitation_id: &invited.id,
        };
        let (ids, now, until) = (scope.ids, scope.now, invited.expires_at);
        let mut transaction = scope.store.begin().await?;
        let token = sessions::link(transaction.as_mut(), ids, whom, now, until).await?;
        transaction.commit().await?;
        let more = vec![
            ("role", invited.role.word().to_owned()),
            ("link", dashboard::sign_in_link(self.public_url, &token)),
            ("until", day(until)),
        ];
        Ok(self.to(due.kind, (&invited.name, &invited.email), more))
    }

    async fn source_broken(&self, due: &Due) -> Result<Option<Addressed>, StoreError> {
        let scope = &self.scope;
        let broken = sources::broken(&scope.books()).await?;
        let Some(told) = broken.get(&due.subject_id) else {
            return Ok(None);
        };
        let desk = Desk {
            store: scope.store,
            seal: self.seal,
            ids: scope.ids,
            now: scope.now,
        };
        let source = match desk.get(scope.org, &due.subject_id).await {
            Ok(source) => source,
            Err(SourceError::Store(error)) => return Err(error),
            Err(_gone) => return Ok(None),
        };
        let product = providers::adapter(&source.processor).map(|adapter| adapter.about().title);
        let words = words(&told.reason.0, told.reason.1);
        let more = vec![
            ("product", product.unwrap_or(&source.processor).to_owned()),
            ("source", source.id.clone()),
            ("refused", told.refused.to_string()),
            ("since", time(told.since)),
            ("cause", words.what),
            ("then", words.then.to_owned()),
            (
                "link",
                format!("{}/dashboard/sources/{}", self.public_url, source.id),
            ),
        ];
        if due.recipient_id == OWNER {
            let Some(owner) = self.settings.owner.clone() else {
                return Ok(None);
            };
            let name = owner.name.clone().unwrap_or_default();
            return Ok(Some((owner, self.letter(due.kind, &name, more))));
        }
        let all = members::list(scope.store, scope.org).await?;
        let member = all
            .into_iter()
            .find(|one| one.id == due.recipient_id && one.role == Role::Owner);
        Ok(member.and_then(|one| self.to(due.kind, (&one.name, &one.email), more)))
    }

    fn to_partner(&self, kind: Kind, partner: &Partner, more: Values) -> Option<Addressed> {
        self.to(kind, (&partner.name, &partner.email), more)
    }

    /// A letter to somebody; `None` where the address is none.
    fn to(
        &self,
        kind: Kind,
        (name, email): (&Personal, &Personal),
        more: Values,
    ) -> Option<Addressed> {
        let address: Address = email.expose().parse().ok()?;
        let name = name.expose();
        let to = Mailbox::new(sayable(name).map(str::to_owned), address);
        Some((to, self.letter(kind, name, more)))
    }

    fn letter(&self, kind: Kind, name: &str, more: Values) -> Letter {
        let mut values = vec![
            ("organization", self.organization.to_owned()),
            (
                "hello",
                sayable(name).map_or_else(|| "Hello".to_owned(), |name| format!("Hello {name}")),
            ),
            ("portal", format!("{}/portal", self.public_url)),
        ];
        values.extend(more);
        letter(kind.template(), &values)
    }
}

/// A name as a mail may say it. Anybody can apply under any name and with anybody's address: what a mail program would make a link of is left out, so that no
/// stranger's words go out under the merchant's.
fn sayable(name: &str) -> Option<&str> {
    let is_address = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let parts = word.rsplit_once('.');
        let is_domain = parts.is_some_and(|(before, after)| {
            let end: String = after.chars().take_while(|c| c.is_alphabetic()).collect();
            before.chars().count() >= 2 && end.chars().count() >= 2
        });
        is_domain || word.contains(['/', '@', ':'])
    };
    let name = Some(name.trim()).filter(|name| !name.is_empty())?;
    (!name.split_whitespace().any(is_address)).then_some(name)
}

/// Who is told of broken sources by a setting and is no member.
pub(super) const OWNER: &str = "owner";

fn line(one: &Commission) -> String {
    let what = match one.subject {
        Subject::Sale(_) => "sale",
        Subject::Lead(_) => "lead",
    };
    let (sum, at) = (money(one.amount, one.currency), day(one.occurred_at));
    let held = if one.held > 0 {
        ", held back for now"
    } else {
        ""
    };
    let payable = day(one.available_at);
    format!("{sum} for a {what} of {at}, payable from {payable}{held}")
}

fn method(method: Option<&str>) -> &'static str {
    match method {
        Some("paypal") => " by PayPal",
        Some("wise") => " by Wise",
        Some("sepa") => " by bank transfer",
        Some("stripe") => " by Stripe",
        _ => "",
    }
}

fn money(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).to_string().to_uppercase()
}

fn day(at: Micros) -> String {
    at.to_string().chars().take(10).collect()
}

fn time(at: Micros) -> String {
    let text: String = at.to_string().chars().take(16).collect();
    format!("{} UTC", text.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_mail_program_would_make_a_link_of_is_not_said() {
        for name in [
            "Alice",
            "J. R. R. Tolkien",
            "O'Neil & Sons",
            "Müller GmbH",
            "Dr. No",
        ] {
            assert_eq!(sayable(name), Some(name));
        }
        for name in [
            "",
            " ",
            "Win 500 USD now: https://evil.example/login",
            "see evil.example",
            "evil.example/login",
            "www.evil.example",
            "(evil.example)",
            "pay@evil.example",
            "tel:0190",
        ] {
            assert_eq!(sayable(name), None, "{name}");
        }
    }
}
