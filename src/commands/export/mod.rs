//! `export`: sales, commissions or payouts to stdout, as CSV or one JSON object a line. Amounts are in the
//! smallest unit of their currency.

mod sql;
mod write;

use std::collections::BTreeMap;

use anyhow::Result;
use providers::{Micros, Name};
use serde_json::{Map, Value, json};

pub use sql::STATEMENTS;

use super::{Bench, output};
use crate::args;
use crate::cli::{Exit, ExportArgs, Exported};
use crate::ledger::fold::is_own;
use crate::store::{Row, Rows, StoreError};
use write::Writer;

/// Rows read at once.
const PAGE_ROWS: i64 = 500;

const SALES: &[&str] = &[
    "id",
    "invoiceId",
    "references",
    "eventName",
    "paymentProcessor",
    "livemode",
    "amount",
    "amountRefunded",
    "amountDisputed",
    "netAmount",
    "currency",
    "grossSubtotal",
    "grossDiscount",
    "grossTax",
    "grossShipping",
    "grossTotal",
    "commissionAmount",
    "commissionCurrency",
    "kind",
    "partnerId",
    "partnerName",
    "partnerEmail",
    "programId",
    "clickId",
    "customerExternalId",
    "customerEmail",
    "occurredAt",
    "availableAt",
    "createdAt",
];

const COMMISSIONS: &[&str] = &[
    "id",
    "partnerId",
    "partnerName",
    "partnerEmail",
    "programId",
    "livemode",
    "amount",
    "paid",
    "currency",
    "occurredAt",
    "availableAt",
];

const PAYOUTS: &[&str] = &[
    "id",
    "partnerId",
    "partnerName",
    "partnerEmail",
    "programId",
    "amount",
    "currency",
    "status",
    "note",
    "createdAt",
    "reversedAt",
    "reversedReason",
];

pub(super) async fn run(bench: &Bench, args: &ExportArgs) -> Result<Exit> {
    let (columns, statement) = match args.what {
        Exported::Sales => (SALES, &sql::SALES),
        Exported::Commissions => (COMMISSIONS, &sql::COMMISSIONS),
        Exported::Payouts => (PAYOUTS, &sql::PAYOUTS),
    };
    let mut writer = Writer::new(args.format, columns)?;
    for organization in bench.organizations().await? {
        let org = organization.id.as_str();
        let mut last = String::new();
        loop {
            let args_of_page = args![org, last.as_str(), PAGE_ROWS];
            let rows = bench.store.read(statement, args_of_page).await?;
            let Some(row) = rows.last() else { break };
            row.text("id")?.clone_into(&mut last);
            let mut references = match args.what {
                Exported::Sales => references(bench, org, &rows).await?,
                Exported::Commissions | Exported::Payouts => BTreeMap::new(),
            };
            for row in &rows {
                let shown = match args.what {
                    Exported::Sales => sale(row, references.remove(row.text("id")?))?,
                    Exported::Commissions => commission(row)?,
                    Exported::Payouts => payout(row)?,
                };
                writer.write(&shown)?;
            }
        }
    }
    writer.finish()?;
    Ok(Exit::Success)
}

/// The names of each sale, as its processor and merchant write them.
async fn references(
    bench: &Bench,
    org: &str,
    sales: &[Row],
) -> Result<BTreeMap<String, Vec<String>>> {
    let mut ids = Rows::new(1);
    for row in sales {
        ids.push([row.text("id")?.into()]);
    }
    let mut references: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in bench.store.read(&sql::REFERENCES, args![org; ids]).await? {
        let name = Name::from_stored(row.text("name")?).filter(|name| !is_own(name));
        if let Some(name) = name {
            let names = references.entry(row.text("sale_id")?.to_owned());
            names.or_default().push(name.value().to_owned());
        }
    }
    Ok(references)
}

fn time(row: &Row, column: &'static str) -> Result<String, StoreError> {
    Ok(Micros(row.int(column)?).to_string())
}

fn sale(row: &Row, references: Option<Vec<String>>) -> Result<Map<String, Value>, StoreError> {
    let (net, refunded, disputed) = (row.int("net")?, row.int("refunded")?, row.int("disputed")?);
    let mut shown = output::row(json!({
        "id": row.text("id")?,
        "invoiceId": row.opt_text("invoice_id")?,
        "references": references.unwrap_or_default(),
        "eventName": row.text("event_name")?,
        "paymentProcessor": row.text("payment_processor")?,
        "livemode": row.flag("livemode")?,
        "amount": net,
        "amountRefunded": refunded,
        "amountDisputed": disputed,
        "netAmount": net.saturating_sub(refunded).saturating_sub(disputed),
        "currency": row.text("currency")?,
        "commissionAmount": row.int("commission_left")?,
        "commissionCurrency": row.text("commission_currency")?,
        "kind": row.text("kind")?,
        "clickId": row.opt_text("click_id")?,
        "programId": row.opt_text("program_id")?,
        "customerExternalId": row.opt_text("customer_external_id")?,
        "customerEmail": row.opt_text("customer_email")?,
        "occurredAt": time(row, "occurred_at")?,
        "availableAt": time(row, "available_at")?,
        "createdAt": time(row, "created_at")?,
    }));
    shown.extend(output::row(json!({
        "grossSubtotal": row.int("subtotal")?,
        "grossDiscount": row.int("discount")?,
        "grossTax": row.int("tax")?,
        "grossShipping": row.int("shipping")?,
        "grossTotal": row.int("gross")?,
    })));
    shown.extend(partner(row)?);
    Ok(shown)
}

fn commission(row: &Row) -> Result<Map<String, Value>, StoreError> {
    let mut shown = output::row(json!({
        "id": row.text("id")?,
        "programId": row.text("program_id")?,
        "livemode": row.flag("livemode")?,
        "amount": row.int("amount")?,
        "paid": row.int("paid")?,
        "currency": row.text("currency")?,
        "occurredAt": time(row, "occurred_at")?,
        "availableAt": time(row, "available_at")?,
    }));
    shown.extend(partner(row)?);
    Ok(shown)
}

fn payout(row: &Row) -> Result<Map<String, Value>, StoreError> {
    let mut shown = output::row(json!({
        "id": row.text("id")?,
        "programId": row.text("program_id")?,
        "amount": row.int("amount")?,
        "currency": row.text("currency")?,
        "status": row.text("status")?,
        "note": row.opt_text("note")?,
        "createdAt": time(row, "created_at")?,
        "reversedAt": row.opt_int("reversed_at")?.map(|at| Micros(at).to_string()),
        "reversedReason": row.opt_text("reversed_reason")?,
    }));
    shown.extend(partner(row)?);
    Ok(shown)
}

fn partner(row: &Row) -> Result<Map<String, Value>, StoreError> {
    Ok(output::row(json!({
        "partnerId": row.opt_text("partner_id")?,
        "partnerName": row.opt_text("partner_name")?,
        "partnerEmail": row.opt_text("partner_email")?,
    })))
}
