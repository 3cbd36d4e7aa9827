//! The table of places in `docs/processors.md` is the registry's. To write it anew after a change:
//! `WRITE_DOCS=1 cargo test -p providers --test contract places`.

use std::fmt::Write as _;
use std::{env, fs};

use providers::adapters;

use crate::root;

const BEGIN: &str = "<!-- places: written by a test -->\n";
const END: &str = "<!-- end of places -->";

fn table() -> String {
    let mut table =
        "\n| processor | place | what is looked for | who can write it |\n|---|---|---|---|\n"
            .to_owned();
    for adapter in adapters() {
        let about = adapter.about();
        for place in about.places {
            let (holds, writer) = (place.holds.words(), place.writer.word());
            writeln!(
                table,
                "| `{}` | `{}` | {holds} | {writer} |",
                about.id, place.name
            )
            .unwrap();
        }
    }
    table.push('\n');
    table
}

#[test]
fn the_documented_places_are_those_of_the_adapters() {
    let path = root().join("docs/processors.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the table's beginning");
    let (stands, after) = rest.split_once(END).expect("the table's end");
    let table = table();
    if env::var_os("WRITE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(stands, table, "WRITE_DOCS=1 writes it anew");
}

#[test]
fn every_adapter_says_who_writes_in_its_places_once_each() {
    for adapter in adapters() {
        let about = adapter.about();
        let mut names: Vec<&str> = about.places.iter().map(|place| place.name).collect();
        assert!(!names.is_empty(), "{}", about.id);
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "{}", about.id);
    }
}
