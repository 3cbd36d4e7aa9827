//! Arithmetic on amounts: whole smallest units, checked, with one rounding rule.
//!
//! **The rounding rule.** Whenever a share of an amount is not whole, it is rounded half away from zero,
//! once, on the final figure. A part that is taken back is never rounded by itself: what remains is
//! computed from the remaining amount and the difference is taken, so a full reversal takes back exactly
//! what was given.

use serde::{Deserialize, Serialize};

use crate::Currency;

/// An amount in the smallest unit of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Whole smallest units; negative where money flows back.
    pub minor: i64,
    /// The currency that gives `minor` its meaning.
    pub currency: Currency,
}

impl Money {
    /// An amount in a currency.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }
}

impl std::fmt::Display for Money {
    /// `49.00 usd`, `500 jpy`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let places = self.currency.exponent();
        let power = 10_u64.pow(places);
        let magnitude = self.minor.unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        if places == 0 {
            return write!(f, "{sign}{magnitude} {}", self.currency);
        }
        let width = places as usize;
        write!(
            f,
            "{sign}{}.{:0width$} {}",
            magnitude / power,
            magnitude % power,
            self.currency
        )
    }
}

/// `amount * part / whole`, rounded half away from zero. `None` when `whole` is zero or the result does
/// not fit 64 bits.
pub fn share(amount: i64, part: i64, whole: i64) -> Option<i64> {
    if whole == 0 {
        return None;
    }
    let product = i128::from(amount) * i128::from(part);
    let whole = i128::from(whole);
    let (quotient, rest) = (product / whole, product % whole);
    // |rest| < |whole| <= 2^63, so doubling stays far inside 128 bits.
    let away = if rest.abs() * 2 >= whole.abs() {
        if (product < 0) == (whole < 0) { 1 } else { -1 }
    } else {
        0
    };
    i64::try_from(quotient + away).ok()
}

/// `amount * part / whole`, rounded towards zero. Used where a rule of a processor says "floor".
pub fn share_floor(amount: i64, part: i64, whole: i64) -> Option<i64> {
    if whole == 0 {
        return None;
    }
    i64::try_from(i128::from(amount) * i128::from(part) / i128::from(whole)).ok()
}

/// A percentage in basis points (1 % = 100) of an amount, rounded half away from zero.
pub fn basis_points(amount: i64, points: i64) -> Option<i64> {
    share(amount, points, 10_000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_round_half_away_from_zero() {
        assert_eq!(share(1, 1, 2), Some(1));
        assert_eq!(share(-1, 1, 2), Some(-1));
        assert_eq!(share(1, 1, 3), Some(0));
        assert_eq!(share(2, 1, 3), Some(1));
        assert_eq!(basis_points(1, 3_000), Some(0));
        assert_eq!(basis_points(4_900, 1_000), Some(490));
        assert_eq!(basis_points(1_000_000_000, 1), Some(100_000));
        assert_eq!(share(5, 1, 0), None);
        assert_eq!(share(i64::MAX, 2, 1), None);
    }

    #[test]
    fn a_share_of_a_negative_whole_rounds_by_the_same_rule() {
        assert_eq!(share(1, 1, -3), Some(0));
        assert_eq!(share(2, 1, -3), Some(-1));
        assert_eq!(share(1, 1, -2), Some(-1));
        assert_eq!(share(-1, 1, -2), Some(1));
    }

    #[test]
    fn money_prints_with_its_own_decimal_places() {
        let show = |minor, code| Money::new(minor, Currency::parse(code).unwrap()).to_string();
        assert_eq!(show(4_900, "usd"), "49.00 usd");
        assert_eq!(show(-5, "usd"), "-0.05 usd");
        assert_eq!(show(0, "usd"), "0.00 usd");
        assert_eq!(show(500, "jpy"), "500 jpy");
        assert_eq!(show(5_120, "kwd"), "5.120 kwd");
    }

    proptest! {
        #[test]
        fn the_share_of_the_whole_is_everything_and_of_nothing_is_nothing(amount in any::<i64>(), whole in 1_i64..) {
            prop_assert_eq!(share(amount, whole, whole), Some(amount));
            prop_assert_eq!(share(amount, 0, whole), Some(0));
        }

        #[test]
        fn a_share_of_a_part_is_never_more_than_the_amount(amount in 0_i64.., part in 0_i64..1_000_000, more in 0_i64..1_000_000) {
            let whole = part + more + 1;
            let got = share(amount, part, whole).unwrap();
            prop_assert!(got >= 0 && got <= amount);
        }
    }
}
