//! What an outgoing webhook is about, as the API shows it: the same rows and the same members.

use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::commissions::Commission;
use super::leads::Lead;
use super::payouts::Payout;
use super::sales::Sale;
use crate::books::{self, Scope};
use crate::catalog::{Adjusted, Click, Consequences, Partner};
use crate::outbox::Kind;
use crate::outbox::deliver::About;
use crate::store::{Store, StoreError};

/// What is shown, as JSON.
type Shown = Result<Option<Box<RawValue>>, StoreError>;

/// Shows it; `None` where it is not there any more.
pub fn show(store: Arc<dyn Store>, about: About) -> Pin<Box<dyn Future<Output = Shown> + Send>> {
    Box::pin(async move {
        let scope = Scope {
            store: store.as_ref(),
            org: &about.org,
            now: about.now,
        };
        let id = about.subject_id.as_str();
        match about.kind {
            Kind::ClickCreated => json(books::clicks::find(&scope, id).await?, Click::of),
            Kind::LeadCreated => json(books::leads::find(&scope, id).await?, Lead::of),
            Kind::SaleCreated | Kind::SaleUpdated | Kind::SaleRefunded => {
                json(books::sales::find(&scope, id).await?, Sale::of)
            }
            Kind::CommissionCreated | Kind::CommissionUpdated => {
                let tail = id.split_once('_').map_or(id, |(_, tail)| tail);
                let found = books::commissions::find(&scope, tail).await?;
                let decided = books::decisions::of(&scope, [id]).await?;
                json(found, |one| Commission::of(one, &decided))
            }
            Kind::PartnerCreated | Kind::PartnerUpdated => {
                json(books::partners::find(&scope, id).await?, Partner::of)
            }
            Kind::PayoutCreated
            | Kind::PayoutApproved
            | Kind::PayoutSent
            | Kind::PayoutPaid
            | Kind::PayoutFailed
            | Kind::PayoutReversed => json(books::payouts::find(&scope, id).await?, Payout::of),
            Kind::AdjustmentCreated => json(books::adjustments::find(&scope, id).await?, |one| {
                Adjusted::of(one, Consequences::default())
            }),
            Kind::Ping => Ok(None),
        }
    })
}

fn json<R, T: Serialize>(
    found: Option<R>,
    of: impl Fn(R) -> T,
) -> Result<Option<Box<RawValue>>, StoreError> {
    // What a merchant has said goes on as it is written, whether this program could read it again or not.
    let shown = found.map(|row| to_raw_value(&of(row)));
    shown
        .transpose()
        .map_err(|_unshowable| StoreError::Corrupt("webhook_messages.subject_id"))
}
