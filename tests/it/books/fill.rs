//! Many rows in the big tables of a PostgreSQL, and what its planner knows of them. SQLite is told by the migrations what to expect.

use tributary::args;
use tributary::store::{Dialect, Statement, Store};

/// The tables that grow with an organization's business.
pub const TABLES: &[&str] = &[
    "sales",
    "names",
    "customers",
    "events",
    "entries",
    "leads",
    "clicks",
    "payouts",
    "payout_entries",
    "partners",
    "links",
    "codes",
    "changes",
    "adjustments",
];

static ORGANIZATION: Statement =
    Statement::new("insert into organizations (id, name, created_at) values ('org', 'Org', 0)");
static PROGRAM: Statement = Statement::new(
    "insert into programs (organization_id, id, name, status, model, window_days, customer_stays, hold_days, created_at)
     values ('org', 'prog_1', 'P', 'active', 'last_click', 90, 1, 30, 0)",
);
static PARTNERS: Statement = Statement::new(
    "insert into partners (organization_id, id, name, email, tenant_id, status, created_at)
     select 'org', 'prt_' || g, 'p', 'p' || g || '@example.com', 't_' || g, 'active', 0
     from generate_series(1, 1000) g",
);
static LINKS: Statement = Statement::new(
    "insert into links (organization_id, id, program_id, partner_id, domain, key, url, created_at)
     select 'org', 'lnk_' || g, 'prog_1', 'prt_' || (g % 1000 + 1), '', 'k' || g, 'https://example.com', 0
     from generate_series(1, 5000) g",
);
static CODES: Statement = Statement::new(
    "insert into codes (organization_id, code, program_id, partner_id, created_at)
     select 'org', 'code' || g, 'prog_1', 'prt_' || (g % 1000 + 1), 0 from generate_series(1, 5000) g",
);
static CLICKS: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, created_at)
     select 'org', 'clk_' || g, 'lnk_' || (g % 5000 + 1), 'prt_' || (g % 1000 + 1), 'prog_1', g, g
     from generate_series(1, 20000) g",
);
static CUSTOMERS: Statement = Statement::new(
    "insert into customers (organization_id, id, livemode, neighbourhood_id, names, external_id, email, partner_id,
         created_at, updated_at)
     select 'org', 'cus_' || lpad(cast(g as text), 8, '0'), 1, 'nbh_' || g, '[]', 'u_' || g, 'c' || g || '@example.com',
         'prt_' || (g % 1000 + 1), g, g
     from generate_series(1, 20000) g",
);
static SALES: Statement = Statement::new(
    "insert into sales (organization_id, id, livemode, neighbourhood_id, state, event_name, payment_processor, currency,
         subtotal, discount, tax, shipping, gross, net, refunded, disputed, refunded_gross, kind, customer_id, partner_id,
         program_id, click_id, commission_full, commission_left, commission_free, commission_currency, occurred_at,
         available_at, created_at, updated_at)
     select 'org', 'sale_' || lpad(cast(g as text), 8, '0'), 1, 'nbh_' || g, 'live', 'Purchase', 'stripe', 'usd',
         100, 0, 0, 0, 100, 100, 0, 0, 0, 'first', 'cus_' || lpad(cast(g as text), 8, '0'), 'prt_' || (g % 1000 + 1),
         'prog_1', 'clk_' || g, 10, 10, 10, 'usd', g, g, g, g
     from generate_series(1, 20000) g",
);
static REFERENCES: Statement = Statement::new(
    "insert into names (organization_id, livemode, name, neighbourhood_id, sale_id)
     select 'org', 1, 'p:in_' || g, 'nbh_' || g, 'sale_' || lpad(cast(g as text), 8, '0') from generate_series(1, 20000) g
     union all select 'org', 1, 'x:u_' || g, 'nbh_' || g, null from generate_series(1, 20000) g",
);
static LEADS: Statement = Statement::new(
    "insert into leads (organization_id, id, livemode, neighbourhood_id, lead_key, event_name, partner_id, program_id,
         occurred_at, created_at)
     select 'org', 'lead_' || lpad(cast(g as text), 8, '0'), 1, 'nbh_' || g, 'l' || g, 'Signup', 'prt_' || (g % 1000 + 1),
         'prog_1', g, g
     from generate_series(1, 20000) g",
);
static ENTRIES: Statement = Statement::new(
    "insert into entries (organization_id, id, livemode, subject_id, program_id, partner_id, kind, amount, currency, reason,
         occurred_at, available_at, created_at)
     select 'org', 'led_' || lpad(cast(g as text), 8, '0'), 1, 'sale_' || lpad(cast(g as text), 8, '0'), 'prog_1',
         'prt_' || (g % 1000 + 1), 'commission', 10, 'usd', '', g, g, g
     from generate_series(1, 20000) g",
);
static PAYOUTS: Statement = Statement::new(
    "insert into payouts (organization_id, id, program_id, partner_id, amount, currency, status, created_at)
     select 'org', 'pay_' || lpad(cast(g as text), 8, '0'), 'prog_1', 'prt_' || (g % 1000 + 1), 10, 'usd', 'paid', g
     from generate_series(1, 5000) g",
);
static PAYOUT_ENTRIES: Statement = Statement::new(
    "insert into payout_entries (organization_id, entry_id, payout_id)
     select 'org', 'led_' || lpad(cast(g as text), 8, '0'), 'pay_' || lpad(cast(g as text), 8, '0')
     from generate_series(1, 5000) g",
);
static EVENTS: Statement = Statement::new(
    "insert into events (organization_id, id, source_id, processor, account, livemode, external_id, api_version, type,
         received_at, state, deliveries, mentions)
     select 'org', 'evt_' || lpad(cast(g as text), 8, '0'), 'src_1', 'stripe', '', 1, 'evt_x' || g, '', 'invoice.paid',
         g, 'processed', 1, '[]'
     from generate_series(1, 20000) g",
);
static CHANGES: Statement = Statement::new(
    "insert into changes (organization_id, id, changed_at, actor_kind, actor_id, actor_name, type, subject_id, details)
     select 'org', 'chg_' || lpad(cast(g as text), 8, '0'), g, 'key', 'key_' || (g % 10), 'k',
         case g % 3 when 0 then 'partner.created' when 1 then 'link.created' else 'key.created' end, 'prt_' || (g % 1000 + 1), '{}'
     from generate_series(1, 20000) g",
);
static ADJUSTMENTS: Statement = Statement::new(
    "insert into adjustments (organization_id, id, livemode, program_id, partner_id, kind, amount, currency, reason, key, created_at)
     select 'org', 'adj_' || lpad(cast(g as text), 8, '0'), 1, 'prog_1', 'prt_' || (g % 1000 + 1), 'bonus', 10, 'usd', '', 'k' || g, g
     from generate_series(1, 20000) g",
);
static ANALYZE: Statement = Statement::new("analyze");

/// Twenty thousand of each in the organization `org`.
pub async fn fill(store: &dyn Store) {
    if store.dialect() == Dialect::Sqlite {
        return;
    }
    let mut transaction = store.begin().await.unwrap();
    for statement in [
        &ORGANIZATION,
        &PROGRAM,
        &PARTNERS,
        &LINKS,
        &CODES,
        &CLICKS,
        &CUSTOMERS,
        &SALES,
        &REFERENCES,
        &LEADS,
        &ENTRIES,
        &PAYOUTS,
        &PAYOUT_ENTRIES,
        &EVENTS,
        &CHANGES,
        &ADJUSTMENTS,
        &ANALYZE,
    ] {
        transaction.run(statement, args![]).await.unwrap();
    }
    transaction.commit().await.unwrap();
}
