//! A link as a QR code, drawn as SVG: one path, so that it is small and needs no style of its own. Pure.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, which readers need.
const QUIET: usize = 4;

/// The code of a text; `None` where the text is too long for one.
pub fn code(text: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                let (left, top) = (x + QUIET, y + QUIET);
                // A text never fails to be written to.
                let _ = write!(path, "M{left} {top}h{length}v1h-{length}z");
            }
            x += length;
        }
    }
    let side = width + 2 * QUIET;
    Some(html! {
        svg.qr xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (side) " " (side) } shape-rendering="crispEdges"
            role="img" aria-label={ "QR code of " (text) } {
            rect width=(side) height=(side) fill="#ffffff" {}
            path d=(path) fill="#000000" {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_small_drawing_that_names_what_it_holds() {
        let drawn = code("https://go.example.com/alice?a=1&b=\"2\"")
            .unwrap()
            .into_string();
        assert!(
            drawn.starts_with("<svg") && drawn.len() < 20_000,
            "{}",
            drawn.len()
        );
        assert!(drawn.contains("a=1&amp;b=&quot;2&quot;") && !drawn.contains("style"));
        // The finder in the upper left corner begins with seven dark modules.
        assert!(drawn.contains(&format!("M{QUIET} {QUIET}h7v1h-7z")));
        assert!(code(&"x".repeat(5_000)).is_none());
    }
}
