use super::*;

fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

fn rate(pair: [&str; 2], digits: i64, places: u32) -> Rate {
    let [base, quote] = pair.map(currency);
    Rate {
        base,
        quote,
        day: Micros::parse_rfc3339("2026-11-01T00:00:00Z").unwrap(),
        digits,
        places,
        source: "ecb".to_owned(),
    }
}

#[test]
fn a_rate_on_paper_converts_between_smallest_units_of_any_size() {
    assert_eq!(rate(["usd", "eur"], 9_215, 4).convert(1_000), Some(922));
    assert_eq!(rate(["usd", "jpy"], 15_250, 2).convert(1_001), Some(1_527));
    assert_eq!(rate(["jpy", "usd"], 65, 4).convert(1_000), Some(650));
    assert_eq!(rate(["kwd", "usd"], 325, 2).convert(1_000), Some(325));
    assert_eq!(rate(["usd", "eur"], 9_215, 4).convert(-1_000), Some(-922));
}

#[test]
fn a_percentage_of_what_is_converted_is_rounded_once() {
    let yen = rate(["jpy", "eur"], 61, 4);
    assert_eq!(
        (yen.convert(501), yen.convert_part(5_005, 1_000)),
        (Some(306), Some(305))
    );
    assert_eq!(
        rate(["kwd", "usd"], 3, 0).convert_part(31_515, 1_000),
        Some(945)
    );
    assert_eq!(
        rate(["usd", "eur"], i64::MAX, 0).convert_part(1, 1_000),
        None
    );
}

#[test]
fn a_conversion_that_does_not_fit_is_none() {
    assert_eq!(rate(["usd", "jpy"], i64::MAX, 0).convert(i64::MAX), None);
    assert_eq!(rate(["usd", "eur"], 1, 30).convert(1), None);
}

#[test]
fn a_rate_is_said_as_it_stands_on_paper() {
    assert_eq!(
        rate(["usd", "eur"], 9_215, 4).words(),
        "0.9215 on 2026-11-01 (ecb)"
    );
    assert_eq!(
        rate(["usd", "jpy"], 152, 0).words(),
        "152 on 2026-11-01 (ecb)"
    );
}

#[test]
fn the_newest_rate_up_to_the_day_counts() {
    let mut book = RateBook::default();
    for (days, digits) in [(0, 1), (2, 3), (4, 5)] {
        let mut rate = rate(["usd", "eur"], digits, 0);
        rate.day = rate.day.plus_days(days);
        book.add(rate);
    }
    let first = rate(["usd", "eur"], 0, 0).day;
    let digits = |days| {
        let found = book
            .at(currency("usd"), currency("eur"), first.plus_days(days))
            .unwrap();
        found.map(|rate| rate.digits)
    };
    assert_eq!(
        [-1, 0, 1, 3, 9].map(digits),
        [None, Some(1), Some(1), Some(3), Some(5)]
    );
    assert_eq!(book.at(currency("eur"), currency("usd"), first), Ok(None));
}
