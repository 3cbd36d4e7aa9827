//! The parts of a sale that earn by rewards of their own: in a mixed cart each product has its own.
//!
//! Decides which reward is of how much; never what it comes to.

use providers::fact::Bought;
use providers::money::share;
use providers::{Currency, Money};

use crate::ledger::rule::{self, Reward, Rule};
use crate::ledger::sale::{Earning, Sale};

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
    /// Which things it is of, where there are several.
    whose: String,
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
    let own_reward = |ids: &[String]| ids.iter().find_map(|id| rule.products.get_key_value(id));
    let shares = shares(&sale.bought, own_reward);
    let whole = shares
        .iter()
        .fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
    if let [] | [_] = shares.as_slice() {
        let own = shares
            .first()
            .map_or_else(|| own_reward(&sale.products), |(own, _)| *own);
        return vec![Part {
            reward: own.map_or(otherwise, |(_, reward)| reward),
            base,
            net: sale.amounts.net,
            gone: 0,
            earned: 0,
            what: base_words.to_owned(),
            whose: String::new(),
        }];
    }
    // Each has what is its up to here, less what was others' before: nothing is lost by rounding.
    let upto = |amount, point| share(amount, point, whole).unwrap_or(0);
    let shipping = sum(sale.returned.iter().filter(|thing| thing.is_shipping()));
    let mut before = 0;
    let mut parts = Vec::new();
    for (own, amount) in shares {
        let after = amount.saturating_add(before);
        let cut = |amount| upto(amount, after) - upto(amount, before);
        let of = own.map_or("the rest", |(id, _)| id);
        let net = cut(sale.amounts.net);
        // Shipping was earned with all things, and goes back of each.
        let gone = gone(sale, own, &own_reward).saturating_add(cut(shipping));
        parts.push(Part {
            reward: own.map_or(otherwise, |(_, reward)| reward),
            base: cut(base),
            net,
            gone: gone.min(net),
            earned: 0,
            what: format!("{base_words}, for {of}"),
            whose: format!("for {of}"),
        });
        before = after;
    }
    parts
}

/// What has gone back by name of the things that earn by one reward.
fn gone<'r>(sale: &Sale, of: Own<'r>, own_reward: &impl Fn(&[String]) -> Own<'r>) -> i64 {
    let id = |own: Own<'r>| own.map(|(id, _)| id);
    let things = sale.returned.iter().filter(|thing| !thing.is_shipping());
    sum(things.filter(|thing| id(own_reward(&thing.ids)) == id(of)))
}

fn sum<'b>(things: impl Iterator<Item = &'b Bought>) -> i64 {
    let amounts = things.map(|thing| thing.amount);
    amounts.fold(0, i64::saturating_add)
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

/// What went back by name: how much of the whole it was, what it left of what each part had earned, and what of all.
struct ByName {
    counts: i64,
    kept_of: Vec<i64>,
    kept: i64,
}

/// `None` where nothing went back by name.
fn by_name(parts: &[Part<'_>], full: i64, (left, whole): (i64, i64)) -> Option<ByName> {
    let sum = |of: &dyn Fn(&Part<'_>) -> i64| parts.iter().map(of).fold(0, i64::saturating_add);
    let taken = whole.saturating_sub(left).max(0);
    // Things are named with their net amounts.
    let named = share(sum(&|part| part.gone), whole, sum(&|part| part.net)).unwrap_or(0);
    let counts = named.min(taken);
    if counts <= 0 {
        return None;
    }
    let kept_of: Vec<i64> = parts
        .iter()
        .map(|part| {
            let gone = share(part.gone, counts, named).unwrap_or(0);
            share(part.earned, part.net - gone, part.net).unwrap_or(0)
        })
        .collect();
    let kept = kept_of.iter().copied().fold(0, i64::saturating_add);
    Some(ByName {
        counts,
        kept: share(full, kept, sum(&|part| part.earned)).unwrap_or(0),
        kept_of,
    })
}

/// What is left of a commission of `full` when `left` is left of the `whole` that it was for: what went back by name takes
/// what it had earned, and all else its share of what remains.
pub(super) fn left_of(parts: &[Part<'_>], full: i64, (left, whole): (i64, i64)) -> i64 {
    match by_name(parts, full, (left, whole)) {
        Some(told) => rule::remaining(told.kept, left, whole - told.counts),
        None => rule::remaining(full, left, whole),
    }
}

/// The same in words.
pub(super) fn left_in_words(
    parts: &[Part<'_>],
    earning: &Earning,
    (left, whole): (i64, i64),
    sold_in: Currency,
) -> Vec<String> {
    let earned = |amount| Money::new(amount, earning.currency);
    let of_whole = |whole| {
        let [left, whole] = [left, whole].map(|amount| Money::new(amount, sold_in));
        format!("{left} of {whole} is left after refunds and lost disputes")
    };
    let commission = format!("commission {}", earned(earning.left));
    let Some(told) = by_name(parts, earning.full, (left, whole)) else {
        return vec![format!("{}: {commission}", of_whole(whole))];
    };
    let mut said = Vec::new();
    for (part, kept) in parts.iter().zip(&told.kept_of) {
        if part.gone > 0 {
            let (kept, before) = (earned(*kept), earned(part.earned));
            said.push(format!(
                "{kept} of {before} is left {}, after what went back of it",
                part.whose
            ));
        }
    }
    let kept = earned(told.kept);
    said.push(if told.kept == earning.left {
        format!("{kept} of {} in all: {commission}", earned(earning.full))
    } else {
        let rest = whole - told.counts;
        format!(
            "{kept} of {} in all; of the rest {}: {commission}",
            earned(earning.full),
            of_whole(rest)
        )
    });
    said
}
