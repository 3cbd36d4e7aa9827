//! What stands in the way of a refund that a merchant reports: whether it has been reported before, and who tells of its sale. Read within the
//! transaction that takes the refund in.

use std::collections::BTreeSet;

use providers::{Fact, Micros, Money, Name};

use super::row::{currency, text, time};
use crate::args;
use crate::ledger::calls::{PROCESSOR, refund_event};
use crate::ledger::writer::refold::kept;
use crate::ledger::writer::sql::FACTS_BY_KEY;
use crate::store::{Rows, Statement, StoreError, Transaction};

static TOLD: Statement = Statement::new(
    "select e.id, e.received_at from events e
     where e.organization_id = $1 and e.external_id = $2 and e.processor = $3 and e.account = ''
         and e.livemode = $4 and e.api_version = ''",
);

static LEFT: Statement = Statement::new(
    "select s.net - s.refunded - s.disputed as minor, s.currency from sales s
     where s.organization_id = $1 and s.id = $2 and s.state = 'live'",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&TOLD, &LEFT];

/// What is left of a sale after refunds and disputes.
pub async fn left(
    from: &mut dyn Transaction,
    org: &str,
    sale_id: &str,
) -> Result<Option<Money>, StoreError> {
    let rows = from.run(&LEFT, args![org, sale_id]).await?;
    let left = rows
        .first()
        .map(|row| Ok(Money::new(row.int("minor")?, currency(row, "currency")?)));
    left.transpose()
}

/// A refund that has been reported before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldBefore {
    /// Its event.
    pub event_id: String,
    /// When it was reported.
    pub at: Micros,
}

/// The event of a refund, if it has been reported.
pub async fn told(
    from: &mut dyn Transaction,
    (org, livemode): (&str, bool),
    refund_id: &str,
) -> Result<Option<ToldBefore>, StoreError> {
    let args = args![org, refund_event(refund_id), PROCESSOR, livemode];
    let rows = from.run(&TOLD, args).await?;
    let told = rows.first().map(|row| {
        Ok(ToldBefore {
            event_id: text(row, "id")?,
            at: time(row, "received_at")?,
        })
    });
    told.transpose()
}

/// Who tells of a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tellers {
    /// The names under which the merchant has reported it.
    pub reported: BTreeSet<Name>,
    /// Processors.
    pub processors: BTreeSet<String>,
}

/// Who tells of the payment of these names.
pub async fn tellers(
    from: &mut dyn Transaction,
    (org, home): (&str, &str),
    names: &BTreeSet<String>,
) -> Result<Tellers, StoreError> {
    let mut keys = Rows::new(2);
    for name in names {
        for rank in ["Canonical", "Checkout", "Intent", "Charge", "Manual"] {
            keys.push([home.into(), format!("payment/{rank}/{name}").into()]);
        }
    }
    let mut tellers = Tellers::default();
    if keys.is_empty() {
        return Ok(tellers);
    }
    for row in from.run(&FACTS_BY_KEY, args![org; keys]).await? {
        let kept = kept(&row)?;
        let Fact::Payment(payment) = kept.fact else {
            continue;
        };
        if kept.processor == PROCESSOR {
            tellers.reported.insert(payment.object);
        } else {
            tellers.processors.insert(kept.processor);
        }
    }
    Ok(tellers)
}

/// A stored fact of a neighbourhood, by its key.
pub async fn fact(
    from: &mut dyn Transaction,
    (org, home): (&str, &str),
    key: String,
) -> Result<Option<Fact>, StoreError> {
    let mut keys = Rows::new(2);
    keys.push([home.into(), key.into()]);
    let rows = from.run(&FACTS_BY_KEY, args![org; keys]).await?;
    Ok(rows.first().map(kept).transpose()?.map(|kept| kept.fact))
}
