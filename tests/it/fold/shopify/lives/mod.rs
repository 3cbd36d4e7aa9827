//! Lives of an order, made up at random, and the deliveries that Shopify makes of each step.
//!
//! The oracle knows nothing of webhooks: a shop keeps, for each unit, what was paid for it without tax, and
//! whether it is with the buyer or its money with the shop.

mod shop;
mod told;

use proptest::prelude::*;
use providers::Settings;

use self::shop::Shop;
use self::told::Currencies;
use super::{Told, net_of, net_under};
use crate::support::dice::Dice;

/// How the money of a return moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moves {
    AtOnce,
    /// It is pending first.
    Later,
    /// By two transactions.
    InTwo,
    /// It arrives, and the bank sends it back.
    Fails,
}

/// Something that happens to a paid order.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A unit of a line goes back, and its money, perhaps with the shipping.
    Return {
        line: usize,
        shipping: bool,
        moves: Moves,
    },
    /// The same, and a tenth of the money is kept.
    ReturnForFee { line: usize },
    /// A unit is exchanged for one of a new line, cheaper (-1), as dear, or dearer.
    Exchange { line: usize, dearer: i64 },
    /// A unit is edited out. Its money is given back later, by a refund that names nothing, or is owed for ever.
    EditOut { line: usize, refunded: bool },
    /// A new line is edited in, and paid or not.
    EditIn { price: i64, paid: bool },
    /// Money without goods.
    Goodwill { amount: i64 },
    /// The duties go back.
    Duties,
}

#[derive(Debug, Clone)]
struct LineLife {
    price: i64,
    rate: i64,
    quantity: i64,
    discount: i64,
    is_card: bool,
}

/// What an order is and what happens to it.
#[derive(Debug, Clone)]
struct Life {
    currencies: Currencies,
    lines: Vec<LineLife>,
    tax_inside: bool,
    shipping: i64,
    shipping_tax: i64,
    tip: i64,
    duties: i64,
    fees: i64,
    /// Lines of which a unit is taken out before the order is paid.
    removed: Vec<usize>,
    steps: Vec<Step>,
    /// Whether all snapshots are of one second.
    at_once: bool,
    seed: u64,
}

fn steps() -> impl Strategy<Value = Step> {
    let moves = prop_oneof![
        3 => Just(Moves::AtOnce),
        1 => Just(Moves::Later),
        1 => Just(Moves::InTwo),
        1 => Just(Moves::Fails),
    ];
    prop_oneof![
        4 => (0_usize..4, any::<bool>(), moves)
            .prop_map(|(line, shipping, moves)| Step::Return { line, shipping, moves }),
        1 => (0_usize..4).prop_map(|line| Step::ReturnForFee { line }),
        3 => (0_usize..4, -1_i64..2).prop_map(|(line, dearer)| Step::Exchange { line, dearer }),
        2 => (0_usize..4, any::<bool>()).prop_map(|(line, refunded)| Step::EditOut { line, refunded }),
        1 => (1_i64..50, any::<bool>()).prop_map(|(price, paid)| Step::EditIn { price, paid }),
        1 => (1_i64..300).prop_map(|amount| Step::Goodwill { amount }),
        1 => Just(Step::Duties),
    ]
}

prop_compose! {
    fn line()(price in 2_i64..200, rate in 0_i64..3, quantity in 1_i64..4, discount in 0_i64..3, is_card in prop::bool::weighted(0.15)) -> LineLife {
        LineLife { price, rate, quantity, discount, is_card }
    }
}

prop_compose! {
    fn beside()(shipping in 0_i64..20, shipping_tax in 0_i64..3, tip in 0_i64..5, duties in 0_i64..5, fees in 0_i64..3) -> [i64; 5] {
        [shipping, shipping_tax, tip, duties, fees]
    }
}

prop_compose! {
    fn lives()(
        currencies in prop::sample::select(Currencies::ALL.to_vec()),
        mut lines in prop::collection::vec(line(), 1..4),
        is_uniform in any::<bool>(),
        tax_inside in any::<bool>(),
        [shipping, shipping_tax, tip, duties, fees] in beside(),
        removed in prop::collection::vec(0_usize..4, 0..2),
        steps in prop::collection::vec(steps(), 0..6),
        at_once in any::<bool>(),
        seed in any::<u64>(),
    ) -> Life {
        if is_uniform {
            let rate = lines[0].rate;
            for line in &mut lines {
                (line.rate, line.is_card) = (rate, false);
            }
        }
        Life { currencies, lines, tax_inside, shipping, shipping_tax, tip, duties, fees, removed, steps, at_once, seed }
    }
}

fn lived(life: &Life) -> Shop {
    let mut shop = Shop::open(life);
    for step in &life.steps {
        shop.step(*step);
    }
    shop
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// In whatever order and number the deliveries come.
    #[test]
    fn what_a_shopify_order_comes_to_is_what_was_paid_and_kept(life in lives()) {
        let shop = lived(&life);
        let mut told: Vec<&Told> = shop.told.iter().chain(&shop.told).collect();
        Dice(life.seed).shuffle(&mut told);
        prop_assert_eq!(net_of(&told).unwrap_or(0), shop.kept());
    }

    /// The newest snapshot of an order that is paid tells the whole story by itself, be all others lost.
    #[test]
    fn the_newest_snapshot_of_an_order_is_enough(life in lives()) {
        let shop = lived(&life);
        prop_assert_eq!(net_of(&[&shop.told[shop.newest_paid]]).unwrap_or(0), shop.kept());
    }

    /// Or some of them, as where not all topics are subscribed to.
    #[test]
    fn deliveries_that_are_lost_change_nothing_once_the_newest_has_come(life in lives()) {
        let shop = lived(&life);
        let mut dice = Dice(life.seed);
        let mut told: Vec<&Told> = Vec::new();
        for (at, delivery) in shop.told.iter().enumerate() {
            if at == shop.newest_paid || dice.below(2) == 0 {
                told.push(delivery);
            }
        }
        dice.shuffle(&mut told);
        prop_assert_eq!(net_of(&told).unwrap_or(0), shop.kept());
    }

    /// What is returned is told by refunds and transactions as well, where no later order is subscribed to.
    #[test]
    fn the_first_paid_order_and_its_refunds_are_enough_for_returns(life in lives()) {
        let mut life = life;
        life.steps.retain(|step| matches!(step, Step::Return { .. } | Step::Duties));
        let shop = lived(&life);
        let paid = shop.told.iter().position(|(topic, _)| *topic == "orders/paid").unwrap();
        let later = shop.told.iter().skip(paid + 1).filter(|(topic, _)| !topic.starts_with("orders/"));
        let mut told: Vec<&Told> = later.chain([&shop.told[paid]]).collect();
        Dice(life.seed).shuffle(&mut told);
        prop_assert_eq!(net_of(&told).unwrap_or(0), shop.kept());
    }

    /// Where shipping counts too; no goodwill then, of which nobody can say whether it was for shipping.
    #[test]
    fn shipping_that_counts_is_kept_until_it_goes_back(life in lives()) {
        let settings = Settings::from_json(r#"{"includeShipping":true}"#).unwrap();
        let mut life = life;
        life.steps.retain(|step| !matches!(step, Step::Goodwill { .. }));
        let shop = lived(&life);
        let mut told: Vec<&Told> = shop.told.iter().chain(&shop.told).collect();
        Dice(life.seed).shuffle(&mut told);
        let left = net_under(&told, &settings).unwrap_or(0);
        prop_assert_eq!(left, shop.kept() + shop.shipping_kept());
    }
}
