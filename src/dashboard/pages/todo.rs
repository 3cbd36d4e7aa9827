//! What there is to do: each thing with its number, its reason and a link to the rows that it counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::doctor;
use super::sales::partner;
use super::scope;
use crate::app::App;
use crate::books::audits::{self, Audited};
use crate::books::by_program;
use crate::books::events;
use crate::books::health::{self, AllOpen};
use crate::books::names::Names;
use crate::books::refusals::Refused;
use crate::books::reviews::By as ReviewBy;
use crate::books::standing::Total;
use crate::books::{Part, Scope, mails, partners, webhooks};
use crate::catalog::{ReviewFilter, Reviewed};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    ago, amount, count, empty, encoded, heading, money, number, pager, short,
};
use crate::dashboard::view::{Icon, icon};
use crate::dashboard::{Page, view};
use crate::sources::Source;
use providers::Currency;

/// How long an event may wait to be read before that is worth a word, in seconds.
const UNREAD_SECONDS: i64 = 60;

/// One thing to do.
struct Todo {
    figure: i64,
    tone: &'static str,
    what: &'static str,
    why: String,
    href: String,
}

/// What there is to do now.
pub(super) async fn list(
    app: &App,
    viewer: &Viewer,
    (sources, open, refused): (&[Source], &AllOpen, &[Refused]),
    totals: &BTreeMap<Currency, Total>,
) -> Result<Markup, Problem> {
    let scope = scope(app, viewer);
    let mut todo = of_events(viewer, open);
    todo.push(of_refused(viewer, sources, refused));
    todo.extend(of_money(&scope, viewer, totals).await?);
    todo.push(applications(&scope, viewer).await?);
    todo.extend(silent(&scope, viewer).await?);
    todo.extend(unsent(&scope, viewer).await?);
    let audited = audits::last(&scope).await?;
    todo.extend(audited.as_ref().map(|audited| differ(viewer, audited)));
    if sources.is_empty() {
        todo.push(Todo {
            figure: 1,
            tone: "wait",
            what: "Connect a processor",
            why: "no source yet in this ledger".to_owned(),
            href: viewer.href("/dashboard/sources", &[]),
        });
    }
    todo.retain(|one| one.figure > 0);
    Ok(html! {
        section aria-label="What there is to do" {
            div.todo {
                @for one in &todo {
                    a.(one.tone) href=(one.href) {
                        span.figure { (count(one.figure)) }
                        span.what { (one.what) }
                        span.why { (one.why) }
                    }
                }
                @if todo.is_empty() {
                    div.done { span.figure { (icon(Icon::Check)) } span.what { "Nothing to do" } span.why { "All that was delivered has been read and booked." } }
                }
            }
            @if let Some(audited) = audited.filter(|audited| audited.differences == 0) {
                p.compared {
                    (icon(Icon::Check)) " The books were compared with all that was delivered " (ago(audited.ended_at, viewer.now)) ": "
                    (number(audited.sales, "sale", "sales")) ", and every cent as it should be."
                }
            }
        }
    })
}

fn differ(viewer: &Viewer, audited: &Audited) -> Todo {
    Todo {
        figure: audited.differences,
        tone: "bad",
        what: "Differences in the books",
        why: "something booked is not what was delivered".to_owned(),
        href: viewer.href(doctor::PATH, &[]),
    }
}

/// As many applications are counted.
const APPLICATIONS_MAX: i64 = 99;

async fn applications(scope: &Scope<'_>, viewer: &Viewer) -> Result<Todo, Problem> {
    let by = [partners::By::Status("applied")];
    let found = partners::list(scope, &by, Part::first(APPLICATIONS_MAX)).await?;
    Ok(Todo {
        figure: i64::try_from(found.rows.len()).unwrap_or(APPLICATIONS_MAX),
        tone: "wait",
        what: "Applications",
        why: "somebody wants to be a partner: approve or decline".to_owned(),
        href: viewer.href("/dashboard/partners", &[("status", "applied")]),
    })
}

fn of_events(viewer: &Viewer, open: &AllOpen) -> Vec<Todo> {
    let of_state = |state: &str| viewer.href("/dashboard/events", &[("state", state)]);
    let late = viewer.now.plus_seconds(-UNREAD_SECONDS);
    let unread = open
        .iter()
        .filter(|((_, state), open)| state == "received" && open.oldest_at < late);
    vec![
        Todo {
            figure: health::in_state(open, "failed"),
            tone: "bad",
            what: "Failed events",
            why: "could not be read: look at the reason, then reprocess".to_owned(),
            href: of_state("failed"),
        },
        Todo {
            figure: unread.map(|(_, open)| open.events).sum(),
            tone: "bad",
            what: "Events not read yet",
            why: "they wait for longer than a minute".to_owned(),
            href: of_state("received"),
        },
        Todo {
            figure: health::in_state(open, "parked"),
            tone: "wait",
            what: "Parked events",
            why: "wait for a payment, a currency or money".to_owned(),
            href: of_state("parked"),
        },
    ]
}

fn of_refused(viewer: &Viewer, sources: &[Source], refused: &[Refused]) -> Todo {
    let own = |id: &str| sources.iter().any(|source| source.id == id);
    let of_own = refused.iter().filter(|one| own(&one.source_id));
    Todo {
        figure: of_own.map(|one| one.in_last_day).sum(),
        tone: "bad",
        what: "Refused deliveries",
        why: "could not be verified in the last day: see why".to_owned(),
        href: viewer.href("/dashboard/sources", &[]),
    }
}

/// Endpoints of outgoing webhooks that take nothing.
async fn silent(scope: &Scope<'_>, viewer: &Viewer) -> Result<Option<Todo>, Problem> {
    let all = webhooks::endpoints(scope, Some(viewer.livemode)).await?;
    let silent = all
        .iter()
        .filter(|one| one.failing_since.is_some() || one.disabled_reason.is_some());
    let figure = i64::try_from(silent.count()).unwrap_or(i64::MAX);
    Ok((figure > 0).then(|| Todo {
        figure,
        tone: "bad",
        what: "Webhooks not taken",
        why: "an endpoint answers with errors, or was disabled for it".to_owned(),
        href: viewer.href("/dashboard/webhooks", &[]),
    }))
}

/// For so long a mail may wait before that is worth a word, in seconds.
const UNSENT_SECONDS: i64 = 3_600;

/// Mails that were given up, or that wait for long.
async fn unsent(scope: &Scope<'_>, viewer: &Viewer) -> Result<Vec<Todo>, Problem> {
    let stuck = mails::stuck(scope, viewer.now.plus_seconds(-UNSENT_SECONDS)).await?;
    let of = |figure, what, why: &str| Todo {
        figure,
        tone: "bad",
        what,
        why: why.to_owned(),
        href: viewer.href("/dashboard/mails", &[]),
    };
    Ok(vec![
        of(stuck.failed, "Mails not sent", "given up: see why"),
        of(
            stuck.late,
            "Mails that wait",
            "the server for mails puts them off or cannot be reached",
        ),
    ])
}

async fn of_money(
    scope: &Scope<'_>,
    viewer: &Viewer,
    totals: &BTreeMap<Currency, Total>,
) -> Result<Vec<Todo>, Problem> {
    let mut todo = vec![
        Todo {
            figure: health::held(scope, viewer.livemode).await?,
            tone: "wait",
            what: "Commissions held for review",
            why: "approve or refuse them".to_owned(),
            href: viewer.href("/dashboard/reviews", &[]),
        },
        Todo {
            figure: events::conflicting(scope, viewer.livemode).await?.events,
            tone: "wait",
            what: "Events told in two ways",
            why: "something else came under their id; the first counts".to_owned(),
            href: viewer.href("/dashboard/events", &[("conflicting", "true")]),
        },
    ];
    if viewer.livemode {
        let payable = || totals.iter().filter(|(_, total)| total.payable > 0);
        let mut sums: Vec<String> = payable()
            .take(3)
            .map(|(currency, total)| amount(total.payable, *currency))
            .collect();
        sums.extend(staying(scope).await?);
        todo.push(Todo {
            figure: payable().map(|(_, total)| total.partners_payable).sum(),
            tone: "good",
            what: "Balances payable now",
            why: sums.join(" · "),
            href: viewer.href("/dashboard/payouts", &[]),
        });
    }
    Ok(todo)
}

/// As many amounts are counted that a run leaves.
const STAYING_MAX: i64 = 99;

/// How much of what is payable a run leaves, since it is too little; nothing where it takes all.
async fn staying(scope: &Scope<'_>) -> Result<Option<String>, Problem> {
    let staying = by_program::staying(scope, STAYING_MAX + 1).await?.len();
    let staying = i64::try_from(staying).unwrap_or(i64::MAX);
    Ok(match staying {
        0 => None,
        1 => Some("1 stays: below its program's minimum".to_owned()),
        2..=STAYING_MAX => Some(format!("{staying} stay: below their program's minimum")),
        _ => Some(format!(
            "more than {STAYING_MAX} stay: below their program's minimum"
        )),
    })
}

/// The commissions that are held for review.
pub(in crate::dashboard) async fn reviews(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let place = Place::of(&viewer)?;
    let filter = ReviewFilter {
        state: "open",
        by: &[ReviewBy::Ledger(viewer.livemode)],
    };
    let catalog = app.catalog(&viewer);
    let found = catalog.reviews(&place.page(), filter).await?;
    let body = html! {
        (heading("Held for review", &html! {}))
        p.lead { "These commissions look like self-referrals, follow one of the same customer that was marked as fraud, or were held by hand. Open one to decide about it." }
        section.panel {
            @if found.data.is_empty() { (empty("Nothing is held", &html! { p { "What is held for review appears here with its reason." } })) }
            @else { (held(&viewer, &found.data)) }
        }
        (pager(&viewer, found.next_cursor.as_deref()))
    };
    Ok(view::page(&viewer, "Held for review", &body))
}

fn held(viewer: &Viewer, rows: &[Reviewed]) -> Markup {
    let shown = |minor, code: &str| Currency::parse(code).map(|currency| money(minor, currency));
    html! {
        div.scroll { table {
            thead { tr { th { "Paid" } th { "Sale" } th { "Partner" } th { "Reason" } th.n title="Without tax and shipping, before refunds and disputes" { "Sold, net" } th.n { "Held" } } }
            tbody { @for row in rows {
                @let names: Names = row.partner_id.clone().zip(row.partner_name.clone()).into_iter().collect();
                tr {
                    td.tight { (row.occurred_at.get(..10).unwrap_or_default()) }
                    td { a.id href=(viewer.href(&format!("/dashboard/sales/{}", encoded(&row.sale_id)), &[])) title=(row.sale_id) { (short(row.invoice_id.as_deref().unwrap_or(&row.sale_id))) } }
                    td { (partner(viewer, row.partner_id.as_deref(), &names)) }
                    td { @if let Some(reason) = &row.reason { (reason) } }
                    td.n { @if let Some(net) = shown(row.amount, &row.currency) { (net) } }
                    td.n { @if let Some(held) = shown(row.commission_held, &row.commission_currency) { (held) } }
                }
            } }
        } }
    }
}
