//! The shipped fixtures, as the program itself reads them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use tributary::fixtures::{self, Balance, Expect, Fixture, Sale, shipped};
use tributary::http::input;
use tributary::ledger::calls::Call;

static ALL: LazyLock<Vec<Fixture>> = LazyLock::new(|| shipped().unwrap());

/// All of them, by processor and name.
pub fn all() -> &'static [Fixture] {
    &ALL
}

/// Those of one processor, by name; there are some.
pub fn of(processor: &str) -> Vec<&'static Fixture> {
    let of: Vec<_> = ALL.iter().filter(|f| f.processor == processor).collect();
    assert!(!of.is_empty(), "{processor} has no fixtures");
    of
}

/// What a fixture is called: `stripe/f01-subscription-checkout`.
pub fn name(fixture: &Fixture) -> String {
    format!("{}/{}", fixture.processor, fixture.name)
}

/// The fixture of this name.
pub fn fixture(wanted: &str) -> &'static Fixture {
    let found = ALL.iter().find(|fixture| name(fixture) == wanted);
    found.unwrap_or_else(|| panic!("there is no fixture {wanted}"))
}

/// What these fixtures lead to in one organization.
pub fn promised<'a>(fixtures: impl IntoIterator<Item = &'a Fixture>) -> Expect {
    let (mut sales, mut balances, mut parked) = (Vec::new(), Vec::new(), 0);
    for Fixture { expect, .. } in fixtures {
        sales.extend_from_slice(&expect.sales);
        balances.extend_from_slice(&expect.balances);
        parked += expect.parked;
    }
    in_order(sales, balances, parked)
}

/// A ledger in the terms of the fixtures, so that two can be compared: sales in order, and one balance of a
/// partner in a currency, unless it is zero.
pub fn in_order(mut sales: Vec<Sale>, balances: Vec<Balance>, parked: u64) -> Expect {
    sales.sort_by_cached_key(|sale| (sale.invoice_id.clone(), sale.livemode));
    let mut sums: BTreeMap<(String, String, bool), i64> = BTreeMap::new();
    for balance in balances {
        let account = (balance.partner, balance.currency, balance.livemode);
        *sums.entry(account).or_default() += balance.amount;
    }
    let sums = sums.into_iter().filter(|(_, amount)| *amount != 0);
    let balance = |((partner, currency, livemode), amount)| Balance {
        partner,
        currency,
        livemode,
        amount,
    };
    Expect {
        sales,
        balances: sums.map(balance).collect(),
        parked,
    }
}

/// A fixture's call, as the API would take it.
pub fn sale_call(said: &fixtures::Call) -> Call {
    assert_eq!(said.path, "/api/track/sale");
    let body = said.body.to_string();
    Call::Sale(input::sale_call(body.as_bytes()).unwrap())
}
