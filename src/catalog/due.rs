//! Which neighbourhoods a change concerns: they are folded again at once. Each function belongs into the
//! transaction of its change.

use providers::Micros;
use providers::fact::ClaimKind;

use crate::args;
use crate::books::statements::due as sql;
use crate::ledger::writer::claim_text;
use crate::store::{StoreError, Transaction};

type Marked = Result<(), StoreError>;

/// All: a program's terms have changed.
pub async fn all(transaction: &mut dyn Transaction, org: &str) -> Marked {
    transaction.run(&sql::ALL, args![org]).await?;
    Ok(())
}

/// None but those whose time has come anyway: nothing that has been folded can change.
pub async fn under_way(transaction: &mut dyn Transaction, org: &str, now: Micros) -> Marked {
    transaction.run(&sql::UNDER_WAY, args![org, now.0]).await?;
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
    transaction.run(&sql::OF_CLAIM, args).await?;
    Ok(())
}

/// Those with a sale or lead that is credited to a partner.
pub async fn of_partner(transaction: &mut dyn Transaction, org: &str, partner_id: &str) -> Marked {
    transaction
        .run(&sql::OF_PARTNER, args![org, partner_id])
        .await?;
    Ok(())
}

/// Those with a commission that waits for an exchange rate.
pub async fn waiting_for_rates(transaction: &mut dyn Transaction, org: &str) -> Marked {
    transaction.run(&sql::WAITING_FOR_RATES, args![org]).await?;
    Ok(())
}

/// Those with a sale or lead of this time or later: of a clock that is far ahead.
pub async fn since(transaction: &mut dyn Transaction, org: &str, from: Micros) -> Marked {
    transaction.run(&sql::SINCE, args![org, from.0]).await?;
    Ok(())
}

/// One; it is the next to be folded.
pub async fn this(transaction: &mut dyn Transaction, org: &str, id: &str) -> Marked {
    transaction.run(&sql::THIS, args![org, id]).await?;
    Ok(())
}
