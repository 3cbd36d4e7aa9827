//! What the tests of the fold share: facts that meet by their names, a program that pays ten percent, and
//! a seeded shuffle.

use std::collections::BTreeMap;

use providers::Micros;
use tributary::attribution::{Click, CodeOwner, Policy};
use tributary::ledger::facts::{FactSet, Kept};
use tributary::ledger::fold::Context;
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
    let policies = &mut context.directory.policies;
    policies.insert(PROGRAM.to_owned(), Policy::default());
    context
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
            for (_, moved) in std::mem::take(&mut sets[gone]).iter() {
                sets[home].absorb(moved.clone());
            }
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

/// Puts a list into an order that the seed decides.
pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for last in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state % (last as u64 + 1)).unwrap_or(0);
        items.swap(last, other);
    }
}
