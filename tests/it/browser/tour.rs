//! What an owner does in the dashboard, with mouse and keyboard.

use serde_json::{Value, json};

use super::{Chromium, Demo, signed_in};

/// What has the focus: its kind, its words, and whether that can be seen.
fn focus(browser: &mut Chromium) -> (String, String, bool) {
    let told = browser.value(
        "(() => { const e = document.activeElement; const s = getComputedStyle(e);
            const label = (e.innerText || e.getAttribute('aria-label') || e.name || e.id || '').trim();
            return [e.tagName, label, s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1]; })()",
    );
    let told = told.as_array().unwrap();
    (
        told[0].as_str().unwrap().to_owned(),
        told[1].as_str().unwrap().to_owned(),
        told[2] == true,
    )
}

fn background(browser: &mut Chromium) -> String {
    browser.text("getComputedStyle(document.body).backgroundColor")
}

#[test]
fn a_link_signs_in_once_and_signing_out_ends_it() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    assert!(browser.words().contains("Northbeam Studio"));
    browser.follow("form[action='/dashboard/sign-out'] button");
    browser.open(&demo.url("/dashboard/sales"));
    assert!(
        !browser.words().contains("Northbeam Studio"),
        "{}",
        browser.words()
    );
    browser.open(&demo.link);
    browser.follow("main form button");
    assert!(
        browser.address().starts_with("/dashboard/sign-in"),
        "it is used up: {}",
        browser.words()
    );
}

#[test]
fn three_clicks_from_the_overview_tell_why_a_commission_is_what_it_is() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.follow(".side a[href^='/dashboard/sales']");
    browser.follow(
        "main tbody tr:has(a[href*='/dashboard/partners/']) a[href^='/dashboard/sales/sale_']",
    );
    let words = browser.words();
    assert!(words.contains("Written into the ledger"), "{words}");
    browser.follow("main a[href^='/dashboard/events/evt_']");
    let words = browser.words();
    assert!(
        browser.address().starts_with("/dashboard/events/evt_")
            && words.to_lowercase().contains("received"),
        "{words}"
    );
}

#[test]
fn a_commission_is_voided_with_a_reason_after_a_look_at_what_that_does() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.open(&demo.url("/dashboard/sales?status=approved"));
    browser.follow(
        "main tbody tr:has(a[href*='/dashboard/partners/']) a[href^='/dashboard/sales/sale_']",
    );
    let sale = browser.address();
    browser.value("document.querySelector('select[name=decision]').value = 'void'");
    browser.fill(
        "form[action*='/decision'] input[name=reason]",
        "an order of our own",
    );
    browser.follow("form[action*='/decision'] button[value=preview]");
    let words = browser.words();
    assert!(
        words.contains("voided by the owner") && words.contains("an order of our own"),
        "{words}"
    );
    browser.follow("main button[value=run]");
    assert_eq!(browser.address(), sale);
    let words = browser.words();
    assert!(
        words.contains("an order of our own") && words.contains("voided by the owner"),
        "{words}"
    );
}

#[test]
fn any_id_pasted_into_the_search_leads_to_what_it_is() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    browser.open(&demo.url("/dashboard/sales"));
    let path = browser
        .text("document.querySelector('main tbody a[href^=\"/dashboard/sales/sale_\"]').pathname");
    browser.open(&demo.url(&path));
    browser.press("/", 191, &Value::Null);
    assert_eq!(browser.text("document.activeElement.id"), "find");
    browser.fill("#find", path.rsplit('/').next().unwrap());
    browser.enter();
    assert_eq!(browser.address(), path);
    browser.fill("#find", "in_that_nobody_has");
    browser.enter();
    assert!(
        browser
            .address()
            .starts_with("/dashboard/search?id=in_that_nobody_has")
    );
    assert!(
        browser
            .problems()
            .iter()
            .all(|problem| problem.contains("404")),
        "it says so"
    );
}

#[test]
fn events_are_filtered_by_what_became_of_them_and_say_why() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    for state in ["parked", "failed"] {
        browser.open(&demo.url(&format!("/dashboard/events?state={state}")));
        browser.follow("main tbody a[href^='/dashboard/events/evt_']");
        let words = browser.words().to_lowercase();
        assert!(words.contains(state), "{words}");
    }
}

#[test]
fn dark_follows_the_system_until_the_switch_says_otherwise() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    let light = background(&mut browser);
    browser.prefers("dark");
    let dark = background(&mut browser);
    assert_ne!(light, dark);
    browser.follow("button[name='theme'][value='light']");
    assert_eq!(background(&mut browser), light);
    browser.prefers("light");
    browser.follow("button[name='theme'][value='dark']");
    assert_eq!(background(&mut browser), dark);
    browser.follow("button[name='theme'][value='system']");
    assert_eq!(background(&mut browser), light);
}

#[test]
fn the_test_ledger_cannot_be_overlooked() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    assert!(!browser.words().contains("not real money") && !browser.has("p.test-mode"));
    browser.follow("nav[aria-label='Ledger'] a[href*='mode=test']");
    assert!(browser.has("p.test-mode"));
    browser.follow(".side a[href^='/dashboard/sales']");
    assert!(
        browser.has("p.test-mode"),
        "it stays: {}",
        browser.address()
    );
}

#[test]
fn the_keyboard_reaches_everything_and_shows_where_it_is() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    let mut reached = Vec::new();
    for _ in 0..34 {
        browser.press("Tab", 9, &Value::Null);
        let (kind, label, seen) = focus(&mut browser);
        assert!(
            seen || kind == "BODY",
            "the focus on {kind} {label} cannot be seen"
        );
        reached.push(label);
    }
    assert_eq!(reached[0], "To the content", "{reached:?}");
    for place in [
        "Overview",
        "Sales",
        "Customers",
        "Partners",
        "Payouts",
        "Events",
        "Sources",
        "Sign out",
    ] {
        assert!(
            reached.iter().any(|label| label.contains(place)),
            "{place}: {reached:?}"
        );
    }
    assert!(
        reached.iter().any(|label| label == "id"),
        "the search: {reached:?}"
    );
    browser.open(&demo.url("/"));
    browser.press("Tab", 9, &Value::Null);
    browser.call("Input.dispatchKeyEvent", json!({"type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}));
    browser.press("Tab", 9, &Value::Null);
    let inside = browser.value("!!document.activeElement.closest('main')");
    assert_eq!(inside, true, "the first link leads past the frame");
}

#[test]
fn the_switch_leads_to_another_organization_of_the_server() {
    let demo = Demo::start();
    let mut browser = signed_in(&demo);
    let other = browser.text("[...document.querySelectorAll('form.organization option')].find(o => o.text === 'Every scenario').value");
    browser.value(&format!(
        "document.querySelector('form.organization select').value = {}",
        json!(other)
    ));
    browser.follow("form.organization button");
    assert_eq!(
        browser.text("document.querySelector('form.organization select').selectedOptions[0].text"),
        "Every scenario"
    );
}
