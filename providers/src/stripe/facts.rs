//! Collects the facts of one event: versions from the event's own time, names only where Stripe gives
//! them, and the meeting places of cut-off ids.
//!
//! `payment_details.order_reference` of a payment intent names the invoice or session it was made for,
//! undocumented, and late in 2025 cut to 25 characters. It is a hint and never more.

use crate::fact::{Alias, Fact, Strength, Version};
use crate::lenient::Raw;
use crate::settings::Settings;
use crate::time::Micros;
use crate::{Name, Reading};

use super::{EXCLUDE_OUT_OF_BAND, INCLUDE_SHIPPING};

/// The length to which order references were cut.
const CUT_LENGTH: usize = 25;

/// An event that should say something and cannot be understood; the note says where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

/// What a handler makes of an event's object.
pub(super) type Outcome = Result<Reading, Unreadable>;

/// What handlers know of the event around their object.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The event's type as sent.
    pub(super) event_type: &'a str,
    /// When the event was made.
    pub(super) at: Micros,
    /// What changed, on `*.updated` events.
    pub(super) previous: Raw<'a>,
    /// The source's settings.
    pub(super) settings: &'a Settings,
}

impl Context<'_> {
    /// The version of a snapshot in this event; `step` decides within one second.
    pub(super) fn version(&self, step: i64) -> Version {
        Version { at: self.at, step }
    }

    /// Whether shipping earns commission too.
    pub(super) fn includes_shipping(&self) -> bool {
        self.settings.flag(INCLUDE_SHIPPING, false)
    }

    /// Whether money that did not go through Stripe is left out.
    pub(super) fn excludes_out_of_band(&self) -> bool {
        self.settings.flag(EXCLUDE_OUT_OF_BAND, false)
    }
}

/// A payment's name out of an id field, be it a string or an expanded object.
pub(super) fn payment(id: Raw<'_>) -> Option<Name> {
    Name::payment(&id.id()?)
}

/// Says that both are names of one payment, where both are there.
pub(super) fn same(facts: &mut Vec<Fact>, a: Option<&Name>, b: Option<&Name>) {
    join(facts, a, b, Strength::Proven);
}

/// Says that `other` looks like a name of the same payment, where it is there.
pub(super) fn maybe(facts: &mut Vec<Fact>, name: &Name, other: Option<&Name>) {
    join(facts, Some(name), other, Strength::Hint);
}

fn join(facts: &mut Vec<Fact>, a: Option<&Name>, b: Option<&Name>, strength: Strength) {
    if let (Some(a), Some(b)) = (a, b)
        && a != b
    {
        facts.push(Fact::Alias(Alias {
            a: a.clone(),
            b: b.clone(),
            strength,
        }));
    }
}

/// Puts the place where hints to an invoice or session meet next to it, so that a cut-off reference to
/// it ends up in the same neighbourhood.
pub(super) fn meeting_place(facts: &mut Vec<Fact>, document: &Name) {
    let value = document.value();
    if value.len() > CUT_LENGTH && is_document(value) {
        let place = value.get(..CUT_LENGTH).and_then(Name::hint);
        join(facts, Some(document), place.as_ref(), Strength::Hint);
    }
}

/// Says that a payment intent looks like the payment of the invoice or session in its order reference.
pub(super) fn hint(facts: &mut Vec<Fact>, intent: &Name, reference: &str) {
    if !is_document(reference) {
        return;
    }
    if reference.len() == CUT_LENGTH {
        let beginning = Name::payment(&format!("{reference}…"));
        let place = Name::hint(reference);
        join(facts, Some(intent), beginning.as_ref(), Strength::Hint);
        join(facts, Some(intent), place.as_ref(), Strength::Hint);
    } else {
        let document = Name::payment(reference);
        join(facts, Some(intent), document.as_ref(), Strength::Hint);
    }
}

/// Whether an id is that of an invoice or a session; order references may be anything a merchant likes.
fn is_document(id: &str) -> bool {
    id.starts_with("in_") || id.starts_with("cs_")
}
