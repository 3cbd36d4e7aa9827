//! What stands in the way of a refund that a merchant reports: whether it has been reported before, and who tells of its sale. Read within the
//! transaction that takes the refund in.

use std::collections::BTreeSet;

use providers::{Fact, Micros, Money, Name};

use super::row::{currency, text, time};
use crate::args;
use crate::books::statements::ledger::{FACTS, FACTS_BY_KEY};
use crate::ledger::calls::{PROCESSOR, refund_event};
use crate::ledger::facts::FactSet;
use crate::ledger::writer::stored;
use crate::store::{Row, Rows, Statement, StoreError, Transaction};

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
    let mut homes = Rows::new(1);
    homes.push([home.into()]);
    let rows = from.run(&FACTS, args![org; homes]).await?;
    let facts = united(&rows)?;
    let mut tellers = Tellers::default();
    for (_, kept) in facts.beginning("payment/") {
        let Fact::Payment(payment) = &kept.fact else {
            continue;
        };
        if !names.contains(payment.object.as_str()) {
            continue;
        }
        if kept.processor == PROCESSOR {
            tellers.reported.insert(payment.object.clone());
        } else {
            tellers.processors.insert(kept.processor.clone());
        }
    }
    Ok(tellers)
}

/// The facts of stored rows.
fn united(rows: &[Row]) -> Result<FactSet, StoreError> {
    let mut facts = FactSet::new();
    for row in rows {
        stored::absorb(row, &mut facts)?;
    }
    Ok(facts)
}

/// What merchants' calls have said of a neighbourhood under a key.
pub async fn said(
    from: &mut dyn Transaction,
    (org, home): (&str, &str),
    key: String,
) -> Result<Option<Fact>, StoreError> {
    let mut keys = Rows::new(2);
    keys.push([home.into(), key.as_str().into()]);
    let rows = from.run(&FACTS_BY_KEY, args![org; keys]).await?;
    Ok(united(&rows)?.get(&key).map(|kept| kept.fact.clone()))
}
