//! Whatever a customer and a processor do, and in whatever order it is told, the sales are those that
//! happened, with what is left of them.

use proptest::prelude::*;
use providers::Fact;
use tributary::ledger::fold::{Outcome, fold};
use tributary::ledger::sale::Sale;

use super::histories::{Life, Shape, Sold, life};
use super::support::{NOW, add_click, context, set_of};
use crate::support::dice::Dice;

fn folded(facts: &[Fact]) -> Outcome {
    let mut context = context();
    add_click(&mut context, "clk", "alice", NOW.plus_days(-70));
    fold(&set_of(facts), &context)
}

fn said(sale: &Sale) -> Sold {
    let earning = sale.earning.as_ref();
    Sold {
        object: sale.object.value().to_owned(),
        kind: sale.kind.word(),
        net: sale.amounts.net,
        gross: sale.amounts.gross,
        refunded: sale.taken.refunded,
        disputed: sale.taken.disputed,
        commission: earning.map_or(-1, |earning| earning.left),
        free: earning.map_or(-1, |earning| earning.free),
    }
}

fn check(life: &Life, seed: u64) -> Result<(), TestCaseError> {
    let deliveries = life.deliveries();
    let told: Vec<Fact> = deliveries.iter().flatten().cloned().collect();
    let outcome = folded(&told);
    let sold: Vec<Sold> = outcome.sales.iter().map(said).collect();
    prop_assert_eq!(sold, life.sold());
    prop_assert_eq!(&outcome.waiting, &Vec::new());
    prop_assert_eq!(outcome.customers.len(), 1);

    let mut again: Vec<Vec<Fact>> = deliveries.iter().chain(&deliveries).cloned().collect();
    Dice(seed).shuffle(&mut again);
    let again: Vec<Fact> = again.into_iter().flatten().collect();
    prop_assert_eq!(folded(&again), outcome);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_life_with_stripe_adds_up(life in life(Shape::Stripe), seed in 1_u64..) {
        check(&life, seed)?;
    }

    #[test]
    fn a_life_with_shopify_adds_up(life in life(Shape::Shopify), seed in 1_u64..) {
        check(&life, seed)?;
    }

    #[test]
    fn a_life_with_paddle_adds_up(life in life(Shape::Paddle), seed in 1_u64..) {
        check(&life, seed)?;
    }

    #[test]
    fn a_life_with_polar_adds_up(life in life(Shape::Polar), seed in 1_u64..) {
        check(&life, seed)?;
    }

    #[test]
    fn a_life_with_revenuecat_adds_up(life in life(Shape::RevenueCat), seed in 1_u64..) {
        check(&life, seed)?;
    }
}
