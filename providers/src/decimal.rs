//! Exact decimal texts ("598.94", "-5.00", "25.487", "1e2") to whole smallest units; no float anywhere.

use thiserror::Error;

/// Why a decimal text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Not a decimal number.
    #[error("not a decimal number")]
    Malformed,
    /// Digits below the smallest unit, where none are allowed.
    #[error("more decimal places than the currency has")]
    Precision,
    /// Does not fit 64 bits.
    #[error("the amount is too large")]
    Overflow,
}

/// What to do with digits below the smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Only zeros may stand there.
    Refuse,
    /// Round half away from zero, once.
    RoundHalfUp,
}

/// The number written in `text`, times ten to the power `exponent`, as a whole number.
///
/// Accepts an optional sign, digits with an optional point, and a power of ten as JSON writes it, with
/// white space around them. A text of more than 128 bytes is no amount.
pub fn to_minor(text: &str, exponent: u32, excess: Excess) -> Result<i64, DecimalError> {
    let (negative, digits, scale) = split(text.trim())?;
    // `digits` times ten to the power `shift` is the result.
    let shift = i64::from(exponent)
        .checked_sub(scale)
        .ok_or(DecimalError::Overflow)?;
    let magnitude = if digits.bytes().all(|d| d == b'0') {
        0
    } else if let Ok(zeros) = u32::try_from(shift) {
        let factor = 10_i128.checked_pow(zeros).ok_or(DecimalError::Overflow)?;
        whole(&digits)?
            .checked_mul(factor)
            .ok_or(DecimalError::Overflow)?
    } else {
        cut(&digits, shift.unsigned_abs(), excess)?
    };
    let signed = if negative { -magnitude } else { magnitude };
    i64::try_from(signed).map_err(|_| DecimalError::Overflow)
}

/// Sign, all digits without the point, and how many of them stand after it (less any power of ten).
fn split(text: &str) -> Result<(bool, String, i64), DecimalError> {
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (
            mantissa,
            power.parse::<i32>().map_err(|_| DecimalError::Malformed)?,
        ),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return Err(DecimalError::Malformed),
        None => (mantissa, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || text.len() > 128 {
        return Err(DecimalError::Malformed);
    }
    let places = i64::try_from(fraction.len()).map_err(|_| DecimalError::Malformed)?;
    Ok((
        negative,
        format!("{whole}{fraction}"),
        places - i64::from(power),
    ))
}

fn whole(digits: &str) -> Result<i128, DecimalError> {
    if digits.is_empty() {
        return Ok(0);
    }
    digits.parse().map_err(|_| DecimalError::Overflow)
}

/// Drops the last `places` digits.
fn cut(digits: &str, places: u64, excess: Excess) -> Result<i128, DecimalError> {
    let places = usize::try_from(places).map_err(|_| DecimalError::Overflow)?;
    let kept = digits.len().saturating_sub(places);
    let (head, tail) = digits.split_at(kept);
    // When more digits are cut than there are, the first cut digit is a zero.
    let first_cut = if places > digits.len() {
        b'0'
    } else {
        tail.bytes().next().unwrap_or(b'0')
    };
    let head = whole(head)?;
    match excess {
        Excess::Refuse if tail.bytes().any(|d| d != b'0') => Err(DecimalError::Precision),
        Excess::RoundHalfUp if first_cut >= b'5' => {
            head.checked_add(1).ok_or(DecimalError::Overflow)
        }
        _ => Ok(head),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_become_whole_units_without_a_float() {
        for (text, exponent, minor) in [
            ("598.94", 2, 59_894),
            ("0.0", 2, 0),
            ("10", 2, 1_000),
            ("5997.0000", 2, 599_700),
            ("-5.00", 2, -500),
            ("19.99", 2, 1_999),
            ("4.35", 2, 435),
            ("1000", 0, 1_000),
            ("1000.00", 0, 1_000),
            ("1.99", 3, 1_990),
            ("1e2", 2, 10_000),
            ("1.5E-1", 2, 15),
            ("0e99", 2, 0),
        ] {
            assert_eq!(
                to_minor(text, exponent, Excess::Refuse),
                Ok(minor),
                "{text}"
            );
        }
    }

    #[test]
    fn excess_digits_are_refused_or_rounded_half_away_from_zero() {
        assert_eq!(
            to_minor("25.487", 2, Excess::Refuse),
            Err(DecimalError::Precision)
        );
        assert_eq!(to_minor("25.487", 2, Excess::RoundHalfUp), Ok(2_549));
        assert_eq!(to_minor("25.485", 2, Excess::RoundHalfUp), Ok(2_549));
        assert_eq!(to_minor("-25.485", 2, Excess::RoundHalfUp), Ok(-2_549));
        assert_eq!(to_minor("0.004", 2, Excess::RoundHalfUp), Ok(0));
        assert_eq!(to_minor("0.0005", 2, Excess::RoundHalfUp), Ok(0));
        assert_eq!(to_minor("0.005", 2, Excess::RoundHalfUp), Ok(1));
        assert_eq!(to_minor("0.9", 0, Excess::RoundHalfUp), Ok(1));
    }

    #[test]
    fn a_cut_beyond_the_first_digit_rounds_to_nothing() {
        assert_eq!(to_minor("9e-3", 2, Excess::RoundHalfUp), Ok(1));
        assert_eq!(to_minor("9e-4", 2, Excess::RoundHalfUp), Ok(0));
        assert_eq!(to_minor("-9e-4", 2, Excess::RoundHalfUp), Ok(0));
    }

    #[test]
    fn white_space_and_leading_zeros_are_no_part_of_an_amount() {
        assert_eq!(to_minor(" 1.5\n", 2, Excess::Refuse), Ok(150));
        let zeros = |count| "0".repeat(count);
        let longest = format!("{}1", zeros(127));
        assert_eq!(to_minor(&longest, 2, Excess::Refuse), Ok(100));
        assert_eq!(
            to_minor(&format!("0{longest}"), 2, Excess::Refuse),
            Err(DecimalError::Malformed)
        );
    }

    #[test]
    fn the_largest_numbers_that_can_be_held_on_the_way_still_overflow() {
        let widest = i128::MAX.to_string();
        for text in [
            format!("{widest}.5"),
            widest.clone(),
            format!("{widest}0"),
            "1e38".to_owned(),
            "1e39".to_owned(),
        ] {
            assert_eq!(
                to_minor(&text, 0, Excess::RoundHalfUp),
                Err(DecimalError::Overflow),
                "{text}"
            );
        }
    }

    #[test]
    fn texts_that_are_no_number_or_too_large_are_refused() {
        for text in [
            "", ".", "1.", ".5", "1,00", "NaN", "0x1", "1 0", "--1", "1e", "é",
        ] {
            assert_eq!(
                to_minor(text, 2, Excess::Refuse),
                Err(DecimalError::Malformed),
                "{text}"
            );
        }
        assert_eq!(
            to_minor("92233720368547758.08", 2, Excess::Refuse),
            Err(DecimalError::Overflow)
        );
        assert_eq!(
            to_minor("1e40", 2, Excess::Refuse),
            Err(DecimalError::Overflow)
        );
    }

    proptest! {
        #[test]
        fn any_minor_amount_survives_being_written_as_a_decimal(minor in -9_000_000_000_000_000_i64..9_000_000_000_000_000, exponent in 0_u32..4) {
            let power = 10_i64.pow(exponent);
            let sign = if minor < 0 { "-" } else { "" };
            let (whole, rest) = (minor.abs() / power, minor.abs() % power);
            let text = if exponent == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0width$}", width = exponent as usize) };
            prop_assert_eq!(to_minor(&text, exponent, Excess::Refuse), Ok(minor));
        }

        #[test]
        fn any_text_is_answered_without_a_panic(text in ".{0,40}", exponent in 0_u32..4) {
            let _ = to_minor(&text, exponent, Excess::RoundHalfUp);
        }
    }
}
