//! Who bought, and how that is known. What is personal stays in [`Buyer`].

use providers::{Fact, Name, NameKind};

use super::{Buyer, say};
use crate::books::story;
use crate::ledger::facts::FactSet;
use crate::ledger::sale::Sale;
use crate::store::{StoreError, Transaction};

/// The customer of this id, and what says that the sale is theirs.
pub(super) async fn of(
    transaction: &mut dyn Transaction,
    org: &str,
    id: Option<&str>,
    (sale, facts): (Option<&Sale>, &FactSet),
) -> Result<Option<Buyer>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let Some(row) = story::customer(transaction, org, id).await? else {
        return Ok(None);
    };
    let text = |column| Ok::<_, StoreError>(row.opt_text(column)?.map(str::to_owned));
    let names: Vec<String> = serde_json::from_str(row.text("names")?)
        .map_err(|_damaged| StoreError::Corrupt("customers.names"))?;
    let names: Vec<Name> = names.iter().filter_map(|n| Name::from_stored(n)).collect();
    let processors = names.iter().filter(|name| say::is_processors(name));
    Ok(Some(Buyer {
        id: id.to_owned(),
        external_id: text("external_id")?,
        processor_ids: processors.map(|name| name.value().to_owned()).collect(),
        email: text("email")?,
        name: text("name")?,
        says: sale
            .map(|sale| found(sale, &names, facts))
            .unwrap_or_default(),
    }))
}

/// The facts that tell whose the sale is: those that name a customer of the payment, else of its
/// subscription; then those that make several names one customer.
fn found(sale: &Sale, names: &[Name], facts: &FactSet) -> Vec<String> {
    let mut says = Vec::new();
    for subject in &sale.references {
        says.extend(owners(subject, facts));
    }
    if let Some(subscription) = sale.subscription.as_ref().filter(|_| says.is_empty()) {
        says.extend(owners(subscription, facts));
    }
    if says.is_empty() {
        says.push("known by what came with this payment alone".to_owned());
    }
    let own = |name: &Name| names.contains(name) && name.kind() != NameKind::Payment;
    let aliases = facts.facts().filter(|fact| match fact {
        Fact::Alias(one) => own(&one.a) && own(&one.b),
        _ => false,
    });
    says.extend(aliases.filter_map(say::told));
    let mut told = Vec::new();
    for sentence in says {
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    told
}

/// What is said of the customer of one payment or subscription.
fn owners(subject: &Name, facts: &FactSet) -> Vec<String> {
    let of_subject = facts.facts().filter(|fact| match fact {
        Fact::Identity(one) => one.subject == *subject && !one.customers.is_empty(),
        _ => false,
    });
    of_subject.map(say::fact).collect()
}
