//! The payouts that a sale's entries are part of, and those of them that were taken back.

use providers::Micros;
use serde::Serialize;

use crate::books::story;
use crate::store::{StoreError, Transaction};

/// What one payout has paid of a sale, in the smallest unit of `currency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaidOut {
    /// The payout's id.
    pub payout_id: String,
    /// To whom.
    pub partner_id: String,
    /// What of the sale it has paid.
    pub amount: i64,
    /// The currency.
    pub currency: String,
    /// When it was recorded, RFC 3339.
    pub paid_at: String,
    /// When it was taken back, RFC 3339; `null` while it stands.
    pub reversed_at: Option<String>,
    /// Why, in the owner's words.
    pub reversed_reason: Option<String>,
}

/// All payouts of a sale, oldest first.
pub(super) async fn of(
    transaction: &mut dyn Transaction,
    org: &str,
    sale_id: &str,
) -> Result<Vec<PaidOut>, StoreError> {
    let rows = story::payouts(transaction, org, sale_id).await?;
    let payouts = rows.iter().map(|row| {
        let text = |column| row.text(column).map(str::to_owned);
        let reversed_at = row.opt_int("reversed_at")?;
        Ok(PaidOut {
            payout_id: text("id")?,
            partner_id: text("partner_id")?,
            amount: row.int("paid")?,
            currency: text("currency")?,
            paid_at: Micros(row.int("created_at")?).to_string(),
            reversed_at: reversed_at.map(|at| Micros(at).to_string()),
            reversed_reason: row.opt_text("reversed_reason")?.map(str::to_owned),
        })
    });
    payouts.collect()
}
