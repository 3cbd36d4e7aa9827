use super::*;

#[test]
fn a_percentage_is_read_as_it_is_shown() {
    for (text, points) in [
        ("10", 1_000),
        ("12.5", 1_250),
        ("0.25", 25),
        ("100", 10_000),
    ] {
        assert_eq!(read_percent(text), Some(points));
        assert_eq!(percent(points), text);
    }
    assert_eq!(read_percent("12,5 %"), Some(1_250));
    for wrong in ["", "ten", "-1", "1.234", ".5", "1e3"] {
        assert_eq!(read_percent(wrong), None, "{wrong}");
    }
}

#[test]
fn what_fields_say_changes_the_reward_and_leaves_the_rest_of_a_rule() {
    let before = json!({"type": "percent", "basisPoints": 1_000, "base": "gross", "duration": {"type": "lifetime"},
        "lead": {"type": "flat", "amount": 100, "currency": "usd"}});
    let before: Rule = serde_json::from_value(before).unwrap();
    let given = Params::read(b"pays=flat&reward=5&currency=EUR&lasts=months&months=12");
    let rule = read(&given, Some(&before), None).unwrap();
    assert_eq!(
        rule,
        json!({"type": "flat", "amount": 500, "currency": "eur", "base": "gross", "duration": {"type": "months", "months": 12},
            "lead": {"type": "flat", "amount": 100, "currency": "usd"}})
    );
    for wrong in [
        "pays=flat&reward=5&lasts=lifetime",
        "pays=percent&reward=ten&lasts=lifetime",
        "pays=percent&reward=10&lasts=months",
    ] {
        assert!(matches!(
            read(&Params::read(wrong.as_bytes()), None, None),
            Err(Problem::Refused(_))
        ));
    }
}

#[test]
fn a_whole_rule_is_read_and_a_field_that_was_emptied_takes_its_part_away() {
    let given = "pays=percent&reward=20&lasts=lifetime&base=gross&later_pays=percent&later_reward=5&lead_reward=1.50&lead_currency=usd\
        &cap_amount=100&cap_currency=usd&cap_period=year&minimum=10";
    let rule = read(&Params::read(given.as_bytes()), None, None).unwrap();
    assert_eq!(
        rule,
        json!({"type": "percent", "basisPoints": 2_000, "base": "gross", "duration": {"type": "lifetime"},
            "recurring": {"type": "percent", "basisPoints": 500}, "lead": {"type": "flat", "amount": 150, "currency": "usd"},
            "cap": {"amount": 10_000, "currency": "usd", "period": "year"}, "minimumAmount": 1_000})
    );
    let before: Rule = serde_json::from_value(rule).unwrap();
    let same = Params::read(given.as_bytes());
    assert_eq!(read_change(&same, Some(&before), None).unwrap(), None);
    let emptied = "pays=percent&reward=20&lasts=lifetime&base=net&later_pays=same&later_reward=5&lead_reward=&cap_amount=&minimum=";
    let rule = read_change(&Params::read(emptied.as_bytes()), Some(&before), None);
    assert_eq!(
        rule.unwrap(),
        Some(
            json!({"type": "percent", "basisPoints": 2_000, "base": "net", "duration": {"type": "lifetime"}})
        )
    );
}

#[test]
fn a_smallest_sale_has_the_decimals_of_its_currency() {
    let yen = Currency::parse("jpy");
    let given = Params::read(b"pays=percent&reward=20&lasts=lifetime&minimum=500");
    assert_eq!(read(&given, None, yen).unwrap()["minimumAmount"], 500);
    assert_eq!(read(&given, None, None).unwrap()["minimumAmount"], 50_000);
}

#[test]
fn what_the_fields_hold_is_read_as_the_rule_that_they_are_of() {
    let rule = json!({"type": "flat", "amount": 500, "currency": "eur", "base": "netOfFee", "duration": {"type": "months", "months": 12},
        "recurring": {"type": "percent", "basisPoints": 1_250}, "lead": {"type": "flat", "amount": 100, "currency": "usd"},
        "products": {"price_a": {"type": "percent", "basisPoints": 2_000}, "price_b": {"type": "flat", "amount": 300, "currency": "jpy"}},
        "cap": {"amount": 10_000, "currency": "usd", "period": "lifetime"}, "minimumAmount": 1_000});
    let before: Rule = serde_json::from_value(rule.clone()).unwrap();
    let held = Params::of(values(Some(&before), None));
    assert_eq!(read(&held, None, None).unwrap(), rule);
    assert_eq!(read_change(&held, Some(&before), None).unwrap(), None);
}

#[test]
fn more_products_than_a_form_has_rows_for_stay_as_they_are() {
    let product = |n: i32| {
        (
            format!("price_{n}"),
            json!({"type": "percent", "basisPoints": 100}),
        )
    };
    let products: Map<String, Value> = (0..101).map(product).collect();
    let rule = json!({"type": "percent", "basisPoints": 1_000, "base": "net", "duration": {"type": "lifetime"}, "products": products});
    let before: Rule = serde_json::from_value(rule.clone()).unwrap();
    let held = Params::of(values(Some(&before), None));
    assert_eq!(held.all(products::ID), [] as [String; 0]);
    assert_eq!(read(&held, Some(&before), None).unwrap(), rule);
}
