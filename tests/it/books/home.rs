//! What the program says to the database stands in `src/books`, so that each statement is found where its aggregate's name says.

use std::fs;
use std::path::{Path, PathBuf};

/// What makes a statement of a text.
const MAKERS: [&str; 4] = [
    "Statement::new(",
    "Statement::per_dialect(",
    "Statement::of_schema(",
    "Select::new(",
];

/// The border itself, and what reads the schema to copy whole tables, whatever they are.
const OTHERS: [&str; 2] = ["store/", "commands/copy/"];

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

#[test]
fn statements_are_made_in_the_books_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let (mut at_home, mut elsewhere) = (0, Vec::new());
    for file in &files {
        let name = file.strip_prefix(&root).unwrap().to_str().unwrap();
        let text = fs::read_to_string(file).unwrap();
        let made: usize = MAKERS.iter().map(|maker| text.matches(maker).count()).sum();
        if name.starts_with("books/") {
            at_home += made;
        } else if made > 0 && !OTHERS.iter().any(|other| name.starts_with(other)) {
            elsewhere.push(name.to_owned());
        }
    }
    assert!(elsewhere.is_empty(), "say it in src/books: {elsewhere:?}");
    assert!(at_home > 300, "only {at_home} were found");
}
