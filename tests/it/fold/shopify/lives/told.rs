//! What Shopify's deliveries look like.

use serde_json::{Value, json};

use super::shop::{Line, Refund, Shop};

pub(super) const ORDER: i64 = 5_500_000_000_009;

/// The shop's currency with its decimal places, and the buyer's, in which everything costs a whole multiple.
#[derive(Debug, Clone, Copy)]
pub(super) struct Currencies {
    shop: (&'static str, usize),
    buyer: (&'static str, usize),
    factor: i64,
}

impl Currencies {
    pub(super) const ALL: [Self; 5] = [
        Self::same("USD", 2),
        Self::same("USD", 2),
        Self::same("JPY", 0),
        Self::same("KWD", 3),
        Self {
            shop: ("EUR", 2),
            buyer: ("JPY", 0),
            factor: 2,
        },
    ];

    const fn same(code: &'static str, places: usize) -> Self {
        Self {
            shop: (code, places),
            buyer: (code, places),
            factor: 1,
        }
    }

    /// In the shop's currency.
    pub(super) fn plain(self, minor: i64) -> String {
        decimal(minor, self.shop.1)
    }

    /// In the buyer's currency.
    fn paid(self, minor: i64) -> String {
        decimal(minor * self.factor, self.buyer.1)
    }

    pub(super) fn set(self, minor: i64) -> Value {
        json!({
            "shop_money": {"amount": self.plain(minor), "currency_code": self.shop.0},
            "presentment_money": {"amount": self.paid(minor), "currency_code": self.buyer.0},
        })
    }
}

fn decimal(minor: i64, places: usize) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let power = 10_i64.pow(u32::try_from(places).unwrap());
    let (whole, rest) = (minor.abs() / power, minor.abs() % power);
    if places == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{rest:0places$}")
}

impl Shop {
    pub(super) fn order(&self, status: &str, second: usize) -> Value {
        let money = self.currencies;
        let lines: Vec<Value> = self.lines.iter().map(|line| self.line(line)).collect();
        let mut lines = lines;
        if self.tip > 0 {
            lines.push(json!({
                "id": 99, "price": money.plain(self.tip), "price_set": money.set(self.tip), "quantity": 1, "current_quantity": 1,
                "gift_card": false, "tip": null,
            }));
        }
        let (total, now) = (self.total(), self.now());
        let tax = self.lines.iter().map(|l| l.tax * l.sold).sum::<i64>() + self.shipping_tax;
        let shipping = if self.tax_inside {
            self.shipping + self.shipping_tax
        } else {
            self.shipping
        };
        let shipping_lines = json!([{
            "price": money.plain(shipping), "price_set": money.set(shipping),
            "tax_lines": [{"price": money.plain(self.shipping_tax), "price_set": money.set(self.shipping_tax)}],
        }]);
        json!({
            "id": ORDER, "currency": money.shop.0, "presentment_currency": money.buyer.0, "financial_status": status,
            "taxes_included": self.tax_inside, "created_at": "2026-09-01T10:00:00Z", "processed_at": "2026-09-01T10:00:00Z",
            "updated_at": format!("2026-09-01T10:{second:02}:00Z"),
            "total_price": money.plain(total), "total_price_set": money.set(total),
            "current_total_price": money.plain(now), "current_total_price_set": money.set(now),
            "total_outstanding": money.plain(now - (self.received - self.returned)),
            "total_tax": money.plain(tax), "total_tax_set": money.set(tax),
            "total_tip_received": money.plain(self.tip), "total_tip_received_set": money.set(self.tip),
            "original_total_duties_set": money.set(self.duties), "original_total_additional_fees_set": money.set(self.fees),
            "line_items": lines, "shipping_lines": shipping_lines,
            "refunds": self.refunds.iter().map(|refund| self.refund_body(refund)).collect::<Vec<_>>(),
        })
    }

    fn line(&self, line: &Line) -> Value {
        let money = self.currencies;
        let price = self.shown(line) + line.discount;
        let (tax, discount) = (line.tax * line.sold, line.discount * line.sold);
        json!({
            "id": line.id, "price": money.plain(price), "price_set": money.set(price), "quantity": line.sold,
            "current_quantity": line.current, "gift_card": line.is_card, "product_id": line.id,
            "tax_lines": [{"price": money.plain(tax), "price_set": money.set(tax)}],
            "discount_allocations": [{"amount": money.plain(discount), "amount_set": money.set(discount)}],
        })
    }

    pub(super) fn refund_body(&self, refund: &Refund) -> Value {
        let money = self.currencies;
        let unit = refund.unit.map(|at| &self.lines[at]);
        let lines = unit.into_iter().map(|line| {
            let subtotal = self.shown(line);
            json!({
                "line_item_id": line.id, "quantity": 1, "subtotal": money.plain(subtotal), "subtotal_set": money.set(subtotal),
                "total_tax": money.plain(line.tax), "total_tax_set": money.set(line.tax), "line_item": self.line(line),
            })
        });
        let adjustment = |kind: &str, amount: i64, tax: i64| {
            json!({
                "kind": kind, "amount": money.plain(amount), "amount_set": money.set(amount),
                "tax_amount": money.plain(tax), "tax_amount_set": money.set(tax),
            })
        };
        let mut adjustments = Vec::new();
        if refund.shipping {
            adjustments.push(adjustment(
                "shipping_refund",
                -self.shipping,
                -self.shipping_tax,
            ));
        }
        if refund.discrepancy != 0 {
            adjustments.push(adjustment("refund_discrepancy", refund.discrepancy, 0));
        }
        json!({
            "id": refund.id, "order_id": ORDER, "created_at": made_at(refund.id), "refund_line_items": lines.collect::<Vec<_>>(),
            "order_adjustments": adjustments, "total_duties_set": money.set(refund.duties),
            "transactions": (0..refund.amounts.len()).map(|at| self.transaction(refund, at)).collect::<Vec<_>>(),
        })
    }

    pub(super) fn transaction(&self, refund: &Refund, at: usize) -> Value {
        let id = refund.id * 10 + i64::try_from(at).unwrap();
        json!({
            "id": id, "order_id": ORDER, "kind": "refund", "status": refund.status, "created_at": made_at(refund.id),
            "amount": self.currencies.paid(refund.amounts[at]), "currency": self.currencies.buyer.0,
        })
    }
}

fn made_at(id: i64) -> String {
    format!("2026-09-02T10:{:02}:00Z", id % 60)
}
