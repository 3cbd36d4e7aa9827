//! The outside of events, and the settings of a source.

use serde_json::json;

use super::{AT, verified};
use crate::stripe::Stripe;
use crate::{Adapter, Envelope, Micros, Settings, Verified};

#[test]
fn a_snapshot_event_tells_its_id_type_version_account_and_mode() {
    let body = json!({"id": "evt_1", "object": "event", "type": "invoice.paid", "api_version": "2026-10-28.endive",
        "account": "acct_1", "livemode": false, "created": AT, "request": "req_1", "context": "ctx"});
    let expected = Envelope {
        event_id: "evt_1".to_owned(),
        event_type: "invoice.paid".to_owned(),
        api_version: Some("2026-10-28.endive".to_owned()),
        account: Some("acct_1".to_owned()),
        livemode: Some(false),
        occurred_at: Some(Micros::from_seconds(AT)),
    };
    assert_eq!(Stripe.envelope(&verified(&body)), expected);
}

#[test]
fn a_thin_event_goes_by_its_twins_id_and_never_takes_its_place() {
    let thin = json!({"id": "evt_2", "object": "v2.core.event", "type": "v1.invoice.paid", "livemode": true,
        "created": "2026-10-05T09:30:00.000Z", "context": "acct_1", "snapshot_event": "evt_1",
        "related_object": {"id": "in_1", "type": "invoice", "url": "/v1/invoices/in_1"}});
    let envelope = Stripe.envelope(&verified(&thin));
    assert_eq!(envelope.event_id, "evt_1");
    assert_eq!(envelope.event_type, "v1.invoice.paid");
    assert_eq!(envelope.api_version.as_deref(), Some("thin"));
    assert_eq!(envelope.account.as_deref(), Some("acct_1"));
    assert_eq!(envelope.occurred_at, Some(Micros::from_seconds(AT)));
    let reading = Stripe.normalize(&verified(&thin), &Settings::default());
    assert!(reading.facts.is_empty() && !reading.unreadable);
    assert!(reading.note.unwrap().contains("Snapshot"));
}

#[test]
fn a_ping_of_a_new_destination_is_taken_without_advice() {
    let ping =
        json!({"id": "evt_3", "object": "v2.core.event", "type": "v2.core.event_destination.ping"});
    let reading = Stripe.normalize(&verified(&ping), &Settings::default());
    assert!(!reading.unreadable && !reading.note.unwrap().contains("thin"));
}

#[test]
fn what_cannot_be_read_still_has_an_id_of_its_own() {
    for body in [&b"\xff"[..], b"[]", b"{", b"null"] {
        let verified = Verified::from_inbox(body.to_vec(), Vec::new());
        assert_eq!(Stripe.envelope(&verified), Envelope::unreadable(body));
        assert!(Stripe.normalize(&verified, &Settings::default()).unreadable);
    }
    let nameless = Stripe.envelope(&verified(
        &json!({"type": "invoice.paid", "id": 7.5e3, "created": "soon"}),
    ));
    assert_eq!(
        (nameless.event_type.as_str(), nameless.occurred_at),
        ("invoice.paid", None)
    );
    assert!(nameless.event_id.starts_with("sha256:"));
}

#[test]
fn settings_are_two_flags_and_the_common_lists() {
    let check = |text| Stripe.check_settings(&Settings::from_json(text).unwrap());
    assert_eq!(
        check(r#"{"excludeOutOfBand":true,"includeShipping":false,"clickKeys":["x"]}"#),
        Ok(())
    );
    assert_eq!(
        check(r#"{"includeShipping":"yes"}"#).unwrap_err().name,
        "includeShipping"
    );
    assert_eq!(
        check(r#"{"includeshipping":true}"#).unwrap_err().name,
        "includeshipping"
    );
}
