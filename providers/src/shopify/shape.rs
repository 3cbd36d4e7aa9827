//! What kind of object a body holds, told by the body itself, and which kind each topic must carry.
//!
//! Shopify signs the body alone: the topic is an unsigned header. A body that is plainly of another
//! kind than its topic says is therefore refused. This module never decides what a body means; a kind
//! it does not know is `None`, and only the topics of privacy law insist on one.

use serde::Deserialize;

use crate::lenient::{self, Raw};

/// The kinds of bodies that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An order.
    Order,
    /// The protocol of an edit, without money.
    OrderEdit,
    /// A refund.
    Refund,
    /// A transaction of an order.
    Transaction,
    /// A customer.
    Customer,
    /// Two customers that became one.
    CustomerMerge,
    /// A dispute.
    Dispute,
    /// A shop.
    Shop,
    /// A subscription contract.
    Contract,
    /// An attempt to bill a contract.
    BillingAttempt,
    /// A customer asks what is known of him.
    DataRequest,
    /// A customer is to be forgotten.
    CustomerRedact,
    /// A shop is to be forgotten.
    ShopRedact,
    /// Named by its `gid`, and none of the above.
    Other,
}

/// The fields by which kinds are told apart, and the shop that a body names.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    admin_graphql_api_id: Raw<'a>,
    #[serde(borrow, default)]
    admin_graphql_api_customer_kept_id: Raw<'a>,
    #[serde(borrow, default)]
    customer: Raw<'a>,
    #[serde(borrow, default)]
    data_request: Raw<'a>,
    #[serde(borrow, default)]
    evidence_due_by: Raw<'a>,
    #[serde(borrow, default)]
    financial_status: Raw<'a>,
    #[serde(borrow, default)]
    initiated_at: Raw<'a>,
    #[serde(borrow, default)]
    line_items: Raw<'a>,
    #[serde(borrow, default)]
    myshopify_domain: Raw<'a>,
    #[serde(borrow, default)]
    order_edit: Raw<'a>,
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    orders_to_redact: Raw<'a>,
    #[serde(borrow, default)]
    parent_id: Raw<'a>,
    #[serde(borrow, default)]
    refund_line_items: Raw<'a>,
    #[serde(borrow, default)]
    shop_domain: Raw<'a>,
}

impl Body<'_> {
    fn kind(&self) -> Option<Kind> {
        match self.admin_graphql_api_id.string() {
            Some(gid) => kind_of_gid(&gid),
            None => self.kind_by_fields(),
        }
    }

    fn kind_by_fields(&self) -> Option<Kind> {
        let of_order = self.order_id.is_present();
        let table = [
            (self.order_edit, Kind::OrderEdit),
            (self.data_request, Kind::DataRequest),
            (self.orders_to_redact, Kind::CustomerRedact),
            (self.admin_graphql_api_customer_kept_id, Kind::CustomerMerge),
            (self.refund_line_items, Kind::Refund),
            (self.financial_status, Kind::Order),
            (self.line_items, Kind::Order),
            (self.evidence_due_by, Kind::Dispute),
            (self.initiated_at, Kind::Dispute),
        ];
        if let Some((_, kind)) = table.iter().find(|(field, _)| field.is_present()) {
            return Some(*kind);
        }
        if of_order && self.parent_id.is_present() {
            return Some(Kind::Transaction);
        }
        let shop_alone = self.shop_domain.is_present() && !self.customer.is_present();
        shop_alone.then_some(Kind::ShopRedact)
    }
}

/// `gid://shopify/Order/1` is an order.
fn kind_of_gid(gid: &str) -> Option<Kind> {
    let (kind, _) = gid.strip_prefix("gid://shopify/")?.split_once('/')?;
    Some(match kind {
        "Order" => Kind::Order,
        "Refund" => Kind::Refund,
        "OrderTransaction" => Kind::Transaction,
        "Customer" => Kind::Customer,
        "Shop" => Kind::Shop,
        "SubscriptionContract" => Kind::Contract,
        "SubscriptionBillingAttempt" => Kind::BillingAttempt,
        _ if kind.ends_with("Dispute") => Kind::Dispute,
        _ => Kind::Other,
    })
}

/// The kind that a topic's body must have, and whether a body of no known kind is refused too.
fn expected(topic: &str) -> Option<(Kind, bool)> {
    Some(match topic {
        "orders/create"
        | "orders/paid"
        | "orders/updated"
        | "orders/cancelled"
        | "orders/fulfilled"
        | "orders/partially_fulfilled" => (Kind::Order, false),
        "orders/edited" => (Kind::OrderEdit, false),
        "refunds/create" => (Kind::Refund, false),
        "order_transactions/create" => (Kind::Transaction, false),
        "customers/create" | "customers/update" => (Kind::Customer, false),
        "customers/merge" => (Kind::CustomerMerge, false),
        "disputes/create" | "disputes/update" => (Kind::Dispute, false),
        "subscription_contracts/create" => (Kind::Contract, false),
        "subscription_billing_attempts/success" => (Kind::BillingAttempt, false),
        "app/uninstalled" => (Kind::Shop, false),
        "customers/data_request" => (Kind::DataRequest, true),
        "customers/redact" => (Kind::CustomerRedact, true),
        "shop/redact" => (Kind::ShopRedact, true),
        _ => return None,
    })
}

/// Whether the unsigned headers contradict the signed body: a topic of another kind of object, or a
/// shop other than the one that the body names. A body that cannot be read contradicts nothing.
pub fn contradicts(body: &[u8], topic: &str, shop: &str) -> bool {
    let Some(body) = lenient::document::<Body<'_>>(body) else {
        return false;
    };
    let wrong_kind = expected(topic).is_some_and(|(kind, strict)| match body.kind() {
        Some(found) => found != kind,
        None => strict,
    });
    let other_shop = [body.shop_domain, body.myshopify_domain]
        .into_iter()
        .filter_map(Raw::text)
        .any(|named| !named.eq_ignore_ascii_case(shop));
    wrong_kind || other_shop
}
