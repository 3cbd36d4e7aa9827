//! What the answers of Stripe's API lead to: which request comes next, and what a page of lines says.

use serde_json::{Value, json};

use super::super::Stripe;
use crate::fact::Fact;
use crate::history::{Asked, History, Page, Span, Step};
use crate::{Adapter, Micros, Settings};

const NOW: Micros = Micros(1_795_348_800_000_000);
const LINES: &str = "/v1/invoices/in_1/lines";

fn read(step: &Step, now: Micros, answer: &Value) -> Page {
    let settings = Settings::default();
    let asked = Asked {
        span: Span {
            since: NOW.plus_days(-1),
            until: NOW,
        },
        settings: &settings,
        now,
    };
    let page = Stripe.read(step, asked, answer.to_string().as_bytes());
    for next in page.iter().flat_map(|page| &page.then) {
        let path = Stripe.request(next, asked).path;
        assert!(path.starts_with("/v1/") && !path.contains(".."), "{path}");
    }
    page.unwrap()
}

fn events(id: &str, status: &str, has_more: bool) -> Value {
    let invoice = json!({"id": id, "object": "invoice", "status": status, "lines": {"data": [], "has_more": has_more}});
    json!({"object": "list", "has_more": false, "data": [{"id": "evt_1", "type": "invoice.paid", "data": {"object": invoice}}]})
}

#[test]
fn an_invoice_that_shows_its_first_lines_leads_to_all_of_them() {
    let list = Step::first("events/0");
    let then = |answer: &Value| read(&list, NOW, answer).then;
    assert_eq!(then(&events("in_1", "paid", true)), [Step::first(LINES)]);
    for told in [
        events("in_1", "paid", false),
        events("in_1", "void", true),
        events("../in_1", "paid", true),
    ] {
        assert_eq!(then(&told), []);
    }
    let mut objects = events("in_1", "paid", true);
    objects["data"] = json!([objects["data"][0]["data"]["object"]]);
    let list = Step::first("/v1/invoices");
    assert_eq!(
        read(&list, NOW, &objects).then,
        [Step::first(LINES)],
        "of one that is shown as it stands"
    );
}

#[test]
fn a_page_of_lines_says_its_lines_and_the_same_page_is_the_same_event() {
    let line = |id: &str| json!({"id": id, "amount": 100, "livemode": true, "pricing": {"price_details": {"price": "price_1", "product": "prod_1"}}});
    let answer = json!({"object": "list", "has_more": true, "data": [line("il_1"), line("il_2")]});
    let page = read(&Step::first(LINES), NOW, &answer);
    assert_eq!(page.then, [Step::at(LINES, "il_2")]);
    let found = &page.found[0];
    let reading = Stripe.normalize(found, &Settings::default());
    let [Fact::Lines(lines)] = reading.facts.as_slice() else {
        panic!("{reading:?}")
    };
    assert_eq!((lines.object.value(), lines.lines.len()), ("in_1", 2));
    assert_eq!(
        (lines.after.as_deref(), lines.next.as_deref()),
        (None, Some("il_2"))
    );
    assert_eq!(lines.lines[1].ids, ["price_1", "prod_1", "il_2"]);
    let envelope = Stripe.envelope(found);
    assert_eq!(
        (envelope.livemode, envelope.api_version.as_deref()),
        (Some(true), Some("part"))
    );
    let again = read(&Step::first(LINES), NOW.plus_days(1), &answer);
    assert_eq!(Stripe.envelope(&again.found[0]).event_id, envelope.event_id);
    let after = read(&Step::at(LINES, "il_0"), NOW, &answer);
    assert_ne!(Stripe.envelope(&after.found[0]).event_id, envelope.event_id);
}
