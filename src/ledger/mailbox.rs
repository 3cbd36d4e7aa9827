//! Which e-mail addresses lead to one mailbox, to notice a partner who buys by their own link.
//!
//! Pure. It must never be used to say that two customers are one.

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
}
