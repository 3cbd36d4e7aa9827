//! A merchant's own reports through the API, as facts. Pure.
//!
//! A call is kept in the inbox like a delivery, in the form of [`Call`] as JSON, so that everything can be
//! computed again from the inbox alone. Whether its click exists is not decided here.

use providers::fact::{
    Alias, Amounts, Billing, Extent, Fact, Identity, Label, Lead, Payment, PaymentState, Rank,
    Report, Reversal, ReversalKind, ReversalState, Strength, Version,
};
use providers::signature::digest_id;
use providers::{Currency, Micros, Name};
use serde::{Deserialize, Serialize};

use super::fold::OWN_PREFIX;
use super::mailbox::mailbox;

/// The processor of events that are calls.
pub const PROCESSOR: &str = "api";

/// What is told of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The merchant's own id.
    pub external_id: String,
    /// The e-mail address as written.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The address of a picture.
    pub avatar: Option<String>,
}

/// `POST /api/track/sale`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SaleCall {
    /// The `refp_id` value.
    pub click_id: String,
    /// Who bought.
    pub customer: Person,
    /// In the smallest unit of `currency`.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What happened.
    pub event_name: String,
    /// The merchant's key against double counting.
    pub invoice_id: Option<String>,
    /// What it was paid with, as the merchant says.
    pub payment_processor: String,
    /// The merchant's own data, as JSON text.
    pub metadata: Option<String>,
    /// When it was paid, where that is not when it is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Micros>,
    /// Whether it is taken over from another system, whose history may be long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// `POST /api/track/lead`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadCall {
    /// The `refp_id` value.
    pub click_id: String,
    /// Who it was.
    pub customer: Person,
    /// What happened.
    pub event_name: String,
    /// The merchant's own data, as JSON text.
    pub metadata: Option<String>,
    /// When it happened, where that is not when it is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Micros>,
}

/// How far ahead of the clock the time of a call may lie, in seconds: clocks differ.
const AHEAD_SECONDS: i64 = 300;

/// How far back it may lie, in days: longer than any window, and shorter than a mistaken year.
const BACK_DAYS: i64 = 365;

/// The same of a sale that is taken over from another system: when a customer first bought decides for how long it earns.
pub const IMPORTED_BACK_DAYS: i64 = 3_650;

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// A sale.
    Sale(SaleCall),
    /// A lead.
    Lead(LeadCall),
}

/// A refund of a sale that was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundCall {
    /// The names under which the sale was reported.
    pub of: Vec<Name>,
    /// The merchant's key against double counting.
    pub refund_id: String,
    /// In the smallest unit of `currency`.
    pub amount: i64,
    /// The sale's currency.
    pub currency: Currency,
    /// Why.
    pub reason: Option<String>,
}

/// What is told later of a sale that was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Later {
    /// Money that went back.
    Refund(RefundCall),
}

/// Any call, as it is stored.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Report(Box<Call>),
    Later(Later),
}

/// The facts of a stored call that was made at `made_at`; `None` where it cannot be read.
pub fn facts(body: &[u8], event_id: &str, made_at: Micros) -> Option<Vec<Fact>> {
    match serde_json::from_slice(body).ok()? {
        Stored::Report(call) => Some(call.facts(event_id, made_at)),
        Stored::Later(later) => Some(later.facts(made_at)),
    }
}

impl Later {
    /// The event type under which it stands in the inbox.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::Refund(_) => "sale.refund",
        }
    }

    /// The id under which it stands in the inbox: what is told twice is one event.
    pub fn external_id(&self) -> String {
        match self {
            Self::Refund(refund) => refund_event(&refund.refund_id),
        }
    }

    /// The facts of one that was made at `made_at`.
    pub fn facts(&self, made_at: Micros) -> Vec<Fact> {
        match self {
            Self::Refund(refund) => vec![Fact::Reversal(refund.reversal(made_at))],
        }
    }
}

/// The id of the event of a refund.
pub fn refund_event(refund_id: &str) -> String {
    format!("refund/{refund_id}")
}

impl RefundCall {
    /// What it says. The merchant's ids and those of processors are apart.
    pub fn reversal(&self, made_at: Micros) -> Reversal {
        Reversal {
            id: format!("{PROCESSOR}/{}", self.refund_id),
            of: self.of.clone(),
            kind: ReversalKind::Refund,
            state: ReversalState::Final,
            extent: Extent::Gross {
                cash: self.amount,
                counted: self.amount,
            },
            currency: self.currency,
            version: Version {
                at: made_at,
                step: 0,
            },
            occurred_at: made_at,
            reason: self.reason.clone(),
            things: Vec::new(),
        }
    }
}

impl Call {
    /// The event type under which the call stands in the inbox.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::Sale(_) => "track.sale",
            Self::Lead(_) => "track.lead",
        }
    }

    /// The click that the call names.
    pub fn click_id(&self) -> &str {
        match self {
            Self::Sale(sale) => &sale.click_id,
            Self::Lead(lead) => &lead.click_id,
        }
    }

    /// Whom it is about.
    pub const fn customer(&self) -> &Person {
        match self {
            Self::Sale(sale) => &sale.customer,
            Self::Lead(lead) => &lead.customer,
        }
    }

    /// When it says that it happened.
    pub const fn occurred_at(&self) -> Option<Micros> {
        match self {
            Self::Sale(sale) => sale.occurred_at,
            Self::Lead(lead) => lead.occurred_at,
        }
    }

    /// Whether the time that it gives can be, seen from when it is made.
    pub fn is_timely(&self, now: Micros) -> bool {
        let back_days = match self {
            Self::Sale(sale) if sale.imported => IMPORTED_BACK_DAYS,
            _ => BACK_DAYS,
        };
        let bounds = now.plus_days(-back_days)..=now.plus_seconds(AHEAD_SECONDS);
        self.occurred_at().is_none_or(|at| bounds.contains(&at))
    }

    /// The name of the sale that the call makes; `None` for a lead. A sale without an invoice id is named
    /// after its event.
    pub fn object(&self, event_id: &str) -> Option<Name> {
        let Self::Sale(sale) = self else { return None };
        let own = || Name::payment(&format!("{OWN_PREFIX}{event_id}"));
        match &sale.invoice_id {
            Some(invoice_id) => Name::payment(invoice_id),
            None => own(),
        }
    }

    /// The facts of a call that was made at `made_at`. What it says counts from when it happened.
    pub fn facts(&self, event_id: &str, made_at: Micros) -> Vec<Fact> {
        let at = self.occurred_at().unwrap_or(made_at);
        match self {
            Self::Sale(sale) => self
                .object(event_id)
                .map(|object| sale.facts(&object, event_id, at))
                .unwrap_or_default(),
            Self::Lead(lead) => lead.facts(event_id, at),
        }
    }
}

impl SaleCall {
    fn facts(&self, object: &Name, event_id: &str, at: Micros) -> Vec<Fact> {
        let version = Version { at, step: 0 };
        let amounts = Amounts {
            subtotal: self.amount,
            gross: self.amount,
            net: self.amount,
            reversible: self.amount,
            ..Amounts::default()
        };
        let payment = Payment {
            object: object.clone(),
            rank: Rank::Manual,
            version,
            state: PaymentState::Paid,
            amounts,
            currency: self.currency,
            presentment: None,
            occurred_at: at,
            billing: Billing::Unknown,
            twin_window_seconds: None,
            products: Vec::new(),
            bought: Vec::new(),
            remark: None,
        };
        let report = Report {
            object: object.clone(),
            event_name: self.event_name.clone(),
            payment_processor: self.payment_processor.clone(),
            metadata: self.metadata.clone(),
            version,
        };
        // The identity has a name of its own for the payment: what the merchant says of the customer and
        // what the processor says must both stay.
        let own = Name::payment(&format!("{OWN_PREFIX}{event_id}"));
        let told = own.into_iter().flat_map(|own| {
            let identity = self.customer.identity(own.clone(), &self.click_id, version);
            let alias = Alias {
                a: object.clone(),
                b: own,
                strength: Strength::Proven,
            };
            [Fact::Identity(identity), Fact::Alias(alias)]
        });
        [Fact::Payment(payment), Fact::Report(report)]
            .into_iter()
            .chain(told)
            .collect()
    }
}

impl LeadCall {
    fn facts(&self, event_id: &str, at: Micros) -> Vec<Fact> {
        // A word that means nobody is a guest of this one lead.
        let known = Name::external(&self.customer.external_id);
        let guest = || Name::customer(&format!("guest/{event_id}"));
        let Some(customer) = known.clone().or_else(guest) else {
            return Vec::new();
        };
        let version = Version { at, step: 0 };
        let meeting = known.as_ref().and_then(|known| self.meeting(known));
        let of_processor = self.customer.of_processor();
        let lead = Lead {
            id: event_id.to_owned(),
            event_name: self.event_name.clone(),
            customers: std::iter::once(customer.clone())
                .chain(of_processor)
                .collect(),
            clicks: click_labels(&self.click_id),
            occurred_at: at,
        };
        // A subject of its own: a later delivery that says less must not erase what was said here.
        let subject = if known.is_some() {
            Name::customer(&format!("api/{}", self.customer.external_id))
        } else {
            Some(customer)
        };
        let identity = subject.map(|subject| {
            let mut identity = self.customer.identity(subject, &self.click_id, version);
            // The click is the lead's; the identity is only who it is.
            identity.clicks.clear();
            identity
        });
        let told = [
            &self.customer.email,
            &self.customer.name,
            &self.customer.avatar,
        ];
        let identity = identity.filter(|_| told.iter().any(|told| told.is_some()));
        std::iter::once(Fact::Lead(lead))
            .chain(identity.map(Fact::Identity))
            .chain(meeting.map(Fact::Alias))
            .collect()
    }

    /// Where leads of one click and one mailbox meet, whatever their customers are called: it makes nobody one, and
    /// says which of them came first. By the click as well, so that an address which stands for many ties few.
    fn meeting(&self, customer: &Name) -> Option<Alias> {
        let mailbox = mailbox(self.customer.email.as_deref()?);
        let place = format!("{}/{mailbox}", self.click_id.trim());
        Some(Alias {
            a: customer.clone(),
            b: Name::hint(&format!("lead/{}", digest_id(place.as_bytes())))?,
            strength: Strength::Hint,
        })
    }
}

/// Beginnings of the ids that Stripe, Paddle and RevenueCat give to customers.
const OF_PROCESSORS: &[&str] = &["cus_", "ctm_", "$RCAnonymousID:"];

impl Person {
    /// The processor's customer, where the merchant has no ids of its own and passes the processor's on.
    fn of_processor(&self) -> Option<Name> {
        let id = self.external_id.trim();
        let known = OF_PROCESSORS.iter().any(|start| id.starts_with(start));
        known.then(|| Name::customer(id)).flatten()
    }

    fn identity(&self, subject: Name, click_id: &str, version: Version) -> Identity {
        let own = Name::external(&self.external_id);
        Identity {
            customers: own.into_iter().chain(self.of_processor()).collect(),
            clicks: click_labels(click_id),
            email: self.email.clone(),
            name: self.name.clone(),
            avatar: self.avatar.clone(),
            ..Identity::of(subject, version)
        }
    }
}

fn click_labels(click_id: &str) -> Vec<Label> {
    Label::new(click_id, "clickId").into_iter().collect()
}
