//! Differences as they are found, and the accounts of the ledger compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ledger::writer::booking::Account;

/// How many differences are listed; the others are counted.
const LISTED: usize = 1_000;

/// Something that is not as it is computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// `sale`, `lead`, `fact`, `entries`, `reference`, `neighbourhood`, `payout`, `adjustment`, `balance`, or `figure` of a day.
    pub what: &'static str,
    /// Its id; for a sale that is missing, the name of its payment; of a balance its partner, of a figure its day.
    pub id: String,
    /// What of it: a column, or the account that entries are booked on.
    pub field: String,
    /// As it is stored; `null` when it is not there.
    pub stored: Option<String>,
    /// As it should be; `null` when it should not be there.
    pub computed: Option<String>,
}

/// Differences found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Difference>,
    pub(super) count: usize,
}

impl Findings {
    pub(super) fn add(
        &mut self,
        (what, id): (&'static str, &str),
        field: &str,
        stored: Option<String>,
        computed: Option<String>,
    ) {
        self.count += 1;
        if self.list.len() < LISTED {
            self.list.push(Difference {
                what,
                id: id.to_owned(),
                field: field.to_owned(),
                stored,
                computed,
            });
        }
    }

    /// Compares what entries add up to with what they should.
    pub(super) fn accounts(
        &mut self,
        stored: &BTreeMap<Account, i64>,
        computed: &BTreeMap<Account, i64>,
    ) {
        let accounts: BTreeSet<&Account> = stored.keys().chain(computed.keys()).collect();
        for account in accounts {
            let is = stored.get(account).copied().unwrap_or(0);
            let should_be = computed.get(account).copied().unwrap_or(0);
            if is != should_be {
                let (subject, partner, _, kind, currency) = account;
                let field = format!("{kind} of {partner} in {currency}");
                let (is, should_be) = (is.to_string(), should_be.to_string());
                self.add(("entries", subject), &field, Some(is), Some(should_be));
            }
        }
    }
}
