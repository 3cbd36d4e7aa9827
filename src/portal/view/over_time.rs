//! Clicks, leads, sales and earnings of a period, drawn by day or week.

use maud::{Markup, html};
use providers::{Currency, Micros};

use super::super::reader::{Closed, Reader};
use crate::books::portal::{Brought, Own};
use crate::books::standing::Balance;
use crate::books::sums::{DAY, Sums};
use crate::dashboard::pages::period::{Measure, PERIODS, Period, bars};
use crate::dashboard::view::chart;
use crate::dashboard::view::parts::{code, count, day, figure, money};

pub(super) async fn panel(
    own: &Own<'_>,
    reader: &Reader,
    balances: &[Balance],
) -> Result<Markup, Closed> {
    let period = Period::of(&reader.params, reader.now)
        .map_err(|_problem| Closed::Refused("choose one of the periods".to_owned()))?;
    let brought = own.brought((period.from, period.to)).await?;
    let currencies: Vec<Currency> = balances.iter().map(|balance| balance.currency).collect();
    let asked = Currency::parse(reader.params.get("currency"));
    let currency = asked
        .filter(|asked| currencies.contains(asked))
        .or_else(|| currencies.first().copied());
    let days = currency
        .and_then(|currency| brought.earned.get(&currency))
        .map(Vec::as_slice)
        .unwrap_or_default();
    let spans = period.spans(days);
    let earned = spans
        .iter()
        .fold(Sums::default(), |sum, (_, one)| sum.and(*one));
    Ok(html! {
        section.panel {
            div.title {
                h2 { "Over time" }
                (switches(reader, &period, &currencies, currency))
            }
            (cards(&brought, earned, currency))
            @if let Some(currency) = currency { (drawing(&period, &spans, currency)) }
        }
    })
}

fn switches(
    reader: &Reader,
    period: &Period,
    currencies: &[Currency],
    chosen: Option<Currency>,
) -> Markup {
    let currency = chosen
        .map(|currency| currency.code().to_owned())
        .unwrap_or_default();
    let word = period.word.unwrap_or_default();
    html! {
        div {
            @if currencies.len() > 1 {
                nav.segments aria-label="Currency" {
                    @for one in currencies {
                        a href=(reader.href(&[("period", word), ("currency", one.code())]))
                            aria-current=[(Some(*one) == chosen).then_some("true")] { (code(*one)) }
                    }
                }
                " "
            }
            nav.segments aria-label="Period" {
                @for (one, _, name) in PERIODS {
                    a href=(reader.href(&[("period", one), ("currency", &currency)]))
                        aria-current=[(one == word).then_some("true")] { (name) }
                }
            }
        }
    }
}

fn cards(brought: &Brought, earned: Sums, currency: Option<Currency>) -> Markup {
    let counted = [
        ("Clicks", brought.clicks),
        ("Leads", brought.leads),
        ("Sales", brought.sales),
    ];
    html! {
        div.cards {
            @for (label, number) in counted { div.card { p.label { (label) } p.figure { (count(number)) } } }
            div.card {
                p.label { "Earned" }
                p.figure { @match currency { Some(currency) => (money(earned.earned(), currency)), None => "0" } }
            }
        }
    }
}

fn drawing(period: &Period, spans: &[(i64, Sums)], currency: Currency) -> Markup {
    let drawn = bars(spans, &[], (Measure::Commission, currency), period.step());
    let top = chart::ceiling(&drawn);
    let about = format!(
        "Earned from {} to {}, in {}; the table below has all figures",
        day(period.begins_at()),
        period.last_day(),
        code(currency)
    );
    html! {
        @if drawn.iter().any(|bar| bar.back > 0) {
            p.legend {
                span { svg viewBox="0 0 14 10" aria-hidden="true" { rect.bar-net width="14" height="10" rx="2" {} } "earned" }
                span { svg viewBox="0 0 14 10" aria-hidden="true" { rect.bar-back width="14" height="10" rx="2" {} } "earned and taken back again" }
            }
        }
        div.chart {
            div.scale aria-hidden="true" { span { (figure(top, currency)) } span { (figure(top / 2, currency)) } span { "0" } }
            (chart::bars(&drawn, top, &about))
            div.dates aria-hidden="true" { span { (day(period.begins_at())) } span { (period.last_day()) } }
        }
        details {
            summary { "The figures as a table" }
            div.scroll { table {
                thead { tr { th { "From" } th.n { "Sales" } th.n { "Earned" } th.n { "Taken back" } } }
                tbody {
                    @for (first, sums) in spans.iter().filter(|(_, sums)| *sums != Sums::default()) {
                        tr {
                            td.tight { (day(Micros(first.saturating_mul(DAY)))) }
                            td.n { (count(sums.sales)) }
                            td.n { (figure(sums.commission, currency)) }
                            td.n { (figure(sums.taken_back, currency)) }
                        }
                    }
                }
            } }
        }
    }
}
