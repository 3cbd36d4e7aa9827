//! Decisions about a commission, a sale's partner and a reported sale's money: forms on the sale's page, each with a reason, and a look at what would
//! happen before it is done. It decides nothing itself.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use providers::Currency;
use providers::decimal::{Excess, to_minor};

use super::moves::{self, Asked, is_preview};
use super::scope;
use crate::app::App;
use crate::books::commissions::{self, Commission, Subject};
use crate::books::decisions::{self, Standing};
use crate::books::sales::{self, Sale};
use crate::catalog::{
    Assignee, NewAssignment, NewRefund, Owner, Page as Part, Partner, Series, Verdict, check,
};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{amount, badge, day, encoded, heading, money, test_badge};
use crate::dashboard::view::proof;
use crate::dashboard::{Page, view};
use crate::explain::Explanation;
use crate::ledger::calls::PROCESSOR;
use crate::ledger::decision::Decision;

/// The most partners of a list to choose from.
pub(super) const PARTNERS_MAX: i64 = 200;

/// What can be decided, as a choice says it.
pub(super) const DECISIONS: [(Decision, &str); 6] = [
    (Decision::Approved, "Approve: payable at once"),
    (Decision::Cleared, "Clear: payable when its hold is over"),
    (Decision::Held, "Hold it back"),
    (Decision::Void, "Void: nothing is paid for it"),
    (
        Decision::Fraud,
        "Fraud: nothing is paid for it, later ones of the customer are held",
    ),
    (
        Decision::Reinstated,
        "Reinstate: as if nothing were decided",
    ),
];

/// What may be decided about a sale, for who may.
pub(super) async fn of_sale(
    app: &App,
    viewer: &Viewer,
    sale: &Sale,
    story: &Explanation,
) -> Result<Markup, Problem> {
    if !viewer.may(Right::Change) {
        return Ok(html! {});
    }
    let partners = partners(app, viewer).await?;
    let key = app.ids.make("rf");
    let by_calls = story
        .deliveries
        .iter()
        .all(|told| told.processor == PROCESSOR);
    let path = format!("/dashboard/sales/{}", encoded(&sale.id));
    Ok(html! {
        section.panel {
            div.title { h2 { "Decide" } span.muted { "each shows first what it would do" } }
            @if sale.partner_id.is_some() { (decision_form(viewer, &sale.id)) }
            details.figures { summary { "Give it to another partner" } div.body { (partner_form(viewer, &path, sale, &partners)) } }
            @if by_calls && sale.amounts.left() > 0 {
                details.figures { summary { "Refund" } div.body { (refund_form(viewer, &path, sale, &key)) } }
            }
        }
    })
}

/// What has been decided about a commission.
pub(super) fn standing(standing: &crate::explain::Decision) -> Markup {
    html! {
        p.notice {
            "Decided on " (standing.decided_at.get(..10).unwrap_or_default()) ": " strong { (standing.decision) }
            @if let Some(reason) = &standing.reason { ": " (reason) }
        }
    }
}

/// Partners to choose from.
pub(super) async fn partners(app: &App, viewer: &Viewer) -> Result<Vec<Partner>, Problem> {
    let part = Part {
        limit: PARTNERS_MAX,
        after: String::new(),
        series: Series::of([]),
    };
    Ok(app.catalog(viewer).partners(&part, &[]).await?.data)
}

fn decision_form(viewer: &Viewer, subject_id: &str) -> Markup {
    let action = format!("/dashboard/commissions/{}/decision", encoded(subject_id));
    html! {
        div.body { form.stacked method="post" action=(viewer.href(&action, &[])) {
            (proof(viewer))
            label.field { "The commission"
                select name="decision" required {
                    @for (decision, says) in DECISIONS { option value=(decision.verb()) { (says) } }
                }
            }
            (reason_field())
            div.actions { button.button type="submit" name="do" value="preview" { "Preview the decision" } }
        } }
    }
}

pub(super) fn reason_field() -> Markup {
    html! {
        label.field { "Reason" input name="reason" required maxlength="2048" autocomplete="off"; }
    }
}

fn partner_form(viewer: &Viewer, path: &str, sale: &Sale, partners: &[Partner]) -> Markup {
    html! {
        form.stacked method="post" action=(viewer.href(&format!("{path}/partner"), &[])) {
            (proof(viewer))
            label.field { "Partner"
                select name="partner" required {
                    option value="nobody" { "nobody" }
                    option value="clicks" { "whoever the clicks say" }
                    @for one in partners { option value=(one.id) selected[sale.partner_id.as_ref() == Some(&one.id)] { (one.name) } }
                }
            }
            @if partners.len() >= usize::try_from(PARTNERS_MAX).unwrap_or(usize::MAX) {
                label.field { "Or its id" input name="partner_id" placeholder="prt_…" autocomplete="off" spellcheck="false"; }
            }
            label.field { "What"
                select name="of" {
                    option value="sale" { "this sale alone" }
                    @if sale.customer.is_some() { option value="customer" { "the customer, with all sales" } }
                }
            }
            (reason_field())
            div.actions { button.button type="submit" name="do" value="preview" { "Preview the change" } }
        }
    }
}

fn refund_form(viewer: &Viewer, path: &str, sale: &Sale, key: &str) -> Markup {
    let left = amount(sale.amounts.left(), sale.currency);
    html! {
        form.stacked method="post" action=(viewer.href(&format!("{path}/refund"), &[])) {
            (proof(viewer))
            input type="hidden" name="key" value=(key);
            label.field { "Amount, at most " (left) input name="amount" required inputmode="decimal" autocomplete="off"; }
            (reason_field())
            div.actions { button.button type="submit" name="do" value="preview" { "Preview the refund" } }
        }
    }
}

/// An amount as people write it, in the smallest unit of a currency.
pub(super) fn minor(given: &str, currency: Currency) -> Result<i64, Problem> {
    let minor = to_minor(&ungrouped(given), currency.exponent(), Excess::Refuse);
    minor.map_err(|_wrong| {
        let example = amount(123_400, currency).replace(',', "");
        Problem::Refused(format!("amount must be a number, such as {example}"))
    })
}

/// An amount without the commas between its thousands, with which pages show it; any other comma stays, and is refused.
fn ungrouped(given: &str) -> String {
    let given = given.trim().replace('−', "-");
    let (whole, rest) = given.split_once('.').unwrap_or((&given, ""));
    let mut groups = whole.trim_start_matches('-').split(',');
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let begins = groups
        .next()
        .is_some_and(|first| (1..=3).contains(&first.len()) && digits(first));
    if begins && groups.all(|group| group.len() == 3 && digits(group)) && !rest.contains(',') {
        return given.replace(',', "");
    }
    given
}

pub(in crate::dashboard) async fn commission(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let scope = scope(&app, &viewer);
    let tail = id.split_once('_').map_or(id.as_str(), |(_, tail)| tail);
    let found = commissions::find(&scope, tail).await?;
    let found = found.ok_or(Problem::NotFound)?;
    if let Subject::Sale(id) = &found.subject {
        let path = format!("/dashboard/sales/{}", encoded(id));
        return Ok(Redirect::to(&viewer.href_in(found.livemode, &path, &[])).into_response());
    }
    let viewer = viewer.in_ledger(found.livemode);
    let mut decided = decisions::of(&scope, [found.subject_id()]).await?;
    let decided = decided.remove(found.subject_id());
    let names = crate::books::names::partners(&scope, [found.partner_id.as_str()]).await?;
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/partners", &[])) { "Partners" } " / " (super::sales::partner(&viewer, Some(&found.partner_id), &names)) }
        (heading("Commission of a lead", &html! {
            div.beside { (test_badge(found.livemode)) (badge(found.status.word())) a.button href=(super::changes::of(&viewer, found.subject_id())) { "Changes" } }
        }))
        (of_lead(&viewer, &found, decided.as_ref()))
        @if viewer.may(Right::Change) {
            section.panel {
                div.title { h2 { "Decide" } span.muted { "shows first what it would do" } }
                (decision_form(&viewer, found.subject_id()))
            }
        }
    };
    Ok(view::page(&viewer, "Commission of a lead", &body))
}

fn of_lead(viewer: &Viewer, found: &Commission, decided: Option<&Standing>) -> Markup {
    html! {
        section.panel { div.body { dl.facts {
            dt { "Left" } dd { (money(found.amount, found.currency)) }
            dt { "Earned" } dd { (money(found.full, found.currency)) }
            @if found.held != 0 { dt { "Held" } dd { (money(found.held, found.currency)) } }
            dt { "Happened" } dd { (day(found.occurred_at)) }
            dt { "Payable" } dd { (day(found.available_at)) }
            @if let Some(standing) = decided {
                dt { "Decided" } dd { (standing.decided.decision.word()) @if let Some(reason) = &standing.reason { ": " (reason) } }
            }
            dt { "Lead" } dd { a href=(viewer.href(&format!("/dashboard/leads/{}", encoded(found.subject_id())), &[])) { code { (found.subject_id()) } } }
        } } }
    }
}

pub(in crate::dashboard) async fn decide(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let is_preview = is_preview(&fields)?;
    let verdict = Verdict::new(fields.given("decision"), fields.given("reason"))?;
    let catalog = app.catalog(&viewer);
    let decided = catalog.decide(&id, &verdict, is_preview).await?;
    let subject = decided.sale_id.or(decided.lead_id).unwrap_or(id);
    let back = format!("/dashboard/commissions/{}", encoded(&subject));
    if !is_preview {
        return Ok(Redirect::to(&viewer.href(&back, &[])).into_response());
    }
    let says = DECISIONS.iter().find(|(one, _)| *one == verdict.decision);
    let asked = Asked {
        title: "Decide about a commission",
        says: html! { (says.map_or("", |(_, says)| says)) },
        action: &format!("{back}/decision"),
        fields: &["decision", "reason"],
        button: "Decide so",
        about: (&back, "The commission"),
    };
    moves::preview(&app, &viewer, (asked, &fields), &decided.consequences).await
}

async fn meant(app: &App, viewer: &Viewer, id: &str) -> Result<Sale, Problem> {
    let sale = sales::find(&scope(app, viewer), id).await?;
    sale.ok_or(Problem::NotFound)
}

pub(in crate::dashboard) async fn assign(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let is_preview = is_preview(&fields)?;
    let reason = check::reason(fields.given("reason"))?;
    let sale = meant(&app, &viewer, &id).await?;
    let customer = sale.customer.as_ref().map(|buyer| buyer.id.as_str());
    let assignee = match (fields.get("of"), customer) {
        ("customer", Some(id)) => Assignee::Customer(id),
        ("sale", _) => Assignee::Sale(&sale.id),
        _ => return Err(Problem::Forged),
    };
    let owner = match fields.given("partner_id").unwrap_or(fields.get("partner")) {
        "nobody" => Owner::Nobody,
        "clicks" => Owner::Clicks,
        id => Owner::Partner(id),
    };
    let new = NewAssignment {
        owner,
        program_id: sale.program_id.as_deref(),
        reason: Some(&reason),
    };
    let done = app
        .catalog(&viewer)
        .assign(assignee, new, is_preview)
        .await?;
    let back = format!("/dashboard/sales/{}", encoded(&sale.id));
    if !is_preview {
        return Ok(Redirect::to(&viewer.href(&back, &[])).into_response());
    }
    let whose = match (&done.partner_id, done.nobody) {
        (Some(id), _) => super::names_of(&app, &viewer, id).await?,
        (None, true) => "nobody".to_owned(),
        (None, false) => "whoever the clicks say".to_owned(),
    };
    let asked = Asked {
        title: "Give it to another partner",
        says: html! {
            @if done.customer_id.is_some() { "The customer, with all sales, would be credited to " } @else { "This sale would be credited to " }
            strong { (whose) } "."
        },
        action: &format!("{back}/partner"),
        fields: &["partner", "partner_id", "of", "reason"],
        button: "Credit it so",
        about: (&back, "The sale"),
    };
    moves::preview(&app, &viewer, (asked, &fields), &done.consequences).await
}

pub(in crate::dashboard) async fn refund(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let is_preview = is_preview(&fields)?;
    let sale = meant(&app, &viewer, &id).await?;
    let text = |name| fields.given(name).map(str::to_owned);
    let new = NewRefund {
        amount: Some(minor(fields.get("amount"), sale.currency)?),
        currency: Some(sale.currency.to_string()),
        refund_id: text("key"),
        reason: Some(check::reason(fields.given("reason"))?),
    };
    let refunded = app
        .catalog(&viewer)
        .refund(&sale.id, &new, is_preview)
        .await?;
    let back = format!("/dashboard/sales/{}", encoded(&sale.id));
    if !is_preview {
        return Ok(Redirect::to(&viewer.href(&back, &[])).into_response());
    }
    let asked = Asked {
        title: "Refund a sale",
        says: html! { strong { (amount(refunded.refund.amount, sale.currency)) } " would be counted as refunded. The money itself is for you to send." },
        action: &format!("{back}/refund"),
        fields: &["amount", "key", "reason"],
        button: "Count it as refunded",
        about: (&back, "The sale"),
    };
    moves::preview(&app, &viewer, (asked, &fields), &refunded.consequences).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_pages_show_it() {
        for (given, minor_units) in [
            ("1,000", 100_000),
            ("1,234,567.89", 123_456_789),
            (" 12.50 ", 1_250),
            ("−1,000.00", -100_000),
            ("1234.5", 123_450),
        ] {
            assert_eq!(minor(given, Currency::USD).unwrap(), minor_units, "{given}");
        }
        for wrong in [
            "1,00", "1.000,00", ",100", "1,,000", "12,50", "1000,000", "ten", "",
        ] {
            assert!(minor(wrong, Currency::USD).is_err(), "{wrong}");
        }
    }
}
