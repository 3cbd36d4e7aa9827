//! Deliveries that belong to no neighbourhood (ignored, unreadable, requests of privacy law) and hold a
//! customer's processor id or e-mail address, however its mailbox is written, all the same. Only reads.

use std::collections::BTreeSet;

use providers::{Micros, NameKind};

use super::Request;
use super::person::{self, Part};
use crate::books::{Scope, deliveries};
use crate::inbox;
use crate::ledger::mailbox::mailbox;
use crate::store::{Store, StoreError};

/// Events in one read.
const PAGE: i64 = 200;

/// Events outside any neighbourhood whose body holds the customer's processor id or an address of a mailbox of theirs.
pub async fn find(
    store: &dyn Store,
    org: &str,
    request: &Request,
) -> Result<BTreeSet<String>, StoreError> {
    let mut transaction = store.begin().await?;
    let parts = person::of_customer(transaction.as_mut(), org, request).await?;
    drop(transaction);
    let mut needles: BTreeSet<String> = parts.iter().flat_map(Part::emails).collect();
    let mailboxes: BTreeSet<String> = needles.iter().map(|email| mailbox(email)).collect();
    let names = parts.iter().flat_map(|part| &part.names);
    for name in names.chain(&request.customers) {
        if matches!(name.kind(), NameKind::Customer | NameKind::External) {
            let own = name.value().rsplit('/').next().unwrap_or_default();
            needles.insert(own.to_lowercase());
        }
    }
    let scope = Scope {
        store,
        org,
        // Nothing that is read depends on it.
        now: Micros::default(),
    };
    let mut found = BTreeSet::from([request.event_id.clone()]);
    let mut after = String::new();
    loop {
        let page = deliveries::strays(&scope, &after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(found);
        };
        after.clone_from(last);
        for (id, packed) in page {
            let body = inbox::unpack(&packed)?;
            let body = String::from_utf8_lossy(&body).to_lowercase();
            let is_theirs = |address: &str| mailboxes.contains(&mailbox(address));
            if needles.iter().any(|needle| holds(&body, needle)) || addresses(&body).any(is_theirs)
            {
                found.insert(id);
            }
        }
    }
}

/// What may be an e-mail address in a text.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || "@.+-_".contains(c);
    let words = text.split(move |c: char| !is_part(c));
    let words = words.map(|word| word.trim_matches('.'));
    words.filter(|word| word.contains('@'))
}

/// Whether a text holds another as a word of its own: `123` is not in `91234`.
fn holds(text: &str, needle: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !needle.is_empty()
        && text.match_indices(needle).any(|(at, found)| {
            let (before, after) = (text.get(..at), text.get(at + found.len()..));
            !is_part(before.and_then(|t| t.chars().next_back()))
                && !is_part(after.and_then(|t| t.chars().next()))
        })
}

#[cfg(test)]
mod tests {
    use super::{addresses, holds};

    #[test]
    fn addresses_are_found_whatever_stands_around_them() {
        let text = r#"{"email":"a.b+c@gmail.com","note":"<x@example.com>, y_z@example.org. @ a"}"#;
        let found: Vec<&str> = addresses(text).collect();
        assert_eq!(
            found,
            ["a.b+c@gmail.com", "x@example.com", "y_z@example.org", "@"]
        );
    }

    #[test]
    fn an_id_is_found_as_a_whole_only() {
        assert!(holds(r#"{"id":123,"a":1}"#, "123"));
        assert!(holds("gid://shopify/customer/123", "123"));
        assert!(holds("x 1234 123", "123"));
        assert!(!holds(r#"{"id":91234}"#, "123"));
        assert!(!holds("a1233", "123"));
        assert!(!holds("anything", ""));
        assert!(holds("é123é,123", "123"));
    }
}
