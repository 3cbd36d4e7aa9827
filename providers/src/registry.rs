//! The list of processors. A new one is its folder, its fixtures and one line here.

use crate::Adapter;

/// All processors, in the order in which they are shown.
static ADAPTERS: &[&dyn Adapter] = &[
    &crate::stripe::Stripe,
    &crate::shopify::Shopify,
    &crate::paddle::Paddle,
    &crate::polar::Polar,
    &crate::revenuecat::RevenueCat,
    &crate::paddle_classic::PaddleClassic,
];

/// All processors.
pub fn adapters() -> &'static [&'static dyn Adapter] {
    ADAPTERS
}

/// The processor with this id.
pub fn adapter(id: &str) -> Option<&'static dyn Adapter> {
    ADAPTERS
        .iter()
        .copied()
        .find(|adapter| adapter.about().id == id)
}
