//! What erasing does to each kind of row: facts, customers, names, kept answers and requests. Rows stay;
//! only what is personal in them goes.

use std::collections::BTreeSet;

use providers::{Name, NameKind};

use super::Step;
use crate::args;
use crate::books::statements::ledger as ledger_sql;
use crate::ledger::erased::{impersonal, is_personal};
use crate::ledger::writer::stored::{self, NewRows};
use crate::ledger::writer::{Answer, erased, refold};
use crate::privacy::person::Part;
use crate::privacy::{Request, sql};
use crate::store::{Rows, StoreError};

impl Step<'_> {
    pub(super) async fn strip_facts(&mut self, part: &Part) -> Result<bool, StoreError> {
        // Also what has been superseded is there, and personal.
        let mut said = Vec::new();
        for row in self
            .run(&ledger_sql::FACTS, refold::texts([&part.id]))
            .await?
        {
            said.push((row.text("key")?.to_owned(), stored::kept(&row)?));
        }
        let facts = said.iter().flat_map(|(_, said)| said);
        let facts = facts.map(|kept| (part.livemode, &kept.fact));
        let none = std::iter::empty();
        let erased = erased::load(self.transaction.as_mut(), self.org, facts, none).await?;
        let (mut gone, mut new) = (Rows::new(3), NewRows::new());
        for (key, mut said) in said {
            let mut is_changed = false;
            for kept in &mut said {
                is_changed |= erased.strip(part.livemode, "", &mut kept.fact);
            }
            if let Some(first) = said.first().filter(|_| is_changed) {
                let event_id = first.event_id.as_str().into();
                gone.push([part.id.as_str().into(), key.into(), event_id]);
                new.add((part.livemode, &part.id), &said)?;
            }
        }
        let changed = !new.is_empty();
        self.run(&sql::DELETE_FACTS, gone).await?;
        self.run(&ledger_sql::STORE_FACTS, new.into_rows()).await?;
        Ok(changed)
    }

    pub(super) async fn clear_customers(&mut self, part: &Part) -> Result<(), StoreError> {
        let mut rows = Rows::new(3);
        let home = refold::texts([&part.id]);
        for row in self.run(&ledger_sql::CUSTOMERS, home).await? {
            let names = names_in(row.text("names")?)?;
            let is_guest = |name: &Name| {
                let of = name.value().strip_prefix("guest/").and_then(Name::payment);
                of.is_some_and(|payment| part.names.contains(&payment))
            };
            if names.iter().any(|n| part.names.contains(n) || is_guest(n)) {
                let names = self.impersonal(&names);
                let external = names.iter().find(|n| n.kind() == NameKind::External);
                rows.push([
                    row.text("id")?.into(),
                    names_text(&names).into(),
                    external.map(Name::value).into(),
                ]);
            }
        }
        self.run(&sql::CLEAR_CUSTOMERS, rows).await?;
        Ok(())
    }

    /// Replaces names that are personal themselves where they stand alone.
    pub(super) async fn rename(&mut self, part: &Part) -> Result<(), StoreError> {
        let mut rows = Rows::new(3);
        for name in part.names.iter().filter(|name| is_personal(name)) {
            let new = impersonal(self.org, name);
            let livemode = part.livemode.into();
            rows.push([livemode, name.as_str().into(), new.as_str().into()]);
        }
        self.run(&sql::RENAME_NAMES, rows.clone()).await?;
        self.run(&sql::RENAME_ASSIGNMENTS, rows).await?;
        Ok(())
    }

    pub(super) async fn clear_answers(&mut self, part: &Part) -> Result<(), StoreError> {
        let names = part.names.iter().map(|name| name.as_str().to_owned());
        let names: Vec<String> = names.collect();
        let mut rows = Rows::new(3);
        for row in self.run(&sql::ANSWERS, refold::texts(&names)).await? {
            let mut answer: Answer = serde_json::from_str(row.text("answer")?)
                .map_err(|_damaged| StoreError::Corrupt("idempotency.answer"))?;
            let customer = Name::from_stored(row.text("customer")?);
            let customer = customer.map(|name| impersonal(self.org, &name));
            if let (Some(told), Some(customer)) = (answer.told_mut(), &customer) {
                customer.value().clone_into(&mut told.external_id);
                (told.email, told.name, told.avatar) = (None, None, None);
            }
            rows.push([
                row.text("key")?.into(),
                serde_json::to_string(&answer).unwrap_or_default().into(),
                customer.as_ref().map(Name::as_str).into(),
            ]);
        }
        self.run(&sql::CLEAR_ANSWERS, rows).await?;
        Ok(())
    }

    /// Clears what was collected for other requests that mean the same, and the requests' own bodies.
    pub(super) async fn clear_requests(
        &mut self,
        is_same: impl Fn(&Request) -> bool,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(2);
        let mut bodies = BTreeSet::new();
        let stored = self.transaction.run(&sql::REQUESTS, args![self.org]);
        for row in stored.await? {
            let other = Request::read(&row)?;
            if is_same(&other) {
                let names = self.impersonal(&other.customers.iter().cloned().collect());
                rows.push([other.id.as_str().into(), names_text(&names).into()]);
                bodies.insert(other.event_id);
            }
        }
        self.run(&sql::CLEAR_REQUESTS, rows).await?;
        erased::drop_bodies(self.transaction.as_mut(), self.org, &bodies).await
    }

    fn impersonal(&self, names: &BTreeSet<Name>) -> BTreeSet<Name> {
        names
            .iter()
            .map(|name| impersonal(self.org, name))
            .collect()
    }
}

fn names_in(stored: &str) -> Result<BTreeSet<Name>, StoreError> {
    serde_json::from_str(stored).map_err(|_damaged| StoreError::Corrupt("customers.names"))
}

fn names_text(names: &BTreeSet<Name>) -> String {
    serde_json::to_string(names).unwrap_or_default()
}
