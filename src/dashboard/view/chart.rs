//! Drawings of figures over time, made on the server. They carry no words, so that they can be stretched; scale and dates stand beside them, and
//! all figures in a table behind. Pure, in whole numbers.

use maud::{Markup, html};

/// The drawing's own width and height.
const WIDTH: i64 = 1_000;
const HEIGHT: i64 = 200;

/// One span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    /// What one sees where one points at it.
    pub(crate) title: String,
    /// What is left.
    pub(crate) net: i64,
    /// What was taken back; drawn on top.
    pub(crate) back: i64,
    /// What is left, in the period before.
    pub(crate) before: i64,
}

/// Whether there is nothing to draw: then a scale says nothing.
pub(crate) fn is_empty(bars: &[Bar]) -> bool {
    let mut bars = bars.iter();
    bars.all(|bar| bar.net == 0 && bar.back == 0 && bar.before == 0)
}

/// The figure at the top of the scale: the next one that reads well.
pub(crate) fn ceiling(bars: &[Bar]) -> i64 {
    let tops = bars.iter().map(|bar| {
        bar.net
            .max(0)
            .saturating_add(bar.back.max(0))
            .max(bar.before)
    });
    let most = tops.max().unwrap_or(0).max(1);
    let mut unit = 1_i64;
    while let Some(next) = unit.checked_mul(10).filter(|next| *next <= most) {
        unit = next;
    }
    let steps = [1, 2, 3, 4, 5, 6, 8, 10]
        .into_iter()
        .map(|step| unit.saturating_mul(step));
    steps.into_iter().find(|step| *step >= most).unwrap_or(most)
}

/// Bars of what is left and what was taken back, with the period before as a line.
pub(crate) fn bars(bars: &[Bar], top: i64, about: &str) -> Markup {
    let many = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let left = |index: i64| index * WIDTH / many;
    let gap = if many > 60 { 1 } else { WIDTH / many / 5 };
    let middle = |index: i64| left(index) + WIDTH / many / 2;
    let line: Vec<String> = (0..)
        .zip(bars)
        .map(|(index, bar)| format!("{},{}", middle(index), HEIGHT - height(bar.before, top)))
        .collect();
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(about) {
            @for at in [0, HEIGHT / 2, HEIGHT] {
                line.grid-line x1="0" x2=(WIDTH) y1=(at) y2=(at) {}
            }
            @for (index, bar) in (0_i64..).zip(bars) {
                @let width = (left(index + 1) - left(index) - gap).max(1);
                @let net = height(bar.net, top);
                @let back = height(bar.back, top);
                rect.bar-net x=(left(index) + gap / 2) width=(width) y=(HEIGHT - net) height=(net) {}
                @if back > 0 {
                    rect.bar-back x=(left(index) + gap / 2) width=(width) y=(HEIGHT - net - back) height=(back) {}
                }
            }
            @if bars.iter().any(|bar| bar.before != 0) {
                polyline.line-before points=(line.join(" ")) {}
            }
            @for (index, bar) in (0_i64..).zip(bars) {
                rect.over x=(left(index)) width=(left(index + 1) - left(index)) y="0" height=(HEIGHT) { title { (bar.title) } }
            }
        }
    }
}

fn height(amount: i64, top: i64) -> i64 {
    providers::money::share(amount.max(0), HEIGHT, top)
        .unwrap_or(0)
        .min(HEIGHT)
}

/// A short bar beside a figure: its share of the largest.
pub(crate) fn share(part: i64, whole: i64) -> Markup {
    let width = providers::money::share(part.max(0), 100, whole.max(1))
        .unwrap_or(0)
        .min(100);
    html! {
        svg.share viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="100" height="6" rx="3" {}
            rect.part width=(width) height="6" rx="3" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(net: i64, back: i64, before: i64) -> Bar {
        Bar {
            title: "<day>".to_owned(),
            net,
            back,
            before,
        }
    }

    #[test]
    fn the_scale_ends_at_a_figure_that_reads_well() {
        let top = |net| ceiling(&[bar(net, 0, 0)]);
        assert_eq!(
            [0, 1, 99, 101, 4_321, 8_001].map(top),
            [1, 1, 100, 200, 5_000, 10_000]
        );
        assert_eq!(ceiling(&[bar(50, 60, 0)]), 200);
        assert_eq!(ceiling(&[bar(5, 0, 301)]), 400);
        assert_eq!(top(i64::MAX), i64::MAX);
    }

    #[test]
    fn a_drawing_stays_within_its_frame_and_escapes_its_words() {
        let drawn = bars(
            &[bar(100, 0, 50), bar(-5, 0, 0), bar(0, 40, 100)],
            100,
            "a \"b\"",
        )
        .into_string();
        assert!(
            drawn.contains(r#"y="0" height="200""#) && drawn.contains("&lt;day&gt;"),
            "{drawn}"
        );
        assert!(
            !drawn.contains("style") && !drawn.contains("=\"-"),
            "{drawn}"
        );
    }
}
