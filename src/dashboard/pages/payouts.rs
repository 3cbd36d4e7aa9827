//! Payouts: what is due to whom, what is on its way, and what has been paid.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use providers::Currency;

use super::sales::partner;
use super::{partner_filter, pay, payout, payout_run, scope, sheets};
use crate::app::App;
use crate::books::by_program::{self, OfProgram};
use crate::books::names::{self, Names};
use crate::books::payouts::{self, Batch, By, Payout, SealedDetails, Status};
use crate::books::standing::{self, Coming, Due};
use crate::books::{Found, Part};
use crate::catalog::check;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{
    amount, badge, choice, code, coming as coming_table, count, csv_link, day_field, empty,
    encoded, filters, heading, money, pager, short, time,
};
use crate::dashboard::view::words::{refusal, spaced};
use crate::dashboard::{Page, view};
use crate::http::resources::payout_batches::download;
use crate::payouts::batch::{self, BatchError, Method};
use crate::payouts::{PayoutError, steps};

/// The address of the page.
pub(super) const PATH: &str = "/dashboard/payouts";
/// The most rows of what is due.
const DUE_MAX: usize = 100;
/// The most of those that a run leaves because they are too little.
const STAYING_MAX: i64 = 500;
/// The most payouts on their way that are shown, and approved at once.
const OPEN_MAX: i64 = 500;
/// Batches that are shown.
const BATCHES_MAX: i64 = 10;
/// Rows of what becomes available next.
const COMING_ROWS: i64 = 12;

/// What a partner lacks to be paid, by partner; nothing where no details are known.
pub(super) type Missing = BTreeMap<String, Vec<String>>;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_payouts(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    if !viewer.livemode {
        return Ok(of_test_money(&viewer));
    }
    let due = standing::due(&scope, DUE_MAX).await?;
    let staying = by_program::staying(&scope, STAYING_MAX).await?;
    let negative = standing::negative(&scope).await?;
    let open = open(&app, &viewer).await?;
    let coming = standing::coming(&scope, true, COMING_ROWS).await?;
    let found = payouts::list(&scope, &conditions(&viewer)?, place.part()).await?;
    let (rows, next) = place.cut(found, |payout| payout.id.clone());
    let batches = payouts::batches(&scope, part(BATCHES_MAX)).await?.rows;
    let of_due = due
        .iter()
        .chain(&negative)
        .map(|due| due.partner_id.as_str());
    let of_paid = open
        .iter()
        .chain(&rows)
        .map(|payout| payout.partner_id.as_str());
    let names = names::partners(&scope, of_due.chain(of_paid)).await?;
    let missing = missing(&app, &viewer, due.iter().map(|due| due.partner_id.as_str())).await?;
    let by_partner = partner_filter(&scope, &viewer).await?;
    let changes = viewer.may(Right::Change);
    let settings = viewer.href("/dashboard/payout-settings", &[]);
    let body = html! {
        (heading("Payouts", &html! { div.beside { (csv_link(&viewer)) a.button href=(settings) { "Who pays" } } }))
        div.wide-narrow {
            div.side-panels {
                section.panel {
                    div.title { h2 { "Payable now" } span.muted { "past its hold, in no payout yet" } }
                    (due_table(&viewer, (&due, &staying), &names, &missing))
                }
                (later(&viewer, &coming, &negative, &names))
            }
            @if changes { (payout_run::form(&viewer)) }
        }
        @if !open.is_empty() {
            section.panel {
                div.title { h2 { "On their way" } span.muted { "drafted, approved or sent" } }
                (table(&viewer, &open, &names))
                @if changes { (open_actions(&viewer, &open)) }
            }
        }
        @if !batches.is_empty() {
            section.panel { div.title { h2 { "Sent together" } } (batch_table(&viewer, &batches)) }
        }
        section.panel {
            div.title {
                h2 { @if let Some(batch) = viewer.params.given("batch") { "Payouts of " code { (short(batch)) } } @else { "All payouts" } }
                @if viewer.params.given("batch").is_some() { a href=(viewer.with("batch", "")) { "Show all" } }
            }
            div.body { (filters(&viewer, &fields(&viewer, &by_partner))) }
            @if rows.is_empty() { (empty("No payout yet", &html! { p { "Payouts that are drafted or recorded appear here." } })) }
            @else { (table(&viewer, &rows, &names)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Payouts", &body))
}

/// Test money cannot be paid out.
fn of_test_money(viewer: &Viewer) -> Response {
    let body = html! {
        (heading("Payouts", &html! {}))
        section.panel { (empty("Test money is never paid out", &html! {
            p { "What partners have earned in test mode stands on their pages, and that is all that becomes of it." }
            p { a href=(viewer.href_in(true, PATH, &[])) { "Show the payouts of live money" } }
        })) }
    };
    view::page(viewer, "Payouts", &body)
}

/// What becomes available on the next days, and what is netted before anything is due.
fn later(viewer: &Viewer, coming: &[Coming], negative: &[Due], names: &Names) -> Markup {
    html! {
        @if !coming.is_empty() {
            section.panel {
                div.title { h2 { "Payable next" } span.muted { "when holds end, by day of UTC, all partners together" } }
                (coming_table(coming, viewer.now))
            }
        }
        @if !negative.is_empty() {
            section.panel {
                div.title { h2 { "Carried" } span.muted { "more was taken back than is left: netted from what is earned later" } }
                (negative_table(viewer, negative, names))
            }
        }
    }
}

pub(super) fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let (from, to) = params.days()?;
    let mut by = Vec::new();
    by.extend(params.given("partner").map(By::Partner));
    by.extend(params.given("batch").map(By::Batch));
    let status = params.word("status", Status::ALL, Status::word)?;
    by.extend(status.map(By::Status));
    by.extend(from.map(By::From));
    by.extend(to.map(By::To));
    Ok(by)
}

fn fields(viewer: &Viewer, by_partner: &Markup) -> Markup {
    let states: Vec<_> = Status::ALL
        .iter()
        .map(|one| (one.word(), one.word()))
        .collect();
    html! {
        (choice(viewer, ("status", "State"), &states))
        (by_partner)
        (day_field(viewer, ("from", "From")))
        (day_field(viewer, ("to", "To")))
    }
}

const fn part(rows: i64) -> Part<'static> {
    Part {
        after: "",
        rows,
        looks: rows,
    }
}

/// What is drafted, approved or sent.
async fn open(app: &App, viewer: &Viewer) -> Result<Vec<Payout>, Problem> {
    let scope = scope(app, viewer);
    let mut open = Vec::new();
    for status in [Status::Draft, Status::Approved, Status::Sent] {
        let found: Found<Payout> =
            payouts::list(&scope, &[By::Status(status)], part(OPEN_MAX)).await?;
        open.extend(found.rows);
    }
    Ok(open)
}

pub(super) async fn missing<'i>(
    app: &App,
    viewer: &Viewer,
    partners: impl IntoIterator<Item = &'i str>,
) -> Result<Missing, Problem> {
    let found = payouts::details(&scope(app, viewer), partners).await?;
    let found = found.into_iter();
    Ok(found
        .map(|row: SealedDetails| (row.partner_id, row.missing))
        .collect())
}

fn due_table(
    viewer: &Viewer,
    (due, staying): (&[Due], &[OfProgram]),
    names: &Names,
    missing: &Missing,
) -> Markup {
    let stays = |due: &Due| {
        let own = |one: &&OfProgram| one.partner_id == due.partner_id;
        let of: Vec<&OfProgram> = staying
            .iter()
            .filter(own)
            .filter(|one| one.currency == due.currency)
            .collect();
        of
    };
    if due.is_empty() {
        return empty(
            "Nothing is due",
            &html! { p { "What partners earn is due when its hold is over." } },
        );
    }
    html! {
        div.scroll { table.rows.middle {
            thead { tr { th { "Partner" } th { "Payout details" } th.n { "Amount" } th { span.unseen { "Record" } } } }
            tbody { @for due in due {
                tr {
                    td.r1.who { (partner(viewer, Some(&due.partner_id), names)) }
                    td.r2 { (details_of(viewer, &due.partner_id, missing)) }
                    td.n.r1 {
                        (money(due.amount, due.currency))
                        @for one in stays(due) { span.sub { @if one.amount < due.amount { (amount(one.amount, due.currency)) " " } "stays until it reaches " (amount(one.minimum, due.currency)) } }
                    }
                    td.n.r2 { (pay::record_button(viewer, due, names.get(&due.partner_id).map_or("", String::as_str))) }
                }
            } }
        } }
        div.body {
            p.muted { "What you have paid by hand you record here, so that it is netted from what is earned later, or with " code { "POST /api/payouts {\"partnerId\",\"currency\"}" } }
        }
    }
}

/// Whether it is known how a partner is paid, and a link to where that is said.
pub(super) fn details_of(viewer: &Viewer, partner_id: &str, missing: &Missing) -> Markup {
    let path = format!("/dashboard/partners/{}/payout", encoded(partner_id));
    html! {
        a href=(viewer.href(&path, &[])) {
            @match missing.get(partner_id).map(Vec::as_slice) {
                None => { (badge("missing")) }
                Some([]) => { "complete" }
                Some(some) => { (badge("incomplete")) " " span.muted { (some.iter().map(|one| spaced(one)).collect::<Vec<_>>().join(", ")) } }
            }
        }
    }
}

fn negative_table(viewer: &Viewer, negative: &[Due], names: &Names) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Partner" } th.n { "Amount" } } }
            tbody { @for due in negative {
                tr { td { (partner(viewer, Some(&due.partner_id), names)) } td.n { (money(due.amount, due.currency)) } }
            } }
        } }
    }
}

/// Payouts in a table, each with a link to its page.
pub(super) fn table(viewer: &Viewer, rows: &[Payout], names: &Names) -> Markup {
    html! {
        div.scroll { table.rows.middle {
            thead { tr { th { "Made" } th { "Payout" } th { "Partner" } th { "State" } th.wide { "Method" } th.n { "Amount" } th.wide { span.unseen { "Take back" } } } }
            tbody { @for one in rows {
                tr {
                    td.r3 { (time(one.created_at)) }
                    td.r2 {
                        a href=(viewer.href(&format!("{PATH}/{}", encoded(&one.id)), &[])) title=(one.id) {
                            @match &one.note { Some(note) => { (note) } None => { span.id { (short(&one.id)) } } }
                        }
                    }
                    td.r1.who { (partner(viewer, Some(&one.partner_id), names)) }
                    td.r2.end { (badge(one.status.word())) }
                    td.wide { @match &one.method { Some(method) => { (method) } None => { span.none { "—" } } } }
                    td.n.r1 { (money(one.amount, one.currency)) }
                    td.n.wide { (pay::reverse_link(viewer, one)) }
                }
            } }
        } }
    }
}

fn open_actions(viewer: &Viewer, open: &[Payout]) -> Markup {
    let drafts = open
        .iter()
        .filter(|one| one.status == Status::Draft)
        .count();
    let mut currencies: Vec<Currency> = open
        .iter()
        .filter(|one| one.status == Status::Approved)
        .map(|one| one.currency)
        .collect();
    currencies.sort_unstable_by_key(|currency| currency.code().to_owned());
    currencies.dedup();
    html! {
        div.body {
            @if drafts > 0 {
                form.inline method="post" action=(viewer.href(&format!("{PATH}/approve"), &[])) {
                    (view::proof(viewer))
                    button.button type="submit" { "Approve all drafts (" (drafts) ")" }
                }
            }
            @if !currencies.is_empty() {
                form.inline method="post" action=(viewer.href(&format!("{PATH}/batches"), &[])) {
                    (view::proof(viewer))
                    label { span.unseen { "Send by" } select name="method" {
                        @for (method, what) in METHODS { option value=(method.word()) { (what) } }
                    } }
                    label { span.unseen { "Currency" } select name="currency" {
                        @for currency in &currencies { option value=(currency.code()) { (code(*currency)) } }
                    } }
                    button.button.primary type="submit" { "Send what is approved" }
                }
                p.muted { "Whoever is paid that way, at most 1,000 at once. A file is kept and is always the same; what is in it is in no other." }
            }
        }
    }
}

const METHODS: [(Method, &str); 5] = [
    (Method::Paypal, "PayPal (file)"),
    (Method::Wise, "Wise (file)"),
    (Method::Sepa, "SEPA (pain.001)"),
    (Method::Stripe, "Stripe Connect"),
    (Method::Plain, "Others (plain file)"),
];

fn batch_table(viewer: &Viewer, batches: &[Batch]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Made" } th { "By" } th { "Way" } th.n { "Payouts" } th.n { "Total" } th { "File" } th {} } }
            tbody { @for one in batches {
                @let path = format!("{PATH}/batches/{}", encoded(&one.id));
                tr {
                    td { a href=(viewer.href(PATH, &[("batch", &one.id)])) title=(one.id) { (time(one.created_at)) } }
                    td { (one.created_by) }
                    td { (one.method) }
                    td.n { (count(one.payouts)) }
                    td.n { (money(one.total, one.currency)) }
                    td {
                        @match &one.digest {
                            Some(digest) => { a href=(viewer.href(&format!("{path}/file"), &[])) title={ "SHA-256 " (digest) } { "Download" } }
                            None => { span.muted { "sent by the server" } }
                        }
                    }
                    td.n {
                        @if viewer.may(Right::Change) && one.digest.is_some() {
                            form method="post" action=(viewer.href(&format!("{path}/confirm"), &[])) {
                                (view::proof(viewer))
                                button.quiet type="submit" { "All arrived" span.unseen { " of " (short(&one.id)) } }
                            }
                        }
                    }
                }
            } }
        } }
    }
}

pub(in crate::dashboard) async fn approve(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let drafts = open(&app, &viewer).await?;
    let drafts = drafts.iter().filter(|one| one.status == Status::Draft);
    for draft in drafts {
        match steps::approve(&app.scope(&viewer), &draft.id).await {
            // Discarded or approved by somebody else meanwhile.
            Ok(()) | Err(steps::StepError::Unknown | steps::StepError::Misplaced { .. }) => {}
            Err(error) => return Err(payout::problem(error, Some(&draft.id))),
        }
    }
    Ok(back(&viewer))
}

fn back(viewer: &Viewer) -> Response {
    Redirect::to(&viewer.href(PATH, &[])).into_response()
}

pub(in crate::dashboard) async fn send(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let method = fields.word("method", Method::ALL, Method::word)?;
    let method = method.ok_or_else(|| Problem::Refused("method is required".to_owned()))?;
    let currency = check::currency("currency", fields.get("currency"))?;
    batch::make(&app.scope(&viewer), &app.seal, (method, currency), &[]).await?;
    app.jobs.wake();
    Ok(back(&viewer))
}

pub(in crate::dashboard) async fn file(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    axum::extract::Path(id): axum::extract::Path<String>,
) -> Page {
    if !viewer.may(Right::Change) {
        return Err(Problem::Forbidden);
    }
    let scope = scope(&app, &viewer);
    let found = payouts::batch(&scope, &id)
        .await?
        .ok_or(Problem::NotFound)?;
    let bytes = batch::file(&scope, &app.seal, &id).await?;
    Ok(download(&found, bytes.ok_or(Problem::NotFound)?))
}

pub(in crate::dashboard) async fn confirm(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    axum::extract::Path(id): axum::extract::Path<String>,
) -> Page {
    batch::confirm(&app.scope(&viewer), &id).await?;
    Ok(back(&viewer))
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Store(error) => error.into(),
            BatchError::Details(error) => error.into(),
            BatchError::Seal(error) => {
                tracing::error!(%error, "a payout file cannot be sealed or read");
                Self::Broken
            }
            error => Self::Refused(refusal("", &error.to_string())),
        }
    }
}

impl From<PayoutError> for Problem {
    fn from(error: PayoutError) -> Self {
        match error {
            PayoutError::Store(error) => error.into(),
            error => Self::Refused(refusal("", &error.to_string())),
        }
    }
}
