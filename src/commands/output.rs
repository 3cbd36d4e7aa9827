//! Printing to stdout: lines, tables and JSON. Nothing else in the program writes there.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::Command;

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::{Map, Value};

/// A column of a table: its heading, and the member of each row that it shows.
pub type Column = (&'static str, &'static str);

/// Fewer columns are no width to arrange anything in.
const NARROWEST: u16 = 40;

/// Prints one line. A reader that has gone away ends the command.
pub fn line(text: &str) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Prints a text in lines that fit the terminal, each after the first as far in as what stands before it.
pub fn paragraph(before: &str, text: &str) -> Result<()> {
    let indent = " ".repeat(before.chars().count());
    let width = columns().map_or(usize::MAX, |columns| {
        usize::from(columns) - indent.len().min(10)
    });
    for (index, part) in wrapped(text, width).iter().enumerate() {
        let before = if index == 0 { before } else { &indent };
        line(&format!("{before}{part}"))?;
    }
    Ok(())
}

/// Prints bytes as they are.
pub fn bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}

/// Prints a value as one indented JSON document.
pub fn json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Prints rows: as a JSON list, or as a table of these columns.
pub fn rows(json: bool, columns: &[Column], rows: &[Map<String, Value>]) -> Result<()> {
    if json {
        return self::json(&rows);
    }
    line(&table(columns, rows, self::columns()))
}

/// Rows as a table, at most so many columns wide.
fn table(columns: &[Column], rows: &[Map<String, Value>], width: Option<u16>) -> String {
    let mut table = plain_table();
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    for row in rows {
        table.add_row(columns.iter().map(|(_, member)| cell(row.get(*member))));
    }
    table.trim_fmt()
}

/// A table without lines, for output that is read and cut by other programs too.
pub fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

/// How a member is shown in a table: nothing for null, texts without quotes.
pub fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| cell(Some(item))).collect();
            items.join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// A row of members, from the macro `serde_json::json!`.
pub fn row(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// How many columns a line may take: those of the terminal; `None` where nobody looks at it, and whatever reads it wants whole lines.
fn columns() -> Option<u16> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let told = std::env::var("COLUMNS").ok();
    let columns = told.and_then(|columns| columns.trim().parse().ok());
    columns
        .or_else(asked)
        .filter(|columns| *columns >= NARROWEST)
}

/// What the terminal itself says: lines and columns.
fn asked() -> Option<u16> {
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let asking = Command::new("stty").arg("size").stdin(terminal).output();
    let said = String::from_utf8(asking.ok()?.stdout).ok()?;
    said.split_whitespace().nth(1)?.parse().ok()
}

/// A text in lines of so many characters; a word that is longer has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let room = lines
            .last()
            .map(|line| line.chars().count() + 1 + word.chars().count());
        match (lines.last_mut(), room) {
            (Some(line), Some(room)) if room <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_for_people() {
        assert_eq!(cell(None), "");
        assert_eq!(cell(Some(&json!(null))), "");
        assert_eq!(cell(Some(&json!("a b"))), "a b");
        assert_eq!(cell(Some(&json!(true))), "yes");
        assert_eq!(cell(Some(&json!(-12))), "-12");
        assert_eq!(cell(Some(&json!(["a", "b"]))), "a b");
    }

    #[test]
    fn a_table_fits_the_terminal_and_is_whole_where_there_is_none() {
        let long =
            "waits for a payment that is known by the name of an invoice which nobody has told of";
        let rows = [row(json!({"id": "evt_01kx8z", "reason": long}))];
        let columns: &[Column] = &[("ID", "id"), ("REASON", "reason")];
        let fitted = table(columns, &rows, Some(50));
        assert!(
            fitted.lines().all(|line| line.chars().count() <= 50),
            "{fitted}"
        );
        assert!(table(columns, &rows, None).contains(long));
    }

    #[test]
    fn a_paragraph_is_broken_between_words() {
        assert_eq!(wrapped("a bc def", 4), ["a bc", "def"]);
        assert_eq!(wrapped("abcdef gh", 3), ["abcdef", "gh"]);
        assert_eq!(wrapped("a b", usize::MAX), ["a b"]);
    }
}
