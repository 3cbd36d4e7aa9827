//! `export`: sales, commissions or payouts to stdout, as CSV or one JSON object a line, newest first. Amounts are in the
//! smallest unit of their currency; ids are those of the API.

mod write;

use anyhow::Result;
use providers::Micros;
use serde_json::{Map, Value, json};

use super::{Bench, Usage, output};
use crate::books::commissions::{self, Commission, Subject};
use crate::books::partners::{self, Partner};
use crate::books::payouts::{self, Payout};
use crate::books::sales::{self, Sale};
use crate::books::{Found, Part, Scope};
use crate::cli::{Exit, ExportArgs, Exported, in_order};
use crate::id;
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
    "status",
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
    "saleId",
    "leadId",
    "partnerId",
    "partnerName",
    "partnerEmail",
    "programId",
    "livemode",
    "status",
    "amount",
    "full",
    "held",
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
    let filter = Filter::of(args, bench.clock.now())?;
    must_be_a_partner(bench, args.partner.as_deref()).await?;
    let mut writer = Writer::new(args.format, columns)?;
    for organization in bench.organizations().await? {
        let books = bench.books(&organization.id);
        let mut next = Some(String::new());
        while let Some(after) = next.take() {
            let lines = filter.lines(&books, &after).await?;
            next = lines.go_on;
            let ids = lines
                .rows
                .iter()
                .filter_map(|row| row.partner_id.as_deref());
            let partners = partners::of_ids(&books, ids).await?;
            for row in lines.rows {
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

/// Refuses the id of a partner that there is not: an empty export would say that it earned nothing.
async fn must_be_a_partner(bench: &Bench, id: Option<&str>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    for organization in bench.organizations().await? {
        if partners::find(&bench.books(&organization.id), id)
            .await?
            .is_some()
        {
            return Ok(());
        }
    }
    Err(Usage(format!("--partner: no partner has the id {id}")).into())
}

/// What is to be written.
struct Filter<'a> {
    args: &'a ExportArgs,
    now: Micros,
    earned: Option<sales::Status>,
    paid: Option<payouts::Status>,
}

impl<'a> Filter<'a> {
    fn of(args: &'a ExportArgs, now: Micros) -> Result<Self> {
        let (since, until) = args.range();
        in_order(since, until, now).map_err(|message| Usage(message.to_owned()))?;
        let mut filter = Self {
            args,
            now,
            earned: None,
            paid: None,
        };
        let Some(word) = args.status.as_deref() else {
            return Ok(filter);
        };
        filter.earned = sales::Status::ALL
            .iter()
            .copied()
            .find(|one| one.word() == word);
        filter.paid = payouts::Status::ALL
            .iter()
            .copied()
            .find(|one| one.word() == word);
        let (is_known, words) = if args.what == Exported::Payouts {
            let words: Vec<_> = payouts::Status::ALL.iter().map(|one| one.word()).collect();
            (filter.paid.is_some(), words)
        } else {
            let words: Vec<_> = sales::Status::ALL.iter().map(|one| one.word()).collect();
            (filter.earned.is_some(), words)
        };
        if !is_known {
            return Err(Usage(format!("--status must be one of {}", words.join(", "))).into());
        }
        Ok(filter)
    }

    /// The next lines, newest first, and where to go on.
    async fn lines(&self, books: &Scope<'_>, after: &str) -> Result<Found<Line>, StoreError> {
        let part = Part::first(PAGE_ROWS).from(after);
        let found = match self.args.what {
            Exported::Sales => self.sales(books, part).await?,
            Exported::Commissions => self.commissions(books, part).await?,
            Exported::Payouts => self.payouts(books, part).await?,
        };
        Ok(whole(found))
    }

    /// What every kind of line may be asked for: whose it is, since when and until when.
    fn asked<'b, B>(
        &'b self,
        partner: fn(&'b str) -> B,
        from: fn(Micros) -> B,
        to: fn(Micros) -> B,
    ) -> Vec<B> {
        let (since, until) = self.args.range();
        let mut by = Vec::new();
        by.extend(self.args.partner.as_deref().map(partner));
        by.extend(since.map(|since| from(since.at(self.now))));
        by.extend(until.map(|until| to(until.at(self.now))));
        by
    }

    async fn sales(&self, books: &Scope<'_>, part: Part<'_>) -> Result<Found<Line>, StoreError> {
        let mut by = self.asked(sales::By::Partner, sales::By::From, sales::By::To);
        by.extend(self.earned.map(sales::By::Status));
        Ok(lines_of(sales::list(books, &by, part).await?, sale))
    }

    async fn commissions(
        &self,
        books: &Scope<'_>,
        part: Part<'_>,
    ) -> Result<Found<Line>, StoreError> {
        let mut by = self.asked(
            commissions::By::Partner,
            commissions::By::From,
            commissions::By::To,
        );
        by.extend(self.earned.map(commissions::By::Status));
        let found = commissions::list(books, &by, part).await?;
        let paid = commissions::paid(books, &found.rows).await?;
        let mut lines = lines_of(found, commission);
        for (line, paid) in lines.rows.iter_mut().zip(paid) {
            line.shown.insert("paid".to_owned(), paid.into());
        }
        Ok(lines)
    }

    async fn payouts(&self, books: &Scope<'_>, part: Part<'_>) -> Result<Found<Line>, StoreError> {
        let mut by = self.asked(payouts::By::Partner, payouts::By::From, payouts::By::To);
        by.extend(self.paid.map(payouts::By::Status));
        Ok(lines_of(payouts::list(books, &by, part).await?, payout))
    }
}

fn lines_of<T>(found: Found<T>, line: fn(T) -> Line) -> Found<Line> {
    Found {
        rows: found.rows.into_iter().map(line).collect(),
        go_on: found.go_on,
    }
}

/// A full part goes on after its last position. What stands there may have more than one line: then all of them come with the next part.
fn whole(mut found: Found<Line>) -> Found<Line> {
    let is_full = i64::try_from(found.rows.len()).is_ok_and(|rows| rows >= PAGE_ROWS);
    if let (true, Some(last)) = (is_full, found.rows.last()) {
        let cut = last.position.clone();
        let before = found.rows.iter().rev().find(|row| row.position != cut);
        if let Some(position) = before.map(|row| row.position.clone()) {
            found.rows.retain(|row| row.position != cut);
            found.go_on = Some(position);
        }
    }
    found
}

/// A line, but for who its partner is.
struct Line {
    /// Its place in the list.
    position: String,
    partner_id: Option<String>,
    shown: Map<String, Value>,
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
        "status": sale.status.word(),
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

fn commission(one: Commission) -> Line {
    let (sale_id, lead_id) = match one.subject {
        Subject::Sale(id) => (Some(id), None),
        Subject::Lead(id) => (None, Some(id)),
    };
    let shown = output::row(json!({
        "id": format!("{}_{}", id::COMMISSION, one.tail),
        "saleId": sale_id,
        "leadId": lead_id,
        "programId": one.program_id,
        "livemode": one.livemode,
        "status": one.status.word(),
        "amount": one.amount,
        "full": one.full,
        "held": one.held,
        "currency": one.currency.code(),
        "occurredAt": one.occurred_at.to_string(),
        "availableAt": one.available_at.to_string(),
    }));
    Line {
        position: one.tail,
        partner_id: Some(one.partner_id),
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
