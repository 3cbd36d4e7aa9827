//! Currencies and how many decimal places ISO 4217 gives each.
//!
//! A processor's own idea of decimal places (Stripe counts Icelandic krónur in hundredths) stays in that
//! processor's folder; it converts with [`Currency::from_exponent`] before an amount leaves it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decimal::DecimalError;

/// A currency code: three letters, lower case. A code that ISO 4217 does not have is kept, counted with
/// two decimal places, and answers `false` to [`Currency::is_known`] so that it can be shown as doubtful.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// ISO 4217 list one, codes without decimal places.
const NO_PLACES: &[&[u8; 3]] = &[
    b"bif", b"clp", b"djf", b"gnf", b"isk", b"jpy", b"kmf", b"krw", b"pyg", b"rwf", b"ugx", b"uyi",
    b"vnd", b"vuv", b"xaf", b"xof", b"xpf",
];

/// ISO 4217 list one, codes with three decimal places.
const THREE_PLACES: &[&[u8; 3]] = &[b"bhd", b"iqd", b"jod", b"kwd", b"lyd", b"omr", b"tnd"];

/// ISO 4217 list one, codes with four decimal places.
const FOUR_PLACES: &[&[u8; 3]] = &[b"clf", b"uyw"];

/// ISO 4217 list one, codes with two decimal places, and the withdrawn ones still met in old records.
const TWO_PLACES: &[&[u8; 3]] = &[
    b"aed", b"afn", b"all", b"amd", b"aoa", b"ars", b"aud", b"awg", b"azn", b"bam", b"bbd", b"bdt",
    b"bmd", b"bnd", b"bob", b"bov", b"brl", b"bsd", b"btn", b"bwp", b"byn", b"bzd", b"cad", b"cdf",
    b"che", b"chf", b"chw", b"cny", b"cop", b"cou", b"crc", b"cup", b"cve", b"czk", b"dkk", b"dop",
    b"dzd", b"egp", b"ern", b"etb", b"eur", b"fjd", b"fkp", b"gbp", b"gel", b"ghs", b"gip", b"gmd",
    b"gtq", b"gyd", b"hkd", b"hnl", b"htg", b"huf", b"idr", b"ils", b"inr", b"irr", b"jmd", b"kes",
    b"kgs", b"khr", b"kpw", b"kyd", b"kzt", b"lak", b"lbp", b"lkr", b"lrd", b"lsl", b"mad", b"mdl",
    b"mga", b"mkd", b"mmk", b"mnt", b"mop", b"mru", b"mur", b"mvr", b"mwk", b"mxn", b"mxv", b"myr",
    b"mzn", b"nad", b"ngn", b"nio", b"nok", b"npr", b"nzd", b"pab", b"pen", b"pgk", b"php", b"pkr",
    b"pln", b"qar", b"ron", b"rsd", b"rub", b"sar", b"sbd", b"scr", b"sdg", b"sek", b"sgd", b"shp",
    b"sle", b"sos", b"srd", b"ssp", b"stn", b"svc", b"syp", b"szl", b"thb", b"tjs", b"tmt", b"top",
    b"try", b"ttd", b"twd", b"tzs", b"uah", b"usd", b"usn", b"uyu", b"uzs", b"ved", b"ves", b"wst",
    b"xad", b"xcd", b"xcg", b"yer", b"zar", b"zmw", b"zwg", b"ang", b"bgn", b"hrk", b"cuc", b"sll",
    b"zmk", b"mro", b"std", b"zwl", b"veb", b"vef",
];

impl Currency {
    /// US dollar, the default of the track-sale call.
    pub const USD: Self = Self(*b"usd");

    /// Reads a code in any case; `None` unless it is three ASCII letters.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let code: [u8; 3] = lower.as_bytes().try_into().ok()?;
        code.iter()
            .all(u8::is_ascii_lowercase)
            .then_some(Self(code))
    }

    /// Whether ISO 4217 has this code. `xxx` and `xts`, its codes for "none" and "test", count as unknown.
    pub fn is_known(self) -> bool {
        [NO_PLACES, TWO_PLACES, THREE_PLACES, FOUR_PLACES]
            .iter()
            .any(|list| list.contains(&&self.0))
    }

    /// Decimal places of the smallest unit: 0 for `jpy`, 2 for `usd` and for unknown codes, 3 for `kwd`.
    pub fn exponent(self) -> u32 {
        if NO_PLACES.contains(&&self.0) {
            0
        } else if THREE_PLACES.contains(&&self.0) {
            3
        } else if FOUR_PLACES.contains(&&self.0) {
            4
        } else {
            2
        }
    }

    /// The code, lower case.
    pub fn code(&self) -> &str {
        // Only ASCII letters get in, so this never falls back.
        std::str::from_utf8(&self.0).unwrap_or("xxx")
    }

    /// An amount that a processor counts in `10^-exponent` units, in this currency's ISO smallest unit.
    /// Digits that ISO does not have are rounded half away from zero (Stripe's ISK 550 is 6 krónur).
    pub fn from_exponent(self, amount: i64, exponent: u32) -> Result<i64, DecimalError> {
        let own = self.exponent();
        if own >= exponent {
            let factor = 10_i64
                .checked_pow(own - exponent)
                .ok_or(DecimalError::Overflow)?;
            return amount.checked_mul(factor).ok_or(DecimalError::Overflow);
        }
        let factor = 10_i128
            .checked_pow(exponent - own)
            .ok_or(DecimalError::Overflow)?;
        let wide = i128::from(amount);
        let half = if wide < 0 { -factor / 2 } else { factor / 2 };
        i64::try_from((wide + half) / factor).map_err(|_| DecimalError::Overflow)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a currency code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn exponents_are_those_of_iso_4217() {
        for (code, places) in [
            ("usd", 2),
            ("JPY", 0),
            ("isk", 0),
            ("ugx", 0),
            ("mga", 2),
            ("kwd", 3),
            ("clf", 4),
            ("huf", 2),
        ] {
            assert_eq!(currency(code).exponent(), places, "{code}");
            assert!(currency(code).is_known());
        }
    }

    #[test]
    fn every_code_without_two_places_has_those_of_the_list() {
        for (codes, places) in [
            (
                "bif clp djf gnf isk jpy kmf krw pyg rwf ugx uyi vnd vuv xaf xof xpf",
                0,
            ),
            ("bhd iqd jod kwd lyd omr tnd", 3),
            ("clf uyw", 4),
        ] {
            for code in codes.split(' ') {
                assert_eq!(currency(code).exponent(), places, "{code}");
            }
        }
    }

    #[test]
    fn white_space_around_a_code_is_cut() {
        assert_eq!(Currency::parse(" USD\n"), Some(Currency::USD));
    }

    #[test]
    fn an_unknown_code_is_kept_with_two_places_and_flagged() {
        assert!(!currency("zzz").is_known());
        assert!(!currency("xxx").is_known());
        assert_eq!(currency("zzz").exponent(), 2);
        assert_eq!(Currency::parse("us"), None);
        assert_eq!(Currency::parse("us1"), None);
        assert_eq!(Currency::parse("dollar"), None);
    }

    #[test]
    fn a_processors_own_places_become_iso_places() {
        assert_eq!(currency("isk").from_exponent(500, 2), Ok(5));
        assert_eq!(currency("isk").from_exponent(-550, 2), Ok(-6));
        assert_eq!(currency("isk").from_exponent(-540, 2), Ok(-5));
        assert_eq!(currency("usd").from_exponent(4_905, 3), Ok(491));
        assert_eq!(currency("usd").from_exponent(4_904, 3), Ok(490));
        assert_eq!(currency("mga").from_exponent(500, 0), Ok(50_000));
        assert_eq!(currency("usd").from_exponent(4_900, 2), Ok(4_900));
        assert_eq!(
            currency("mga").from_exponent(i64::MAX, 0),
            Err(DecimalError::Overflow)
        );
    }
}
