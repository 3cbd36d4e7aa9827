//! Collecting: everything known of one customer, as one JSON document for the owner to hand over.
//!
//! Only reads, but for the document itself, which stands in the request until the customer is erased.

use std::collections::BTreeSet;

use providers::fact::{ClaimKind, Fact};
use providers::{Micros, Name};
use serde_json::{Value, json};

use super::person::{self, Part};
use super::{Request, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::ledger as ledger_sql;
use crate::books::{deliveries, story};
use crate::changes::{self, What};
use crate::inbox;
use crate::ledger::writer::{Tools, events, refold};
use crate::store::{Row, StoreError, Transaction};

/// Collects what a request asks for and keeps it with the request.
pub async fn carry_out(tools: &Tools, org: &str, request: &Request) -> Result<(), StoreError> {
    let now = tools.clock.now();
    // One view of all that is collected, in nobody's way.
    let mut view = tools.store.snapshot().await?;
    let parts = person::of_customer(view.as_mut(), org, request).await?;
    let mut collected = Collected::default();
    for part in &parts {
        collected.part(view.as_mut(), org, part).await?;
    }
    collected.clicks(view.as_mut(), org).await?;
    drop(view);
    let document = json!({
        "request": {
            "id": request.id,
            "customers": request.customers.iter().map(Name::value).collect::<Vec<_>>(),
            "payments": request.payments.iter().map(Name::value).collect::<Vec<_>>(),
            "askedAt": request.created_at.to_string(),
            "collectedAt": now.to_string(),
        },
        "customers": collected.customers,
        "sales": collected.sales,
        "leads": collected.leads,
        "clicks": collected.clicks,
        "facts": collected.facts,
        "deliveries": collected.deliveries,
    });
    let mut transaction = tools.store.begin().await?;
    let args = args![org, request.id.as_str(), document.to_string(), now.0];
    transaction.run(&sql::KEEP_EXPORT, args).await?;
    let change = super::change(What::PrivacyExported, request);
    let scope = WriteScope::of_server(tools.store.as_ref(), &tools.ids, org, now);
    changes::record(transaction.as_mut(), &scope, change).await?;
    transaction.commit().await
}

#[derive(Default)]
struct Collected {
    customers: Vec<Value>,
    sales: Vec<Value>,
    leads: Vec<Value>,
    clicks: Vec<Value>,
    facts: Vec<Value>,
    deliveries: Vec<Value>,
    customer_ids: BTreeSet<String>,
    click_ids: BTreeSet<String>,
}

impl Collected {
    async fn part(
        &mut self,
        transaction: &mut dyn Transaction,
        org: &str,
        part: &Part,
    ) -> Result<(), StoreError> {
        for fact in part.spoken() {
            if let Fact::Claim(claim) = fact
                && claim.kind == ClaimKind::Click
            {
                self.click_ids.insert(claim.label.value().to_owned());
            }
            self.facts.extend(serde_json::to_value(fact).ok());
        }
        let home = || args![org; refold::texts([&part.id])];
        for row in transaction.run(&ledger_sql::CUSTOMERS, home()).await? {
            self.customer(part, &row)?;
        }
        let references = transaction.run(&ledger_sql::REFERENCES, home()).await?;
        for row in transaction.run(&ledger_sql::SALES, home()).await? {
            self.sale(part, &row, &references)?;
        }
        for row in transaction.run(&ledger_sql::LEADS, home()).await? {
            self.lead(&row)?;
        }
        self.deliveries(transaction, org, part).await
    }

    fn customer(&mut self, part: &Part, row: &Row) -> Result<(), StoreError> {
        let names: Vec<Name> = serde_json::from_str(row.text("names")?)
            .map_err(|_damaged| StoreError::Corrupt("customers.names"))?;
        let is_guest = |name: &Name| {
            let of = name.value().strip_prefix("guest/").and_then(Name::payment);
            of.is_some_and(|payment| part.names.contains(&payment))
        };
        if !names.iter().any(|n| part.names.contains(n) || is_guest(n)) {
            return Ok(());
        }
        self.customer_ids.insert(row.text("id")?.to_owned());
        self.click_ids
            .extend(row.opt_text("click_id")?.map(str::to_owned));
        self.customers.push(json!({
            "id": row.text("id")?,
            "livemode": row.flag("livemode")?,
            "names": names.iter().map(Name::value).collect::<Vec<_>>(),
            "externalId": row.opt_text("external_id")?,
            "email": row.opt_text("email")?,
            "name": row.opt_text("name")?,
            "avatar": row.opt_text("avatar")?,
            "partnerId": row.opt_text("partner_id")?,
            "clickId": row.opt_text("click_id")?,
            "createdAt": time(row.int("created_at")?),
        }));
        Ok(())
    }

    fn is_known(&self, row: &Row) -> Result<bool, StoreError> {
        let customer_id = row.opt_text("customer_id")?;
        Ok(customer_id.is_some_and(|id| self.customer_ids.contains(id)))
    }

    fn sale(&mut self, part: &Part, row: &Row, references: &[Row]) -> Result<(), StoreError> {
        let id = row.text("id")?;
        let mut names: Vec<Name> = Vec::new();
        for reference in references {
            if reference.text("sale_id")? == id {
                names.extend(Name::from_stored(reference.text("name")?));
            }
        }
        if !self.is_known(row)? && !names.iter().any(|name| part.names.contains(name)) {
            return Ok(());
        }
        self.click_ids
            .extend(row.opt_text("click_id")?.map(str::to_owned));
        self.sales.push(json!({
            "id": id,
            "livemode": row.flag("livemode")?,
            "state": row.text("state")?,
            "invoiceId": row.opt_text("invoice_id")?,
            "references": names.iter().map(Name::value).collect::<Vec<_>>(),
            "eventName": row.text("event_name")?,
            "paymentProcessor": row.text("payment_processor")?,
            "kind": row.text("kind")?,
            "currency": row.text("currency")?,
            "amount": row.int("net")?,
            "amountRefunded": row.int("refunded")?,
            "amountDisputed": row.int("disputed")?,
            "gross": {
                "subtotal": row.int("subtotal")?,
                "discount": row.int("discount")?,
                "tax": row.int("tax")?,
                "shipping": row.int("shipping")?,
                "total": row.int("gross")?,
            },
            "partnerId": row.opt_text("partner_id")?,
            "clickId": row.opt_text("click_id")?,
            "metadata": row.opt_text("metadata")?.map(json_or_text),
            "occurredAt": time(row.int("occurred_at")?),
        }));
        Ok(())
    }

    fn lead(&mut self, row: &Row) -> Result<(), StoreError> {
        if self.is_known(row)? {
            self.click_ids
                .extend(row.opt_text("click_id")?.map(str::to_owned));
            self.leads.push(json!({
                "id": row.text("id")?,
                "livemode": row.flag("livemode")?,
                "eventName": row.text("event_name")?,
                "partnerId": row.opt_text("partner_id")?,
                "clickId": row.opt_text("click_id")?,
                "occurredAt": time(row.int("occurred_at")?),
            }));
        }
        Ok(())
    }

    async fn deliveries(
        &mut self,
        transaction: &mut dyn Transaction,
        org: &str,
        part: &Part,
    ) -> Result<(), StoreError> {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for statement in [&ledger_sql::EVENTS_OF, &ledger_sql::FACTS_EVENTS] {
            let args = args![org; refold::texts([&part.id])];
            for row in transaction.run(statement, args).await? {
                ids.insert(row.text("id")?.to_owned());
            }
        }
        let settings = transaction.run(&ledger_sql::SETTINGS, args![org]).await?;
        let settings = events::settings(settings)?;
        let rows = refold::texts(&ids);
        for row in deliveries::of_events(transaction, org, rows).await? {
            let event = events::event(&row, &settings)?;
            let mut told = event.reading.facts.iter().flat_map(Fact::names);
            if told.any(|name| part.names.contains(name)) {
                let body = inbox::unpack(row.bytes("body")?)?;
                self.deliveries.push(json!({
                    "id": event.id,
                    "processor": event.processor,
                    "type": row.text("type")?,
                    "receivedAt": time(row.int("received_at")?),
                    "body": json_or_text(&String::from_utf8_lossy(&body)),
                }));
            }
        }
        Ok(())
    }

    async fn clicks(
        &mut self,
        transaction: &mut dyn Transaction,
        org: &str,
    ) -> Result<(), StoreError> {
        if self.click_ids.is_empty() {
            return Ok(());
        }
        let rows = refold::texts(&self.click_ids);
        for row in story::clicks(transaction, org, rows).await? {
            self.clicks.push(json!({
                "id": row.text("id")?,
                "linkId": row.text("link_id")?,
                "partnerId": row.text("partner_id")?,
                "clickedAt": time(row.int("clicked_at")?),
                "url": row.opt_text("url")?,
                "referrer": row.opt_text("referrer")?,
            }));
        }
        Ok(())
    }
}

/// What was sent as JSON stays JSON, all else is a text.
fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_other| Value::from(text))
}

fn time(micros: i64) -> String {
    Micros(micros).to_string()
}
