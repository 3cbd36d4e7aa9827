//! Who a payment, subscription or customer belongs to: customers, click ids, codes and contact data.
//!
//! Everything the buyer can edit is a claim: a click id found here counts once the click is known.
//! Where Stripe carries metadata: <https://docs.stripe.com/metadata>; what a payment link keeps of
//! `client_reference_id`: <https://docs.stripe.com/payment-links/url-parameters>.

use crate::Name;
use crate::fact::{Code, Fact, Identity, Label, Version};
use crate::lenient::Raw;
use crate::place::{Holds, Place, Writer};
use crate::settings::Settings;
use crate::time::Micros;

use super::objects::{Discount, DiscountSource, PromotionCode};

/// What stands before the click id in `client_reference_id`, so that the merchant's own references are
/// told from it.
const REFERENCE_PREFIX: &str = "refp_id_";

/// The longest `client_reference_id` that Stripe takes.
const REFERENCE_LENGTH: usize = 200;

/// The longest text kept, in bytes.
const TEXT_LENGTH: usize = 512;

/// What a page hands to a checkout, or the address of a payment link does.
const REFERENCE: Place = Place::new("client_reference_id", Holds::Clicks, Writer::Buyer);

/// Where Stripe's objects carry labels. Metadata is set with a secret key or in the dashboard.
pub(super) const PLACES: &[Place] = &[
    Place::new("metadata", Holds::Labels, Writer::Merchant),
    REFERENCE,
    Place::new("discounts", Holds::Codes, Writer::Buyer),
    Place::new("customer", Holds::Customers, Writer::Processor),
];

/// An identity as it is put together from the places of one object, best place first.
pub(super) struct Finding<'a> {
    identity: Identity,
    settings: &'a Settings,
}

impl<'a> Finding<'a> {
    /// Nothing is known of `subject` yet.
    pub(super) fn of(subject: Name, version: Version, settings: &'a Settings) -> Self {
        Self {
            identity: Identity::of(subject, version),
            settings,
        }
    }

    /// The processor's customer; newer accounts may be customers themselves.
    pub(super) fn customer(mut self, customer: Raw<'_>, account: Raw<'_>) -> Self {
        let id = customer.id().or_else(|| account.id());
        if let Some(name) = id.and_then(|id| Name::customer(&id)) {
            self.push_customer(name);
        }
        self
    }

    /// The subscription that the subject belongs to.
    pub(super) fn subscription(mut self, subscription: Raw<'_>) -> Self {
        self.identity.subscription = subscription.id().and_then(|id| Name::subscription(&id));
        self
    }

    /// Since when the subscription has been paid for.
    pub(super) fn paid_since(mut self, at: Option<Micros>) -> Self {
        self.identity.paid_since = at;
        self
    }

    /// A `client_reference_id`: our own with its prefix, or a bare value that may be a click id.
    pub(super) fn reference(mut self, reference: Raw<'_>) -> Self {
        let Some(text) = reference.text() else {
            return self;
        };
        let click = text.strip_prefix(REFERENCE_PREFIX).unwrap_or(&text);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !click.is_empty() && click.len() <= REFERENCE_LENGTH && click.chars().all(plain) {
            let label = Label::new(click, REFERENCE.name);
            self.push_click(label.map(|label| label.standing_in(&REFERENCE, self.settings)));
        }
        self
    }

    /// Click ids and the merchant's own customer id out of metadata.
    pub(super) fn metadata(mut self, metadata: Raw<'_>, place: &str) -> Self {
        let texts = metadata.texts();
        if texts.is_empty() {
            return self;
        }
        let settings = self.settings;
        for key in settings.click_keys() {
            if let Some(value) = texts.get(key) {
                self.push_click(Label::new(value, format!("{place}.{key}")));
            }
        }
        let external = settings
            .customer_keys()
            .find_map(|key| Name::external(texts.get(key)?));
        if let Some(name) = external {
            self.push_customer(name);
        }
        self
    }

    /// Codes out of discounts: the code itself where it is shown, and the ids of promotion code and
    /// coupon, which owners may register as well. Of a discount that stands there as its bare id (`di_…`),
    /// [`discount_codes`] tell elsewhere what it means.
    pub(super) fn discounts(mut self, one: Raw<'_>, several: Raw<'_>, place: &str) -> Self {
        for raw in std::iter::once(one).chain(several.items()) {
            let mut found = match raw.object::<Discount<'_>>() {
                Some(discount) => codes_of(&discount),
                None => Vec::new(),
            };
            if found.is_empty()
                && let Some(id) = raw.id()
            {
                found = vec![with_coupon(&id), id];
                found.reverse();
            }
            for label in found.iter().filter_map(|id| Label::new(id, place)) {
                let codes = &mut self.identity.codes;
                if codes.iter().all(|known| known.value() != label.value()) {
                    codes.push(label);
                }
            }
        }
        self
    }

    /// The customer's address and name; what is known already stays.
    pub(super) fn person(mut self, email: Raw<'_>, name: Raw<'_>) -> Self {
        let identity = &mut self.identity;
        identity.email = identity.email.take().or_else(|| clean(email));
        identity.name = identity.name.take().or_else(|| clean(name));
        self
    }

    /// What was found, as far as it is needed elsewhere in the same reading.
    pub(super) fn found(&self) -> &Identity {
        &self.identity
    }

    /// Adds the identity to the facts, if it says anything.
    pub(super) fn put(self, facts: &mut Vec<Fact>) {
        if self.identity.says_something() {
            facts.push(Fact::Identity(self.identity));
        }
    }

    fn push_customer(&mut self, name: Name) {
        if !self.identity.customers.contains(&name) {
            self.identity.customers.push(name);
        }
    }

    fn push_click(&mut self, label: Option<Label>) {
        if let Some(label) = label {
            label.add_to(&mut self.identity.clicks);
        }
    }
}

/// Every way to write the code of a discount, the best first: as the buyer types it, and the ids of promotion
/// code and coupon.
pub(super) fn codes_of(discount: &Discount<'_>) -> Vec<String> {
    let expanded = discount.promotion_code.object::<PromotionCode<'_>>();
    let source = discount.source.object::<DiscountSource<'_>>();
    let found = [
        expanded.and_then(|code| clean(code.code)),
        discount.promotion_code.id(),
        discount.coupon.id(),
        source.and_then(|source| source.coupon.id()),
    ];
    found.into_iter().flatten().collect()
}

/// What a discount means that others name by its id alone: its promotion code, and its coupon under a name
/// of its own, since either may be registered.
pub(super) fn discount_codes(discount: &Discount<'_>, version: Version) -> Vec<Fact> {
    let (Some(id), codes) = (discount.id.id(), codes_of(discount)) else {
        return Vec::new();
    };
    let code = |id: String, code: &String| {
        let fits =
            Label::new(&id, "discounts").is_some() && Label::new(code, "discounts").is_some();
        fits.then(|| {
            Fact::Code(Code {
                id,
                code: code.clone(),
                version,
            })
        })
    };
    let [first, last] = [codes.first(), codes.last()];
    let first = first.and_then(|first| code(id.clone(), first));
    let last = last.and_then(|last| code(with_coupon(&id), last));
    first.into_iter().chain(last).collect()
}

/// The name under which a discount's coupon is known, beside its promotion code.
fn with_coupon(discount: &str) -> String {
    format!("{discount}/coupon")
}

/// A text field that says something and can be stored anywhere.
pub(super) fn clean(raw: Raw<'_>) -> Option<String> {
    fitting(&raw.text()?)
}

fn fitting(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.len() <= TEXT_LENGTH && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}
