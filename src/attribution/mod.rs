//! Which partner brought a payment, and why; also what was looked at and turned down.
//!
//! Pure: clicks, codes and program settings are given. What a buyer can edit is only ever a claim: a
//! click id counts when it was recorded here. Everything that needs an order takes it from the times in
//! the facts, never from arrival.

mod policy;
mod touch;

use std::collections::{BTreeMap, BTreeSet};

use providers::{Micros, Name};
use serde::{Deserialize, Serialize};

pub use policy::{Model, Policy, PolicyBook, PolicyVersion};
pub use touch::{Memory, Touch, Touches};

/// A recorded click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Its id, the value of `refp_id`.
    pub id: String,
    /// The partner whose link was clicked.
    pub partner_id: String,
    /// The program the link belongs to.
    pub program_id: String,
    /// The link, unless it has been deleted since.
    pub link_id: Option<String>,
    /// When.
    pub at: Micros,
}

/// The owner of a discount code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeOwner {
    /// The partner.
    pub partner_id: String,
    /// The program.
    pub program_id: String,
}

/// How a partner was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The owner has said so by hand.
    Assignment,
    /// The subscription's first payment was this partner's.
    Subscription,
    /// A click came with the payment.
    Click,
    /// The customer is this partner's by an earlier click, lead or payment, be it with a code.
    Customer,
    /// A partner's discount code was used.
    Code,
}

/// A partner found for a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credit {
    /// The partner.
    pub partner_id: String,
    /// The program.
    pub program_id: String,
    /// The click, where there is one.
    pub click_id: Option<String>,
    /// The link, where there is one.
    pub link_id: Option<String>,
    /// How it was found.
    pub via: Via,
    /// Where it was found, for the owner to read.
    pub place: String,
}

/// A claim that was turned down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TurnedDown {
    /// The claimed click or code.
    pub value: String,
    /// Where it was found.
    pub place: String,
    /// Why it does not count.
    pub reason: String,
}

/// All that attribution may look up.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Clicks by id.
    pub clicks: BTreeMap<String, Click>,
    /// Discount codes, lower case.
    pub codes: BTreeMap<String, CodeOwner>,
    /// Codes by a processor's own id of the discount, both lower case.
    pub code_names: BTreeMap<String, String>,
    /// Policies by program.
    pub policies: BTreeMap<String, PolicyBook>,
    /// Whose a customer or a payment is by the owner's word, by any name of either; `None`: nobody's.
    pub assignments: BTreeMap<Name, Option<CodeOwner>>,
}

impl Directory {
    /// The policy that a program has at a time; the default one where none is known. For a payment the time
    /// is its own, for what is remembered of a customer it is the time at which the click was seen.
    pub fn policy(&self, program_id: &str, at: Micros) -> Policy {
        let book = self.policies.get(program_id);
        book.map_or_else(Policy::default, |book| book.at(at))
    }

    /// The owner of a discount code as a buyer writes it, or of a processor's id of the discount.
    pub fn code(&self, written: &str) -> Option<&CodeOwner> {
        let written = written.trim().to_lowercase();
        self.codes
            .get(&written)
            .or_else(|| self.codes.get(self.code_names.get(&written)?))
    }

    /// The code that is meant: itself, or what a processor's id of a discount stands for. Lower case.
    pub fn code_meant(&self, written: &str) -> String {
        let written = written.trim().to_lowercase();
        self.code_names.get(&written).cloned().unwrap_or(written)
    }
}

/// What the attribution of one payment is decided on.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// When the payment was made.
    pub at: Micros,
    /// When what came with the payment was there: the payment's time, or that of its checkout if later.
    pub told_at: Micros,
    /// The customer's names.
    pub customer: &'a BTreeSet<Name>,
    /// The credit of the subscription that the payment belongs to, if it has one by now.
    pub subscription: Option<&'a Credit>,
    /// When the subscription was first paid for, where nobody is known to have brought that payment.
    pub begun: Option<Begun>,
    /// Clicks and codes that came with the payment itself.
    pub own: &'a Touches,
    /// All clicks of the customer, of every time.
    pub memory: &'a Memory<'a>,
    /// What the customer has paid for with partners' codes before.
    pub coded: Option<&'a Coded>,
}

/// The beginning of a subscription that has been paid for before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// When it was first paid for; at the latest, where that payment is not known.
    pub at: Micros,
    /// Whether that payment is known: then nobody has brought it. Else whoever is remembered from before it has.
    pub is_known: bool,
}

/// A customer's earlier payments that partners' codes have brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    at: Micros,
    first: Credit,
    last: Credit,
}

impl Coded {
    /// By one payment.
    pub fn by(credit: &Credit, at: Micros) -> Self {
        Self {
            at,
            first: credit.clone(),
            last: credit.clone(),
        }
    }

    /// By a later one as well.
    pub fn and(&mut self, credit: &Credit) {
        self.last = credit.clone();
    }

    /// The one that counts for a payment made at a time, by the model of then.
    fn credit(&self, at: Micros, directory: &Directory) -> Credit {
        let model = directory.policy(&self.first.program_id, at).model;
        let decides = match model {
            Model::FirstClick => &self.first,
            Model::LastClick => &self.last,
        };
        by_customer(decides)
    }
}

/// The answer: a credit or none, and what was turned down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The partner to be paid; `None` for an organic payment.
    pub credit: Option<Credit>,
    /// The owner has said that it is nobody's.
    pub nobodys: bool,
    /// Claims that do not count.
    pub turned_down: Vec<TurnedDown>,
}

/// Decides who brought a payment (contract 4): set by hand; the subscription's partner; a click that came
/// with it; the customer's earlier partner by clicks; a discount code; the partner whose code the customer has
/// paid with before; else nobody. By the policy of the payment's own time. Who was paying for a subscription
/// before the click was brought by nobody's link.
pub fn attribute(question: Question<'_>, directory: &Directory) -> Answer {
    let mut answer = Answer {
        turned_down: question.own.unknown(directory),
        ..Answer::default()
    };
    if let Some(owner) = assigned(question, directory) {
        answer.set_by_owner(owner);
        return answer;
    }
    answer.credit = question
        .subscription
        .map(by_subscription)
        .or_else(|| stays_by_code(question, directory))
        .or_else(|| decide_among_clicks(question, directory, &mut answer.turned_down))
        .or_else(|| by_code(question.own, directory))
        .or_else(|| Some(question.coded?.credit(question.at, directory)));
    answer
}

impl Answer {
    /// Answers what the owner has set by hand: this partner, or nobody.
    pub fn set_by_owner(&mut self, owner: &Option<CodeOwner>) {
        self.nobodys = owner.is_none();
        self.credit = owner.as_ref().map(|owner| Credit {
            partner_id: owner.partner_id.clone(),
            program_id: owner.program_id.clone(),
            click_id: None,
            link_id: None,
            via: Via::Assignment,
            place: "set by the owner".to_owned(),
        });
    }
}

/// What the owner has said of the customer; the inner `None`: nobody's.
fn assigned<'d>(question: Question<'_>, directory: &'d Directory) -> Option<&'d Option<CodeOwner>> {
    let assignments = &directory.assignments;
    // Both are sorted by name; the shorter is gone through.
    if assignments.len() < question.customer.len() {
        let mut known = assignments.iter();
        known.find_map(|(name, owner)| question.customer.contains(name).then_some(owner))
    } else {
        let mut names = question.customer.iter();
        names.find_map(|name| assignments.get(name))
    }
}

fn by_subscription(credit: &Credit) -> Credit {
    Credit {
        via: Via::Subscription,
        ..credit.clone()
    }
}

fn by_customer(credit: &Credit) -> Credit {
    Credit {
        via: Via::Customer,
        ..credit.clone()
    }
}

/// A customer who was first brought by a code, where the program says that customers stay.
fn stays_by_code(question: Question<'_>, directory: &Directory) -> Option<Credit> {
    let coded = question.coded?;
    let policy = directory.policy(&coded.first.program_id, question.at);
    let clicked = question.memory.first_before(question.at);
    let is_first = clicked.is_none_or(|touch| coded.at < touch.seen_at);
    (policy.customer_stays && is_first).then(|| by_customer(&coded.first))
}

fn by_code(own: &Touches, directory: &Directory) -> Option<Credit> {
    own.codes().find_map(|label| {
        let owner = directory.code(label.value())?;
        Some(Credit {
            partner_id: owner.partner_id.clone(),
            program_id: owner.program_id.clone(),
            click_id: None,
            link_id: None,
            via: Via::Code,
            place: label.place().to_owned(),
        })
    })
}

fn decide_among_clicks(
    question: Question<'_>,
    directory: &Directory,
    turned_down: &mut Vec<TurnedDown>,
) -> Option<Credit> {
    let (at, memory) = (question.at, question.memory);
    let stays = |touch: &Touch<'_>| {
        let policy = directory.policy(&touch.click.program_id, at);
        policy.customer_stays
    };
    let begun = question.begun;
    // What is remembered from before its beginning has counted for that first payment, where it is known.
    let remembered_at = match begun {
        None => Some(at),
        Some(begun) => (!begun.is_known).then_some(begun.at),
    };
    let first = remembered_at.and_then(|at| memory.first_before(at));
    if let Some(touch) = first.filter(stays) {
        return Some(touch.credit(Via::Customer));
    }
    let times = (question.told_at, begun.map(|begun| begun.at));
    if let Some(touch) = question.own.with_payment(times, directory, turned_down) {
        return Some(touch.credit(Via::Click));
    }
    let remembered = remembered_at.and_then(|at| {
        let earlier = memory.earlier(at, directory);
        earlier.or_else(|| memory.later(at, directory))
    });
    if remembered.is_none() && begun.is_some() {
        memory.note_later_than_beginning(at, turned_down);
    }
    remembered.map(|touch| touch.credit(Via::Customer))
}
