//! Every fixture of every processor, in many orders, always ends in the ledger it promises.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::Code;
use providers::{Fact, Micros, Verified};
use tributary::fixtures::{self, Balance, Deliverable, Expect, Fixture, Gross, Mode};
use tributary::ledger::calls::PROCESSOR;
use tributary::ledger::facts::Kept;
use tributary::ledger::fold::{Context, fold, is_own};
use tributary::ledger::sale::Sale;

use super::support::{NOW, add_click, add_code, context, neighbourhoods};
use crate::support::dice::Dice;
use crate::support::shipped::{self, in_order, promised, sale_call};

/// The facts of one delivery or call, and the ledger they belong to.
#[derive(Clone)]
pub(super) struct Arrived {
    pub(super) livemode: bool,
    pub(super) facts: Vec<Kept>,
}

pub(super) fn context_of(fixture: &Fixture) -> Context {
    let mut context = context();
    for click in &fixture.clicks {
        let at = Micros::parse_rfc3339(&click.clicked_at).unwrap();
        add_click(&mut context, &click.id, &click.partner, at);
    }
    for code in &fixture.codes {
        add_code(&mut context, &code.code, &code.partner);
    }
    context
}

pub(super) fn arrivals(fixture: &Fixture) -> Vec<Arrived> {
    let live = fixture.source.mode == Mode::Live;
    let delivered = fixture.deliverables().map(|d| arrived(d, live));
    let called = fixture.calls.iter().zip(0..).map(|(call, number)| {
        let event_id = format!("call_{number}");
        Arrived {
            livemode: true,
            facts: kept(sale_call(call).facts(&event_id, NOW), &event_id, PROCESSOR),
        }
    });
    delivered.chain(called).collect()
}

fn arrived(delivery: Deliverable, live: bool) -> Arrived {
    let adapter = providers::adapter(&delivery.processor).unwrap();
    let verified = Verified::from_inbox(delivery.body, delivery.headers);
    let envelope = adapter.envelope(&verified);
    let reading = adapter.normalize(&verified, &delivery.settings);
    let event_id = format!("{}/{:?}", envelope.event_id, envelope.api_version);
    Arrived {
        livemode: live && envelope.livemode != Some(false),
        facts: kept(reading.facts, &event_id, adapter.about().payment_processor),
    }
}

fn kept(facts: Vec<Fact>, event_id: &str, processor: &str) -> Vec<Kept> {
    let kept = |fact| Kept {
        fact,
        event_id: event_id.to_owned(),
        processor: processor.to_owned(),
    };
    facts
        .into_iter()
        .flat_map(Fact::split)
        .filter(|fact| !matches!(fact, Fact::Notice(_)))
        .map(kept)
        .collect()
}

pub(super) fn ledger(arrivals: &[Arrived], context: &Context) -> Expect {
    let mut context = context.clone();
    context.directory.code_names = code_names(arrivals);
    let (mut sales, mut balances) = (Vec::new(), Vec::new());
    let mut parked: BTreeSet<String> = BTreeSet::new();
    for livemode in [false, true] {
        let of_mode = arrivals.iter().filter(|a| a.livemode == livemode);
        let facts = of_mode.flat_map(|arrived| arrived.facts.iter().cloned());
        for set in neighbourhoods(facts) {
            let outcome = fold(&set, &context);
            let events = outcome.waiting.iter().filter_map(|(key, _)| set.get(key));
            parked.extend(events.map(|kept| kept.event_id.clone()));
            let earnings = outcome.sales.iter().filter_map(|s| s.earning.as_ref());
            balances.extend(earnings.map(|earning| Balance {
                partner: earning.partner_id.clone(),
                currency: earning.currency.to_string(),
                livemode,
                amount: earning.free,
            }));
            sales.extend(outcome.sales.iter().map(|sale| said(sale, livemode)));
        }
    }
    in_order(sales, balances, parked.len() as u64)
}

/// Which codes the processors' ids of discounts stand for: of several tellings the newest.
fn code_names(arrivals: &[Arrived]) -> BTreeMap<String, String> {
    let mut newest: BTreeMap<String, &Code> = BTreeMap::new();
    for kept in arrivals.iter().flat_map(|arrived| &arrived.facts) {
        if let Fact::Code(code) = &kept.fact {
            let slot = newest.entry(code.id.to_lowercase()).or_insert(code);
            if slot.version < code.version {
                *slot = code;
            }
        }
    }
    let names = newest.into_iter();
    names
        .map(|(id, code)| (id, code.code.to_lowercase()))
        .collect()
}

fn said(sale: &Sale, livemode: bool) -> fixtures::Sale {
    let names = sale.references.iter().filter(|name| !is_own(name));
    let amounts = &sale.amounts;
    fixtures::Sale {
        invoice_id: sale.invoice_id.clone().unwrap_or_default(),
        references: names.map(|name| name.value().to_owned()).collect(),
        amount: amounts.net,
        currency: sale.currency.to_string(),
        amount_refunded: sale.taken.refunded,
        amount_disputed: sale.taken.disputed,
        net_amount: sale.net_left(),
        gross: Gross {
            subtotal: amounts.subtotal,
            discount: amounts.discount,
            tax: amounts.tax,
            shipping: amounts.shipping,
            total: amounts.gross,
        },
        kind: sale.kind.word().to_owned(),
        livemode,
        partner: sale.earning.as_ref().map(|e| e.partner_id.clone()),
        commission_amount: sale.earning.as_ref().map_or(0, |earning| earning.left),
    }
}

/// The orders in which a fixture is tried, each with its name: given, reversed, shuffled, each doubled.
fn orders(arrivals: &[Arrived]) -> Vec<(String, Vec<Arrived>)> {
    let given = arrivals.to_vec();
    let reversed: Vec<Arrived> = arrivals.iter().rev().cloned().collect();
    let mut orders = vec![
        ("given".to_owned(), given),
        ("reversed".to_owned(), reversed),
    ];
    for seed in 1..=8 {
        let mut shuffled = arrivals.to_vec();
        Dice(seed).shuffle(&mut shuffled);
        orders.push((format!("shuffled by {seed}"), shuffled));
    }
    let mut all = Vec::new();
    for (name, order) in orders {
        let mut doubled: Vec<Arrived> = order.iter().flat_map(|a| [a.clone(), a.clone()]).collect();
        all.push((format!("{name}, each twice"), doubled.clone()));
        Dice(99).shuffle(&mut doubled);
        all.push((format!("{name}, twice and mixed"), doubled));
        all.push((name, order));
    }
    all
}

#[test]
fn every_fixture_ends_in_its_ledger_in_any_order_and_however_often_it_is_delivered() {
    let mut wrong = Vec::new();
    for fixture in shipped::all() {
        let (context, promised) = (context_of(fixture), promised([fixture]));
        for (order, arrivals) in orders(&arrivals(fixture)) {
            let found = ledger(&arrivals, &context);
            if found != promised {
                let name = shipped::name(fixture);
                wrong.push(format!(
                    "{name}, {order}:\n  promised {promised:#?}\n  found    {found:#?}"
                ));
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
