//! The end of an installation, and the three topics of privacy law that every app must answer
//! (<https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance>).
//!
//! Amounts are never touched by any of them. Coming twice, they ask for the same again.

use serde::Deserialize;

use super::envelope;
use super::objects::{customer_name, digits, order_name};
use super::verify::TOPIC;
use crate::Fact;
use crate::delivery::{Reading, Verified};
use crate::fact::{Notice, NoticeKind};
use crate::lenient::Raw;

/// The body of `customers/data_request`, `customers/redact` and `shop/redact`.
#[derive(Deserialize)]
pub struct Inquiry<'a> {
    #[serde(borrow, default)]
    customer: Raw<'a>,
    #[serde(borrow, default)]
    data_request: Raw<'a>,
    #[serde(borrow, default)]
    orders_requested: Raw<'a>,
    #[serde(borrow, default)]
    orders_to_redact: Raw<'a>,
}

/// What the request or the end of the installation asks for.
pub fn read(inquiry: &Inquiry<'_>, kind: NoticeKind, verified: &Verified) -> Reading {
    let orders = match kind {
        NoticeKind::ExportCustomer => inquiry.orders_requested,
        _ => inquiry.orders_to_redact,
    };
    let names_customer = matches!(kind, NoticeKind::ExportCustomer | NoticeKind::EraseCustomer);
    let customer = customer_name(id_in(inquiry.customer));
    let topic = verified.header(TOPIC).unwrap_or_default();
    let id = digits(id_in(inquiry.data_request)).map_or_else(
        || format!("shopify/{}", envelope::event_id(verified, topic)),
        |id| format!("shopify/data_request/{id}"),
    );
    Reading::facts(vec![Fact::Notice(Notice {
        id,
        kind,
        customers: customer.filter(|_| names_customer).into_iter().collect(),
        payments: (orders.items().into_iter().filter_map(order_name)).collect(),
        occurred_at: envelope::triggered_at(verified).unwrap_or_default(),
    })])
}

#[derive(Deserialize)]
struct WithId<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
}

fn id_in(object: Raw<'_>) -> Raw<'_> {
    object
        .object::<WithId<'_>>()
        .map_or_else(Raw::default, |object| object.id)
}
