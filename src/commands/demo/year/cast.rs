//! Who is there in the demo's year: programs, partners, buyers. Data.

use serde_json::{Value, json};

/// Somebody who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: String,
}

const FIRST: &[&str] = &[
    "Ada", "Amir", "Anouk", "Bruno", "Carla", "Chidi", "Dana", "Elif", "Emil", "Farah", "Gita",
    "Hana", "Ivo", "Jonas", "Kofi", "Lena", "Malik", "Mira", "Nils", "Noor", "Olga", "Pia",
    "Quentin", "Rosa", "Sami", "Tess", "Uma", "Viktor", "Wren", "Yuki", "Zoe", "Matteo",
];
const LAST: &[&str] = &[
    "Abel",
    "Bauer",
    "Costa",
    "Dahl",
    "Egger",
    "Fontaine",
    "Garcia",
    "Haas",
    "Ito",
    "Jansen",
    "Kaur",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quist",
    "Rossi",
    "Silva",
    "Tanaka",
    "Ueda",
    "Varga",
    "Weber",
    "Xu",
    "Yilmaz",
    "Zeman",
    "Brandt",
    "Klein",
];

impl Person {
    pub(super) fn new(name: &str, email: &str) -> Self {
        Self {
            name: name.to_owned(),
            email: email.to_owned(),
        }
    }

    /// One of many, the same for each number.
    pub(super) fn of(number: usize) -> Self {
        let pick = |words: &[&str], index: usize| {
            let word = words.get(index % words.len());
            word.copied().unwrap_or_default().to_owned()
        };
        let (first, last) = (
            pick(FIRST, number * 7),
            pick(LAST, number * 11 + number / FIRST.len()),
        );
        let email = format!("{first}.{last}{number}@example.com").to_lowercase();
        Self {
            name: format!("{first} {last}"),
            email,
        }
    }

    pub(super) fn first(&self) -> String {
        self.name.split(' ').next().unwrap_or_default().to_owned()
    }

    pub(super) fn last(&self) -> String {
        self.name
            .split(' ')
            .next_back()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A partner of the demo.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    /// Its program, by its place in [`programs`].
    pub(super) program: usize,
    /// The keys of its links.
    pub(super) links: &'static [&'static str],
    /// What buyers may type.
    pub(super) code: Option<&'static str>,
    /// Of a hundred days, how many have passed when it joins.
    pub(super) joins: i64,
    /// How much it brings, compared with the others.
    pub(super) weight: u32,
}

const fn member(
    (name, email): (&'static str, &'static str),
    program: usize,
    links: &'static [&'static str],
    code: Option<&'static str>,
    (joins, weight): (i64, u32),
) -> Member {
    Member {
        name,
        email,
        program,
        links,
        code,
        joins,
        weight,
    }
}

/// All of them.
pub(super) const MEMBERS: &[Member] = &[
    member(
        ("Lena Hartmann", "lena@hartmann.example"),
        0,
        &["lena", "lena-video"],
        Some("LENA15"),
        (0, 22),
    ),
    member(
        ("The Quiet Inbox", "hello@quietinbox.example"),
        0,
        &["quiet-inbox"],
        None,
        (0, 17),
    ),
    member(
        ("Studio Kaneko", "office@kaneko.example"),
        1,
        &["kaneko"],
        None,
        (2, 13),
    ),
    member(
        ("Marcus Oyelaran", "marcus@oyelaran.example"),
        0,
        &["marcus", "marcus-course"],
        Some("MARCUS10"),
        (4, 12),
    ),
    member(
        ("Ferien & Fokus", "team@ferienfokus.example"),
        0,
        &["fokus"],
        Some("FOKUS"),
        (8, 9),
    ),
    member(
        ("Bright Desk Agency", "partners@brightdesk.example"),
        1,
        &["brightdesk"],
        None,
        (11, 8),
    ),
    member(
        ("Sofia Lindgren", "sofia@lindgren.example"),
        2,
        &["sofia"],
        Some("SOFIA20"),
        (16, 8),
    ),
    member(
        ("Tooltip Weekly", "ads@tooltip.example"),
        0,
        &["tooltip"],
        None,
        (22, 7),
    ),
    member(
        ("Noah Ferreira", "noah@ferreira.example"),
        2,
        &["noah"],
        None,
        (28, 5),
    ),
    member(
        ("Code & Kaffee", "redaktion@codekaffee.example"),
        0,
        &["kaffee"],
        None,
        (37, 5),
    ),
    member(
        ("Imani Brooks", "imani@brooks.example"),
        2,
        &["imani"],
        None,
        (46, 4),
    ),
    member(
        ("Papertrail Podcast", "host@papertrail.example"),
        0,
        &["papertrail"],
        None,
        (61, 3),
    ),
];

/// Names and rules of the programs; the first is the one that every organization has.
pub(super) fn programs() -> Vec<(&'static str, Value)> {
    let months = |months| json!({"type": "months", "months": months});
    vec![
        (
            "Affiliates",
            json!({"type": "percent", "basisPoints": 2_000, "duration": months(12),
                "lead": {"type": "flat", "amount": 100, "currency": "usd"}}),
        ),
        (
            "Agencies",
            json!({"type": "percent", "basisPoints": 3_000, "recurring": {"type": "percent", "basisPoints": 1_500}, "duration": {"type": "lifetime"}}),
        ),
        (
            "Creators",
            json!({"type": "percent", "basisPoints": 2_500, "duration": months(6),
                "cap": {"amount": 150_000, "currency": "usd", "period": "month"}}),
        ),
    ]
}
