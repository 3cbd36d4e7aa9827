//! Which e-mail addresses lead to one mailbox, to notice a partner who buys by their own link.
//!
//! Pure. It must never be used to say that two customers are one.

use std::collections::{BTreeMap, BTreeSet};

use providers::signature::digest_id;

/// The mailbox behind an address as people write it: lower case, without what stands after a `+`, and at Gmail
/// without dots, which it does not tell apart.
pub fn mailbox(address: &str) -> String {
    let address = address.trim().to_lowercase();
    let Some((whole, domain)) = address.rsplit_once('@') else {
        return address;
    };
    let local = whole.split('+').next().filter(|local| !local.is_empty());
    let local = local.unwrap_or(whole);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
        _ => format!("{local}@{domain}"),
    }
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
