//! Callers who wait until a large neighbourhood is folded: their calls are in the ledger, what those have led to is not
//! known yet.
//!
//! An answer is made from what has been published, by whomever and whenever that was; so it is the same after a crash.
//! The first one made under an `Idempotency-Key` is the one that everybody gets. It writes nothing else.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::PaymentState;
use providers::{Micros, Name};
use tokio::sync::mpsc;

use super::context::{ShownLink, clicks};
use super::refold::{self, Neighbourhoods, texts};
use super::{Answer, LeadAnswer, Report, SaleAnswer, Told, Tools, answers, sql};
use crate::args;
use crate::ledger::calls::{Call, Person, SaleCall};
use crate::ledger::facts::FactSet;
use crate::ledger::reversal::Waiting;
use crate::store::{Row, Rows, StoreError, Transaction};

/// Callers that may wait for the next look at what is due.
const ROOM: usize = 4_096;

/// A call that is in the ledger as this event, and its caller.
struct Awaited {
    event_id: String,
    report: Report,
}

/// The way of answers to their callers.
#[derive(Clone)]
pub(super) struct Desk(mpsc::Sender<Awaited>);

impl Desk {
    /// Answers a caller, at once or when the fold has spoken. One that went away is not told; the report is kept.
    pub(super) fn answer(&self, report: Report, outcome: Result<Answer, StoreError>) {
        let Ok(Answer::Taken { event_id }) = outcome else {
            return drop(report.answer.send(outcome));
        };
        // Dropped where there is no room: the caller is told to come again.
        drop(self.0.try_send(Awaited { event_id, report }));
    }
}

/// The callers that wait.
pub(super) struct Callers {
    coming: mpsc::Receiver<Awaited>,
    waiting: Vec<Awaited>,
}

impl Callers {
    /// A desk, and those who are asked to wait there.
    pub(super) fn new() -> (Desk, Self) {
        let (desk, coming) = mpsc::channel(ROOM);
        let waiting = Vec::new();
        (Desk(desk), Self { coming, waiting })
    }

    /// Waits until there is one more; `false` once none can come.
    pub(super) async fn come(&mut self) -> bool {
        let came = self.coming.recv().await;
        let more = came.is_some();
        self.waiting.extend(came);
        more
    }

    /// Whether somebody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Answers those whose fold has been published; the others wait on, as long as they like.
    pub(super) async fn settle(&mut self, tools: &Tools) {
        while let Ok(awaited) = self.coming.try_recv() {
            self.waiting.push(awaited);
        }
        let mut by_organization: BTreeMap<String, Vec<Awaited>> = BTreeMap::new();
        for awaited in self.waiting.drain(..) {
            if !awaited.report.answer.is_closed() {
                let org = awaited.report.organization_id.clone();
                by_organization.entry(org).or_default().push(awaited);
            }
        }
        for (org, group) in by_organization {
            let answers = match answers(tools, &org, &group).await {
                Ok(answers) => answers,
                Err(error) => {
                    tracing::warn!(%error, organization.id = org, "callers wait for their answers");
                    BTreeMap::new()
                }
            };
            for (index, awaited) in group.into_iter().enumerate() {
                match answers.get(&index) {
                    Some(answer) => drop(awaited.report.answer.send(Ok(answer.clone()))),
                    None => self.waiting.push(awaited),
                }
            }
        }
    }
}

/// The answers that can be given, by the place of the call.
async fn answers(
    tools: &Tools,
    org: &str,
    group: &[Awaited],
) -> Result<BTreeMap<usize, Answer>, StoreError> {
    let mut view = tools.store.snapshot().await?;
    let events: BTreeSet<String> = group.iter().map(|a| a.event_id.clone()).collect();
    let args = args![org, Waiting::Fold.reason(); texts(&events)];
    let open = view.run(&sql::WAITING_FOR, args).await?;
    let open: BTreeSet<&str> = open
        .iter()
        .map(|row| row.text("id"))
        .collect::<Result<_, _>>()?;
    let folded = group.iter().enumerate();
    let folded: Vec<(usize, &Awaited)> = folded
        .filter(|(_, awaited)| !open.contains(awaited.event_id.as_str()))
        .collect();
    if folded.is_empty() {
        return Ok(BTreeMap::new());
    }
    let now = tools.clock.now();
    let calls: Vec<&Awaited> = folded.iter().map(|(_, awaited)| *awaited).collect();
    let published = Published::read(view.as_mut(), org, &calls).await?;
    drop(view);
    let mut answers: BTreeMap<usize, Answer> = folded
        .iter()
        .map(|(index, awaited)| (*index, published.answer(awaited, now)))
        .collect();
    let given = folded
        .iter()
        .map(|(index, awaited)| (&awaited.report, awaited.event_id.as_str(), *index));
    answers::give(tools, org, given, &mut answers).await?;
    Ok(answers)
}

/// A name or a lead in its ledger.
type Place = (bool, String);

/// What has been published of some calls.
struct Published {
    sales: BTreeMap<Place, PublishedSale>,
    /// Customers of leads.
    leads: BTreeMap<Place, Shown>,
    links: BTreeMap<String, ShownLink>,
}

struct PublishedSale {
    id: String,
    net: i64,
    currency: String,
    commission: i64,
    available_at: Micros,
    customer: Shown,
    /// A processor has told of the same payment: the sale is not the call's.
    is_told: bool,
}

/// What is known of a customer.
struct Shown {
    email: Option<String>,
    name: Option<String>,
    avatar: Option<String>,
}

impl Shown {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| Ok::<_, StoreError>(row.opt_text(column)?.map(str::to_owned));
        Ok(Self {
            email: text("email")?,
            name: text("customer_name")?,
            avatar: text("avatar")?,
        })
    }
}

impl Published {
    async fn read(
        view: &mut dyn Transaction,
        org: &str,
        calls: &[&Awaited],
    ) -> Result<Self, StoreError> {
        let (mut names, mut keys) = (Rows::new(2), Rows::new(2));
        let mut clicked = BTreeSet::new();
        for awaited in calls {
            let (livemode, call) = (awaited.report.livemode, &awaited.report.call);
            if let Some(name) = call.object(&awaited.event_id) {
                names.push([livemode.into(), name.as_str().into()]);
            } else {
                keys.push([livemode.into(), awaited.event_id.as_str().into()]);
                clicked.insert(call.click_id().to_owned());
            }
        }
        let mut leads = BTreeMap::new();
        if !keys.is_empty() {
            for row in view.run(&sql::LEADS_KEYED, args![org; keys]).await? {
                let place = (row.flag("livemode")?, row.text("lead_key")?.to_owned());
                leads.insert(place, Shown::read(&row)?);
            }
        }
        let links = clicks::read(view, org, &clicked).await?.into_iter();
        let links = links.filter_map(|(id, found)| Some((id, found.link?)));
        Ok(Self {
            links: links.collect(),
            leads,
            sales: sales(view, org, names).await?,
        })
    }

    fn answer(&self, awaited: &Awaited, now: Micros) -> Answer {
        let livemode = awaited.report.livemode;
        match &awaited.report.call {
            Call::Sale(call) => {
                let name = awaited.report.call.object(&awaited.event_id);
                let sale = name.and_then(|name| {
                    let place = (livemode, name.as_str().to_owned());
                    self.sales.get(&place)
                });
                match sale {
                    Some(sale) if !sale.is_told => Answer::Sale(sale.answer(call, now)),
                    other => Answer::Duplicate {
                        sale_id: other.map(|sale| sale.id.clone()),
                    },
                }
            }
            Call::Lead(call) => {
                let known = self.leads.get(&(livemode, awaited.event_id.clone()));
                Answer::Lead(LeadAnswer {
                    event_name: call.event_name.clone(),
                    click_id: call.click_id.clone(),
                    link: self.links.get(&call.click_id).cloned(),
                    customer: told(&call.customer, known),
                })
            }
        }
    }
}

impl PublishedSale {
    fn answer(&self, call: &SaleCall, now: Micros) -> SaleAnswer {
        SaleAnswer {
            id: self.id.clone(),
            amount: self.net,
            currency: self.currency.clone(),
            commission: self.commission,
            status: SaleAnswer::status(self.available_at, now).to_owned(),
            invoice_id: call.invoice_id.clone(),
            payment_processor: call.payment_processor.clone(),
            event_name: call.event_name.clone(),
            customer: told(&call.customer, Some(&self.customer)),
        }
    }
}

/// A customer as its caller is told of it.
fn told(said: &Person, known: Option<&Shown>) -> Told {
    Told::of(
        said,
        known.and_then(|known| known.email.as_ref()),
        known.and_then(|known| known.name.as_ref()),
        known.and_then(|known| known.avatar.as_ref()),
    )
}

/// The live sales of some names.
async fn sales(
    view: &mut dyn Transaction,
    org: &str,
    names: Rows,
) -> Result<BTreeMap<Place, PublishedSale>, StoreError> {
    let mut sales = BTreeMap::new();
    if names.is_empty() {
        return Ok(sales);
    }
    let rows = view.run(&sql::SALES_TOLD, args![org; names]).await?;
    let mut neighbourhoods = Neighbourhoods::new();
    for row in &rows {
        let home = row.text("neighbourhood_id")?.to_owned();
        neighbourhoods.insert(home, (row.flag("livemode")?, FactSet::new()));
    }
    refold::read_facts(view, org, &mut neighbourhoods).await?;
    let mut is_told: BTreeSet<&str> = BTreeSet::new();
    for row in &rows {
        let facts = neighbourhoods.get(row.text("neighbourhood_id")?);
        let reference = row.text("reference")?;
        for rank in ["Canonical", "Checkout", "Intent", "Charge"] {
            let start = format!("payment/{rank}/{reference}");
            let told = facts.map(|(_, facts)| facts.snapshots(&start));
            let newest = told.into_iter().flatten().max_by_key(|p| p.version);
            if newest.is_some_and(|p| p.state == PaymentState::Paid) {
                is_told.insert(row.text("sale_id")?);
            }
        }
    }
    for row in &rows {
        let id = row.text("sale_id")?;
        let name = Name::from_stored(row.text("name")?).ok_or(StoreError::Corrupt("name"))?;
        let sale = PublishedSale {
            id: id.to_owned(),
            net: row.int("net")?,
            currency: row.text("currency")?.to_owned(),
            commission: row.int("commission_left")?,
            available_at: Micros(row.int("available_at")?),
            customer: Shown::read(row)?,
            is_told: is_told.contains(id),
        };
        sales.insert((row.flag("livemode")?, name.as_str().to_owned()), sale);
    }
    Ok(sales)
}
