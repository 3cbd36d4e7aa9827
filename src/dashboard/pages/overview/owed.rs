//! What partners are owed in the currency that is shown, and how buyers come: from a click to a sale.

use maud::{Markup, html};
use providers::Currency;
use providers::money::share;

use super::Figures;
use crate::books::standing::Total;
use crate::books::sums::Funnel;
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::chart;
use crate::dashboard::view::parts::{count, money, number};

/// Owed, due, held and paid; by now, not in the period.
pub(super) fn owed(viewer: &Viewer, total: Total, currency: Currency) -> Markup {
    let later = total.owed.saturating_sub(total.due).max(0);
    let payouts = viewer.href("/dashboard/payouts", &[]);
    let held = viewer.href(
        "/dashboard/commissions",
        &[("held", "true"), ("currency", currency.code())],
    );
    let later_ones = viewer.href(
        "/dashboard/commissions",
        &[("status", "pending"), ("currency", currency.code())],
    );
    let paid = viewer.href("/dashboard/payouts", &[("status", "paid")]);
    html! {
        section.panel {
            div.title { h2 { "Owed to partners " span.muted { "now" } } a href=(payouts) { "Payouts" } }
            div.scroll { table.owed { tbody {
                tr {
                    td.name { a href=(payouts) { "Payable now" } }
                    td { @if total.partners_payable > 0 { span.muted { "to " (number(total.partners_payable, "partner", "partners")) } } }
                    td.n { strong { (money(total.payable, currency)) } }
                }
                @if total.claimed != 0 {
                    tr {
                        td.name { a href=(payouts) { "On its way" } }
                        td { span.muted { "in payouts that are drafted or approved" } }
                        td.n { (money(total.claimed, currency)) }
                    }
                }
                tr {
                    td.name { a href=(later_ones) { "Payable later" } }
                    td { span.muted { "until their hold is over" } }
                    td.n { (money(later, currency)) }
                }
                tr {
                    td.name { a href=(held) { "Held back" } }
                    td { span.muted { "by open disputes and reviews" } }
                    td.n { (money(total.held, currency)) }
                }
                tr {
                    td.name { a href=(paid) { "Paid out" } }
                    td { span.muted { "so far" } }
                    td.n { (money(total.paid, currency)) }
                }
            } } }
        }
    }
}

/// Clicks, leads, sales: each as a share of the clicks.
pub(super) fn funnel(viewer: &Viewer, figures: &Figures) -> Markup {
    let Funnel {
        clicks,
        leads,
        sales,
    } = figures.funnel;
    let most = clicks.max(leads).max(sales);
    html! {
        section.panel {
            div.title { h2 { "From click to sale " span.muted { "all currencies" } } }
            div.scroll { table {
                thead { tr { th { "Step" } th.n { "Number" } th.n { "Of clicks" } } }
                tbody {
                    @for (name, times, href) in [
                        ("Clicks", clicks, figures.of_days(viewer, "/dashboard/clicks", &[])),
                        ("Leads", leads, figures.of_days(viewer, "/dashboard/leads", &[])),
                        ("Sales", sales, figures.of_days(viewer, "/dashboard/sales", &[])),
                    ] {
                        tr {
                            td.who { a href=(href) { (name) } (chart::share(times, most)) }
                            td.n { (count(times)) }
                            td.n { (percent(times, clicks)) }
                        }
                    }
                }
            } }
            p.note {
                "Sales include renewals and those that nobody brought."
                @if !viewer.livemode { " Clicks belong to no ledger: these are all of them." }
            }
        }
    }
}

/// A share in percent with one place; a dash where there is nothing to share.
fn percent(part: i64, whole: i64) -> String {
    match share(part, 1_000, whole) {
        Some(tenths) if whole > 0 => format!("{}.{} %", count(tenths / 10), tenths % 10),
        _ => "—".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_one_place_and_none_where_there_is_nothing() {
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(3, 2), "150.0 %");
        assert_eq!(percent(1, 0), "—");
    }
}
