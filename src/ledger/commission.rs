//! What sales and leads earn: which rule, of how much, for how long, at most, in which currency.
//!
//! Pure. A customer's sales are gone through in the order of their times, because "the first sale" and a
//! cap need one; a sale that was taken back in full is passed over as if it had not been.

use std::collections::BTreeMap;

use providers::{Currency, Micros, Money, Name};

use super::fold::{Context, Outcome};
use super::rate::{Rate, RateBook};
use super::rule::{self, Base, Duration, Period, Reward, Rule, RuleBook};
use super::sale::{Earning, LeadOutcome, Sale};
use crate::attribution::Credit;

/// What each program pays, and what must be known about partners.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Rules by program.
    pub rules: BTreeMap<String, RuleBook>,
    /// The currency in which a program pays; absent: in each sale's own.
    pub currencies: BTreeMap<String, Currency>,
    /// Partners' e-mail addresses, lower case, to notice a partner who buys by their own link.
    pub emails: BTreeMap<String, String>,
    /// Partners' own ids in the merchant's system, for the same.
    pub tenants: BTreeMap<String, String>,
    /// Imported rates.
    pub rates: RateBook,
    /// Rates that commissions have been converted at already, by the sale's names: used again.
    pub stamped: BTreeMap<Name, Rate>,
    /// The owner's decisions about commissions held for review, by the sale's names: whether approved.
    pub reviewed: BTreeMap<Name, bool>,
}

/// Computes what every sale and lead of a neighbourhood earns.
pub fn earn(outcome: &mut Outcome, context: &Context) {
    let mut ledgers: BTreeMap<(Name, String), CustomerLedger> = BTreeMap::new();
    let customers = std::mem::take(&mut outcome.customers);
    for sale in &mut outcome.sales {
        let Some(credit) = sale.credit.clone() else {
            continue;
        };
        let customer = sale.customer.clone().unwrap_or_else(|| sale.object.clone());
        let key = (customer, credit.program_id.clone());
        let ledger = ledgers.entry(key).or_default();
        let mut arithmetic = Vec::new();
        let mut earning = earning_of(sale, &credit, ledger, &context.terms, &mut arithmetic);
        let person = sale.customer.as_ref().and_then(|name| customers.get(name));
        let same = person.is_some_and(|p| is_partner(p, &credit.partner_id, &context.terms));
        hold_for_review(sale, &mut earning, same, &context.terms, &mut arithmetic);
        ledger.note(sale, &earning);
        sale.earning = Some(earning);
        sale.why.arithmetic = arithmetic;
    }
    outcome.customers = customers;
    earn_leads(&mut outcome.leads, &context.terms);
}

/// What is remembered of a customer while its sales are gone through.
#[derive(Default)]
struct CustomerLedger {
    first_sale_at: Option<Micros>,
    used: Vec<(Micros, Currency, i64)>,
}

impl CustomerLedger {
    fn note(&mut self, sale: &Sale, earning: &Earning) {
        if sale.net_left_final() > 0 || sale.amounts.net == 0 {
            self.first_sale_at.get_or_insert(sale.occurred_at);
        }
        self.used
            .push((sale.occurred_at, earning.currency, earning.left));
    }

    fn used_in(&self, at: Micros, currency: Currency, period: Period) -> i64 {
        let same = |other: Micros| match period {
            Period::Lifetime => true,
            Period::Year => calendar(other).0 == calendar(at).0,
            Period::Month => calendar(other) == calendar(at),
        };
        self.used
            .iter()
            .filter(|(other, other_currency, _)| *other_currency == currency && same(*other))
            .map(|(_, _, amount)| *amount)
            .fold(0, i64::saturating_add)
    }
}

/// Year and month of a time, UTC.
fn calendar(at: Micros) -> (i16, i8) {
    let date = jiff::Timestamp::from_microsecond(at.0)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    (date.year(), date.month())
}

fn plus_months(at: Micros, months: u16) -> Micros {
    let span = jiff::Span::new().months(i32::from(months));
    jiff::Timestamp::from_microsecond(at.0)
        .ok()
        .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).checked_add(span).ok())
        .map_or(Micros(i64::MAX), |at| {
            Micros(at.timestamp().as_microsecond())
        })
}

fn earning_of(
    sale: &Sale,
    credit: &Credit,
    ledger: &CustomerLedger,
    terms: &Terms,
    words: &mut Vec<String>,
) -> Earning {
    let mut earning = Earning {
        partner_id: credit.partner_id.clone(),
        program_id: credit.program_id.clone(),
        full: 0,
        left: 0,
        free: 0,
        currency: sale.currency,
        rate: None,
        review: None,
        waits_for: None,
    };
    let book = terms.rules.get(&credit.program_id);
    let Some(rule) = book.and_then(|book| book.rule(&credit.partner_id, sale.occurred_at)) else {
        words.push("the program has no commission rule for this date".to_owned());
        return earning;
    };
    if let Some(reason) = earns_nothing(sale, rule, ledger) {
        words.push(reason.to_owned());
        return earning;
    }
    let reward = reward_for(sale, rule, ledger);
    let (base, base_words) = base_amount(sale, rule.base);
    let Some((amount, currency)) = reward.amount(base, sale.currency) else {
        earning.waits_for = Some("the amount is too large to compute with".to_owned());
        return earning;
    };
    match reward {
        Reward::Percent { .. } => words.push(format!(
            "{} of {} ({base_words}) = {}",
            reward.words(),
            Money::new(base, sale.currency),
            Money::new(amount, currency)
        )),
        Reward::Flat { .. } => words.push(reward.words()),
    }
    let wanted = terms.currencies.get(&credit.program_id).copied();
    if let Err(missing) = settle(sale, (amount, currency), wanted, terms, &mut earning, words) {
        words.push(missing.clone());
        earning.waits_for = Some(missing);
        return earning;
    }
    apply_cap(sale, rule, ledger, &mut earning, words);
    take_back(sale, &mut earning, words);
    earning
}

fn earns_nothing(sale: &Sale, rule: &Rule, ledger: &CustomerLedger) -> Option<&'static str> {
    if sale.amounts.net < rule.minimum_amount {
        return Some("the sale is below the program's minimum amount");
    }
    match (rule.duration, ledger.first_sale_at) {
        (Duration::FirstSale, Some(_)) => Some("the program pays for a customer's first sale only"),
        (Duration::Months { months }, Some(first))
            if sale.occurred_at >= plus_months(first, months) =>
        {
            Some("the program pays only for a number of months after a customer's first sale")
        }
        _ => None,
    }
}

fn reward_for<'r>(sale: &Sale, rule: &'r Rule, ledger: &CustomerLedger) -> &'r Reward {
    let by_product = sale.products.iter().find_map(|id| rule.products.get(id));
    let recurring = rule
        .recurring
        .as_ref()
        .filter(|_| ledger.first_sale_at.is_some());
    by_product.or(recurring).unwrap_or(&rule.reward)
}

fn base_amount(sale: &Sale, base: Base) -> (i64, &'static str) {
    match base {
        Base::Net => (sale.amounts.net, "net amount"),
        Base::Gross => (sale.amounts.gross, "gross amount"),
        Base::NetOfFee => match sale.amounts.fee {
            Some(fee) => (
                (sale.amounts.net - fee).max(0),
                "net amount less the processor's fee",
            ),
            None => (
                sale.amounts.net,
                "net amount; the processor's fee is not known yet",
            ),
        },
    }
}

/// Puts the commission into the currency it is paid in: the program's, else the sale's.
fn settle(
    sale: &Sale,
    (amount, currency): (i64, Currency),
    wanted: Option<Currency>,
    terms: &Terms,
    earning: &mut Earning,
    words: &mut Vec<String>,
) -> Result<(), String> {
    let target = wanted.unwrap_or(sale.currency);
    // Never more than the sale: compared in the sale's currency before conversion.
    let amount = if currency == sale.currency {
        amount.min(sale.amounts.net).max(0)
    } else {
        amount
    };
    earning.currency = target;
    if currency == target {
        earning.full = amount;
        return Ok(());
    }
    let stamped = sale.references.iter().find_map(|n| terms.stamped.get(n));
    let fits = |rate: &&Rate| rate.base == currency && rate.quote == target;
    let rate = stamped
        .filter(fits)
        .or_else(|| terms.rates.at(currency, target, sale.occurred_at));
    let Some(rate) = rate else {
        return Err(format!(
            "waits for an exchange rate from {currency} to {target} for {}",
            sale.occurred_at.to_string().get(..10).unwrap_or_default()
        ));
    };
    earning.full = rate
        .convert(amount)
        .ok_or_else(|| "the amount is too large to convert".to_owned())?;
    words.push(format!(
        "converted at {} = {}",
        rate.words(),
        Money::new(earning.full, target)
    ));
    earning.rate = Some(rate.clone());
    Ok(())
}

fn apply_cap(
    sale: &Sale,
    rule: &Rule,
    ledger: &CustomerLedger,
    earning: &mut Earning,
    words: &mut Vec<String>,
) {
    let same_currency = |cap: &rule::Cap| cap.currency == earning.currency;
    let Some(cap) = rule.cap.filter(same_currency) else {
        return;
    };
    let used = ledger.used_in(sale.occurred_at, earning.currency, cap.period);
    let room = cap.amount.saturating_sub(used).max(0);
    if earning.full > room {
        earning.full = room;
        words.push(format!(
            "capped: {} is left of this customer's cap",
            Money::new(room, earning.currency)
        ));
    }
}

/// What refunds, lost and open disputes leave of the commission.
fn take_back(sale: &Sale, earning: &mut Earning, words: &mut Vec<String>) {
    let net = sale.amounts.net;
    earning.left = rule::remaining(earning.full, sale.net_left_final(), net);
    earning.free = rule::remaining(earning.full, sale.net_left(), net);
    if earning.left != earning.full {
        words.push(format!(
            "{} of {} is left after refunds and lost disputes: commission {}",
            Money::new(sale.net_left_final(), sale.currency),
            Money::new(net, sale.currency),
            Money::new(earning.left, earning.currency)
        ));
    }
    if earning.free != earning.left {
        words.push(format!(
            "an open dispute holds back {}",
            Money::new(earning.left - earning.free, earning.currency)
        ));
    }
}

fn is_partner(person: &super::people::Customer, partner_id: &str, terms: &Terms) -> bool {
    let email = person
        .email
        .as_ref()
        .map(|email| email.trim().to_lowercase());
    let same_email = email.is_some() && email.as_ref() == terms.emails.get(partner_id);
    let tenant = terms.tenants.get(partner_id).map(String::as_str);
    let same_id = tenant.is_some()
        && person
            .names
            .iter()
            .any(|n| n.kind() == providers::NameKind::External && Some(n.value()) == tenant);
    same_email || same_id
}

/// A partner who buys by their own link is not paid before the owner has looked.
fn hold_for_review(
    sale: &Sale,
    earning: &mut Earning,
    same_person: bool,
    terms: &Terms,
    words: &mut Vec<String>,
) {
    if !same_person {
        return;
    }
    match sale.references.iter().find_map(|n| terms.reviewed.get(n)) {
        Some(true) => words.push("self-referral, approved by the owner".to_owned()),
        Some(false) => {
            earning.left = 0;
            earning.free = 0;
            words.push("self-referral, rejected by the owner".to_owned());
        }
        None => {
            let reason = "held for review: the customer is the partner (self-referral)";
            earning.review = Some(reason);
            earning.free = 0;
            words.push(reason.to_owned());
        }
    }
}

/// A customer's first lead earns, once.
fn earn_leads(leads: &mut [LeadOutcome], terms: &Terms) {
    let mut paid: Vec<(Name, String)> = Vec::new();
    for lead in leads {
        let Some(credit) = &lead.credit else { continue };
        let book = terms.rules.get(&credit.program_id);
        let rule = book.and_then(|book| book.rule(&credit.partner_id, lead.occurred_at));
        let Some(Reward::Flat { amount, currency }) = rule.and_then(|rule| rule.lead) else {
            continue;
        };
        let Some(customer) = lead.customer.clone() else {
            continue;
        };
        let key = (customer, credit.program_id.clone());
        if paid.contains(&key) {
            lead.arithmetic
                .push("the customer's first lead has earned already".to_owned());
            continue;
        }
        paid.push(key);
        lead.arithmetic
            .push(format!("{} for a lead", Money::new(amount, currency)));
        lead.earning = Some(Earning {
            partner_id: credit.partner_id.clone(),
            program_id: credit.program_id.clone(),
            full: amount,
            left: amount,
            free: amount,
            currency,
            rate: None,
            review: None,
            waits_for: None,
        });
    }
}
