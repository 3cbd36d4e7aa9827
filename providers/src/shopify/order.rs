//! A snapshot of an order, whatever topic brought it: what was paid, by whom, and what went back.
//!
//! Never believes the topic about the state: Shopify's own sample of `orders/paid` is a voided order.

use super::amounts::{Unit, amounts, is_placeholder};
use super::objects::{Line, Order, Refund, Unreadable, digits, first_time, order_gid, order_name};
use super::{identity, kept, names};
use super::{progress, refund, unknown};
use crate::decimal::Excess;
use crate::delivery::Reading;
use crate::fact::{
    Alias, Amounts, Billing, Extent, PaidLater, Payment, PaymentState, Presentment, Rank, Refunded,
    Strength, Version,
};
use crate::{Currency, Fact, Name, Settings};

/// How far an order is paid, as `financial_status` and `cancelled_at` say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Pending,
    PartlyPaid,
    Paid,
    Void,
}

/// All facts of a snapshot.
pub fn read(order: &Order<'_>, settings: &Settings) -> Result<Reading, Unreadable> {
    let name = order_name(order.id).or_else(|| order_name(order.admin_graphql_api_id));
    let name = name.ok_or(Unreadable::Id)?;
    let gid = order_gid(&name).ok_or(Unreadable::Id)?;
    let currency = order.shop_currency().ok_or(Unreadable::Currency)?;
    if is_placeholder(currency) {
        return Ok(Reading::ignored("a sample: its currency is a placeholder"));
    }
    let version = Version {
        at: first_time(&[order.updated_at, order.processed_at, order.created_at])
            .unwrap_or_default(),
        step: 0,
    };
    let mut facts = vec![Fact::Alias(Alias {
        a: name.clone(),
        b: gid.clone(),
        strength: Strength::Proven,
    })];
    let payment = payment(order, &name, currency, version, settings)?;
    let paid_later = order
        .terms_met_at()
        .filter(|at| payment.state == PaymentState::Paid && *at > payment.occurred_at);
    facts.extend(paid_later.map(|paid_at| {
        Fact::PaidLater(PaidLater {
            object: name.clone(),
            paid_at,
            version,
        })
    }));
    facts.push(Fact::Payment(payment));
    facts.extend(names::of_order(order, &name, settings));
    facts.extend(identity::of_order(order, &name, &gid, version, settings));
    facts.extend(refunds(order, &name, currency, version, settings)?);
    let reading = Reading::facts(facts);
    Ok(match unknown::in_order(order) {
        Some((what, value)) => reading.with_unknown(what, &value),
        None => reading,
    })
}

/// A deposit of which a part was given back is `partially_refunded`, and still owed.
fn stage(order: &Order<'_>) -> Stage {
    let is_owed = || {
        let owed = order.total_outstanding.decimal(4, Excess::RoundHalfUp);
        owed.and_then(Result::ok).is_some_and(|owed| owed > 0)
    };
    match order.financial_status.text().as_deref() {
        Some("partially_refunded") if is_owed() => Stage::PartlyPaid,
        Some("paid" | "partially_refunded" | "refunded") => Stage::Paid,
        Some("partially_paid") => Stage::PartlyPaid,
        Some("voided" | "expired") => Stage::Void,
        _ if order.cancelled_at.is_present() => Stage::Void,
        _ => Stage::Pending,
    }
}

/// The payment. An order that is paid in part is either new, and counts nothing yet, or was paid in
/// full and then grew by an edit, and its sale must stay until the rest is paid; one snapshot does not
/// tell which. So it is stated as pending under the oldest possible version: any snapshot that was
/// really paid, earlier or later, is newer and stays.
fn payment(
    order: &Order<'_>,
    name: &Name,
    currency: Currency,
    version: Version,
    settings: &Settings,
) -> Result<Payment, Unreadable> {
    let with_shipping = settings.flag("includeShipping", false);
    let shop = Unit {
        currency,
        plain: true,
    };
    let told = amounts(order, shop, with_shipping)?;
    let (mut amounts, bought) = told.ok_or(Unreadable::Amount)?;
    let mut presentment = presentment(order, currency, with_shipping);
    let begun = first_time(&[order.created_at, order.processed_at, order.updated_at]);
    let mut paid = stage(order);
    let excluded = source(order) == "pos" && !settings.flag("includePos", true);
    if excluded {
        paid = Stage::Void;
    }
    let later = progress::of(order) * 4;
    let (state, at, step) = match paid {
        Stage::Pending => (PaymentState::Pending, version.at, 0),
        Stage::Paid => (PaymentState::Paid, version.at, later + 1),
        Stage::Void => (PaymentState::Void, version.at, later + 2),
        Stage::PartlyPaid if settings.flag("countPartiallyPaid", false) => {
            (amounts, presentment) = received(order, shop, amounts, presentment)?;
            (PaymentState::Paid, version.at, later + 1)
        }
        Stage::PartlyPaid => (PaymentState::Pending, begun.unwrap_or_default(), -1),
    };
    Ok(Payment {
        object: name.clone(),
        rank: Rank::Canonical,
        version: Version { at, step },
        state,
        amounts,
        currency,
        presentment,
        occurred_at: first_time(&[order.processed_at, order.created_at, order.updated_at])
            .unwrap_or_default(),
        billing: billing(order),
        twin_window_seconds: None,
        products: products(order),
        bought,
        remark: match (excluded, currency.is_known()) {
            (true, _) => Some("pos_excluded".to_owned()),
            (false, false) => Some("unknown_currency".to_owned()),
            (false, true) => None,
        },
    })
}

/// The buyer's view, where he paid in another currency than the shop's. One that cannot be read is left
/// out: it serves refunds only, and must not cost the sale.
fn presentment(order: &Order<'_>, shop: Currency, with_shipping: bool) -> Option<Presentment> {
    let currency = order.paid_in().filter(|c| *c != shop)?;
    let unit = Unit {
        currency,
        plain: false,
    };
    let (seen, _) = amounts(order, unit, with_shipping).ok().flatten()?;
    Some(Presentment {
        currency,
        gross: seen.gross,
        reversible: seen.reversible,
    })
}

/// Of an order paid in part, the part that was paid: what is not outstanding.
fn received(
    order: &Order<'_>,
    shop: Unit,
    whole: Amounts,
    presentment: Option<Presentment>,
) -> Result<(Amounts, Option<Presentment>), Unreadable> {
    let places = shop.currency.exponent();
    let outstanding = order.total_outstanding.decimal(places, Excess::RoundHalfUp);
    let outstanding = outstanding.ok_or(Unreadable::Amount)??;
    let received = whole
        .gross
        .saturating_sub(outstanding)
        .clamp(0, whole.gross);
    let part = whole.part(received).unwrap_or_default();
    let presentment = presentment.and_then(|seen| seen.part(received, whole.gross));
    Ok((part, presentment))
}

fn source(order: &Order<'_>) -> String {
    order.source_name.text().unwrap_or_default()
}

/// Renewals that an app bills through a contract come from their own source; nothing else tells a
/// subscription from a single purchase.
fn billing(order: &Order<'_>) -> Billing {
    if source(order).starts_with("subscription_contract") {
        Billing::SubscriptionRenewal
    } else {
        Billing::Unknown
    }
}

/// Ids for rules by either: of variants first, since theirs is the narrower rule, then of products. What the
/// order still holds comes before what has left it.
fn products(order: &Order<'_>) -> Vec<String> {
    let mut lines = order.line_items.objects::<Line<'_>>();
    lines.retain(Line::is_goods);
    lines.sort_by_key(|line| line.current_quantity.int() == Some(0));
    let variants = lines.iter().map(|line| line.variant_id.value);
    let products = lines.iter().map(|line| line.product_id);
    let mut ids = Vec::new();
    for id in variants.chain(products).filter_map(digits) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// The refunds inside the snapshot, and what its status says about them as a whole. The status heals
/// refunds that were missed or came without transactions; it only ever raises what they add up to, and
/// is taken back by a newer snapshot that is no longer refunded in full.
fn refunds(
    order: &Order<'_>,
    name: &Name,
    shop: Currency,
    version: Version,
    settings: &Settings,
) -> Result<Vec<Fact>, Unreadable> {
    let mut refunds = order.refunds.objects::<Refund<'_>>();
    refunds.sort_by_key(Refund::made_at);
    let mut reading = reading_of_refunds(order, shop, &refunds, settings)?;
    let mut facts = Vec::new();
    for refund in &refunds {
        facts.extend(refund::of_refund(refund, name, &mut reading)?);
    }
    let status = order.financial_status.text();
    let extent = match status.as_deref() {
        Some("refunded") => Extent::All,
        // Also without refunds: what went back may have come again, since the bank did not take it.
        Some("paid") => Extent::Gross {
            cash: 0,
            counted: 0,
        },
        _ if refunds.is_empty() => return Ok(facts),
        _ => Extent::Gross {
            cash: 0,
            counted: 0,
        },
    };
    facts.push(Fact::Refunded(Refunded {
        object: name.clone(),
        extent,
        currency: shop,
        version: Version {
            step: progress::of(order),
            ..version
        },
        occurred_at: version.at,
        let_go: 0,
    }));
    Ok(facts)
}

fn reading_of_refunds<'a>(
    order: &Order<'a>,
    shop: Currency,
    refunds: &[Refund<'_>],
    settings: &Settings,
) -> Result<refund::Reading<'a>, Unreadable> {
    let paid_in = order.paid_in().unwrap_or(shop);
    let unit = Unit {
        currency: paid_in,
        plain: paid_in == shop,
    };
    let goods = if refunds.is_empty() {
        None
    } else {
        kept::goods(order, unit)?
    };
    let goods = goods.unwrap_or_default();
    Ok(refund::Reading {
        currency: Some(paid_in),
        tax_inside: Some(order.taxes_included.bool() == Some(true)),
        with_shipping: settings.flag("includeShipping", false),
        removed: goods.removed,
        held: goods.held,
        bought: order.line_items.objects(),
    })
}
