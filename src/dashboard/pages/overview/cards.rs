//! The figures of the period, each against the period before.

use maud::{Markup, html};
use providers::Currency;
use providers::money::share;

use super::{Figures, all};
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{count, figure, money, number};

pub(super) fn cards(viewer: &Viewer, figures: &Figures) -> Markup {
    let (now, before) = (all(&figures.now), all(&figures.before));
    let days = figures.period.days();
    let (sales, back) = (figures.sales(viewer, &[]), figures.taken_back(viewer));
    let earned = figures.within(viewer, "/dashboard/commissions", &[]);
    let cards = [
        (
            "Revenue after refunds",
            now.left(),
            before.left(),
            true,
            &sales,
        ),
        (
            "Commission earned",
            now.earned(),
            before.earned(),
            true,
            &earned,
        ),
        ("Taken back", now.back(), before.back(), false, &back),
    ];
    html! {
        section.panel.cards aria-label="Figures of the period" {
            @for (label, now, before, more_is_good, href) in cards {
                div.card {
                    p.label { a href=(href) { (label) } }
                    p.figure.(size(now, figures.currency)) { (money(now, figures.currency)) }
                    (change(now, before, days, more_is_good))
                }
            }
            div.card {
                p.label { a href=(sales) { "Sales" } }
                p.figure { (count(now.sales)) }
                (change(now.sales, before.sales, days, true))
            }
        }
    }
}

/// How wide a figure is, for its size: all of it is to be seen in the place that there is.
fn size(minor: i64, currency: Currency) -> &'static str {
    match figure(minor, currency).chars().count() {
        ..=11 => "short",
        12..=16 => "long",
        _ => "longest",
    }
}

/// A figure against the period before.
fn change(now: i64, before: i64, days: i64, more_is_good: bool) -> Markup {
    let percent = share(now.saturating_sub(before), 100, before).filter(|_| before > 0);
    let tone = match percent {
        None | Some(0) => "",
        Some(percent) if (percent > 0) == more_is_good => "up",
        Some(_) => "down",
    };
    let before = match days {
        1 => "day before".to_owned(),
        days => number(days, "day before", "days before"),
    };
    html! {
        p.change.(tone) {
            @match percent {
                None if now == 0 => { "as in the " (before) }
                None => { "nothing in the " (before) }
                Some(percent) => { (against(percent)) " " span.muted { "on the " (before) } }
            }
        }
    }
}

/// A change in percent, or in multiples where percents would say nothing.
pub(super) fn against(percent: i64) -> String {
    const MANY: i64 = 1_000;
    match percent {
        MANY.. => format!("{}×", count(percent / 100 + 1)),
        1..MANY => format!("+{} %", count(percent)),
        _ => format!("{} %", count(percent)),
    }
}
