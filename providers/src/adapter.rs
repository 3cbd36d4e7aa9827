//! What every processor's folder provides. No method has a default body: a forgotten one is a compile
//! error, never an open door.

use crate::delivery::{Delivery, Envelope, Reading, Rejection, Verified};
use crate::place::Place;
use crate::secret::Secret;
use crate::settings::{SettingError, Settings};
use crate::time::Micros;

/// One event type to tick in the processor's dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventChoice {
    /// The processor's name of it.
    pub name: &'static str,
    /// Whether counting is wrong or incomplete without it.
    pub required: bool,
}

impl EventChoice {
    /// An event without which counting is wrong or incomplete.
    pub const fn required(name: &'static str) -> Self {
        let required = true;
        Self { name, required }
    }

    /// An event that counting can do without.
    pub const fn optional(name: &'static str) -> Self {
        let required = false;
        Self { name, required }
    }
}

/// What people are told about a processor.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The word in URLs and commands: `stripe`.
    pub id: &'static str,
    /// The processor's name: `Stripe`.
    pub title: &'static str,
    /// The value of `paymentProcessor` on its sales.
    pub payment_processor: &'static str,
    /// Whether it must be asked for by name, because new users never need it.
    pub opt_in: bool,
    /// The events to tick.
    pub events: &'static [EventChoice],
    /// Where in the processor's dashboard the URL goes and where the secret is found, step by step.
    pub steps: &'static [&'static str],
    /// Where labels are looked for, and who can write there: `docs/processors.md` shows the same table.
    pub places: &'static [Place],
    /// Headers, lower case, that [`Adapter::envelope`] and [`Adapter::normalize`] read and that are
    /// therefore stored with the body. Never one that carries a credential.
    pub kept_headers: &'static [&'static str],
}

/// A processor: pure, synchronous, total.
///
/// [`Adapter::verify`] is given bytes from the open internet; the others are given what it has passed.
/// None of them may panic, whatever the bytes.
pub trait Adapter: Send + Sync {
    /// What people are told.
    fn about(&self) -> &'static About;

    /// Checks the settings of a source when it is made or changed.
    ///
    /// # Errors
    /// The first setting that is unknown, missing or unusable.
    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError>;

    /// Checks that a delivery was signed with one of the secrets, lately.
    ///
    /// # Errors
    /// Why it is not to be trusted. An empty list of secrets is [`Rejection::NoSecret`].
    fn verify(
        &self,
        delivery: Delivery<'_>,
        secrets: &[Secret],
        settings: &Settings,
        now: Micros,
    ) -> Result<Verified, Rejection>;

    /// The event's id, type, time, account and mode. Never fails: see [`Envelope::unreadable`].
    fn envelope(&self, verified: &Verified) -> Envelope;

    /// What the event says, as facts.
    fn normalize(&self, verified: &Verified, settings: &Settings) -> Reading;

    /// The headers that the processor would send with this body, signed with `secret` at `now`: those in
    /// `headers` that are not signatures, and the signature. For replay, the demo and tests.
    ///
    /// `None` where signing takes a key that a receiver does not have; such a processor's fixtures carry
    /// their signatures, or are signed with the test key that `secret` holds.
    fn sign(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        secret: &Secret,
        settings: &Settings,
        now: Micros,
    ) -> Option<SignedDelivery>;
}

/// A delivery made by [`Adapter::sign`].
#[derive(Debug, Clone)]
pub struct SignedDelivery {
    /// All headers to send.
    pub headers: Vec<(String, String)>,
    /// The body to send: the given one, unless the signature is part of it (Paddle Classic).
    pub body: Vec<u8>,
}

/// For [`Adapter::sign`]: the given headers without those that the signature brings itself.
pub(crate) fn unsigned(headers: &[(String, String)], own: &[&str]) -> Vec<(String, String)> {
    let is_own = |name: &str| own.iter().any(|own| name.eq_ignore_ascii_case(own));
    let others = headers.iter().filter(|(name, _)| !is_own(name));
    others.cloned().collect()
}
