//! What a ledger holds, in the terms of the fixtures.

use std::collections::BTreeMap;

use tributary::args;
use tributary::store::Statement;

use crate::support::app::TestApp;

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

/// One sale's line: everything a fixture promises of it.
pub async fn sales(app: &TestApp) -> Vec<String> {
    let store = &app.app.store;
    let mut lines = Vec::new();
    for row in store.read(&SALES, args![app.org.as_str()]).await.unwrap() {
        let id = row.text("id").unwrap();
        let references = store
            .read(&REFERENCES, args![app.org.as_str(), id])
            .await
            .unwrap();
        let mut references: Vec<String> = references
            .iter()
            .map(|row| row.text("name").unwrap()[2..].to_owned())
            .filter(|name| !name.starts_with("tributary/"))
            .collect();
        references.sort();
        let int = |column| row.int(column).unwrap();
        lines.push(line(
            row.opt_text("invoice_id").unwrap(),
            &references,
            [
                int("net"),
                int("refunded"),
                int("disputed"),
                int("subtotal"),
                int("discount"),
                int("tax"),
                int("shipping"),
                int("gross"),
                int("commission_left"),
            ],
            [
                row.text("currency").unwrap(),
                row.text("kind").unwrap(),
                row.opt_text("partner").unwrap().unwrap_or("nobody"),
            ],
            row.flag("livemode").unwrap(),
        ));
    }
    lines.sort();
    lines
}

/// A sale as one line.
pub fn line(
    invoice_id: Option<&str>,
    references: &[String],
    amounts: [i64; 9],
    words: [&str; 3],
    livemode: bool,
) -> String {
    let [
        net,
        refunded,
        disputed,
        subtotal,
        discount,
        tax,
        shipping,
        gross,
        commission,
    ] = amounts;
    let [currency, kind, partner] = words;
    format!(
        "{} {references:?} net {net} {currency} refunded {refunded} disputed {disputed} subtotal {subtotal} \
         discount {discount} tax {tax} shipping {shipping} gross {gross} {kind} live {livemode} \
         partner {partner} commission {commission}",
        invoice_id.unwrap_or("-")
    )
}

/// Balances that are not zero, by partner, currency and ledger.
pub async fn balances(app: &TestApp) -> BTreeMap<(String, String, bool), i64> {
    let rows = app
        .app
        .store
        .read(&BALANCES, args![app.org.as_str()])
        .await
        .unwrap();
    rows.iter()
        .map(|row| {
            let key = (
                row.text("partner").unwrap().to_owned(),
                row.text("currency").unwrap().to_owned(),
                row.flag("livemode").unwrap(),
            );
            (key, row.int("amount").unwrap())
        })
        .filter(|(_, amount)| *amount != 0)
        .collect()
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
