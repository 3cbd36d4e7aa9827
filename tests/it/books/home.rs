//! What is read of the ledger and of what an owner has set up is read in `src/books`, so that each statement is found where its aggregate's name says.

use std::fs;
use std::path::{Path, PathBuf};

/// The tables of the aggregates that have moved.
const TABLES: &[&str] = &[
    "sales",
    "sale_references",
    "customers",
    "entries",
    "payouts",
    "payout_entries",
    "events",
    "event_bodies",
    "leads",
    "clicks",
    "links",
    "codes",
    "partners",
    "enrollments",
];

/// Files that still read them. Those of the ledger's writer, of the inbox and of `payouts.rs` read within the transactions in which they write; the
/// others are to go.
const NOT_YET: &[&str] = &[
    "audit/sql.rs",
    "catalog/codes.rs",
    "catalog/due.rs",
    "catalog/partners.rs",
    "catalog/programs.rs",
    "catalog/versions.rs",
    "clicks/links.rs",
    "inbox/sql.rs",
    "ledger/writer/figures/recomputed.rs",
    "ledger/writer/sql/inbox.rs",
    "ledger/writer/sql/lookups.rs",
    "ledger/writer/sql/neighbourhoods.rs",
    "ledger/writer/sql/sales.rs",
    "payouts/sql.rs",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The tables that a source reads: `from` or `join`, and a table's name; what is deleted is not read.
fn reads(source: &str) -> Vec<&str> {
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let words = code.flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let three = words.windows(3);
    three
        .filter(|three| ["from", "join"].contains(&three[1]) && three[0] != "delete")
        .map(|three| three[2])
        .filter(|table| TABLES.contains(table))
        .collect()
}

#[test]
fn what_has_moved_into_the_books_is_read_nowhere_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut reading = Vec::new();
    for file in &files {
        let name = file
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if !name.starts_with("books/") && !reads(&fs::read_to_string(file).unwrap()).is_empty() {
            reading.push(name);
        }
    }
    reading.sort_unstable();
    let wrong: Vec<&String> = reading
        .iter()
        .filter(|name| !NOT_YET.contains(&name.as_str()))
        .collect();
    assert!(wrong.is_empty(), "read it in src/books: {wrong:?}");
    let done: Vec<&&str> = NOT_YET
        .iter()
        .filter(|name| !reading.iter().any(|file| file == *name))
        .collect();
    assert!(done.is_empty(), "take these out of the list: {done:?}");
}

#[test]
fn a_read_is_told_from_what_only_looks_like_one() {
    assert_eq!(
        reads("\"select 1 from sales s join entries e\""),
        ["sales", "entries"]
    );
    assert!(reads("\"delete from clicks\"\n// join sales\n\"from sales_by_day\"").is_empty());
}
