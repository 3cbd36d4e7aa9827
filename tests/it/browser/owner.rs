//! What an owner sets up in the dashboard, as a person does it: a source with its first deliveries, a member, a period; and the same on a phone in the
//! dark.

use std::process::{Command, Stdio};

use super::{Chromium, Demo, signed_in};

const SECRET: &str = "whsec_3f8a9c2b1d4e5f60718293a4b5c6d7e8";

/// A delivery of the processor's, signed with a secret; however it is answered.
fn deliver(address: &str, secret: &str) {
    let fixture = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/stripe/f01-subscription-checkout.json"
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    command.args(["replay", fixture, "--to", address, "--secret", secret]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("it can be started");
}

/// Looks at a page that refreshes itself until it says something.
#[track_caller]
fn says(browser: &mut Chromium, url: &str, wanted: &str) -> String {
    let mut words = String::new();
    for _ in 0..40 {
        browser.open(url);
        words = browser.words();
        if words.contains(wanted) {
            return words;
        }
    }
    panic!("{wanted}: {words}");
}

#[test]
fn a_source_is_connected_and_a_refused_delivery_says_why() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.open(&demo.url("/dashboard/sources/new?processor=stripe"));
    let address = browser.text(
        "[...document.querySelectorAll('[data-copy]')].map(e => e.dataset.copy).find(t => t.includes('/webhooks/'))",
    );
    let path = address.split_once("/webhooks/").unwrap().1.to_owned();
    browser.fill("input[name='secret']", "sk_live_51H8xAbCdEfGhIjK");
    browser.enter();
    assert!(browser.words().contains("API key"), "{}", browser.words());
    browser.fill("input[name='secret']", SECRET);
    browser.enter();
    let first = browser.address();
    assert!(first.ends_with("/first"), "{first}: {}", browser.words());
    assert!(browser.words().contains("Nothing has arrived yet"));
    let (hook, waits) = (demo.url(&format!("/webhooks/{path}")), demo.url(&first));
    deliver(&hook, "whsec_0000000000000000000000000000000f");
    let words = says(&mut browser, &waits, "secret");
    assert!(
        words.contains("signed with a secret that this source does not have"),
        "{words}"
    );
    deliver(&hook, SECRET);
    says(&mut browser, &waits, "It works");
    assert!(browser.problems().is_empty());
}

#[test]
fn a_member_is_invited_and_sees_no_form_that_is_not_for_him() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.follow(".side a[href^='/dashboard/members']");
    browser.fill("main input[name='name']", "Rita");
    browser.fill("main input[name='email']", "rita@team.example");
    browser.value("document.querySelector('main select[name=\"role\"]').value = 'read-only'");
    browser.follow("main form[action='/dashboard/members'] button");
    let link = browser.text(
        "document.documentElement.innerHTML.match(/\\/dashboard\\/sign-in\\?token=[A-Za-z0-9_-]+/)[0]",
    );
    browser.follow("form[action='/dashboard/sign-out'] button");
    browser.open(&demo.url(&link));
    browser.follow("main form button");
    assert_eq!(browser.address(), "/", "{}", browser.words());
    browser.open(&demo.url("/dashboard/members"));
    assert!(browser.words().contains("Rita"), "{}", browser.words());
    assert!(!browser.has("main form[method='post']"));
}

#[test]
fn the_period_is_picked_and_the_figures_follow() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    let figures = "document.querySelector('.cards').innerText";
    browser.follow("nav[aria-label='Period'] a[href*='period=7d']");
    let week = browser.text(figures);
    browser.follow("nav[aria-label='Period'] a[href*='period=365d']");
    let year = browser.text(figures);
    assert_ne!(week, year);
    browser.value("document.querySelector('details.custom').open = true");
    let day = browser.text("new Date(Date.now() - 90 * 864e5).toISOString().slice(0, 10)");
    let today = browser.text("new Date().toISOString().slice(0, 10)");
    browser.value(&format!(
        "document.querySelector('details.custom input[name=\"from\"]').value = '{day}'"
    ));
    browser.value(&format!(
        "document.querySelector('details.custom input[name=\"to\"]').value = '{today}'"
    ));
    browser.follow("details.custom button");
    assert!(
        browser.address().contains(&format!("from={day}")),
        "{}",
        browser.address()
    );
    assert!(browser.words().contains(&day), "{}", browser.words());
}

#[test]
fn on_a_phone_in_the_dark_nothing_is_cut_off() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.prefers("dark");
    browser.size(390, 844, true);
    for path in [
        "/?period=365d",
        "/dashboard/sales",
        "/dashboard/commissions",
        "/dashboard/customers",
        "/dashboard/payouts",
        "/dashboard/sources/new?processor=stripe",
        "/dashboard/members",
    ] {
        browser.open(&demo.url(path));
        let width = browser.value("document.documentElement.scrollWidth");
        assert_eq!(width, 390, "{path}");
        let title = browser.value(
            "(() => { const box = document.querySelector('h1').getBoundingClientRect(); return box.left >= 0 && box.right <= 390; })()",
        );
        assert_eq!(title, true, "{path}");
    }
}
