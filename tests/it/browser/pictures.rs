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
            const row = rows.find(r => /recurring/i.test(r.innerText) && /payable/i.test(r.innerText) && r.querySelector('a[href*=\"/partners/\"]')) || rows[0];
            return row.querySelector('a[href^=\"/dashboard/sales/sale_\"]').pathname; })()",
    );
    browser.open(&demo.url("/dashboard/partners"));
    let partner = browser.text(&first("partners/prt"));
    let overview = "/?period=365d";
    let pictures = [
        ("overview", overview, "light", false),
        ("overview-dark", overview, "dark", false),
        ("overview-phone", overview, "light", true),
        ("sale", sale.as_str(), "light", false),
        ("sale-dark", sale.as_str(), "dark", false),
        ("sale-phone", sale.as_str(), "light", true),
        ("events", "/dashboard/events", "light", false),
        ("partner", partner.as_str(), "light", false),
    ];
    for (name, path, scheme, is_phone) in pictures {
        browser.prefers(scheme);
        let (width, height) = if is_phone { (390, 844) } else { (1_280, 860) };
        browser.size(width, height, is_phone);
        browser.open(&demo.url(path));
        std::fs::write(images.join(format!("{name}.png")), browser.picture()).unwrap();
    }
}
