//! Many sales at once, past the ledger's writer: a year of a shop with as many partners as are asked for, as rows that the writer would have made. The
//! figures are then summed up as the audit does, so that they are right by construction.

use tributary::args;
use tributary::ledger::writer::figures;
use tributary::store::{Dialect, Statement};

use super::app::{NOW, TestApp};

/// Microseconds in the year before now.
const YEAR: i64 = 365 * 86_400_000_000;

/// Inserts what a select over the numbers `n.g` from one to `$2` answers; `$1` is the organization.
macro_rules! insert {
    ($into:literal, $select:literal) => {
        Statement::new(concat!(
            $into,
            " with recursive n(g) as (select cast(1 as bigint) union all select g + 1 from n where g < $2) ",
            $select
        ))
    };
}

static PARTNERS: Statement = insert!(
    "insert into partners (organization_id, id, name, email, status, created_at)",
    "select $1, 'prt_' || (100000000 + g), 'Partner ' || g, 'partner' || g || '@partners.example', 'active', $3 from n"
);
static LINKS: Statement = insert!(
    "insert into links (organization_id, id, program_id, partner_id, domain, key, url, created_at)",
    "select $1, 'lnk_' || (100000000 + g), $4, 'prt_' || (100000000 + g), '', 'partner' || g, 'https://shop.example/', $3 from n"
);
static CUSTOMERS: Statement = insert!(
    "insert into customers (organization_id, id, livemode, neighbourhood_id, names, external_id, email, created_at, updated_at)",
    "select $1, 'cus_' || (100000000 + g), 1, 'nbh_' || (100000000 + g), '[]', 'user_' || g, 'buyer' || g || '@shop.example', $3, $3
     from n"
);
/// `$3` the year's begin, `$4` between two sales, `$5` the program, `$6` partners.
static SALES: Statement = insert!(
    "insert into sales (organization_id, id, livemode, neighbourhood_id, state, invoice_id, event_name, payment_processor, currency,
         subtotal, discount, tax, shipping, gross, net, refunded, disputed, refunded_gross, kind, customer_id, partner_id,
         program_id, click_id, link_id, via, commission_full, commission_left, commission_free, commission_currency, occurred_at,
         available_at, created_at, updated_at)",
    "select $1, 'sale_' || (100000000 + g), 1, 'nbh_' || (100000000 + (g + 1) / 2), 'live', 'in_' || g, 'Purchase',
         case g % 5 when 0 then 'paddle' when 1 then 'polar' else 'stripe' end,
         case g % 7 when 0 then 'eur' else 'usd' end,
         1000 + g % 900, 0, 0, 0, 1000 + g % 900, 1000 + g % 900, 0, 0, 0, case g % 2 when 1 then 'first' else 'recurring' end,
         'cus_' || (100000000 + (g + 1) / 2), 'prt_' || (100000001 + (g * 7919) % $6), $5, 'clk_' || g,
         'lnk_' || (100000001 + (g * 7919) % $6), 'click', 100 + g % 90, 100 + g % 90, 100 + g % 90,
         case g % 7 when 0 then 'eur' else 'usd' end, $3 + g * $4, $3 + g * $4 + 2592000000000, $3 + g * $4, $3 + g * $4
     from n"
);
static REFERENCES: Statement = Statement::new(
    "insert into names (organization_id, livemode, name, neighbourhood_id, sale_id)
     select s.organization_id, 1, 'p:' || s.invoice_id, s.neighbourhood_id, s.id from sales s where s.organization_id = $1",
);
static ENTRIES: Statement = Statement::new(
    "insert into entries (organization_id, id, livemode, subject_id, program_id, partner_id, kind, amount, currency, reason,
         occurred_at, available_at, created_at)
     select s.organization_id, replace(s.id, 'sale_', 'led_'), 1, s.id, s.program_id, s.partner_id, 'commission', s.commission_full,
         s.commission_currency, '10 % of ' || s.net, s.occurred_at, s.available_at, s.created_at
     from sales s where s.organization_id = $1",
);
static CLICKS: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, created_at)
     select s.organization_id, s.click_id, s.link_id, s.partner_id, s.program_id, s.occurred_at - 60000000, s.occurred_at - 60000000
     from sales s where s.organization_id = $1",
);
static EVENTS: Statement = Statement::new(
    "insert into events (organization_id, id, source_id, processor, account, livemode, external_id, api_version, type, received_at,
         state, deliveries, mentions)
     select s.organization_id, replace(s.id, 'sale_', 'evt_'), 'src_1', s.payment_processor, '', 1, 'evt_' || s.invoice_id, '',
         'invoice.paid', s.occurred_at, 'processed', 1, '[\"' || s.id || '\"]'
     from sales s where s.organization_id = $1",
);
static ANALYZE: Statement = Statement::new("analyze");

/// A year of `sales` of `partners`, that ends now.
pub async fn fill(app: &TestApp, sales: i64, partners: i64) {
    let (org, program) = (app.org.as_str(), app.program.as_str());
    let begin = NOW.0 - YEAR;
    let step = YEAR / (sales + 1);
    let mut transaction = app.app.store.begin().await.unwrap();
    for (statement, args) in [
        (&PARTNERS, args![org, partners, begin]),
        (&LINKS, args![org, partners, begin, program]),
        (&CUSTOMERS, args![org, (sales + 1) / 2, begin]),
        (&SALES, args![org, sales, begin, step, program, partners]),
        (&REFERENCES, args![org]),
        (&ENTRIES, args![org]),
        (&CLICKS, args![org]),
        (&EVENTS, args![org]),
    ] {
        transaction.run(statement, args).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let store = &*app.app.store;
    // What there is now is far from what the planner knows. SQLite has been told by the migrations what to expect.
    let analyze = async || {
        if store.dialect() == Dialect::Postgres {
            let mut transaction = store.begin().await.unwrap();
            transaction.run(&ANALYZE, args![]).await.unwrap();
            transaction.commit().await.unwrap();
        }
    };
    analyze().await;
    figures::mend(store, org, NOW).await.unwrap();
    analyze().await;
}
