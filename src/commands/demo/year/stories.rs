//! What happens to buyers in the demo's year: the stories that the shipped fixtures tell. Data.

use Renewal::{Again, Of};

/// What follows a first payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    /// Nothing.
    None,
    /// Every month these deliveries of the fixture.
    Of(usize, usize),
    /// Every month its first delivery, as a renewal.
    Again,
}

/// A story that happens to many buyers: a shipped fixture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Story {
    pub(super) processor: &'static str,
    pub(super) fixture: &'static str,
    /// How many of its deliveries are told, and which of them makes the sale.
    pub(super) told: (usize, usize),
    pub(super) renewal: Renewal,
    /// Another currency than the fixture's, with as many places.
    pub(super) currency: Option<&'static str>,
    /// How many times the fixture's amount, one of these.
    pub(super) times: &'static [i64],
    /// How often it happens, compared with the others.
    pub(super) weight: u32,
}

const fn story(
    (processor, fixture): (&'static str, &'static str),
    told: (usize, usize),
    renewal: Renewal,
    times: &'static [i64],
    weight: u32,
) -> Story {
    Story {
        processor,
        fixture,
        told,
        renewal,
        currency: None,
        times,
        weight,
    }
}

const fn in_dollars(story: Story) -> Story {
    Story {
        currency: Some("usd"),
        ..story
    }
}

const ONCE: &[i64] = &[1];
const PLANS: &[i64] = &[2, 2, 3, 3, 3, 5, 9];

/// What happens, and how often.
pub(super) const STORIES: &[Story] = &[
    in_dollars(story(
        ("stripe", "f19-tax-on-top"),
        (1, 0),
        Again,
        PLANS,
        160,
    )),
    story(("stripe", "f19-tax-on-top"), (1, 0), Again, PLANS, 90),
    story(
        ("stripe", "f01-subscription-checkout"),
        (8, 5),
        Renewal::None,
        ONCE,
        40,
    ),
    story(
        ("stripe", "f09-sepa-debit-succeeds"),
        (3, 1),
        Renewal::None,
        ONCE,
        25,
    ),
    story(
        ("stripe", "f04-one-time-checkout-with-invoice"),
        (5, 0),
        Renewal::None,
        ONCE,
        10,
    ),
    story(
        ("stripe", "f03-one-time-checkout-refunded"),
        (5, 0),
        Renewal::None,
        &[1, 2],
        14,
    ),
    story(
        ("stripe", "f13-two-partial-refunds"),
        (11, 0),
        Renewal::None,
        &[4, 8],
        6,
    ),
    story(
        ("stripe", "f14-refund-fails"),
        (8, 0),
        Renewal::None,
        &[6],
        2,
    ),
    story(
        ("stripe", "f18-dispute-won"),
        (8, 0),
        Renewal::None,
        &[5, 9],
        5,
    ),
    story(
        ("stripe", "f18-dispute-lost"),
        (6, 0),
        Renewal::None,
        &[5, 9],
        5,
    ),
    story(
        ("shopify", "s01-created-then-paid"),
        (2, 1),
        Renewal::None,
        &[1, 1, 2],
        90,
    ),
    story(
        ("shopify", "s02-paid-before-created"),
        (2, 0),
        Renewal::None,
        ONCE,
        60,
    ),
    story(
        ("shopify", "s08-two-currencies"),
        (1, 0),
        Renewal::None,
        ONCE,
        35,
    ),
    story(("shopify", "s18-renewal"), (1, 0), Of(1, 2), &[1, 2], 30),
    story(
        ("shopify", "s07-id-beyond-floating-point"),
        (2, 0),
        Renewal::None,
        ONCE,
        10,
    ),
    story(
        ("shopify", "s13-refund-pending-then-settled"),
        (3, 0),
        Renewal::None,
        ONCE,
        6,
    ),
    story(
        ("shopify", "s22-chargeback-won"),
        (3, 0),
        Renewal::None,
        ONCE,
        4,
    ),
    story(
        ("shopify", "s23-chargeback-lost"),
        (3, 0),
        Renewal::None,
        ONCE,
        4,
    ),
    story(
        ("paddle", "p11-renewal-without-custom-data"),
        (3, 1),
        Of(3, 4),
        &[1, 1, 2],
        70,
    ),
    story(
        ("paddle", "p07-declined-then-captured"),
        (2, 1),
        Renewal::None,
        ONCE,
        18,
    ),
    story(
        ("paddle", "p06-yen-has-no-cents"),
        (1, 0),
        Renewal::None,
        &[3, 6],
        40,
    ),
    story(
        ("paddle", "p13-refund-approved"),
        (3, 0),
        Renewal::None,
        &[1, 2],
        10,
    ),
    story(
        ("paddle", "p17-chargeback-won"),
        (4, 0),
        Renewal::None,
        ONCE,
        3,
    ),
    story(
        ("polar", "subscription-of-three-months"),
        (3, 2),
        Of(5, 7),
        &[1, 2, 4],
        70,
    ),
    story(
        ("polar", "p03-three-events-one-order"),
        (4, 2),
        Renewal::None,
        ONCE,
        45,
    ),
    story(
        ("polar", "discount-code-of-a-partner"),
        (1, 0),
        Renewal::None,
        ONCE,
        40,
    ),
    story(
        ("polar", "p08-tax-included-in-the-price"),
        (1, 0),
        Renewal::None,
        &[2, 4],
        20,
    ),
    story(
        ("polar", "p17-japanese-yen"),
        (1, 0),
        Renewal::None,
        &[2, 4],
        25,
    ),
    story(
        ("polar", "p10-two-partial-refunds"),
        (7, 0),
        Renewal::None,
        &[3],
        8,
    ),
    story(
        ("revenuecat", "r05-trial-then-conversion"),
        (2, 1),
        Of(1, 2),
        ONCE,
        90,
    ),
    story(
        ("revenuecat", "r03-retry-of-one-event"),
        (2, 0),
        Renewal::None,
        ONCE,
        30,
    ),
    story(
        ("revenuecat", "r11-full-refund"),
        (3, 0),
        Renewal::None,
        ONCE,
        10,
    ),
    story(
        ("revenuecat", "r22-two-partial-refunds"),
        (4, 0),
        Renewal::None,
        ONCE,
        6,
    ),
];
