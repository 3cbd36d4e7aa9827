//! What a ledger holds, in the terms of the fixtures.

use std::collections::BTreeMap;

use tributary::args;
use tributary::fixtures::{Balance, Expect, Gross, Sale};
use tributary::store::{Row, Statement};

use crate::support::app::TestApp;
use crate::support::shipped::in_order;

static SALES: Statement = Statement::new(
    "select s.id, s.invoice_id, s.net, s.currency, s.refunded, s.disputed, s.subtotal, s.discount, s.tax,
         s.shipping, s.gross, s.kind, s.livemode, p.name as partner, s.commission_left
     from sales s left join partners p on p.organization_id = s.organization_id and p.id = s.partner_id
     where s.organization_id = $1 and s.state = 'live' order by s.invoice_id, s.livemode, s.id",
);
static REFERENCES: Statement = Statement::new(
    "select name from sale_references where organization_id = $1 and sale_id = $2 order by name",
);
static BALANCES: Statement = Statement::new(
    "select p.name as partner, e.currency, e.livemode, cast(sum(e.amount) as bigint) as amount
     from entries e join partners p on p.organization_id = e.organization_id and p.id = e.partner_id
     where e.organization_id = $1 group by p.name, e.currency, e.livemode",
);
static STATES: Statement = Statement::new(
    "select state, count(*) as n from events where organization_id = $1 group by state",
);

/// All of it.
pub async fn ledger(app: &TestApp) -> Expect {
    let store = &app.app.store;
    let rows = store
        .read(&BALANCES, args![app.org.as_str()])
        .await
        .unwrap();
    let balance = |row: &Row| Balance {
        partner: row.text("partner").unwrap().to_owned(),
        currency: row.text("currency").unwrap().to_owned(),
        livemode: row.flag("livemode").unwrap(),
        amount: row.int("amount").unwrap(),
    };
    let balances = rows.iter().map(balance).collect();
    let parked = states(app).await.get("parked").copied().unwrap_or(0);
    in_order(sales(app).await, balances, parked.try_into().unwrap())
}

/// The sales.
pub async fn sales(app: &TestApp) -> Vec<Sale> {
    let store = &app.app.store;
    let mut sales = Vec::new();
    for row in store.read(&SALES, args![app.org.as_str()]).await.unwrap() {
        let args = args![app.org.as_str(), row.text("id").unwrap()];
        let names = store.read(&REFERENCES, args).await.unwrap();
        let names = names.iter().map(|row| &row.text("name").unwrap()[2..]);
        let names = names.filter(|name| !name.starts_with("tributary/"));
        let mut references: Vec<String> = names.map(str::to_owned).collect();
        references.sort();
        sales.push(sale(&row, references));
    }
    sales
}

fn sale(row: &Row, references: Vec<String>) -> Sale {
    let text = |column| row.opt_text(column).unwrap().map(str::to_owned);
    let int = |column| row.int(column).unwrap();
    Sale {
        invoice_id: text("invoice_id").unwrap_or_default(),
        references,
        amount: int("net"),
        currency: text("currency").unwrap(),
        amount_refunded: int("refunded"),
        amount_disputed: int("disputed"),
        net_amount: int("net") - int("refunded") - int("disputed"),
        gross: Gross {
            subtotal: int("subtotal"),
            discount: int("discount"),
            tax: int("tax"),
            shipping: int("shipping"),
            total: int("gross"),
        },
        kind: text("kind").unwrap(),
        livemode: row.flag("livemode").unwrap(),
        partner: text("partner"),
        commission_amount: int("commission_left"),
    }
}

/// How many events are in each state.
pub async fn states(app: &TestApp) -> BTreeMap<String, i64> {
    let rows = app
        .app
        .store
        .read(&STATES, args![app.org.as_str()])
        .await
        .unwrap();
    rows.iter()
        .map(|row| (row.text("state").unwrap().to_owned(), row.int("n").unwrap()))
        .collect()
}
