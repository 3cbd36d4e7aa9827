//! The deliveries that speak of a sale, and what each said: read again from its stored body, or, where
//! that is gone, from the facts it left.

use std::collections::{BTreeMap, BTreeSet};

use providers::delivery::CUT;
use providers::fact::ClaimKind;
use providers::{Fact, Micros, Name, NameKind};
use serde::Serialize;

use super::say;
use crate::attribution::Via;
use crate::books::story;
use crate::ledger::facts::FactSet;
use crate::ledger::sale::Sale;
use crate::ledger::writer::events;
use crate::store::{Row, Store, StoreError, Transaction};

/// A delivery, or a merchant's call, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    /// The event's id.
    pub id: String,
    /// The source it came to.
    pub source_id: String,
    /// The processor; `api` for a call.
    pub processor: String,
    /// Its type, as the processor names it.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The processor's id of it.
    pub external_id: String,
    /// When it happened, RFC 3339, where the processor says so.
    pub occurred_at: Option<String>,
    /// When it first arrived, RFC 3339.
    pub received_at: String,
    /// How often it was delivered, or found.
    pub deliveries: i64,
    /// When it was found by asking the processor, RFC 3339; no delivery had told of it then.
    pub found_at: Option<String>,
    /// `processed`, `ignored`, `parked`, `failed` or `received`.
    pub state: String,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// What it said, in plain sentences.
    pub says: Vec<String>,
    /// Whether its body is gone and only the facts it left are shown.
    pub from_stored_facts: bool,
    /// When retention removed its body, RFC 3339.
    pub body_removed_at: Option<String>,
}

impl Told {
    /// Why only facts are shown, where that is so.
    pub fn without_body(&self) -> Option<String> {
        let removed = self
            .body_removed_at
            .as_ref()
            .map(|at| at.get(..10).unwrap_or(at));
        self.from_stored_facts.then(|| match removed {
            Some(day) => {
                format!("its body was removed by retention on {day}; this is what it left")
            }
            None => "its body is gone; this is what it left".to_owned(),
        })
    }
}

/// What a delivery must speak of to belong to the story.
pub(super) struct About<'a> {
    payments: &'a BTreeSet<Name>,
    /// The subscription and the customer's names: for deliveries that speak of no payment at all.
    people: BTreeSet<Name>,
    /// Events that brought the click or code which counts.
    claims: BTreeSet<&'a str>,
    /// Facts by the event that brought them.
    stored: BTreeMap<&'a str, Vec<&'a Fact>>,
}

impl<'a> About<'a> {
    /// All that belongs to a sale with these names.
    pub(super) fn of(
        payments: &'a BTreeSet<Name>,
        sale: Option<&Sale>,
        facts: &'a FactSet,
    ) -> Self {
        let mut about = Self {
            payments,
            people: BTreeSet::new(),
            claims: BTreeSet::new(),
            stored: BTreeMap::new(),
        };
        let credit = sale.and_then(|sale| sale.credit.as_ref());
        let click = credit.and_then(|credit| credit.click_id.as_deref());
        // Then the same click on another payment is that payment's story.
        let with_payment = credit.is_some_and(|credit| credit.via == Via::Click);
        about
            .people
            .extend(sale.and_then(|sale| sale.subscription.clone()));
        about
            .people
            .extend(sale.and_then(|sale| sale.customer.clone()));
        for (_, kept) in facts.iter() {
            let event = about.stored.entry(kept.event_id.as_str());
            event.or_default().push(&kept.fact);
            match &kept.fact {
                Fact::Identity(identity) if payments.contains(&identity.subject) => {
                    about.people.extend(identity.customers.iter().cloned());
                }
                Fact::Claim(claim)
                    if claim.kind == ClaimKind::Click
                        && Some(claim.label.value()) == click
                        && (!with_payment || claim.subject.kind() != NameKind::Payment) =>
                {
                    about.claims.insert(&kept.event_id);
                }
                Fact::Lead(lead) if lead.clicks.iter().any(|l| Some(l.value()) == click) => {
                    about.claims.insert(&kept.event_id);
                }
                _ => {}
            }
        }
        about
    }

    /// Whether an event may belong to the story, by the payments it mentions: another's payment does not.
    fn may_concern(&self, event_id: &str, mentions: &[String]) -> bool {
        let ours =
            |text: &String| Name::from_stored(text).is_some_and(|n| self.payments.contains(&n));
        mentions.is_empty() || mentions.iter().any(ours) || self.claims.contains(event_id)
    }

    fn concerns(&self, event_id: &str, facts: &[&Fact]) -> bool {
        let names: Vec<&Name> = facts.iter().flat_map(|fact| fact.names()).collect();
        if self.claims.contains(event_id) || names.iter().any(|n| self.payments.contains(*n)) {
            return true;
        }
        // What tells of another payment of the same people is another story.
        let of_people = names.iter().any(|name| self.people.contains(*name));
        of_people && !names.iter().any(|name| name.kind() == NameKind::Payment)
    }
}

/// The deliveries that speak of the sale, oldest first.
pub(super) async fn told(
    transaction: &mut dyn Transaction,
    org: &str,
    neighbourhood_id: &str,
    about: &About<'_>,
) -> Result<Vec<Told>, StoreError> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for row in story::events(transaction, org, neighbourhood_id).await? {
        let id = row.text("id")?.to_owned();
        let mentions: Vec<String> = serde_json::from_str(row.text("mentions")?).unwrap_or_default();
        if about.may_concern(&id, &mentions) {
            rows.insert(id, row);
        }
    }
    let ids = rows.keys().cloned().collect();
    let mut read: BTreeMap<String, Vec<Fact>> = BTreeMap::new();
    for event in events::again(transaction, org, &ids).await? {
        read.insert(event.id, event.reading.facts);
    }
    let mut told = Vec::new();
    for (id, row) in &rows {
        let body = read.get(id).map(|facts| facts.iter().collect());
        let left = || about.stored.get(id.as_str()).cloned().unwrap_or_default();
        let from_stored_facts = body.is_none();
        let facts: Vec<&Fact> = body.unwrap_or_else(left);
        if about.concerns(id, &facts) {
            told.push(one(id, row, &facts, from_stored_facts)?);
        }
    }
    told.sort_by(|a, b| (&a.occurred_at, &a.id).cmp(&(&b.occurred_at, &b.id)));
    Ok(told)
}

fn one(id: &str, row: &Row, facts: &[&Fact], from_stored_facts: bool) -> Result<Told, StoreError> {
    let text = |column| row.text(column).map(str::to_owned);
    let mut says: Vec<String> = Vec::new();
    for sentence in facts.iter().filter_map(|fact| say::told(fact)) {
        if !says.contains(&sentence) {
            says.push(sentence);
        }
    }
    // What a delivery leaves out belongs to what it says.
    let reason = row.opt_text("reason")?.map(str::to_owned);
    says.extend(reason.clone().filter(|reason| reason.starts_with(CUT)));
    Ok(Told {
        id: id.to_owned(),
        source_id: text("source_id")?,
        processor: text("processor")?,
        event_type: text("type")?,
        external_id: text("external_id")?,
        occurred_at: row.opt_int("occurred_at")?.map(|at| Micros(at).to_string()),
        received_at: Micros(row.int("received_at")?).to_string(),
        deliveries: row.int("deliveries")?,
        found_at: row.opt_int("found_at")?.map(|at| Micros(at).to_string()),
        state: text("state")?,
        reason,
        says,
        from_stored_facts,
        body_removed_at: row
            .opt_int("body_removed_at")?
            .map(|at| Micros(at).to_string()),
    })
}

/// What one event says, in plain sentences; nothing where its body is gone.
///
/// # Errors
/// What the database said.
pub async fn said(store: &dyn Store, org: &str, event_id: &str) -> Result<Vec<String>, StoreError> {
    let mut transaction = store.snapshot().await?;
    let ids = BTreeSet::from([event_id.to_owned()]);
    let events = events::again(transaction.as_mut(), org, &ids).await?;
    let facts = events.iter().flat_map(|event| &event.reading.facts);
    let mut says: Vec<String> = Vec::new();
    for sentence in facts.filter_map(say::told) {
        if !says.contains(&sentence) {
            says.push(sentence);
        }
    }
    Ok(says)
}
