//! What Shopify's GraphQL Admin API tells of the past: which orders have changed, and each of them as it is now, with its refunds.
//!
//! The query gives its fields the names that webhooks have, so that little is left to be put in shape; what is, is done by [`shaped`]. An order with
//! more lines or refunds than one answer holds is left out: part of an order would be another order.
//! <https://shopify.dev/docs/api/admin-graphql/latest/queries/orders>, <https://shopify.dev/docs/api/admin-graphql/latest/objects/Order>,
//! <https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits>,
//! <https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant>,
//! <https://shopify.dev/docs/api/admin-graphql/latest/queries/currentAppInstallation>, <https://shopify.dev/docs/api/usage/access-scopes>

use serde_json::{Map, Value, json};

use super::Shopify;
use super::verify::{API_VERSION, SHOP, TOPIC, WEBHOOK_ID};
use crate::delivery::Verified;
use crate::history::{
    Asked, Bearing, History, Lack, Misread, Page, Request, Step, Terms, id_of_state,
};
use crate::secret::Secret;
use crate::settings::Settings;

static TERMS: Terms = Terms {
    key: "An app of the shop's own organization with the scopes read_orders and read_customers, and read_all_orders for orders older than 60 days: \
          its client id and client secret as ID:SECRET, or an access token (shpat_…). The setting `shop` must be set.",
    bearing: Bearing::Header("x-shopify-access-token"),
    // Each order is a query of its own, of some hundred points; a hundred points come back each second.
    per_minute: 40,
    // What belongs to an order can change without the order: https://github.com/estuary/connectors/pull/4338
    overlap_seconds: 3_600,
    blind: "Disputes; orders older than 60 days without read_all_orders; orders with more than 100 lines or 20 refunds.",
};

const VERSION: &str = "2026-10";
const ORDERS: &str = "orders";
const ORDER: &str = "order";

const LIST: &str = "query($query: String!, $after: String) { orders(first: 100, after: $after, sortKey: UPDATED_AT, query: $query) \
{ pageInfo { hasNextPage endCursor } nodes { id test } } }";

const ONE: &str = "query($id: ID!) { order(id: $id) { id: legacyResourceId admin_graphql_api_id: id test \
created_at: createdAt processed_at: processedAt updated_at: updatedAt cancelled_at: cancelledAt currency: currencyCode \
presentment_currency: presentmentCurrencyCode email financial_status: displayFinancialStatus source_name: sourceName \
taxes_included: taxesIncluded duties_included: dutiesIncluded discount_codes: discountCodes \
total_price_set: totalPriceSet { ...M } current_total_price_set: currentTotalPriceSet { ...M } total_tax_set: totalTaxSet { ...M } \
total_discounts_set: totalDiscountsSet { ...M } total_shipping_price_set: totalShippingPriceSet { ...M } \
total_tip_received_set: totalTipReceivedSet { ...M } total_outstanding_set: totalOutstandingSet { ...M } \
current_total_duties_set: currentTotalDutiesSet { ...M } original_total_duties_set: originalTotalDutiesSet { ...M } \
original_total_additional_fees_set: originalTotalAdditionalFeesSet { ...M } \
note_attributes: customAttributes { name: key value } journey: customerJourneySummary { lastVisit { landingPage } } \
customer { id: legacyResourceId email first_name: firstName last_name: lastName updated_at: updatedAt } \
shipping_lines: shippingLines(first: 10, includeRemovals: true) { nodes { is_removed: isRemoved price_set: originalPriceSet { ...M } \
discount_allocations: discountAllocations { amount_set: allocatedAmountSet { ...M } } tax_lines: taxLines { price_set: priceSet { ...M } } } } \
line_items: lineItems(first: 100) { pageInfo { hasNextPage } nodes { id title quantity current_quantity: currentQuantity gift_card: isGiftCard \
price_set: originalUnitPriceSet { ...M } product { id: legacyResourceId } variant { id: legacyResourceId } \
properties: customAttributes { name: key value } discount_allocations: discountAllocations { amount_set: allocatedAmountSet { ...M } } \
tax_lines: taxLines { price_set: priceSet { ...M } } duties { price_set: price { ...M } } } } \
refunds(first: 21) { id: legacyResourceId created_at: createdAt \
refund_line_items: refundLineItems(first: 20) { pageInfo { hasNextPage } nodes { quantity restock_type: restockType subtotal_set: subtotalSet { ...M } \
total_tax_set: totalTaxSet { ...M } line_item: lineItem { id } } } \
refund_shipping_lines: refundShippingLines(first: 5) { nodes { subtotal_amount_set: subtotalAmountSet { ...M } tax_amount_set: taxAmountSet { ...M } } } \
order_adjustments: orderAdjustments(first: 5) { nodes { reason amount_set: amountSet { ...M } tax_amount_set: taxAmountSet { ...M } } } \
transactions(first: 5) { nodes { id kind status created_at: createdAt processed_at: processedAt amount_set: amountSet { ...M } } } } } } \
fragment M on MoneyBag { shop_money: shopMoney { amount currency_code: currencyCode } presentment_money: presentmentMoney { amount currency_code: currencyCode } }";

const SCOPES: &str = "{ currentAppInstallation { accessScopes { handle } } }";

/// The scopes that are asked with. Who may write may read.
const NEEDED: [(Lack, &str); 3] = [
    (
        Lack {
            right: "read_orders",
            needed: true,
            wherefore: "orders and their refunds",
        },
        "write_orders",
    ),
    (
        Lack {
            right: "read_customers",
            needed: true,
            wherefore: "whose an order is",
        },
        "write_customers",
    ),
    (
        Lack {
            right: "read_all_orders",
            needed: false,
            wherefore: "orders older than 60 days",
        },
        "write_all_orders",
    ),
];

/// The most refunds of an order that are read; the query asks for one more.
const REFUNDS_MAX: usize = 20;

impl History for Shopify {
    fn terms(&self) -> &'static Terms {
        &TERMS
    }

    fn host(&self, settings: &Settings, _livemode: bool) -> Option<String> {
        Some(format!("https://{}", settings.text("shop")?))
    }

    /// A client id and its secret make a token that lives a day; a token is one itself.
    fn sign_in(&self, credential: &Secret) -> Option<Request> {
        let (id, secret) = credential.expose().split_once(':')?;
        let body =
            json!({"client_id": id, "client_secret": secret, "grant_type": "client_credentials"});
        Some(Request {
            path: "/admin/oauth/access_token".to_owned(),
            body: Some(body.to_string()),
        })
    }

    fn token(&self, answer: &[u8]) -> Option<Secret> {
        let answer: Value = serde_json::from_slice(answer).ok()?;
        Secret::new(answer.get("access_token")?.as_str()?).ok()
    }

    fn rights(&self) -> Option<Request> {
        Some(Request {
            path: format!("/admin/api/{VERSION}/graphql.json"),
            body: Some(json!({"query": SCOPES}).to_string()),
        })
    }

    fn lacking(&self, answer: &[u8]) -> Result<Vec<Lack>, Misread> {
        let answer: Value =
            serde_json::from_slice(answer).map_err(|_other| Misread::Shape("it is no JSON"))?;
        check(&answer)?;
        let scopes = answer
            .pointer("/data/currentAppInstallation/accessScopes")
            .and_then(Value::as_array)
            .ok_or(Misread::Shape("it has no scopes"))?;
        let has = |scope: &str| {
            let mut handles = scopes.iter().filter_map(|one| one.get("handle")?.as_str());
            handles.any(|handle| handle == scope)
        };
        let lacking = NEEDED
            .iter()
            .filter(|(lack, more)| !has(lack.right) && !has(more));
        Ok(lacking.map(|(lack, _)| *lack).collect())
    }

    fn begin(&self, _asked: Asked<'_>) -> Vec<Step> {
        vec![Step::first(ORDERS)]
    }

    fn request(&self, step: &Step, asked: Asked<'_>) -> Request {
        let (since, until) = (asked.span.since, asked.span.until);
        let query = format!("updated_at:>='{since}' AND updated_at:<'{until}'");
        let body = match step.list.as_str() {
            ORDER => json!({"query": ONE, "variables": {"id": step.at}}),
            _ => json!({"query": LIST, "variables": {"query": query, "after": step.at}}),
        };
        Request {
            path: format!("/admin/api/{VERSION}/graphql.json"),
            body: Some(body.to_string()),
        }
    }

    fn read(&self, step: &Step, asked: Asked<'_>, answer: &[u8]) -> Result<Page, Misread> {
        let answer: Value =
            serde_json::from_slice(answer).map_err(|_other| Misread::Shape("it is no JSON"))?;
        check(&answer)?;
        let data = answer
            .get("data")
            .filter(|data| data.is_object())
            .ok_or(Misread::Shape("it has no data"))?;
        if step.list == ORDERS {
            return orders(data);
        }
        let mut page = Page::default();
        let order = data.get("order").cloned().unwrap_or_default();
        let shop = asked.settings.text("shop").unwrap_or_default();
        page.found
            .extend(shaped(order).and_then(|order| wrap(&order, shop)));
        Ok(page)
    }
}

/// Errors come with status 200.
fn check(answer: &Value) -> Result<(), Misread> {
    let Some(errors) = answer.get("errors") else {
        return Ok(());
    };
    let code = errors
        .pointer("/0/extensions/code")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if code == "THROTTLED" {
        let cost = |name: &str| {
            answer
                .pointer(&format!("/extensions/cost/{name}"))
                .and_then(Value::as_u64)
        };
        let lacking = cost("requestedQueryCost")
            .unwrap_or(100)
            .saturating_sub(cost("throttleStatus/currentlyAvailable").unwrap_or(0));
        let rate = cost("throttleStatus/restoreRate")
            .filter(|rate| *rate > 0)
            .unwrap_or(50);
        return Err(Misread::Throttled(lacking / rate + 1));
    }
    Err(match code {
        "INTERNAL_SERVER_ERROR" | "TIMEOUT" => Misread::Shape("an error of Shopify's own"),
        "" => Misread::Refused("the query is not understood".to_owned()),
        code => Misread::Refused(code.chars().take(64).collect()),
    })
}

fn orders(data: &Value) -> Result<Page, Misread> {
    let nodes = data.pointer("/orders/nodes").and_then(Value::as_array);
    let nodes = nodes.ok_or(Misread::Shape("it has no orders"))?;
    let mut page = Page::default();
    let ids = nodes.iter().filter_map(|node| node.get("id")?.as_str());
    page.then.extend(ids.map(|id| Step::at(ORDER, id)));
    if data
        .pointer("/orders/pageInfo/hasNextPage")
        .and_then(Value::as_bool)
        == Some(true)
    {
        let cursor = data
            .pointer("/orders/pageInfo/endCursor")
            .and_then(Value::as_str);
        let cursor = cursor.ok_or(Misread::Shape("a page that goes on names no cursor"))?;
        page.then.push(Step::at(ORDERS, cursor));
    }
    Ok(page)
}

/// The order as a webhook has it; `None` where there is none, or not all of it.
fn shaped(mut order: Value) -> Option<Map<String, Value>> {
    if !flatten(&mut order) {
        return None;
    }
    let Value::Object(mut order) = order else {
        return None;
    };
    let list = |order: &mut Map<String, Value>, name: &str| match order.get_mut(name) {
        Some(Value::Array(items)) => std::mem::take(items),
        _ => Vec::new(),
    };
    let codes = list(&mut order, "discount_codes");
    let codes = codes.into_iter().map(|code| json!({"code": code}));
    order.insert("discount_codes".to_owned(), codes.collect());
    let landing = order
        .remove("journey")
        .and_then(|journey| journey.pointer("/lastVisit/landingPage").cloned());
    order.insert("landing_site".to_owned(), landing.unwrap_or_default());
    let owed = order.remove("total_outstanding_set");
    let owed = owed.and_then(|set| set.pointer("/shop_money/amount").cloned());
    order.insert("total_outstanding".to_owned(), owed.unwrap_or_default());
    let mut lines = list(&mut order, "line_items");
    lines
        .iter_mut()
        .filter_map(Value::as_object_mut)
        .for_each(line);
    order.insert("line_items".to_owned(), lines.into());
    let mut refunds = list(&mut order, "refunds");
    if refunds.len() > REFUNDS_MAX {
        return None;
    }
    let id = order.get("id").cloned().unwrap_or_default();
    for refund in refunds.iter_mut().filter_map(Value::as_object_mut) {
        refund.insert("order_id".to_owned(), id.clone());
        for name in ["refund_line_items", "transactions", "order_adjustments"] {
            let parts = refund.get_mut(name).and_then(Value::as_array_mut);
            parts
                .into_iter()
                .flatten()
                .filter_map(Value::as_object_mut)
                .for_each(|part| of_refund(name, part));
        }
    }
    order.insert("refunds".to_owned(), refunds.into());
    Some(order)
}

/// Lists in the place of connections, and words in small letters. Answers whether all of each list is there.
fn flatten(value: &mut Value) -> bool {
    let mut is_whole = true;
    match value {
        Value::Array(items) => {
            for item in items {
                is_whole &= flatten(item);
            }
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                is_whole &= flatten(member);
                if let (
                    Value::String(text),
                    "kind" | "status" | "financial_status" | "restock_type",
                ) = (&mut *member, name.as_str())
                {
                    text.make_ascii_lowercase();
                }
            }
            is_whole &= members
                .get("pageInfo")
                .and_then(|page| page.get("hasNextPage"))
                != Some(&Value::Bool(true));
            if let Some(nodes) = members.remove("nodes") {
                *value = nodes;
            }
        }
        _ => {}
    }
    is_whole
}

fn line(line: &mut Map<String, Value>) {
    for (name, id) in [("product", "product_id"), ("variant", "variant_id")] {
        let named = line.remove(name).and_then(|of| of.get("id").cloned());
        line.insert(id.to_owned(), named.unwrap_or_default());
    }
    // GraphQL has no mark for a tip: it is the line that is no product and is called so.
    let is_gift_card = line.get("gift_card") == Some(&Value::Bool(true));
    let is_product = line.get("product_id").is_some_and(|id| !id.is_null());
    if !is_product && !is_gift_card && line.get("title").and_then(Value::as_str) == Some("Tip") {
        line.insert("tip".to_owned(), Value::Null);
    }
}

fn of_refund(list: &str, part: &mut Map<String, Value>) {
    match list {
        "refund_line_items" => {
            let id = part
                .remove("line_item")
                .and_then(|line| line.get("id").cloned());
            let id = id
                .as_ref()
                .and_then(Value::as_str)
                .and_then(|gid| gid.rsplit('/').next());
            part.insert(
                "line_item_id".to_owned(),
                id.map(Value::from).unwrap_or_default(),
            );
        }
        // Shipping that goes back has a list of its own; what stands here is a difference.
        "order_adjustments" => drop(part.insert("kind".to_owned(), "refund_discrepancy".into())),
        _ => {
            let paid = part
                .remove("amount_set")
                .and_then(|set| set.get("presentment_money").cloned());
            let of = |name: &str| {
                paid.as_ref()
                    .and_then(|paid| paid.get(name).cloned())
                    .unwrap_or_default()
            };
            part.insert("amount".to_owned(), of("amount"));
            part.insert("currency".to_owned(), of("currency_code"));
        }
    }
}

/// The order as the delivery that its last change would have been.
fn wrap(order: &Map<String, Value>, shop: &str) -> Option<Verified> {
    let id = order.get("id")?;
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    let body = serde_json::to_string(order).ok()?;
    let headers = [
        (TOPIC, "orders/updated".to_owned()),
        (SHOP, shop.to_owned()),
        (API_VERSION, VERSION.to_owned()),
        (WEBHOOK_ID, id_of_state(&id, &body)),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value));
    Some(Verified::told_by_api(body.into_bytes(), headers.into()))
}
