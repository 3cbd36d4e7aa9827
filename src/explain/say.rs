//! Facts, joins, credits and rules as plain sentences.
//!
//! No sentence holds an e-mail address or a name of a person: merchants' own ids of customers, free texts
//! and values that are no click id are left out, since any of them may be one.

use providers::fact::{
    Alias, ClaimKind, Extent, Identity, Payment, PaymentState, Rank, Reversal, ReversalKind,
    ReversalState, Strength,
};
use providers::{Currency, Fact, Micros, Money, Name, NameKind};

use crate::attribution::{Credit, Via};
use crate::ledger::fold::is_own;
use crate::ledger::rule::{Base, Duration, Period, Reward, Rule};
use crate::ledger::unite::Join;

/// What a fact says; `None` where it says for people nothing: that a thing is itself.
pub(super) fn told(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Alias(one) if named(&one.a) == named(&one.b) || is_meeting(one) => None,
        Fact::Identity(one) if one.customers.iter().all(|name| *name == one.subject) => {
            let other = one.subscription.as_ref().filter(|s| **s != one.subject);
            other.map(|_| self::fact(fact))
        }
        other => Some(self::fact(other)),
    }
}

/// Whether a customer only meets others somewhere: that makes nobody one.
fn is_meeting(alias: &Alias) -> bool {
    let is_customer = matches!(alias.a.kind(), NameKind::Customer | NameKind::External);
    is_customer && alias.b.kind() == NameKind::Hint
}

/// What a fact says.
pub(super) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Payment(one) => payment(one),
        Fact::Reversal(one) => reversal(one),
        Fact::Refunded(one) => {
            let how_much = extent(one.extent, one.currency);
            format!(
                "{how_much} of {} has been refunded so far",
                named(&one.object)
            )
        }
        Fact::Alias(one) => same(one),
        Fact::Allocation(one) => {
            let part = Money::new(one.amount, one.currency);
            format!(
                "{part} of {} belongs to {}",
                named(&one.payment),
                named(&one.invoice)
            )
        }
        Fact::PaidLater(one) => format!("{} was paid on {}", named(&one.object), day(one.paid_at)),
        Fact::Identity(one) => identity(one),
        Fact::Claim(one) => {
            let what = match one.kind {
                ClaimKind::Click => "click",
                ClaimKind::Code => "code",
            };
            let (value, place) = (claimed(one.label.value()), one.label.place());
            format!("{} came with {what} {value} ({place})", named(&one.subject))
        }
        Fact::Report(one) => {
            let (object, processor) = (named(&one.object), &one.payment_processor);
            format!(
                "the merchant reported {object} as {} by {processor}",
                one.event_name
            )
        }
        Fact::Lead(one) => format!("a lead: {} on {}", one.event_name, day(one.occurred_at)),
        Fact::Notice(_) => "a request of privacy law, or the end of a source".to_owned(),
        Fact::Drawn(one) => {
            let part = Money::new(one.amount, one.currency);
            let object = named(&one.object);
            format!(
                "{part} of {object} was paid from the customer's balance: it counts as far as it had been overpaid before"
            )
        }
        Fact::Lines(one) => {
            let (object, count) = (named(&one.object), one.lines.len());
            let more = if one.next.is_some() {
                ", and there are more"
            } else {
                ""
            };
            format!("{count} lines of {object}{more}")
        }
        Fact::Code(one) => format!("discount {} is the code {}", one.id, claimed(&one.code)),
    }
}

fn same(one: &Alias) -> String {
    let sure = match one.strength {
        Strength::Proven => "proven",
        Strength::Hint => "a hint",
    };
    let what = match one.a.kind() {
        NameKind::Payment => "payment",
        _ => "customer",
    };
    let (a, b) = (named(&one.a), named(&one.b));
    if one.strength == Strength::Hint && a.starts_with(&b) {
        return format!("{a} may be cited by its beginning, {b}");
    }
    if one.b.kind() == NameKind::Hint {
        return format!("the number printed on {a} is {b}");
    }
    format!("{a} and {b} are the same {what} ({sure})")
}

fn identity(one: &Identity) -> String {
    let customers: Vec<String> = one.customers.iter().map(named).collect();
    let mut said = match customers.as_slice() {
        [] => format!("{} is described", named(&one.subject)),
        some => format!("{} belongs to {}", named(&one.subject), some.join(" and ")),
    };
    if let Some(subscription) = one.subscription.as_ref().filter(|s| **s != one.subject) {
        said.push_str(", ");
        said.push_str(&named(subscription));
    }
    said
}

fn payment(payment: &Payment) -> String {
    let what = match payment.rank {
        Rank::Canonical => "document",
        Rank::Checkout => "checkout",
        Rank::Intent => "payment",
        Rank::Charge => "charge",
        Rank::Manual if is_own(&payment.object) => "",
        Rank::Manual => "reported sale",
    };
    let object = format!("{what} {}", named(&payment.object));
    let object = object.trim_start();
    let gross = Money::new(payment.amounts.gross, payment.currency);
    let net = Money::new(payment.amounts.net, payment.currency);
    match payment.state {
        PaymentState::Paid => format!("{object} was paid: {gross} gross, {net} net"),
        PaymentState::Pending => format!("{object} over {gross} is not paid yet"),
        PaymentState::Void => format!("{object} over {gross} will never be paid"),
    }
}

fn reversal(reversal: &Reversal) -> String {
    let (kind, id) = match reversal.kind {
        ReversalKind::Refund => ("refund", &reversal.id),
        ReversalKind::Dispute => ("dispute", &reversal.id),
        ReversalKind::Credit => ("credit", &reversal.id),
        ReversalKind::RefundReturn => ("reversal of refunds", &reversal.id),
        ReversalKind::DisputeReturn => ("reversal of disputes", &reversal.id),
        ReversalKind::CreditReturn => ("credit that the payment leaves out already,", &reversal.id),
    };
    let how_much = extent(reversal.extent, reversal.currency);
    let state = match (reversal.kind, reversal.state) {
        (ReversalKind::Refund, ReversalState::Final) => "succeeded",
        (ReversalKind::Refund, ReversalState::Held) => "is on its way",
        (ReversalKind::Refund, ReversalState::Released) => "failed or was taken back",
        (ReversalKind::Dispute, ReversalState::Final) => "was lost",
        (ReversalKind::Dispute, ReversalState::Held) => "is open",
        (ReversalKind::Dispute, ReversalState::Released) => "was won",
        (ReversalKind::Credit, ReversalState::Final | ReversalState::Held) => {
            "counts where it was given before the payment"
        }
        (_, ReversalState::Final | ReversalState::Held) => "was made",
        (_, ReversalState::Released) => "was taken back",
        (_, ReversalState::Inert) => "moves no money (yet)",
    };
    format!("{kind} {id} of {how_much} {state}")
}

fn extent(extent: Extent, currency: Currency) -> String {
    match extent {
        Extent::All => "everything".to_owned(),
        Extent::Gross { cash, .. } => Money::new(cash, currency).to_string(),
        Extent::Net { cash, net } | Extent::Both { cash, net, .. } => {
            let [cash, net] = [cash, net].map(|amount| Money::new(amount, currency));
            format!("{cash} ({net} of it told as net amount of goods)")
        }
    }
}

/// A name for people to read. A merchant's own id of a customer may be an e-mail address.
fn named(name: &Name) -> String {
    match name.kind() {
        NameKind::External => "the merchant's own customer".to_owned(),
        NameKind::Customer if !is_plain(name.value()) || !is_processors(name) => {
            "the customer".to_owned()
        }
        NameKind::Customer => format!("customer {}", name.value()),
        NameKind::Subscription => format!("subscription {}", name.value()),
        NameKind::Payment if is_own(name) => "the reported sale".to_owned(),
        NameKind::Payment | NameKind::Hint => name.value().to_owned(),
    }
}

/// Whether a name is a processor's id of a customer, and not one that a call of the API was given or that
/// was made here for a guest.
pub(super) fn is_processors(name: &Name) -> bool {
    let own = ["api/", "guest/"];
    name.kind() == NameKind::Customer && !own.iter().any(|own| name.value().starts_with(own))
}

/// Whether a text looks like an id, and not like an e-mail address or a name of several words.
pub(super) fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/');
    text.chars().all(plain)
}

/// A claimed click id or code, if it can be one. What a buyer or merchant wrote there may be anything.
pub(super) fn claimed(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if value.chars().all(plain) {
        value.to_owned()
    } else {
        "(a text that is no id)".to_owned()
    }
}

/// Why two names are one payment.
pub(super) fn join(join: &Join) -> String {
    let (a, b) = (named(&join.a), named(&join.b));
    let why = match join.why {
        "proven" => "the processor says so",
        "allocation" => "the payment pays this document alone",
        "hint" => "one mentions the other, and customer and amount agree",
        "twin" => "same customer, amount and time, and nothing else fits",
        other => other,
    };
    format!("{a} is {b}: {why}")
}

/// Who brought the sale, and how that was found; `partner` is the partner's name and id.
pub(super) fn credit(credit: &Credit, partner: &str) -> String {
    let how = match credit.via {
        Via::Assignment => "the owner has set the partner by hand",
        Via::Subscription => "the subscription's first payment was this partner's",
        Via::Click => "a click came with the payment",
        Via::Customer => "the customer is this partner's by an earlier click, lead or payment",
        Via::Code => "the partner's discount code was used",
    };
    let click = credit.click_id.as_ref();
    let click = click.map(|id| format!(", click {id}")).unwrap_or_default();
    let found = match credit.via {
        Via::Assignment => String::new(),
        _ => format!(" (found in {})", credit.place),
    };
    format!("partner {partner}: {how}{click}{found}")
}

/// A commission rule in words.
pub(super) fn rule(rule: &Rule) -> String {
    let base = match rule.base {
        Base::Net => "the net amount",
        Base::Gross => "the gross amount",
        Base::NetOfFee => "the net amount less the processor's fee",
    };
    let of = |reward: &Reward, what: &str| match reward {
        Reward::Percent { .. } => format!("{} of {base} of {what}", reward.words()),
        Reward::Flat { .. } => format!("{} for {what}", reward.words()),
    };
    // What only later sales earn is never paid where the first alone earns.
    let recurring = rule.recurring.as_ref();
    let recurring = recurring.filter(|_| rule.duration != Duration::FirstSale);
    let mut words = match (recurring, rule.duration) {
        (_, Duration::FirstSale) => of(&rule.reward, "a customer's first sale"),
        (None, Duration::Months { months }) => of(
            &rule.reward,
            &format!("a customer's sales within {months} months"),
        ),
        (None, Duration::Lifetime) => of(&rule.reward, "every sale"),
        (Some(later), duration) => {
            let first = of(&rule.reward, "a customer's first sale");
            let later = of(later, "each later one");
            match duration {
                Duration::Months { months } => format!("{first}, {later} within {months} months"),
                _ => format!("{first}, {later}"),
            }
        }
    };
    if let Some(lead) = &rule.lead {
        words = format!("{words}; {} for a customer's first lead", lead.words());
    }
    if !rule.products.is_empty() {
        words.push_str("; some products have a rate of their own");
    }
    if let Some(cap) = &rule.cap {
        let most = Money::new(cap.amount, cap.currency);
        let period = match cap.period {
            Period::Month => "in a month",
            Period::Year => "in a year",
            Period::Lifetime => "ever",
        };
        words = format!("{words}; at most {most} for a customer {period}");
    }
    if rule.minimum_amount > 0 {
        let least = rule.minimum_amount;
        words = format!("{words}; nothing below {least} of the currency's smallest unit");
    }
    words
}

/// The day of a time, UTC.
pub(super) fn day(at: Micros) -> String {
    let text = at.to_string();
    text.get(..10).unwrap_or(&text).to_owned()
}
