//! Copies of Stripe's fixtures that share nothing with them but the clicks, for tests and benchmarks of many sales.

/// Prefixes of Stripe's ids of objects.
const PREFIXES: [&str; 15] = [
    "evt", "in", "pi", "ch", "cs", "re", "du", "dp", "cus", "sub", "inpay", "py", "si", "ii", "cn",
];

/// A body in which every id of an object has `suffix` after its prefix, since ids that begin alike are hints of each other.
pub fn rename(body: &str, suffix: &str) -> String {
    let mut out = String::with_capacity(body.len() + 1_000);
    let mut word = String::new();
    for c in body.chars().chain(std::iter::once('\n')) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        let is_id = word.split_once('_').is_some_and(|(prefix, rest)| {
            let random = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase();
            PREFIXES.contains(&prefix) && rest.chars().any(random) && rest.len() > 9
        });
        if is_id {
            out.push_str(&word.replacen('_', &format!("_{suffix}"), 1));
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(c);
    }
    out
}
