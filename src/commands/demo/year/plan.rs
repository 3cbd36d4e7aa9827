//! What happens in the demo's year, and when: clicks, leads, payments, payouts. Pure: the same for a seed and a time.

use std::collections::BTreeMap;

use providers::Micros;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::cast::{MEMBERS, Member, Person};
use super::stories::{Renewal, STORIES, Story};
use super::tale::Tale;

/// The year is the same in every demo.
const SEED: u64 = 11;

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
/// A day in microseconds.
pub(super) const DAY: i64 = 24 * HOUR;
/// How many days the year has.
const DAYS: i64 = 365;
/// The last days are told by the hour.
const LATELY: i64 = 20;

/// How busy the days of a week are, from Sunday on.
const WEEK: [u64; 7] = [6, 11, 12, 12, 11, 9, 6];

/// Of a hundred buyers, as many come without a partner.
const ORGANIC: u32 = 24;

/// Of a hundred subscriptions, as many end in a month.
const CHURN: u32 = 11;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// A partner joins.
    Join(usize),
    /// Somebody follows a link: a touch.
    Click(usize),
    /// A touch becomes a lead.
    Lead(usize),
    /// A delivery to a buyer's story; its place, and the month of a renewal.
    Deliver(usize, usize, usize),
    /// The merchant reports a sale that no processor knows, brought by a touch.
    Report(usize),
    /// What is due is paid.
    Pay,
}

/// Somebody follows a link.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    pub(super) link: &'static str,
    /// Who that becomes.
    pub(super) person: usize,
}

/// Somebody buys.
#[derive(Debug, Clone)]
pub(super) struct Buyer {
    pub(super) story: usize,
    pub(super) person: Person,
    /// The touch that brought the buyer.
    pub(super) touch: Option<usize>,
    /// The code that was typed.
    pub(super) code: Option<&'static str>,
    pub(super) times: i64,
    /// When the story begins.
    pub(super) at: i64,
    pub(super) livemode: bool,
}

/// The year.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) touches: Vec<Touch>,
    pub(super) buyers: Vec<Buyer>,
    /// Rounds, each with its time, and in each what happens, in order.
    pub(super) rounds: Vec<(i64, Vec<Act>)>,
    /// Live sales and their net amounts, by currency.
    pub(super) promised: BTreeMap<String, (usize, i64)>,
}

/// Makes a plan.
struct Planner<'a> {
    rng: StdRng,
    tales: &'a [Tale],
    /// The first midnight.
    begin: i64,
    slots: Vec<i64>,
    acts: Vec<(i64, Act)>,
    plan: Plan,
    sales: usize,
}

/// Plans a year that ends now and has about as many sales.
pub(super) fn year(now: Micros, sales: usize, tales: &[Tale]) -> Plan {
    let today = now.0.div_euclid(DAY) * DAY;
    let begin = today - DAYS * DAY;
    let mut planner = Planner {
        rng: StdRng::seed_from_u64(SEED),
        tales,
        begin,
        slots: slots(begin, now.0),
        acts: Vec::new(),
        plan: Plan::default(),
        sales: 0,
    };
    for (index, member) in MEMBERS.iter().enumerate() {
        planner.add(begin + joined(member) * DAY, Act::Join(index));
    }
    planner.payouts();
    // However few the sales, each story happens once.
    for story in 0..STORIES.len() {
        planner.buyer(story, true);
    }
    while planner.sales < sales {
        let story = planner.weighted(STORIES.iter().map(|story| story.weight));
        planner.buyer(story, true);
    }
    for _ in 0..sales.div_ceil(80) {
        planner.buyer(0, false);
    }
    for _ in 0..sales.div_ceil(60) {
        planner.report();
    }
    for _ in 0..sales.saturating_mul(2) {
        planner.passer_by();
    }
    planner.done()
}

/// When something may arrive.
fn slots(begin: i64, now: i64) -> Vec<i64> {
    let last = now - 3 * MINUTE;
    let of_day = |day: i64| {
        let hours: &[i64] = if day < DAYS - LATELY {
            &[10, 17]
        } else {
            &[7, 9, 12, 15, 17, 20, 22]
        };
        let minutes = 5 + day * 37 % 50;
        let time = move |hour: &i64| begin + day * DAY + hour * HOUR + minutes * MINUTE;
        hours.iter().map(time)
    };
    let all = (0..=DAYS).flat_map(of_day);
    all.take_while(|slot| *slot < last).chain([last]).collect()
}

/// The day on which somebody joins.
const fn joined(member: &Member) -> i64 {
    member.joins * DAYS / 100
}

impl Planner<'_> {
    /// When what is told at a time arrives; `None` where that is yet to come.
    fn arrival(&self, at: i64) -> Option<i64> {
        let index = self.slots.partition_point(|slot| *slot < at);
        self.slots.get(index).copied()
    }

    fn add(&mut self, at: i64, act: Act) -> bool {
        let arrival = self.arrival(at);
        self.acts.extend(arrival.map(|slot| (slot, act)));
        arrival.is_some()
    }

    fn below(&mut self, limit: i64) -> i64 {
        self.rng.random_range(0..limit.max(1))
    }

    fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u32 = weights.clone().sum();
        let mut left = self.rng.random_range(0..total.max(1));
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// A time within the year: more at its end, fewer at weekends; shortly before something may arrive.
    fn time(&mut self, first_day: i64) -> i64 {
        loop {
            let day = first_day + self.below(DAYS + 1 - first_day);
            let date = (self.begin / DAY + day + 4).rem_euclid(7);
            let busy = usize::try_from(date).ok().and_then(|date| WEEK.get(date));
            let share = u64::try_from(60 + day).unwrap_or_default() * busy.copied().unwrap_or(9);
            if self.rng.random_range(0..12 * 425) >= share {
                continue;
            }
            let midnight = self.begin + day * DAY;
            let from = self.slots.partition_point(|slot| *slot < midnight);
            let to = self.slots.partition_point(|slot| *slot < midnight + DAY);
            let count = i64::try_from(to - from).unwrap_or_default();
            if count > 0 {
                let place = from + usize::try_from(self.below(count)).unwrap_or_default();
                let slot = self.slots.get(place).copied().unwrap_or(midnight);
                return slot - 16 * MINUTE + self.below(8 * MINUTE);
            }
        }
    }

    /// Somebody who is a partner then.
    fn partner(&mut self, at: i64, may: impl Fn(&Member) -> bool + Copy) -> Option<usize> {
        let day = (at - self.begin) / DAY;
        let weight = move |member: &Member| {
            let there = joined(member) + 3 < day && may(member);
            if there { member.weight } else { 0 }
        };
        let is_any = MEMBERS.iter().any(|member| weight(member) > 0);
        is_any.then(|| self.weighted(MEMBERS.iter().map(weight)))
    }

    /// Somebody follows a partner's link about then.
    fn touch(&mut self, partner: usize, person: usize, at: i64) -> usize {
        let links = MEMBERS.get(partner).map_or(&[][..], |member| member.links);
        let second = links.len() > 1 && self.below(3) == 0;
        let link = links.get(usize::from(second)).copied().unwrap_or_default();
        let index = self.plan.touches.len();
        self.plan.touches.push(Touch { link, person });
        self.add(at, Act::Click(index));
        index
    }

    /// Somebody buys, and perhaps again every month.
    fn buyer(&mut self, index: usize, livemode: bool) {
        let (Some(story), Some(tale)) = (STORIES.get(index), self.tales.get(index)) else {
            return;
        };
        let at = self.time(4);
        let number = self.plan.buyers.len();
        let place = self.below(i64::try_from(story.times.len()).unwrap_or(1));
        let place = usize::try_from(place).unwrap_or_default();
        let mut buyer = Buyer {
            story: index,
            person: Person::of(number),
            touch: None,
            code: None,
            times: story.times.get(place).copied().unwrap_or(1),
            at,
            livemode,
        };
        if tale.has_code {
            let partner = self.partner(at, |member| member.code.is_some());
            buyer.code = partner.and_then(|partner| MEMBERS.get(partner)?.code);
        } else if !self.rng.random_ratio(ORGANIC, 100)
            && let Some(partner) = self.partner(at, |_| true)
        {
            let before = DAY + self.below(12 * HOUR);
            let touch = self.touch(partner, number, at - before);
            if self.below(3) == 0 {
                self.add(at - 10 * HOUR, Act::Lead(touch));
            }
            buyer.touch = Some(touch);
        }
        self.plan.buyers.push(buyer);
        self.deliver(number, (story, tale));
    }

    fn deliver(&mut self, number: usize, (story, tale): (&Story, &Tale)) {
        let Some(buyer) = self.plan.buyers.get(number).cloned() else {
            return;
        };
        for (place, offset) in tale.offsets.iter().take(story.told.0).enumerate() {
            if self.add(buyer.at + offset, Act::Deliver(number, place, 0)) && place == story.told.1
            {
                self.promise(&buyer, tale, tale.first_net);
            }
        }
        let paid = tale.offsets.get(story.told.1).copied().unwrap_or(0);
        let (from, to) = match story.renewal {
            Renewal::None => return,
            Renewal::Of(from, to) => (from, to),
            Renewal::Again => (0, 1),
        };
        let base = tale.offsets.get(from).copied().unwrap_or(0);
        for month in 1..=14_usize {
            if self.rng.random_ratio(CHURN, 100) {
                return;
            }
            let due = buyer.at + paid + i64::try_from(month).unwrap_or(0) * 30 * DAY;
            let mut arrived = false;
            for place in from..to {
                let offset = tale.offsets.get(place).copied().unwrap_or(base) - base;
                arrived = self.add(due + offset, Act::Deliver(number, place, month));
            }
            if !arrived {
                return;
            }
            self.promise(&buyer, tale, tale.renewal_net);
        }
    }

    fn promise(&mut self, buyer: &Buyer, tale: &Tale, net: i64) {
        if buyer.livemode {
            let promised = self.plan.promised.entry(tale.currency.clone()).or_default();
            promised.0 += 1;
            promised.1 += net * buyer.times;
            self.sales += 1;
        }
    }

    /// A sale by bank transfer, which the merchant reports.
    fn report(&mut self) {
        let at = self.time(30);
        if let Some(partner) = self.partner(at, |_| true) {
            let touch = self.touch(partner, 1_000_000 + self.plan.touches.len(), at - 2 * DAY);
            if self.add(at, Act::Report(touch)) {
                let promised = self.plan.promised.entry("usd".to_owned()).or_default();
                promised.0 += 1;
                promised.1 += super::REPORTED_NET;
            }
        }
    }

    /// Somebody looks, and perhaps signs up.
    fn passer_by(&mut self) {
        let at = self.time(3);
        if let Some(partner) = self.partner(at, |_| true) {
            let touch = self.touch(partner, 2_000_000 + self.plan.touches.len(), at);
            if self.below(9) == 0 {
                self.add(at + 20 * HOUR, Act::Lead(touch));
            }
        }
    }

    /// On the third of each month.
    fn payouts(&mut self) {
        for day in 45..DAYS {
            let at = self.begin + day * DAY;
            let date = jiff::Timestamp::from_microsecond(at).ok();
            let date = date.map(|date| date.to_zoned(jiff::tz::TimeZone::UTC).day());
            if date == Some(3) {
                self.add(at + 10 * HOUR, Act::Pay);
            }
        }
    }

    fn done(self) -> Plan {
        let mut plan = self.plan;
        let mut rounds: BTreeMap<i64, Vec<Act>> = BTreeMap::new();
        for (slot, act) in self.acts {
            rounds.entry(slot).or_default().push(act);
        }
        plan.rounds = rounds.into_iter().collect();
        plan
    }
}
