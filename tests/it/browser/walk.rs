//! Every page that links lead to, held to what holds for all: nothing on the console, no breach of the policy, nothing that axe-core finds serious in
//! light or dark, no scrolling to the side on a phone, readable without scripts, small.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::{Chromium, Demo, signed_in};

/// As many pages of one shape are looked at: a list without and with something asked for.
const OF_A_SHAPE: usize = 3;

/// The largest page, in bytes.
const PAGE_MAX_BYTES: u64 = 150_000;

/// The page that somebody sees first with all that belongs to it, in bytes.
const FIRST_MAX_BYTES: u64 = 100_000;

static AXE: &str = include_str!("../../vendor/axe-core/axe.min.js");

/// The links of a page, as paths of this server.
const LINKS: &str = "[...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin && !a.download).map(a => a.pathname + a.search)";

/// Ids become stars, and what is asked for its names.
fn shape(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let parts = path
        .split('/')
        .map(|part| if part.contains('_') { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn is_page(path: &str) -> bool {
    let page = path == "/"
        || path.starts_with("/?")
        || path.starts_with("/dashboard/")
        || path.starts_with("/docs");
    page && !path.contains("/payload") && !path.contains("/assets/") && !path.contains("format=csv")
}

/// Goes wherever links lead; answers the paths.
fn walk(
    browser: &mut Chromium,
    demo: &Demo,
    mut look: impl FnMut(&mut Chromium, &str),
) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut shapes: BTreeMap<String, usize> = BTreeMap::new();
    let mut waiting = VecDeque::from(["/".to_owned(), "/?mode=test".to_owned()]);
    let mut visited = Vec::new();
    while let Some(path) = waiting.pop_front() {
        if !is_page(&path) || !seen.insert(path.clone()) {
            continue;
        }
        let of_shape = shapes.entry(shape(&path)).or_default();
        *of_shape += 1;
        if *of_shape > OF_A_SHAPE {
            continue;
        }
        browser.open(&demo.url(&path));
        look(browser, &path);
        let links = browser.value(LINKS);
        let links = links.as_array().unwrap().iter();
        waiting.extend(links.map(|link| link.as_str().unwrap().to_owned()));
        visited.push(path);
    }
    for begin in [
        "/dashboard/sales/sale_",
        "/dashboard/events/evt_",
        "/dashboard/partners/prt_",
        "/dashboard/commissions",
        "/dashboard/customers/cus_",
        "/dashboard/leads/lead_",
        "/dashboard/clicks/clk_",
        "/dashboard/payouts",
        "/dashboard/sources",
    ] {
        assert!(
            visited.iter().any(|path| path.starts_with(begin)),
            "{begin} is not reached: {visited:?}"
        );
    }
    visited
}

/// What axe-core finds serious or critical.
pub(super) fn offences(browser: &mut Chromium) -> Vec<String> {
    if browser.value("typeof window.axe") != "object" {
        browser.value(&format!("{AXE};0"));
    }
    let found = browser.value(
        "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact))
            .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | ')))",
    );
    let found = found.as_array().unwrap().iter();
    found.map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn axe_finds_nothing_serious_on_any_page_in_light_or_dark() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    let mut found = BTreeSet::new();
    walk(&mut browser, &demo, |browser, path| {
        for scheme in ["light", "dark"] {
            browser.prefers(scheme);
            let offences = offences(browser);
            found.extend(
                offences
                    .into_iter()
                    .map(|one| format!("{} in {scheme}: {one}", shape(path))),
            );
        }
    });
    assert!(
        found.is_empty(),
        "{}",
        found.into_iter().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn no_page_is_large_wide_on_a_phone_or_has_an_error_on_its_console() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    assert_eq!(browser.problems(), Vec::<String>::new());
    browser.size(390, 844, true);
    let mut wrong = Vec::new();
    walk(&mut browser, &demo, |browser, path| {
        let width = browser.value("document.documentElement.scrollWidth");
        if width.as_u64().unwrap() > 390 {
            let widest = browser.value(
                "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 391 && !e.closest('.scroll, pre, nav'))
                    .slice(0, 3).map(e => e.outerHTML.slice(0, 160))",
            );
            wrong.push(format!("{path} is {width} wide: {widest}"));
        }
        let bytes = browser.received();
        if bytes > PAGE_MAX_BYTES {
            wrong.push(format!("{path} has {bytes} bytes"));
        }
        wrong.extend(
            browser
                .problems()
                .into_iter()
                .map(|problem| format!("{path}: {problem}")),
        );
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_says_as_much_without_scripts() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.without_scripts();
    let titles = walk(&mut browser, &demo, |browser, path| {
        let told = browser.value("[document.title, document.querySelectorAll('h1').length, document.querySelector('main').innerText.length]");
        let [Value::String(title), headings, length] = told.as_array().unwrap().as_slice() else {
            panic!("{path}: {told}");
        };
        assert!(!title.is_empty(), "{path}");
        assert_eq!(headings, 1, "{path} has one first heading");
        assert!(length.as_u64().unwrap() > 20, "{path} says {told}");
    });
    assert!(titles.len() > 12, "{titles:?}");
}

#[test]
fn the_first_page_comes_with_few_bytes() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.call("Network.clearBrowserCache", serde_json::json!({}));
    browser.received();
    browser.open(&demo.url("/"));
    let bytes = browser.received();
    assert!(bytes > 5_000, "they are counted: {bytes}");
    assert!(bytes < FIRST_MAX_BYTES, "{bytes} bytes");
}
