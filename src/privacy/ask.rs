//! A request that the owner makes, for a customer of any processor: the same job as one that a processor passes on.

use std::collections::BTreeSet;

use super::RequestKind;
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::ledger as ledger_sql;
use crate::books::{Part, Scope, customers};
use crate::changes::{self, Change, Details, What};
use crate::id;
use crate::jobs::{self, NewJob};
use crate::store::{Rows, StoreError};

/// Who is meant, of all that may have been given: the id of a customer here, the merchant's own, or an e-mail address that one customer alone has.
///
/// # Errors
/// What the database says.
pub async fn customers_meant(scope: &Scope<'_>, given: &str) -> Result<Vec<String>, StoreError> {
    if let Some(found) = customers::find(scope, given).await? {
        return Ok(vec![found.id]);
    }
    let mut ids = BTreeSet::new();
    for by in [customers::By::External(given), customers::By::Email(given)] {
        for livemode in [true, false] {
            let by = [customers::By::Ledger(livemode), by];
            let found = customers::list(scope, &by, Part::first(MOST)).await?;
            ids.extend(found.rows.into_iter().map(|customer| customer.id));
        }
        if !ids.is_empty() {
            break;
        }
    }
    Ok(ids.into_iter().collect())
}

/// So many customers of one address are told apart.
const MOST: i64 = 20;

/// Asks for a customer to be exported or erased; answers the request's id, or `None` where there is no such customer.
///
/// # Errors
/// What the database says.
pub async fn ask(
    scope: &WriteScope<'_>,
    kind: RequestKind,
    customer_id: &str,
) -> Result<Option<String>, StoreError> {
    let mut transaction = scope.store.begin().await?;
    let own = customers::own_names(transaction.as_mut(), scope.org, customer_id).await?;
    let Some(own) = own else {
        return Ok(None);
    };
    // What has been stored before it is in the ledger before it is carried out.
    let id = scope.ids.make(id::EVENT);
    let mut rows = Rows::new(6);
    let names = serde_json::to_string(&own.names).unwrap_or_default();
    rows.push([
        id.as_str().into(),
        kind.word().into(),
        "".into(),
        id.as_str().into(),
        names.into(),
        "[]".into(),
    ]);
    let args = args![scope.org, scope.now.0; rows];
    transaction
        .run(&ledger_sql::INSERT_PRIVACY_REQUESTS, args)
        .await?;
    let job = NewJob {
        id: id.clone(),
        kind: jobs::PRIVACY_REQUEST,
        payload: "{}".to_owned(),
        run_at: scope.now,
    };
    jobs::add(transaction.as_mut(), scope.org, scope.now, &[job]).await?;
    let details = Details::default().set("kind", kind.word());
    let asked = Change::of(What::PrivacyAsked, &id).with(details);
    changes::record(transaction.as_mut(), scope, asked).await?;
    transaction.commit().await?;
    Ok(Some(id))
}
