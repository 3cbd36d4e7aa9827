//! Sales written as rows, all columns at once. It writes what it is given: whether a sale has changed is
//! the caller's business.

use super::Record;
use crate::store::{Rows, Value};

impl Record {
    /// An empty batch for [`UPSERT_SALES`](sql::UPSERT_SALES).
    pub fn rows() -> Rows {
        Rows::new(34)
    }

    /// Adds the row to a batch for [`UPSERT_SALES`](sql::UPSERT_SALES).
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
