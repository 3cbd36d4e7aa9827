//! The lines of an invoice: what was bought, and how much of it is what.
//!
//! Lines are paged, so they never tell what was paid: only what the things of one invoice are of each other, and
//! that only where all of them are there.
//! Sources: <https://docs.stripe.com/api/invoice-line-item/object>,
//! <https://docs.stripe.com/changelog/basil/2025-03-31/adds-new-parent-field-to-invoicing-objects>.

use std::collections::BTreeSet;

use crate::fact::Bought;
use crate::lenient::Raw;

use super::objects::{CreditNote, Invoice, Line, LinePart, List, Price, Pricing};

/// What of a line was paid with billing credits, among what was taken off before tax.
const BILLING_CREDIT: &str = "credit_balance_transaction";

/// All lines that are there.
pub(super) fn of<'a>(invoice: &Invoice<'a>) -> Vec<Line<'a>> {
    let list: List<'_> = invoice.lines.object().unwrap_or_default();
    list.data.objects()
}

/// The prices of all lines, then their products: of rules by either, that of the price is the narrower. Lines
/// that are paid for come first: where a plan is changed, the first line gives credit for what is left of the
/// old one (<https://github.com/mozilla/fxa/pull/14013>), and the new one is what was bought.
pub(super) fn products(invoice: &Invoice<'_>) -> Vec<String> {
    let mut lines = of(invoice);
    lines.sort_by_key(|line| line.amount.int().is_some_and(|amount| amount <= 0));
    let (prices, products) = ids(&lines);
    let mut seen = BTreeSet::new();
    let all = prices.into_iter().chain(products);
    all.filter(|id| seen.insert(id.clone())).collect()
}

/// How much of the goods each thing is: nothing where some lines are on further pages. What gives credit for an old
/// plan is of all that is bought with it.
pub(super) fn bought(invoice: &Invoice<'_>) -> Vec<Bought> {
    if go_on(invoice) {
        return Vec::new();
    }
    Bought::of_lines(of(invoice).iter().map(told))
}

/// Whether an invoice shows no more than its first lines.
pub(super) fn go_on(invoice: &Invoice<'_>) -> bool {
    let list: List<'_> = invoice.lines.object().unwrap_or_default();
    list.has_more.bool() == Some(true)
}

/// The lines of a page, each by itself, and the last one's id if there are more. A line without an id cannot be one of many.
pub(super) fn page(lines: Raw<'_>) -> Option<(Vec<Bought>, Option<String>)> {
    let list: List<'_> = lines.object()?;
    let mut page = Vec::new();
    for line in list.data.objects::<Line<'_>>() {
        let (mut ids, id, amount) = told(&line);
        ids.push(id?);
        page.push(Bought {
            ids,
            amount,
            is_forgotten: false,
        });
    }
    let next = page.last().and_then(|line| line.ids.last().cloned());
    let next = next.filter(|_| list.has_more.bool() == Some(true));
    Some((page, next))
}

/// The ids of what a line is for, its own, and its amount.
fn told(line: &Line<'_>) -> (Vec<String>, Option<String>, i64) {
    let (prices, products) = ids(std::slice::from_ref(line));
    let mut ids: Vec<String> = prices.into_iter().chain(products).collect();
    ids.dedup();
    (ids, line.id.id(), goods(line))
}

/// What a credit note is for, by the ids of the invoice's lines. Nothing where it is not said of all of it: where a line is the
/// note's own, or on a further page. <https://docs.stripe.com/api/credit_notes/line_item>
pub(super) fn credited(note: &CreditNote<'_>) -> Vec<Bought> {
    let list: List<'_> = note.lines.object().unwrap_or_default();
    if list.has_more.bool() == Some(true) {
        return Vec::new();
    }
    let lines = list.data.objects::<Line<'_>>();
    let things = lines.iter().map(|line| {
        let id = line.invoice_line_item.id()?;
        Some((vec![id], goods(line)))
    });
    Bought::sums(things.collect::<Option<Vec<_>>>().unwrap_or_default())
}

/// Ids of prices, and those of products.
fn ids(lines: &[Line<'_>]) -> (Vec<String>, Vec<String>) {
    let (mut prices, mut products) = (Vec::new(), Vec::new());
    for line in lines {
        let pricing: Pricing<'_> = line.pricing.object().unwrap_or_default();
        for raw in [pricing.price_details, line.price, line.plan] {
            let told: Price<'_> = raw.object().unwrap_or_default();
            prices.extend(told.own.id().or_else(|| raw.id()));
            products.extend(told.product.id());
        }
    }
    (prices, products)
}

/// A line's amount without tax, discounts and billing credits.
fn goods(line: &Line<'_>) -> i64 {
    let parts = |list: Raw<'_>, counts: fn(&LinePart<'_>) -> bool| {
        let parts = list.objects::<LinePart<'_>>();
        let counted = parts.iter().filter(|part| counts(part));
        counted.fold(0_i64, |sum, part| {
            sum.saturating_add(part.amount.int().unwrap_or(0))
        })
    };
    let is_inside = |part: &LinePart<'_>| {
        part.inclusive.bool() == Some(true)
            || part.tax_behavior.string().as_deref() == Some("inclusive")
    };
    let is_credit = |part: &LinePart<'_>| part.kind.string().as_deref() == Some(BILLING_CREDIT);
    let without_tax = line.amount_excluding_tax.int().unwrap_or_else(|| {
        let tax = parts(line.taxes, is_inside).saturating_add(parts(line.tax_amounts, is_inside));
        line.amount.int().unwrap_or(0).saturating_sub(tax)
    });
    without_tax
        .saturating_sub(parts(line.discount_amounts, |_| true))
        .saturating_sub(parts(line.pretax_credit_amounts, is_credit))
}
