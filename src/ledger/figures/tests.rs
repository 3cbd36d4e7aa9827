use super::*;

fn sale() -> Counted {
    Counted {
        livemode: true,
        occurred_at: Micros(3 * DAY + 5),
        processor: "stripe".to_owned(),
        currency: "usd".to_owned(),
        partner_id: "prt_1".to_owned(),
        program_id: "prog_1".to_owned(),
        link_id: "lnk_1".to_owned(),
        gross: 120,
        net: 100,
        commission: 10,
        commission_currency: "eur".to_owned(),
    }
}

const BACK: [Taking; 1] = [Taking {
    day: 7,
    refunded: 50,
    disputed: 0,
    commission: 5,
}];

fn account() -> Account {
    Account {
        partner_id: "prt_1".to_owned(),
        currency: "usd".to_owned(),
        livemode: true,
        program_id: "prog_1".to_owned(),
    }
}

#[test]
fn a_sale_counts_on_its_day_and_a_refund_on_its_own_each_in_its_currency() {
    let mut moves = Moves::default();
    moves.add(&sale(), &BACK);
    let told: Vec<_> = moves
        .days
        .iter()
        .map(|(place, sums)| (place.day, place.currency.as_str(), sums.all()))
        .collect();
    let expected = [
        (3, "eur", [0, 0, 0, 0, 0, 10, 0, 0]),
        (7, "eur", [0, 0, 0, 0, 0, 0, 5, 0]),
        (3, "usd", [1, 120, 100, 0, 0, 0, 0, 0]),
        (7, "usd", [0, 0, 0, 50, 0, 0, 0, 0]),
    ];
    let mut told = told;
    let mut expected = expected.to_vec();
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn what_no_longer_counts_leaves_nothing() {
    let mut moves = Moves::default();
    moves.add(&sale(), &BACK);
    moves.take(&sale(), &BACK);
    moves.lead(true, Micros(DAY), ["prt_1", "prog_1", "lnk_1"], 1);
    moves.lead(true, Micros(DAY), ["prt_1", "prog_1", "lnk_1"], -1);
    assert!(moves.days.values().all(|sums| *sums == Sums::default()));
}

#[test]
fn an_entry_moves_what_it_is_about() {
    let mut moves = Moves::default();
    let at = Micros(30 * DAY);
    for (kind, amount) in [
        ("commission", 100),
        ("hold", -100),
        ("hold", 40),
        ("clawback", -10),
        ("payout", -20),
        ("payout_reversal", 5),
    ] {
        moves.entry(account(), Booked::of(kind), amount, at);
    }
    let balance = Balance {
        earned: 30,
        held: 60,
        paid: 15,
    };
    assert_eq!(moves.balances.get(&account()), Some(&balance));
    assert_eq!(moves.maturing.get(&(account(), 30)), Some(&30));
}

#[test]
fn all_partners_together_are_the_sum_of_each() {
    let mut moves = Moves::default();
    moves.add(&sale(), &[]);
    let other = Counted {
        partner_id: String::new(),
        program_id: String::new(),
        ..sale()
    };
    moves.add(&other, &[]);
    let all = moves.of_all_partners();
    let usd = all.iter().find(|(place, _)| place.currency == "usd");
    assert_eq!(usd.map(|(_, sums)| (sums.sales, sums.net)), Some((2, 200)));
}
