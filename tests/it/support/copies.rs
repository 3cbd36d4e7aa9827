//! Copies of fixtures that share nothing with each other but their clicks.

use tributary::fixtures::Fixture;

/// A copy of a fixture of Stripe's. Every id of an object gets `suffix` after its prefix, since ids that begin
/// alike are hints of each other.
pub fn copy(fixture: &Fixture, suffix: &str) -> Fixture {
    let mut copy = fixture.clone();
    for delivered in &mut copy.deliveries {
        delivered.body = rename(&delivered.body, suffix);
    }
    for sale in &mut copy.expect.sales {
        sale.invoice_id = rename(&sale.invoice_id, suffix);
    }
    copy
}

/// Prefixes of Stripe's ids of objects.
const PREFIXES: [&str; 15] = [
    "evt", "in", "pi", "ch", "cs", "re", "du", "dp", "cus", "sub", "inpay", "py", "si", "ii", "cn",
];

fn rename(text: &str, suffix: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let random = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
    let mut out = String::with_capacity(text.len() + 1_000);
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        out.push_str(before);
        match word.split_once('_') {
            Some((prefix, id))
                if PREFIXES.contains(&prefix) && id.len() > 9 && id.contains(random) =>
            {
                out.extend([prefix, "_", suffix, id]);
            }
            _ => out.push_str(word),
        }
        rest = after;
    }
    out + rest
}
