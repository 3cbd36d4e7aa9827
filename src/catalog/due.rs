//! Which neighbourhoods a change concerns: they are folded again at once. Each function belongs into the
//! transaction of its change.

use providers::Micros;
use providers::fact::ClaimKind;

use crate::args;
use crate::ledger::writer::claim_text;
use crate::store::{Statement, StoreError, Transaction};

static ALL: Statement = Statement::new(
    "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1",
);
static OF_CLAIM: Statement = Statement::new(
    "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
         select w.neighbourhood_id from waiting_claims w where w.organization_id = $1 and w.claim = $2)",
);
static WAITING_FOR_RATES: Statement = Statement::new(
    "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
         select s.neighbourhood_id from sales s
         where s.organization_id = $1 and s.waits_for is not null)",
);
static SINCE: Statement = Statement::new(
    "update neighbourhoods set changes = changes + 1, due_at = 0 where organization_id = $1 and id in (
         select s.neighbourhood_id from sales s where s.organization_id = $1 and s.occurred_at >= $2
         union all
         select l.neighbourhood_id from leads l where l.organization_id = $1 and l.occurred_at >= $2)",
);
/// Before all others, however many there are.
static THIS: Statement = Statement::new(
    "update neighbourhoods set changes = changes + 1, due_at = -1 where organization_id = $1 and id = $2",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&ALL, &OF_CLAIM, &WAITING_FOR_RATES, &SINCE, &THIS];

type Marked = Result<(), StoreError>;

/// All: a program's terms have changed.
pub async fn all(transaction: &mut dyn Transaction, org: &str) -> Marked {
    transaction.run(&ALL, args![org]).await?;
    Ok(())
}

/// Those that wait for a click or code.
pub async fn of_claim(
    transaction: &mut dyn Transaction,
    org: &str,
    kind: ClaimKind,
    value: &str,
) -> Marked {
    let args = args![org, claim_text(kind, value)];
    transaction.run(&OF_CLAIM, args).await?;
    Ok(())
}

/// Those with a commission that waits for an exchange rate.
pub async fn waiting_for_rates(transaction: &mut dyn Transaction, org: &str) -> Marked {
    transaction.run(&WAITING_FOR_RATES, args![org]).await?;
    Ok(())
}

/// Those with a sale or lead of this time or later: of a clock that is far ahead.
pub async fn since(transaction: &mut dyn Transaction, org: &str, from: Micros) -> Marked {
    transaction.run(&SINCE, args![org, from.0]).await?;
    Ok(())
}

/// One; it is the next to be folded.
pub async fn this(transaction: &mut dyn Transaction, org: &str, id: &str) -> Marked {
    transaction.run(&THIS, args![org, id]).await?;
    Ok(())
}
