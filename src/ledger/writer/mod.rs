//! The ledger's writer: takes what is new in the inbox and what merchants report, and brings sales and
//! entries to what all facts add up to. The only place that writes them.
//!
//! One organization's ledger is written by one transaction at a time, on whichever replica; everything a
//! batch does commits together, and doing it again changes nothing.

mod accept;
mod answers;
mod awaited;
mod batch;
mod before;
pub mod booking;
pub(crate) mod connect;
pub(crate) mod context;
pub(crate) mod erased;
pub(crate) mod events;
mod failure;
pub mod figures;
mod large;
pub(crate) mod mend;
mod neighbours;
mod pace;
mod people;
pub(crate) mod publish;
mod reason;
pub(crate) mod rebuild;
pub(crate) mod record;
pub(crate) mod refold;
mod run;
pub(crate) mod stored;
mod told;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;

use providers::Micros;
use tokio::sync::oneshot;

use super::calls::{Call, Person};
use super::sale::Sale;
use crate::clock::Clock;
use crate::id::IdSource;
use crate::store::{Store, StoreError, without_nul};

use crate::books::statements::ledger as sql;
pub use batch::{rework, take_in};
pub use context::ShownLink;
pub use run::Ledger;
pub use turns::Turn;

/// A merchant's report, waiting for its answer.
#[derive(Debug)]
pub struct Report {
    /// Whose ledger.
    pub organization_id: String,
    /// Live or test ledger, by the key it was made with.
    pub livemode: bool,
    /// What is reported.
    pub call: Call,
    /// The caller's key for repeating the first answer, with a digest of the request.
    pub idempotency: Option<Idempotency>,
    /// When it arrived.
    pub received_at: Micros,
    /// Where the answer goes.
    pub answer: oneshot::Sender<Result<Answer, StoreError>>,
}

/// An `Idempotency-Key` and the request it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key as sent.
    pub key: String,
    /// A digest of path and body: the same key with another request is a mistake.
    pub request: String,
}

/// What a merchant's report led to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Answer {
    /// The sale was recorded.
    Sale(SaleAnswer),
    /// The lead was recorded; without a link when the click's link is gone.
    Lead(LeadAnswer),
    /// No such click was recorded (or, for a sale, its link is gone).
    InvalidClick,
    /// The invoice is a sale already.
    Duplicate {
        /// The sale.
        sale_id: Option<String>,
    },
    /// The same `Idempotency-Key` stood for another request.
    KeyReused,
    /// It says that it happened at a time that cannot be.
    Untimely,
    /// It is in the ledger and its customer is a large one: what it has led to is known when that one has been folded.
    /// Kept in the place of the answer until then, and never told to a caller.
    Taken {
        /// The event that it has become.
        event_id: String,
    },
}

impl Answer {
    /// The customer in the answer.
    pub fn told(&self) -> Option<&Told> {
        match self {
            Self::Sale(sale) => Some(&sale.customer),
            Self::Lead(lead) => Some(&lead.customer),
            _ => None,
        }
    }

    /// The customer in the answer, to be changed.
    pub fn told_mut(&mut self) -> Option<&mut Told> {
        match self {
            Self::Sale(sale) => Some(&mut sale.customer),
            Self::Lead(lead) => Some(&mut lead.customer),
            _ => None,
        }
    }
}

/// A recorded sale, as the caller is told of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SaleAnswer {
    /// The sale's id.
    pub id: String,
    /// Its net amount.
    pub amount: i64,
    /// Its currency.
    pub currency: String,
    /// What its partner earns.
    pub commission: i64,
    /// `pending`, `approved`.
    pub status: String,
    /// The invoice id given.
    pub invoice_id: Option<String>,
    /// The processor given.
    pub payment_processor: String,
    /// The event name given.
    pub event_name: String,
    /// The customer.
    pub customer: Told,
}

impl SaleAnswer {
    /// `pending` until its commission can be paid out.
    const fn status(available_at: Micros, now: Micros) -> &'static str {
        if available_at.0 <= now.0 {
            "approved"
        } else {
            "pending"
        }
    }
}

/// A recorded lead, as the caller is told of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LeadAnswer {
    /// The event name given.
    pub event_name: String,
    /// The click given.
    pub click_id: String,
    /// The click's link; `None` when it is gone.
    pub link: Option<ShownLink>,
    /// The customer.
    pub customer: Told,
}

/// A customer as a caller is told of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Told {
    /// The merchant's own id.
    pub external_id: String,
    /// The newest e-mail address known.
    pub email: Option<String>,
    /// The newest name known.
    pub name: Option<String>,
    /// The newest picture known.
    pub avatar: Option<String>,
}

impl Told {
    /// What was just said of a customer, else what is known: e-mail, name and picture.
    fn of(
        said: &Person,
        email: Option<&String>,
        name: Option<&String>,
        avatar: Option<&String>,
    ) -> Self {
        let or =
            |said: &Option<String>, known: Option<&String>| said.clone().or_else(|| known.cloned());
        Self {
            external_id: said.external_id.clone(),
            email: or(&said.email, email),
            name: or(&said.name, name),
            avatar: or(&said.avatar, avatar),
        }
    }
}

/// The sales that a batch has published.
#[derive(Debug, Default)]
pub struct Published {
    sales: BTreeMap<(bool, String), PublishedSale>,
}

/// One published sale.
#[derive(Debug, Clone)]
struct PublishedSale {
    id: String,
    /// The payment whose amounts count.
    object: providers::Name,
    net: i64,
    currency: String,
    commission: i64,
    available_at: Micros,
    customer: Option<providers::Name>,
}

impl Published {
    fn add(&mut self, sale: &Sale, id: &str, record: &record::Record, livemode: bool) {
        let published = PublishedSale {
            id: id.to_owned(),
            object: sale.object.clone(),
            net: sale.amounts.net,
            currency: sale.currency.to_string(),
            commission: sale.earning.as_ref().map_or(0, |earning| earning.left),
            available_at: record.available_at(),
            customer: sale.customer.clone(),
        };
        for name in &sale.references {
            let place = (livemode, name.as_str().to_owned());
            self.sales.insert(place, published.clone());
        }
    }

    fn named(&self, livemode: bool, name: &providers::Name) -> Option<&PublishedSale> {
        self.sales.get(&(livemode, name.as_str().to_owned()))
    }
}

/// What the writer works with.
#[derive(Clone)]
pub struct Tools {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<IdSource>,
}

/// Events, and due neighbourhoods, in one transaction.
pub const BATCH_SIZE: i64 = 256;

/// The text under which an unknown click or code is waited for.
pub fn claim_text(kind: providers::fact::ClaimKind, value: &str) -> String {
    match kind {
        providers::fact::ClaimKind::Click => format!("click/{}", without_nul(value)),
        providers::fact::ClaimKind::Code => {
            format!("code/{}", without_nul(&value.trim().to_lowercase()))
        }
    }
}
