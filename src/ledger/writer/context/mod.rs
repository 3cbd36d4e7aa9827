//! What a batch of folds may look up, read in a handful of statements.

pub(super) mod clicks;
mod damaged;
mod ground;
mod owners;
mod terms;
mod wanted;

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

pub use clicks::ShownLink;
pub use damaged::Damaged;
pub use ground::Ground;
pub use wanted::Wanted;

use crate::attribution::Directory;
use crate::ledger::commission::Terms;
use crate::ledger::fold::Context;
use crate::store::{StoreError, Transaction};

/// The context of all folds of a batch, for each ledger, with what only the writer needs.
#[derive(Debug, Default)]
pub struct Lookups {
    /// For the test ledger and for the live one.
    pub contexts: [Context; 2],
    /// Links by click, for those that are still there.
    pub links: BTreeMap<String, ShownLink>,
    /// Programs that cannot be read.
    pub damaged: Damaged,
}

impl Lookups {
    /// The context of one ledger.
    pub fn context(&self, livemode: bool) -> &Context {
        let [test, live] = &self.contexts;
        if livemode { live } else { test }
    }
}

/// Reads all that is wanted.
pub async fn load(
    transaction: &mut dyn Transaction,
    organization_id: &str,
    (wanted, ground): (&Wanted, &Ground),
    now: Micros,
) -> Result<Lookups, StoreError> {
    let org = organization_id;
    let mut lookups = Lookups::default();
    let mut directory = Directory::default();
    let mut terms = Terms::default();
    let found = ground.clicks(transaction, org, &wanted.clicks).await?;
    for (id, found) in found {
        lookups
            .links
            .extend(found.link.map(|link| (id.clone(), link)));
        found.partner.add(&found.click.partner_id, &mut terms);
        directory.clicks.insert(id, found.click);
    }
    owners::read_codes(transaction, org, &wanted.codes, &mut directory).await?;
    lookups.damaged = ground.programs(&mut directory, &mut terms)?;
    terms::read_rates(transaction, org, wanted, &mut terms).await?;
    let of_codes = directory.codes.values();
    let mut partners: BTreeSet<String> = of_codes.map(|code| code.partner_id.clone()).collect();
    let assigned = if ground.assigned {
        owners::read_assignments(transaction, org, wanted).await?
    } else {
        Vec::new()
    };
    let owners = assigned.iter().filter_map(|(_, _, owner)| owner.as_ref());
    partners.extend(owners.map(|owner| owner.partner_id.clone()));
    terms::read_partners(transaction, org, &partners, &mut terms).await?;
    if ground.paid_at {
        let of_clicks = directory.clicks.values();
        partners.extend(of_clicks.map(|click| click.partner_id.clone()));
        terms.paid_at = terms::read_paid_at(transaction, org, &partners).await?;
    }
    let decided = if ground.decided {
        owners::read_decisions(transaction, org, wanted).await?
    } else {
        Vec::new()
    };
    for (context, livemode) in lookups.contexts.iter_mut().zip([false, true]) {
        context.directory = directory.clone();
        context.terms = terms.clone();
        context.now = now;
        for (_, name, owner) in assigned.iter().filter(|(mode, ..)| *mode == livemode) {
            let assignments = &mut context.directory.assignments;
            assignments.insert(name.clone(), owner.clone());
        }
        for (_, name, decided) in decided.iter().filter(|(mode, ..)| *mode == livemode) {
            context.terms.decided.insert(name.clone(), *decided);
        }
    }
    Ok(lookups)
}
