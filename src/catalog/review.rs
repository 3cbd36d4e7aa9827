//! Commissions that are held for review, and the owner's decisions about them.
//!
//! A decision is kept by the names of the payment, so it stays whatever becomes of the sale's row.

use serde::{Deserialize, Serialize};

use super::decide::Verdict;
use super::{Catalog, CatalogError, Listed, Page, check, due};
use crate::books::decisions;
use crate::books::reviews::{self, By};
use crate::changes::{Change, Details, What};
use crate::ledger::decision::Decision;

/// The states of a review, as filters take them: the first is meant where none is given.
pub const REVIEW_STATES: &[&str] = &["open", "approved", "refused"];

/// A sale whose commission is held for review, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reviewed {
    /// The sale.
    pub sale_id: String,
    /// Its main name.
    pub invoice_id: Option<String>,
    /// Live or test ledger.
    pub livemode: bool,
    /// `open`, `approved` or `refused`.
    pub state: &'static str,
    /// Why it is held; `None` once the decision is carried out.
    pub reason: Option<String>,
    /// Who is, or is not, paid for it.
    pub partner_id: Option<String>,
    /// The partner's name.
    pub partner_name: Option<String>,
    /// The program.
    pub program_id: Option<String>,
    /// What the commission is taken of, in the smallest unit of `currency`.
    pub amount: i64,
    /// The sale's currency.
    pub currency: String,
    /// What is left of the commission, in the smallest unit of `commission_currency`.
    pub commission_amount: i64,
    /// What of that is held back.
    pub commission_held: i64,
    /// The commission's currency.
    pub commission_currency: String,
    /// Who bought.
    pub customer_id: Option<String>,
    /// When it was paid.
    pub occurred_at: String,
    /// When it was recorded.
    pub created_at: String,
    /// When it was decided.
    pub decided_at: Option<String>,
}

/// Which reviews are listed.
#[derive(Debug, Clone, Copy)]
pub struct ReviewFilter<'a> {
    /// Which state.
    pub state: &'a str,
    /// What else.
    pub by: &'a [By<'a>],
}

/// A decision.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewReview {
    /// The sale.
    pub sale_id: Option<String>,
    /// Whether its commission is paid.
    pub approved: Option<bool>,
    /// Why.
    pub reason: Option<String>,
}

/// A decision that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The sale.
    pub sale_id: String,
    /// Whether its commission is paid.
    pub approved: bool,
}

impl Reviewed {
    fn of(one: reviews::Reviewed) -> Self {
        Self {
            sale_id: one.sale_id,
            invoice_id: one.invoice_id,
            livemode: one.livemode,
            state: match one.decision {
                None => "open",
                Some(decided) if decided.decision.pays() == Some(true) => "approved",
                Some(_) => "refused",
            },
            reason: one.reason,
            partner_id: one.partner_id,
            partner_name: one.partner_name.map(|name| name.expose().to_owned()),
            program_id: one.program_id,
            amount: one.amount,
            currency: one.currency.to_string(),
            commission_amount: one.commission_amount,
            commission_held: one.commission_held,
            commission_currency: one.commission_currency.to_string(),
            customer_id: one.customer_id,
            occurred_at: one.occurred_at.to_string(),
            created_at: one.created_at.to_string(),
            decided_at: one.decision.map(|decided| decided.at.to_string()),
        }
    }
}

impl Catalog<'_> {
    /// Sales held for review, or those decided, newest first.
    pub async fn reviews(
        &self,
        page: &Page,
        filter: ReviewFilter<'_>,
    ) -> Result<Listed<Reviewed>, CatalogError> {
        let approved = match filter.state {
            "approved" => Some(true),
            "refused" => Some(false),
            _ => None,
        };
        let found = reviews::list(&self.books(), approved, filter.by, page.part()).await?;
        Ok(Listed::found(found, page, |one| &one.sale_id, Reviewed::of))
    }

    /// Records a decision; it may be changed later. What is approved here still waits for the end of its hold.
    pub async fn review(&self, new: &NewReview) -> Result<Review, CatalogError> {
        let sale_id = check::required("saleId", new.sale_id.as_deref())?;
        let approved = new
            .approved
            .ok_or_else(|| CatalogError::invalid("approved", "is required"))?;
        let reason = match &new.reason {
            Some(reason) => Some(check::reason(Some(reason))?),
            None => None,
        };
        let refuse = |problem| Err(CatalogError::invalid("saleId", problem));
        if sale_id.contains('\0') {
            return refuse("names no sale");
        }
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let mut found = decisions::subjects(work, self.org, [sale_id]).await?;
        let subject = found.remove(sale_id);
        let Some(subject) = subject.filter(|subject| self.sees(subject.livemode)) else {
            return refuse("names no sale");
        };
        let standing = subject.standing.as_ref();
        let before = standing.and_then(|standing| standing.decided.decision.pays());
        if !subject.is_held && before.is_none() {
            return refuse("names a sale that is not held for review");
        }
        let decision = if approved {
            Decision::Cleared
        } else {
            Decision::Void
        };
        let verdict = Verdict { decision, reason };
        self.stand(work, &subject, &verdict).await?;
        due::this(work, self.org, &subject.home).await?;
        let details = Details::default()
            .edit("approved", &before, &Some(approved))
            .set("livemode", subject.livemode);
        let change = Change::of(What::ReviewDecided, sale_id).with(details);
        let change = change.because(verdict.reason.as_deref());
        self.record(work, change).await?;
        self.commit_and_wake(transaction).await?;
        Ok(Review {
            sale_id: sale_id.to_owned(),
            approved,
        })
    }
}
