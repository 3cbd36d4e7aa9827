//! CSV and JSON lines to stdout. A text that a spreadsheet would run as a formula is disarmed in CSV, where
//! names and ids that buyers chose end up in front of owners.

use std::io::{self, Stdout, Write as _};

use anyhow::Result;
use serde_json::{Map, Value};

use crate::cli::ExportFormat;
use crate::commands::output;
use crate::sheet::disarmed;

/// Writes rows in one form.
pub(super) enum Writer {
    Csv(Box<csv::Writer<Stdout>>, &'static [&'static str]),
    Jsonl(&'static [&'static str]),
}

impl Writer {
    /// Begins; CSV gets its header line.
    pub(super) fn new(format: ExportFormat, columns: &'static [&'static str]) -> Result<Self> {
        match format {
            ExportFormat::Jsonl => Ok(Self::Jsonl(columns)),
            ExportFormat::Csv => {
                let mut csv = csv::Writer::from_writer(io::stdout());
                csv.write_record(columns).map_err(io)?;
                Ok(Self::Csv(Box::new(csv), columns))
            }
        }
    }

    /// Writes one row.
    pub(super) fn write(&mut self, row: &Map<String, Value>) -> Result<()> {
        match self {
            Self::Csv(csv, columns) => {
                let cells = columns.iter().map(|column| cell(row.get(*column)));
                Ok(csv.write_record(cells).map_err(io)?)
            }
            Self::Jsonl(columns) => {
                let members = columns.iter().map(|column| {
                    let value = row.get(*column).cloned().unwrap_or_default();
                    ((*column).to_owned(), value)
                });
                let row: Map<String, Value> = members.collect();
                output::line(&serde_json::to_string(&row)?)
            }
        }
    }

    /// Ends.
    pub(super) fn finish(self) -> Result<()> {
        if let Self::Csv(mut csv, _) = self {
            csv.flush()?;
        }
        Ok(io::stdout().flush()?)
    }
}

/// The error below, so that a reader that went away is recognized.
fn io(error: csv::Error) -> io::Error {
    error.into()
}

/// A cell: numbers and yes or no as they are, texts disarmed.
fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        other => disarmed(&output::cell(other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_that_would_be_a_formula_is_disarmed_and_a_number_is_not() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1"] {
            assert_eq!(cell(Some(&json!(text))), format!("'{text}"));
        }
        assert_eq!(cell(Some(&json!(-5))), "-5");
        assert_eq!(cell(Some(&json!("in_1"))), "in_1");
        assert_eq!(cell(Some(&json!(true))), "true");
        assert_eq!(cell(Some(&json!(["in_1", "pi_1"]))), "in_1 pi_1");
        assert_eq!(cell(None), "");
    }
}
