//! The overview: what there is to do, then what was sold and earned in a period, what partners are owed, how buyers come, and how the sources are.
//! All figures are kept by the ledger's writer, so that the page costs the same at any number of sales.

mod cards;
mod over_time;
mod owed;
mod sources;
mod tables;

use std::collections::BTreeMap;

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;

use super::period::{Measure, PERIODS, Period, bars};
use super::waiting::of_all;
use super::{scope, todo};
use crate::app::App;
use crate::books::health;
use crate::books::list::LOOKS;
use crate::books::names::{self, Names};
use crate::books::sales::{self, By, Sale};
use crate::books::standing;
use crate::books::sums::{self, Funnel, Of, Sums};
use crate::books::{Part, Scope};
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::chart::Bar;
use crate::dashboard::view::parts::{code, day, day_field, heading};
use crate::dashboard::{Page, view};

/// Rows of each table but that of partners.
const TOP: i64 = 8;

pub(in crate::dashboard) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let scope = scope(&app, &viewer);
    let period = Period::of(&viewer.params, viewer.now)?;
    let currencies = sums::currencies(&scope, viewer.livemode).await?;
    let currency = currency(&viewer, &currencies)?;
    let mut sources = app.desk().list(viewer.org()).await?;
    sources.retain(|source| source.livemode == viewer.livemode);
    let open = health::open(&scope, viewer.livemode).await?;
    let measure = viewer.params.word("show", Measure::ALL, Measure::word)?;
    let shown = (period, currency, measure.unwrap_or(Measure::Revenue));
    let figures = Figures::read(&scope, &viewer, shown).await?;
    let totals = standing::totals(&scope, viewer.livemode).await?;
    // What has just been counted is written first, for the list of what there is to do as well.
    let refused = of_all(&app, &viewer).await?;
    let body = html! {
        (heading("Overview", &html! { div.beside { (switches(&viewer, period, currency, &currencies)) } }))
        (todo::list(&app, &viewer, (sources.as_slice(), &open, refused.as_slice()), &totals).await?)
        (cards::cards(&viewer, &figures))
        (over_time::over_time(&viewer, &figures))
        div.two {
            (owed::owed(&viewer, totals.get(&currency).copied().unwrap_or_default(), currency))
            (owed::funnel(&viewer, &figures))
        }
        div.two {
            (tables::by_processor(&viewer, &figures))
            (tables::by_partner(&viewer, &figures))
        }
        (sources::state_of(&viewer, &sources, &health::heard(&scope).await?, &open, &refused))
        (tables::newest(&viewer, &figures))
    };
    Ok(view::page(&viewer, "Overview", &body))
}

/// The currency that is asked for, else the most frequent.
fn currency(viewer: &Viewer, all: &[Currency]) -> Result<Currency, Problem> {
    let Some(given) = viewer.params.given("currency") else {
        return Ok(all.first().copied().unwrap_or(Currency::USD));
    };
    Currency::parse(given).ok_or_else(|| Problem::Refused("there is no such currency".to_owned()))
}

/// All figures of the period.
struct Figures {
    period: Period,
    currency: Currency,
    measure: Measure,
    funnel: Funnel,
    now: Vec<(i64, Sums)>,
    before: Vec<(i64, Sums)>,
    processors: Vec<(String, Sums)>,
    processors_before: BTreeMap<String, Sums>,
    /// Those who have earned most; an empty name stands for what nobody has brought.
    partners: Vec<(String, Sums)>,
    partners_before: BTreeMap<String, Sums>,
    newest: Vec<Sale>,
    names: Names,
}

impl Figures {
    async fn read(
        scope: &Scope<'_>,
        viewer: &Viewer,
        (period, currency, measure): (Period, Currency, Measure),
    ) -> Result<Self, Problem> {
        let livemode = viewer.livemode;
        let of = |period: Period| Of {
            livemode,
            currency,
            from: period.from,
            to: period.to,
        };
        let before = period.before();
        let both = Of {
            from: before.from,
            ..of(period)
        };
        let days = sums::by_day(scope, both).await?;
        let top = sums::top_partners(scope, of(period)).await?;
        let mut partners = sums::of_partners(scope, of(period), &top).await?;
        let part = Part {
            after: "",
            rows: TOP,
            looks: LOOKS,
        };
        let newest = sales::list(scope, &[By::Ledger(livemode)], part)
            .await?
            .rows;
        let ids = top.iter().map(String::as_str).filter(|id| !id.is_empty());
        let ids = ids.chain(newest.iter().filter_map(|sale| sale.partner_id.as_deref()));
        Ok(Self {
            names: names::partners(scope, ids).await?,
            now: period.spans(&days),
            before: before.spans(&days),
            processors: sums::by_processor(scope, of(period), TOP).await?,
            processors_before: sums::by_processor(scope, of(before), i64::MAX)
                .await?
                .into_iter()
                .collect(),
            partners_before: sums::of_partners(scope, of(before), &top).await?,
            partners: top
                .into_iter()
                .map(|id| {
                    let sums = partners.remove(&id).unwrap_or_default();
                    (id, sums)
                })
                .collect(),
            funnel: sums::funnel(scope, livemode, (period.from, period.to)).await?,
            measure,
            newest,
            period,
            currency,
        })
    }

    /// A list of what the period has, in its currency.
    fn within(&self, viewer: &Viewer, path: &str, more: &[(&str, &str)]) -> String {
        let currency = [("currency", self.currency.code())];
        self.of_days(viewer, path, &[&currency, more].concat())
    }

    /// A list of what the period has, in all currencies.
    fn of_days(&self, viewer: &Viewer, path: &str, more: &[(&str, &str)]) -> String {
        let (from, to) = (day(self.period.begins_at()), self.period.last_day());
        let days = [("from", from.as_str()), ("to", to.as_str())];
        viewer.href(path, &[&days, more].concat())
    }

    /// The sales of the period.
    fn sales(&self, viewer: &Viewer, more: &[(&str, &str)]) -> String {
        self.within(viewer, "/dashboard/sales", more)
    }

    /// The sales of which something was refunded or disputed in the period, whenever they were paid.
    fn taken_back(&self, viewer: &Viewer) -> String {
        let (from, to) = (day(self.period.begins_at()), self.period.last_day());
        let back = [
            ("currency", self.currency.code()),
            ("back_from", from.as_str()),
            ("back_to", to.as_str()),
        ];
        viewer.href("/dashboard/sales", &back)
    }

    fn bars(&self) -> Vec<Bar> {
        let shown = (self.measure, self.currency);
        bars(&self.now, &self.before, shown, self.period.step())
    }
}

fn all(spans: &[(i64, Sums)]) -> Sums {
    spans
        .iter()
        .fold(Sums::default(), |sum, (_, sums)| sum.and(*sums))
}

fn switches(viewer: &Viewer, period: Period, currency: Currency, all: &[Currency]) -> Markup {
    let chosen = viewer.params.get("period").to_owned();
    html! {
        @if all.len() > 1 {
            nav.segments aria-label="Currency" {
                @for one in all.iter().take(6) {
                    a href=(viewer.with("currency", one.code())) aria-current=[(*one == currency).then_some("true")] { (code(*one)) }
                }
            }
        }
        nav.segments aria-label="Period" {
            @for (word, _, name) in PERIODS {
                a href=(viewer.href("/", &[("period", word), ("currency", viewer.params.get("currency")), ("show", viewer.params.get("show"))]))
                    aria-current=[(period.word == Some(word)).then_some("true")] { (name) }
            }
        }
        details.custom open[chosen.is_empty() && period.word.is_none()] {
            summary { "Custom" }
            form method="get" action="/" {
                (day_field(viewer, ("from", "From")))
                (day_field(viewer, ("to", "To")))
                input type="hidden" name="currency" value=(currency.code());
                input type="hidden" name="show" value=(viewer.params.get("show"));
                @if !viewer.livemode { input type="hidden" name="mode" value="test"; }
                button.button type="submit" { "Show" }
            }
        }
    }
}
