//! The pictures of the README: `make screenshots`.

use std::path::Path;

use super::{Demo, signed_in};

/// About as many sales as the demo has.
const SALES: u32 = 2_400;

#[test]
#[ignore = "writes docs/images; run by `make screenshots`"]
fn pictures_of_the_main_pages() {
    let demo = Demo::with_sales(SALES);
    let mut browser = signed_in(&demo);
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images");
    browser.open(&demo.url("/dashboard/sales"));
    let first = |of: &str| {
        format!("document.querySelector('main tbody a[href^=\"/dashboard/{of}_\"]').pathname")
    };
    let sale = browser.text(
        "(() => { const rows = [...document.querySelectorAll('main tbody tr')];
            const row = rows.find(r => /recurring/i.test(r.innerText) && r.querySelector('a[href*=\"/partners/\"]')) || rows[0];
            return row.querySelector('a[href^=\"/dashboard/sales/sale_\"]').pathname; })()",
    );
    browser.open(&demo.url("/dashboard/events"));
    let event = browser.text(&first("events/evt"));
    browser.open(&demo.url("/dashboard/partners"));
    let partner = browser.text(&first("partners/prt"));
    let pages = [
        ("overview", "/?period=365d"),
        ("sale", sale.as_str()),
        ("events", "/dashboard/events"),
        ("event", event.as_str()),
        ("partner", partner.as_str()),
        ("payouts", "/dashboard/payouts"),
    ];
    for (name, path) in pages {
        for (scheme, suffix) in [("light", ""), ("dark", "-dark")] {
            browser.prefers(scheme);
            browser.size(1_280, 860, false);
            browser.open(&demo.url(path));
            std::fs::write(
                images.join(format!("{name}{suffix}.png")),
                browser.picture(),
            )
            .unwrap();
        }
        browser.prefers("light");
        browser.size(390, 844, true);
        browser.open(&demo.url(path));
        std::fs::write(images.join(format!("{name}-phone.png")), browser.picture()).unwrap();
    }
}
