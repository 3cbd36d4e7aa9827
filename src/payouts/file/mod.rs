//! Files of payouts in the forms that those who pay take. Pure: the same rows make the same bytes.

pub mod csv;
pub mod sepa;

use providers::{Currency, Micros, Money};

use super::details::Details;
use super::settings::Settings;

/// A payout as a file has it.
pub struct Row {
    /// The payout's id.
    pub id: String,
    /// To whom.
    pub partner_id: String,
    /// The partner's name and e-mail address, where the details say none.
    pub partner: (String, String),
    /// How much, in the smallest unit.
    pub amount: i64,
    /// How it is paid.
    pub details: Details,
}

impl Row {
    fn name(&self) -> &str {
        self.details.name().unwrap_or(&self.partner.0)
    }
}

/// What holds for a whole file.
pub struct Batch<'a> {
    /// Its id.
    pub id: &'a str,
    /// One currency.
    pub currency: Currency,
    /// When it is made.
    pub at: Micros,
    /// Who pays.
    pub settings: &'a Settings,
    /// The payouts, by id.
    pub rows: &'a [Row],
}

impl Batch<'_> {
    /// The sum of all; `None` where it is too large.
    pub fn total(&self) -> Option<i64> {
        let mut rows = self.rows.iter();
        rows.try_fold(0_i64, |sum, row| sum.checked_add(row.amount))
    }
}

/// An amount with its decimal places and nothing else.
fn decimal(minor: i64, currency: Currency) -> String {
    let text = Money::new(minor, currency).to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// An id of ours without the sign that some of those who pay do not take.
fn plain_id(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// A text without what a spreadsheet would run, and without line breaks.
fn tame(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let begin = |c: char| c.is_whitespace() || matches!(c, '=' | '+' | '-' | '@');
    text.trim_start_matches(begin).trim_end().to_owned()
}
