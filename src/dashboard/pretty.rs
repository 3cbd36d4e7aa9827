//! A delivered body for people: indented, with its members in their order, and with what is personal covered. Pure.
//!
//! What says who somebody is, is covered by the names of members, and wherever there is an `@`. Inside of what merchants and buyers fill in freely,
//! only what looks like an id is shown.

use serde::de::IgnoredAny;

use super::view::parts::cover;

/// The most characters that are shown; all of them are in the download.
const MOST_CHARS: usize = 40_000;

/// What a piece of the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Brackets, commas, blanks.
    Plain,
    /// The name of a member.
    Key,
    /// A text.
    Text,
    /// A number, `true`, `false` or `null`.
    Other,
    /// Something personal, covered.
    Masked,
}

impl Tone {
    /// The class in the stylesheet.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Key => "key",
            Self::Text => "text",
            Self::Other => "other",
            Self::Masked => "masked",
        }
    }
}

/// A body as pieces of text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pretty {
    pub(super) pieces: Vec<(Tone, String)>,
    /// Whether it ends before the body does.
    pub(super) is_cut: bool,
}

/// Members whose name has this in it say who somebody is, with all that is below them.
const PERSONAL_PARTS: &[&str] = &[
    "address",
    "avatar",
    "birth",
    "browser",
    "cardholder",
    "clientdetails",
    "customername",
    "displayname",
    "email",
    "firstname",
    "fullname",
    "ipaddress",
    "lastname",
    "nickname",
    "phone",
    "picture",
    "postal",
    "username",
    "vatnumber",
];

/// Members of exactly this name say who somebody is, or may hold anything.
const PERSONAL_NAMES: &[&str] = &[
    "browserip",
    "city",
    "company",
    "description",
    "fingerprint",
    "hostedinvoiceurl",
    "invoicepdf",
    "invoiceurl",
    "ip",
    "last4",
    "latitude",
    "line1",
    "line2",
    "longitude",
    "name",
    "note",
    "orderstatusurl",
    "receipturl",
    "referringsite",
    "street",
    "taxid",
    "title",
    "useragent",
    "zip",
];

/// Members in which merchants and buyers write what they like.
const FREE: &[&str] = &[
    "attributes",
    "customdata",
    "customfields",
    "metadata",
    "noteattributes",
    "passthrough",
    "properties",
    "subscriberattributes",
];

/// How much of what is below a member is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cover {
    Nothing,
    AllButIds,
    All,
}

struct Level {
    is_list: bool,
    /// Of what the level stands in.
    cover: Cover,
    /// Of the member that is being written.
    of_member: Cover,
    is_key_next: bool,
}

/// Writes a body; `None` where it is no JSON. `show` uncovers.
pub(super) fn pretty(body: &[u8], show: bool) -> Option<Pretty> {
    serde_json::from_slice::<IgnoredAny>(body).ok()?;
    let text = std::str::from_utf8(body).ok()?;
    let mut writer = Writer {
        out: Pretty::default(),
        levels: Vec::new(),
        chars: 0,
        show,
    };
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if writer.chars > MOST_CHARS {
            writer.out.is_cut = true;
            break;
        }
        rest = writer.token(first, rest).trim_start();
    }
    Some(writer.out)
}

struct Writer {
    out: Pretty,
    levels: Vec<Level>,
    chars: usize,
    show: bool,
}

impl Writer {
    /// Writes what comes next; answers what is left.
    fn token<'t>(&mut self, first: char, rest: &'t str) -> &'t str {
        let (token, left) = rest.split_at(length(first, rest));
        match first {
            '{' | '[' => return self.open(first, left),
            '}' | ']' => {
                self.levels.pop();
                self.line();
                self.put(Tone::Plain, token);
            }
            ',' => {
                self.put(Tone::Plain, token);
                self.line();
                if let Some(level) = self.levels.last_mut() {
                    level.is_key_next = !level.is_list;
                }
            }
            ':' => self.put(Tone::Plain, ": "),
            _ => self.scalar(first == '"', token),
        }
        left
    }

    fn open<'t>(&mut self, bracket: char, left: &'t str) -> &'t str {
        let (is_list, close) = if bracket == '[' {
            (true, ']')
        } else {
            (false, '}')
        };
        if let Some(left) = left.trim_start().strip_prefix(close) {
            self.put(Tone::Plain, if is_list { "[]" } else { "{}" });
            return left;
        }
        self.put(Tone::Plain, if is_list { "[" } else { "{" });
        let cover = self.cover();
        self.levels.push(Level {
            is_list,
            cover,
            of_member: cover,
            is_key_next: !is_list,
        });
        self.line();
        left
    }

    fn scalar(&mut self, is_text: bool, token: &str) {
        let plain: Option<String> = serde_json::from_str(token).ok().filter(|_| is_text);
        if let Some(level) = self.levels.last_mut().filter(|level| level.is_key_next) {
            level.is_key_next = false;
            let key = plain.unwrap_or_default();
            level.of_member = level.cover.max(of_key(&key));
            // A buyer's address can be the name of a member.
            let shown = if key.contains('@') && !self.show {
                "\"•••\""
            } else {
                token
            };
            return self.put(Tone::Key, shown);
        }
        let Some(plain) = plain else {
            let covered = self.cover() == Cover::All
                && token.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            if covered {
                self.put(Tone::Masked, "•••");
            } else {
                self.put(Tone::Other, token);
            }
            return;
        };
        let covered = match self.cover() {
            Cover::All => !plain.is_empty(),
            Cover::AllButIds => !is_id(&plain),
            Cover::Nothing => plain.contains('@'),
        };
        if covered && !self.show {
            return self.put(Tone::Masked, &format!("\"{}\"", cover(&plain)));
        }
        self.put(Tone::Text, token);
    }

    fn cover(&self) -> Cover {
        let level = self.levels.last();
        let cover = level.map_or(Cover::Nothing, |level| level.of_member);
        if self.show { Cover::Nothing } else { cover }
    }

    fn line(&mut self) {
        let indent = "  ".repeat(self.levels.len().min(40));
        self.put(Tone::Plain, &format!("\n{indent}"));
    }

    fn put(&mut self, tone: Tone, text: &str) {
        self.chars += text.len();
        match self.out.pieces.last_mut() {
            Some((last, so_far)) if *last == tone => so_far.push_str(text),
            _ => self.out.pieces.push((tone, text.to_owned())),
        }
    }
}

/// How many bytes the token has that begins here; the text is known to be JSON.
fn length(first: char, rest: &str) -> usize {
    if first != '"' {
        let ends = |c: char| c.is_ascii_whitespace() || ",:[]{}".contains(c);
        return rest.find(ends).unwrap_or(rest.len()).max(first.len_utf8());
    }
    let mut escaped = false;
    for (index, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

fn of_key(key: &str) -> Cover {
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let key: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    let key = key.as_str();
    if PERSONAL_NAMES.contains(&key) || PERSONAL_PARTS.iter().any(|part| key.contains(part)) {
        Cover::All
    } else if FREE.contains(&key) {
        Cover::AllButIds
    } else {
        Cover::Nothing
    }
}

/// Whether a text is an id as programs make them: letters, `_`, and a digit after it.
fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let has_number = text.chars().any(|c| c.is_ascii_digit());
    text.is_empty() || text.chars().all(plain) && text.contains('_') && has_number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn text(pretty: &Pretty) -> String {
        pretty
            .pieces
            .iter()
            .map(|(_, text)| text.as_str())
            .collect()
    }

    fn written(body: &str) -> String {
        text(&pretty(body.as_bytes(), false).unwrap())
    }

    #[test]
    fn members_keep_their_order_and_numbers_their_digits() {
        let body = r#"{"z":1.50,"a":[true,null,{}],"s":"a\"b","e":[]}"#;
        assert_eq!(
            written(body),
            "{\n  \"z\": 1.50,\n  \"a\": [\n    true,\n    null,\n    {}\n  ],\n  \"s\": \"a\\\"b\",\n  \"e\": []\n}"
        );
    }

    #[test]
    fn what_says_who_somebody_is_is_covered_with_all_below() {
        let body = r#"{"id":"in_1","customer_email":"alice@example.com","billing_details":{"address":{"line1":"Main St 1","zip":12345}},
            "customer":{"first_name":"Alice","id":"cus_9"},"receipt":"mail to bob@example.com","bob@example.com":1,
            "metadata":{"refp_id":"clk_01abc","remark":"Alice Smith","plan":"pro"}}"#;
        let shown = written(body);
        for secret in ["alice", "Alice", "Main", "12345", "bob", "Smith", "pro\""] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        for kept in ["in_1", "cus_9", "clk_01abc"] {
            assert!(shown.contains(kept), "{kept} in {shown}");
        }
        let all = text(&pretty(body.as_bytes(), true).unwrap());
        assert!(all.contains("alice@example.com") && all.contains("Main St 1"));
    }

    #[test]
    fn what_is_no_json_is_not_written_and_what_is_long_is_cut() {
        assert_eq!(pretty(b"a=b&c=d", false), None);
        let long = format!("[{}1]", "1,".repeat(100_000));
        let long = pretty(long.as_bytes(), false).unwrap();
        assert!(long.is_cut && text(&long).len() < 2 * MOST_CHARS);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(".{0,8}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn uncovered_it_is_the_same_json(value in json()) {
            let shown = pretty(value.to_string().as_bytes(), true).unwrap();
            let again: Value = serde_json::from_str(&text(&shown)).unwrap();
            prop_assert_eq!(again, value);
        }

        #[test]
        fn covered_it_holds_no_address(value in json()) {
            let shown = pretty(value.to_string().as_bytes(), false).unwrap();
            let covered = text(&shown).replace("•••@", "");
            prop_assert!(!covered.contains('@'), "{}", covered);
        }
    }
}
