//! Why a sale is what it is: which deliveries said what, how its names, its customer and its click were
//! found, the commission's arithmetic, and every entry of the ledger.
//!
//! Everything is computed anew from the stored facts by the same fold that made the sale. E-mail addresses
//! and names of people stand in the customer member alone, never in a sentence. Nothing is written.

mod buyer;
mod deliveries;
mod entries;
mod explanation;
mod lookup;
mod partners;
mod payouts;
mod say;
mod text;
mod unjoined;

use std::collections::{BTreeMap, BTreeSet};

use providers::{Currency, Micros, Money, Name};

use crate::books::decisions::{self, Assigned, Standing};
use crate::books::{customers, story};
use crate::ledger::facts::FactSet;
use crate::ledger::rule::Rule;
use crate::ledger::sale::Sale;
use crate::ledger::writer::context::Lookups;
use crate::ledger::writer::refold::{Neighbourhoods, read_facts, refold};
use crate::store::{Row, Store, StoreError, Transaction};
use partners::Partners;

pub use deliveries::{Told, said};
pub use entries::Booked;
pub use explanation::{
    Attribution, Buyer, Commission, Decision, Explanation, Joined, Shown, Unjoined,
};
pub use lookup::{reversals_likely, reversals_meant, sales_meant};
pub use payouts::PaidOut;

/// A commission rule in words.
pub fn rule_in_words(rule: &Rule) -> String {
    say::rule(rule)
}

/// What the database has of the sale.
struct Stored {
    id: String,
    row: Row,
    references: BTreeSet<Name>,
}

/// Explains a sale; `None` when there is none with this id.
///
/// # Errors
/// What the database said.
pub async fn explain(
    store: &dyn Store,
    now: Micros,
    organization_id: &str,
    sale_id: &str,
) -> Result<Option<Explanation>, StoreError> {
    let org = organization_id;
    let mut transaction = store.snapshot().await?;
    let transaction = transaction.as_mut();
    let Some(stored) = stored(transaction, org, sale_id).await? else {
        return Ok(None);
    };
    let home = stored.row.text("neighbourhood_id")?.to_owned();
    let mut neighbourhoods = Neighbourhoods::new();
    let livemode = stored.row.flag("livemode")?;
    neighbourhoods.insert(home.clone(), (livemode, FactSet::new()));
    read_facts(transaction, org, &mut neighbourhoods).await?;
    let refolded = refold(transaction, org, &neighbourhoods, now).await?;
    let facts = neighbourhoods.remove(&home).unwrap_or_default().1;
    let sales = refolded.folded.iter().flat_map(|f| &f.outcome.sales);
    let mut own = sales.filter(|sale| !sale.references.is_disjoint(&stored.references));
    let live = stored.row.text("state")? == "live";
    let sale = own.next().filter(|_| live);
    let about = deliveries::About::of(&stored.references, sale, &facts);
    let deliveries = deliveries::told(transaction, org, &home, &about).await?;
    let customer_id = stored.row.opt_text("customer_id")?;
    let customer = buyer::of(transaction, org, customer_id, (sale, &facts)).await?;
    let entries = entries::of(transaction, org, sale_id).await?;
    let payouts = payouts::of(transaction, org, sale_id).await?;
    let credit = sale.and_then(|sale| sale.credit.as_ref());
    let credited = credit.map(|credit| credit.partner_id.as_str());
    let booked = entries.iter().map(|entry| entry.partner_id.as_str());
    let partners = Partners::read(transaction, org, credited.into_iter().chain(booked)).await?;
    let standing = decided(transaction, org, sale_id).await?;
    let by_hand = set_by_hand(transaction, org, (&stored, customer_id)).await?;
    let mut explanation = Explanation {
        sale: shown(&stored)?,
        customer,
        unjoined: unjoined::of(
            &stored.references,
            sale.and_then(|sale| sale.subscription.as_ref()),
            &facts,
        ),
        deliveries,
        names: stored
            .references
            .iter()
            .map(|n| n.value().to_owned())
            .collect(),
        joins: sale.map(joins).unwrap_or_default(),
        attribution: Attribution {
            reason: by_hand.and_then(|by_hand| by_hand.reason),
            ..attribution(sale, &partners)
        },
        commission: commission(sale, &refolded.lookups, &stored, standing)?,
        reversals: sale.map(|sale| reversals(sale, &facts)).unwrap_or_default(),
        entries,
        payouts,
        text: String::new(),
    };
    explanation.text = text::of(&explanation, &partners);
    Ok(Some(explanation))
}

async fn stored(
    transaction: &mut dyn Transaction,
    org: &str,
    id: &str,
) -> Result<Option<Stored>, StoreError> {
    let Some(row) = story::sale(transaction, org, id).await? else {
        return Ok(None);
    };
    let mut references = BTreeSet::new();
    for row in story::names(transaction, org, id).await? {
        references.extend(Name::from_stored(row.text("name")?));
    }
    Ok(Some(Stored {
        id: id.to_owned(),
        row,
        references,
    }))
}

/// What the owner has decided about the sale's commission.
async fn decided(
    transaction: &mut dyn Transaction,
    org: &str,
    sale_id: &str,
) -> Result<Option<Standing>, StoreError> {
    let mut subjects = decisions::subjects(transaction, org, [sale_id]).await?;
    let subject = subjects.remove(sale_id);
    Ok(subject.and_then(|subject| subject.standing))
}

/// Whose the owner has said that the sale is, or else its customer.
async fn set_by_hand(
    transaction: &mut dyn Transaction,
    org: &str,
    (stored, customer_id): (&Stored, Option<&str>),
) -> Result<Option<Assigned>, StoreError> {
    let livemode = stored.row.flag("livemode")?;
    let names: BTreeSet<String> = stored
        .references
        .iter()
        .map(|name| name.as_str().to_owned())
        .collect();
    let own = decisions::places(livemode, &names);
    if let Some(assigned) = decisions::assigned(transaction, org, own).await? {
        return Ok(Some(assigned));
    }
    let customer = match customer_id {
        Some(id) => customers::own_names(transaction, org, id).await?,
        None => None,
    };
    let names = customer.map(|customer| customer.names).unwrap_or_default();
    let of_customer = decisions::places(livemode, &names);
    decisions::assigned(transaction, org, of_customer).await
}

fn shown(stored: &Stored) -> Result<Shown, StoreError> {
    let row = &stored.row;
    let text = |column| row.text(column).map(str::to_owned);
    let [net, refunded, disputed] = [row.int("net")?, row.int("refunded")?, row.int("disputed")?];
    Ok(Shown {
        id: stored.id.clone(),
        state: text("state")?,
        invoice_id: row.opt_text("invoice_id")?.map(str::to_owned),
        event_name: text("event_name")?,
        payment_processor: text("payment_processor")?,
        livemode: row.flag("livemode")?,
        kind: text("kind")?,
        amount: net,
        amount_refunded: refunded,
        amount_disputed: disputed,
        net_amount: net - refunded - disputed,
        gross: row.int("gross")?,
        currency: text("currency")?,
        occurred_at: Micros(row.int("occurred_at")?).to_string(),
    })
}

fn joins(sale: &Sale) -> Vec<Joined> {
    let joins = sale.why.joins.iter();
    joins
        .map(|join| Joined {
            a: join.a.value().to_owned(),
            b: join.b.value().to_owned(),
            why: join.why,
            says: say::join(join),
        })
        .collect()
}

fn attribution(sale: Option<&Sale>, partners: &Partners) -> Attribution {
    let credit = sale.and_then(|sale| sale.credit.clone());
    let turned_down = sale.map(|sale| sale.why.turned_down.clone());
    let nobody = match sale {
        Some(sale) if sale.why.nobodys => "nobody: the owner has said so",
        _ => "nobody: no click, no earlier click of the customer and no code was found",
    };
    Attribution {
        reason: None,
        says: credit.as_ref().map_or_else(
            || nobody.to_owned(),
            |credit| say::credit(credit, &partners.named(&credit.partner_id)),
        ),
        credit,
        turned_down: turned_down
            .unwrap_or_default()
            .into_iter()
            .map(|mut down| {
                down.value = say::claimed(&down.value);
                down
            })
            .collect(),
    }
}

fn commission(
    sale: Option<&Sale>,
    lookups: &Lookups,
    stored: &Stored,
    standing: Option<Standing>,
) -> Result<Option<Commission>, StoreError> {
    let Some((sale, earning)) = sale.and_then(|sale| Some((sale, sale.earning.as_ref()?))) else {
        return Ok(None);
    };
    let terms = &lookups.context(stored.row.flag("livemode")?).terms;
    let book = terms.rules.get(&earning.program_id);
    let rule = book.and_then(|book| book.rule(&earning.partner_id, sale.occurred_at));
    Ok(Some(Commission {
        rule: rule.map(say::rule),
        arithmetic: sale.why.arithmetic.lines(),
        full: earning.full,
        left: earning.left,
        free: earning.free,
        currency: earning.currency.to_string(),
        rate: earning.rate.as_ref().map(crate::ledger::rate::Rate::words),
        review: earning.review.map(str::to_owned),
        waits_for: earning.waits_for.clone(),
        decision: standing.map(|standing| Decision {
            decision: standing.decided.decision.word(),
            reason: standing.reason,
            decided_at: standing.decided.at.to_string(),
        }),
        available_at: Micros(stored.row.int("available_at")?).to_string(),
    }))
}

fn reversals(sale: &Sale, facts: &FactSet) -> Vec<String> {
    let applied = sale.why.reversals.iter();
    applied
        .map(|applied| {
            let fact = facts.get(&applied.key).map(|kept| say::fact(&kept.fact));
            let cash = Money::new(applied.cash, sale.currency);
            let what = fact.unwrap_or_else(|| applied.key.clone());
            format!(
                "{what}; of this payment: {cash}, on {}",
                say::day(applied.occurred_at)
            )
        })
        .collect()
}

/// Sums by partner and currency, as entries are gone through.
type Sums = BTreeMap<(String, String), i64>;

/// An amount for people; the bare number where the currency is unknown.
fn amount(minor: i64, currency: &str) -> String {
    Currency::parse(currency).map_or_else(
        || format!("{minor} {currency}"),
        |currency| Money::new(minor, currency).to_string(),
    )
}
