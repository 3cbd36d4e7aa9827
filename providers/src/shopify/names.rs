//! What else a merchant may call an order when he reports it himself.
//!
//! All of them are hints: a report under one of them is the order's where it tells its amount. No two shops make the same
//! token or confirmation number. The name of an order and its number count up in every shop, and in any other system of the
//! merchant's: an order is looked for under them only where the source's setting says that its shop alone counts so, or
//! where the name has a prefix of its own (`ACME-1012`). Never proves anything.
//! <https://shopify.dev/docs/api/admin-rest/latest/resources/order>

use super::objects::{Order, clean};
use crate::fact::{Alias, Strength};
use crate::{Fact, Name, Settings};

/// The setting of a source whose orders are reported by name or number.
pub const REPORTED_BY_NUMBER: &str = "reportedByNumber";

/// The hints to the order's other names.
pub fn of_order(
    order: &Order<'_>,
    object: &Name,
    settings: &Settings,
) -> impl Iterator<Item = Fact> {
    let told = [order.checkout_token, order.confirmation_number]
        .into_iter()
        .filter_map(clean)
        .filter_map(|name| Name::payment(&name));
    let (name, number) = (clean(order.name), clean(order.number));
    let counted: Vec<Name> = if settings.flag(REPORTED_BY_NUMBER, false) {
        let all = [name, number].into_iter().flatten();
        all.filter_map(|text| Name::payment(&text)).collect()
    } else {
        name.and_then(|name| Name::printed(&name))
            .into_iter()
            .collect()
    };
    told.chain(counted).map(|other| {
        Fact::Alias(Alias {
            a: object.clone(),
            b: other,
            strength: Strength::Hint,
        })
    })
}
