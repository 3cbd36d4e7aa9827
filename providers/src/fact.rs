//! The vocabulary of facts: small statements about named objects, which can arrive in any order and any
//! number of times and still add up to the same.
//!
//! Each fact has a key; of two facts with one key the newer version stays, and of two with one version
//! the one whose stored text sorts last. That makes the set of facts independent of arrival order.
//! A fact never says what a sale is: that is for the fold over all of them.

mod claim;
mod drawn;
mod identity;
mod lines;
mod links;
mod notice;
mod payment;
mod report;
mod reversal;

use serde::{Deserialize, Serialize};

use crate::{Micros, Name};

pub use claim::{Claim, ClaimKind, Code, Label};
pub use drawn::Drawn;
pub use identity::Identity;
pub use lines::Lines;
pub use links::{Alias, Allocation, PaidLater, Strength};
pub use notice::{Notice, NoticeKind};
pub use payment::{Amounts, Billing, Bought, Payment, PaymentState, Presentment, Rank};
pub use report::{Lead, Report};
pub use reversal::{Extent, Refunded, Reversal, ReversalKind, ReversalState};

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
    /// When a document was paid, where that is later than it was made.
    PaidLater(PaidLater),
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
    /// A part of a document that was paid from the customer's balance.
    Drawn(Drawn),
    /// A page of the lines of a document that shows the first of them alone.
    Lines(Lines),
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

impl Fact {
    /// The key: of two facts with one key, one stays. Keys are stored and never change: a test pins them.
    pub fn key(&self) -> String {
        match self {
            Self::Payment(p) => match p.forgotten() {
                Some(what) => format!("{}/without/{what}", p.start_of_key()),
                None => p.start_of_key(),
            },
            Self::Reversal(r) => format!("reversal/{}/{}", r.kind.key(), r.id),
            Self::Refunded(r) => format!("refunded/{}", r.object.as_str()),
            Self::Alias(a) => {
                let (first, second) = if a.a <= a.b {
                    (&a.a, &a.b)
                } else {
                    (&a.b, &a.a)
                };
                format!(
                    "alias/{}/{}/{}",
                    a.strength.key(),
                    first.as_str(),
                    second.as_str()
                )
            }
            Self::Allocation(a) => {
                format!("allocation/{}/{}", a.invoice.as_str(), a.payment.as_str())
            }
            Self::PaidLater(p) => format!("paid/{}", p.object.as_str()),
            Self::Identity(i) => Self::key_of_identity(&i.subject),
            Self::Claim(c) => {
                format!(
                    "claim/{}/{}/{}",
                    c.subject.as_str(),
                    c.kind.key(),
                    c.label.value()
                )
            }
            Self::Report(r) => format!("report/{}", r.object.as_str()),
            Self::Lead(l) => format!("lead/{}", l.id),
            Self::Notice(n) => format!("notice/{}", n.id),
            Self::Drawn(d) => Drawn::key_of(&d.object),
            Self::Lines(l) => Lines::key_of(&l.object, l.after.as_deref()),
            Self::Code(c) => format!("code/{}", c.id),
        }
    }

    /// The key of the identity that speaks of a subject.
    pub fn key_of_identity(subject: &Name) -> String {
        format!("identity/{}", subject.as_str())
    }

    /// The version that decides among facts with one key.
    pub fn version(&self) -> Version {
        match self {
            Self::Payment(p) => p.version,
            Self::Reversal(r) => r.version,
            Self::Refunded(r) => r.version,
            Self::Alias(_) => Version::default(),
            Self::Allocation(a) => a.version,
            Self::PaidLater(p) => p.version,
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
            Self::Drawn(d) => d.version,
            Self::Lines(l) => l.version,
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
            Self::PaidLater(p) => vec![&p.object],
            Self::Identity(i) => std::iter::once(&i.subject)
                .chain(&i.customers)
                .chain(&i.subscription)
                .collect(),
            Self::Claim(c) => vec![&c.subject],
            Self::Report(r) => vec![&r.object],
            Self::Lead(l) => l.customers.iter().collect(),
            Self::Notice(n) => n.customers.iter().chain(&n.payments).collect(),
            Self::Drawn(d) => vec![&d.object],
            Self::Lines(l) => vec![&l.object],
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

#[cfg(test)]
mod tests;
