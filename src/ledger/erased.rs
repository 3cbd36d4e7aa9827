//! Whose personal data have been erased, and what is left of a fact that speaks of them. Pure.
//!
//! One rule for what is stored and for what arrives later: so an old delivery that comes again is stripped
//! into exactly what is stored, and brings nothing back. Never touches amounts, references, clicks or times.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Fact, Identity};
use providers::signature::digest_id;
use providers::{Micros, Name, NameKind};

use super::mailbox::digest;

/// Stands before the ids of partners where an erased e-mail address was theirs: whether a partner bought by
/// their own link must stay known, or erasing would pay a commission that is held back.
const PARTNER_MARK: &str = "partner/";

/// The partners whose e-mail address it was, where what stands in the place of one says so.
pub fn marked(email: &str) -> Option<impl Iterator<Item = &str>> {
    Some(email.strip_prefix(PARTNER_MARK)?.split(' '))
}

/// What has been erased in one organization, as far as it is asked for.
#[derive(Debug, Default)]
pub struct Erased {
    organization_id: String,
    /// Until when, by ledger and [`Erased::key`].
    names: BTreeMap<(bool, String), Micros>,
    /// Sources that were erased as a whole, and until when.
    sources: BTreeMap<String, Micros>,
    /// Partners by their mailboxes, as [`digest`] makes them.
    partners: BTreeMap<String, BTreeSet<String>>,
}

impl Erased {
    /// Nothing erased yet.
    pub fn of(organization_id: &str) -> Self {
        Self {
            organization_id: organization_id.to_owned(),
            ..Self::default()
        }
    }

    /// Notes a row: a name by its [`Erased::key`], or a source by its [`Erased::source_key`].
    pub fn note(&mut self, livemode: bool, key: &str, until: Micros) {
        match key.strip_prefix(SOURCE_PREFIX) {
            Some(source_id) => drop(self.sources.insert(source_id.to_owned(), until)),
            None => drop(self.names.insert((livemode, key.to_owned()), until)),
        }
    }

    /// Notes a partner by the e-mail address.
    pub fn note_partner(&mut self, email: &str, partner_id: &str) {
        self.note_mailbox(digest(&self.organization_id, email), partner_id);
    }

    /// Notes a partner by a mailbox, as [`digest`] has made it.
    pub fn note_mailbox(&mut self, mailbox: String, partner_id: &str) {
        let partners = self.partners.entry(mailbox).or_default();
        partners.insert(partner_id.to_owned());
    }

    /// Whether nothing is erased.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.sources.is_empty()
    }

    /// The text under which a source is noted.
    pub fn source_key(source_id: &str) -> String {
        format!("{SOURCE_PREFIX}{source_id}")
    }

    /// The text under which a name is noted: the name, or what replaces it where it is personal itself.
    pub fn key(organization_id: &str, name: &Name) -> String {
        impersonal(organization_id, name).as_str().to_owned()
    }

    /// Whether facts that came together speak of someone erased, as was known until then.
    pub fn speaks<'f>(
        &self,
        livemode: bool,
        source_id: &str,
        facts: impl Iterator<Item = &'f Fact> + Clone,
    ) -> bool {
        let told_at = facts.clone().map(|fact| fact.version().at).max();
        let told_at = told_at.unwrap_or_default();
        let names = facts.flat_map(Fact::names);
        let of_names = names.filter_map(|name| self.until(livemode, name));
        let of_source = self.sources.get(source_id).copied();
        of_names.chain(of_source).any(|until| told_at <= until)
    }

    /// Takes out of a fact what is erased. Answers whether it has changed.
    pub fn strip(&self, livemode: bool, source_id: &str, fact: &mut Fact) -> bool {
        let renamed = self.rename(livemode, fact);
        let names = fact.names().into_iter();
        let until = names
            .filter_map(|name| self.until(livemode, name))
            .chain(self.sources.get(source_id).copied())
            .max();
        let told_at = fact.version().at;
        if until.is_none_or(|until| until < told_at) {
            return renamed;
        }
        match fact {
            Fact::Identity(identity) => self.strip_identity(identity) || renamed,
            Fact::Report(report) => report.metadata.take().is_some() || renamed,
            _ => renamed,
        }
    }

    fn strip_identity(&self, identity: &mut Identity) -> bool {
        let email = identity.email.take_if(|email| marked(email).is_none());
        let partners = email
            .as_ref()
            .and_then(|email| self.partners.get(&digest(&self.organization_id, email)));
        if let Some(partners) = partners {
            let ids: Vec<&str> = partners.iter().map(String::as_str).collect();
            identity.email = Some(format!("{PARTNER_MARK}{}", ids.join(" ")));
        }
        let told = [identity.name.take(), identity.avatar.take()];
        // What the buyer wrote may be an address or somebody's name.
        let said = std::mem::take(&mut identity.said);
        email.is_some() || told.iter().any(Option::is_some) || !said.is_empty()
    }

    /// Replaces erased names that are personal themselves. For good: what comes later belongs to the same
    /// customer, and must find it.
    fn rename(&self, livemode: bool, fact: &mut Fact) -> bool {
        let names: Vec<&mut Name> = match fact {
            Fact::Identity(identity) => std::iter::once(&mut identity.subject)
                .chain(&mut identity.customers)
                .collect(),
            Fact::Lead(lead) => lead.customers.iter_mut().collect(),
            Fact::Alias(alias) => vec![&mut alias.a, &mut alias.b],
            Fact::Claim(claim) => vec![&mut claim.subject],
            _ => Vec::new(),
        };
        let mut renamed = false;
        for name in names {
            if is_personal(name) && self.until(livemode, name).is_some() {
                *name = impersonal(&self.organization_id, name);
                renamed = true;
            }
        }
        renamed
    }

    fn until(&self, livemode: bool, name: &Name) -> Option<Micros> {
        let key = Self::key(&self.organization_id, name);
        self.names.get(&(livemode, key)).copied()
    }
}

const SOURCE_PREFIX: &str = "source/";

/// Whether a customer's name says who it is: merchants use e-mail addresses as ids.
pub fn is_personal(name: &Name) -> bool {
    matches!(name.kind(), NameKind::Customer | NameKind::External) && name.value().contains('@')
}

/// The name, or what stands for it where it is personal: always the same, and not to be read back.
pub fn impersonal(organization_id: &str, name: &Name) -> Name {
    if !is_personal(name) {
        return name.clone();
    }
    let digest = digest_id(format!("{organization_id}/{}", name.as_str()).as_bytes());
    Name::new(name.kind(), &format!("erased/{digest}")).unwrap_or_else(|| name.clone())
}

#[cfg(test)]
mod tests;
