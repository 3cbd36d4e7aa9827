//! The lists as tables for spreadsheets: all that a list's filters let through, not a part of it. Personal data are covered as on the page; with them
//! a table is only for who may change things.

use std::sync::Arc;

use providers::{Currency, Micros, Money};

use super::{adjustments, clicks, commissions, customers, leads, sales, scope};
use crate::app::App;
use crate::books::Found;
use crate::books::list::LOOKS;
use crate::books::{
    Part as Rows, Personal, adjustments as adjustment_books, changes as changes_books,
    clicks as click_books, commissions as commission_books, customers as customer_books,
    events as event_books, leads as lead_books, names, payouts as payout_books,
    sales as sale_books, standing,
};
use crate::catalog::{Page as CatalogPage, Partner, Series};
use crate::dashboard::Page;
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{cover, shows_personal};
use crate::sheet::{self, Cell, Part};

/// Rows that are read at once.
const ROWS: i64 = 500;

/// Whether a list is asked for as a table.
pub(super) fn wanted(viewer: &Viewer) -> bool {
    viewer.params.get("format") == "csv"
}

/// Reads a table part after part.
async fn table<F, N>(viewer: &Viewer, name: &str, columns: &[&str], next: N) -> Page
where
    F: Future<Output = Result<Part, Problem>> + Send,
    N: Fn(String) -> F + Send + 'static,
{
    if shows_personal(viewer) && !viewer.may(Right::Change) {
        return Err(Problem::Forbidden);
    }
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let first = next(String::new()).await?;
    Ok(sheet::answer(name, &columns, first, next))
}

/// A table whose parts an async function of the app, the viewer and the position reads.
macro_rules! table {
    ($app:ident, $viewer:ident, $name:literal, $columns:expr, $part:path) => {{
        let (app, viewer): (Arc<App>, Viewer) = ($app, $viewer.clone());
        table(&$viewer, $name, $columns, move |after: String| {
            let (app, viewer) = (app.clone(), viewer.clone());
            async move { $part(&app, &viewer, &after).await }
        })
        .await
    }};
}

const fn rows(after: &str) -> Rows<'_> {
    Rows {
        after,
        rows: ROWS,
        looks: LOOKS,
    }
}

/// The rows as cells, and where the list goes on.
fn part<T>(
    found: Found<T>,
    position: impl Fn(&T) -> String,
    cells: impl FnMut(&T) -> Vec<Cell>,
) -> Part {
    let full = usize::try_from(ROWS).is_ok_and(|rows| found.rows.len() >= rows);
    let last = found.rows.last().filter(|_| full).map(position);
    Part {
        rows: found.rows.iter().map(cells).collect(),
        next: last.or(found.go_on),
    }
}

/// An amount as a spreadsheet reads it: digits and a point.
fn amount(minor: i64, currency: Currency) -> Cell {
    let text = Money::new(minor, currency).to_string();
    Cell::plain(text.split(' ').next().unwrap_or_default())
}

fn time(at: Option<Micros>) -> Cell {
    at.map_or(Cell::EMPTY, Cell::plain)
}

fn personal(viewer: &Viewer, value: Option<&Personal>) -> Cell {
    let shown = value.map(Personal::expose);
    match shown {
        Some(text) if !shows_personal(viewer) => Cell::Text(cover(text)),
        shown => Cell::text(shown),
    }
}

fn text(value: Option<&String>) -> Cell {
    Cell::text(value.map(String::as_str))
}

pub(super) async fn of_sales(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "paid",
        "payment",
        "processor",
        "kind",
        "event",
        "livemode",
        "currency",
        "gross",
        "net",
        "refunded",
        "disputed",
        "left",
        "customerId",
        "customerEmail",
        "partnerId",
        "partner",
        "programId",
        "linkId",
        "clickId",
        "commission",
        "commissionCurrency",
        "state",
        "availableAt",
    ];
    table!(app, viewer, "sales", &columns, sales_part)
}

async fn sales_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let scope = scope(app, viewer);
    let by = sales::conditions(viewer)?;
    let found = sale_books::list(&scope, &by, rows(after)).await?;
    let partners = found
        .rows
        .iter()
        .filter_map(|sale| sale.partner_id.as_deref());
    let names = names::partners(&scope, partners).await?;
    Ok(part(
        found,
        |sale| sale.id.clone(),
        |sale| {
            let (amounts, currency) = (sale.amounts, sale.currency);
            let buyer = sale.customer.as_ref();
            let partner = sale.partner_id.as_ref();
            let earned = |cell: Cell| partner.map_or(Cell::EMPTY, |_| cell);
            vec![
                Cell::plain(&sale.id),
                Cell::plain(sale.occurred_at),
                text(sale.invoice_id.as_ref()),
                Cell::plain(&sale.payment_processor),
                Cell::plain(sale.kind.word()),
                Cell::text(Some(&sale.event_name)),
                Cell::plain(sale.livemode),
                Cell::plain(currency.code()),
                amount(amounts.gross, currency),
                amount(amounts.net, currency),
                amount(amounts.refunded, currency),
                amount(amounts.disputed, currency),
                amount(amounts.left(), currency),
                Cell::text(buyer.map(|buyer| buyer.id.as_str())),
                personal(viewer, buyer.and_then(|buyer| buyer.email.as_ref())),
                text(partner),
                text(partner.and_then(|id| names.get(id))),
                text(sale.program_id.as_ref()),
                text(sale.link_id.as_ref()),
                text(sale.click_id.as_ref()),
                earned(amount(sale.commission.left, sale.commission.currency)),
                earned(Cell::plain(sale.commission.currency.code())),
                earned(Cell::plain(sale.status.word())),
                earned(Cell::plain(sale.available_at)),
            ]
        },
    ))
}

pub(super) async fn of_partners(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id", "name", "email", "tenantId", "status", "since", "currency", "pending", "payable",
        "held", "paid",
    ];
    table!(app, viewer, "partners", &columns, partners_part)
}

/// A row for each currency in which a partner has something; one without amounts where there is none.
async fn partners_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let series = Series::of([]);
    let page = CatalogPage {
        limit: ROWS,
        after: after.to_owned(),
        series: series.clone(),
    };
    let found = super::partner_list::part(app, viewer, &page).await?;
    let ids = found.data.iter().map(|partner| partner.id.as_str());
    let balances = standing::of(&scope(app, viewer), viewer.livemode, ids).await?;
    let mut lines = Vec::new();
    for partner in &found.data {
        let who = |partner: &Partner| {
            vec![
                Cell::plain(&partner.id),
                Cell::text(Some(&partner.name)),
                personal(viewer, Some(&Personal::from(partner.email.as_str()))),
                text(partner.tenant_id.as_ref()),
                Cell::plain(&partner.status),
                Cell::plain(&partner.created_at),
            ]
        };
        let of = balances
            .get(&partner.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        for balance in of {
            let figures = [
                balance.pending,
                balance.approved,
                balance.held,
                balance.paid,
            ];
            let mut line = who(partner);
            line.push(Cell::plain(balance.currency.code()));
            line.extend(figures.map(|figure| amount(figure, balance.currency)));
            lines.push(line);
        }
        if of.is_empty() {
            let mut line = who(partner);
            line.extend([const { Cell::EMPTY }; 5]);
            lines.push(line);
        }
    }
    let next = found
        .next_cursor
        .and_then(|cursor| series.position(&cursor));
    Ok(Part { rows: lines, next })
}

pub(super) async fn of_payouts(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "recorded",
        "partnerId",
        "partner",
        "programId",
        "amount",
        "currency",
        "state",
        "note",
        "reversedAt",
        "reversedReason",
    ];
    table!(app, viewer, "payouts", &columns, payouts_part)
}

async fn payouts_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    if !viewer.livemode {
        return Ok(Part {
            rows: Vec::new(),
            next: None,
        });
    }
    let scope = scope(app, viewer);
    let found =
        payout_books::list(&scope, &super::payouts::conditions(viewer)?, rows(after)).await?;
    let partners = found.rows.iter().map(|payout| payout.partner_id.as_str());
    let names = names::partners(&scope, partners).await?;
    Ok(part(
        found,
        |payout| payout.id.clone(),
        |payout| {
            vec![
                Cell::plain(&payout.id),
                Cell::plain(payout.created_at),
                Cell::plain(&payout.partner_id),
                text(names.get(&payout.partner_id)),
                Cell::plain(&payout.program_id),
                amount(payout.amount, payout.currency),
                Cell::plain(payout.currency.code()),
                Cell::plain(payout.status.word()),
                text(payout.note.as_ref()),
                time(payout.reversed_at),
                text(payout.reversed_reason.as_ref()),
            ]
        },
    ))
}

pub(super) async fn of_adjustments(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "booked",
        "kind",
        "partnerId",
        "partner",
        "programId",
        "amount",
        "currency",
        "livemode",
        "reason",
    ];
    table!(app, viewer, "adjustments", &columns, adjustments_part)
}

async fn adjustments_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let scope = scope(app, viewer);
    let by = adjustments::conditions(viewer)?;
    let found = adjustment_books::list(&scope, &by, rows(after)).await?;
    let partners = found.rows.iter().map(|one| one.partner_id.as_str());
    let names = names::partners(&scope, partners).await?;
    Ok(part(
        found,
        |one| one.id.clone(),
        |one| {
            vec![
                Cell::plain(&one.id),
                Cell::plain(one.created_at),
                Cell::plain(one.kind.word()),
                Cell::plain(&one.partner_id),
                text(names.get(&one.partner_id)),
                Cell::plain(&one.program_id),
                amount(one.amount, one.currency),
                Cell::plain(one.currency.code()),
                Cell::plain(one.livemode),
                Cell::text(Some(&one.reason)),
            ]
        },
    ))
}

pub(super) async fn of_events(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "received",
        "type",
        "processor",
        "sourceId",
        "externalId",
        "livemode",
        "state",
        "reason",
        "occurred",
        "processed",
        "deliveries",
        "differ",
    ];
    table!(app, viewer, "events", &columns, events_part)
}

async fn events_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let scope = scope(app, viewer);
    let found = super::events::found(&scope, viewer, rows(after)).await?;
    Ok(part(
        found,
        |event: &event_books::Event| event.id.clone(),
        |event| {
            vec![
                Cell::plain(&event.id),
                Cell::plain(event.received_at),
                Cell::text(Some(&event.event_type)),
                Cell::plain(&event.processor),
                Cell::plain(&event.source_id),
                Cell::text(Some(&event.external_id)),
                Cell::plain(event.livemode),
                Cell::plain(event.state.word()),
                text(event.reason.as_ref()),
                time(event.occurred_at),
                time(event.processed_at),
                Cell::plain(event.deliveries),
                Cell::plain(event.conflicts),
            ]
        },
    ))
}

pub(super) async fn of_changes(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "at",
        "kind",
        "actorId",
        "actor",
        "type",
        "subjectId",
        "reason",
        "details",
    ];
    table!(app, viewer, "changes", &columns, changes_part)
}

async fn changes_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let by = super::changes::conditions(viewer)?;
    let found = changes_books::list(&scope(app, viewer), &by, rows(after)).await?;
    Ok(part(
        found,
        |change| change.id.clone(),
        |change| {
            vec![
                Cell::plain(&change.id),
                Cell::plain(change.at),
                Cell::plain(&change.actor_kind),
                Cell::plain(&change.actor_id),
                Cell::text(Some(change.actor_name.expose())),
                Cell::plain(change.what.word()),
                Cell::plain(&change.subject_id),
                text(change.reason.as_ref()),
                Cell::Text(change.details.to_string()),
            ]
        },
    ))
}

pub(super) async fn of_customers(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "externalId",
        "email",
        "name",
        "livemode",
        "partnerId",
        "partner",
        "programId",
        "clickId",
        "createdAt",
        "updatedAt",
    ];
    table!(app, viewer, "customers", &columns, customers_part)
}

async fn customers_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let scope = scope(app, viewer);
    let found = customer_books::list(&scope, &customers::conditions(viewer), rows(after)).await?;
    let partners = found
        .rows
        .iter()
        .filter_map(|customer| customer.partner_id.as_deref());
    let names = names::partners(&scope, partners).await?;
    Ok(part(
        found,
        |customer| customer.id.clone(),
        |customer| {
            let partner = customer.partner_id.as_ref();
            vec![
                Cell::plain(&customer.id),
                personal(viewer, customer.external_id.as_ref()),
                personal(viewer, customer.email.as_ref()),
                personal(viewer, customer.name.as_ref()),
                Cell::plain(customer.livemode),
                text(partner),
                text(partner.and_then(|id| names.get(id))),
                text(customer.program_id.as_ref()),
                text(customer.click_id.as_ref()),
                Cell::plain(customer.created_at),
                Cell::plain(customer.updated_at),
            ]
        },
    ))
}

pub(super) async fn of_leads(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "at",
        "event",
        "livemode",
        "customerId",
        "partnerId",
        "partner",
        "programId",
        "clickId",
        "createdAt",
    ];
    table!(app, viewer, "leads", &columns, leads_part)
}

async fn leads_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let scope = scope(app, viewer);
    let found = lead_books::list(&scope, &leads::conditions(viewer)?, rows(after)).await?;
    let partners = found
        .rows
        .iter()
        .filter_map(|lead| lead.partner_id.as_deref());
    let names = names::partners(&scope, partners).await?;
    Ok(part(
        found,
        |lead| lead.id.clone(),
        |lead| {
            let partner = lead.partner_id.as_ref();
            vec![
                Cell::plain(&lead.id),
                Cell::plain(lead.occurred_at),
                Cell::text(Some(&lead.event_name)),
                Cell::plain(lead.livemode),
                text(lead.customer_id.as_ref()),
                text(partner),
                text(partner.and_then(|id| names.get(id))),
                text(lead.program_id.as_ref()),
                text(lead.click_id.as_ref()),
                Cell::plain(lead.created_at),
            ]
        },
    ))
}

pub(super) async fn of_clicks(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "clickedAt",
        "linkId",
        "partnerId",
        "partner",
        "programId",
        "url",
        "referrer",
        "createdAt",
    ];
    table!(app, viewer, "clicks", &columns, clicks_part)
}

async fn clicks_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let scope = scope(app, viewer);
    let found = click_books::list(&scope, &clicks::conditions(viewer)?, rows(after)).await?;
    let partners = found.rows.iter().map(|click| click.partner_id.as_str());
    let names = names::partners(&scope, partners).await?;
    Ok(part(
        found,
        |click| click.id.clone(),
        |click| {
            vec![
                Cell::plain(&click.id),
                Cell::plain(click.clicked_at),
                Cell::plain(&click.link_id),
                Cell::plain(&click.partner_id),
                text(names.get(&click.partner_id)),
                Cell::plain(&click.program_id),
                text(click.url.as_ref()),
                text(click.referrer.as_ref()),
                Cell::plain(click.created_at),
            ]
        },
    ))
}

pub(super) async fn of_commissions(app: Arc<App>, viewer: Viewer) -> Page {
    let columns = [
        "id",
        "for",
        "at",
        "livemode",
        "partnerId",
        "partner",
        "programId",
        "full",
        "left",
        "held",
        "currency",
        "state",
        "reason",
        "availableAt",
    ];
    table!(app, viewer, "commissions", &columns, commissions_part)
}

async fn commissions_part(app: &Arc<App>, viewer: &Viewer, after: &str) -> Result<Part, Problem> {
    let scope = scope(app, viewer);
    let by = commissions::conditions(&viewer.params, viewer.livemode)?;
    let found = commission_books::list(&scope, &by, rows(after)).await?;
    let partners = found.rows.iter().map(|one| one.partner_id.as_str());
    let names = names::partners(&scope, partners).await?;
    Ok(part(
        found,
        |one| one.tail.clone(),
        |one| {
            vec![
                Cell::Plain(commissions::id(one)),
                Cell::plain(commissions::subject_id(one)),
                Cell::plain(one.occurred_at),
                Cell::plain(one.livemode),
                Cell::plain(&one.partner_id),
                text(names.get(&one.partner_id)),
                Cell::plain(&one.program_id),
                amount(one.full, one.currency),
                amount(one.amount, one.currency),
                amount(one.held, one.currency),
                Cell::plain(one.currency.code()),
                Cell::plain(one.status.word()),
                text(one.reason.as_ref()),
                Cell::plain(one.available_at),
            ]
        },
    ))
}
