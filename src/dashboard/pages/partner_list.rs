//! The list of partners: who they are, what they have brought of late and what they have, in the order that its address says.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;

use super::{partner_portal, scope, sheets};
use crate::app::App;
use crate::books::figures::{self, Line};
use crate::books::list::oldest_first;
use crate::books::ranking::{DAYS, Key, Order};
use crate::books::standing::{self, Balance, Balances};
use crate::books::sums::{self, DAY};
use crate::books::{Scope, partners};
use crate::catalog::{Listed, PARTNER_STATES, Page as Part, Partner};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{
    Column, amount, badge, choice, code, count, csv_link, empty, encoded, filters, heading, masked,
    money, order_heading, pager_of, personal_switch, text_field,
};
use crate::dashboard::{Page, view};

/// The words for the orders of adding.
const NEWEST: &str = "-createdAt";
const OLDEST: &str = "createdAt";

/// The orders that a choice offers, as one says them; the headings of the columns lead to the others.
const ORDERS: [(&str, &str); 10] = [
    ("", "newest first"),
    (OLDEST, "oldest first"),
    ("name", "name"),
    ("-clicks", "most clicks"),
    ("-sales", "most sales"),
    ("-revenue", "most left after refunds"),
    ("-payable", "most payable now"),
    ("-pending", "most payable later"),
    ("-held", "most held back"),
    ("-paid", "most paid out"),
];

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Newest,
    Oldest,
    By(Order),
}

impl Sort {
    /// The order that a page's address asks for.
    fn of(viewer: &Viewer) -> Result<Self, Problem> {
        match viewer.params.given("sort") {
            None | Some(NEWEST) => Ok(Self::Newest),
            Some(OLDEST) => Ok(Self::Oldest),
            Some(word) => Order::parse(word).map(Self::By).ok_or_else(|| {
                let message = "the list has no such order: choose one of its columns";
                Problem::Refused(message.to_owned())
            }),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Newest => NEWEST,
            Self::Oldest => OLDEST,
            Self::By(order) => order.word(),
        }
    }

    /// Whether amounts of one currency make the order.
    const fn is_of_money(self) -> bool {
        match self {
            Self::Newest | Self::Oldest => false,
            Self::By(order) => !matches!(order.key, Key::Name | Key::Clicks),
        }
    }

    /// What its first part and the next are called.
    const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Newest => ("← Newest", "Older →"),
            Self::Oldest => ("← Oldest", "Newer →"),
            Self::By(_) => ("← First", "Next →"),
        }
    }

    /// The choice of an order: on a phone there are no columns. An order the other way round stands in it where it is the list's.
    fn field(self) -> Markup {
        let word = if self == Self::Newest {
            ""
        } else {
            self.word()
        };
        let is_offered = ORDERS.iter().any(|(offered, _)| *offered == word);
        html! {
            label.field {
                "Order"
                select name="sort" {
                    @for (offered, says) in ORDERS { option value=(offered) selected[offered == word] { (says) } }
                    @if !is_offered { option value=(word) selected { (reversed(word)) } }
                }
            }
        }
    }
}

/// An order that is seldom asked for, as one says it.
fn reversed(word: &str) -> &'static str {
    match word {
        "-name" => "name, from the end",
        "clicks" => "fewest clicks",
        "sales" => "fewest sales",
        "revenue" => "least left after refunds",
        "payable" => "least payable now",
        "pending" => "least payable later",
        "held" => "least held back",
        _ => "least paid out",
    }
}

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_partners(app, viewer).await;
    }
    let place = Place::of(&viewer)?;
    let sort = Sort::of(&viewer)?;
    let found = part(&app, &viewer, &place.page()).await?;
    let ids = found.data.iter().map(|partner| partner.id.as_str());
    let scope = scope(&app, &viewer);
    let balances = standing::of(&scope, viewer.livemode, ids).await?;
    let brought = Brought::of(&scope, &viewer, &found.data).await?;
    let fields = html! {
        (text_field(&viewer, ("name", "Name or e-mail"), "a part of it"))
        (text_field(&viewer, ("tenant", "Your own id"), "user_1"))
        (choice(&viewer, ("status", "State"), &PARTNER_STATES.map(|state| (state, state))))
        (sort.field())
    };
    let body = html! {
        (heading("Partners", &html! { div.beside { @if viewer.may(Right::Change) { a.button href="#add" { "Add a partner" } } (csv_link(&viewer)) (personal_switch(&viewer)) } }))
        (filters(&viewer, &fields))
        section.panel {
            @if found.data.is_empty() { (none(&viewer)) } @else { (table(&viewer, &found.data, &balances, (&brought, sort))) }
            @if sort.is_of_money() && brought.is_one_of_several { p.note { "In order of what there is in " (code(brought.currency)) "." } }
        }
        (pager_of(&viewer, found.next_cursor.as_deref(), sort.parts()))
        (partner_portal::addition(&viewer))
    };
    Ok(view::page(&viewer, "Partners", &body))
}

/// The part of the list that a page's address asks for, with its filters and in its order.
pub(super) async fn part(
    app: &App,
    viewer: &Viewer,
    page: &Part,
) -> Result<Listed<Partner>, Problem> {
    let email = viewer.params.get("email").to_lowercase();
    let called = partners::pattern(viewer.params.get("name"));
    let by = conditions(viewer, &email, &called);
    let catalog = app.catalog(viewer);
    Ok(match Sort::of(viewer)? {
        Sort::Newest => catalog.partners(page, &by).await?,
        Sort::Oldest => {
            let after = oldest_first(&page.after);
            let page = Part {
                after,
                ..page.clone()
            };
            catalog.partners(&page, &by).await?
        }
        Sort::By(order) => {
            let order = (order, viewer.livemode);
            catalog.partners_in_order(page, &by, order).await?
        }
    })
}

/// `called` finds what the address says that a name or e-mail address has in it.
fn conditions<'v>(viewer: &'v Viewer, email: &'v str, called: &'v str) -> Vec<partners::By<'v>> {
    let email = Some(email).filter(|email| !email.is_empty());
    let called = viewer.params.given("name").map(|_| called);
    let by = [
        called.map(partners::By::Called),
        email.map(partners::By::Email),
        viewer.params.given("tenant").map(partners::By::Tenant),
        viewer.params.given("status").map(partners::By::Status),
    ];
    by.into_iter().flatten().collect()
}

fn none(viewer: &Viewer) -> Markup {
    let is_filter = |name: &str| !["mode", "sort", "personal", "cursor"].contains(&name);
    if viewer.params.pairs().any(|(name, _)| is_filter(name)) {
        return empty("No partner matches", &html! { p { "Take a filter away." } });
    }
    empty(
        "No partner",
        &html! {
            p { "Add one below, or all through the API:" }
            code.copy { "POST /api/partners {\"name\",\"email\"}" }
        },
    )
}

/// What the partners of a list have brought of late, in the currency that most is sold in.
struct Brought {
    currency: Currency,
    is_one_of_several: bool,
    lines: BTreeMap<String, Line>,
}

impl Brought {
    async fn of(scope: &Scope<'_>, viewer: &Viewer, of: &[Partner]) -> Result<Self, Problem> {
        let currencies = sums::currencies(scope, viewer.livemode).await?;
        let currency = currencies.first().copied().unwrap_or(Currency::USD);
        let to = viewer.now.0.div_euclid(DAY) + 1;
        let days = (to - DAYS, to);
        let ids = of.iter().map(|partner| partner.id.as_str());
        let lines = figures::of_some(scope, ids, (viewer.livemode, currency), days).await?;
        Ok(Self {
            currency,
            is_one_of_several: currencies.len() > 1,
            lines,
        })
    }

    /// The columns of a partner: clicks, sales, and what is left of what was sold.
    fn cells(&self, partner_id: &str) -> Markup {
        let line = self.lines.get(partner_id);
        let clicks = line.and_then(|line| line.clicks).unwrap_or_default();
        let sums = line.and_then(|line| line.sums.get(&self.currency).copied());
        let sums = sums.unwrap_or_default();
        html! {
            td.n data-label="Clicks, 30 days" { (some(clicks, &count(clicks))) }
            td.n data-label="Sales, 30 days" { (some(sums.sales, &count(sums.sales))) }
            td.n data-label="Left after refunds, 30 days" { (some(sums.left(), &amount(sums.left(), self.currency))) }
        }
    }
}

/// A figure, where there is one.
fn some(figure: i64, written: &str) -> Markup {
    html! { @if figure == 0 { span.none { "—" } } @else { (written) } }
}

fn table(
    viewer: &Viewer,
    rows: &[Partner],
    balances: &Balances,
    (brought, sort): (&Brought, Sort),
) -> Markup {
    html! {
        div.scroll {
            table.rows {
                thead { tr { (headings(viewer, brought.currency, sort)) } }
                tbody { @for partner in rows { (row(viewer, partner, balances, brought)) } }
            }
        }
    }
}

/// Each leads to the list in its order: the first name, the newest or the most first.
fn headings(viewer: &Viewer, currency: Currency, sort: Sort) -> Markup {
    let column = |[least, most]: [&str; 2], (label, class, title): (&str, &str, &str)| {
        let column = Column {
            label,
            title,
            class,
            least,
            most,
            first: if least == "name" { least } else { most },
        };
        order_heading(viewer, sort.word(), &column)
    };
    let figure = |key: Key, label: &str, title: &str| column(key.words(), (label, "n", title));
    let of_late = format!("In the last {DAYS} days");
    let in_currency = format!("{of_late}, in {}", code(currency));
    let left = format!("{of_late}, without tax and shipping, after refunds and disputes");
    html! {
        (column(Key::Name.words(), ("Partner", "", ""))) th.wide { "E-mail" }
        (column([OLDEST, NEWEST], ("Since", "wide", "")))
        (figure(Key::Clicks, "Clicks", &of_late)) (figure(Key::Sales, "Sales", &in_currency))
        (figure(Key::Revenue, &format!("Left, {DAYS} days"), &left))
        (figure(Key::Payable, "Payable now", "")) (figure(Key::Pending, "Payable later", ""))
        (figure(Key::Held, "Held back", "")) (figure(Key::Paid, "Paid out", ""))
    }
}

fn row(viewer: &Viewer, partner: &Partner, balances: &Balances, brought: &Brought) -> Markup {
    let href = viewer.href(
        &format!("/dashboard/partners/{}", encoded(&partner.id)),
        &[],
    );
    let of = balances
        .get(&partner.id)
        .map(Vec::as_slice)
        .unwrap_or_default();
    html! {
        tr {
            td.r1 { a.name href=(href) { (partner.name) } @if partner.status != "active" { " " (badge(&partner.status)) } }
            td.wide { (masked(viewer, Some(&partner.email))) }
            td.tight.wide { (partner.created_at.get(..10).unwrap_or_default()) }
            (brought.cells(&partner.id))
            td.n data-label="Payable now" { (each(of, Balance::payable)) }
            td.n data-label="Payable later" { (each(of, |balance| balance.pending)) }
            td.n data-label="Held back" { (each(of, |balance| balance.held)) }
            td.n data-label="Paid out" { (each(of, |balance| balance.paid)) }
        }
    }
}

/// A figure in each currency in which there is something.
fn each(balances: &[Balance], figure: impl Fn(&Balance) -> i64) -> Markup {
    let some = || balances.iter().filter(|balance| figure(balance) != 0);
    html! {
        @for balance in some() { div { (money(figure(balance), balance.currency)) } }
        @if some().next().is_none() { span.none { "—" } }
    }
}
