//! Refunds of sales that the merchant has reported. Each is one event of the inbox, made into a fact and folded like a processor's, so that it can be
//! explained, audited and processed again; told twice, it is one. Where a processor tells of the sale, it tells of its refunds too, and none is taken here.

use providers::{Fact, Money};
use serde::{Deserialize, Serialize};

use super::consequences::Consequences;
use super::{Catalog, CatalogError, check};
use crate::args;
use crate::books::decisions::{self, Subject};
use crate::books::refunds;
use crate::changes::{Change, Details, What};
use crate::ledger::calls::{Later, PROCESSOR, RefundCall};
use crate::ledger::writer::events::Event;
use crate::ledger::writer::take_in;
use crate::store::{Rows, StoreError, Transaction};
use crate::{id, inbox};

/// A refund as it is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewRefund {
    /// In the smallest unit of the sale's currency.
    pub amount: Option<i64>,
    /// The sale's currency, where the caller says which one is meant.
    pub currency: Option<String>,
    /// The caller's key: the same refund under the same key is one.
    pub refund_id: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// A refund that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The caller's key.
    pub refund_id: String,
    /// The sale.
    pub sale_id: String,
    /// In the smallest unit of the currency.
    pub amount: i64,
    /// The sale's currency.
    pub currency: String,
    /// Why.
    pub reason: Option<String>,
    /// Live or test ledger.
    pub livemode: bool,
    /// The event of the inbox.
    pub event_id: String,
    /// When it was reported.
    pub created_at: String,
}

/// A refund with what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    /// The refund.
    pub refund: Refund,
    /// What it does; nothing where it had been reported before.
    pub consequences: Consequences,
}

/// A refund, checked as far as it can be without its sale.
struct Checked {
    id: String,
    amount: i64,
    currency: Option<providers::Currency>,
    reason: Option<String>,
}

impl NewRefund {
    fn check(&self) -> Result<Checked, CatalogError> {
        let id = check::text(
            "refundId",
            check::required("refundId", self.refund_id.as_deref())?,
        )?;
        let required = || CatalogError::invalid("amount", "is required");
        let amount = check::within(
            "amount",
            self.amount.ok_or_else(required)?,
            1,
            check::AMOUNT_MAX,
        )?;
        let currency = self.currency.as_deref();
        let currency = currency.map(|code| check::currency("currency", code));
        let reason = self.reason.as_deref().map(|why| check::reason(Some(why)));
        Ok(Checked {
            id,
            amount,
            currency: currency.transpose()?,
            reason: reason.transpose()?,
        })
    }
}

impl Catalog<'_> {
    /// Records a refund of a reported sale. With `preview` nothing of it lasts.
    pub async fn refund(
        &self,
        sale_id: &str,
        new: &NewRefund,
        preview: bool,
    ) -> Result<Refunded, CatalogError> {
        let new = new.check()?;
        let unknown = || CatalogError::NotFound("sale");
        let mut transaction = self.begin_alone().await?;
        let work = transaction.as_mut();
        let home = self.sale(work, sale_id).await?.ok_or_else(unknown)?.home;
        let before = self.look(work, &home).await?;
        // What was due may have changed it.
        let sale = self.sale(work, sale_id).await?.ok_or_else(unknown)?;
        let left = refunds::left(work, self.org, sale_id).await?;
        let left = left.ok_or_else(unknown)?;
        let tellers = refunds::tellers(work, (self.org, &sale.home), &sale.names).await?;
        if new.currency.is_some_and(|given| given != left.currency) {
            let message = format!("must be {}, as the sale is", left.currency);
            return Err(CatalogError::invalid("currency", &message));
        }
        let call = RefundCall {
            of: tellers.reported.into_iter().collect(),
            refund_id: new.id,
            amount: new.amount,
            currency: left.currency,
            reason: new.reason,
        };
        if let Some(refund) = self.told_before(work, &sale, &call).await? {
            let consequences = Consequences::default();
            return Ok(Refunded {
                refund,
                consequences,
            });
        }
        if let Some(processor) = tellers.processors.first() {
            return Err(told_by(processor));
        }
        if call.of.is_empty() || left.minor < call.amount {
            return Err(too_much(Money::new(left.minor.max(0), left.currency)));
        }
        let refund = self.take_refund(work, &sale, call).await?;
        let place = (sale.home.as_str(), sale.livemode);
        let consequences = self.consequences(work, place, before).await?;
        if !preview {
            self.tell_refund(work, &refund).await?;
            self.commit_and_wake(transaction).await?;
        }
        Ok(Refunded {
            refund,
            consequences,
        })
    }

    async fn sale(
        &self,
        transaction: &mut dyn Transaction,
        id: &str,
    ) -> Result<Option<Subject>, StoreError> {
        let mut found = decisions::subjects(transaction, self.org, [id]).await?;
        let found = found.remove(id).filter(|_| id.starts_with(id::SALE));
        Ok(found.filter(|sale| self.sees(sale.livemode)))
    }

    /// The refund that has been reported under this key; it must be the same.
    async fn told_before(
        &self,
        transaction: &mut dyn Transaction,
        sale: &Subject,
        call: &RefundCall,
    ) -> Result<Option<Refund>, CatalogError> {
        let ledger = (self.org, sale.livemode);
        let Some(told) = refunds::told(transaction, ledger, &call.refund_id).await? else {
            return Ok(None);
        };
        let fact = Fact::Reversal(call.reversal(told.at));
        let stored = refunds::said(transaction, (self.org, &sale.home), fact.key()).await?;
        let is_it = match (&stored, &fact) {
            (Some(Fact::Reversal(is)), Fact::Reversal(said)) => {
                let of_this_sale = is.of.iter().any(|name| sale.names.contains(name.as_str()));
                of_this_sale
                    && (is.extent, is.currency, &is.reason)
                        == (said.extent, said.currency, &said.reason)
            }
            _ => false,
        };
        if !is_it {
            return Err(CatalogError::Conflict {
                field: "refundId",
                message: "another refund has been recorded under this refundId: use a new one"
                    .to_owned(),
            });
        }
        Ok(Some(refund(sale, call, told.event_id, told.at.to_string())))
    }

    /// Puts a refund into the inbox and into the ledger.
    async fn take_refund(
        &self,
        transaction: &mut dyn Transaction,
        sale: &Subject,
        call: RefundCall,
    ) -> Result<Refund, StoreError> {
        let event_id = self.ids.make(id::EVENT);
        let told = refund(sale, &call, event_id.clone(), self.now.to_string());
        let call = Later::Refund(call);
        let body = serde_json::to_vec(&call).unwrap_or_default();
        let mut bodies = Rows::new(4);
        bodies.push([
            event_id.as_str().into(),
            "[]".into(),
            i64::try_from(body.len()).unwrap_or(i64::MAX).into(),
            crate::store::Value::Bytes(inbox::pack(PROCESSOR, &body)?),
        ]);
        let args = args![self.org; bodies];
        transaction.post(&inbox::INSERT_BODIES, args).await?;
        let row = [
            event_id.as_str().into(),
            PROCESSOR.into(),
            PROCESSOR.into(),
            "".into(),
            sale.livemode.into(),
            call.external_id().into(),
            "".into(),
            call.event_type().into(),
            self.now.0.into(),
            self.now.0.into(),
            1.into(),
        ];
        let event = Event::of_call(&event_id, sale.livemode, call.facts(self.now), row);
        take_in(self.ledger.tools(), self.org, transaction, event).await?;
        Ok(told)
    }

    async fn tell_refund(
        &self,
        transaction: &mut dyn Transaction,
        refund: &Refund,
    ) -> Result<(), StoreError> {
        let details = Details::default()
            .set("refundId", &refund.refund_id)
            .set("amount", refund.amount)
            .set("currency", &refund.currency)
            .set("livemode", refund.livemode);
        let change = Change::of(What::SaleRefunded, &refund.sale_id).with(details);
        let change = change.because(refund.reason.as_deref());
        self.record(transaction, change).await
    }
}

fn refund(sale: &Subject, call: &RefundCall, event_id: String, created_at: String) -> Refund {
    Refund {
        refund_id: call.refund_id.clone(),
        sale_id: sale.id.clone(),
        amount: call.amount,
        currency: call.currency.to_string(),
        reason: call.reason.clone(),
        livemode: sale.livemode,
        event_id,
        created_at,
    }
}

fn told_by(processor: &str) -> CatalogError {
    CatalogError::Conflict {
        field: "saleId",
        message: format!(
            "{processor} tells of this sale and of its refunds: refund it there, and it is counted when {processor} says so"
        ),
    }
}

fn too_much(left: Money) -> CatalogError {
    CatalogError::Conflict {
        field: "amount",
        message: format!("amount is more than is left of the sale: {left}"),
    }
}
