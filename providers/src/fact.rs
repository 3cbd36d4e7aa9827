//! The vocabulary of facts: small statements about named objects, which can arrive in any order and any
//! number of times and still add up to the same.
//!
//! Each fact has a key; of two facts with one key the newer version stays, and of two with one version
//! the one whose stored text sorts last. That makes the set of facts independent of arrival order.
//! A fact never says what a sale is: that is for the fold over all of them.

use serde::{Deserialize, Serialize};

use crate::{Currency, Micros, Name};

/// One statement of a processor (or of a merchant through the API).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// A snapshot of one object that stands for a payment.
    Payment(Payment),
    /// Money taken back, held or returned to the seller, by its own id.
    Reversal(Reversal),
    /// How much of an object has been taken back so far, in one figure.
    Refunded(Refunded),
    /// Two names of one thing.
    Alias(Alias),
    /// A part of one payment's money that belongs to one invoice.
    Allocation(Allocation),
    /// Who a payment, subscription or customer belongs to.
    Identity(Identity),
    /// A click id or code that a payment, subscription or customer carries. Adapters put these into
    /// [`Identity`]; [`Fact::split`] takes them out, since of a claim the first telling counts.
    Claim(Claim),
    /// What a merchant says of a sale besides its money.
    Report(Report),
    /// A step before a sale: sign-up, trial, an event the merchant reports.
    Lead(Lead),
    /// A request of privacy law, or the end of a source.
    Notice(Notice),
    /// What the buyer types for a discount that payments know by its id alone.
    Code(Code),
}

/// The order among snapshots of one object.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Version {
    /// When the processor made the snapshot, as exactly as it says.
    pub at: Micros,
    /// Decides within one instant: the later step of the object's life has the larger number.
    pub step: i64,
}

/// How good a snapshot is as the truth about the amount; the first is best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// The document that defines the payment (invoice, order, transaction). Two different ones are
    /// always two payments, whatever links them.
    Canonical,
    /// A checkout that was paid.
    Checkout,
    /// A payment attempt that succeeded, seen without the document it belongs to.
    Intent,
    /// A single charge, seen without anything above it.
    Charge,
    /// A merchant's own report through the API.
    Manual,
}

impl Rank {
    /// Whether this evidence may later turn out to belong to a document not seen yet, so that it waits
    /// a moment before it becomes a sale by itself.
    pub const fn settles(self) -> bool {
        matches!(self, Self::Intent | Self::Charge)
    }
}

/// How far a payment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Not paid yet; may never be.
    Pending,
    /// Paid.
    Paid,
    /// Will never be paid.
    Void,
}

/// What kind of billing led to a payment, as far as its processor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billing {
    /// Not said.
    Unknown,
    /// Bought once.
    OneTime,
    /// The first payment of a subscription.
    SubscriptionFirst,
    /// A later period.
    SubscriptionRenewal,
    /// A change within a period (upgrade, more seats).
    SubscriptionUpdate,
}

/// Amounts of a payment in the ISO smallest unit of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amounts {
    /// Before discount, tax and shipping, where the processor says so; else like `gross`.
    pub subtotal: i64,
    /// Taken off.
    pub discount: i64,
    /// Tax contained in `gross`.
    pub tax: i64,
    /// Shipping contained in `gross`.
    pub shipping: i64,
    /// What the buyer paid.
    pub gross: i64,
    /// What a commission is computed on by default: goods without tax and shipping. Never negative.
    pub net: i64,
    /// The part of `gross` that `net` stands for when money flows back: a refund of this much, counted
    /// without shipping, takes back all of `net`. Mostly `gross` itself.
    pub reversible: i64,
    /// What the processor kept for itself, once it says so.
    pub fee: Option<i64>,
}

/// The same payment in the buyer's currency, for refunds that are told in that currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentment {
    /// The buyer's currency.
    pub currency: Currency,
    /// What the buyer paid.
    pub gross: i64,
    /// As [`Amounts::reversible`].
    pub reversible: i64,
}

/// A snapshot of one object that stands for a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The object's own name.
    pub object: Name,
    /// How good it is as the truth about the amount.
    pub rank: Rank,
    /// Which snapshot.
    pub version: Version,
    /// How far it has come.
    pub state: PaymentState,
    /// Its amounts; all zero for a trial or a full discount, which is no sale but keeps its attribution.
    pub amounts: Amounts,
    /// Their currency.
    pub currency: Currency,
    /// The buyer's view, where it differs.
    pub presentment: Option<Presentment>,
    /// When it was paid (or, unpaid, when it began).
    pub occurred_at: Micros,
    /// What led to it.
    pub billing: Billing,
    /// Set on a document that may merely confirm another object's payment (a receipt), or on a payment
    /// that may belong to a document: if one with the same customer, currency and gross amount lies
    /// within this many seconds, they are one.
    pub twin_window_seconds: Option<i64>,
    /// Ids of what was bought, for rules by product.
    pub products: Vec<String>,
    /// A remark for the owner (`out_of_band`, `fx_estimated`, `unknown_currency`).
    pub remark: Option<String>,
}

/// What takes money back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalKind {
    /// The seller gives money back.
    Refund,
    /// The buyer's bank takes it (dispute, chargeback).
    Dispute,
}

/// What a reversal does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalState {
    /// Moves nothing: an inquiry, a warning, a refund that waits for approval.
    Inert,
    /// Counts, and may still be given back: a pending refund, an open dispute.
    Held,
    /// Counts for good: a refund that succeeded, a lost dispute.
    Final,
    /// Counts no longer: a failed refund, a won dispute.
    Released,
}

/// How much of a payment is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// All that is left.
    All,
    /// An amount the buyer gets back. `counted` is the part of it that is compared with
    /// [`Amounts::reversible`] (without shipping where the processor tells it apart).
    Gross {
        /// What the buyer gets back.
        cash: i64,
        /// The part that counts against the goods.
        counted: i64,
    },
    /// An amount told net of tax, to be taken from [`Amounts::net`] as it is.
    Net {
        /// What the buyer gets back, tax included.
        cash: i64,
        /// The part that is taken from the net amount.
        net: i64,
    },
}

/// Money taken back, held or returned, by its own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// The processor's id (`re_…`, `dp_…`, `adj_…`), unique over all reversals of the processor.
    pub id: String,
    /// Names of the payment it belongs to; any of them will do.
    pub of: Vec<Name>,
    /// What it is.
    pub kind: ReversalKind,
    /// What it does.
    pub state: ReversalState,
    /// How much.
    pub extent: Extent,
    /// The currency of `extent`.
    pub currency: Currency,
    /// Which snapshot.
    pub version: Version,
    /// When it happened.
    pub occurred_at: Micros,
    /// Why, as the processor says; for the owner to read.
    pub reason: Option<String>,
}

/// How much of an object has been refunded so far. The fold takes care that this and single refunds of
/// the same object never add up twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// The object.
    pub object: Name,
    /// How much, cumulative; can fall again when a refund fails.
    pub extent: Extent,
    /// The currency of `extent`.
    pub currency: Currency,
    /// Which snapshot.
    pub version: Version,
    /// When the snapshot was made.
    pub occurred_at: Micros,
}

/// How sure an alias is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// The processor says so.
    Proven,
    /// It looks so: counts only where the other object is known, its customer and amount agree, and
    /// nothing proven speaks against it. A value that ends with `…` is a beginning, to be matched as one.
    Hint,
}

/// Two names of one thing (both of payments, or both of customers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// One name.
    pub a: Name,
    /// The other.
    pub b: Name,
    /// How sure it is.
    pub strength: Strength,
}

/// A part of one payment's money that belongs to one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The invoice.
    pub invoice: Name,
    /// The payment (intent or charge).
    pub payment: Name,
    /// The part, in `currency`.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// Which snapshot.
    pub version: Version,
}

/// A click id or code found in a delivery, with the place it was found in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    /// The value as found.
    pub value: String,
    /// Where, for the owner to read: `client_reference_id`, `metadata.refp_id`.
    pub place: String,
}

/// Who a payment, subscription or customer belongs to. Everything in it may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What is spoken of.
    pub subject: Name,
    /// The customer's names: the processor's and the merchant's.
    pub customers: Vec<Name>,
    /// The subscription that the subject belongs to.
    pub subscription: Option<Name>,
    /// Click ids found, best place first. Each is a claim until the click is known.
    pub clicks: Vec<Label>,
    /// Discount codes found.
    pub codes: Vec<Label>,
    /// The customer's e-mail address as written.
    pub email: Option<String>,
    /// The customer's name.
    pub name: Option<String>,
    /// The address of the customer's picture.
    pub avatar: Option<String>,
    /// Which snapshot.
    pub version: Version,
}

/// What a claim names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A click id.
    Click,
    /// A discount code.
    Code,
}

/// A click id or code that a subject carries, and since when. Of several tellings the first stays: what
/// is edited later must not move what has been earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The payment, subscription or customer that carries it.
    pub subject: Name,
    /// What it names.
    pub kind: ClaimKind,
    /// The value and where it was found.
    pub label: Label,
    /// Its place among the subject's claims of one telling: 0 is the best place.
    pub order: u32,
    /// When it was told.
    pub version: Version,
}

impl Identity {
    /// Says nothing yet about `subject`.
    pub fn of(subject: Name, version: Version) -> Self {
        Self {
            subject,
            customers: Vec::new(),
            subscription: None,
            clicks: Vec::new(),
            codes: Vec::new(),
            email: None,
            name: None,
            avatar: None,
            version,
        }
    }

    /// Whether anything is said about the subject.
    pub fn says_something(&self) -> bool {
        !self.customers.is_empty()
            || self.subscription.is_some()
            || !self.clicks.is_empty()
            || !self.codes.is_empty()
            || self.email.is_some()
            || self.name.is_some()
            || self.avatar.is_some()
    }
}

/// What a merchant says of a sale besides its money, in a call to the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The payment.
    pub object: Name,
    /// The merchant's name of the event.
    pub event_name: String,
    /// The processor that the merchant says it was paid with.
    pub payment_processor: String,
    /// The merchant's own data, as JSON text.
    pub metadata: Option<String>,
    /// When it was said.
    pub version: Version,
}

/// A step before a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Unique over all leads: the event's id, or the merchant's call.
    pub id: String,
    /// What happened (`Sign Up`, `Started trial`).
    pub event_name: String,
    /// The customer's names.
    pub customers: Vec<Name>,
    /// The click that brought the customer, where known.
    pub clicks: Vec<Label>,
    /// When.
    pub occurred_at: Micros,
}

/// What a notice asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Collect all that is known of the customer for the owner.
    ExportCustomer,
    /// Erase the customer's personal data; amounts stay.
    EraseCustomer,
    /// Erase the personal data of all of the source's customers; amounts stay.
    EraseSource,
    /// The processor has disconnected the source.
    CloseSource,
}

/// A request of privacy law, or the end of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Unique over all notices: the request's or the event's id.
    pub id: String,
    /// What is asked.
    pub kind: NoticeKind,
    /// The customer's names, for the kinds that speak of one.
    pub customers: Vec<Name>,
    /// Names of the payments meant, where told.
    pub payments: Vec<Name>,
    /// When it was asked.
    pub occurred_at: Micros,
}

/// What the buyer types for a discount that payments know by its id alone (Paddle's `dsc_…`). A
/// [`Label`] among an [`Identity`]'s codes whose value is `id` means `code` as well. It has no names: one
/// coupon on many payments does not make them one neighbourhood, so it is looked up, not joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The processor's id of the discount.
    pub id: String,
    /// The code as the buyer types it.
    pub code: String,
    /// Which snapshot.
    pub version: Version,
}

impl Fact {
    /// The key: of two facts with one key, one stays.
    pub fn key(&self) -> String {
        match self {
            Self::Payment(p) => format!("payment/{:?}/{}", p.rank, p.object.as_str()),
            Self::Reversal(r) => format!("reversal/{:?}/{}", r.kind, r.id),
            Self::Refunded(r) => format!("refunded/{}", r.object.as_str()),
            Self::Alias(a) => {
                let (first, second) = if a.a <= a.b {
                    (&a.a, &a.b)
                } else {
                    (&a.b, &a.a)
                };
                format!(
                    "alias/{:?}/{}/{}",
                    a.strength,
                    first.as_str(),
                    second.as_str()
                )
            }
            Self::Allocation(a) => {
                format!("allocation/{}/{}", a.invoice.as_str(), a.payment.as_str())
            }
            Self::Identity(i) => format!("identity/{}", i.subject.as_str()),
            Self::Claim(c) => {
                format!(
                    "claim/{}/{:?}/{}",
                    c.subject.as_str(),
                    c.kind,
                    c.label.value
                )
            }
            Self::Report(r) => format!("report/{}", r.object.as_str()),
            Self::Lead(l) => format!("lead/{}", l.id),
            Self::Notice(n) => format!("notice/{}", n.id),
            Self::Code(c) => format!("code/{}", c.id),
        }
    }

    /// The version that decides among facts with one key.
    pub fn version(&self) -> Version {
        match self {
            Self::Payment(p) => p.version,
            Self::Reversal(r) => r.version,
            Self::Refunded(r) => r.version,
            Self::Alias(_) => Version::default(),
            Self::Allocation(a) => a.version,
            Self::Identity(i) => i.version,
            Self::Claim(c) => c.version,
            Self::Report(r) => r.version,
            Self::Lead(l) => Version {
                at: l.occurred_at,
                step: 0,
            },
            Self::Notice(n) => Version {
                at: n.occurred_at,
                step: 0,
            },
            Self::Code(c) => c.version,
        }
    }

    /// Every name in the fact, in a fixed order, some perhaps twice. All of them end up in one
    /// neighbourhood; whether they are one payment or one customer is the fold's business.
    pub fn names(&self) -> Vec<&Name> {
        match self {
            Self::Payment(p) => vec![&p.object],
            Self::Reversal(r) => r.of.iter().collect(),
            Self::Refunded(r) => vec![&r.object],
            Self::Alias(a) => vec![&a.a, &a.b],
            Self::Allocation(a) => vec![&a.invoice, &a.payment],
            Self::Identity(i) => std::iter::once(&i.subject)
                .chain(&i.customers)
                .chain(&i.subscription)
                .collect(),
            Self::Claim(c) => vec![&c.subject],
            Self::Report(r) => vec![&r.object],
            Self::Lead(l) => l.customers.iter().collect(),
            Self::Notice(n) => n.customers.iter().chain(&n.payments).collect(),
            Self::Code(_) => Vec::new(),
        }
    }

    /// The fact in the form in which it is kept: an identity without its clicks and codes, and each of
    /// those as a claim of its own. Other facts are kept as they are.
    pub fn split(self) -> Vec<Self> {
        let Self::Identity(mut identity) = self else {
            return vec![self];
        };
        let clicks = std::mem::take(&mut identity.clicks);
        let codes = std::mem::take(&mut identity.codes);
        let (subject, version) = (identity.subject.clone(), identity.version);
        let claims = |kind, labels: Vec<Label>| {
            let subject = subject.clone();
            labels.into_iter().zip(0..).map(move |(label, order)| {
                Self::Claim(Claim {
                    subject: subject.clone(),
                    kind,
                    label,
                    order,
                    version,
                })
            })
        };
        let claims: Vec<Self> = claims(ClaimKind::Click, clicks)
            .chain(claims(ClaimKind::Code, codes))
            .collect();
        std::iter::once(Self::Identity(identity))
            .chain(claims)
            .collect()
    }
}
