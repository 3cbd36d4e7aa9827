//! Sales written as rows, all columns at once. It writes what it is given: whether a sale has changed is
//! the caller's business.

use super::Record;
use crate::store::{Rows, Statement, Value};

/// Writes sales: new ones and those that have changed.
pub static UPSERT_SALES: Statement = Statement::new(
    "insert into sales (organization_id, id, livemode, neighbourhood_id, state, invoice_id, event_name,
         payment_processor, metadata, currency, subtotal, discount, tax, shipping, gross, net, refunded,
         disputed, refunded_gross, kind, customer_id, partner_id, program_id, click_id, link_id, via,
         commission_full, commission_left, commission_free, commission_currency, rate, review,
         waits_for, occurred_at, available_at, created_at, updated_at)
     select $1, r.id, r.livemode, r.neighbourhood_id, r.state, r.invoice_id, r.event_name,
         r.payment_processor, r.metadata, r.currency, r.subtotal, r.discount, r.tax, r.shipping, r.gross,
         r.net, r.refunded, r.disputed, r.refunded_gross, r.kind, r.customer_id, r.partner_id,
         r.program_id, r.click_id, r.link_id, r.via, r.commission_full, r.commission_left,
         r.commission_free, r.commission_currency, r.rate, r.review, r.waits_for, r.occurred_at,
         r.available_at, $2, $2
     from {rows r: id text, livemode int, neighbourhood_id text, state text, invoice_id text,
         event_name text, payment_processor text, metadata text, currency text, subtotal int,
         discount int, tax int, shipping int, gross int, net int, refunded int, disputed int,
         refunded_gross int, kind text, customer_id text, partner_id text, program_id text,
         click_id text, link_id text, via text, commission_full int, commission_left int,
         commission_free int, commission_currency text, rate text, review text, waits_for text,
         occurred_at int, available_at int}
     where true
     on conflict (organization_id, id) do update set
         neighbourhood_id = excluded.neighbourhood_id, state = excluded.state,
         invoice_id = excluded.invoice_id, event_name = excluded.event_name,
         payment_processor = excluded.payment_processor, metadata = excluded.metadata,
         currency = excluded.currency, subtotal = excluded.subtotal, discount = excluded.discount,
         tax = excluded.tax, shipping = excluded.shipping, gross = excluded.gross, net = excluded.net,
         refunded = excluded.refunded, disputed = excluded.disputed,
         refunded_gross = excluded.refunded_gross, kind = excluded.kind,
         customer_id = excluded.customer_id, partner_id = excluded.partner_id,
         program_id = excluded.program_id, click_id = excluded.click_id, link_id = excluded.link_id,
         via = excluded.via, commission_full = excluded.commission_full,
         commission_left = excluded.commission_left, commission_free = excluded.commission_free,
         commission_currency = excluded.commission_currency, rate = excluded.rate,
         review = excluded.review, waits_for = excluded.waits_for, occurred_at = excluded.occurred_at,
         available_at = excluded.available_at, updated_at = excluded.updated_at",
);

impl Record {
    /// An empty batch for [`UPSERT_SALES`].
    pub fn rows() -> Rows {
        Rows::new(34)
    }

    /// Adds the row to a batch for [`UPSERT_SALES`].
    pub fn push(&self, rows: &mut Rows) {
        let [event_name, processor, currency, kind, commission_currency] = &self.texts;
        let [
            invoice_id,
            metadata,
            customer,
            partner,
            program,
            click,
            link,
            via,
            rate,
            review,
            waits,
        ] = &self.optional;
        let [full, left, free] = self.commission;
        let [occurred_at, available_at] = self.times;
        let text = |text: &String| Value::from(text.as_str());
        let maybe = |text: &Option<String>| Value::from(text.as_deref());
        let mut row = vec![
            text(&self.id),
            self.livemode.into(),
            text(&self.neighbourhood_id),
            text(&self.state),
            maybe(invoice_id),
            text(event_name),
            text(processor),
            maybe(metadata),
            text(currency),
        ];
        row.extend(self.amounts.map(Value::from));
        row.extend([
            text(kind),
            maybe(customer),
            maybe(partner),
            maybe(program),
            maybe(click),
            maybe(link),
            maybe(via),
            full.into(),
            left.into(),
            free.into(),
            text(commission_currency),
            maybe(rate),
            maybe(review),
            maybe(waits),
            occurred_at.into(),
            available_at.into(),
        ]);
        rows.push(row);
    }
}
