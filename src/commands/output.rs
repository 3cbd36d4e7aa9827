//! Printing to stdout: lines, tables and JSON. Nothing else in the program writes there.

use std::io::{self, Write as _};

use anyhow::Result;
use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::{Map, Value};

/// A column of a table: its heading, and the member of each row that it shows.
pub type Column = (&'static str, &'static str);

/// Prints one line. A reader that has gone away ends the command.
pub fn line(text: &str) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
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
    let mut table = plain_table();
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    for row in rows {
        table.add_row(columns.iter().map(|(_, member)| cell(row.get(*member))));
    }
    line(&table.trim_fmt())
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
}
