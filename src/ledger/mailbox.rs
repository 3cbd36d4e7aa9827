//! Which e-mail addresses lead to one mailbox, to notice a partner who buys by their own link.
//!
//! Pure. It must never be used to say that two customers are one.

use std::collections::{BTreeMap, BTreeSet};

use providers::signature::digest_id;
use url::Host;

/// Domains under which one provider has the same mailboxes, each with the one that stands for all of them.
const SAME: &[(&str, &str)] = &[
    ("googlemail.com", "gmail.com"),
    ("protonmail.com", "proton.me"),
    ("pm.me", "proton.me"),
    ("me.com", "icloud.com"),
    ("mac.com", "icloud.com"),
];

/// The mailbox behind an address as people write it: lower case, without what stands after a `+`, without quotes and
/// what cannot be seen, at the one form of its domain, and at Gmail without dots, which it does not tell apart.
pub fn mailbox(address: &str) -> String {
    let address: String = address.chars().filter(|c| !is_unseen(*c)).collect();
    let address = address.trim().to_lowercase();
    let Some((whole, domain)) = address.rsplit_once('@') else {
        return address;
    };
    let quoted = whole.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
    let whole = quoted.unwrap_or(whole);
    let local = whole.split('+').next().filter(|local| !local.is_empty());
    let local = local.unwrap_or(whole);
    let domain = one_form(domain);
    if domain == "gmail.com" {
        return format!("{}@{domain}", local.replace('.', ""));
    }
    format!("{local}@{domain}")
}

/// Whether a character takes no room: control characters, and those that join, part or turn others around.
fn is_unseen(c: char) -> bool {
    let takes_none = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}');
    takes_none || c.is_control()
}

/// A domain as it is resolved, and as one that stands for all with the same mailboxes.
fn one_form(domain: &str) -> String {
    let domain = domain.trim_end_matches('.');
    let resolved = match Host::parse(domain) {
        Ok(Host::Domain(resolved)) if !domain.is_ascii() => resolved,
        _ => domain.to_owned(),
    };
    let same = SAME.iter().find(|(other, _)| *other == resolved);
    same.map_or(resolved, |(_, domain)| (*domain).to_owned())
}

/// What stands for the mailbox behind an address where the address itself must not stand: always the same in one
/// organization, and not to be read back. Whoever guesses an address can tell whether it is the one.
pub fn digest(organization_id: &str, address: &str) -> String {
    digest_id(format!("{organization_id}/mailbox/{}", mailbox(address)).as_bytes())
}

/// The mailboxes that partners are or have been paid at.
#[derive(Debug, Clone, Default)]
pub struct PaidAt {
    organization_id: String,
    /// As [`digest`] makes them, by partner.
    mailboxes: BTreeMap<String, BTreeSet<String>>,
}

impl PaidAt {
    /// None yet.
    pub fn of(organization_id: &str) -> Self {
        Self {
            organization_id: organization_id.to_owned(),
            mailboxes: BTreeMap::new(),
        }
    }

    /// Adds a partner's mailbox, as [`digest`] has made it.
    pub fn add(&mut self, partner_id: &str, mailbox: &str) {
        let own = self.mailboxes.entry(partner_id.to_owned()).or_default();
        own.insert(mailbox.to_owned());
    }

    /// Whether a partner is or has been paid at the mailbox behind an address.
    pub fn is(&self, partner_id: &str, address: &str) -> bool {
        let own = self.mailboxes.get(partner_id);
        own.is_some_and(|own| own.contains(&digest(&self.organization_id, address)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_a_tag_or_with_gmails_dots_leads_to_the_same_mailbox() {
        for (written, read) in [
            (" Alice+shop@Example.com", "alice@example.com"),
            ("a.lice+2@googlemail.com", "alice@gmail.com"),
            ("a.lice@example.com", "a.lice@example.com"),
            ("+@example.com", "+@example.com"),
            ("nobody", "nobody"),
            ("a+b@c@Example.com", "a@example.com"),
            ("\"alice\"@example.com", "alice@example.com"),
            ("al\u{200b}ice\u{2066}@example.com.", "alice@example.com"),
            ("alice@B\u{fc}cher.example", "alice@xn--bcher-kva.example"),
            ("alice@xn--bcher-kva.example", "alice@xn--bcher-kva.example"),
            ("a.lice@pm.me", "a.lice@proton.me"),
            ("alice@me.com", "alice@icloud.com"),
        ] {
            assert_eq!(mailbox(written), read, "{written}");
        }
    }

    #[test]
    fn where_a_partner_is_paid_is_known_by_the_mailbox_and_the_partner_alone() {
        let mut paid = PaidAt::of("org_1");
        paid.add("alice", &digest("org_1", "A.lice+pay@gmail.com"));
        assert!(paid.is("alice", "alice@googlemail.com"));
        assert!(!paid.is("bob", "alice@googlemail.com"));
        assert!(!paid.is("alice", "alice@example.com"));
        let digests = ["org_1", "org_2"].map(|org| digest(org, "alice@example.com"));
        assert_ne!(digests[0], digests[1]);
        assert!(!digests[0].contains("alice"));
    }
}
