//! The worked examples of `docs/numbers.md`, computed by the fold that makes the ledger: after each row of a table the figures beside it must hold.
//!
//! In a section with a table whose first column is *what happens*, code in braces says what the program has: a rule (`type`), a policy (`windowDays`),
//! a currency, a rate. Without any, it pays 10 % of the net amount.

use providers::decimal::{self, Excess};
use providers::fact::{Bought, Rank, Reversal, ReversalKind, ReversalState};
use providers::{Currency, Fact, Micros, Money};
use serde_json::Value;
use tributary::attribution::Policy;
use tributary::ledger::fold::{Context, Outcome};
use tributary::ledger::rate::Rate;
use tributary::ledger::rule::Rule;

use super::page::{Page, all};
use crate::fold::support::{
    PROGRAM, add_click, context, identity, outcome, paid, reversal, set_policies, set_rule,
};

/// When things happen that do not say when.
const FIRST_DAY: &str = "2026-10-01";

/// What has been told so far.
struct Story {
    context: Context,
    facts: Vec<Fact>,
    /// The click that the buyer's browser holds.
    click: Option<String>,
    clicks: usize,
    payments: usize,
    reversals: usize,
    dispute: Option<Reversal>,
    currency: Currency,
}

impl Story {
    fn new() -> Self {
        let mut story = Self {
            context: context(),
            facts: Vec::new(),
            click: None,
            clicks: 0,
            payments: 0,
            reversals: 0,
            dispute: None,
            currency: Currency::parse("usd").unwrap(),
        };
        story.context.now = day("2027-12-31");
        story
    }

    /// What the program has.
    fn set(&mut self, said: &str) {
        let value: Value = serde_json::from_str(said).unwrap();
        let text = |name: &str| value[name].as_str().unwrap();
        if value["type"].is_string() {
            let rule: Rule = serde_json::from_value(value).unwrap();
            rule.check().unwrap();
            set_rule(&mut self.context, rule);
        } else if value["windowDays"].is_i64() {
            let window_days = value["windowDays"].as_i64().unwrap();
            let policy = Policy {
                window_days,
                ..Policy::default()
            };
            set_policies(&mut self.context, &[(Micros(0), policy)]);
        } else if value["rate"].is_string() {
            let rate = text("rate");
            let places = rate.split_once('.').map_or(0, |(_, after)| after.len());
            self.context.terms.rates.add(Rate {
                base: Currency::parse(text("base")).unwrap(),
                quote: Currency::parse(text("quote")).unwrap(),
                day: day(text("day")),
                digits: rate.replace('.', "").parse().unwrap(),
                places: u32::try_from(places).unwrap(),
                source: text("source").to_owned(),
            });
        } else {
            let currency = Currency::parse(text("currency")).unwrap();
            let currencies = &mut self.context.terms.currencies;
            currencies.insert(PROGRAM.to_owned(), currency);
        }
    }

    fn happens(&mut self, words: &str) {
        let (words, at) = words.split_once(" on ").unwrap_or((words, FIRST_DAY));
        let (at, rest) = at.split_at(10);
        let at = day(at).plus_seconds(12 * 3_600);
        let words = format!("{words}{rest}");
        if let Some((partner, _)) = words.split_once("'s link is followed") {
            self.follow(partner, at);
        } else if let Some(payment) = words.strip_prefix("paid ") {
            self.pay(payment, at);
        } else if let Some(amount) = words.strip_prefix("refunded ") {
            self.take(ReversalKind::Refund, ReversalState::Final, amount, at);
        } else if let Some(amount) = words.strip_prefix("disputed ") {
            self.take(ReversalKind::Dispute, ReversalState::Held, amount, at);
        } else {
            let mut dispute = self.dispute.clone().expect(&words);
            dispute.version.step += 1;
            dispute.state = match words.as_str() {
                "the dispute is lost" => ReversalState::Final,
                "the dispute is won" => ReversalState::Released,
                _ => panic!("nobody understands: {words}"),
            };
            self.dispute = Some(dispute.clone());
            self.facts.push(Fact::Reversal(dispute));
        }
    }

    fn follow(&mut self, partner: &str, at: Micros) {
        self.clicks += 1;
        let id = format!("clk_{}", self.clicks);
        add_click(&mut self.context, &id, partner, at);
        self.click = Some(id);
    }

    /// `49.00 usd, of which 8.17 is tax, 5.00 is shipping, the fee is 1.72, for price_year`, or
    /// `49.00 usd, 30.00 for price_year, 19.00 for price_setup`
    fn pay(&mut self, words: &str, at: Micros) {
        let mut parts = words.split(", ");
        let gross = self.amount(parts.next().unwrap());
        let object = format!("in_{}", self.payments);
        let mut payment = paid(&object, Rank::Canonical, gross, at);
        payment.currency = self.currency;
        for part in parts {
            let part = part.trim_start_matches("of which ");
            let amounts = &mut payment.amounts;
            if let Some(tax) = part.strip_suffix(" is tax") {
                amounts.tax = self.minor(tax);
            } else if let Some(shipping) = part.strip_suffix(" is shipping") {
                amounts.shipping = self.minor(shipping);
            } else if let Some(fee) = part.strip_prefix("the fee is ") {
                amounts.fee = Some(self.minor(fee));
            } else if let Some((amount, product)) = part.split_once(" for ") {
                let ids = vec![product.to_owned()];
                let amount = self.minor(amount);
                payment.products.extend(ids.clone());
                payment.bought.push(Bought {
                    ids,
                    amount,
                    ..Bought::default()
                });
            } else {
                let product = part.strip_prefix("for ").expect(part);
                payment.products.push(product.to_owned());
            }
        }
        let amounts = &mut payment.amounts;
        amounts.net = gross - amounts.tax - amounts.shipping;
        amounts.reversible = gross - amounts.shipping;
        if self.payments == 0 && self.click.is_none() {
            self.follow("alice", at.plus_days(-1));
        }
        let clicks: Vec<&str> = self.click.iter().map(String::as_str).collect();
        let identity = identity(&object, "cus", &clicks, at);
        self.payments += 1;
        self.facts.push(Fact::Payment(payment));
        self.facts.push(Fact::Identity(identity));
    }

    /// Of the last payment, or `… of the first`.
    fn take(&mut self, kind: ReversalKind, state: ReversalState, words: &str, at: Micros) {
        let (amount, of) = match words.split_once(" of the first") {
            Some((amount, _)) => (amount, 0),
            None => (words, self.payments - 1),
        };
        let cash = self.minor(amount);
        self.reversals += 1;
        let id = format!("re_{}", self.reversals);
        let of = format!("in_{of}");
        let mut taken = reversal(&id, &[of.as_str()], kind, state, (cash, at));
        taken.currency = self.currency;
        if kind == ReversalKind::Dispute {
            self.dispute = Some(taken.clone());
        }
        self.facts.push(Fact::Reversal(taken));
    }

    /// `49.00 usd`, which also says what the story's currency is.
    fn amount(&mut self, words: &str) -> i64 {
        let (amount, currency) = words.split_once(' ').expect(words);
        self.currency = Currency::parse(currency).expect(words);
        self.minor(amount)
    }

    fn minor(&self, amount: &str) -> i64 {
        decimal::to_minor(amount, self.currency.exponent(), Excess::Refuse).expect(amount)
    }
}

fn day(text: &str) -> Micros {
    Micros::parse_rfc3339(&format!("{text}T00:00:00Z")).expect(text)
}

/// A figure as a page writes it.
fn figure(column: &str, story: &Story, folded: &Outcome) -> String {
    let sales = folded.sales.iter();
    let earnings = || folded.sales.iter().filter_map(|sale| sale.earning.as_ref());
    let paid_in = earnings().next().map_or(story.currency, |one| one.currency);
    let money = |minor, currency| Money::new(minor, currency).to_string();
    match column {
        "net" => money(
            sales
                .map(tributary::ledger::sale::Sale::net_left_final)
                .sum(),
            story.currency,
        ),
        "commission" => money(earnings().map(|one| one.left).sum(), paid_in),
        "payable" => money(earnings().map(|one| one.free).sum(), paid_in),
        "partner" => {
            let last = folded.sales.last().and_then(|sale| sale.earning.as_ref());
            last.map_or_else(|| "nobody".to_owned(), |one| one.partner_id.clone())
        }
        _ => panic!("nobody computes the column {column}"),
    }
}

fn cells(line: &str) -> Vec<&str> {
    let cells = line.trim_matches('|').split('|');
    cells.map(str::trim).collect()
}

/// Computes every table of a page; answers how many rows there were, and what differs.
fn check(page: &Page) -> (usize, Vec<String>) {
    let (mut rows, mut problems) = (0, Vec::new());
    let (mut story, mut columns, mut program) = (Story::new(), Vec::new(), Vec::new());
    for (line, text) in &page.prose {
        if text.starts_with('#') {
            program.clear();
        }
        if !text.starts_with('|') {
            columns.clear();
            let spans = text.split('`').skip(1).step_by(2);
            program.extend(spans.filter(|span| span.starts_with('{')));
        } else if text.starts_with("| what happens") {
            columns = cells(text);
            story = Story::new();
            for said in &program {
                story.set(said);
            }
        } else if !columns.is_empty() && !text.starts_with("|--") {
            let cells = cells(text);
            story.happens(cells[0]);
            // In whatever order the facts are told.
            let mut backwards = story.facts.clone();
            backwards.reverse();
            for facts in [&story.facts, &backwards] {
                let folded = outcome(facts, &story.context);
                for (column, shown) in columns.iter().zip(&cells).skip(1) {
                    let is = figure(column, &story, &folded);
                    if !shown.is_empty() && *shown != is {
                        let at = page.at(*line);
                        problems.push(format!("{at}: {column} is {is}, not {shown}"));
                    }
                }
            }
            rows += 1;
        }
    }
    (rows, problems)
}

#[test]
fn the_worked_examples_come_out_as_the_page_says() {
    let pages = all();
    let page = pages.iter().find(|page| page.path == "docs/numbers.md");
    let (rows, problems) = check(page.unwrap());
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    assert!(rows > 20, "{rows}");
}
