//! The ledger's entries of one sale, with what they add up to so far.

use providers::Micros;
use serde::Serialize;

use super::Sums;
use crate::books::story;
use crate::store::{StoreError, Transaction};

/// One entry, in the smallest unit of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Booked {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub partner_id: String,
    /// `commission`, `clawback` or `hold`.
    pub kind: String,
    /// The amount; negative where something is taken back or held.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    /// The sum of this partner's entries of the sale so far.
    pub running_sum: i64,
    /// Why it was written.
    pub reason: String,
    /// When what it stands for happened, RFC 3339.
    pub occurred_at: String,
    /// From when on it may be paid out, RFC 3339.
    pub available_at: String,
    /// When it was written, RFC 3339.
    pub created_at: String,
}

/// All entries of a sale, oldest first.
pub(super) async fn of(
    transaction: &mut dyn Transaction,
    org: &str,
    sale_id: &str,
) -> Result<Vec<Booked>, StoreError> {
    let mut sums = Sums::new();
    let rows = story::entries(transaction, org, sale_id).await?;
    rows.iter()
        .map(|row| {
            let text = |column| row.text(column).map(str::to_owned);
            let time = |column| Ok::<_, StoreError>(Micros(row.int(column)?).to_string());
            let place = (text("partner_id")?, text("currency")?);
            let amount = row.int("amount")?;
            let sum = sums.entry(place).or_default();
            *sum = sum.saturating_add(amount);
            Ok(Booked {
                id: text("id")?,
                partner_id: text("partner_id")?,
                kind: text("kind")?,
                amount,
                currency: text("currency")?,
                running_sum: *sum,
                reason: text("reason")?,
                occurred_at: time("occurred_at")?,
                available_at: time("available_at")?,
                created_at: time("created_at")?,
            })
        })
        .collect()
}
