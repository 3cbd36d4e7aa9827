//! The outside of an event: snapshot events (`object: event`) and thin ones (`object: v2.core.event`).
//!
//! A thin event carries no amounts, only the address of what changed; while a merchant moves from one
//! style to the other, both tell of one occurrence. It must never take the place of its snapshot twin,
//! so it is filed under that twin's id with the version `thin`.
//! Sources: <https://docs.stripe.com/api/events/object>, <https://docs.stripe.com/event-destinations>.

use serde::Deserialize;

use crate::delivery::Envelope;
use crate::lenient::{self, Raw};
use crate::time::Micros;

use super::identity;

/// An event of either style; everything may be missing.
#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow, default)]
    pub(super) id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) object: Raw<'a>,
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) api_version: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) account: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) context: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) livemode: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) created: Raw<'a>,
    #[serde(borrow, default, rename = "snapshot_event")]
    pub(super) twin: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) data: Raw<'a>,
}

/// What a snapshot event carries.
#[derive(Deserialize)]
pub(super) struct Data<'a> {
    #[serde(borrow, default)]
    pub(super) object: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) previous_attributes: Raw<'a>,
}

impl Event<'_> {
    /// Whether it names what changed instead of showing it.
    pub(super) fn is_thin(&self) -> bool {
        self.object
            .string()
            .is_some_and(|object| object == "v2.core.event")
    }

    /// When it was made: Unix seconds in snapshot events, RFC 3339 in thin ones.
    pub(super) fn created_at(&self) -> Option<Micros> {
        self.created
            .unix_seconds()
            .or_else(|| self.created.rfc3339())
    }
}

/// Reads the outside of a verified body.
pub(super) fn read(body: &[u8]) -> Envelope {
    let Some(event) = lenient::document::<Event<'_>>(body) else {
        return Envelope::unreadable(body);
    };
    let unreadable = Envelope::unreadable(body);
    let thin = event.is_thin();
    let own_id = identity::clean(event.id);
    let twin_id = identity::clean(event.twin).filter(|_| thin);
    let context = identity::clean(event.context).filter(|_| thin);
    let version = if thin {
        Some("thin".to_owned())
    } else {
        identity::clean(event.api_version)
    };
    Envelope {
        event_id: twin_id.or(own_id).unwrap_or(unreadable.event_id),
        event_type: identity::clean(event.kind).unwrap_or(unreadable.event_type),
        api_version: version,
        account: identity::clean(event.account).or(context),
        livemode: event.livemode.bool(),
        occurred_at: event.created_at(),
    }
}
