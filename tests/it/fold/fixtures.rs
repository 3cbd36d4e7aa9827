//! Every fixture of every processor, in many orders, always ends in the ledger it promises.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use providers::fact::Code;
use providers::{Adapter, Currency, Fact, Micros, Settings, Verified, adapters};
use serde::Deserialize;
use serde_json::Value;
use tributary::ledger::calls::{Call, PROCESSOR, Person, SaleCall};
use tributary::ledger::facts::Kept;
use tributary::ledger::fold::{Context, fold, is_own};
use tributary::ledger::sale::Sale;

use super::support::{NOW, add_click, add_code, context, neighbourhoods, shuffle};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fixture {
    #[expect(dead_code, reason = "for people to read")]
    about: String,
    #[expect(dead_code, reason = "for people to read")]
    cases: Vec<String>,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    clicks: Vec<ClickSaid>,
    #[serde(default)]
    codes: Vec<CodeSaid>,
    deliveries: Vec<Delivered>,
    #[serde(default)]
    calls: Vec<CallSaid>,
    expect: Expect,
}

#[derive(Deserialize, Default)]
struct Source {
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClickSaid {
    id: String,
    partner: String,
    clicked_at: String,
}

#[derive(Deserialize)]
struct CodeSaid {
    code: String,
    partner: String,
}

#[derive(Deserialize)]
struct Delivered {
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Deserialize)]
struct CallSaid {
    path: String,
    body: Value,
}

#[derive(Deserialize)]
struct Expect {
    sales: Vec<SaleSaid>,
    balances: Vec<BalanceSaid>,
    #[serde(default)]
    parked: usize,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SaleSaid {
    invoice_id: String,
    references: Vec<String>,
    amount: i64,
    currency: String,
    amount_refunded: i64,
    amount_disputed: i64,
    net_amount: i64,
    gross: GrossSaid,
    kind: String,
    livemode: bool,
    partner: Option<String>,
    commission_amount: i64,
}

#[derive(Deserialize, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct GrossSaid {
    subtotal: i64,
    discount: i64,
    tax: i64,
    shipping: i64,
    total: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BalanceSaid {
    partner: String,
    currency: String,
    livemode: bool,
    amount: i64,
}

/// The facts of one delivery or call, and the ledger they belong to.
#[derive(Clone)]
struct Arrived {
    livemode: bool,
    facts: Vec<Kept>,
}

/// The ledger that a fixture leads to, in the fixture's own terms.
#[derive(Debug, PartialEq, Eq, Default)]
struct Ledger {
    sales: Vec<SaleSaid>,
    balances: BTreeMap<(String, String, bool), i64>,
    parked: usize,
}

impl Fixture {
    fn read(path: &Path) -> Self {
        serde_json::from_str(&fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn context(&self) -> Context {
        let mut context = context();
        for click in &self.clicks {
            let at = Micros::parse_rfc3339(&click.clicked_at).unwrap();
            add_click(&mut context, &click.id, &click.partner, at);
        }
        for code in &self.codes {
            add_code(&mut context, &code.code, &code.partner);
        }
        context
    }

    fn arrivals(&self, adapter: &dyn Adapter) -> Vec<Arrived> {
        let delivered = self.deliveries.iter().map(|d| self.delivery(adapter, d));
        let called = self.calls.iter().zip(0..).map(|(call, number)| {
            let event_id = format!("call_{number}");
            Arrived {
                livemode: true,
                facts: kept(call.read().facts(&event_id, NOW), &event_id, PROCESSOR),
            }
        });
        delivered.chain(called).collect()
    }

    fn delivery(&self, adapter: &dyn Adapter, delivered: &Delivered) -> Arrived {
        let body = delivered.body.clone().into_bytes();
        let verified = Verified::from_inbox(body, delivered.headers.clone());
        let envelope = adapter.envelope(&verified);
        let reading = adapter.normalize(&verified, &self.source.settings);
        let test_source = self.source.mode.as_deref() == Some("test");
        let event_id = format!("{}/{:?}", envelope.event_id, envelope.api_version);
        Arrived {
            livemode: envelope.livemode != Some(false) && !test_source,
            facts: kept(reading.facts, &event_id, adapter.about().payment_processor),
        }
    }

    fn promised(&self) -> Ledger {
        let balances = self.expect.balances.iter().map(|said| {
            let key = (said.partner.clone(), said.currency.clone(), said.livemode);
            (key, said.amount)
        });
        Ledger {
            sales: Vec::new(),
            balances: balances.filter(|(_, amount)| *amount != 0).collect(),
            parked: self.expect.parked,
        }
    }
}

impl CallSaid {
    fn read(&self) -> Call {
        assert_eq!(self.path, "/api/track/sale");
        let text = |name: &str| self.body[name].as_str().map(str::to_owned);
        Call::Sale(SaleCall {
            click_id: text("clickId").unwrap(),
            customer: Person {
                external_id: text("customerExternalId").unwrap(),
                email: text("customerEmail"),
                name: text("customerName"),
                avatar: None,
            },
            amount: self.body["amount"].as_i64().unwrap(),
            currency: Currency::parse(&text("currency").unwrap_or("usd".to_owned())).unwrap(),
            event_name: text("eventName").unwrap_or("Purchase".to_owned()),
            invoice_id: text("invoiceId"),
            payment_processor: text("paymentProcessor").unwrap_or("custom".to_owned()),
            metadata: None,
        })
    }
}

/// Which codes the processor's ids of discounts stand for: no delivery's order matters to that either.
fn name_codes(context: &mut Context, arrivals: &[Arrived]) {
    for kept in arrivals.iter().flat_map(|arrived| &arrived.facts) {
        if let Fact::Code(code) = &kept.fact {
            let (id, code) = (code.id.to_lowercase(), code.code.to_lowercase());
            context.directory.code_names.insert(id, code);
        }
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

fn ledger(arrivals: &[Arrived], context: &Context) -> Ledger {
    let mut context = context.clone();
    context.directory.code_names = code_names(arrivals);
    let mut ledger = Ledger::default();
    let mut parked: BTreeSet<String> = BTreeSet::new();
    for livemode in [false, true] {
        let of_mode = arrivals.iter().filter(|a| a.livemode == livemode);
        let facts = of_mode.flat_map(|arrived| arrived.facts.iter().cloned());
        for set in neighbourhoods(facts) {
            let outcome = fold(&set, &context);
            let events = outcome.waiting.iter().filter_map(|(key, _)| set.get(key));
            parked.extend(events.map(|kept| kept.event_id.clone()));
            let earnings = outcome
                .sales
                .iter()
                .filter_map(|sale| sale.earning.as_ref());
            for earning in earnings.filter(|earning| earning.free != 0) {
                let currency = earning.currency.to_string();
                let key = (earning.partner_id.clone(), currency, livemode);
                *ledger.balances.entry(key).or_default() += earning.free;
            }
            let sales = outcome.sales.iter().map(|sale| said(sale, livemode));
            ledger.sales.extend(sales);
        }
    }
    ledger.balances.retain(|_, amount| *amount != 0);
    ledger.sales.sort_by(|a, b| a.invoice_id.cmp(&b.invoice_id));
    ledger.parked = parked.len();
    ledger
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

fn said(sale: &Sale, livemode: bool) -> SaleSaid {
    let names = sale.references.iter().filter(|name| !is_own(name));
    let amounts = &sale.amounts;
    SaleSaid {
        invoice_id: sale.invoice_id.clone().unwrap_or_default(),
        references: names.map(|name| name.value().to_owned()).collect(),
        amount: amounts.net,
        currency: sale.currency.to_string(),
        amount_refunded: sale.taken.refunded,
        amount_disputed: sale.taken.disputed,
        net_amount: sale.net_left(),
        gross: GrossSaid {
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
        shuffle(&mut shuffled, seed);
        orders.push((format!("shuffled by {seed}"), shuffled));
    }
    let mut all = Vec::new();
    for (name, order) in orders {
        let mut doubled: Vec<Arrived> = order.iter().flat_map(|a| [a.clone(), a.clone()]).collect();
        all.push((format!("{name}, each twice"), doubled.clone()));
        shuffle(&mut doubled, 99);
        all.push((format!("{name}, twice and mixed"), doubled));
        all.push((name, order));
    }
    all
}

fn paths(processor: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(processor);
    let files = fs::read_dir(&folder).unwrap_or_else(|_| panic!("no fixtures of {processor}"));
    let mut paths: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    paths
}

#[test]
fn every_fixture_ends_in_its_ledger_in_any_order_and_however_often_it_is_delivered() {
    let mut wrong = Vec::new();
    for adapter in adapters() {
        for path in paths(adapter.about().id) {
            let fixture = Fixture::read(&path);
            let mut context = fixture.context();
            let mut promised = fixture.promised();
            let arrivals = fixture.arrivals(*adapter);
            name_codes(&mut context, &arrivals);
            promised.sales = fixture.expect.sales;
            for (order, arrivals) in orders(&arrivals) {
                let found = ledger(&arrivals, &context);
                if found != promised {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    wrong.push(format!(
                        "{name}, {order}:\n  promised {promised:#?}\n  found    {found:#?}"
                    ));
                    break;
                }
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
