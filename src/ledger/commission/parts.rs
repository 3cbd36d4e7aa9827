//! The parts of a sale that earn by rewards of their own: in a mixed cart each product has its own.
//!
//! Decides which reward is of how much; never what it comes to.

use providers::fact::Bought;
use providers::money::share;
use providers::{Currency, Money};

use crate::ledger::rule::{self, Reward, Rule};
use crate::ledger::sale::Sale;

/// What one reward is of.
#[derive(Debug, Clone)]
pub(super) struct Part<'r> {
    /// The reward.
    pub(super) reward: &'r Reward,
    /// What of the base a percentage is taken of.
    pub(super) base: i64,
    /// What of the sale's net amount it can be at most.
    pub(super) net: i64,
    /// What has gone back of that by name.
    gone: i64,
    /// What it has come to, in the currency of the commission.
    pub(super) earned: i64,
    /// What the base is, for the explanation.
    what: String,
}

/// The product or price that has a reward of its own, with that.
type Own<'r> = Option<(&'r String, &'r Reward)>;

/// The rewards of a sale: one for all of it, unless several things were bought that earn by different ones. Of the
/// ids of a thing the first that has a reward decides, and adapters name prices before products, so that the
/// narrower rule does. `otherwise` is for what has none.
pub(super) fn of<'r>(
    sale: &Sale,
    rule: &'r Rule,
    otherwise: &'r Reward,
    (base, base_words): (i64, &str),
) -> Vec<Part<'r>> {
    let own = |ids: &[String]| ids.iter().find_map(|id| rule.products.get_key_value(id));
    let shares = shares(&sale.bought, own);
    let whole = shares
        .iter()
        .fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
    if let [] | [_] = shares.as_slice() {
        let own = shares
            .first()
            .map_or_else(|| own(&sale.products), |(own, _)| *own);
        return vec![Part {
            reward: own.map_or(otherwise, |(_, reward)| reward),
            base,
            net: sale.amounts.net,
            gone: 0,
            earned: 0,
            what: base_words.to_owned(),
        }];
    }
    let gone = |id: Option<&String>| {
        let named = sale
            .returned
            .iter()
            .filter(|thing| own(&thing.ids).map(|(id, _)| id) == id);
        named.fold(0_i64, |sum, thing| sum.saturating_add(thing.amount))
    };
    // Each has what is its up to here, less what was others' before: nothing is lost by rounding.
    let upto = |amount, point| share(amount, point, whole).unwrap_or(0);
    let mut before = 0;
    let mut parts = Vec::new();
    for (own, amount) in shares {
        let after = amount.saturating_add(before);
        let cut = |amount| upto(amount, after) - upto(amount, before);
        let of = own.map_or("the rest", |(id, _)| id);
        let net = cut(sale.amounts.net);
        parts.push(Part {
            reward: own.map_or(otherwise, |(_, reward)| reward),
            base: cut(base),
            net,
            gone: gone(own.map(|(id, _)| id)).min(net),
            earned: 0,
            what: format!("{base_words}, for {of}"),
        });
        before = after;
    }
    parts
}

/// How much of what was bought earns by each reward.
fn shares<'r>(bought: &[Bought], own: impl Fn(&[String]) -> Own<'r>) -> Vec<(Own<'r>, i64)> {
    let mut shares: Vec<(Own<'r>, i64)> = Vec::new();
    for Bought { ids, amount, .. } in bought {
        let own = own(ids);
        let id = own.map(|(id, _)| id);
        match shares
            .iter_mut()
            .find(|(known, _)| known.map(|(id, _)| id) == id)
        {
            Some((_, sum)) => *sum = sum.saturating_add(*amount),
            None => shares.push((own, *amount)),
        }
    }
    shares.retain(|(_, amount)| *amount > 0);
    shares
}

impl Part<'_> {
    /// The arithmetic in words: `10 % of 49.00 usd (net amount) = 4.90 usd`.
    pub(super) fn says(&self, sold_in: Currency, (amount, currency): (i64, Currency)) -> String {
        let words = self.reward.words();
        match self.reward {
            Reward::Percent { .. } => format!(
                "{words} of {} ({}) = {}",
                Money::new(self.base, sold_in),
                self.what,
                Money::new(amount, currency)
            ),
            Reward::Flat { .. } => words,
        }
    }
}

/// What is left of a commission of `full` when `left` is left of the `whole` that it was for: what went back by name takes
/// what it had earned, and all else its share of what remains.
pub(super) fn left_of(parts: &[Part<'_>], full: i64, (left, whole): (i64, i64)) -> i64 {
    let sum = |of: &dyn Fn(&Part<'_>) -> i64| parts.iter().map(of).fold(0, i64::saturating_add);
    let taken = whole.saturating_sub(left).max(0);
    // Things are named with their net amounts.
    let named = share(sum(&|part| part.gone), whole, sum(&|part| part.net)).unwrap_or(0);
    let counts = named.min(taken);
    if counts <= 0 {
        return rule::remaining(full, left, whole);
    }
    let kept = sum(&|part| {
        let gone = share(part.gone, counts, named).unwrap_or(0);
        share(part.earned, part.net - gone, part.net).unwrap_or(0)
    });
    let kept = share(full, kept, sum(&|part| part.earned)).unwrap_or(0);
    rule::remaining(kept, left, whole - counts)
}
