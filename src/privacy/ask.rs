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
use crate::ledger::mailbox::mailbox;
use crate::store::{Rows, StoreError};

/// So many customers of one id or address are told apart.
const MOST: usize = 20;
/// Customers in one read.
const PAGE: i64 = 2_000;

/// Who is meant, of all that may have been given: the id of a customer here, the merchant's own, or an e-mail address, however its mailbox is
/// written. Several where it is not one customer's alone.
///
/// # Errors
/// What the database says.
pub async fn customers_meant(scope: &Scope<'_>, given: &str) -> Result<Vec<String>, StoreError> {
    if let Some(found) = customers::find(scope, given).await? {
        return Ok(vec![found.id]);
    }
    let mut ids = BTreeSet::new();
    for livemode in [true, false] {
        let by = [
            customers::By::Ledger(livemode),
            customers::By::External(given),
        ];
        let found = customers::list(scope, &by, Part::first(PAGE)).await?;
        ids.extend(found.rows.into_iter().map(|customer| customer.id));
    }
    if ids.is_empty() && given.contains('@') {
        ids = of_mailbox(scope, &mailbox(given)).await?;
    }
    Ok(ids.into_iter().take(MOST).collect())
}

/// The customers of a mailbox, looked for among all of them: an address has more spellings than an index can hold.
async fn of_mailbox(scope: &Scope<'_>, meant: &str) -> Result<BTreeSet<String>, StoreError> {
    let (mut ids, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = customers::addresses(scope, &after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(ids);
        };
        after.clone_from(last);
        let of_it = page
            .into_iter()
            .filter(|(_, email)| mailbox(email.expose()) == meant);
        ids.extend(of_it.map(|(id, _)| id));
    }
}

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
