//! Tables for spreadsheets (CSV, RFC 4180), written while they are read: however long a list is, one part of it is in memory.
//!
//! A text that a spreadsheet would run as a formula is disarmed; amounts and numbers stay what they are. Where a part cannot be read any more, the
//! answer is cut off, so that nobody takes half a list for a whole one.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;
use tokio::sync::mpsc;

/// What a table is.
pub const FORM: &str = "text/csv; charset=utf-8";

/// Characters with which a cell is a formula to a spreadsheet, some only after it has cut white space.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Parts that wait to be sent.
const PARTS_AHEAD: usize = 1;

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// What somebody may have written.
    Text(String),
    /// A number or a word of ours, as it is.
    Plain(String),
}

impl Cell {
    /// Nothing.
    pub const EMPTY: Self = Self::Plain(String::new());

    /// A text that may be missing.
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Self::EMPTY, |text| Self::Text(text.to_owned()))
    }

    /// Something of ours: a number, a time, a word.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is a number or a word, mostly made for this"
    )]
    pub fn plain(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    fn written(&self) -> String {
        match self {
            Self::Text(text) => disarmed(text),
            Self::Plain(text) => text.clone(),
        }
    }
}

/// A part of a table, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// What the next part is asked for with; `None` at the end.
    pub next: Option<String>,
}

/// A text that is none of a formula to a spreadsheet.
pub fn disarmed(text: &str) -> String {
    if text.trim_start().starts_with(FORMULA) || text.starts_with(FORMULA) {
        return format!("'{text}");
    }
    text.to_owned()
}

/// A table under the name of a file: the first part has been read, the others are read by `next` as they are sent.
pub fn answer<F, N, E>(name: &str, columns: &[String], first: Part, next: N) -> Response
where
    F: Future<Output = Result<Part, E>> + Send,
    N: Fn(String) -> F + Send + 'static,
    E: Send + 'static,
{
    let (sender, parts) = mpsc::channel(PARTS_AHEAD);
    let head: Vec<Cell> = columns.iter().map(Cell::plain).collect();
    let mut text = lines([head.as_slice()]);
    text.extend(lines(first.rows.iter().map(Vec::as_slice)));
    tokio::spawn(async move {
        let (mut text, mut position) = (text, first.next);
        // Who has gone away needs no more of it.
        while sender.send(Ok(Bytes::from(text))).await.is_ok() {
            let Some(from) = position.take() else { return };
            match next(from).await {
                Ok(part) => {
                    text = lines(part.rows.iter().map(Vec::as_slice));
                    position = part.next;
                }
                Err(_told_in_the_log) => {
                    let _ = sender.send(Err(axum::Error::new(CutOff))).await;
                    return;
                }
            }
        }
    });
    let headers = [
        (CONTENT_TYPE, FORM.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::new(Parts(parts))).into_response()
}

#[derive(Debug, thiserror::Error)]
#[error("the rest of the list cannot be read")]
struct CutOff;

fn lines<'r>(rows: impl IntoIterator<Item = &'r [Cell]>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail, and all rows of a table are as long.
        let _ = writer.write_record(row.iter().map(Cell::written));
    }
    writer.into_inner().unwrap_or_default()
}

/// Parts as they come.
struct Parts(mpsc::Receiver<Result<Bytes, axum::Error>>);

impl HttpBody for Parts {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let part = self.0.poll_recv(context);
        part.map(|part| part.map(|part| part.map(Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn part(texts: &[&str], next: Option<&str>) -> Part {
        Part {
            rows: texts
                .iter()
                .map(|text| vec![Cell::Text((*text).to_owned()), Cell::plain(-5)])
                .collect(),
            next: next.map(str::to_owned),
        }
    }

    fn columns() -> Vec<String> {
        vec!["name".to_owned(), "amount".to_owned()]
    }

    #[test]
    fn a_text_that_would_be_a_formula_is_disarmed() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1"] {
            assert_eq!(disarmed(text), format!("'{text}"));
        }
        assert_eq!(disarmed("in_1"), "in_1");
    }

    #[tokio::test]
    async fn a_table_is_all_its_parts_under_one_head() {
        let next = |from: String| async move {
            assert_eq!(from, "2");
            Ok::<_, ()>(part(&["say \"hi\", you"], None))
        };
        let answer = answer("sales", &columns(), part(&["=1+1", "b"], Some("2")), next);
        assert_eq!(
            answer.headers()["content-disposition"],
            "attachment; filename=\"sales.csv\""
        );
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            body,
            "name,amount\n'=1+1,-5\nb,-5\n\"say \"\"hi\"\", you\",-5\n"
        );
    }

    #[tokio::test]
    async fn a_table_whose_rest_cannot_be_read_is_cut_off() {
        let next = |_: String| async { Err::<Part, _>(()) };
        let answer = answer("sales", &columns(), part(&["a"], Some("2")), next);
        assert!(answer.into_body().collect().await.is_err());
    }
}
