//! Payments as Paddle, Polar and RevenueCat tell them: bodies through the adapter into the fold, in any
//! order and doubled. Rows of real cases, what others have reported, and whole lives at random.

mod classic;
mod credit;
mod lives;
mod paddle;
mod polar;
mod purchases;
mod reports;
mod revenuecat;
mod upgrades;

use std::borrow::Borrow;
use std::collections::BTreeMap;

use providers::{Fact, Micros, Settings, Verified};
use serde_json::Value;
use tributary::ledger::calls::{Call, PROCESSOR};
use tributary::ledger::facts::Kept;
use tributary::ledger::fold::fold;
use tributary::ledger::rule::{Reward, Rule};
use tributary::ledger::sale::Sale;

use super::support::{NOW, add_click, context, neighbourhoods, set_rule};
use crate::support::dice::Dice;

/// What processors deliver to their sources.
#[derive(Debug, Clone, Default)]
pub(super) struct Told(Vec<Kept>);

impl Told {
    /// One more body, of a processor whose source has these settings.
    pub(super) fn and(self, processor: &str, settings: &str, body: &Value) -> Self {
        self.and_text(processor, settings, &body.to_string())
    }

    /// The same of a body that is not JSON.
    pub(super) fn and_text(mut self, processor: &str, settings: &str, body: &str) -> Self {
        let adapter = providers::adapter(processor).unwrap();
        let verified = Verified::from_inbox(body.as_bytes().to_vec(), Vec::new());
        let event_id = adapter.envelope(&verified).event_id;
        let settings = Settings::from_json(settings).unwrap();
        let reading = adapter.normalize(&verified, &settings);
        assert!(!reading.unreadable, "{:?}: {body}", reading.note);
        let facts = reading.facts.into_iter().flat_map(Fact::split);
        self.0.extend(facts.map(|fact| Kept {
            fact,
            event_id: event_id.clone(),
            processor: adapter.about().payment_processor.to_owned(),
        }));
        self
    }

    /// What the merchant reports by a call that was made at a time.
    pub(super) fn and_call(mut self, call: &Call, at: Micros) -> Self {
        let event_id = format!("evt_call_{}", self.0.len());
        let facts = call.facts(&event_id, at).into_iter().flat_map(Fact::split);
        self.0.extend(facts.map(|fact| Kept {
            fact,
            event_id: event_id.clone(),
            processor: PROCESSOR.to_owned(),
        }));
        self
    }

    /// All bodies of one processor whose source has no settings.
    pub(super) fn by(processor: &str, bodies: &[Value]) -> Self {
        let told = Self::default();
        bodies
            .iter()
            .fold(told, |told, body| told.and(processor, "{}", body))
    }

    /// The sales that it adds up to, by their main names: the same in every order, and told twice.
    pub(super) fn sales(&self) -> BTreeMap<String, Sale> {
        let given = sales(&self.0);
        for seed in 1..=6 {
            let mut facts: Vec<Kept> = self.0.iter().chain(&self.0).cloned().collect();
            Dice(seed).shuffle(&mut facts);
            assert_eq!(given, sales(&facts), "shuffled by {seed}");
        }
        given
    }

    /// The same where these products have rewards of their own.
    pub(super) fn sales_by(&self, products: &[(&str, Reward)]) -> BTreeMap<String, Sale> {
        let mut rule = Rule::ten_percent();
        let own = products
            .iter()
            .map(|(id, reward)| ((*id).to_owned(), *reward));
        rule.products = own.collect();
        sales_under(&self.0, rule)
    }

    /// What is left of each sale, by its main name.
    pub(super) fn left(&self) -> BTreeMap<String, i64> {
        let sales = self.sales().into_iter();
        sales.map(|(name, sale)| (name, sale.net_left())).collect()
    }

    /// What is left of all sales.
    pub(super) fn sum(&self) -> i64 {
        self.left().values().sum()
    }
}

fn sales(facts: &[Kept]) -> BTreeMap<String, Sale> {
    sales_under(facts, Rule::ten_percent())
}

fn sales_under(facts: &[Kept], rule: Rule) -> BTreeMap<String, Sale> {
    let mut context = context();
    set_rule(&mut context, rule);
    add_click(&mut context, "clk_told", "alice", NOW.plus_days(-80));
    let sets = neighbourhoods(facts.iter().cloned());
    let sales = sets.iter().flat_map(|set| fold(set, &context).sales);
    sales
        .map(|sale| (sale.object.value().to_owned(), sale))
        .collect()
}

/// `base` with the members of `changes` laid over it.
pub(super) fn with(mut base: Value, changes: impl Borrow<Value>) -> Value {
    for (name, value) in changes.borrow().as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}
