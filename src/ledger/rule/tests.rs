use super::*;

fn usd() -> Currency {
    Currency::parse("usd").unwrap()
}

fn percent(basis_points: i64) -> Reward {
    Reward::Percent { basis_points }
}

fn flat(amount: i64) -> Reward {
    let currency = usd();
    Reward::Flat { amount, currency }
}

fn field_at_fault(change: impl FnOnce(&mut Rule)) -> Option<&'static str> {
    let mut rule = Rule::ten_percent();
    change(&mut rule);
    rule.check().err().map(|error| error.field)
}

#[test]
fn a_rule_names_the_member_that_makes_no_sense() {
    let cap = |amount| Cap {
        amount,
        currency: usd(),
        period: Period::Year,
    };
    assert_eq!(field_at_fault(|_| ()), None);
    assert_eq!(
        field_at_fault(|r| r.reward = percent(10_001)),
        Some("commission")
    );
    assert_eq!(
        field_at_fault(|r| r.reward = percent(-1)),
        Some("commission")
    );
    assert_eq!(field_at_fault(|r| r.reward = flat(-1)), Some("commission"));
    let recurring = field_at_fault(|r| r.recurring = Some(flat(-1)));
    assert_eq!(recurring, Some("commission.recurring"));
    assert_eq!(
        field_at_fault(|r| r.lead = Some(percent(10))),
        Some("commission.lead")
    );
    assert_eq!(
        field_at_fault(|r| r.cap = Some(cap(-1))),
        Some("commission.cap")
    );
    let minimum = field_at_fault(|r| r.minimum_amount = -1);
    assert_eq!(minimum, Some("commission.minimumAmount"));
    let product = field_at_fault(|r| {
        r.products.insert("course".to_owned(), percent(20_000));
    });
    assert_eq!(product, Some("commission.products"));
}

#[test]
fn a_rule_is_read_and_written_as_the_api_shows_it() {
    let text = r#"{"type":"percent","basisPoints":1000,"duration":{"type":"months","months":12},"base":"gross"}"#;
    let rule: Rule = serde_json::from_str(text).unwrap();
    assert_eq!(rule.reward, percent(1_000));
    assert_eq!(rule.duration, Duration::Months { months: 12 });
    assert_eq!(serde_json::to_string(&rule).unwrap(), text);
}

#[test]
fn rewards_are_said_in_words() {
    assert_eq!(percent(1_000).words(), "10 %");
    assert_eq!(percent(1_205).words(), "12.05 %");
    assert_eq!(flat(500).words(), "5.00 usd flat");
}

#[test]
fn what_remains_of_a_commission_is_nothing_of_nothing_and_all_of_all() {
    assert_eq!(remaining(333, 0, 1_000), 0);
    assert_eq!(remaining(333, 1_000, 1_000), 333);
    assert_eq!(remaining(333, 500, 1_000), 167);
    assert_eq!(remaining(333, 2_000, 1_000), 333);
    assert_eq!(remaining(7, 0, 0), 7);
}

#[test]
fn a_reward_too_large_for_64_bits_is_refused_and_not_wrapped() {
    assert_eq!(
        percent(10_000).amount(i64::MAX, usd()),
        Some((i64::MAX, usd()))
    );
    assert_eq!(percent(i64::MAX).amount(i64::MAX, usd()), None);
}
