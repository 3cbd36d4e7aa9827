//! `export`: sales, commissions or payouts to stdout, as CSV or one JSON object a line. Amounts are in the
//! smallest unit of their currency.

mod write;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Bench, output};
use crate::books::Scope;
use crate::books::earnings::{self, Earning};
use crate::books::partners::{self, Partner};
use crate::books::payouts::{self, Payout};
use crate::books::sales::{self, Sale};
use crate::cli::{Exit, ExportArgs, Exported};
use crate::store::StoreError;
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
    let columns = match args.what {
        Exported::Sales => SALES,
        Exported::Commissions => COMMISSIONS,
        Exported::Payouts => PAYOUTS,
    };
    let mut writer = Writer::new(args.format, columns)?;
    for organization in bench.organizations().await? {
        let books = bench.books(&organization.id);
        let mut last = String::new();
        loop {
            let next = next(&books, args.what, &last).await?;
            let Some(row) = next.last() else { break };
            last.clone_from(&row.position);
            let ids = next.iter().filter_map(|row| row.partner_id.as_deref());
            let partners = partners::of_ids(&books, ids).await?;
            for row in next {
                let partner = row.partner_id.and_then(|id| partners.get(&id));
                let mut shown = row.shown;
                shown.extend(whose(partner));
                writer.write(&shown)?;
            }
        }
    }
    writer.finish()?;
    Ok(Exit::Success)
}

/// A line, but for who its partner is.
struct Line {
    /// Where the export goes on after it.
    position: String,
    partner_id: Option<String>,
    shown: Map<String, Value>,
}

async fn next(books: &Scope<'_>, what: Exported, after: &str) -> Result<Vec<Line>, StoreError> {
    Ok(match what {
        Exported::Sales => {
            let rows = sales::next(books, after, PAGE_ROWS).await?;
            rows.into_iter().map(sale).collect()
        }
        Exported::Commissions => {
            let rows = earnings::next(books, after, PAGE_ROWS).await?;
            rows.into_iter().map(commission).collect()
        }
        Exported::Payouts => {
            let rows = payouts::next(books, after, PAGE_ROWS).await?;
            rows.into_iter().map(payout).collect()
        }
    })
}

fn sale(sale: Sale) -> Line {
    let (amounts, commission) = (sale.amounts, sale.commission);
    let customer = sale.customer.as_ref();
    let mut shown = output::row(json!({
        "id": sale.id,
        "invoiceId": sale.invoice_id,
        "references": sale.references,
        "eventName": sale.event_name,
        "paymentProcessor": sale.payment_processor,
        "livemode": sale.livemode,
        "amount": amounts.net,
        "amountRefunded": amounts.refunded,
        "amountDisputed": amounts.disputed,
        "netAmount": amounts.left(),
        "currency": sale.currency.code(),
        "commissionAmount": commission.left,
        "commissionCurrency": commission.currency.code(),
        "kind": sale.kind.word(),
        "clickId": sale.click_id,
        "programId": sale.program_id,
        "customerExternalId": customer.and_then(|customer| customer.external_id.as_ref()),
        "customerEmail": customer.and_then(|customer| customer.email.as_ref()),
        "occurredAt": sale.occurred_at.to_string(),
        "availableAt": sale.available_at.to_string(),
        "createdAt": sale.created_at.to_string(),
    }));
    shown.extend(output::row(json!({
        "grossSubtotal": amounts.subtotal,
        "grossDiscount": amounts.discount,
        "grossTax": amounts.tax,
        "grossShipping": amounts.shipping,
        "grossTotal": amounts.gross,
    })));
    Line {
        position: sale.id,
        partner_id: sale.partner_id,
        shown,
    }
}

fn commission(earning: Earning) -> Line {
    let shown = output::row(json!({
        "id": earning.subject_id,
        "programId": earning.program_id,
        "livemode": earning.livemode,
        "amount": earning.amount,
        "paid": earning.paid,
        "currency": earning.currency.code(),
        "occurredAt": earning.occurred_at.to_string(),
        "availableAt": earning.available_at.to_string(),
    }));
    Line {
        position: earning.subject_id,
        partner_id: Some(earning.partner_id),
        shown,
    }
}

fn payout(payout: Payout) -> Line {
    let shown = output::row(json!({
        "id": payout.id,
        "programId": payout.program_id,
        "amount": payout.amount,
        "currency": payout.currency.code(),
        "status": payout.status.word(),
        "note": payout.note,
        "createdAt": payout.created_at.to_string(),
        "reversedAt": payout.reversed_at.map(|at| at.to_string()),
        "reversedReason": payout.reversed_reason,
    }));
    Line {
        position: payout.id,
        partner_id: Some(payout.partner_id),
        shown,
    }
}

fn whose(partner: Option<&Partner>) -> Map<String, Value> {
    output::row(json!({
        "partnerId": partner.map(|partner| &partner.id),
        "partnerName": partner.map(|partner| &partner.name),
        "partnerEmail": partner.map(|partner| &partner.email),
    }))
}
