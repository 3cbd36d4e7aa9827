//! What the tests of the fold share: facts that meet by their names, and a program that pays ten percent.

use std::collections::BTreeMap;

use providers::fact::{
    Alias, Amounts, Billing, Extent, Identity, Label, Payment, PaymentState, Rank, Reversal,
    ReversalKind, ReversalState, Strength, Version,
};
use providers::{Currency, Fact, Micros, Name};
use tributary::attribution::{Click, CodeOwner, Policy, PolicyBook, PolicyVersion};
use tributary::ledger::facts::{FactSet, Kept};
use tributary::ledger::fold::{Context, Outcome, fold};
use tributary::ledger::rule::{Rule, RuleBook, RuleVersion};

/// The one program.
pub(crate) const PROGRAM: &str = "program";

/// 2026-11-22 12:00:00 UTC.
pub(crate) const NOW: Micros = Micros(1_795_348_800_000_000);

/// A program that pays ten percent of every sale, with a window of 90 days.
pub(crate) fn context() -> Context {
    let mut context = Context {
        now: NOW,
        ..Context::default()
    };
    set_rule(&mut context, Rule::ten_percent());
    set_policies(&mut context, &[(Micros(0), Policy::default())]);
    context
}

/// Makes these the program's policies, each from its time on.
pub(crate) fn set_policies(context: &mut Context, versions: &[(Micros, Policy)]) {
    let version = |(from, policy): &(Micros, Policy)| PolicyVersion {
        from: *from,
        policy: *policy,
    };
    let book = PolicyBook(versions.iter().map(version).collect());
    let policies = &mut context.directory.policies;
    policies.insert(PROGRAM.to_owned(), book);
}

/// Makes `rule` the program's only one.
pub(crate) fn set_rule(context: &mut Context, rule: Rule) {
    let version = RuleVersion {
        partner_id: None,
        from: Micros(i64::MIN),
        rule: Some(rule),
    };
    let book = RuleBook(vec![version]);
    context.terms.rules.insert(PROGRAM.to_owned(), book);
}

/// Records a click of a partner's link.
pub(crate) fn add_click(context: &mut Context, id: &str, partner: &str, at: Micros) {
    let click = Click {
        id: id.to_owned(),
        partner_id: partner.to_owned(),
        program_id: PROGRAM.to_owned(),
        link_id: None,
        at,
    };
    context.directory.clicks.insert(id.to_owned(), click);
}

/// Gives a discount code to a partner.
pub(crate) fn add_code(context: &mut Context, code: &str, partner: &str) {
    let owner = CodeOwner {
        partner_id: partner.to_owned(),
        program_id: PROGRAM.to_owned(),
    };
    context.directory.codes.insert(code.to_lowercase(), owner);
}

/// Facts in the sets that their names connect, each set as what it adds up to.
pub(crate) fn neighbourhoods(facts: impl IntoIterator<Item = Kept>) -> Vec<FactSet> {
    let mut homes: BTreeMap<String, usize> = BTreeMap::new();
    let mut sets: Vec<FactSet> = Vec::new();
    for kept in facts {
        let names: Vec<String> = kept
            .fact
            .names()
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect();
        let mut met: Vec<usize> = names.iter().filter_map(|n| homes.get(n).copied()).collect();
        met.sort_unstable();
        met.dedup();
        let home = met.first().copied().unwrap_or_else(|| {
            sets.push(FactSet::new());
            sets.len() - 1
        });
        for gone in met.into_iter().skip(1) {
            let moved = std::mem::take(&mut sets[gone]);
            sets[home].join(moved);
            homes.values_mut().filter(|h| **h == gone).for_each(|h| {
                *h = home;
            });
        }
        homes.extend(names.into_iter().map(|name| (name, home)));
        sets[home].absorb(kept);
    }
    sets.retain(|set| !set.is_empty());
    sets
}

/// One set of facts from a list, in the form in which facts are kept.
pub(crate) fn set_of(facts: &[Fact]) -> FactSet {
    let mut set = FactSet::new();
    for fact in facts.iter().cloned().flat_map(Fact::split) {
        set.absorb(told(fact));
    }
    set
}

/// A fact as one and the same delivery brings it.
pub(crate) fn told(fact: Fact) -> Kept {
    Kept {
        fact,
        event_id: "evt".to_owned(),
        processor: "stripe".to_owned(),
    }
}

/// What a list of facts adds up to.
pub(crate) fn outcome(facts: &[Fact], context: &Context) -> Outcome {
    fold(&set_of(facts), context)
}

/// A payment's name.
pub(crate) fn payment_name(text: &str) -> Name {
    Name::payment(text).expect("a name")
}

/// A paid snapshot whose amounts are all goods.
pub(crate) fn paid(object: &str, rank: Rank, gross: i64, at: Micros) -> Payment {
    Payment {
        object: payment_name(object),
        rank,
        version: Version { at, step: 0 },
        state: PaymentState::Paid,
        amounts: Amounts {
            subtotal: gross,
            gross,
            net: gross,
            reversible: gross,
            ..Amounts::default()
        },
        currency: usd(),
        presentment: None,
        occurred_at: at,
        billing: Billing::Unknown,
        twin_window_seconds: None,
        products: Vec::new(),
        bought: Vec::new(),
        remark: None,
    }
}

/// A reversal of one amount, all of it counted.
pub(crate) fn reversal(
    id: &str,
    of: &[&str],
    kind: ReversalKind,
    state: ReversalState,
    (cash, at): (i64, Micros),
) -> Reversal {
    Reversal {
        id: id.to_owned(),
        of: of.iter().map(|name| payment_name(name)).collect(),
        kind,
        state,
        extent: Extent::Gross {
            cash,
            counted: cash,
        },
        currency: usd(),
        version: Version { at, step: 0 },
        occurred_at: at,
        reason: None,
        things: Vec::new(),
        gift_cards: 0,
    }
}

/// Two names that are said to be one.
pub(crate) fn alias(a: &str, b: &str, strength: Strength) -> Fact {
    Fact::Alias(Alias {
        a: payment_name(a),
        b: payment_name(b),
        strength,
    })
}

/// A payment of a customer, with the clicks it carries.
pub(crate) fn identity(subject: &str, customer: &str, clicks: &[&str], at: Micros) -> Identity {
    let label = |id: &&str| Label::new(id, "metadata.refp_id").unwrap();
    Identity {
        customers: Name::customer(customer).into_iter().collect(),
        clicks: clicks.iter().map(label).collect(),
        ..Identity::of(payment_name(subject), Version { at, step: 0 })
    }
}

/// US dollars.
pub(crate) fn usd() -> Currency {
    Currency::parse("usd").expect("a currency")
}
