//! Money that goes back: refunds and their transactions, wherever Shopify tells of them.
//!
//! One refund is told in `refunds/create`, inside later snapshots of its order, and, transaction by
//! transaction, in `order_transactions/create`, which does not name the refund. What all three share is
//! the transaction's id. So **a reversal is a transaction** (`shopify/txn/<id>`), never a refund: whichever
//! of the three comes, and in whatever order, the same key is met.
//!
//! A refund without transactions moves no money: goods went back on the shelf or were exchanged, or the list
//! is not filled yet. It makes no fact, so that a later telling with transactions has nothing to fight
//! against; what it takes out of the order shows in the order itself (`kept`).
//!
//! What a pending transaction is for is kept in a note on it (`shopify/txn/<id>/purpose`), since the one that
//! settles it may come alone.

use super::amounts::{Unit, is_placeholder};
use super::held::Held;
use super::objects::{Line, Refund, Transaction, Unreadable, digits, first_time};
use super::returned::{self, Purpose, Returned};
use super::shipping::Cost;
use crate::fact::{Bought, Extent, Reversal, ReversalKind, ReversalState, Version};
use crate::lenient::Raw;
use crate::money::share;
use crate::{Currency, Fact, Name};

/// How many steps lie between two states of a transaction; between them is room for how much the
/// teller knows.
const STEPS_IN_STATE: i64 = 1_000;

/// A transaction of kind `refund`, read.
struct Movement {
    id: String,
    cash: i64,
    currency: Currency,
    state: ReversalState,
    /// Whether its state is its last.
    settled: bool,
    /// The part of the cash that counts by its share, and the net amount told beside it.
    counted: i64,
    net: i64,
    /// The part of the cash that is for gift cards.
    cards: i64,
    /// What that net amount is for.
    things: Vec<Bought>,
}

/// How the refund's order is read.
pub struct Reading<'a> {
    /// What a transaction without a currency is in.
    pub currency: Option<Currency>,
    /// Whether prices contain their tax, where the order itself is at hand.
    pub tax_inside: Option<bool>,
    /// Whether shipping counts like goods.
    pub with_shipping: bool,
    /// What money without lines can be for, where the order itself is at hand; in the currency of the
    /// transactions. Each refund takes its part of it.
    pub held: Held,
    /// Shipping that an edit has taken out of the order.
    pub removed: Cost,
    /// The order's lines, where they are at hand.
    pub bought: Vec<Line<'a>>,
}

/// The money of one refund of `order`, each transaction with its part of what the refund says it is for.
pub fn of_refund(
    refund: &Refund<'_>,
    order: &Name,
    reading: &mut Reading<'_>,
) -> Result<Vec<Fact>, Unreadable> {
    let transactions = refund.transactions.objects::<Transaction<'_>>();
    let mut movements = Vec::new();
    for transaction in &transactions {
        if let Some(movement) = movement(transaction, reading.currency)? {
            movements.push((movement, transaction));
        }
    }
    let knows_more = spread(refund, &mut movements, reading)?;
    let settled = movements.iter().filter(|(m, _)| m.settled).count();
    let known = i64::try_from(settled).unwrap_or(i64::MAX).min(400) * 2 + 1;
    let known = known + i64::from(reading.tax_inside.is_some()) + i64::from(knows_more);
    let mut facts = Vec::new();
    for (movement, transaction) in movements {
        let told = reversal(&movement, transaction, order, known);
        facts.extend(note(&movement, &told, known).map(Fact::Reversal));
        facts.push(Fact::Reversal(told));
    }
    Ok(facts)
}

/// What a transaction that is on its way is for. The one that settles it may come by itself and does not say
/// it, so this is kept beside it, as a note on it.
fn note(movement: &Movement, told: &Reversal, known: i64) -> Option<Reversal> {
    if movement.settled || movement.counted > 0 {
        return None;
    }
    let mut note = told.clone();
    note.id = format!("{}/purpose", told.id);
    note.state = ReversalState::Final;
    note.extent = Extent::Net {
        cash: movement.cash,
        net: movement.net,
    };
    note.version.step = known;
    Some(note)
}

/// How much cash a refund's transactions move in the currency of `unit`, failed and pending ones too: what
/// of it counts is the reversals' business. `None` where the list is not there, which says nothing.
pub fn cash_moved(
    refund: &Refund<'_>,
    unit: Unit,
    currency: Option<Currency>,
) -> Result<Option<i64>, Unreadable> {
    if !refund.transactions.is_present() {
        return Ok(None);
    }
    let mut cash = 0_i64;
    for transaction in refund.transactions.objects::<Transaction<'_>>() {
        if let Some(movement) = movement(&transaction, currency)?
            && movement.currency == unit.currency
        {
            cash = cash.checked_add(movement.cash).ok_or(Unreadable::Amount)?;
        }
    }
    Ok(Some(cash))
}

/// How much cash a refund has given back for good, in the currency of `unit`. What is on its way is taken
/// for given where the refund names no lines: the order is then worth less already.
pub fn cash_returned(refund: &Refund<'_>, unit: Unit) -> Result<i64, Unreadable> {
    let names_lines = !refund.lines.items().is_empty();
    let mut cash = 0_i64;
    for transaction in refund.transactions.objects::<Transaction<'_>>() {
        if let Some(movement) = movement(&transaction, Some(unit.currency))?
            && movement.currency == unit.currency
            && (movement.state == ReversalState::Final || (!movement.settled && !names_lines))
        {
            cash = cash.checked_add(movement.cash).ok_or(Unreadable::Amount)?;
        }
    }
    Ok(cash)
}

/// The money of one transaction that arrives by itself; `Ok(None)` when it is no refund. It does not say
/// how much of it is shipping, so what a refund says of the same transaction takes precedence.
pub fn of_transaction(
    transaction: &Transaction<'_>,
    order: &Name,
) -> Result<Option<Fact>, Unreadable> {
    let movement = movement(transaction, None)?;
    let told = |movement| Fact::Reversal(reversal(&movement, transaction, order, 0));
    Ok(movement.map(told))
}

fn movement(
    transaction: &Transaction<'_>,
    currency: Option<Currency>,
) -> Result<Option<Movement>, Unreadable> {
    if transaction.kind.text().as_deref() != Some("refund") {
        return Ok(None);
    }
    let currency = transaction
        .currency
        .text()
        .and_then(|code| Currency::parse(&code))
        .or(currency)
        .ok_or(Unreadable::Currency)?;
    if is_placeholder(currency) {
        return Ok(None);
    }
    let unit = Unit {
        currency,
        plain: true,
    };
    let cash = unit.read(transaction.amount, Raw::default())?;
    let cash = cash.and_then(i64::checked_abs).ok_or(Unreadable::Amount)?;
    let (state, settled) = match transaction.status.text().as_deref() {
        Some("success") => (ReversalState::Final, true),
        Some("failure" | "error") => (ReversalState::Released, true),
        _ => (ReversalState::Inert, false),
    };
    Ok(Some(Movement {
        id: digits(transaction.id).ok_or(Unreadable::Id)?,
        cash,
        currency,
        state,
        settled,
        counted: cash,
        net: 0,
        cards: 0,
        things: Vec::new(),
    }))
}

/// Spreads what the refund is for over the transactions that did not fail, to the last cent: each gets the
/// part of all up to it less the part of all before it. Says whether the order told more than the refund.
fn spread(
    refund: &Refund<'_>,
    movements: &mut [(Movement, &Transaction<'_>)],
    reading: &mut Reading<'_>,
) -> Result<bool, Unreadable> {
    let Some(currency) = movements.first().map(|(m, _)| m.currency) else {
        return Ok(false);
    };
    let unit = Unit {
        currency,
        plain: true,
    };
    let mut sharing: Vec<&mut Movement> = movements
        .iter_mut()
        .map(|(movement, _)| movement)
        .filter(|m| m.currency == currency && m.state != ReversalState::Released)
        .collect();
    let total = checked_sum(sharing.iter().map(|m| m.cash))?;
    let returned = Returned::read(refund, unit, &reading.bought)?;
    let form = returned.and_then(|told| told.form(total, reading.tax_inside));
    let (price, tax) = returned::shipping(refund, unit)?;
    let shipping = if reading.with_shipping {
        0
    } else {
        price.saturating_add(tax)
    };
    let mut whole = match (returned, form) {
        (Some(told), Some(form)) => told.purpose(total, form, reading.with_shipping),
        _ => Purpose {
            net: 0,
            shipping: 0,
            unsaid: total.saturating_sub(shipping).max(0),
            cards: 0,
        },
    };
    let goods = whole.net.saturating_sub(whole.shipping);
    let mut things = match form {
        Some(form) if goods > 0 => {
            let told = returned::things(refund, unit, &reading.bought, form)?;
            Bought::shares(&told, goods).collect()
        }
        _ => Vec::new(),
    };
    let is_named = goods == 0 || !things.is_empty();
    if is_named && whole.shipping > 0 {
        things.push(Bought::shipping(whole.shipping));
    }
    let knows_more = add_held(&mut whole, reading, refund, &mut things, is_named);
    let things = Bought::sums(things.into_iter().map(|thing| (thing.ids, thing.amount)));
    let upto = |cash| Purpose {
        net: share(whole.net, cash, total).unwrap_or(0),
        shipping: 0,
        unsaid: share(whole.unsaid, cash, total).unwrap_or(0),
        cards: share(whole.cards, cash, total).unwrap_or(0),
    };
    let (mut cash, mut given) = (0_i64, Purpose::default());
    for movement in &mut sharing {
        cash = cash.saturating_add(movement.cash);
        let up_to_here = upto(cash);
        movement.counted = up_to_here.unsaid.saturating_sub(given.unsaid).max(0);
        movement.net = up_to_here.net.saturating_sub(given.net).max(0);
        movement.cards = up_to_here.cards.saturating_sub(given.cards).max(0);
        given = up_to_here;
        if movement.net > 0 {
            movement.things.clone_from(&things);
        }
    }
    Ok(knows_more)
}

/// Takes what the refund says nothing about for what is held, as far as it goes. Says whether any of it was.
fn add_held(
    whole: &mut Purpose,
    reading: &mut Reading<'_>,
    refund: &Refund<'_>,
    things: &mut Vec<Bought>,
    is_named: bool,
) -> bool {
    let (held, what) = reading.held.take(whole.unsaid, refund.made_at());
    whole.unsaid = whole.unsaid.saturating_sub(held.gross);
    whole.net = whole.net.saturating_add(held.net);
    whole.cards = whole.cards.saturating_add(held.cards);
    let removed = reading.removed.part(held.shipping).without_tax;
    let counts = reading.with_shipping && removed > 0;
    if counts {
        whole.net = whole.net.saturating_add(removed);
    }
    if is_named {
        things.extend(what);
        things.extend(counts.then(|| Bought::shipping(removed)));
    }
    held.gross > 0
}

fn checked_sum(amounts: impl Iterator<Item = i64>) -> Result<i64, Unreadable> {
    let mut amounts = amounts;
    amounts
        .try_fold(0_i64, i64::checked_add)
        .ok_or(Unreadable::Amount)
}

impl Movement {
    fn extent(&self) -> Extent {
        let &Self {
            cash, counted, net, ..
        } = self;
        match (counted, net) {
            (counted, 0) => Extent::Gross { cash, counted },
            (0, net) => Extent::Net { cash, net },
            (counted, net) => Extent::Both { cash, counted, net },
        }
    }
}

/// The version is the transaction's creation, which never changes, and its state: pending, then succeeded,
/// then failed at the bank. One that has failed never succeeds: another try is another transaction. Within
/// one state, who knows more (`known`) stays. It has its own name beside the order's, for notes on it.
fn reversal(
    movement: &Movement,
    transaction: &Transaction<'_>,
    order: &Name,
    known: i64,
) -> Reversal {
    let state_step = match movement.state {
        ReversalState::Released => 2,
        ReversalState::Final => 1,
        ReversalState::Inert | ReversalState::Held => 0,
    };
    let created = first_time(&[transaction.created_at, transaction.processed_at]);
    let moved = first_time(&[transaction.processed_at, transaction.created_at]);
    let id = format!("shopify/txn/{}", movement.id);
    let own_name = Name::payment(&id);
    Reversal {
        id,
        of: std::iter::once(order.clone()).chain(own_name).collect(),
        kind: ReversalKind::Refund,
        state: movement.state,
        extent: movement.extent(),
        currency: movement.currency,
        version: Version {
            at: created.unwrap_or_default(),
            step: state_step * STEPS_IN_STATE + known,
        },
        occurred_at: moved.unwrap_or_default(),
        reason: None,
        things: movement.things.clone(),
        gift_cards: movement.cards,
    }
}
